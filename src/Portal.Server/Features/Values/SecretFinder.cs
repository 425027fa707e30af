using System.Buffers;
using System.Globalization;
using Portal.Helm.Yaml;

namespace Portal.Server.Features.Values;

/// <summary>
/// What of a YAML or JSON text is secret. Whole scalars: by their key, by the schema (format password, writeOnly), by what stands beside them (<see cref="SecretAnnouncements"/>), or
/// because an alias stands at such a key. Parts of others: <see cref="SecretParts"/>, which reads a text within the text by the same rules. Pure.
/// </summary>
public static class SecretFinder
{
    private const int MostAliases = 10_000;
    private const int LeastRepeated = 8;

    /// <summary>All secrets of a text, in order.</summary>
    /// <exception cref="YamlException">The text is not YAML.</exception>
    public static IReadOnlyList<SecretText> Find(string text, IReadOnlySet<string> bySchema) => Find(text, YamlText.Read(text), bySchema);

    /// <summary>The same for a text whose places are known.</summary>
    /// <param name="text">The text.</param>
    /// <param name="places">What stands where in it.</param>
    /// <param name="bySchema">Paths that a schema calls secret.</param>
    /// <param name="depth">How many texts this one stands in.</param>
    public static IReadOnlyList<SecretText> Find(string text, YamlPlaces places, IReadOnlySet<string> bySchema, int depth = 0)
    {
        var announced = SecretAnnouncements.Of(places.Scalars);
        announced.UnionWith(Aliased(places.Scalars, places.Aliases, bySchema));
        var keys = new SecretKeys(places.Scalars);
        var result = new List<SecretText>();
        var rest = new List<YamlScalar>();
        foreach (var scalar in places.Scalars.Where(s => s.Value.Length > 0 && !IsSwitch(text[s.Start..s.End])))
        {
            if (IsSecret(scalar.Path, scalar.Value, bySchema) || SecretPaths.Hold(announced, scalar.Path) || SecretParts.IsLogin(scalar.Path, scalar.Value) || (depth > 0 && SecretNames.SayItem(scalar.Path)))
            {
                // A file within the values says where its secrets come from, and a comment what they are: there is nothing to hide.
                if (depth == 0 || !(SecretParts.IsReference(scalar.Value) || (text[scalar.Start] is not ('"' or '\'') && SecretParts.IsSentence(scalar.Value))))
                {
                    var (key, context) = keys.Of(scalar.Path);
                    result.Add(new SecretText(scalar, key, context, SecretKind.Whole, scalar.Value));
                }

                continue;
            }

            rest.Add(scalar);
        }

        // Commented-out settings are as secret as the others.
        result.AddRange(rest.SelectMany(s => Parts(text, s, keys, depth)).Concat(InComments(text, places.Comments, depth)).ToList());
        result.AddRange(Repeated(text, rest.Concat(places.Comments), result, keys));
        return [.. Counted(result).OrderBy(s => s.Place.Start)];
    }

    /// <summary>The secrets of a text that cannot be read as YAML.</summary>
    public static IReadOnlyList<SecretText> FindUnread(string text) => [.. Parts(text, new YamlScalar("", 0, text.Length, 1, text), new SecretKeys([]), 0)];

    /// <summary>Whether a value may be shown beside its path.</summary>
    public static bool IsSecret(string path, object? value, IReadOnlySet<string> bySchema) =>
        value switch
        {
            null or "" or bool or Dictionary<string, object?> or List<object?> => false,
            string text => IsSecret(path, text, bySchema) || SecretParts.IsLogin(path, text) || SecretParts.Find(text).Count > 0,
            _ => IsSecret(path, Convert.ToString(value, CultureInfo.InvariantCulture) ?? "", bySchema),
        };

    /// <summary>Whether a path says that what stands there is secret: by a schema, or by its names.</summary>
    public static bool IsSecret(string path, IReadOnlySet<string> bySchema) => SecretPaths.Covers(bySchema, path) || SecretNames.Say(path);

    // What a value plainly is counts more than its key's name, but not more than a schema.
    private static bool IsSecret(string path, string text, IReadOnlySet<string> bySchema) => SecretPaths.Covers(bySchema, path) || (SecretNames.Say(path) && !SecretParts.IsPlain(ValuesPath.Split(path)[^1], text));

    // automountServiceAccountToken: true holds no secret; hiding "true" everywhere would hide too much.
    internal static bool IsSwitch(string raw) => raw.Trim().ToLowerInvariant() is "true" or "false" or "yes" or "no" or "on" or "off" or "null" or "~" or "enabled" or "disabled" or "none";

    private static IEnumerable<SecretText> Parts(string text, YamlScalar scalar, SecretKeys keys, int depth)
    {
        var (key, others) = keys.Of(scalar.Path);
        return Parts(text, scalar, new WrittenScalar(text[scalar.Start..scalar.End]), scalar.Start, depth).Select(p => p with { Key = $"{key}{p.Key}", Others = others });
    }

    private static IEnumerable<SecretText> Parts(string text, YamlScalar scalar, WrittenScalar written, int origin, int depth)
    {
        foreach (var part in SecretParts.Find(written.Text, depth))
        {
            var start = origin + written.Place(part.Start);
            var place = scalar with { Start = start, End = origin + written.Place(part.End), Line = scalar.Line + text.AsSpan(scalar.Start, start - scalar.Start).Count('\n'), Value = part.Value };
            yield return new SecretText(place, $"#{part.Name}", "", SecretKind.Part, part.Context);
        }
    }

    // A setting may be commented out over some lines: what stands below each other is read as one text.
    private static IEnumerable<SecretText> InComments(string text, IReadOnlyList<YamlScalar> comments, int depth)
    {
        for (var first = 0; first < comments.Count;)
        {
            var next = first + 1;
            while (next < comments.Count && comments[next].Line == comments[next - 1].Line + 1 && IsLine(text, comments[next]) && IsLine(text, comments[first]))
            {
                next++;
            }

            var places = comments.Skip(first).Take(next - first).Select(c => (c.Start, c.End)).ToArray();
            foreach (var part in Parts(text, comments[first], WrittenScalar.OfComments(text, places), 0, depth))
            {
                yield return part with { Key = $"#{part.Key}" };
            }

            first = next;
        }
    }

    private static bool IsLine(string text, YamlScalar comment) => text.AsSpan(0, comment.Start).TrimEnd(" \t") is [] or [.., '\n'];

    // What is hidden at one place is hidden at every other one ("adminPassword: x1x1x1x1", "image: repo/x1x1x1x1:1"). Short ones would hide words.
    private static List<SecretText> Repeated(string text, IEnumerable<YamlScalar> scalars, IReadOnlyList<SecretText> found, SecretKeys keys)
    {
        var result = new List<SecretText>();
        string[] values = [.. found.Select(s => s.Place.Value).Where(v => v.Length >= LeastRepeated && !CommonWords.Contain(v) && !v.Contains('\n', StringComparison.Ordinal)).Distinct(StringComparer.Ordinal).OrderByDescending(v => v.Length)];
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
}
