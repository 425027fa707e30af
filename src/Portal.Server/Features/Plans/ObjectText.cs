using System.Text.Json.Nodes;
using Portal.Helm.Kube;
using Portal.Helm.Yaml;

namespace Portal.Server.Features.Plans;

/// <summary>An object as people compare it: YAML without what the server counts, secrets hidden.</summary>
internal static class ObjectText
{
    public static string Of(KubeObject? item, Func<string, string> redact)
    {
        if (item is null)
        {
            return "";
        }

        var json = (JsonObject)item.Json.DeepClone();
        json.Remove("status");
        if (json["metadata"] is JsonObject metadata)
        {
            foreach (var key in new[] { "managedFields", "resourceVersion", "uid", "generation", "creationTimestamp", "selfLink" })
            {
                metadata.Remove(key);
            }
        }

        if (item.Kind == "Secret")
        {
            Hide(json["data"] as JsonObject);
            Hide(json["stringData"] as JsonObject);
        }

        return redact(GoYaml.Write(GoJson.Read(json.ToJsonString())));
    }

    // The length of a value would help to guess it; a short hash only says whether it changed.
    private static void Hide(JsonObject? data)
    {
        foreach (var key in data?.Select(p => p.Key).ToArray() ?? [])
        {
            data![key] = "(hidden)";
        }
    }
}
