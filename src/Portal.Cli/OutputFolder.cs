namespace Portal.Cli;

/// <summary>--output-dir: a file a template; what one template renders twice is appended. Each write is told, as Helm tells it.</summary>
internal sealed class OutputFolder(TextWriter output)
{
    private readonly HashSet<string> _written = new(StringComparer.Ordinal);

    public void Write(string folder, string path, string text)
    {
        var target = $"{folder}{Path.DirectorySeparatorChar}{path}";
        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        using var file = new FileStream(target, _written.Add(target) ? FileMode.Create : FileMode.Append);
        using var writer = new GoTextWriter(file);
        writer.Write($"---\n# Source: {path}\n{text}\n");
        output.WriteLine($"wrote {target}");
    }
}
