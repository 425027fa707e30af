using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Portal.Helm.Charts;
using Portal.Helm.Yaml;
using Portal.Server.Data;
using Portal.Server.Web;

namespace Portal.Server.Features.Values;

/// <summary>
/// Takes secrets out of a values text on its way out and puts them back on its way in. A masked scalar reads __portal_secret:ID__; the id is bound to
/// release, revision and path, so it is of no use anywhere else.
/// </summary>
public sealed partial class SecretScalars(SecretBox box)
{
    private const string Prefix = "__portal_secret:";

    // Matched against a key without its dots, dashes and underscores.
    [GeneratedRegex("(password|passwd|secretkey|secretaccesskey|encryptionkey|token|apikey|accountkey|privatekey|credential|passphrase)|(secret|pwd)$", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex SecretName();

    [GeneratedRegex("__portal_secret:(?<id>[0-9a-f]+)__", RegexOptions.CultureInvariant)]
    private static partial Regex PlaceholderPattern();

    [GeneratedRegex(@"^--?\w[\w.-]*\z", RegexOptions.CultureInvariant)]
    private static partial Regex Flag();

    // What stands below such a key is secret, whatever it is called itself.
    [GeneratedRegex("(passwords|tokens|secrets|credentials|apikeys|privatekeys|passphrases)$", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex SecretTable();

    private const int MostAliases = 10_000;
    private const int MostNested = 4;

    private static readonly HashSet<string> NoPaths = [];

    private static readonly HashSet<string> Harmless = new(["name", "key", "namespace", "secretName", "secretKey", "type", "enabled", "create", "mountPath", "username", "user", "annotations", "labels"], StringComparer.OrdinalIgnoreCase);

    /// <summary>
    /// What of a text is secret. Whole scalars: by their key, by the schema (format password, writeOnly), by the name or the flag before them ({name: DB_PASSWORD, value: ...},
    /// [--password, ...]), or because an alias stands at such a key. Parts of others: <see cref="SecretParts"/>.
    /// </summary>
    /// <exception cref="YamlException">The text is not YAML.</exception>
    public static IReadOnlyList<SecretText> Find(string text, IReadOnlySet<string> bySchema) => Find(text, YamlText.Read(text), bySchema);

    /// <summary>The same for a text whose places are known.</summary>
    public static IReadOnlyList<SecretText> Find(string text, YamlPlaces places, IReadOnlySet<string> bySchema)
    {
        var named = places.Scalars.Select(Announced).Concat(Aliased(places.Scalars, places.Aliases, bySchema)).OfType<string>().ToHashSet(StringComparer.Ordinal);
        return [.. places.Scalars.Where(s => s.Value.Length > 0 && !IsSwitch(text[s.Start..s.End])).SelectMany(s => IsSecret(s.Path, bySchema) || named.Contains(s.Path) ? [Whole(s)] : Parts(text, s))];
    }

    private static SecretText Whole(YamlScalar scalar) => new(scalar, scalar.Path, true, scalar.Value);

    // The path of the value that a name or a flag speaks of.
    private static string? Announced(YamlScalar scalar)
    {
        var (parent, last) = scalar.Path.LastIndexOf('.') is >= 0 and var dot ? (scalar.Path[..(dot + 1)], scalar.Path[(dot + 1)..]) : ("", scalar.Path);
        var value = last is "name" or "key" ? "value" : Flag().IsMatch(scalar.Value) && int.TryParse(last, NumberStyles.None, CultureInfo.InvariantCulture, out var i) ? (i + 1).ToString(CultureInfo.InvariantCulture) : null;
        return value is not null && SecretName().IsMatch(Plain(scalar.Value)) ? parent + value : null;
    }

    // What an alias at a secret's key stands for, wherever that is written; an alias may stand within what another one stands for.
    private static IEnumerable<string> Aliased(IReadOnlyList<YamlScalar> scalars, IReadOnlyList<YamlAlias> aliases, IReadOnlySet<string> bySchema)
    {
        var due = new Queue<YamlAlias>(aliases);
        for (var steps = 0; steps < MostAliases && due.TryDequeue(out var alias); steps++)
        {
            string? Seen(string path) => path == alias.Target ? alias.Path : path.StartsWith(alias.Target + ".", StringComparison.Ordinal) ? alias.Path + path[alias.Target.Length..] : null;
            foreach (var scalar in scalars)
            {
                if (Seen(scalar.Path) is { } seen && IsSecret(seen, bySchema))
                {
                    yield return scalar.Path;
                }
            }

            foreach (var inner in aliases)
            {
                if (Seen(inner.Path) is { } seen)
                {
                    due.Enqueue(new YamlAlias(seen, inner.Target));
                }
            }
        }
    }

    private static IReadOnlyList<SecretText> Parts(string text, YamlScalar scalar)
    {
        var written = new WrittenScalar(text[scalar.Start..scalar.End]);
        var parts = SecretParts.Find(written.Text);
        return
        [
            .. parts.Select((part, i) =>
            {
                // By what it is called, not by its place: somebody may put another one before it. One more of the same name makes all of them others.
                var same = parts.Where(p => p.Name == part.Name).ToList();
                var place = scalar with
                {
                    Start = scalar.Start + written.Place(part.Start), End = scalar.Start + written.Place(part.End), Line = scalar.Line + written.Text.AsSpan(0, part.Start).Count('\n'),
                    Value = written.Text[part.Start..part.End],
                };
                return new SecretText(place, $"{scalar.Path}#{part.Name} {same.IndexOf(part)}/{same.Count}", false, part.Context);
            }),
        ];
    }

    /// <summary>What of the secrets that were found may turn up elsewhere: the values, their parts, and a part with what stands around it (it may be too short to be looked for alone).</summary>
    public static IEnumerable<string> Values(IEnumerable<SecretText> found) => found
        .SelectMany(s => SecretParts.Find(s.Context).Select(p => s.Context[p.Start..p.End]).Append(s.Context).Append(s.Place.Value)).Distinct(StringComparer.Ordinal);

    /// <summary>A stored text as it may be shown: each secret replaced, without what stands behind the first document, which nobody reads.</summary>
    public static string Hide(string text, IReadOnlySet<string> bySchema, Func<SecretText, string> replacement)
    {
        var (read, secrets) = FindStored(text, bySchema);
        return YamlText.Replace(read, secrets.Select(s => (s.Place, replacement(s))));
    }

    /// <summary>
    /// The same for a text that was stored some time ago: the part of it that counts, and its secrets. What the reader of that time took and today's does not is looked through
    /// for names, like any other text.
    /// </summary>
    public static (string Read, IReadOnlyList<SecretText> Secrets) FindStored(string text, IReadOnlySet<string> bySchema)
    {
        try
        {
            var places = YamlText.Read(text);
            return (places.Tail is { } tail ? text[..tail.Start] : text, Find(text, places, bySchema));
        }
        catch (YamlException)
        {
            return (text, Parts(text, new YamlScalar("", 0, text.Length, 1, text)));
        }
    }

    /// <summary>Whether a value may be shown beside its path.</summary>
    public static bool IsSecret(string path, object? value, IReadOnlySet<string> bySchema) =>
        value switch
        {
            null or "" or bool or Dictionary<string, object?> or List<object?> => false,
            string text => IsSecret(path, bySchema) || SecretParts.Find(text).Count > 0,
            _ => IsSecret(path, bySchema),
        };

    private static string Plain(string key) => key.Replace(".", "", StringComparison.Ordinal).Replace("-", "", StringComparison.Ordinal).Replace("_", "", StringComparison.Ordinal);

    // automountServiceAccountToken: true holds no secret; hiding "true" everywhere would hide too much.
    internal static bool IsSwitch(string raw) => raw.Trim().ToLowerInvariant() is "true" or "false" or "yes" or "no" or "on" or "off" or "null" or "~";

    public static bool IsSecret(string path, IReadOnlySet<string> bySchema)
    {
        var keys = ValuesPath.Split(path);
        // An item of a list is called as the list is.
        var named = Array.FindLastIndex(keys, k => !IsIndex(k));
        var last = named < 0 ? "" : keys[named];
        var parent = named < 1 ? "" : keys[Math.Max(Array.FindLastIndex(keys, named - 1, k => !IsIndex(k)), 0)];
        // {name, key} of a reference to a Secret name it, they are not secret themselves.
        var reference = (parent.EndsWith("Secret", StringComparison.Ordinal) || parent.EndsWith("SecretRef", StringComparison.Ordinal)) && last is "name" or "key";
        // existingSecret and pullSecret name a Secret of the cluster.
        reference |= last.StartsWith("existing", StringComparison.OrdinalIgnoreCase) || last.EndsWith("pullSecret", StringComparison.OrdinalIgnoreCase) || last.EndsWith("SecretRef", StringComparison.Ordinal);
        return !reference && !last.EndsWith("SecretName", StringComparison.Ordinal)
            && (SchemaSays(path, keys, bySchema) || SecretName().IsMatch(Plain(last)) || (SecretTable().IsMatch(Plain(parent)) && !Harmless.Contains(last)));
    }

    /// <summary>Whether what stands behind a name in a longer text is secret; the name may have dots.</summary>
    internal static bool IsSecretName(string name) => SecretName().IsMatch(Plain(name)) && IsSecret(ValuesPath.Join([name]), NoPaths);

    private static bool IsIndex(string key) => key.Length > 0 && key.All(char.IsAsciiDigit);

    // "*" stands for any one key: items of a list, and keys that a schema does not name.
    private static bool SchemaSays(string path, string[] keys, IReadOnlySet<string> bySchema) => bySchema.Contains(path) || bySchema.Any(p =>
        p.Contains('*') && ValuesPath.Split(p) is var pattern && pattern.Length == keys.Length && pattern.Zip(keys).All(x => x.First == "*" || x.First == x.Second));

    /// <summary>Paths that a JSON schema marks as secret (format password, writeOnly), through items, references inside the schema and combinations; "*" stands for any one key.</summary>
    public static HashSet<string> FromSchema(ReadOnlyMemory<byte>? schema)
    {
        var result = new HashSet<string>(StringComparer.Ordinal);
        if (schema is { } bytes)
        {
            using var document = JsonDocument.Parse(bytes);
            new SchemaWalk(document.RootElement, result).Walk(document.RootElement, "", 0);
        }

        return result;
    }

    /// <summary>The same for all that charts' schemas say together, those of subcharts under the keys of their values.</summary>
    public static HashSet<string> FromSchemas(params IEnumerable<Chart?> charts)
    {
        var result = new HashSet<string>(StringComparer.Ordinal);
        foreach (var chart in charts.OfType<Chart>())
        {
            Add(chart, "", 0);
        }

        return result;

        void Add(Chart chart, string prefix, int depth)
        {
            result.UnionWith(FromSchema(chart.Schema).Select(p => prefix.Length == 0 ? p : p.Length == 0 ? prefix : $"{prefix}.{p}"));
            foreach (var (key, sub) in depth < MostNested ? chart.Subcharts : [])
            {
                Add(sub, ValuesPath.Join(prefix, key), depth + 1);
            }
        }
    }

    private sealed class SchemaWalk(JsonElement root, HashSet<string> result)
    {
        // A schema may refer to itself, in more than one way at every step.
        private const int Deepest = 24;
        private const int Most = 50_000;
        private int _steps;

        public void Walk(JsonElement node, string path, int depth)
        {
            if (node.ValueKind != JsonValueKind.Object || depth > Deepest || ++_steps > Most)
            {
                return;
            }

            if (node.TryGetProperty("format", out var format) && format.ValueKind == JsonValueKind.String && format.GetString() == "password" || node.TryGetProperty("writeOnly", out var only) && only.ValueKind == JsonValueKind.True)
            {
                result.Add(path);
            }

            foreach (var part in node.EnumerateObject())
            {
                switch (part.Name)
                {
                    case "properties" when part.Value.ValueKind == JsonValueKind.Object:
                        foreach (var property in part.Value.EnumerateObject())
                        {
                            Walk(property.Value, Below(path, property.Name), depth + 1);
                        }

                        break;
                    case "items" or "additionalProperties":
                        Walk(part.Value, Below(path, "*"), depth + 1);
                        break;
                    case "allOf" or "anyOf" or "oneOf" when part.Value.ValueKind == JsonValueKind.Array:
                        foreach (var option in part.Value.EnumerateArray())
                        {
                            Walk(option, path, depth + 1);
                        }

                        break;
                    case "$ref" when part.Value.ValueKind == JsonValueKind.String && Target(part.Value.GetString()!) is { } target:
                        Walk(target, path, depth + 1);
                        break;
                }
            }
        }

        private JsonElement? Target(string reference)
        {
            var node = root;
            if (!reference.StartsWith("#/", StringComparison.Ordinal))
            {
                return null;
            }

            foreach (var key in reference[2..].Split('/'))
            {
                if (node.ValueKind != JsonValueKind.Object || !node.TryGetProperty(key.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal), out node))
                {
                    return null;
                }
            }

            return node;
        }

        private static string Below(string path, string key) => ValuesPath.Join(path, key);
    }

    /// <summary>The text with every secret replaced by its id.</summary>
    public string Mask(string text, string releaseId, int revision, IReadOnlySet<string> bySchema) => Hide(text, bySchema, s => Placeholder(releaseId, revision, s.Key));

    /// <summary>What an id stands for in a text, and where it stands; null when there is no such id.</summary>
    public YamlScalar? Behind(string id, string text, string releaseId, int revision) => YamlText.Scalars(text)
        .SelectMany(s => Parts(text, s).Prepend(Whole(s))).FirstOrDefault(s => Id(releaseId, revision, s.Key) == id)?.Place;

    /// <summary>
    /// The text with every id replaced by what the base revision has at that path; typed text stays as a new secret. Ids of earlier revisions count as well:
    /// who merges with what somebody else saved did not touch the secret, so it is the one of the base.
    /// </summary>
    /// <exception cref="ProblemException">422: an id that is unknown, or that stands at another path.</exception>
    public string Unmask(string text, string baseText, string releaseId, int revision)
    {
        if (!text.Contains(Prefix, StringComparison.Ordinal))
        {
            return text;
        }

        // A key that stands twice counts as it does for Helm: the last one.
        var known = YamlText.Scalars(baseText).GroupBy(s => s.Path).ToDictionary(g => g.Key, g => g.Last(), StringComparer.Ordinal);
        var replacements = new List<(YamlScalar, string)>();
        foreach (var scalar in YamlText.Scalars(text).Where(s => s.Value.Contains(Prefix, StringComparison.Ordinal)))
        {
            var original = known.GetValueOrDefault(scalar.Path) ?? throw Moved(scalar);
            replacements.AddRange(Ids(releaseId, revision, scalar.Path).Contains(scalar.Value)
                ? [(scalar, baseText[original.Start..original.End])]
                : UnmaskParts(text, scalar, baseText, original, releaseId, revision));
        }

        return YamlText.Replace(text, replacements);
    }

    // Each by its own id, wherever in its text it stands now.
    private List<(YamlScalar, string)> UnmaskParts(string text, YamlScalar scalar, string baseText, YamlScalar original, string releaseId, int revision)
    {
        var result = new List<(YamlScalar, string)>();
        var raw = text[scalar.Start..scalar.End];
        var due = PlaceholderPattern().Matches(raw).ToList();
        if (PlaceholderPattern().Replace(raw, "").Contains(Prefix, StringComparison.Ordinal))
        {
            throw Moved(scalar);
        }

        var parts = Parts(baseText, original);
        for (var back = 0; back < Oldest(revision) && due.Count > 0; back++)
        {
            var known = parts.ToDictionary(p => Placeholder(releaseId, revision - back, p.Key), p => p.Place, StringComparer.Ordinal);
            result.AddRange(due.Where(m => known.ContainsKey(m.Value)).Select(m => (scalar with { Start = scalar.Start + m.Index, End = scalar.Start + m.Index + m.Length }, Raw(known[m.Value]))));
            due.RemoveAll(m => known.ContainsKey(m.Value));
        }

        return due.Count == 0 ? result : throw Moved(scalar);

        // Between other quotes it would be written in another way.
        string Raw(YamlScalar part) => baseText[part.Start..part.End] is var written && (written == part.Value || baseText[original.Start] == text[scalar.Start]) ? written : throw Moved(scalar);
    }

    private static ProblemException Moved(YamlScalar scalar) => new(
        422, "secret-moved", "A hidden value was moved or changed", $"Line {scalar.Line}: {scalar.Path} holds a place-holder that belongs to another key or revision. Type the value, or put the place-holder back.",
        new Dictionary<string, object?> { ["line"] = scalar.Line, ["path"] = scalar.Path });

    // An hour's work may have begun some revisions ago.
    private static int Oldest(int revision) => Math.Min(revision, 50);

    private IEnumerable<string> Ids(string releaseId, int revision, string key) => Enumerable.Range(0, Oldest(revision)).Select(back => Placeholder(releaseId, revision - back, key));

    private string Placeholder(string releaseId, int revision, string key) => $"{Prefix}{Id(releaseId, revision, key)}__";

    public string Id(string releaseId, int revision, string path) => box.KeyedHash($"{releaseId}/{revision}/{path}")[..20];
}

/// <summary>One secret of a text.</summary>
/// <param name="Place">Where it stands: the path of its scalar, and the place of the scalar or of a part of it; the value without quotes and escapes.</param>
/// <param name="Key">What its id is made of: the path, and for a part what it is called there.</param>
/// <param name="Whole">It is the whole scalar.</param>
/// <param name="Context">The scalar, or what a part stands in ("password=x", "mysql://user:x@").</param>
public sealed record SecretText(YamlScalar Place, string Key, bool Whole, string Context)
{
    public string Path => Place.Path;
}
