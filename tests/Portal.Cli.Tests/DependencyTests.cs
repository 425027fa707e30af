using static Portal.Cli.Tests.CommandLine;

namespace Portal.Cli.Tests;

public sealed class DependencyTests
{
    [Fact]
    public async Task Dependencies_are_listed_with_what_is_in_charts()
    {
        var chart = Chart(
            ("Chart.yaml", "apiVersion: v2\nname: small\nversion: 1.2.3\ndependencies:\n- {name: there, version: ^1.0.0, repository: https://charts.example.com}\n- {name: old, version: '>2'}\n- {name: gone, version: 1.0.0}\n"),
            ("charts/there/Chart.yaml", "apiVersion: v2\nname: there\nversion: 1.1.0\n"),
            ("charts/old/Chart.yaml", "apiVersion: v2\nname: old\nversion: 1.1.0\n"),
            ("charts/more/Chart.yaml", "apiVersion: v2\nname: more\nversion: 1.1.0\n"));
        Assert.Equal(
            "NAME \tVERSION\tREPOSITORY                \tSTATUS       \n"
            + "there\t^1.0.0 \thttps://charts.example.com\tunpacked     \n"
            + "old  \t>2     \t                          \twrong version\n"
            + "gone \t1.0.0  \t                          \tmissing      \n\n"
            + $"WARNING: \"{chart}/charts/more\" is not in Chart.yaml.\n", (await RunAsync("dep", "ls", chart)).Output);
    }

    [Fact]
    public async Task A_chart_without_any_says_so()
    {
        var chart = Chart();
        Assert.Equal((0, $"WARNING: no dependencies at {chart}/charts\n", ""), await RunAsync("dependency", "list", chart));
    }

    /// <summary>The warning came for an empty list, too.</summary>
    [Fact]
    public async Task An_empty_list_is_a_list()
    {
        var chart = Chart(("Chart.yaml", "apiVersion: v2\nname: small\nversion: 1.2.3\ndependencies: []\n"));
        Assert.Equal((0, "NAME\tVERSION\tREPOSITORY\tSTATUS\n\n", ""), await RunAsync("dependency", "list", chart));
    }
}
