namespace Portal.Cli.Tests;

public sealed class CommandsTests
{
    private static async Task<(int Code, string Output, string Error)> RunAsync(params string[] args)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        return (await Commands.RunAsync(args, output, error), output.ToString(), error.ToString());
    }

    private static string Chart()
    {
        var folder = Directory.CreateTempSubdirectory("portal-cli-").FullName;
        Directory.CreateDirectory(Path.Combine(folder, "templates"));
        File.WriteAllText(Path.Combine(folder, "Chart.yaml"), "apiVersion: v2\nname: small\nversion: 1.2.3\n");
        File.WriteAllText(Path.Combine(folder, "values.yaml"), "word: default # a comment\n");
        File.WriteAllText(Path.Combine(folder, "templates", "map.yaml"), "kind: ConfigMap\nmetadata: {name: {{ .Release.Name }}}\ndata: {word: {{ .Values.word | quote }}, ns: {{ .Release.Namespace }}}\n");
        return folder;
    }

    [Fact]
    public async Task Template_renders_as_helm_does()
    {
        var chart = Chart();
        var values = Path.Combine(chart, "mine.yaml");
        File.WriteAllText(values, "word: mine\n");
        var (code, output, _) = await RunAsync("template", "rel", chart, "-n", "there", "--values=" + values);
        Assert.Equal(0, code);
        Assert.Equal("---\n# Source: small/templates/map.yaml\nkind: ConfigMap\nmetadata: {name: rel}\ndata: {word: \"mine\", ns: there}\n", output);
    }

    [Fact]
    public async Task Show_values_keeps_the_comments()
    {
        var (code, output, _) = await RunAsync("show", "values", Chart());
        Assert.Equal(0, code);
        Assert.Equal("word: default # a comment\n", output);
    }

    [Fact]
    public async Task A_broken_template_ends_with_1_and_its_place_on_the_error_stream()
    {
        var chart = Chart();
        File.WriteAllText(Path.Combine(chart, "templates", "bad.yaml"), "a: 1\nb: {{ fail \"no\" }}\n");
        var (code, output, error) = await RunAsync("template", "rel", chart);
        Assert.Equal(1, code);
        Assert.Empty(output);
        Assert.Contains("bad.yaml:2", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("template", "only-a-name")]
    [InlineData("template", "rel", "chart", "--no-such-flag")]
    public async Task A_wrong_command_line_ends_with_2(params string[] args)
    {
        var (code, _, error) = await RunAsync(args);
        Assert.Equal(2, code);
        Assert.StartsWith("Error:", error, StringComparison.Ordinal);
    }
}
