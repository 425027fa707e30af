using static Portal.Cli.Tests.CommandLine;

namespace Portal.Cli.Tests;

/// <summary>The messages are Helm's (pkg/chart/v2/lint).</summary>
public sealed class LintTests
{
    [Fact]
    public async Task A_good_chart_gets_hints_only()
    {
        var chart = Chart(("templates/a.yaml", ConfigMap("a")));
        Assert.Equal((0, $"==> Linting {chart}\n[INFO] Chart.yaml: icon is recommended\n[INFO] values.yaml: file does not exist\n\n1 chart(s) linted, 0 chart(s) failed\n", ""), await RunAsync("lint", chart));
        Assert.Equal((0, "", ""), await RunAsync("lint", chart, "--quiet"));
    }

    [Fact]
    public async Task Mistakes_in_Chart_yaml_are_told_in_Helms_order()
    {
        var chart = Chart(("Chart.yaml", "name: x\nversion: 1.2\nappVersion: 1\nicon: nothing\nmaintainers:\n- email: a@b.c\nwrong: 1\n"), ("values.yaml", ""));
        var (code, output, error) = await RunAsync("lint", chart);
        Assert.Equal((1, "Error: 1 chart(s) linted, 1 chart(s) failed\n"), (code, error));
        Assert.Equal($"""
            ==> Linting {chart}
            [WARNING] Chart.yaml: failed to strictly parse chart metadata file
            	error unmarshaling JSON: while decoding JSON: json: unknown field "wrong"
            [ERROR] Chart.yaml: apiVersion is required. The value must be either "v1" or "v2"
            [ERROR] Chart.yaml: version should be of type string but it's of type float64
            [ERROR] Chart.yaml: appVersion should be of type string but it's of type float64
            [ERROR] Chart.yaml: each maintainer requires a name
            [ERROR] Chart.yaml: invalid icon URL 'nothing'
            [WARNING] Chart.yaml: version '1.2' is not a valid SemVerV2
            [WARNING] templates/: directory does not exist


            """, output);
    }

    [Theory]
    [InlineData("templates/x.yaml", "  a: 1\n", "[WARNING] templates/x.yaml: document starts with an illegal indent: \"  a: 1\", which may cause parsing problems")]
    [InlineData("templates/x.yaml", "a: b: c\n", "[ERROR] templates/x.yaml: unable to parse YAML: ")]
    [InlineData("templates/x.yaml", "kind: Deployment\nmetadata: {name: d}\n", "[ERROR] templates/x.yaml: a Deployment must contain matchLabels or matchExpressions, and \"d\" does not")]
    [InlineData("templates/x.yaml", "kind: Service\nmetadata: {name: 1a}\n", "[WARNING] templates/x.yaml: object name does not conform to Kubernetes naming requirements: \"1a\": metadata.name: Invalid value: \"1a\": a DNS-1035 label must consist")]
    [InlineData("templates/x.yaml", "apiVersion: policy/v1beta1\nkind: PodDisruptionBudget\nmetadata: {name: p}\n", "[WARNING] templates/x.yaml: policy/v1beta1 PodDisruptionBudget is deprecated in v1.21+, unavailable in v1.25+; use policy/v1 PodDisruptionBudget")]
    [InlineData("templates/x.yaml", "apiVersion: events.k8s.io/v1beta1\nkind: Event\nmetadata: {name: e}\n", "events.k8s.io/v1beta1 Event is deprecated in v1.22+, unavailable in v1.25+\n")]
    [InlineData("templates/x.yaml", "apiVersion: v1\nkind: EndpointsList\nmetadata: {name: e}\n", "v1 EndpointsList is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSliceList\n")]
    [InlineData("templates/x.yaml", "kind: Service\nmetadata: {name: a23456789-123456789-123456789-123456789-123456789-123456789-123456}\n", "must be no more than 63 characters")]
    [InlineData("templates/x.yaml", "a: 1\n---b: 2\n", "[ERROR] templates/x.yaml: unable to parse YAML: invalid Yaml document separator: b: 2")]
    [InlineData("templates/x.sh", "echo\n", "[ERROR] templates/x.sh: file extension '.sh' not valid. Valid extensions are .yaml, .yml, .tpl, or .txt")]
    [InlineData("crds/x.yaml", "kind: Other\napiVersion: v1\n", "[ERROR] crds/x.yaml: object kind is not 'CustomResourceDefinition'")]
    [InlineData("charts/sub/Chart.yaml", "apiVersion: v2\nname: sub\nversion: 1.0.0\n", "chart metadata is missing these dependencies: sub")]
    public async Task Each_rule_finds_its_mistake(string path, string text, string message) =>
        Assert.Contains(message, (await RunAsync("lint", Chart((path, text), ("templates/ok.yaml", "")))).Output, StringComparison.Ordinal);

    // "-}}" joins a comment to the line before it. Of APIs that Helm's library does not know nothing is said.
    [Theory]
    [InlineData("kind: A\nmetadata: {name: a}\n---# two\nkind: B\nmetadata: {name: b}\n")]
    [InlineData("apiVersion: policy/v1beta1\nkind: PodSecurityPolicy\nmetadata: {name: p}\n")]
    [InlineData("apiVersion: autoscaling/v2beta2\nkind: HorizontalPodAutoscaler\nmetadata: {name: h}\n")]
    public async Task No_rule_finds_a_mistake(string text) =>
        Assert.DoesNotContain("templates/", (await RunAsync("lint", Chart(("templates/x.yaml", text)))).Output, StringComparison.Ordinal);

    [Fact]
    public async Task What_a_chart_requires_may_be_missing() =>
        Assert.Equal(0, (await RunAsync("lint", Chart(("templates/x.yaml", "a: {{ required \"no\" .Values.x }}\nb: {{ fail \"no\" }}\n")))).Code);

    [Fact]
    public async Task Warnings_fail_when_it_is_strict()
    {
        var chart = Chart(("values.yaml", ""));
        Assert.Equal(0, (await RunAsync("lint", chart)).Code);
        Assert.Equal(1, (await RunAsync("lint", chart, "--strict")).Code);
    }

    /// <summary>Templates saw the user's null, and a chart did not see what one before it had left in the values.</summary>
    [Fact]
    public async Task Tables_of_the_values_are_filled_by_each_chart_in_turn()
    {
        const string Name = "kind: Service\nmetadata: {name: \"{{ .Values.a.b }}_{{ .Values.a.c }}\"}\n";
        var first = Chart(("templates/a.yaml", Name), ("values.yaml", "a: {b: 1, c: 2}\n"));
        var second = Chart(("templates/a.yaml", Name), ("values.yaml", "a: {b: 3, c: 4}\n"));
        var values = Chart(("v.yaml", "a: {b: null}\n")) + "/v.yaml";
        Assert.Contains("\"1_2\"", (await RunAsync("lint", first, "-f", values)).Output, StringComparison.Ordinal);
        Assert.DoesNotContain("3_4", (await RunAsync("lint", first, second, "-f", values)).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Subcharts_are_looked_at_when_asked_for()
    {
        var chart = Chart(("templates/a.yaml", ""), ("charts/sub/Chart.yaml", "name: sub\n"));
        var (_, output, error) = await RunAsync("lint", chart, "--with-subcharts");
        Assert.Contains($"==> Linting {chart}/charts/sub\n[ERROR] Chart.yaml: apiVersion is required", output, StringComparison.Ordinal);
        Assert.Contains("2 chart(s) linted, 2 chart(s) failed", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_that_is_no_chart_fails()
    {
        var folder = Directory.CreateTempSubdirectory("portal-cli-").FullName;
        Assert.Equal((1, $"==> Linting {folder}\nError unable to check Chart.yaml file in chart: stat {folder}/Chart.yaml: no such file or directory\n\n"), ((await RunAsync("lint", folder)).Code, (await RunAsync("lint", folder)).Output));
    }
}
