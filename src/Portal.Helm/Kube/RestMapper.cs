using System.Collections.Concurrent;

namespace Portal.Helm.Kube;

/// <summary>Which resource serves a kind. Asked of the server once per group/version and kept.</summary>
internal sealed class RestMapper(KubeClient client)
{
    private const string Aggregated = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json";

    private readonly ConcurrentDictionary<string, Dictionary<string, Resource>> _known = new(StringComparer.Ordinal);

    public sealed record Resource(string Plural, bool Namespaced);

    /// <exception cref="KubeException">404: the server does not serve this kind.</exception>
    public async Task<Resource> FindAsync(string apiVersion, string kind, CancellationToken cancellation)
    {
        if (WellKnownKinds.All.TryGetValue((apiVersion, kind), out var known))
        {
            return known;
        }

        if (!_known.TryGetValue(apiVersion, out var kinds) || !kinds.ContainsKey(kind))
        {
            // A CRD may have come since.
            kinds = await LoadAsync(apiVersion, cancellation);
            _known[apiVersion] = kinds;
        }

        return kinds.TryGetValue(kind, out var resource)
            ? resource
            : throw new KubeException(404, "NotFound", $"no matches for kind \"{kind}\" in version \"{apiVersion}\"", $"GET /{apiVersion}");
    }

    /// <summary>What templates may ask .Capabilities.APIVersions for: "v1", "apps/v1", "apps/v1/Deployment".</summary>
    public async Task<IReadOnlyList<string>> ApiVersionsAsync(CancellationToken cancellation)
    {
        var core = new KubeObject(await client.SendAsync(HttpMethod.Get, "api", null, null, cancellation, Aggregated));
        var groups = new KubeObject(await client.SendAsync(HttpMethod.Get, "apis", null, null, cancellation, Aggregated));
        var found = core.Kind == "APIGroupDiscoveryList" && groups.Kind == core.Kind
            ? core.List("items").Concat(groups.List("items")).SelectMany(Served).ToList()
            : await OneByOneAsync(core, groups, cancellation);
        foreach (var (version, kinds) in found)
        {
            _known[version] = kinds;
        }

        return [.. found.Select(f => f.Version), .. found.SelectMany(f => f.Kinds.Keys.Select(k => $"{f.Version}/{k}"))];
    }

    // A group of an aggregated document; a stale version belongs to an aggregated API whose server is gone: Helm leaves it out as well.
    private static IEnumerable<(string Version, Dictionary<string, Resource> Kinds)> Served(KubeObject served) =>
        from version in served.List("versions")
        where version.Text("freshness") != "Stale"
        select (
            served.Name.Length == 0 ? version.Text("version") : $"{served.Name}/{version.Text("version")}",
            version.List("resources").Where(r => r.Text("responseKind", "kind").Length > 0)
                .GroupBy(r => r.Text("responseKind", "kind"), StringComparer.Ordinal)
                .ToDictionary(g => g.Key, g => new Resource(g.First().Text("resource"), g.First().Text("scope") == "Namespaced"), StringComparer.Ordinal));

    // Servers before 1.27 have no aggregated documents.
    private async Task<List<(string Version, Dictionary<string, Resource> Kinds)>> OneByOneAsync(KubeObject core, KubeObject groups, CancellationToken cancellation)
    {
        var versions = (core.Json["versions"]?.AsArray() ?? []).Select(v => v!.GetValue<string>()).Concat(groups.List("groups").SelectMany(g => g.List("versions").Select(v => v.Text("groupVersion"))));
        var result = new List<(string, Dictionary<string, Resource>)>();
        foreach (var version in versions)
        {
            try
            {
                result.Add((version, await LoadAsync(version, cancellation)));
            }
            catch (KubeException error) when (error.Code is 404 or 503)
            {
                // An aggregated API without its server is listed but cannot be asked.
                continue;
            }
        }

        return result;
    }

    private async Task<Dictionary<string, Resource>> LoadAsync(string apiVersion, CancellationToken cancellation)
    {
        var list = new KubeObject(await client.SendAsync(HttpMethod.Get, apiVersion.Contains('/') ? $"apis/{apiVersion}" : $"api/{apiVersion}", null, null, cancellation));
        return list.List("resources")
            .Where(r => !r.Text("name").Contains('/'))
            .GroupBy(r => r.Text("kind"), StringComparer.Ordinal)
            .ToDictionary(g => g.Key, g => new Resource(g.First().Text("name"), g.First()["namespaced"]?.GetValue<bool>() ?? false), StringComparer.Ordinal);
    }
}
