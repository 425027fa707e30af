using System.Text;
using System.Text.RegularExpressions;
using Portal.Sandbox.Json;

namespace Portal.Sandbox.Tests;

/// <summary>
/// Compares an answer with a recorded one. Recorded values like &lt;uid-1&gt; stand for any value of that form, and for
/// the same value wherever they stand again.
/// </summary>
internal sealed partial class RecordingMatcher(Dictionary<string, string> bound)
{
    private static readonly HashSet<string> _free = ["any", "node", "hostip", "time", "microtime", "age", "anyrv"];
    private static readonly HashSet<string> _ignored = ["gitCommit", "buildDate", "goVersion", "storageVersionHash", "serverRelativeURL", "containerID", "imageID", "retryAfterSeconds", "topology.kubernetes.io/zone", "topology.kubernetes.io/region"];

    private readonly Dictionary<string, string> _bound = new(bound, StringComparer.Ordinal);

    public List<string> Differences { get; } = [];

    public IReadOnlyDictionary<string, string> Bound => _bound;

    /// <summary>Fills what is known into a recorded request.</summary>
    public static string Fill(string text, IReadOnlyDictionary<string, string> bound, bool escape = false) =>
        Placeholder().Replace(text, m => bound.TryGetValue(m.Value, out var value) ? escape ? Uri.EscapeDataString(value) : value : m.Value);

    public void Compare(object? expected, object? actual, string path = "", bool subset = false, bool loose = false, bool unordered = false)
    {
        if (Ignored(path))
        {
            return;
        }

        switch (expected)
        {
            case JsonMap map when actual is JsonMap given:
                CompareMaps(map, given, path, subset, loose, unordered);
                break;
            case List<object?> list when actual is List<object?> given:
                CompareLists(list, given, path, subset, loose, unordered || subset || path.EndsWith("|managedFields", StringComparison.Ordinal) || (loose && path.EndsWith("|causes", StringComparison.Ordinal)));
                break;
            case string text when loose && path.EndsWith("|message", StringComparison.Ordinal):
                var begin = Regex.Replace(text.Length > 50 ? text[..50] : text, @"[<\[].*", "", RegexOptions.Singleline);
                Say(actual is string message && message.StartsWith(begin, StringComparison.Ordinal), path, expected, actual);
                break;
            case string text:
                Say(actual is string or long && Text(text, JsonTree.Print(actual)), path, expected, actual);
                break;
            default:
                Say(JsonTree.Equal(expected, actual), path, expected, actual);
                break;
        }
    }

    /// <summary>Takes over the values of placeholders without asking whether the rest is equal.</summary>
    public void Learn(object? expected, object? actual)
    {
        switch (expected)
        {
            case JsonMap map when actual is JsonMap given:
                foreach (var (key, value) in map.Where(p => p.Key != "managedFields"))
                {
                    Learn(value, given.GetValueOrDefault(key));
                }

                break;
            case List<object?> list when actual is List<object?> given && list.Count == given.Count:
                for (var i = 0; i < list.Count; i++)
                {
                    Learn(list[i], given[i]);
                }

                break;
            case string text when actual is string or long:
                Text(text, JsonTree.Print(actual));
                break;
        }
    }

    public void Say(bool equal, string path, object? expected, object? actual)
    {
        if (!equal)
        {
            Differences.Add($"{path}: expected {Short(expected)}, got {Short(actual)}");
        }
    }

    /// <summary>What belongs to the recorded machine, and what a row of a table says beside its cells.</summary>
    private static bool Ignored(string path)
    {
        var key = path[(path.LastIndexOf('|') + 1)..];
        return _ignored.Contains(key) || (path.Contains("|rows[", StringComparison.Ordinal) && path.Contains("|object|metadata|", StringComparison.Ordinal) && key is ("resourceVersion" or "managedFields" or "generation" or "labels"));
    }

    private static string Short(object? value) => JsonTree.Text(value) is { Length: > 200 } text ? text[..200] : JsonTree.Text(value);

    private void CompareMaps(JsonMap expected, JsonMap actual, string path, bool subset, bool loose, bool unordered)
    {
        var rest = new HashSet<string>(actual.Keys, StringComparer.Ordinal);
        foreach (var (key, value) in expected)
        {
            var found = rest.Contains(key) ? key : rest.FirstOrDefault(k => key.Contains('<', StringComparison.Ordinal) && Text(key, k)) ?? key;
            if (rest.Remove(found))
            {
                Compare(value, actual[found], $"{path}|{key}", subset, loose, unordered && key is "items" or "rows");
            }
            else if (!Ignored($"{path}|{key}"))
            {
                Differences.Add($"{path}|{key}: missing, expected {Short(value)}");
            }
        }

        if (!subset)
        {
            Differences.AddRange(rest.Where(k => !Ignored($"{path}|{k}")).Select(k => $"{path}|{k}: not expected, got {Short(actual[k])}"));
        }
    }

    private void CompareLists(List<object?> expected, List<object?> actual, string path, bool subset, bool loose, bool unordered)
    {
        if (!subset)
        {
            Say(expected.Count == actual.Count, path + " (count)", (long)expected.Count, (long)actual.Count);
        }

        var left = actual.ToList();
        for (var i = 0; i < expected.Count; i++)
        {
            if (!unordered)
            {
                Compare(expected[i], actual.ElementAtOrDefault(i), $"{path}[{i}]", subset, loose);
                continue;
            }

            var tries = left.Select(a => (Element: a, Try: Attempt(expected[i], a, path, subset, loose))).ToList();
            var hit = tries.FirstOrDefault(t => t.Try.Differences.Count == 0);
            if (hit.Try is null)
            {
                Differences.Add($"{path}[{i}]: nothing matches {Short(expected[i])}; nearest: {tries.Select(t => t.Try).MinBy(t => t.Differences.Count)?.Differences[0]}");
                continue;
            }

            left.Remove(hit.Element);
            foreach (var (key, value) in hit.Try.Bound)
            {
                _bound[key] = value;
            }
        }
    }

    private RecordingMatcher Attempt(object? expected, object? actual, string path, bool subset, bool loose)
    {
        var attempt = new RecordingMatcher(_bound);
        attempt.Compare(expected, actual, path + "[]", subset, loose);
        return attempt;
    }

    private bool Text(string expected, string actual)
    {
        var pattern = new StringBuilder("^");
        var names = new Dictionary<string, string>(StringComparer.Ordinal);
        var at = 0;
        foreach (Match match in Placeholder().Matches(expected))
        {
            pattern.Append(Regex.Escape(expected[at..match.Index]));
            at = match.Index + match.Length;
            var kind = match.Groups[1].Value;
            if (_free.Contains(kind) && kind != "time")
            {
                pattern.Append(Form(kind));
            }
            else if (kind != "time" && _bound.TryGetValue(match.Value, out var value))
            {
                pattern.Append(Regex.Escape(value));
            }
            else if (names.TryGetValue(match.Value, out var name))
            {
                pattern.Append($"\\k<{name}>");
            }
            else
            {
                names[match.Value] = $"p{names.Count}";
                pattern.Append($"(?<{names[match.Value]}>{Form(kind)})");
            }
        }

        pattern.Append(Regex.Escape(expected[at..])).Append('$');
        var result = Regex.Match(actual, pattern.ToString(), RegexOptions.Singleline);
        if (result.Success)
        {
            foreach (var (placeholder, name) in names)
            {
                _bound[placeholder] = result.Groups[name].Value;
            }
        }

        return result.Success;
    }

    private static string Form(string kind) => kind switch
    {
        "uid" => "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}",
        "rv" or "listrv" or "anyrv" or "nodeport" => "[0-9]+",
        "gen" => "[A-Za-z0-9_.-]+?",
        "hash" => "[a-z0-9]+",
        "time" => "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z",
        "microtime" => @"[0-9T:.-]+\.[0-9]+Z",
        "age" => "[0-9dhmsy<>a-z]+",
        "clusterip" or "podip" or "hostip" => "[0-9a-f.:]+",
        "node" => "[a-z0-9.-]+",
        "any" => ".*?",
        _ => ".+",
    };

    [GeneratedRegex("<(any|uid|rv|listrv|anyrv|gen|hash|time|microtime|age|clusterip|podip|hostip|nodeport|node|continue|token)(?:-([0-9]+))?>")]
    private static partial Regex Placeholder();
}
