using Portal.Helm.Templating;
using Portal.Helm.Yaml;

namespace Portal.Helm.Charts;

/// <summary>Chart.yaml and the lists in it.</summary>
internal static class MetadataReader
{
    public static Metadata Read(string text)
    {
        var table = GoYaml.ReadTable(text);
        return new Metadata
        {
            Name = Text(table, "name"),
            Home = Text(table, "home"),
            Sources = Texts(table, "sources"),
            Version = Text(table, "version"),
            Description = Text(table, "description"),
            Keywords = Texts(table, "keywords"),
            Maintainers = [.. Tables(table, "maintainers").Select(m => new Maintainer(Text(m, "name"), Text(m, "email"), Text(m, "url")))],
            Icon = Text(table, "icon"),
            ApiVersion = Text(table, "apiVersion"),
            Condition = Text(table, "condition"),
            Tags = Text(table, "tags"),
            AppVersion = Text(table, "appVersion"),
            Deprecated = table.GetValueOrDefault("deprecated") is true,
            Annotations = table.GetValueOrDefault("annotations") is Dictionary<string, object?> a ? a.ToDictionary(p => p.Key, p => Scalar(p.Value), StringComparer.Ordinal) : [],
            KubeVersion = Text(table, "kubeVersion"),
            Dependencies = ReadDependencies(table),
            HasDependencyList = HasDependencyList(table),
            Type = Text(table, "type"),
        };
    }

    public static IReadOnlyList<Dependency> ReadDependencies(Dictionary<string, object?> table) => [.. Tables(table, "dependencies").Select(d => Read(d, new Dependency()))];

    /// <summary>The same over those that are known: Go's decoder fills the list that is there, and each of its items keeps what the text does not name.</summary>
    public static IReadOnlyList<Dependency> ReadDependencies(Dictionary<string, object?> table, IReadOnlyList<Dependency> known) =>
        table.ContainsKey("dependencies") ? [.. Tables(table, "dependencies").Select((d, i) => Read(d, i < known.Count ? known[i] : new Dependency()))] : known;

    /// <summary>Whether the text has a list of dependencies, be it an empty one.</summary>
    public static bool HasDependencyList(Dictionary<string, object?> table) => table.GetValueOrDefault("dependencies") is List<object?>;

    private static Dependency Read(Dictionary<string, object?> table, Dependency known) => new()
    {
        Name = table.ContainsKey("name") ? Text(table, "name") : known.Name,
        Version = table.ContainsKey("version") ? Text(table, "version") : known.Version,
        Repository = table.ContainsKey("repository") ? Text(table, "repository") : known.Repository,
        Condition = table.ContainsKey("condition") ? Text(table, "condition") : known.Condition,
        Tags = table.ContainsKey("tags") ? Texts(table, "tags") : known.Tags,
        Enabled = table.TryGetValue("enabled", out var enabled) ? enabled is true : known.Enabled,
        ImportValues = table.TryGetValue("import-values", out var imports) ? imports as List<object?> ?? [] : known.ImportValues,
        Alias = table.ContainsKey("alias") ? Text(table, "alias") : known.Alias,
    };

    private static string Text(Dictionary<string, object?> table, string key) => Scalar(table.GetValueOrDefault(key));

    private static string Scalar(object? value) => value switch
    {
        null => "",
        string s => s,
        double d => YamlWriter.Number(d),
        bool b => b ? "true" : "false",
        _ => GoFormat.Value(value),
    };

    private static List<string> Texts(Dictionary<string, object?> table, string key) => table.GetValueOrDefault(key) is List<object?> list ? list.ConvertAll(Scalar) : [];

    private static IEnumerable<Dictionary<string, object?>> Tables(Dictionary<string, object?> table, string key) =>
        table.GetValueOrDefault(key) is List<object?> list ? list.OfType<Dictionary<string, object?>>() : [];
}
