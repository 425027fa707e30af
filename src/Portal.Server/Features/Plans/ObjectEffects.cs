using System.Text.Json.Nodes;
using Portal.Core.Plans;
using Portal.Helm.Actions;
using Portal.Helm.Kube;
using Portal.Helm.Yaml;

namespace Portal.Server.Features.Plans;

/// <summary>What a change of an object does to what is running. Pure; when in doubt the severer word.</summary>
internal static class ObjectEffects
{
    private static readonly HashSet<string> Access = ["Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding", "NetworkPolicy", "Ingress", "Gateway", "HTTPRoute", "ServiceAccount"];
    private static readonly HashSet<string> Data = ["PersistentVolumeClaim", "CustomResourceDefinition", "Namespace", "PersistentVolume"];
    private static readonly HashSet<string> Rolling = ["Deployment", "StatefulSet", "DaemonSet"];

    public static (Effect Effect, string Reason) Of(DryRunOutcome outcome)
    {
        var kind = outcome.Object.Kind;
        switch (outcome.Result)
        {
            case DryRunResult.Refused:
                return (Effect.Refused, "the cluster would refuse: " + outcome.Message);
            case DryRunResult.Conflict:
                return (Effect.Conflict, outcome.Message);
            case DryRunResult.Unchanged:
                return (Effect.None, "no change");
            case DryRunResult.Created:
                return Access.Contains(kind) ? (Effect.AccessChange, "new rule of access") : (Effect.None, "new object");
            case DryRunResult.Removed:
                return Data.Contains(kind) || kind == "StatefulSet" ? (Effect.DataAtRisk, $"{kind} is removed") : Access.Contains(kind) ? (Effect.AccessChange, "rule of access is removed") : Rolling.Contains(kind) ? (Effect.Recreate, "what runs is removed") : (Effect.None, "removed");
        }

        if (Data.Contains(kind))
        {
            return (Effect.DataAtRisk, $"{kind} changes");
        }

        if (Access.Contains(kind))
        {
            return (Effect.AccessChange, "who may reach what changes");
        }

        if (kind is "ConfigMap" or "Secret")
        {
            return (Effect.ConfigReload, "read again when its pods start");
        }

        if (Rolling.Contains(kind) && Text(outcome.Live!["spec", "template"]) != Text(outcome.After!["spec", "template"]))
        {
            return outcome.After.Text("spec", "strategy", "type") == "Recreate" ? (Effect.Recreate, "pods stop before new ones start") : (Effect.RollingRestart, "pods are replaced one after the other");
        }

        return (Effect.None, "changed without a restart");
    }

    private static string Text(JsonNode? node) => node is null ? "" : GoJson.Write(GoJson.Read(node.ToJsonString()));
}

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
