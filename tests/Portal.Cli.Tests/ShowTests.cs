using static Portal.Cli.Tests.CommandLine;

namespace Portal.Cli.Tests;

public sealed class ShowTests
{
    private static readonly string Small = Chart(
        ("Chart.yaml", "# said by hand\nversion: 1.2.3\nname: small\napiVersion: v2\nappVersion: \"7\"\ndependencies:\n- name: sub\n  version: ^1\n"),
        ("values.yaml", "word: default # a comment\n"), ("README.md", "# Small\n"), ("crds/x.yaml", "kind: X\n"),
        ("charts/sub/Chart.yaml", "apiVersion: v2\nname: sub\nversion: 1.0.0\n"), ("charts/sub/crds/y.yaml", "---\nkind: Y\n"));

    [Fact]
    public async Task Values_keep_their_comments() => Assert.Equal("word: default # a comment\n\n", (await RunAsync("show", "values", Small)).Output);

    [Fact]
    public async Task The_chart_is_printed_as_it_was_understood_sorted() =>
        Assert.Equal("apiVersion: v2\nappVersion: \"7\"\ndependencies:\n- name: sub\n  repository: \"\"\n  version: ^1\nname: small\nversion: 1.2.3\n\n", (await RunAsync("show", "chart", Small)).Output);

    [Fact]
    public async Task Definitions_of_subcharts_belong_to_it() => Assert.Equal("---\nkind: X\n\n---\nkind: Y\n\n", (await RunAsync("inspect", "crds", Small)).Output);

    [Fact]
    public async Task All_is_all_of_it()
    {
        var (_, output, _) = await RunAsync("show", "all", Small);
        Assert.EndsWith("version: 1.2.3\n\n---\nword: default # a comment\n\n---\n# Small\n\n---\nkind: X\n\n---\nkind: Y\n\n", output, StringComparison.Ordinal);
    }

    /// <summary>An empty values.yaml was left out, also of "show all".</summary>
    [Fact]
    public async Task Empty_values_are_an_empty_line_and_no_values_nothing()
    {
        Assert.Equal("\n", (await RunAsync("show", "values", Chart(("values.yaml", "")))).Output);
        Assert.EndsWith("version: 1.2.3\n\n---\n\n", (await RunAsync("show", "all", Chart(("values.yaml", "")))).Output, StringComparison.Ordinal);
        Assert.Equal("", (await RunAsync("show", "values", Chart())).Output);
    }

    [Fact]
    public async Task A_chart_that_is_not_there_is_an_error() => Assert.Equal((1, "", "Error: path \"./nowhere\" not found\n"), await RunAsync("show", "values", "./nowhere"));
}
