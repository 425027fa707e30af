using System.Globalization;
using System.Text.RegularExpressions;
using Portal.Helm.Yaml;

namespace Portal.Server.Features.Catalog;

/// <summary>Something in a release pack or a file of its kind that is not in the format, and where: Key is like "checks[0].operator", Line counts from 1 (null: not known).</summary>
public sealed record PackProblem(string Key, int? Line, string Message)
{
    /// <summary>"line 7, checks[0].operator: ...".</summary>
    public override string ToString() => $"{(Line is { } line ? string.Create(CultureInfo.InvariantCulture, $"line {line}, ") : "")}{(Key.Length > 0 ? Key + ": " : "")}{Message}";
}

/// <summary>
/// Which keys release packs and their like have, so that a slip ("verisons:") is said and not ignored. Pure. The tables are those of docs/formats/release-packs.md and migrations.md.
/// </summary>
internal sealed partial class PackShape
{
    /// <summary>A release pack.</summary>
    public static readonly PackShape Pack;

    /// <summary>checks.yaml in a chart.</summary>
    public static readonly PackShape Checks;

    /// <summary>migrations.yaml in a chart.</summary>
    public static readonly PackShape Migrations;

    private static readonly PackShape Any = new();

    // Null: any value below it. A list's shape is that of its items.
    private readonly IReadOnlyDictionary<string, PackShape>? _keys;
    private readonly bool _isList;

    static PackShape()
    {
        var target = Table("apiVersion", "kind", "name", "namespace");
        var condition = Table(("field", Any), ("operator", Any), ("value", Any), ("object", target));
        var checks = ListOf(Table(
            ("versions", Any), ("for", Any), ("field", Any), ("operator", Any), ("value", Any), ("object", target), ("when", ListOf(condition, orOne: true)), ("level", Any), ("message", Any), ("remedy", Any)));
        var migrations = ListOf(Table("version", "kind", "from", "to", "note", "value", "when"));
        var step = Table(("kind", Any), ("when", Any), ("text", Any), ("manifest", Any), ("check", Table("apiVersion", "kind", "name", "namespace", "servesVersion", "group", "resource", "verbs")));
        var version = Table(
            ("version", Any), ("changes", ListOf(Table("kind", "text"))), ("guide", Any), ("steps", ListOf(step)), ("pointOfNoReturn", Any), ("wayBack", Table("safety", "text")), ("checks", checks));
        Checks = Table(("checks", checks));
        Migrations = Table(("migrations", migrations));
        Pack = Table(
            ("name", Any), ("vendor", Any), ("charts", Any), ("stops", ListOf(Table("version", "required", "from", "note"))), ("migrations", migrations), ("versions", ListOf(version)), ("checks", checks));
    }

    private PackShape(IReadOnlyDictionary<string, PackShape>? keys = null, PackShape? items = null, bool orOne = false)
    {
        _keys = keys;
        Items = items;
        OrOne = orOne;
        _isList = items is not null;
    }

    private PackShape? Items { get; }

    private bool OrOne { get; }

    /// <summary>Every key that the format does not know and every table or list that is something else, under its path ("checks.0.operator").</summary>
    public IEnumerable<(string Path, string Message)> Problems(object? node, string path = "")
    {
        if (_isList && node is List<object?> list)
        {
            return list.SelectMany((item, i) => Items!.Problems(item, $"{path}.{i.ToString(CultureInfo.InvariantCulture)}"));
        }

        if (_isList)
        {
            return node is null ? [] : OrOne ? Items!.Problems(node, path) : [(path, "here a list is expected")];
        }

        return _keys is null ? [] : node is Dictionary<string, object?> table ? table.SelectMany(p => Under(p.Key, p.Value, path.Length == 0 ? Escape(p.Key) : $"{path}.{Escape(p.Key)}")) : [(path, "here a table is expected")];
    }

    /// <summary>Where a path of <see cref="Problems"/> stands in a text; of a path that the text does not have, what is above it.</summary>
    public static PackProblem Place(IReadOnlyDictionary<string, int> lines, string path, string message)
    {
        for (var at = path; at.Length > 0; at = at.LastIndexOf('.') is >= 0 and var dot ? at[..dot] : "")
        {
            // An item of a list stands where its first key does.
            if (lines.TryGetValue(at, out var line) || (line = lines.Where(l => l.Key.StartsWith(at + ".", StringComparison.Ordinal)).Select(l => l.Value).DefaultIfEmpty().Min()) > 0)
            {
                return new PackProblem(Words(path), line, message);
            }
        }

        return new PackProblem(Words(path), null, message);
    }

    /// <summary>The line of each key of a text, by its path.</summary>
    /// <exception cref="YamlException">The text is not YAML.</exception>
    public static IReadOnlyDictionary<string, int> Lines(string text)
    {
        var result = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var (path, line) in YamlText.Keys(text))
        {
            result[path] = line;
        }

        return result;
    }

    private IEnumerable<(string Path, string Message)> Under(string key, object? value, string path)
    {
        if (_keys!.TryGetValue(key, out var shape))
        {
            return shape.Problems(value, path);
        }

        var near = NearestName.Of(key, _keys.Keys);
        return [(path, $"\"{key}\" is not a key here{(near is null ? $"; there are {string.Join(", ", _keys.Keys)}" : $". Did you mean \"{near}\"?")}")];
    }

    // "checks.0.operator" as people and yq write it.
    private static string Words(string path) => Number().Replace(path, "[$1]");

    private static string Escape(string key) => key.Replace(".", "\\.", StringComparison.Ordinal);

    private static PackShape Table(params string[] keys) => Table([.. keys.Select(k => (k, Any))]);

    private static PackShape Table(params (string Key, PackShape Shape)[] keys) => new(keys.ToDictionary(k => k.Key, k => k.Shape, StringComparer.Ordinal));

    private static PackShape ListOf(PackShape items, bool orOne = false) => new(null, items, orOne);

    [GeneratedRegex(@"\.([0-9]+)(?=\.|$)")]
    private static partial Regex Number();
}
