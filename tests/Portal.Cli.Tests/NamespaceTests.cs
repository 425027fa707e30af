using static Portal.Cli.Tests.CommandLine;

namespace Portal.Cli.Tests;

/// <summary>Without -n a chart was rendered for "default", where helm takes the namespace of the kubeconfig's context: the same habit gave other objects.</summary>
public sealed class NamespaceTests
{
    private const string Two = """
        apiVersion: v1
        kind: Config
        clusters: [{name: c, cluster: {server: "https://127.0.0.1:1"}}]
        users: [{name: u, user: {token: t}}]
        contexts:
        - {name: here, context: {cluster: c, user: u, namespace: team}}
        - {name: plain, context: {cluster: c, user: u}}
        - {name: nowhere, context: {cluster: gone, user: u, namespace: lost}}
        current-context: here
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("portal-cli-").FullName;

    private string Kubeconfig(string text)
    {
        var path = Path.Combine(_folder, Guid.NewGuid().ToString("N"));
        File.WriteAllText(path, text);
        return path;
    }

    [Theory]
    [InlineData("team")]
    [InlineData("default", "--kube-context", "plain")]
    [InlineData("default", "--kube-context", "nowhere")]
    [InlineData("default", "--kube-context", "unknown")]
    [InlineData("mine", "-n", "mine")]
    public async Task The_context_says_where_a_chart_is_rendered_for(string expected, params string[] flags)
    {
        var chart = Chart(("templates/x.yaml", "n: {{ .Release.Namespace }}"));
        Assert.Contains($"n: {expected}\n", (await RunAsync(["template", chart, "--kubeconfig", Kubeconfig(Two), .. flags])).Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{")]
    [InlineData("- a list\n")]
    [InlineData("contexts: 1\ncurrent-context: x\n")]
    [InlineData("")]
    public async Task A_kubeconfig_that_cannot_be_used_means_default(string text)
    {
        var chart = Chart(("templates/x.yaml", "n: {{ .Release.Namespace }}"));
        Assert.Contains("n: default\n", (await RunAsync("template", chart, "--kubeconfig", Kubeconfig(text))).Output, StringComparison.Ordinal);
        Assert.Contains("n: default\n", (await RunAsync("template", chart, "--kubeconfig", Path.Combine(_folder, "missing"))).Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_several_kubeconfigs_the_first_that_says_something_counts()
    {
        var first = Kubeconfig("current-context: plain\ncontexts: [{name: here, context: {cluster: c, namespace: other}}]\n");
        string[] files = [Path.Combine(_folder, "missing"), first, Kubeconfig(Two)];
        Assert.Null(ReleaseNamespace.OfContext(files, null));
        Assert.Equal("other", ReleaseNamespace.OfContext(files, "here"));
        Assert.Equal("team", ReleaseNamespace.OfContext(files.Reverse(), null));
        Assert.Equal("default", ReleaseNamespace.OfContext([Kubeconfig("{"), .. files], null));
    }

    [Fact]
    public async Task Lint_renders_for_the_same_namespace()
    {
        var chart = Chart(("values.yaml", ""), ("templates/x.yaml", ConfigMap("{{ upper .Release.Namespace }}")));
        Assert.Contains("TEAM", (await RunAsync("lint", chart, "--kubeconfig", Kubeconfig(Two))).Output, StringComparison.Ordinal);
    }

    // Helm fetches nothing either when nothing is missing: a pipeline that always writes the flag works.
    [Theory]
    [InlineData("template", "rel")]
    [InlineData("install", "rel", "--dry-run=client")]
    public async Task An_update_of_dependencies_is_refused_only_when_some_are_missing(params string[] verb)
    {
        const string Parent = "apiVersion: v2\nname: small\nversion: 1.2.3\ndependencies: [{name: sub, version: ^1.0.0, repository: \"https://example.com\"}]\n";
        var whole = Chart(("Chart.yaml", Parent), ("charts/sub/Chart.yaml", "apiVersion: v2\nname: sub\nversion: 1.0.0\n"), ("templates/x.yaml", ConfigMap("x")));
        var (code, output, error) = await RunAsync([.. verb, whole, "--dependency-update", "--kubeconfig", Kubeconfig(Two)]);
        Assert.Equal((0, ""), (code, error));
        Assert.Contains("name: x", output, StringComparison.Ordinal);
        (code, _, error) = await RunAsync([.. verb, Chart(("Chart.yaml", Parent)), "--dependency-update", "--kubeconfig", Kubeconfig(Two)]);
        Assert.Equal((1, "Error: --dependency-update: iomete-portal fetches no dependencies, and these are missing in charts/ directory: sub. Put them there first\n"), (code, error));
        Assert.StartsWith("Error: an error occurred while checking for chart dependencies.", (await RunAsync([.. verb, Chart(("Chart.yaml", Parent)), "--kubeconfig", Kubeconfig(Two)])).Error, StringComparison.Ordinal);
    }
}
