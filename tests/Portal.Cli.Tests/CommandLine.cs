namespace Portal.Cli.Tests;

/// <summary>The command in this process, and charts to give it.</summary>
internal static class CommandLine
{
    public static async Task<(int Code, string Output, string Error)> RunAsync(params string[] args) => await RunAsync("", args);

    public static async Task<(int Code, string Output, string Error)> RunAsync(string input, string[] args)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var code = await Commands.RunAsync(args, new StringReader(input), output, error, TestContext.Current.CancellationToken);
        return (code, output.ToString(), error.ToString());
    }

    /// <summary>A chart in a folder of its own: path to text. Chart.yaml is made when it is not given.</summary>
    public static string Chart(params (string Path, string Text)[] files)
    {
        var folder = Directory.CreateTempSubdirectory("portal-cli-").FullName;
        foreach (var (path, text) in files.Prepend(("Chart.yaml", "apiVersion: v2\nname: small\nversion: 1.2.3\n")))
        {
            var full = Path.Combine(folder, path);
            Directory.CreateDirectory(Path.GetDirectoryName(full)!);
            File.WriteAllText(full, text);
        }

        return folder;
    }

    public static string ConfigMap(string name, string body = "") => $"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\n{body}";
}
