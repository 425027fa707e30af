using System.Text.Json;
using System.Text.RegularExpressions;
using Portal.Helm.Charts;

namespace Portal.Server.Features.Values;

/// <summary>
/// Which paths charts' schemas call secret (writeOnly, format password). Everything below such a path is secret as well. A segment "*" stands for any one key, and "*" with a pattern
/// behind it for each key that the pattern matches.
/// </summary>
internal static class SecretPaths
{
    private const int MostNested = 4;

    /// <summary>What all that the charts' schemas say together calls secret, those of subcharts under the keys of their values.</summary>
    public static HashSet<string> FromSchemas(IEnumerable<Chart?> charts)
    {
        var result = new HashSet<string>(StringComparer.Ordinal);
        foreach (var chart in charts.OfType<Chart>())
        {
            Add(chart, "", 0);
        }

        return result;

        void Add(Chart chart, string prefix, int depth)
        {
            foreach (var path in FromSchema(chart.Schema))
            {
                result.Add(prefix.Length == 0 ? path : path.Length == 0 ? prefix : $"{prefix}.{path}");
                if (path.StartsWith("global.", StringComparison.Ordinal))
                {
                    // A subchart's globals are those of the whole.
                    result.Add(path);
                }
            }

            foreach (var (key, sub) in depth < MostNested ? chart.Subcharts : [])
            {
                Add(sub, ValuesPath.Join(prefix, key), depth + 1);
            }
        }
    }

    /// <summary>The paths that one schema calls secret.</summary>
    public static HashSet<string> FromSchema(ReadOnlyMemory<byte>? schema)
    {
        using var document = ReadableSchema.Document(schema);
        return document is null ? new HashSet<string>(StringComparer.Ordinal) : new SchemaWalk(document.RootElement).Run();
    }

    /// <summary>Whether one of the paths is this one, or one above it.</summary>
    public static bool Covers(IReadOnlySet<string> paths, string path) => Hold(paths, path) || paths.Any(p => p.Contains('*', StringComparison.Ordinal) && Matches(p, path));

    /// <summary>The same where "*" is a key like any other.</summary>
    public static bool Hold(IReadOnlySet<string> paths, string path)
    {
        if (paths.Count == 0)
        {
            return false;
        }

        for (var end = Next(path, 0); end < path.Length; end = Next(path, end + 1))
        {
            if (paths.Contains(path[..end]))
            {
                return true;
            }
        }

        return paths.Contains(path) || paths.Contains("");
    }

    // Segment by segment, without splitting: this is asked for every value of a text.
    private static bool Matches(string pattern, string path)
    {
        for (var (p, at) = (0, 0); p <= pattern.Length; )
        {
            if (at > path.Length)
            {
                return false;
            }

            var (patternEnd, end) = (Next(pattern, p), Next(path, at));
            if (!IsOne(pattern.AsSpan(p, patternEnd - p), path.AsSpan(at, end - at)))
            {
                return false;
            }

            (p, at) = (patternEnd + 1, end + 1);
        }

        return true;
    }

    private static bool IsOne(ReadOnlySpan<char> pattern, ReadOnlySpan<char> key) =>
        pattern.SequenceEqual(key) || pattern is "*"
        || (pattern is ['*', ..] && Regex.IsMatch(Unescaped(key), Unescaped(pattern[1..]), RegexOptions.NonBacktracking | RegexOptions.CultureInvariant));

    private static string Unescaped(ReadOnlySpan<char> key) => key.ToString().Replace("\\.", ".", StringComparison.Ordinal);

    // Where the segment that begins here ends.
    private static int Next(string path, int at)
    {
        while (path.IndexOf('.', at) is >= 0 and var dot)
        {
            if (dot == 0 || path[dot - 1] != '\\')
            {
                return dot;
            }

            at = dot + 1;
        }

        return path.Length;
    }

    /// <summary>Reads one schema, what stands near its root first: a schema may refer to itself, in more than one way at every step, and only so much of it is looked at.</summary>
    private sealed class SchemaWalk(JsonElement root)
    {
        private const string Root = "file:///values.schema.json";
        private const int Deepest = 24;
        private const int Most = 50_000;

        // Pointers of what has an $id or an $anchor, by its address, and the addresses of the former by their pointer.
        private readonly Dictionary<string, string> _named = new(StringComparer.Ordinal) { [Root] = "" };
        private readonly Dictionary<string, string> _bases = new(StringComparer.Ordinal) { [""] = Root };
        private readonly Queue<(JsonElement Node, string Pointer, string Path, int Depth)> _due = new();
        private readonly HashSet<(string Pointer, string Path)> _seen = [];
        private readonly HashSet<string> _result = new(StringComparer.Ordinal);

        public HashSet<string> Run()
        {
            Name(root, "", Root);
            Go(root, "", "", 0);
            for (var steps = 0; steps < Most && _due.TryDequeue(out var next); steps++)
            {
                Visit(next.Node, next.Pointer, next.Path, next.Depth);
            }

            return _result;
        }

        private void Name(JsonElement node, string pointer, string address)
        {
            if (node.ValueKind == JsonValueKind.Array)
            {
                var i = 0;
                foreach (var item in node.EnumerateArray())
                {
                    Name(item, $"{pointer}/{i++}", address);
                }
            }

            if (node.ValueKind != JsonValueKind.Object)
            {
                return;
            }

            if ((Text(node, "$id") ?? Text(node, "id")) is { } id && Address(address, id) is { } own)
            {
                // "#name" as an $id is what older drafts have for an $anchor.
                _named.TryAdd(own, pointer);
                if (!own.Contains('#', StringComparison.Ordinal))
                {
                    _bases[pointer] = address = own;
                }
            }

            foreach (var anchor in new[] { Text(node, "$anchor"), Text(node, "$dynamicAnchor") }.OfType<string>())
            {
                _named.TryAdd($"{address}#{anchor}", pointer);
            }

            foreach (var part in node.EnumerateObject().Where(p => p.Value.ValueKind is JsonValueKind.Object or JsonValueKind.Array))
            {
                Name(part.Value, $"{pointer}/{Written(part.Name)}", address);
            }
        }

        private void Go(JsonElement node, string pointer, string path, int depth)
        {
            if (node.ValueKind == JsonValueKind.Object && depth <= Deepest && _seen.Add((pointer, path)))
            {
                _due.Enqueue((node, pointer, path, depth));
            }
        }

        private void Visit(JsonElement node, string pointer, string path, int depth)
        {
            if (Text(node, "format") == "password" || (node.TryGetProperty("writeOnly", out var only) && only.ValueKind == JsonValueKind.True))
            {
                // What stands below is covered.
                _result.Add(path);
                return;
            }

            foreach (var part in node.EnumerateObject())
            {
                var at = $"{pointer}/{Written(part.Name)}";
                switch (part.Name)
                {
                    case "properties":
                        Each(part.Value, at, key => ValuesPath.Join(path, key), depth + 1);
                        break;
                    case "patternProperties":
                        Each(part.Value, at, pattern => ValuesPath.Join(path, Pattern(pattern)), depth + 1);
                        break;
                    case "prefixItems":
                    case "items" when part.Value.ValueKind == JsonValueKind.Array:
                        Each(part.Value, at, index => ValuesPath.Join(path, index), depth + 1);
                        break;
                    case "items" or "additionalItems" or "unevaluatedItems" or "contains" or "additionalProperties" or "unevaluatedProperties":
                        Go(part.Value, at, ValuesPath.Join(path, "*"), depth + 1);
                        break;
                    case "allOf" or "anyOf" or "oneOf" or "dependentSchemas" or "dependencies":
                        Each(part.Value, at, _ => path, depth);
                        break;
                    case "not" or "if" or "then" or "else":
                        Go(part.Value, at, path, depth);
                        break;
                    case "$ref" or "$dynamicRef" or "$recursiveRef" when part.Value.ValueKind == JsonValueKind.String && Target(part.Value.GetString()!, pointer) is var (target, there):
                        Go(target, there, path, depth);
                        break;
                }
            }
        }

        private void Each(JsonElement parts, string pointer, Func<string, string> path, int depth)
        {
            foreach (var (name, part) in Parts(parts))
            {
                Go(part, $"{pointer}/{Written(name)}", path(name), depth);
            }
        }

        private static IEnumerable<(string Name, JsonElement Part)> Parts(JsonElement parts) => parts.ValueKind switch
        {
            JsonValueKind.Object => parts.EnumerateObject().Select(p => (p.Name, p.Value)),
            JsonValueKind.Array => parts.EnumerateArray().Select((p, i) => (i.ToString(System.Globalization.CultureInfo.InvariantCulture), p)),
            _ => [],
        };

        // What a reference stands for, when it is in this document.
        private (JsonElement Node, string Pointer)? Target(string reference, string from)
        {
            var origin = from;
            while (!_bases.ContainsKey(origin))
            {
                origin = origin[..origin.LastIndexOf('/')];
            }

            if (Address(_bases[origin], reference) is not { } address)
            {
                return null;
            }

            var hash = address.IndexOf('#', StringComparison.Ordinal);
            var pointer = _named.GetValueOrDefault(address);
            if (pointer is null && hash >= 0 && address[(hash + 1)..] is ['/', ..] below && _named.GetValueOrDefault(address[..hash]) is { } resource)
            {
                pointer = resource + below;
            }

            return pointer is null ? null : At(pointer);
        }

        private (JsonElement Node, string Pointer)? At(string pointer)
        {
            var node = root;
            foreach (var written in pointer.Split('/').Skip(1))
            {
                var key = written.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
                if (node.ValueKind == JsonValueKind.Array && int.TryParse(key, out var index) && index >= 0 && index < node.GetArrayLength())
                {
                    node = node[index];
                }
                else if (node.ValueKind != JsonValueKind.Object || !node.TryGetProperty(key, out node))
                {
                    return null;
                }
            }

            return (node, pointer);
        }

        // The full address of a reference, without an empty fragment; fragments are decoded.
        private static string? Address(string from, string reference)
        {
            var hash = reference.IndexOf('#', StringComparison.Ordinal);
            var (document, fragment) = hash < 0 ? (reference, "") : (reference[..hash], Uri.UnescapeDataString(reference[(hash + 1)..]));
            var address = document.Length == 0 ? from : Uri.TryCreate(new Uri(from), document, out var full) ? full.AbsoluteUri : null;
            return address is null || fragment.Length == 0 ? address : $"{address}#{fragment}";
        }

        // A pattern that .NET cannot read, or not without going back and forth, stands for any key: in doubt more is hidden.
        private static string Pattern(string pattern)
        {
            try
            {
                _ = new Regex(pattern, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
                return "*" + pattern;
            }
            catch (Exception error) when (error is ArgumentException or NotSupportedException)
            {
                return "*";
            }
        }

        private static string? Text(JsonElement node, string name) => node.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

        private static string Written(string key) => key.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal);
    }
}
