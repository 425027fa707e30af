using System.Text.Json.Nodes;
using Portal.Helm.Kube;

namespace Portal.Helm.Actions;

/// <summary>Which fields the API server never lets anybody change, so that a change of one is worth a question before anything is written.</summary>
public static class ImmutableFields
{
    private static readonly Dictionary<string, string[]> Fixed = new(StringComparer.Ordinal)
    {
        ["Deployment"] = ["spec.selector"],
        ["ReplicaSet"] = ["spec.selector"],
        ["DaemonSet"] = ["spec.selector"],
        ["Job"] = ["spec.selector", "spec.template", "spec.completionMode", "spec.podFailurePolicy", "spec.completions"],
        ["Service"] = ["spec.clusterIP"],
        ["RoleBinding"] = ["roleRef"],
        ["ClusterRoleBinding"] = ["roleRef"],
        ["StorageClass"] = ["provisioner", "parameters", "reclaimPolicy", "volumeBindingMode"],
        ["PriorityClass"] = ["value"],
        ["Secret"] = ["type"],
        ["CustomResourceDefinition"] = ["spec.group", "spec.scope", "spec.names.plural"],
    };

    // What may change; everything else in the spec may not.
    private static readonly Dictionary<string, string[]> Free = new(StringComparer.Ordinal)
    {
        ["StatefulSet"] = ["replicas", "ordinals", "template", "updateStrategy", "revisionHistoryLimit", "persistentVolumeClaimRetentionPolicy", "minReadySeconds"],
        ["PersistentVolumeClaim"] = ["resources", "volumeAttributesClassName"],
    };

    /// <summary>The immutable fields in which two manifests of an object differ; none when only others do.</summary>
    public static IReadOnlyList<string> Changed(KubeObject before, KubeObject after)
    {
        var result = new List<string>();
        foreach (var path in Fixed.GetValueOrDefault(after.Kind, []))
        {
            var steps = path.Split('.');
            if (before[steps] is { } old && !JsonNode.DeepEquals(old, after[steps]))
            {
                result.Add(path);
            }
        }

        if (Free.TryGetValue(after.Kind, out var free) && before["spec"] is JsonObject was && after["spec"] is JsonObject now)
        {
            result.AddRange(was.Select(f => f.Key).Union(now.Select(f => f.Key)).Where(f => !free.Contains(f) && !JsonNode.DeepEquals(was[f], now[f])).Select(f => "spec." + f));
        }

        if (after.Kind is "ConfigMap" or "Secret" && before["immutable"]?.GetValueKind() == System.Text.Json.JsonValueKind.True && !JsonNode.DeepEquals(before["data"], after["data"]))
        {
            result.Add("data");
        }

        return result;
    }
}
