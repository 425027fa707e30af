using System.Text.Json.Nodes;

namespace Portal.Server.Features.Plans;

/// <summary>LabelSelectors of Kubernetes: matchLabels and matchExpressions, all of which have to fit. Pure.</summary>
internal static class LabelSelector
{
    /// <summary>Whether a selector chooses something with these labels. Absent, it chooses nothing; empty, everything (https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/label-selector/).</summary>
    public static bool Matches(JsonNode? selector, JsonObject? labels)
    {
        if (selector is not JsonObject rules)
        {
            return false;
        }

        string? Label(string key) => labels?[key]?.ToString();
        return (rules["matchLabels"] as JsonObject ?? []).All(w => Label(w.Key) == w.Value?.ToString())
            && (rules["matchExpressions"] as JsonArray ?? []).OfType<JsonObject>().All(e =>
            {
                var label = Label(e["key"]?.ToString() ?? "");
                var values = (e["values"] as JsonArray ?? []).Select(v => v?.ToString()).ToArray();
                return e["operator"]?.ToString() switch
                {
                    "In" => label is not null && values.Contains(label),
                    "NotIn" => label is null || !values.Contains(label),
                    "Exists" => label is not null,
                    "DoesNotExist" => label is null,
                    // Of nodes only.
                    "Gt" => decimal.TryParse(label, out var more) && decimal.TryParse(values.FirstOrDefault(), out var least) && more > least,
                    "Lt" => decimal.TryParse(label, out var less) && decimal.TryParse(values.FirstOrDefault(), out var most) && less < most,
                    _ => false,
                };
            });
    }
}
