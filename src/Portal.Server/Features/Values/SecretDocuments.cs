using System.Text.RegularExpressions;
using Portal.Helm.Yaml;

namespace Portal.Server.Features.Values;

/// <summary>
/// A text that is a document of its own: JSON or YAML within a value ("extraEnv: |", a realm to import, manifests to add). It is read like the values are. Pure.
/// </summary>
internal static partial class SecretDocuments
{
    private const int Deepest = 6;
    private const int MostDocuments = 200;
    private const int MostNested = 200;

    // Charts give such texts to tpl: an action is a word of its line, or a line for itself.
    [GeneratedRegex(@"(?<line>(?<=^[ \t]*)\{\{[^\n]*?\}\}(?=[ \t]*\r?$))|\{\{[^\n]*?\}\}", RegexOptions.Multiline | RegexOptions.CultureInvariant)]
    private static partial Regex Action();

    /// <summary>The secrets of a text, in order; null when it is no document.</summary>
    /// <param name="text">The text.</param>
    /// <param name="depth">How many texts this one stands in.</param>
    public static IReadOnlyList<SecretPart>? Find(string text, int depth)
    {
        if (depth >= Deepest || !IsPromising(text))
        {
            return null;
        }

        var read = Action().Replace(text, m => new string(m.Groups["line"].Success ? ' ' : 'x', m.Length));
        var result = new List<SecretPart>();
        var start = 0;
        for (var documents = 0; start < text.Length; documents++)
        {
            if (documents == MostDocuments || Places(read[start..]) is not { } places)
            {
                return documents == 0 ? null : [.. result, .. Moved(SecretParts.FindLoose(text[start..]), start)];
            }

            result.AddRange(Moved(Parts(text[start..], read[start..], places, depth + 1), start));
            start = places.Tail is { Start: > 0 } tail ? start + tail.Start : text.Length;
        }

        return result;
    }

    private static bool IsPromising(string text)
    {
        var head = text.AsSpan().TrimStart();
        return !IsTooDeep(text) && (head is ['{' or '[', ..] || (text.Contains('\n', StringComparison.Ordinal) && (text.Contains(':', StringComparison.Ordinal) || head is ['-', ' ', ..])));
    }

    // A text of brackets only takes a parser long to refuse.
    private static bool IsTooDeep(string text)
    {
        var depth = 0;
        for (var rest = text.AsSpan(); rest.IndexOfAny("{[]}") is >= 0 and var at; rest = rest[(at + 1)..])
        {
            depth += rest[at] is '{' or '[' ? 1 : -1;
            if (depth > MostNested)
            {
                return true;
            }
        }

        return false;
    }

    // Null: it is not YAML, or a text without a structure.
    private static YamlPlaces? Places(string text)
    {
        try
        {
            var places = YamlText.Read(text);
            return places.Scalars.Any(s => s.Path.Length == 0) ? null : places;
        }
        catch (YamlException)
        {
            return null;
        }
    }

    private static IEnumerable<SecretPart> Parts(string text, string read, YamlPlaces places, int depth)
    {
        foreach (var secret in SecretFinder.Find(read, places, new HashSet<string>(), depth))
        {
            var (start, end) = (secret.Place.Start, secret.Place.End);
            var isQuoted = secret.Whole && end - start > 1 && text[start] is '"' or '\'' && text[end - 1] == text[start];
            if (isQuoted)
            {
                (start, end) = (start + 1, end - 1);
            }

            // What was an action comes from the chart.
            var written = text[start..end];
            if (!SecretParts.IsReference(written))
            {
                var changed = !read.AsSpan(start, end - start).SequenceEqual(written);
                yield return new SecretPart(secret.Key, start, end, secret.Whole ? Context(text, start, isQuoted ? end + 1 : end) : secret.Context, changed ? written : secret.Place.Value);
            }
        }
    }

    // The key and the value: a value may be too short to be looked for alone.
    private static string Context(string text, int start, int end)
    {
        var key = text.AsSpan(0, start).TrimEnd(" \"'").LastIndexOfAny('\n', '{', ',');
        return text[(key + 1)..end].TrimStart(' ', '\t', '"', '\'', '-');
    }

    private static IEnumerable<SecretPart> Moved(IEnumerable<SecretPart> parts, int by) => parts.Select(p => p with { Start = p.Start + by, End = p.End + by });
}
