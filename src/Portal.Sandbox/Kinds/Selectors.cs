using Portal.Sandbox.Json;

namespace Portal.Sandbox.Kinds;

/// <summary>LabelSelector objects, as controllers use them.</summary>
internal static class Selectors
{
    /// <summary>True when labels satisfy all of a selector; an empty selector takes everything.</summary>
    public static bool Matches(JsonMap selector, JsonMap labels)
    {
        foreach (var (key, value) in selector.Map("matchLabels") ?? [])
        {
            if (!labels.TryGetValue(key, out var present) || !Equals(present, value))
            {
                return false;
            }
        }

        return selector.Maps("matchExpressions").All(e => Matches(e.Text("key") ?? "", e.Text("operator") ?? "", [.. e.Texts("values")], labels));
    }

    /// <summary>True when labels have all the pairs.</summary>
    public static bool MatchesAll(JsonMap pairs, JsonMap labels) => pairs.All(p => labels.TryGetValue(p.Key, out var present) && Equals(present, p.Value));

    public static bool Matches(string key, string op, IReadOnlyList<string> values, JsonMap labels)
    {
        var present = labels.Text(key);
        return op switch
        {
            "In" => present is not null && values.Contains(present),
            "NotIn" => present is null || !values.Contains(present),
            "Exists" => present is not null,
            "DoesNotExist" => present is null,
            "Gt" => long.TryParse(present, out var n) && values.Count == 1 && long.TryParse(values[0], out var low) && n > low,
            "Lt" => long.TryParse(present, out var n) && values.Count == 1 && long.TryParse(values[0], out var high) && n < high,
            _ => false,
        };
    }

    /// <summary>A selector as text, for the scale subresource.</summary>
    public static string Text(JsonMap selector)
    {
        var parts = (selector.Map("matchLabels") ?? []).OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => $"{p.Key}={p.Value}").ToList();
        foreach (var e in selector.Maps("matchExpressions"))
        {
            var key = e.Text("key");
            var values = string.Join(",", e.Texts("values"));
            parts.Add(e.Text("operator") switch { "In" => $"{key} in ({values})", "NotIn" => $"{key} notin ({values})", "Exists" => $"{key}", _ => $"!{key}" });
        }

        return string.Join(",", parts);
    }
}
