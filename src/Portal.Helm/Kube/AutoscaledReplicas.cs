using System.Text.Json.Nodes;

namespace Portal.Helm.Kube;

/// <summary>
/// Leaves the number of replicas to the autoscaler that has set it. Kubernetes tells authors to take <c>replicas</c> out of what they apply once an autoscaler counts
/// (kubernetes.io, "Migrating Deployments and StatefulSets to horizontal autoscaling"); charts do not know when that is. Applying the chart's number would be a
/// conflict with server-side apply, and with force it would throw pods away until the autoscaler counts again.
/// </summary>
internal static class AutoscaledReplicas
{
    /// <summary>The object to apply: without <c>spec.replicas</c> when somebody scaled it to another number and an autoscaler targets it, else the same object.</summary>
    public static async Task<KubeObject> LeaveAsync(KubeClient client, KubeObject item, KubeObject? live, CancellationToken cancellation)
    {
        if (item.Int("spec", "replicas") is not { } wanted || live is null || live.Int("spec", "replicas") == wanted || !IsScaled(live) || !await HasAutoscalerAsync(client, item, cancellation))
        {
            return item;
        }

        return Without(item);
    }

    /// <summary>The same object without its number of replicas.</summary>
    public static KubeObject Without(KubeObject item)
    {
        var copy = (JsonObject)item.Json.DeepClone();
        (copy["spec"] as JsonObject)?.Remove("replicas");
        return new KubeObject(copy);
    }

    private static bool IsScaled(KubeObject live) => live.List("metadata", "managedFields").Any(m => m.Text("subresource") == "scale" && m["fieldsV1", "f:spec", "f:replicas"] is not null);

    private static async Task<bool> HasAutoscalerAsync(KubeClient client, KubeObject item, CancellationToken cancellation)
    {
        try
        {
            return (await client.ListAsync("autoscaling/v2", "HorizontalPodAutoscaler", item.Namespace, cancellation: cancellation))
                .Any(a => a.Text("spec", "scaleTargetRef", "kind") == item.Kind && a.Text("spec", "scaleTargetRef", "name") == item.Name);
        }
        catch (KubeException error) when (error.Code == 403)
        {
            // An account that may not look at autoscalers applies what the chart says, as Helm does.
            return false;
        }
    }
}
