using Portal.Core.Values;
using Portal.Helm.Charts;
using Portal.Helm.Templating;
using Portal.Helm.Yaml;
using Portal.Server.Features.Catalog;

namespace Portal.Server.Features.Values;

/// <summary>What there is to say about a values text, before it is saved. Pure.</summary>
internal static class ValuesVerdict
{
    private const int LongestValue = 200;
    private const int MostUnknown = 100;

    /// <summary>The values as a table.</summary>
    /// <exception cref="YamlException">The text is not YAML, or a single text or list, or goes on behind its first document, where Helm does not read.</exception>
    public static Dictionary<string, object?> Read(string text) => Read(text, YamlText.Read(text));

    /// <summary>The same for a text whose places are known.</summary>
    public static Dictionary<string, object?> Read(string text, YamlPlaces places)
    {
        var table = GoYaml.Read(text) switch
        {
            null => [],
            Dictionary<string, object?> values => values,
            _ => throw new YamlException("values are keys, each with a value (\"key: value\"); this is a single text or a list", 1, 1),
        };
        return places.Tail is { } tail ? throw new YamlException($"a second document begins in line {tail.Line}, and Helm reads the first one only: put everything into one, or take the rest out", tail.Line, 1) : table;
    }

    /// <param name="values">The values in clear; lines are counted as they were typed.</param>
    /// <param name="chart">The chart that reads them, when it is known.</param>
    public static ValuesPreview Of(UnmaskedValues values, Chart? chart)
    {
        Dictionary<string, object?> tree;
        try
        {
            tree = Read(values.Text, values.Places);
        }
        catch (YamlException error)
        {
            return Broken(error);
        }

        // That a word is a secret elsewhere is not told: whoever guesses would learn that the guess is right.
        var (shown, hidden) = (values.Typed, values.Secrets.Where(s => s.Kind != SecretKind.Repetition).ToList());
        var lines = shown.Keys.GroupBy(k => k.Path).ToDictionary(g => g.Key, g => g.Last().Line, StringComparer.Ordinal);
        var secrets = hidden.Select(s => s.Path).ToHashSet(StringComparer.Ordinal);
        var whole = hidden.Where(s => s.Whole).Select(s => s.Path).ToHashSet(StringComparer.Ordinal);
        var inParts = hidden.Where(s => !s.Whole).Select(s => s.Path).ToHashSet(StringComparer.Ordinal);
        var problems = new List<ValuesProblem>();
        if (Duplicate(shown.Keys) is { } twice)
        {
            problems.Add(new ValuesProblem(ProblemLevel.Error, twice.Message, twice.Line, null, twice.Path));
        }

        if (chart?.Schema is { } schema)
        {
            // A schema's complaint may quote what it complains about.
            var redactor = new Lazy<Redactor>(() => new Redactor(SecretScalars.Values(values.Secrets)));
            try
            {
                problems.AddRange(SchemaValidator.Check(schema, ChartValues.Coalesce(chart, tree)).Select(e =>
                {
                    var path = e.Path.TrimStart('/').Replace('/', '.');
                    return new ValuesProblem(ProblemLevel.Error, $"{(path.Length == 0 ? "The values" : path)}: {redactor.Value.Redact(e.Message)}", lines.TryGetValue(path, out var line) ? line : null, null, path);
                }));
            }
            catch (ChartException error)
            {
                problems.Add(new ValuesProblem(ProblemLevel.Error, $"No values help: {chart.Name} {chart.Metadata.Version} has a values.schema.json that cannot be used, and Helm refuses the chart for it. {error.Message}"));
            }
        }

        var keys = new List<ValuesKey>();
        var known = chart is null ? null : KnownKeys.Of(chart);
        var unknown = 0;
        // Tables stand before what is in them.
        var origins = new Dictionary<string, bool>(StringComparer.Ordinal);
        var names = new Lazy<string[]>(() => [.. YamlText.Keys(chart!.ValuesText).Select(k => k.Path).Distinct()]);
        var scalars = shown.Scalars.GroupBy(s => s.Path).ToDictionary(g => g.Key, g => g.Last().Value, StringComparer.Ordinal);
        var aliases = shown.Aliases.Select(a => a.Path).ToHashSet(StringComparer.Ordinal);
        foreach (var (path, line) in lines.OrderBy(l => l.Value))
        {
            var (isKnown, same) = known is null ? (true, false) : known.Origin(path, tree);
            origins[path] = isKnown;
            var (secret, value) = (secrets.Contains(path), scalars.GetValueOrDefault(path));
            var inText = aliases.Contains(path) || inParts.Contains(path) || (value is not null && !secret && !IsShort(value));
            keys.Add(new ValuesKey(path, line, secret, !isKnown ? KeyOrigin.Unknown : same ? KeyOrigin.SameAsDefault : KeyOrigin.Override, secret || inText ? null : value, inText, whole.Contains(path) ? known?.SecretReference(path) : null));
            var parent = path.LastIndexOf('.') is >= 0 and var dot ? path[..dot] : "";
            if (!isKnown && (parent.Length == 0 || (origins.TryGetValue(parent, out var above) ? above : known!.Origin(parent, tree).Known)))
            {
                if (++unknown > MostUnknown)
                {
                    continue;
                }

                var near = Nearest(path, names.Value);
                problems.Add(new ValuesProblem(ProblemLevel.Warning, $"{path} is not a key of {chart!.Name} {chart.Metadata.Version}: Helm ignores it silently{(near is null ? "" : $". Did you mean {near}?")}", line, null, path));
            }
        }

        if (unknown > MostUnknown)
        {
            problems.Add(new ValuesProblem(ProblemLevel.Warning, $"{unknown - MostUnknown} more keys are not known to {chart!.Name} {chart.Metadata.Version}."));
        }

        return new ValuesPreview(problems.TrueForAll(p => p.Level != ProblemLevel.Error), problems, keys);
    }

    /// <summary>The verdict on a text that is not YAML.</summary>
    public static ValuesPreview Broken(YamlException error) => new ValuesPreview(false, [new ValuesProblem(ProblemLevel.Error, error.Reason, error.Line, error.Column)], []);

    private static bool IsShort(string value) => value.Length <= LongestValue && !value.Contains('\n', StringComparison.Ordinal);

    /// <summary>The first key that stands twice in one table: Helm takes the last one without a word, and people read the first.</summary>
    public static (string Path, int Line, string Message)? Duplicate(IEnumerable<(string Path, int Line)> keys)
    {
        var seen = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var (path, line) in keys)
        {
            if (!seen.TryAdd(path, line))
            {
                return (path, line, $"{path} stands twice, in line {seen[path]} and in line {line}. Keep one of them.");
            }
        }

        return null;
    }

    private static string? Nearest(string path, string[] known)
    {
        if (NearestName.Of(path, known) is { } near)
        {
            return near;
        }

        var last = path[(path.LastIndexOf('.') + 1)..];
        return known.FirstOrDefault(k => string.Equals(k[(k.LastIndexOf('.') + 1)..], last, StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>What differs by key between two texts, of what Helm reads there: with its type, through aliases and merges. Secrets only say that they changed.</summary>
    public static IReadOnlyList<KeyChange> Changes(string from, string to, IReadOnlySet<string> bySchema)
    {
        var (a, b) = (Leaves(GoYaml.Read(from), "").ToDictionary(l => l.Path, l => l.Value, StringComparer.Ordinal), Leaves(GoYaml.Read(to), "").ToDictionary(l => l.Path, l => l.Value, StringComparer.Ordinal));
        var found = SecretFinder.Find(from, bySchema).Concat(SecretFinder.Find(to, bySchema)).ToArray();
        var secrets = found.Select(s => s.Path).ToHashSet(StringComparer.Ordinal);
        // An alias repeats a secret at a key that does not look like one.
        var redactor = new Redactor(SecretScalars.Values(found));
        bool IsHidden(string path, object? value) => secrets.Contains(path) || SecretFinder.IsSecret(path, value, bySchema) || (value is string text && redactor.Redact(text) != text);
        var result = new List<KeyChange>();
        foreach (var path in a.Keys.Union(b.Keys).Order(StringComparer.Ordinal))
        {
            var (had, has) = (a.TryGetValue(path, out var old), b.TryGetValue(path, out var value));
            if (had && has && OverrideSide.Kind(old) == OverrideSide.Kind(value) && GoValue.DeepEqual(old, value))
            {
                continue;
            }

            var secret = IsHidden(path, old) || IsHidden(path, value);
            // "1" and 1 look alike without their quotes.
            var typed = had && has && OverrideSide.Kind(old) != OverrideSide.Kind(value);
            result.Add(new KeyChange(
                path, !had ? KeyChangeKind.Added : !has ? KeyChangeKind.Removed : KeyChangeKind.Changed,
                !had ? null : secret ? "(secret)" : Shown(old, typed), !has ? null : secret ? had ? "(secret, changed)" : "(secret)" : Shown(value, typed)));
        }

        return result;
    }

    private static string Shown(object? value, bool typed) => value is string text && !typed ? text : value is null && !typed ? "" : GoYaml.Write(value).Trim();

    // Single values, those of lists by their number, and tables and lists that hold nothing.
    private static IEnumerable<(string Path, object? Value)> Leaves(object? node, string path) => node switch
    {
        Dictionary<string, object?> { Count: > 0 } table => table.SelectMany(p => Leaves(p.Value, ValuesPath.Join(path, p.Key))),
        List<object?> { Count: > 0 } list => list.SelectMany((item, i) => Leaves(item, $"{path}.{i.ToString(System.Globalization.CultureInfo.InvariantCulture)}")),
        _ when path.Length == 0 => [],
        _ => [(path, node)],
    };
}
