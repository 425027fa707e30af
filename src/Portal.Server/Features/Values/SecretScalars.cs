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

    private const int LeastRedacted = 4;

    // An hour's work may have begun some revisions ago.
    private const int OldestRevision = 50;

    /// <summary>What of the secrets that were found may turn up elsewhere: the values, their parts, and a part with what stands around it (it may be too short to be looked for alone).</summary>
    public static IEnumerable<string> Values(IEnumerable<SecretText> found) => found
        .SelectMany(s => SecretParts.Find(s.Context).Select(p => p.Value).Append(s.Context).Append(s.Place.Value)).Distinct(StringComparer.Ordinal);

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
            return (places.Tail is { } tail ? text[..tail.Start] : text, SecretFinder.Find(text, places, bySchema));
        }
        catch (YamlException)
        {
            return (text, SecretFinder.FindUnread(text));
        }
    }

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
            return new UnmaskedValues(text, places, SecretFinder.Find(text, places, bySchema), places);
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

        return matches.Count == 1 && matches[0].Value == scalar.Value && raw[0] is not ('|' or '>')
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

        var found = SecretFinder.Find(result, places, bySchema);
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

/// <summary>A text with its secrets in clear.</summary>
/// <param name="Text">The text.</param>
/// <param name="Places">What stands where in it.</param>
/// <param name="Secrets">What of it is secret.</param>
/// <param name="Typed">What stands where in the text as it was typed, with place-holders.</param>
public sealed record UnmaskedValues(string Text, YamlPlaces Places, IReadOnlyList<SecretText> Secrets, YamlPlaces Typed);
