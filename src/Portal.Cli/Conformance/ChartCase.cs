namespace Portal.Cli.Conformance;

/// <summary>A whole chart through <c>iomete-portal template rel chart -n ns -f values.yaml ARGS</c>: the bytes on the output, or the text on the error stream.</summary>
internal static class ChartCase
{
    public static IEnumerable<Case> Of(string folder)
    {
        var cases = Path.Combine(folder, "cases");
        return Directory.Exists(cases)
            ? Directory.EnumerateDirectories(cases).Order(StringComparer.Ordinal).Select(c => new Case($"{Path.GetFileName(folder)}/{Path.GetFileName(c)}", token => RunAsync(folder, c, token)))
            : [];
    }

    private static async Task<string?> RunAsync(string folder, string @case, CancellationToken cancellation)
    {
        var arguments = Path.Combine(@case, "args.txt");
        string[] more = File.Exists(arguments) ? LocalFile.Read(arguments).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries) : [];
        // Helm ran in the chart's folder: files that the arguments name are relative to it.
        string Rooted(string word) => word.StartsWith("chart/", StringComparison.Ordinal) ? Path.Combine(folder, word) : word.Replace("=chart/", $"={folder}/chart/", StringComparison.Ordinal);
        using var output = new StringWriter();
        using var error = new StringWriter();
        int code;
        try
        {
            code = await Commands.RunAsync(["template", "rel", Path.Combine(folder, "chart"), "-n", "ns", "-f", Path.Combine(@case, "values.yaml"), .. more.Select(Rooted)], TextReader.Null, output, error, cancellation);
        }
        catch (Exception crash) when (crash is not OperationCanceledException)
        {
            return $"crash: {crash}";
        }

        if (Wanted(@case, "expected", ".yaml") is { } text)
        {
            return code == 0 && output.ToString() == text ? null : code == 0 ? $"got :\n{output}\nwant:\n{text}" : $"got error: {error}";
        }

        var wanted = Wanted(@case, "expected", "-error.txt")?.TrimEnd('\n') ?? throw new InvalidDataException($"{@case} has no result");
        var got = error.ToString().Replace(folder + "/", "", StringComparison.Ordinal);
        return code != 0 && got.Contains(wanted, StringComparison.Ordinal) ? null : $"got : {(code == 0 ? "rendered" : got)}\nwant error: {wanted}";
    }

    // Helm 4's file wins, also where Helm 3 has a result of the other kind.
    private static string? Wanted(string @case, string name, string end)
    {
        string? Read(string file) => Path.Combine(@case, file) is var path && File.Exists(path) ? LocalFile.Read(path) : null;
        var hasFour = File.Exists(Path.Combine(@case, name + "4.yaml")) || File.Exists(Path.Combine(@case, name + "4-error.txt"));
        return Read(name + (hasFour ? "4" : "") + end);
    }
}
