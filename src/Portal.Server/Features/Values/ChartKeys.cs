using System.Text.Json;
using System.Text.RegularExpressions;
using Portal.Core.Values;
using Portal.Helm.Charts;
using Portal.Helm.Yaml;

namespace Portal.Server.Features.Values;

/// <summary>
/// The keys that a chart reads, for whoever edits values: defaults and comments of values.yaml, types, descriptions and allowed values of values.schema.json, the same of
/// subcharts under their names. Pure. The schema wins where both say something.
/// </summary>
internal sealed partial class ChartKeys
{
    private const int Most = 5_000;
    private const int Deepest = 24;
    private const int LongestText = 600;
    private const int LongestLine = 1_000;
    private const int MostLines = 50;

    // A key as an array item has it is a number: what a list holds is not described key by key.
    private readonly SortedDictionary<string, ChartKey> _keys = new(StringComparer.Ordinal);
    private readonly IReadOnlySet<string> _secrets;
    private int _steps;

    private ChartKeys(IReadOnlySet<string> secrets) => _secrets = secrets;

    /// <summary>All keys in the order of their paths, at most five thousand.</summary>
    public static IReadOnlyList<ChartKey> Of(Chart chart)
    {
        var keys = new ChartKeys(SecretScalars.FromSchemas(chart));
        keys.Add(chart, "", 0);
        return [.. keys._keys.Values];
    }

    private void Add(Chart chart, string prefix, int depth)
    {
        if (depth > 4)
        {
            return;
        }

        foreach (var (key, sub) in chart.Subcharts)
        {
            Add(sub, ValuesPath.Join(prefix, key), depth + 1);
        }

        // After the subcharts: what a chart says of its subcharts' keys counts.
        var comments = Comments(chart.ValuesText);
        Defaults(chart.Values, prefix, "", comments, 0);
        using var schema = ReadableSchema.Document(chart.Schema);
        if (schema is not null)
        {
            Schema(schema.RootElement, schema.RootElement, prefix, 0);
        }
    }

    private void Defaults(Dictionary<string, object?> table, string prefix, string at, Dictionary<string, string> comments, int depth)
    {
        foreach (var (name, value) in table)
        {
            if (_keys.Count >= Most || depth > Deepest)
            {
                return;
            }

            var own = ValuesPath.Join(at, name);
            var path = prefix.Length == 0 ? own : $"{prefix}.{own}";
            var secret = SecretFinder.IsSecret(path, value, _secrets);
            _keys[path] = new ChartKey(path, TypeOf(value), Write(value, secret), comments.GetValueOrDefault(own, _keys.GetValueOrDefault(path)?.Description ?? ""), [], false, secret || SecretFinder.IsSecret(path, _secrets));
            if (value is Dictionary<string, object?> inner)
            {
                Defaults(inner, prefix, own, comments, depth + 1);
            }
        }
    }

    private void Schema(JsonElement root, JsonElement node, string path, int depth)
    {
        if (depth > Deepest || ++_steps > 4 * Most || node.ValueKind != JsonValueKind.Object)
        {
            return;
        }

        if (node.TryGetProperty("$ref", out var reference) && Target(root, reference) is { } target)
        {
            Schema(root, target, path, depth + 1);
        }

        foreach (var name in (string[])["allOf", "anyOf", "oneOf"])
        {
            foreach (var part in node.TryGetProperty(name, out var parts) && parts.ValueKind == JsonValueKind.Array ? parts.EnumerateArray().ToArray() : [])
            {
                Schema(root, part, path, depth + 1);
            }
        }

        if (path.Length > 0)
        {
            Describe(path, node);
        }

        var required = node.TryGetProperty("required", out var list) && list.ValueKind == JsonValueKind.Array ? list.EnumerateArray().Where(r => r.ValueKind == JsonValueKind.String).Select(r => r.GetString()!).ToHashSet(StringComparer.Ordinal) : [];
        foreach (var property in node.TryGetProperty("properties", out var properties) && properties.ValueKind == JsonValueKind.Object ? properties.EnumerateObject().ToArray() : [])
        {
            var child = ValuesPath.Join(path, property.Name);
            Schema(root, property.Value, child, depth + 1);
            if (required.Contains(property.Name) && _keys.TryGetValue(child, out var known))
            {
                _keys[child] = known with { Required = true };
            }
        }
    }

    private void Describe(string path, JsonElement node)
    {
        if (!_keys.TryGetValue(path, out var key))
        {
            if (_keys.Count >= Most)
            {
                return;
            }

            key = new ChartKey(path, "", null, "", [], false, SecretFinder.IsSecret(path, _secrets));
        }

        string? Text(string name) => node.TryGetProperty(name, out var text) && text.ValueKind == JsonValueKind.String ? text.GetString() : null;
        var type = node.TryGetProperty("type", out var given) ? given.ValueKind == JsonValueKind.Array ? string.Join(" or ", given.EnumerateArray().Select(t => t.ToString())) : given.ToString() : key.Type;
        string[] allowed = node.TryGetProperty("enum", out var values) && values.ValueKind == JsonValueKind.Array ? [.. values.EnumerateArray().Take(100).Select(v => v.ValueKind == JsonValueKind.String ? v.GetString()! : v.GetRawText())] : [.. key.Allowed];
        var fallback = key.Default is null && node.TryGetProperty("default", out var byDefault) && !key.Secret ? Short(byDefault.GetRawText()) : key.Default;
        _keys[path] = key with { Type = type, Description = Short(Text("description") ?? Text("title") ?? key.Description), Allowed = allowed, Default = fallback };
    }

    private static JsonElement? Target(JsonElement root, JsonElement reference)
    {
        if (reference.ValueKind != JsonValueKind.String || reference.GetString() is not { } pointer || !pointer.StartsWith("#/", StringComparison.Ordinal))
        {
            return null;
        }

        var at = root;
        foreach (var part in pointer[2..].Split('/').Select(p => Uri.UnescapeDataString(p).Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal)))
        {
            if (at.ValueKind != JsonValueKind.Object || !at.TryGetProperty(part, out at))
            {
                return null;
            }
        }

        return at;
    }

    private static string TypeOf(object? value) => value switch
    {
        null => "",
        bool => "boolean",
        string => "string",
        Dictionary<string, object?> => "object",
        List<object?> => "array",
        _ => "number",
    };

    // As somebody would write it on one line; a table is described by its keys.
    private static string? Write(object? value, bool secret) => value switch
    {
        null => null,
        _ when secret => "(secret)",
        string text => Short(text),
        Dictionary<string, object?> { Count: > 0 } => null,
        _ => Short(GoJson.Write(value)),
    };

    private static string Short(string text) => text.Length > LongestText ? text[..LongestText] + "…" : text;

    /// <summary>What the comments of a values.yaml say of each key: those right above it or behind it, and the "@param PATH text" of others.</summary>
    private static Dictionary<string, string> Comments(string text)
    {
        var result = new Dictionary<string, string>(StringComparer.Ordinal);
        var lines = text.Split('\n');
        // Keys that share a line (in braces) have no comment of their own; a line that nobody can read in one look has none either.
        foreach (var (path, line) in YamlText.Keys(text).DistinctBy(k => k.Line).Where(k => k.Line <= lines.Length && lines[k.Line - 1].Length <= LongestLine))
        {
            var own = lines[line - 1];
            var indent = own.Length - own.TrimStart().Length;
            var above = new List<string>();
            for (var i = line - 2; i >= 0 && above.Count < MostLines && lines[i].Trim() is { Length: > 0 } comment && comment[0] == '#' && lines[i].Length - lines[i].TrimStart().Length == indent; i--)
            {
                above.Insert(0, comment);
            }

            // A block of its own is a heading, when an empty line parts it from the key; a commented-out key says nothing about the next one.
            var words = above.Select(Plain).Where(l => l.Length > 0 && !Setting().IsMatch(l) && !Heading().IsMatch(l)).ToList();
            if (words.Count == 0 && Trailing().Match(own) is { Success: true } behind)
            {
                words.Add(behind.Groups["text"].Value.Trim());
            }

            if (words.Count > 0)
            {
                result[path] = Short(string.Join(' ', words));
            }
        }

        foreach (var line in lines.Where(l => l.Length <= LongestLine))
        {
            if (Parameter().Match(line) is { Success: true } match)
            {
                result[match.Groups["path"].Value] = Short(match.Groups["text"].Value.Trim());
            }
        }

        return result;
    }

    // "# -- text" of helm-docs, "## text" of others.
    private static string Plain(string comment) => comment.TrimStart('#').Trim() is var text && text.StartsWith("--", StringComparison.Ordinal) ? text[2..].Trim() : comment.TrimStart('#').Trim();

    [GeneratedRegex(@"^(- )?[\w.\-/""']+:(\s|$)|^@|^\w+: *[\[{]", RegexOptions.CultureInvariant)]
    private static partial Regex Setting();

    [GeneratedRegex("^[-=*#~_]{3,}", RegexOptions.CultureInvariant)]
    private static partial Regex Heading();

    [GeneratedRegex(@":[^#'""]*\s#\s*(?<text>[^'""]+)$", RegexOptions.CultureInvariant)]
    private static partial Regex Trailing();

    [GeneratedRegex(@"^\s*##? @param (?<path>[^\s\[]+)(\s+\[[^\]]*\])?\s+(?<text>.+)$", RegexOptions.CultureInvariant)]
    private static partial Regex Parameter();
}
