using System.Globalization;
using System.Text;
using Portal.Helm.Charts;
using Portal.Helm.Rendering;
using Portal.Helm.Templating;
using Portal.Helm.Yaml;

namespace Portal.Server.Features.Values;

/// <summary>
/// Which values a chart puts into Secrets: "license: x1" says nothing by its name, but a template writes it into one. A value counts when an entry of a rendered Secret is just this value,
/// and changes with it; an entry that holds all values says nothing of each. Pure.
/// </summary>
internal static class SecretFeeds
{
    private const int Least = 4;
    private const int Most = 500;

    /// <summary>The paths, with list items by number; none where the chart does not render with these values.</summary>
    public static HashSet<string> Of(Chart chart, Dictionary<string, object?> values, string name, string space)
    {
        try
        {
            return Of(chart, values, ChartValues.Coalesce(chart, values), new ReleaseOptions(name, space));
        }
        catch (ChartException)
        {
            // Values that do not fit the chart ("sub: 5" where a subchart is) are rendered by nobody.
            return [];
        }
    }

    /// <summary>What the rendered Secrets hold: for a value the Secret and key that has it ("db/password"), the first one where it is in several; empty where the chart does not render.</summary>
    public static IReadOnlyDictionary<string, string> Held(Chart chart, Dictionary<string, object?> values, string name, string space)
    {
        var result = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (secret, key, value) in Read(chart, values, new ReleaseOptions(name, space)))
        {
            result.TryAdd(value, $"{secret}/{key}");
        }

        return result;
    }

    private static HashSet<string> Of(Chart chart, Dictionary<string, object?> values, Dictionary<string, object?> coalesced, ReleaseOptions release)
    {
        var entries = Entries(chart, values, release);
        var candidates = entries.Count == 0 ? [] : Scalars(coalesced, "").Where(s => s.Text.Length >= Least && !SecretFinder.IsSwitch(s.Text) && !CommonWords.Contain(s.Text) && entries.Contains(s.Text) && ValuesPath.TryFind(coalesced, s.Path, out _)).Take(Most).ToArray();
        if (candidates.Length == 0)
        {
            return [];
        }

        // The same word may stand at another key as well: only what goes on into the Secret feeds it.
        var marked = GoValue.CopyTable(coalesced);
        foreach (var (candidate, i) in candidates.Select((c, i) => (c, i)))
        {
            Set(marked, candidate.Path, Mark(i));
        }

        var after = Entries(chart, marked, release);
        return [.. candidates.Where((c, i) => after.Count == 0 || after.Contains(Mark(i))).Select(c => c.Path)];
    }

    private static string Mark(int i) => string.Create(CultureInfo.InvariantCulture, $"portal{i}probe");

    private static HashSet<string> Entries(Chart chart, Dictionary<string, object?> values, ReleaseOptions release) => [.. Read(chart, values, release).Select(e => e.Value)];

    // What stands in the data of all rendered Secrets, in clear.
    private static IReadOnlyList<(string Secret, string Key, string Value)> Read(Chart chart, Dictionary<string, object?> values, ReleaseOptions release)
    {
        try
        {
            var result = new ChartRenderer().Render(chart, values, release);
            return [.. result.Documents.Select(d => (d.Kind, d.Content)).Concat(result.Hooks.Select(h => (h.Kind, Content: h.Manifest))).Where(d => d.Kind == "Secret").SelectMany(d => Read(d.Content))];
        }
        catch (Exception error) when (error is RenderException or TemplateException or ChartException or YamlException)
        {
            // What does not render is written nowhere; the plan says why.
            return [];
        }
    }

    private static IEnumerable<(string Secret, string Key, string Value)> Read(string manifest)
    {
        var secret = GoYaml.ReadTable(manifest);
        var name = ValuesPath.TryFind(secret, "metadata.name", out var called) ? called as string ?? "" : "";
        IEnumerable<(string Key, string? Value)> Part(string part, Func<string, string?> read) => (secret.GetValueOrDefault(part) as Dictionary<string, object?> ?? []).Where(e => e.Value is string).Select(e => (e.Key, read((string)e.Value!)));
        return Part("stringData", v => v).Concat(Part("data", Decoded)).Where(e => e.Value is not null).Select(e => (name, e.Key, e.Value!.TrimEnd('\n')));
    }

    private static string? Decoded(string text)
    {
        var bytes = new byte[text.Length];
        return Convert.TryFromBase64String(text, bytes, out var length) ? Encoding.UTF8.GetString(bytes, 0, length) : null;
    }

    private static IEnumerable<(string Path, string Text)> Scalars(object? node, string path) => node switch
    {
        Dictionary<string, object?> table => table.SelectMany(p => Scalars(p.Value, ValuesPath.Join(path, p.Key))),
        List<object?> list => list.SelectMany((item, i) => Scalars(item, ValuesPath.Join(path, i.ToString(CultureInfo.InvariantCulture)))),
        string text => [(path, text.TrimEnd('\n'))],
        null or bool => [],
        _ => [(path, GoFormat.Value(node))],
    };

    private static void Set(object? node, string path, string value)
    {
        var keys = ValuesPath.Split(path);
        foreach (var key in keys[..^1])
        {
            node = node is List<object?> items ? items[int.Parse(key, CultureInfo.InvariantCulture)] : ((Dictionary<string, object?>)node!)[key];
        }

        if (node is List<object?> list)
        {
            list[int.Parse(keys[^1], CultureInfo.InvariantCulture)] = value;
        }
        else
        {
            ((Dictionary<string, object?>)node!)[keys[^1]] = value;
        }
    }
}
