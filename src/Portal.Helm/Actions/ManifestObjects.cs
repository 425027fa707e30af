using System.Text.Json.Nodes;
using Portal.Helm.Kube;
using Portal.Helm.Rendering;

namespace Portal.Helm.Actions;

/// <summary>From a manifest's text to objects as they are sent: with namespace and Helm's marks of ownership.</summary>
internal static class ManifestObjects
{
    private const string ReleaseName = "meta.helm.sh/release-name";
    private const string ReleaseNamespace = "meta.helm.sh/release-namespace";
    private const string ManagedBy = "app.kubernetes.io/managed-by";

    /// <summary>Selects what carries Helm's mark.</summary>
    public const string MarkSelector = ManagedBy + "=Helm";

    /// <summary>The objects of a manifest, in its order; namespaced ones get the release's namespace. <paramref name="coming"/> are kinds that will be there before the objects.</summary>
    /// <exception cref="HelmException">The cluster does not know a kind.</exception>
    public static async Task<List<KubeObject>> ReadAsync(KubeClient client, string manifest, string ns, CancellationToken cancellation, CrdKinds? coming = null)
    {
        var result = new List<KubeObject>();
        var unknown = new List<string>();
        foreach (var document in ManifestSplitter.Parse(manifest))
        {
            if (document.Kind.Length == 0)
            {
                continue;
            }

            try
            {
                result.AddRange(await ObjectsAsync(client, document.Content, ns, cancellation, coming));
            }
            catch (KubeException error) when (error.Code == 404)
            {
                unknown.Add($"resource mapping not found for name: \"{document.Name}\" namespace: \"\" from \"\": {error.Message}\nensure CRDs are installed first");
            }
        }

        return unknown.Count == 0 ? result : throw new HelmException("unable to build kubernetes objects from release manifest: " + string.Join("\n", unknown));
    }

    /// <summary>The objects of one document; a List gives its items.</summary>
    public static async Task<IReadOnlyList<KubeObject>> ObjectsAsync(KubeClient client, string content, string ns, CancellationToken cancellation, CrdKinds? coming = null)
    {
        if (KubeObject.FromYaml(content) is not { } item)
        {
            return [];
        }

        var items = item.Kind.EndsWith("List", StringComparison.Ordinal) && item.Json["items"] is JsonArray ? item.List("items").Select(i => new KubeObject((JsonObject)i.Json.DeepClone())).ToArray() : [item];
        foreach (var one in items)
        {
            var metadata = Table(one.Json, "metadata");
            if (await IsNamespacedAsync(client, one, coming, cancellation))
            {
                if (one.Namespace.Length == 0)
                {
                    metadata["namespace"] = ns;
                }
            }
            else
            {
                metadata.Remove("namespace");
            }
        }

        return items;
    }

    private static async Task<bool> IsNamespacedAsync(KubeClient client, KubeObject item, CrdKinds? coming, CancellationToken cancellation) =>
        coming is null ? await client.IsNamespacedAsync(item.ApiVersion, item.Kind, cancellation) : (await coming.ResourceAsync(client, item.ApiVersion, item.Kind, cancellation)).Namespaced;

    /// <summary>Marks an object as part of a release (pkg/action/validate.go).</summary>
    public static void Mark(KubeObject item, string release, string ns)
    {
        var metadata = Table(item.Json, "metadata");
        Table(metadata, "labels")[ManagedBy] = "Helm";
        var annotations = Table(metadata, "annotations");
        annotations[ReleaseName] = release;
        annotations[ReleaseNamespace] = ns;
    }

    /// <summary>Why an object that exists may not be taken over, or null.</summary>
    public static string? Foreign(KubeObject live, string release, string ns)
    {
        var faults = new List<string>();
        if (live.Label(ManagedBy) != "Helm")
        {
            faults.Add(live.Label(ManagedBy).Length == 0
                ? $"label validation error: missing key \"{ManagedBy}\": must be set to \"Helm\""
                : $"label validation error: key \"{ManagedBy}\" must equal \"Helm\": current value is \"{live.Label(ManagedBy)}\"");
        }

        Check(ReleaseName, release);
        Check(ReleaseNamespace, ns);
        return faults.Count == 0 ? null : $"{live.Kind} \"{live.Name}\" in namespace \"{live.Namespace}\" exists and cannot be imported into the current release: invalid ownership metadata; {string.Join("; ", faults)}";

        void Check(string key, string wanted)
        {
            var actual = live.Annotation(key);
            if (actual != wanted)
            {
                faults.Add(actual.Length == 0
                    ? $"annotation validation error: missing key \"{key}\": must be set to \"{wanted}\""
                    : $"annotation validation error: key \"{key}\" must equal \"{wanted}\": current value is \"{actual}\"");
            }
        }
    }

    private static JsonObject Table(JsonObject parent, string key)
    {
        if (parent[key] is not JsonObject table)
        {
            parent[key] = table = [];
        }

        return table;
    }
}
