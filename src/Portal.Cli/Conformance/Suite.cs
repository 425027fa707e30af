using Portal.Helm.Yaml;

namespace Portal.Cli.Conformance;

/// <summary>One case. <see cref="RunAsync"/> gives null when the engine agrees with Helm, else what differs.</summary>
internal sealed record Case(string Name, Func<CancellationToken, Task<string?>> RunAsync);

/// <summary>A file or folder of cases.</summary>
internal sealed record Family(string Name, IEnumerable<Case> Cases);

/// <summary>A folder in the suite's format (its README says which): snippets/*.yaml, strvals.yaml, manifests.yaml, charts/NAME/cases/CASE. What is not there is left out.</summary>
internal sealed class Suite(string root)
{
    public IEnumerable<Family> Families()
    {
        if (!Directory.Exists(root))
        {
            throw new UsageException($"path \"{root}\" not found");
        }

        var snippets = Path.Combine(root, "snippets");
        foreach (var file in Directory.Exists(snippets) ? Directory.EnumerateFiles(snippets, "*.yaml").Order(StringComparer.Ordinal) : Enumerable.Empty<string>())
        {
            var demo = new Lazy<Helm.Charts.Chart>(() => Helm.Charts.ChartLoader.LoadDirectory(Path.Combine(root, "fixture", "demo")));
            yield return new Family(Path.GetFileNameWithoutExtension(file), List(file, item => SnippetCase.Run(demo.Value, item)));
        }

        foreach (var (name, run) in new (string, Func<Dictionary<string, object?>, string?>)[] { ("strvals", SetCase.Run), ("manifests", ManifestCase.Run) })
        {
            var file = Path.Combine(root, name + ".yaml");
            if (File.Exists(file))
            {
                yield return new Family(name, List(file, run));
            }
        }

        var charts = Path.Combine(root, "charts");
        if (Directory.Exists(charts))
        {
            yield return new Family("charts", Directory.EnumerateDirectories(charts).Order(StringComparer.Ordinal).SelectMany(ChartCase.Of));
        }
    }

    /// <summary>Helm 4's result where a case gives one of its own, else the common one.</summary>
    internal static (object? Expect, string? Error) Wanted(Dictionary<string, object?> item, string key = "expect") =>
        item.TryGetValue(key + "4", out var four) ? (four, null)
        : item.GetValueOrDefault("error4") is string error4 ? (null, error4)
        : item.GetValueOrDefault("error") is string error ? (null, error)
        : (item.GetValueOrDefault(key), null);

    private static IEnumerable<Case> List(string file, Func<Dictionary<string, object?>, string?> run) => GoYaml.Read(LocalFile.Read(file)) is List<object?> items
        ? items.OfType<Dictionary<string, object?>>().Select(item => new Case(item["name"]?.ToString() ?? "", _ => Task.FromResult(Guard(() => run(item)))))
        : throw new UsageException($"{file} is no list of cases");

    // Whatever a case does, the engine answers with its own errors: anything else is a failed case, and the others still run.
    private static string? Guard(Func<string?> run)
    {
        try
        {
            return run();
        }
        catch (Exception crash)
        {
            return $"crash: {crash}";
        }
    }
}
