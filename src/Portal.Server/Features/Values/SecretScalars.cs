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

    // scheme://user:password@host, also after "jdbc:".
    [GeneratedRegex("[a-z][a-z0-9+.-]*://[^/\\s:@]*:(?<password>[^/\\s@]+)@", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Login();

    // "name=value", "name: value" and "name": "value" inside of a longer text.
    [GeneratedRegex("(?<![\\w.-])(?<name>[a-z][\\w.-]*)\\\\?[\"']?[ \\t]*[=:][ \\t]*\\\\?[\"']?(?<value>[^\\s\"'\\\\&;,]+)", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Setting();

    [GeneratedRegex("__portal_secret:(?<id>[0-9a-f]+)__", RegexOptions.CultureInvariant)]
    private static partial Regex Placeholder();

    // What stands below such a key is secret, whatever it is called itself.
    [GeneratedRegex("(passwords|tokens|secrets|credentials|apikeys|privatekeys|passphrases)$", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex SecretTable();

    private static readonly HashSet<string> NoPaths = [];

    private static readonly HashSet<string> Harmless = new(["name", "key", "namespace", "secretName", "secretKey", "type", "enabled", "create", "mountPath", "username", "user", "annotations", "labels"], StringComparer.OrdinalIgnoreCase);

    /// <summary>
    /// What of a text is secret. Whole scalars: by their key, by the schema (format password, writeOnly), or by the name beside them ({name: DB_PASSWORD, value: ...}).
    /// Parts of others: the password of an address, and what stands behind a secret's name (properties, parameters, a file within the values).
    /// </summary>
    public static IReadOnlyList<SecretText> Find(string text, IReadOnlySet<string> bySchema)
    {
        var scalars = YamlText.Scalars(text);
        var named = scalars.Where(s => s.Path.EndsWith(".name", StringComparison.Ordinal) && SecretName().IsMatch(Plain(s.Value))).Select(s => s.Path[..^"name".Length] + "value").ToHashSet(StringComparer.Ordinal);
        return [.. scalars.Where(s => s.Value.Length > 0 && !IsSwitch(text[s.Start..s.End])).SelectMany(s => IsSecret(s.Path, bySchema) || named.Contains(s.Path) ? [new SecretText(s, s.Path, true, s.Value)] : Parts(text, s))];
    }

    // In the text as it is written: what is found can be replaced where it stands.
    private static IReadOnlyList<SecretText> Parts(string text, YamlScalar scalar)
    {
        var raw = text[scalar.Start..scalar.End];
        var logins = Login().Matches(raw).Select(m => (Part: m.Groups["password"], m.Value));
        var settings = Setting().Matches(raw).Where(m => IsSecret(ValuesPath.Join([m.Groups["name"].Value]), NoPaths) && !IsReference(m.Groups["value"].Value)).Select(m => (Part: m.Groups["value"], m.Value));
        var result = new List<SecretText>();
        var end = 0;
        foreach (var (part, context) in logins.Concat(settings).OrderBy(f => f.Part.Index))
        {
            if (part.Index < end)
            {
                continue;
            }

            end = part.Index + part.Length;
            result.Add(new SecretText(
                scalar with { Start = scalar.Start + part.Index, End = scalar.Start + end, Line = scalar.Line + raw.AsSpan(0, part.Index).Count('\n'), Value = part.Value }, $"{scalar.Path}#{result.Count}", false, context));
        }

        return result;
    }

    /// <summary>What of the secrets that were found may turn up elsewhere: the values, the passwords inside of addresses, and a part with what stands around it (it may be too short to be looked for alone).</summary>
    public static IEnumerable<string> Values(IEnumerable<SecretText> found) =>
        found.SelectMany(s => Login().Matches(s.Context).Select(m => m.Groups["password"].Value).Append(s.Context).Append(s.Place.Value)).Distinct(StringComparer.Ordinal);

    /// <summary>Whether a value may be shown beside its path.</summary>
    public static bool IsSecret(string path, object? value, IReadOnlySet<string> bySchema) =>
        value switch
        {
            null or "" or bool or Dictionary<string, object?> or List<object?> => false,
            string text => IsSecret(path, bySchema) || Parts(text, new YamlScalar(path, 0, text.Length, 1, 1, text)).Count > 0,
            _ => IsSecret(path, bySchema),
        };

    // "${DB_PASSWORD}", "$(TOKEN)", "{{ .x }}", "<from a Secret>", "***": where it comes from, not what it is.
    private static bool IsReference(string value) => "$<{%*|>".Contains(value[0], StringComparison.Ordinal) || IsSwitch(value) || value.StartsWith(Prefix, StringComparison.Ordinal);

    private static string Plain(string key) => key.Replace(".", "", StringComparison.Ordinal).Replace("-", "", StringComparison.Ordinal).Replace("_", "", StringComparison.Ordinal);

    // automountServiceAccountToken: true holds no secret; hiding "true" everywhere would hide too much.
    private static bool IsSwitch(string raw) => raw.Trim().ToLowerInvariant() is "true" or "false" or "yes" or "no" or "on" or "off" or "null" or "~";

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

    /// <summary>The same for all that charts' schemas say together.</summary>
    public static HashSet<string> FromSchemas(params IEnumerable<Chart?> charts) => [.. charts.SelectMany(c => FromSchema(c?.Schema))];

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
    public string Mask(string text, string releaseId, int revision, IReadOnlySet<string> bySchema) =>
        YamlText.Replace(text, Find(text, bySchema).Select(s => (s.Place, $"{Prefix}{Id(releaseId, revision, s.Key)}__")));

    /// <summary>What an id stands for in a text, and where it stands; null when there is no such id.</summary>
    public YamlScalar? Behind(string id, string text, string releaseId, int revision) => YamlText.Scalars(text)
        .SelectMany(s => Parts(text, s).Prepend(new SecretText(s, s.Path, true, s.Value))).FirstOrDefault(s => Id(releaseId, revision, s.Key) == id)?.Place;

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
            ProblemException Moved() => new(
                422, "secret-moved", "A hidden value was moved or changed", $"Line {scalar.Line}: {scalar.Path} holds a place-holder that belongs to another key or revision. Type the value, or put the place-holder back.",
                new Dictionary<string, object?> { ["line"] = scalar.Line, ["path"] = scalar.Path });
            var original = known.GetValueOrDefault(scalar.Path) ?? throw Moved();
            if (Stands(scalar.Value, scalar.Path, releaseId, revision))
            {
                replacements.Add((scalar, baseText[original.Start..original.End]));
                continue;
            }

            // Parts of a longer text: each by its own id, wherever in that text it stands now.
            var parts = Parts(baseText, original);
            foreach (Match match in Placeholder().Matches(text[scalar.Start..scalar.End]))
            {
                var part = parts.FirstOrDefault(p => Stands(match.Value, p.Key, releaseId, revision)) ?? throw Moved();
                replacements.Add((scalar with { Start = scalar.Start + match.Index, End = scalar.Start + match.Index + match.Length }, part.Place.Value));
            }

            if (Placeholder().Replace(text[scalar.Start..scalar.End], "").Contains(Prefix, StringComparison.Ordinal))
            {
                throw Moved();
            }
        }

        return YamlText.Replace(text, replacements);
    }

    // An hour's work may have begun some revisions ago.
    private bool Stands(string placeholder, string key, string releaseId, int revision) =>
        Enumerable.Range(0, Math.Min(revision, 50)).Any(back => placeholder == $"{Prefix}{Id(releaseId, revision - back, key)}__");

    public string Id(string releaseId, int revision, string path) => box.KeyedHash($"{releaseId}/{revision}/{path}")[..20];
}

/// <summary>One secret of a text.</summary>
/// <param name="Place">Where it stands: the path of its scalar, and the place of the scalar or of a part of it.</param>
/// <param name="Key">What its id is made of: the path, and for a part its number.</param>
/// <param name="Whole">It is the whole scalar.</param>
/// <param name="Context">The scalar, or what a part stands in ("password=x", "mysql://user:x@").</param>
public sealed record SecretText(YamlScalar Place, string Key, bool Whole, string Context)
{
    public string Path => Place.Path;
}
