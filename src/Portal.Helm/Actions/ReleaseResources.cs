using System.Text.Json.Nodes;
using Portal.Helm.Kube;

namespace Portal.Helm.Actions;

/// <summary>One part of what a release has in the cluster.</summary>
/// <param name="Kind">"v1/ConfigMap", or "v1/Pod(related)" for what a controller made.</param>
/// <param name="Content">The object, a list of Pods, or a Table of either.</param>
public sealed record ReleaseResource(string Kind, KubeObject Content);

/// <summary>Reads what "helm status" shows: each object of the manifest, and the Pods that its controllers select.</summary>
internal sealed class ReleaseResources(KubeClient client)
{
    private const string Related = "v1/Pod(related)";

    /// <param name="ns">The release's namespace.</param>
    /// <param name="manifest">What the release applied; objects that are gone are left out.</param>
    /// <param name="tables">As Tables, with the columns of kubectl.</param>
    /// <param name="cancellation">Stops the reading.</param>
    public async Task<IReadOnlyList<ReleaseResource>> ReadAsync(string ns, string manifest, bool tables, CancellationToken cancellation)
    {
        var result = new List<ReleaseResource>();
        foreach (var item in await ManifestObjects.ReadAsync(client, manifest, ns, cancellation))
        {
            if (await (tables ? client.TableAsync(item.Ref, cancellation) : client.GetAsync(item.Ref, cancellation)) is not { } content)
            {
                continue;
            }

            result.Add(new ReleaseResource($"{item.ApiVersion[(item.ApiVersion.IndexOf('/') + 1)..]}/{item.Kind}", content));
            if (item["spec", "selector", "matchLabels"] is JsonObject { Count: > 0 } labels)
            {
                var selector = string.Join(',', labels.OrderBy(l => l.Key, StringComparer.Ordinal).Select(l => $"{l.Key}={l.Value}"));
                result.Add(new ReleaseResource(Related, tables ? await client.TableAsync("v1", "Pod", item.Namespace, selector, cancellation) : await PodsAsync(item.Namespace, selector, cancellation)));
            }
        }

        return result;
    }

    private async Task<KubeObject> PodsAsync(string ns, string selector, CancellationToken cancellation) => new(new JsonObject
    {
        ["apiVersion"] = "v1",
        ["kind"] = "PodList",
        ["items"] = new JsonArray([.. (await client.ListAsync("v1", "Pod", ns, selector, cancellation)).Select(p => p.Json.DeepClone())]),
        ["metadata"] = new JsonObject(),
    });
}
