using Portal.Helm.Charts;
using Portal.Helm.Kube;
using Portal.Helm.Rendering;
using Portal.Helm.Templating;

namespace Portal.Helm.Actions;

/// <summary>The kinds that the files of <c>crds/</c> bring: a cluster that has not got them yet knows neither their resource nor whether they live in namespaces.</summary>
public sealed class CrdKinds
{
    private readonly Dictionary<(string ApiVersion, string Kind), (string Resource, bool Namespaced)> _kinds = [];

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

    /// <summary>The resource of a kind ("servicemonitors"), and whether its objects have a namespace; null when the files do not bring it.</summary>
    public (string Resource, bool Namespaced)? Find(string apiVersion, string kind) => _kinds.TryGetValue((apiVersion, kind), out var found) ? found : null;
}
