using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Portal.Cli;
using Portal.Helm.Kube;

namespace Portal.Cluster.Tests;

/// <summary>What the verbs of the command print and take.</summary>
[Trait("Category", "Cluster")]
public partial class CommandTests(TestCluster cluster)
{
    // As Helm 4 printed it of the same release; addresses, names of pods, ages and the width of what is before them stand for any.
    private const string Status = """
        NAME: rel
        LAST DEPLOYED: <time>
        NAMESPACE: <namespace>
        STATUS: deployed
        REVISION: 1
        DESCRIPTION: Install complete
        RESOURCES:
        ==> v1/ServiceAccount
        NAME AGE
        rel <age>

        ==> v1/Secret
        NAME TYPE DATA AGE
        rel-secret Opaque 1 <age>

        ==> v1/ConfigMap
        NAME DATA AGE
        rel-config 2 <age>
        rel-old 1 <age>

        ==> v1/Service
        NAME TYPE CLUSTER-IP EXTERNAL-IP PORT(S) AGE
        rel-web ClusterIP <ip> <none> 80/TCP <age>

        ==> v1/Deployment
        NAME READY UP-TO-DATE AVAILABLE AGE
        rel-web 2/2 2 2 <age>

        ==> v1/Pod(related)
        NAME READY STATUS RESTARTS AGE
        rel-web-<pod> 1/1 Running 0 <age>
        rel-web-<pod> 1/1 Running 0 <age>


        TEST SUITE: None
        NOTES:
        Release rel revision 1 in <namespace>: hello
        This was an install.

        """;

    [Fact]
    public async Task Status_prints_the_tables_of_the_cluster_as_Helm_does()
    {
        await cluster.NeedsPodsAsync();
        var ns = await cluster.NamespaceAsync();
        Assert.Equal(0, (await RunAsync("install", "rel", TestCharts.Recorded("simple"), "-n", ns, "--wait")).Code);
        var (code, text, _) = await RunAsync("status", "rel", "-n", ns);
        Assert.Equal(0, code);
        // Each object is set by itself, six wide at least and three blanks after: the second ConfigMap stands under no header of its own.
        Assert.Contains("NAME         DATA   AGE\nrel-config   2      ", text, StringComparison.Ordinal);
        Assert.Contains("\nrel-old   1     ", text, StringComparison.Ordinal);
        var plain = Times().Replace(text.Replace(ns, "<namespace>", StringComparison.Ordinal), "LAST DEPLOYED: <time>\n");
        plain = Pods().Replace(Addresses().Replace(Ages().Replace(plain, " <age>\n"), " <ip> "), "rel-web-<pod>");
        Assert.Equal(Status.ReplaceLineEndings("\n").Trim(), Blanks().Replace(plain, " ").Trim());
    }

    [Fact]
    public async Task Test_runs_only_what_the_filter_names()
    {
        await cluster.NeedsPodsAsync();
        var ns = await cluster.NamespaceAsync();
        Assert.Equal(0, (await RunAsync("install", "rel", TestCharts.Recorded("hooky"), "-n", ns)).Code);
        var (code, text, error) = await RunAsync("test", "rel", "-n", ns, "--filter", "name=rel-test");
        Assert.True(code == 0, error);
        Assert.Contains("TEST SUITE:     rel-test\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain("rel-test-job", text, StringComparison.Ordinal);
        (code, text, error) = await RunAsync("test", "rel", "-n", ns, "--filter", "!name=rel-test");
        Assert.True(code == 0, error);
        Assert.Contains("TEST SUITE:     rel-test-job\n", text, StringComparison.Ordinal);
        Assert.Equal(1, (await RunAsync("test", "rel", "-n", ns, "--filter", "kind=Pod")).Code);
    }

    // As helm template --dry-run=server: nothing is written, and the cluster is asked what templates ask.
    [Fact]
    public async Task A_template_with_a_dry_run_on_the_server_looks_things_up_and_knows_the_kinds()
    {
        var ns = await cluster.NamespaceAsync();
        var folder = Directory.CreateTempSubdirectory("portal-template-").FullName;
        Directory.CreateDirectory(Path.Combine(folder, "templates"));
        await File.WriteAllTextAsync(Path.Combine(folder, "Chart.yaml"), "apiVersion: v2\nname: small\nversion: 1.0.0\n");
        var template = Path.Combine(folder, "templates", "a.yaml");
        await File.WriteAllTextAsync(template, "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {account: '{{ (lookup \"v1\" \"ServiceAccount\" .Release.Namespace \"default\").metadata.name }}', jobs: '{{ .Capabilities.APIVersions.Has \"batch/v1/Job\" }}'}\n");
        var (code, text, error) = await RunAsync("template", "rel", folder, "-n", ns, "--dry-run=server");
        Assert.True(code == 0, error);
        Assert.Contains("data: {account: 'default', jobs: 'true'}", text, StringComparison.Ordinal);
        Assert.Null(await cluster.Kube.GetAsync(new ObjectRef("v1", "ConfigMap", ns, "a"), default));
        await File.WriteAllTextAsync(template, "apiVersion: nobody.example.com/v1\nkind: Unheard\nmetadata: {name: a}\n");
        (code, _, error) = await RunAsync("template", "rel", folder, "-n", ns, "--validate");
        Assert.Equal(1, code);
        Assert.Contains("unable to build kubernetes objects from release manifest", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_forced_replacement_takes_away_what_others_added()
    {
        var ns = await cluster.NamespaceAsync();
        Assert.Equal(0, (await RunAsync("install", "rel", TestCharts.Recorded("simple"), "-n", ns, "--server-side=false")).Code);
        var config = new ObjectRef("v1", "ConfigMap", ns, "rel-config");
        await cluster.Kube.PatchAsync(config, PatchKind.Merge, JsonNode.Parse("""{"data":{"theirs":"1"}}""")!, "somebody", default);
        var (code, _, error) = await RunAsync("upgrade", "rel", TestCharts.Recorded("simple"), "-n", ns, "--set", "message=forced", "--force-replace", "--server-side=false");
        Assert.True(code == 0, error);
        var after = (await cluster.Kube.GetAsync(config, default))!;
        Assert.Equal(("forced", ""), (after.Text("data", "message"), after.Text("data", "theirs")));
        Assert.Equal(1, (await RunAsync("upgrade", "rel", TestCharts.Recorded("simple"), "-n", ns, "--force-replace", "--server-side=true")).Code);
    }

    // The flag was passed over without a word, and whole objects were not sent: a release of Helm 4 is applied on the server's side.
    [Fact]
    public async Task A_forced_replacement_of_a_release_applied_on_the_servers_side_is_refused_before_it_begins()
    {
        var ns = await cluster.NamespaceAsync();
        Assert.Equal(0, (await RunAsync("install", "rel", TestCharts.Recorded("simple"), "-n", ns)).Code);
        var (code, _, error) = await RunAsync("upgrade", "rel", TestCharts.Recorded("simple"), "-n", ns, "--force");
        Assert.Equal((1, "Error: UPGRADE FAILED: invalid operation: cannot use server-side apply and force replace together\n"), (code, error));
        Assert.DoesNotContain("failed", (await RunAsync("history", "rel", "-n", ns)).Output, StringComparison.Ordinal);
    }

    // Pipelines read the chart's version of what "install -o json" prints; "status" leaves the chart out.
    [Fact]
    public async Task An_install_as_json_holds_the_chart_and_a_status_does_not()
    {
        var ns = await cluster.NamespaceAsync();
        var (_, installed, _) = await RunAsync("install", "rel", TestCharts.Recorded("simple"), "-n", ns, "-o", "json");
        var (_, status, _) = await RunAsync("status", "rel", "-n", ns, "-o", "json");
        Assert.Equal("simple", JsonNode.Parse(installed)!["chart"]!["metadata"]!["name"]!.GetValue<string>());
        Assert.Null(JsonNode.Parse(status)!["chart"]);
    }

    [Fact]
    public async Task A_status_without_objects_has_no_resources()
    {
        var ns = await cluster.NamespaceAsync();
        Assert.Equal(0, (await RunAsync("install", "rel", TestCharts.Recorded("simple"), "-n", ns)).Code);
        Assert.Equal(0, (await RunAsync("uninstall", "rel", "-n", ns, "--keep-history")).Code);
        var text = (await RunAsync("status", "rel", "-n", ns)).Output;
        Assert.Contains("STATUS: uninstalled\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain("RESOURCES:", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Values_that_nobody_gave_are_null_in_all_of_a_release()
    {
        var ns = await cluster.NamespaceAsync();
        Assert.Equal(0, (await RunAsync("install", "rel", TestCharts.Recorded("simple"), "-n", ns)).Code);
        Assert.Contains("USER-SUPPLIED VALUES:\nnull\n\nCOMPUTED VALUES:\n", (await RunAsync("get", "all", "rel", "-n", ns)).Output, StringComparison.Ordinal);
    }

    // As Helm 4 answers, word for word.
    [Theory]
    [InlineData("install Bad_Name CHART", 1, "Error: INSTALLATION FAILED: release name check failed: release name \"Bad_Name\": invalid release name, must match regex ^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$ and the length must not be longer than 53\n")]
    [InlineData("upgrade a..b CHART", 1, "Error: UPGRADE FAILED: release name is invalid: a..b\n")]
    [InlineData("install rel CHART --wait=soon", 1, "Error: invalid argument \"soon\" for \"--wait\" flag: invalid wait input \"soon\". Valid inputs are watcher, hookOnly, and legacy\n")]
    [InlineData("install rel CHART --dry-run", 0, "level=WARN msg=\"--dry-run is deprecated and should be replaced with '--dry-run=client'\"\n")]
    [InlineData("install rel CHART --dry-run=1", 0, "level=WARN msg=\"boolean '--dry-run=1' flag is deprecated and must be replaced with '--dry-run=client'\"\n")]
    [InlineData("uninstall rel --ignore-not-found", 0, "")]
    public async Task What_is_wrong_is_said_as_Helm_says_it(string command, int code, string error)
    {
        var ns = await cluster.NamespaceAsync();
        var result = await RunAsync([.. command.Replace("CHART", TestCharts.Recorded("simple"), StringComparison.Ordinal).Split(' '), "-n", ns]);
        Assert.Equal((code, error), (result.Code, result.Error));
    }

    private async Task<(int Code, string Output, string Error)> RunAsync(params string[] args)
    {
        using var text = new StringWriter();
        using var error = new StringWriter();
        var code = await Commands.RunAsync([.. args, "--kubeconfig", cluster.Kubeconfig], TextReader.Null, text, error, TestContext.Current.CancellationToken);
        return (code, text.ToString(), error.ToString());
    }

    [GeneratedRegex("LAST DEPLOYED: .*\n")]
    private static partial Regex Times();

    [GeneratedRegex(" [0-9]+[sm][0-9s]*\n")]
    private static partial Regex Ages();

    [GeneratedRegex(@" [0-9]+\.[0-9]+\.[0-9]+\.[0-9]+ ")]
    private static partial Regex Addresses();

    [GeneratedRegex("rel-web-[0-9a-z]+-[0-9a-z]{5}")]
    private static partial Regex Pods();

    [GeneratedRegex("(?<=[^ \n]) +")]
    private static partial Regex Blanks();
}
