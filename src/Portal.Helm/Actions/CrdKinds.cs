using Portal.Helm.Charts;
using Portal.Helm.Kube;
using Portal.Helm.Rendering;
using Portal.Helm.Templating;

namespace Portal.Helm.Actions;

/// <summary>The kinds that the files of <c>crds/</c> bring: a cluster that has not got them yet knows neither their resource nor whether they live in namespaces.</summary>
public sealed class CrdKinds
{
    private readonly Dictionary<(string ApiVersion, string Kind), (string Resource, bool Namespaced)> _kinds = [];
    private readonly Dictionary<(string ApiVersion, string Kind), bool> _coming = [];

    /// <summary>Reads CustomResourceDefinitions; anything else in the files is passed over.</summary>
    public CrdKinds(IEnumerable<ChartFile> files)
    {
        foreach (var content in files.SelectMany(f => ManifestSplitter.Documents(GoBytes.ToText(f.Data.Span))))
        {
            if (KubeObject.FromYaml(content) is { Kind: "CustomResourceDefinition" } crd)
            {
                foreach (var version in crd.List("spec", "versions"))
                {
                    _kinds[($"{crd.Text("spec", "group")}/{version.Text("name")}", crd.Text("spec", "names", "kind"))] = (crd.Text("spec", "names", "plural"), crd.Text("spec", "scope") != "Cluster");
                }
            }
        }
    }

    /// <summary>Whether the files bring a kind that the cluster does not serve yet. It is asked once for each kind: about one that it does not know it would be asked for every object.</summary>
    public async Task<bool> IsComingAsync(KubeClient client, string apiVersion, string kind, CancellationToken cancellation)
    {
        if (!_kinds.ContainsKey((apiVersion, kind)))
        {
            return false;
        }

        if (!_coming.TryGetValue((apiVersion, kind), out var coming))
        {
            _coming[(apiVersion, kind)] = coming = !await IsServedAsync(client, apiVersion, kind, cancellation);
        }

        return coming;
    }

    /// <summary>The resource of a kind ("servicemonitors"), and whether its objects have a namespace: what the cluster says, and what the files say while it serves it not.</summary>
    /// <exception cref="KubeException">404: neither knows it.</exception>
    public async Task<(string Resource, bool Namespaced)> ResourceAsync(KubeClient client, string apiVersion, string kind, CancellationToken cancellation) =>
        await IsComingAsync(client, apiVersion, kind, cancellation) ? _kinds[(apiVersion, kind)] : await client.ResourceAsync(apiVersion, kind, cancellation);

    private static async Task<bool> IsServedAsync(KubeClient client, string apiVersion, string kind, CancellationToken cancellation)
    {
        try
        {
            await client.ResourceAsync(apiVersion, kind, cancellation);
            return true;
        }
        catch (KubeException error) when (error.Code == 404)
        {
            return false;
        }
    }
}
