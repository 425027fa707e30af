using System.Text.Json.Nodes;

namespace Portal.Helm.Kube;

/// <summary>Who owns which fields of an object (metadata.managedFields).</summary>
internal static class FieldOwners
{
    /// <summary>Managers, other than the given one's applies and updates, that own a field which an object sets: applying it may meet them.</summary>
    public static bool Others(KubeObject live, KubeObject wanted, string manager) => live.List("metadata", "managedFields").Any(e =>
        e.Text("subresource") != "status" && (e.Text("manager") != manager || e.Text("subresource").Length > 0) && e["fieldsV1"] is JsonObject fields && Touches(fields, wanted.Json));

    /// <summary>Whether a manager owns fields by updates, as client-side apply leaves them.</summary>
    public static bool HasUpdates(KubeObject live, string manager) => live.List("metadata", "managedFields").Any(e => IsUpdate(e, manager));

    /// <summary>
    /// The JSON patch by which a manager's updates become applies, so that fields that the next apply leaves out are removed; null when there is
    /// nothing to do (as k8s.io/client-go/util/csaupgrade does it). The resourceVersion is its condition.
    /// </summary>
    public static JsonArray? UpdatesToApplies(KubeObject live, string manager)
    {
        var entries = live.List("metadata", "managedFields").Select(e => (JsonObject)e.Json.DeepClone()).ToList();
        if (!entries.Exists(e => IsUpdate(new KubeObject(e), manager)))
        {
            return null;
        }

        var apply = entries.Find(e => IsApply(new KubeObject(e), manager));
        if (apply is null)
        {
            // The newest one stands first.
            apply = entries.First(e => IsUpdate(new KubeObject(e), manager));
            apply["operation"] = "Apply";
        }

        foreach (var update in entries.Where(e => IsUpdate(new KubeObject(e), manager)).ToList())
        {
            if (update["apiVersion"]?.GetValue<string>() == apply["apiVersion"]?.GetValue<string>() && update["fieldsV1"] is JsonObject more)
            {
                Unite((JsonObject)apply["fieldsV1"]!, more);
            }

            entries.Remove(update);
        }

        return new JsonArray(
            new JsonObject { ["op"] = "replace", ["path"] = "/metadata/managedFields", ["value"] = new JsonArray([.. entries]) },
            new JsonObject { ["op"] = "replace", ["path"] = "/metadata/resourceVersion", ["value"] = live.ResourceVersion });
    }

    private static bool IsUpdate(KubeObject entry, string manager) => entry.Text("manager") == manager && entry.Text("operation") == "Update" && entry.Text("subresource").Length == 0;

    private static bool IsApply(KubeObject entry, string manager) => entry.Text("manager") == manager && entry.Text("operation") == "Apply" && entry.Text("subresource").Length == 0;

    // {"f:spec":{"f:replicas":{}}}: f: a field, k: a list element by its keys, v: a value of a set, ".": the thing itself.
    private static bool Touches(JsonObject fields, JsonNode? wanted) => fields.Count == 0 || fields.Any(f => f.Key switch
    {
        "." => false,
        ['f', ':', ..] => wanted is JsonObject map && map.TryGetPropertyValue(f.Key[2..], out var value) && Touches((JsonObject)f.Value!, value),
        ['k', ':', ..] => wanted is JsonArray list && Element(list, (JsonObject)JsonNode.Parse(f.Key[2..])!) is { } element && Touches((JsonObject)f.Value!, element),
        ['v', ':', ..] => wanted is JsonArray set && set.Any(s => JsonNode.DeepEquals(s, JsonNode.Parse(f.Key[2..]))),
        _ => wanted is not null,
    });

    // A key that the manifest leaves to its default (protocol: TCP) still names the element.
    private static JsonNode? Element(JsonArray list, JsonObject keys) =>
        list.FirstOrDefault(e => e is JsonObject map && keys.All(k => !map.TryGetPropertyValue(k.Key, out var value) || JsonNode.DeepEquals(value, k.Value)));

    private static void Unite(JsonObject into, JsonObject more)
    {
        foreach (var (key, value) in more)
        {
            if (into[key] is JsonObject known && value is JsonObject inner)
            {
                Unite(known, inner);
            }
            else if (!into.ContainsKey(key))
            {
                into[key] = value?.DeepClone();
            }
        }
    }
}
