using System.Buffers;
using System.Globalization;
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

    [GeneratedRegex("__portal_secret:(?<id>[0-9a-f]+)__", RegexOptions.CultureInvariant)]
    private static partial Regex PlaceholderPattern();

    [GeneratedRegex(@"^--?\w[\w.-]*\z", RegexOptions.CultureInvariant)]
    private static partial Regex Flag();

    // Passwords that everybody knows are words of the texts around them.
    private static readonly HashSet<string> Words = new(["password", "changeit", "changeme", "postgres", "keycloak", "minioadmin", "administrator", "12345678", "rootroot"], StringComparer.OrdinalIgnoreCase);

    private const int MostAliases = 10_000;
    private const int LeastRepeated = 8;
    private const int LeastRedacted = 4;

    // An hour's work may have begun some revisions ago.
    private const int OldestRevision = 50;

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
        var keys = new SecretKeys(places.Scalars);
        var result = new List<SecretText>();
        var rest = new List<YamlScalar>();
        foreach (var scalar in places.Scalars.Where(s => s.Value.Length > 0 && !IsSwitch(text[s.Start..s.End])))
        {
            if (IsSecret(scalar.Path, bySchema) || named.Contains(scalar.Path))
            {
                var (key, context) = keys.Of(scalar.Path);
                result.Add(new SecretText(scalar, key, context, SecretKind.Whole, scalar.Value));
                continue;
            }

            rest.Add(scalar);
        }

        // Commented-out settings are as secret as the others.
        var parts = rest.Concat(places.Comments).SelectMany(s => Parts(text, s, keys)).ToList();
        result.AddRange(parts);
        result.AddRange(Repeated(text, rest.Concat(places.Comments), result, keys));
        return [.. Counted(result).OrderBy(s => s.Place.Start)];
    }

    private static IEnumerable<SecretText> Parts(string text, YamlScalar scalar, SecretKeys keys)
    {
        var written = new WrittenScalar(text[scalar.Start..scalar.End]);
        var (key, context) = keys.Of(scalar.Path);
        foreach (var part in SecretParts.Find(written.Text))
        {
            var place = scalar with
            {
                Start = scalar.Start + written.Place(part.Start), End = scalar.Start + written.Place(part.End), Line = scalar.Line + written.Text.AsSpan(0, part.Start).Count('\n'),
                Value = written.Text[part.Start..part.End],
            };
            yield return new SecretText(place, $"{key}#{part.Name}", context, SecretKind.Part, part.Context);
        }
    }

    // What is hidden at one place is hidden at every other one ("adminPassword: x1x1x1x1", "image: repo/x1x1x1x1:1"). Short ones would hide words.
    private static List<SecretText> Repeated(string text, IEnumerable<YamlScalar> scalars, IReadOnlyList<SecretText> found, SecretKeys keys)
    {
        var result = new List<SecretText>();
        string[] values = [.. found.Select(s => s.Place.Value).Where(v => v.Length >= LeastRepeated && !Words.Contains(v) && !v.Contains('\n', StringComparison.Ordinal)).Distinct(StringComparer.Ordinal).OrderByDescending(v => v.Length)];
        if (values.Length == 0)
        {
            return result;
        }

        var search = SearchValues.Create(values, StringComparison.Ordinal);
        var known = values.ToHashSet(StringComparer.Ordinal);
        int[] lengths = [.. values.Select(v => v.Length).Distinct()];
        var hidden = found.Where(s => !s.Whole).ToLookup(s => (s.Place.Path, s.Place.Path == "#" ? s.Place.Line : 0), s => (s.Place.Start, s.Place.End));
        foreach (var scalar in scalars)
        {
            // Between the parts that are hidden already.
            var at = scalar.Start;
            foreach (var (start, next) in hidden[(scalar.Path, scalar.Path == "#" ? scalar.Line : 0)].Where(h => h.Start >= scalar.Start && h.End <= scalar.End).OrderBy(h => h.Start).Append((scalar.End, scalar.End)))
            {
                while (at < start && text.AsSpan(at, start - at).IndexOfAny(search) is >= 0 and var skip)
                {
                    at += skip;
                    var value = lengths.Where(l => at + l <= text.Length).Select(l => text.Substring(at, l)).First(known.Contains);
                    var (key, context) = keys.Of(scalar.Path);
                    result.Add(new SecretText(scalar with { Start = at, End = at + value.Length, Value = value }, $"{key}#=", context, SecretKind.Repetition, value));
                    at += value.Length;
                }

                at = Math.Max(at, next);
            }
        }

        return result;
    }

    // Parts of one name at one place are told apart by their number, and their ids by how many there are: one more makes all of them others.
    private static IEnumerable<SecretText> Counted(List<SecretText> found) => found.GroupBy(s => s.Key, StringComparer.Ordinal)
        .SelectMany(g => g.OrderBy(s => s.Place.Start).Select((s, i) => s.Whole ? s : s with { Key = $"{s.Key} {i}", Others = $"{s.Others}/{g.Count()}" }));

    // The path of the value that a name or a flag speaks of.
    private static string? Announced(YamlScalar scalar)
    {
        var (parent, last) = scalar.Path.LastIndexOf('.') is >= 0 and var dot ? (scalar.Path[..(dot + 1)], scalar.Path[(dot + 1)..]) : ("", scalar.Path);
        var value = last is "name" or "key" ? "value" : Flag().IsMatch(scalar.Value) && int.TryParse(last, NumberStyles.None, CultureInfo.InvariantCulture, out var i) ? (i + 1).ToString(CultureInfo.InvariantCulture) : null;
        return value is not null && SecretNames.Says(scalar.Value) ? parent + value : null;
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
            return (text, [.. Parts(text, new YamlScalar("", 0, text.Length, 1, text), new SecretKeys([]))]);
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

    // automountServiceAccountToken: true holds no secret; hiding "true" everywhere would hide too much.
    internal static bool IsSwitch(string raw) => raw.Trim().ToLowerInvariant() is "true" or "false" or "yes" or "no" or "on" or "off" or "null" or "~" or "enabled" or "disabled" or "none";

    /// <summary>Whether a path says that what stands there is secret: by a schema, or by its names.</summary>
    public static bool IsSecret(string path, IReadOnlySet<string> bySchema) => SecretPaths.Covers(bySchema, path) || SecretNames.Say(path);

    /// <summary>Paths that a JSON schema marks as secret: <see cref="SecretPaths"/>.</summary>
    public static HashSet<string> FromSchema(ReadOnlyMemory<byte>? schema) => SecretPaths.FromSchema(schema);

    /// <summary>The same for all that charts' schemas say together, those of subcharts under the keys of their values.</summary>
    public static HashSet<string> FromSchemas(params IEnumerable<Chart?> charts) => SecretPaths.FromSchemas(charts);

    /// <summary>Whether one text shows what the other one hides: a secret that a change took to another key, or into another value.</summary>
    public static bool Shows(string text, string before, IReadOnlySet<string> bySchema)
    {
        var secrets = FindStored(before, bySchema).Secrets.Select(s => s.Place.Value).Distinct(StringComparer.Ordinal).ToList();
        var shown = YamlText.Scalars(Hide(text, bySchema, _ => "x")).Select(s => s.Value).ToList();
        var was = YamlText.Scalars(Hide(before, bySchema, _ => "x")).Select(s => s.Value).ToHashSet(StringComparer.Ordinal);
        var redactor = new Redactor(secrets);
        return shown.Exists(s => !was.Contains(s) && (redactor.Redact(s) != s || secrets.Exists(v => v.Length < LeastRedacted && s == v)));
    }

    /// <summary>The text with every secret replaced by its id.</summary>
    public string Mask(string text, string releaseId, int revision, IReadOnlySet<string> bySchema) => Hide(text, bySchema, s => Placeholder(releaseId, revision, s));

    /// <summary>What an id stands for in a text, and where it stands; null when there is no such id.</summary>
    public YamlScalar? Behind(string id, string text, string releaseId, int revision, IReadOnlySet<string> bySchema) =>
        FindStored(text, bySchema).Secrets.FirstOrDefault(s => Id(releaseId, revision, s) == id)?.Place;

    /// <summary>
    /// The text with every id replaced by the secret of the base revision that it stands for; typed text stays as a new secret. Ids of earlier revisions count as well: who merges with
    /// what somebody else saved did not touch the secret, so it is the one of the base. What was filled in has to be hidden again under the same key: a place-holder shows nothing
    /// by being taken elsewhere.
    /// </summary>
    /// <exception cref="ProblemException">422: an id that is unknown, or that stands at another place.</exception>
    /// <exception cref="YamlException">The text is not YAML.</exception>
    public UnmaskedValues Unmask(string text, string baseText, string releaseId, int revision, IReadOnlySet<string> bySchema)
    {
        var places = YamlText.Read(text);
        if (places.Keys.FirstOrDefault(k => k.Path.Contains(Prefix, StringComparison.Ordinal)) is { Path: { } key, Line: var line })
        {
            throw Moved(new YamlScalar(key, 0, 0, line, key));
        }

        var due = places.Scalars.Concat(places.Comments).Where(s => s.Value.Contains(Prefix, StringComparison.Ordinal)).SelectMany(s => Placeholders(text, s)).OrderBy(p => p.Place.Start).ToList();
        if (due.Count == 0)
        {
            return new UnmaskedValues(text, places, Find(text, places, bySchema), places);
        }

        var known = FindStored(baseText, bySchema).Secrets;
        var secrets = new Dictionary<string, SecretText>(StringComparer.Ordinal);
        for (var back = 0; back < Math.Min(revision, OldestRevision) && due.Exists(p => !secrets.ContainsKey(p.Id)); back++)
        {
            foreach (var secret in known)
            {
                // A key that stands twice counts as it does for Helm: the last one.
                secrets[Placeholder(releaseId, revision - back, secret)] = secret;
            }
        }

        var filled = due.Select(p => (p.Place, Secret: secrets.GetValueOrDefault(p.Id) ?? throw Moved(p.Place))).ToList();
        var result = YamlText.Replace(text, filled.Select(f => (f.Place, baseText[f.Secret.Place.Start..f.Secret.Place.End])));
        return Checked(result, filled, bySchema) is var (read, found) ? new UnmaskedValues(result, read, found, places) : throw Moved(filled[0].Place);
    }

    // The places of a scalar that hold place-holders; all of it, with its quotes, when it is one.
    private static IEnumerable<(YamlScalar Place, string Id)> Placeholders(string text, YamlScalar scalar)
    {
        var raw = text[scalar.Start..scalar.End];
        var matches = PlaceholderPattern().Matches(raw);
        if (PlaceholderPattern().Replace(raw, "").Contains(Prefix, StringComparison.Ordinal) || matches.Count != PlaceholderPattern().Count(scalar.Value))
        {
            throw Moved(scalar);
        }

        return matches.Count == 1 && matches[0].Value == scalar.Value
            ? [(scalar, scalar.Value)]
            : matches.Select(m => (scalar with { Start = scalar.Start + m.Index, End = scalar.Start + m.Index + m.Length }, m.Value));
    }

    // What was filled in has to be what it was, and hidden. Null: it made something else of the text.
    private static (YamlPlaces Places, IReadOnlyList<SecretText> Found)? Checked(string result, List<(YamlScalar Place, SecretText Secret)> filled, IReadOnlySet<string> bySchema)
    {
        YamlPlaces places;
        try
        {
            places = YamlText.Read(result);
        }
        catch (YamlException)
        {
            return null;
        }

        var found = Find(result, places, bySchema);
        var hidden = new Dictionary<int, SecretText>();
        foreach (var secret in found)
        {
            hidden[secret.Place.Start] = secret;
        }

        var shift = 0;
        foreach (var (place, secret) in filled)
        {
            var length = secret.Place.End - secret.Place.Start;
            if (hidden.GetValueOrDefault(place.Start + shift) is not { } again || again.Key != secret.Key || again.Place.Value != secret.Place.Value || again.Place.End - again.Place.Start != length)
            {
                throw Moved(place);
            }

            shift += length - (place.End - place.Start);
        }

        return (places, found);
    }

    private static ProblemException Moved(YamlScalar scalar) => new(
        422, "secret-moved", "A hidden value was moved or changed", $"Line {scalar.Line}: {scalar.Path} holds a place-holder that belongs to another key or revision, or that nothing would hide any more. Type the value, or put the text back.",
        new Dictionary<string, object?> { ["line"] = scalar.Line, ["path"] = scalar.Path });

    private string Placeholder(string releaseId, int revision, SecretText secret) => $"{Prefix}{Id(releaseId, revision, secret)}__";

    private string Id(string releaseId, int revision, SecretText secret) => box.KeyedHash($"{releaseId}/{revision}/{secret.Key}/{secret.Others}")[..20];
}

/// <summary>A whole scalar, a part of a longer text, or the same word as another secret.</summary>
public enum SecretKind { Whole, Part, Repetition }

/// <summary>A text with its secrets in clear.</summary>
/// <param name="Text">The text.</param>
/// <param name="Places">What stands where in it.</param>
/// <param name="Secrets">What of it is secret.</param>
/// <param name="Typed">What stands where in the text as it was typed, with place-holders.</param>
public sealed record UnmaskedValues(string Text, YamlPlaces Places, IReadOnlyList<SecretText> Secrets, YamlPlaces Typed);

/// <summary>One secret of a text.</summary>
/// <param name="Place">Where it stands: the path of its scalar ("#" in a comment), and the place of the scalar or of a part of it; the value without quotes and escapes.</param>
/// <param name="Key">What it is called: the path, items of lists by their name where they have one, and for a part what it is called there.</param>
/// <param name="Others">How many nameless others stand beside it: with one more or less its number means something else.</param>
/// <param name="Kind">How it is one.</param>
/// <param name="Context">The scalar, or what a part stands in ("password=x", "mysql://user:x@").</param>
public sealed record SecretText(YamlScalar Place, string Key, string Others, SecretKind Kind, string Context)
{
    public string Path => Place.Path;

    /// <summary>It is the whole scalar.</summary>
    public bool Whole => Kind == SecretKind.Whole;
}
