using System.Text.Json.Nodes;
using Portal.Helm.Kube;
using Portal.Helm.Yaml;

namespace Portal.Server.Features.Plans;

/// <summary>An object as people compare it: YAML without what the server counts, secrets hidden.</summary>
internal static class ObjectText
{
    /// <param name="item">The object; null is an empty text.</param>
    /// <param name="redact">Takes known secrets out of what stays.</param>
    /// <param name="fingerprint">A keyed hash: it says whether a hidden value changed, and nothing that would help to guess it.</param>
    public static string Of(KubeObject? item, Func<string, string> redact, Func<string, string> fingerprint)
    {
        if (item is null)
        {
            return "";
        }

        var json = (JsonObject)item.Json.DeepClone();
        Clean(json, fingerprint);
        return redact(GoYaml.Write(GoJson.FromNode(json)));
    }

    private static void Clean(JsonObject json, Func<string, string> fingerprint)
    {
        json.Remove("status");
        var secret = json["kind"] is JsonValue kind && kind.TryGetValue<string>(out var word) && word == "Secret";
        if (json["metadata"] is JsonObject metadata)
        {
            foreach (var key in new[] { "managedFields", "resourceVersion", "uid", "generation", "creationTimestamp", "selfLink" })
            {
                metadata.Remove(key);
            }

            // kubectl keeps the whole object in there.
            if (secret && metadata["annotations"] is JsonObject annotations && annotations.Remove("kubectl.kubernetes.io/last-applied-configuration") && annotations.Count == 0)
            {
                metadata.Remove("annotations");
            }
        }

        if (secret)
        {
            Hide(json["data"] as JsonObject, fingerprint);
            Hide(json["stringData"] as JsonObject, fingerprint);
        }

        foreach (var item in (json["items"] as JsonArray)?.OfType<JsonObject>() ?? [])
        {
            Clean(item, fingerprint);
        }
    }

    private static void Hide(JsonObject? data, Func<string, string> fingerprint)
    {
        foreach (var (key, value) in data?.ToArray() ?? [])
        {
            data![key] = $"(hidden {fingerprint($"secret data/{key}/{value}")[..8]})";
        }
    }
}
