using Portal.Helm.Kube;
using Portal.Helm.Rendering;
using Portal.Helm.Yaml;

namespace Portal.Helm.Actions;

/// <summary>The template function lookup against a cluster. Rendering is synchronous, so this blocks its thread.</summary>
internal sealed class ClusterLookup(KubeClient client, CancellationToken cancellation) : ILookup
{
    public Dictionary<string, object?> Lookup(string apiVersion, string kind, string ns, string name) => LookupAsync(apiVersion, kind, ns, name).GetAwaiter().GetResult();

    private async Task<Dictionary<string, object?>> LookupAsync(string apiVersion, string kind, string ns, string name)
    {
        try
        {
            if (name.Length > 0)
            {
                var item = await client.GetAsync(new ObjectRef(apiVersion, kind, ns, name), cancellation).ConfigureAwait(false);
                return item is null ? [] : (Dictionary<string, object?>)GoJson.Read(item.Json.ToJsonString())!;
            }

            var items = await client.ListAsync(apiVersion, kind, ns, null, cancellation).ConfigureAwait(false);
            return new Dictionary<string, object?>(StringComparer.Ordinal)
            {
                ["apiVersion"] = apiVersion,
                ["kind"] = kind + "List",
                ["items"] = items.Select(i => GoJson.Read(i.Json.ToJsonString())).ToList(),
            };
        }
        catch (KubeException error) when (error.Code == 404)
        {
            return [];
        }
    }
}
