using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Portal.Helm.Kube;

namespace Portal.Helm.Releases;

/// <summary>Release records in Secrets sh.helm.release.v1.NAME.vN, as Helm's secrets driver keeps them (pkg/storage/driver/secrets.go).</summary>
public sealed class SecretReleaseStore(KubeClient client, TimeProvider time) : IReleaseStore
{
    private const string Manager = "Helm";

    /// <summary>What the API server takes: 1 MiB for all data of one Secret.</summary>
    public const int MaximumBytes = 1_048_576;

    private readonly System.Collections.Concurrent.ConcurrentDictionary<string, (string Version, Release Release)> _decoded = new(StringComparer.Ordinal);

    public async Task<IReadOnlyList<StoredRelease>> HistoryAsync(string ns, string name, CancellationToken cancellation)
    {
        var secrets = await client.ListAsync("v1", "Secret", ns, $"owner=helm,name={name}", cancellation);
        return [.. secrets.Where(s => s.Text("type") == "helm.sh/release.v1").Select(Read).OrderBy(r => r.Release.Version)];
    }

    public async Task<IReadOnlyList<StoredRelease>> ListAsync(string ns, CancellationToken cancellation)
    {
        var secrets = await client.ListAsync("v1", "Secret", ns, "owner=helm", cancellation);
        return
        [
            .. secrets.Where(s => s.Text("type") == "helm.sh/release.v1")
                .GroupBy(s => (s.Namespace, s.Label("name")))
                .Select(g => Read(g.MaxBy(s => int.TryParse(s.Label("version"), out var v) ? v : 0)!))
                .OrderBy(r => r.Release.Namespace, StringComparer.Ordinal).ThenBy(r => r.Release.Name, StringComparer.Ordinal),
        ];
    }

    public async Task<StoredRelease> CreateAsync(Release release, IReadOnlyDictionary<string, string> annotations, CancellationToken cancellation) =>
        Read(await client.CreateAsync(Secret(release, annotations, null), Manager, cancellation));

    public async Task<StoredRelease> UpdateAsync(StoredRelease stored, Release release, IReadOnlyDictionary<string, string> annotations, CancellationToken cancellation) =>
        Read(await client.ReplaceAsync(Secret(release, annotations, stored.ResourceVersion), Manager, cancellation));

    public Task DeleteAsync(StoredRelease stored, CancellationToken cancellation) =>
        client.DeleteAsync(new ObjectRef("v1", "Secret", stored.Release.Namespace, Name(stored.Release)), Propagation.Background, cancellation);

    /// <summary>How large the record will be in the Secret, in bytes.</summary>
    public static int Size(Release release) => ReleaseCodec.Encode(release).Length;

    private static string Name(Release release) => string.Create(CultureInfo.InvariantCulture, $"sh.helm.release.v1.{release.Name}.v{release.Version}");

    private KubeObject Secret(Release release, IReadOnlyDictionary<string, string> annotations, string? resourceVersion)
    {
        var labels = new JsonObject();
        foreach (var (key, value) in release.Labels)
        {
            labels[key] = value;
        }

        labels["modifiedAt"] = time.GetUtcNow().ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        labels["name"] = release.Name;
        labels["owner"] = "helm";
        labels["status"] = release.Info.Status;
        labels["version"] = release.Version.ToString(CultureInfo.InvariantCulture);
        var metadata = new JsonObject { ["name"] = Name(release), ["namespace"] = release.Namespace, ["labels"] = labels };
        if (annotations.Count > 0)
        {
            metadata["annotations"] = new JsonObject(annotations.Select(a => KeyValuePair.Create(a.Key, (JsonNode?)a.Value)));
        }

        if (resourceVersion is not null)
        {
            metadata["resourceVersion"] = resourceVersion;
        }

        return new KubeObject(new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "Secret",
            ["metadata"] = metadata,
            ["type"] = "helm.sh/release.v1",
            ["data"] = new JsonObject { ["release"] = Convert.ToBase64String(Encoding.ASCII.GetBytes(ReleaseCodec.Encode(release))) },
        });
    }

    private StoredRelease Read(KubeObject secret)
    {
        var key = $"{secret.Namespace}/{secret.Name}";
        // An unchanged record is not decoded again.
        if (!_decoded.TryGetValue(key, out var known) || known.Version != secret.ResourceVersion)
        {
            var data = secret.Text("data", "release");
            var labels = (secret["metadata", "labels"] as JsonObject ?? [])
                .Where(l => l.Key is not ("modifiedAt" or "name" or "owner" or "status" or "version"))
                .ToDictionary(l => l.Key, l => l.Value?.GetValue<string>() ?? "", StringComparer.Ordinal);
            known = (secret.ResourceVersion, ReleaseCodec.Decode(Encoding.ASCII.GetString(Convert.FromBase64String(data))) with { Labels = labels });
            _decoded[key] = known;
        }

        var annotations = (secret["metadata", "annotations"] as JsonObject ?? []).ToDictionary(a => a.Key, a => a.Value?.GetValue<string>() ?? "", StringComparer.Ordinal);
        return new StoredRelease(known.Release, secret.ResourceVersion, annotations);
    }
}
