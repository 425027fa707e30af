using System.Collections.Concurrent;

namespace Portal.Helm.Kube;

/// <summary>Which resource serves a kind. Asked of the server once per group/version and kept.</summary>
internal sealed class RestMapper(KubeClient client)
{
    private readonly ConcurrentDictionary<string, Dictionary<string, Resource>> _known = new(StringComparer.Ordinal);

    public sealed record Resource(string Plural, bool Namespaced);

    /// <exception cref="KubeException">404: the server does not serve this kind.</exception>
    public async Task<Resource> FindAsync(string apiVersion, string kind, CancellationToken cancellation)
    {
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

    public async Task<IReadOnlyList<string>> ApiVersionsAsync(CancellationToken cancellation)
    {
        var result = new List<string>();
        foreach (var version in new KubeObject(await client.SendAsync(HttpMethod.Get, "api", null, null, cancellation)).Json["versions"]?.AsArray() ?? [])
        {
            result.Add(version!.GetValue<string>());
        }

        var groups = new KubeObject(await client.SendAsync(HttpMethod.Get, "apis", null, null, cancellation));
        foreach (var group in groups.List("groups"))
        {
            result.AddRange(group.List("versions").Select(v => v.Text("groupVersion")));
        }

        var all = new List<string>(result);
        foreach (var version in result)
        {
            try
            {
                var kinds = await LoadAsync(version, cancellation);
                _known[version] = kinds;
                all.AddRange(kinds.Keys.Select(k => $"{version}/{k}"));
            }
            catch (KubeException error) when (error.Code is 404 or 503)
            {
                // An aggregated API without its server is listed but cannot be asked; Helm leaves it out as well.
                all.Remove(version);
            }
        }

        return all;
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
