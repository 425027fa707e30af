using System.Text;
using Portal.Helm.Charts;
using Portal.Helm.Sprig;
using Portal.Helm.Yaml;

namespace Portal.Cli;

/// <summary><c>dependency list</c>: what Chart.yaml asks for and what is in charts/ (pkg/action/dependency.go).</summary>
internal static class DependencyVerb
{
    private static readonly string[] Head = ["NAME", "VERSION", "REPOSITORY", "STATUS"];

    public static Verb Verb { get; } = new("dependency list", "[CHART]", "list a chart's dependencies", 0, 1, [new("max-col-width", FlagKind.Text, "cut columns at this width; 80 without it")], RunAsync);

    private static async Task<int> RunAsync(FlagSet flags, Terminal terminal, CancellationToken cancellation)
    {
        if (!int.TryParse(flags.One("max-col-width") ?? "80", out var width) || width < 0)
        {
            throw new UsageException($"invalid argument \"{flags.One("max-col-width")}\" for \"--max-col-width\" flag: strconv.ParseUint: parsing \"{flags.One("max-col-width")}\": invalid syntax");
        }

        var path = flags.Words.Count > 0 ? flags.Words[0].Length > 1 ? flags.Words[0].TrimEnd('/') : flags.Words[0] : ".";
        var chart = await new ChartLocator(flags, terminal.Output).LoadAsync(path, cancellation);
        if (!chart.Metadata.HasDependencyList)
        {
            await terminal.Output.WriteLineAsync($"WARNING: no dependencies at {Join(path, "charts")}");
            return 0;
        }

        var rows = chart.Metadata.Dependencies.Select(d => new[] { d.Name, d.Version, d.Repository, Status(path, d, chart) }).Prepend(Head).ToList();
        await terminal.Output.WriteAsync(Table(rows, width) + "\n\n");
        await terminal.Output.WriteAsync(Unnamed(path, chart));
        return 0;
    }

    private static string Status(string path, Dependency dependency, Chart parent)
    {
        var archives = Archives(path, dependency.Name);
        if (archives.Length > 1)
        {
            archives = [.. archives.Where(a => SemVersion.TryParse(Path.GetFileNameWithoutExtension(a)[(dependency.Name.Length + 1)..]) is { } v && v.ToString() == v.Original)];
            if (archives.Length > 1)
            {
                return "too many matches";
            }
        }

        if (archives is [var archive])
        {
            return ArchiveStatus(archive, dependency);
        }

        return parent.Dependencies.LastOrDefault(c => c.Name == dependency.Name) is { } found ? VersionStatus(found, dependency) ?? "unpacked" : "missing";
    }

    private static string ArchiveStatus(string archive, Dependency dependency)
    {
        try
        {
            using var file = File.OpenRead(archive);
            var chart = ChartLoader.LoadArchive(file);
            return chart.Name != dependency.Name ? "misnamed" : VersionStatus(chart, dependency) ?? "ok";
        }
        catch (Exception error) when (error is ChartException or YamlException)
        {
            return "corrupt";
        }
    }

    private static string? VersionStatus(Chart chart, Dependency dependency)
    {
        if (chart.Metadata.Version == dependency.Version)
        {
            return null;
        }

        var constraint = SemConstraint.TryParse(dependency.Version);
        var version = SemVersion.TryParse(chart.Metadata.Version);
        return constraint is null || version is null ? "invalid version" : constraint.Matches(version) ? null : "wrong version";
    }

    private static string[] Archives(string path, string name) => Directory.Exists(Path.Combine(path, "charts"))
        ? [.. Directory.EnumerateFiles(Path.Combine(path, "charts")).Where(f => Path.GetFileName(f) is var n && n.StartsWith(name + "-", StringComparison.Ordinal) && n.EndsWith(".tgz", StringComparison.Ordinal)).Order(StringComparer.Ordinal)]
        : [];

    // Charts in charts/ that Chart.yaml does not ask for.
    private static string Unnamed(string path, Chart chart)
    {
        var result = new StringBuilder();
        var folder = Path.Combine(path, "charts");
        foreach (var entry in Directory.Exists(folder) ? Directory.EnumerateFileSystemEntries(folder).Order(StringComparer.Ordinal) : Enumerable.Empty<string>())
        {
            if (!Directory.Exists(entry) && !entry.EndsWith(".tgz", StringComparison.Ordinal))
            {
                continue;
            }

            var shown = Join(path, "charts/" + Path.GetFileName(entry));
            try
            {
                using var file = Directory.Exists(entry) ? null : File.OpenRead(entry);
                var found = file is null ? ChartLoader.LoadDirectory(entry) : ChartLoader.LoadArchive(file);
                if (!chart.Metadata.Dependencies.Any(d => d.Name == found.Name))
                {
                    result.Append($"WARNING: \"{shown}\" is not in Chart.yaml.\n");
                }
            }
            catch (Exception error) when (error is ChartException or YamlException)
            {
                result.Append($"WARNING: \"{shown}\" is not a chart.\n");
            }
        }

        return result.ToString();
    }

    // Columns as gosuri/uitable sets them: padded to the widest cell, a tab between, cut with "..." at the width.
    private static string Table(List<string[]> rows, int width)
    {
        var cut = rows.ConvertAll(r => Array.ConvertAll(r, c => width > 0 && c.Length > width ? c[..Math.Max(0, width - 3)] + "..." : c));
        var widths = Enumerable.Range(0, cut[0].Length).Select(i => cut.Max(r => r[i].Length)).ToArray();
        return string.Join('\n', cut.Select(r => string.Join('\t', r.Select((c, i) => c.PadRight(widths[i])))));
    }

    // filepath.Join: "./charts" is "charts".
    private static string Join(string path, string rest) => path == "." ? rest : $"{(path.StartsWith("./", StringComparison.Ordinal) ? path[2..] : path).TrimEnd('/')}/{rest}";
}
