using static Portal.Cli.Tests.CommandLine;

namespace Portal.Cli.Tests;

public sealed class CommandsTests
{
    [Fact]
    public async Task The_verb_may_stand_behind_global_flags()
    {
        var (code, output, _) = await RunAsync("--debug", "-n", "there", "template", Chart(("templates/x.yaml", "ns: {{ .Release.Namespace }}")));
        Assert.Equal(0, code);
        Assert.Contains("ns: there", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("unknown command \"nonsense\" for \"iomete-portal\"", "nonsense")]
    [InlineData("\"iomete-portal template\" requires at least 1 argument\n\nUsage:  iomete-portal template [NAME] [CHART] [flags]", "template")]
    [InlineData("expected at most two arguments, unexpected arguments: c, d", "template", "a", "b", "c", "d")]
    [InlineData("unknown flag: --no-such-flag", "template", "rel", "chart", "--no-such-flag")]
    [InlineData("unknown shorthand flag: 'z' in -z", "template", "rel", "chart", "-z")]
    [InlineData("flag needs an argument: --set", "template", "rel", "chart", "--set")]
    [InlineData("flag needs an argument: 'f' in -f", "template", "rel", "chart", "-f")]
    [InlineData("invalid argument \"maybe\" for \"--is-upgrade\" flag: strconv.ParseBool: parsing \"maybe\": invalid syntax", "template", "rel", "chart", "--is-upgrade=maybe")]
    [InlineData("\"iomete-portal show\" accepts no arguments", "show", "nothing", "chart")]
    [InlineData("\"iomete-portal show values\" requires 1 argument", "show", "values")]
    public async Task A_wrong_command_line_ends_with_1_and_says_why_as_helm_does(string text, params string[] args)
    {
        var (code, output, error) = await RunAsync(args);
        Assert.Equal(1, code);
        Assert.Empty(output);
        Assert.StartsWith("Error: " + text, error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Help_lists_the_verbs_and_the_flags_of_one()
    {
        Assert.Contains("dependency list", (await RunAsync("--help")).Output, StringComparison.Ordinal);
        Assert.Contains("-s, --show-only", (await RunAsync("template", "--help")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_version_names_the_Helm_that_it_follows() => Assert.Matches("^iomete-portal \\d+\\.\\d+\\.\\d+ \\(Helm v4", (await RunAsync("version")).Output);
}
