using static Portal.Cli.Tests.CommandLine;

namespace Portal.Cli.Tests;

/// <summary>The flags of the verbs that act on a cluster, compared with Helm 4.2's: each is known, and what is not done is said.</summary>
public sealed class ClusterFlagTests
{
    private const string Charts = " --version=1 --keyring=k --repo=r --username=u --password=p --cert-file=c --key-file=k --insecure-skip-tls-verify --plain-http --ca-file=c --pass-credentials --verify";
    private const string Values = " --values=f -f=f --set=a=b --set-string=a=b --set-file=a=b --set-json=a=1 --set-literal=a=b";
    private const string Apply = " --force-replace --force --force-conflicts --server-side=true --no-hooks --timeout=1s --wait --wait=hookOnly --wait-for-jobs --dry-run --dry-run=server --description=d";
    private const string Deploy = Charts + Values + Apply + " --hide-secret --create-namespace --devel --dependency-update --disable-openapi-validation --rollback-on-failure --atomic --skip-crds"
        + " --render-subchart-notes --skip-schema-validation --labels=a=b -l=a=b --enable-dns --hide-notes --take-ownership --post-renderer=p --post-renderer-args=a --output=json -o=yaml";

    [Theory]
    [InlineData("list", "--short -q --no-headers --time-format=t --date -d --reverse -r --uninstalled --superseded --uninstalling --deployed --failed --pending --all-namespaces -A --max=1 -m=1 --offset=1 --filter=f -f=f --selector=a=b -l=a=b --output=json -o=json")]
    [InlineData("history", "--max=1 --output=json -o=json")]
    [InlineData("status", "--revision=1 --output=json -o=json")]
    [InlineData("get all", "--revision=1 --template=t")]
    [InlineData("get hooks", "--revision=1")]
    [InlineData("get manifest", "--revision=1")]
    [InlineData("get notes", "--revision=1")]
    [InlineData("get values", "--revision=1 --all -a --output=json -o=json")]
    [InlineData("get metadata", "--revision=1 --output=json -o=json")]
    [InlineData("test", "--timeout=1s --logs --filter=name=n")]
    [InlineData("install", "--replace --generate-name -g --name-template=t" + Deploy)]
    [InlineData("upgrade", "--install -i --reset-values --reuse-values --reset-then-reuse-values --history-max=1 --cleanup-on-fail" + Deploy)]
    [InlineData("rollback", "--cleanup-on-fail --history-max=1" + Apply)]
    [InlineData("uninstall", "--dry-run --no-hooks --ignore-not-found --keep-history --cascade=orphan --timeout=1s --description=d --wait")]
    public async Task Every_flag_of_Helm_is_known(string verb, string flags)
    {
        const string Everywhere = " -n=n --namespace=n --kubeconfig=k --kube-context=c --kube-token=t --kube-as-user=u --kube-as-group=g --kube-apiserver=a --kube-ca-file=f --kube-tls-server-name=n"
            + " --kube-insecure-skip-tls-verify --debug --registry-config=r --repository-config=r --repository-cache=r --content-cache=c --burst-limit=1 --qps=1 --color=never --colour=never";
        foreach (var flag in (flags + Everywhere).Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            var (code, _, error) = await RunAsync([.. verb.Split(' '), flag, "--help"]);
            Assert.True(code == 0, $"{verb} {flag}: {error}");
        }
    }

    [Theory]
    [InlineData("iomete-portal runs no plugins", "upgrade", "rel", "chart", "--post-renderer", "p")]
    [InlineData("if any flags in the group [force-replace force-conflicts] are set none of the others can be; [force-conflicts force-replace] were all set", "rollback", "rel", "--force-replace", "--force-conflicts")]
    [InlineData("invalid cascade value (quickly). Must be \"background\", \"foreground\", or \"orphan\"", "uninstall", "rel", "--cascade", "quickly")]
    [InlineData("must either provide a name or specify --generate-name", "install", "chart")]
    [InlineData("cannot set --generate-name and also specify a name", "install", "rel", "chart", "-g")]
    [InlineData("cannot set --name-template and also specify a name", "install", "rel", "chart", "--name-template", "t")]
    [InlineData("invalid argument \"soon\" for \"--timeout\" flag: time: invalid duration \"soon\"", "rollback", "rel", "--timeout", "soon")]
    [InlineData("invalid/unknown release server-side apply method: maybe", "rollback", "rel", "--server-side=maybe")]
    [InlineData("could not convert revision to a number: one", "rollback", "rel", "one")]
    public async Task What_cannot_be_done_is_said(string text, params string[] args)
    {
        var (code, _, error) = await RunAsync([.. args, "--kubeconfig", await KubeconfigAsync()]);
        Assert.Equal(1, code);
        Assert.Contains(text, error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("NOTES:\nown", "")]
    [InlineData("NOTES:\nown\nof a\nof b", "--render-subchart-notes")]
    public async Task Notes_of_subcharts_are_printed_when_asked_for(string notes, string flag)
    {
        static (string, string) Child(string name) => ($"charts/{name}/Chart.yaml", $"apiVersion: v2\nname: {name}\nversion: 1.0.0\n");
        var chart = Chart(("templates/NOTES.txt", "own"), Child("a"), ("charts/a/templates/NOTES.txt", "of a"), Child("b"), ("charts/b/templates/NOTES.txt", "of b"));
        var (code, output, error) = await RunAsync([.. new[] { "install", "rel", chart, "--dry-run=client", "--kubeconfig", await KubeconfigAsync(), flag }.Where(a => a.Length > 0)]);
        Assert.Equal((0, ""), (code, error));
        Assert.EndsWith(notes + "\n", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("del")]
    [InlineData("delete")]
    [InlineData("un")]
    [InlineData("hist")]
    [InlineData("ls")]
    public async Task Short_names_are_Helms(string verb) => Assert.Equal(0, (await RunAsync(verb, "--help")).Code);

    [Fact]
    public async Task Groups_to_act_as_need_a_user() =>
        Assert.Contains("requesting groups without impersonating a user", (await RunAsync("list", "--kube-as-group", "g", "--kubeconfig", await KubeconfigAsync())).Error, StringComparison.Ordinal);

    // Of a cluster that nobody asks.
    private static async Task<string> KubeconfigAsync()
    {
        var file = Path.Combine(Directory.CreateTempSubdirectory("portal-cli-").FullName, "config");
        await File.WriteAllTextAsync(file, """
            apiVersion: v1
            kind: Config
            clusters: [{name: c, cluster: {server: "http://127.0.0.1:1"}}]
            users: [{name: u, user: {token: t}}]
            contexts: [{name: x, context: {cluster: c, user: u}}]
            current-context: x
            """);
        return file;
    }
}
