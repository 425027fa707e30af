using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Portal.Helm.Actions;
using Portal.Helm.Kube;

namespace Portal.Helm.Releases;

/// <summary>Release records in Secrets sh.helm.release.v1.NAME.vN, as Helm's secrets driver keeps them (pkg/storage/driver/secrets.go).</summary>
public sealed class SecretReleaseStore(KubeClient client, TimeProvider time) : IReleaseStore
{
    private const string Manager = "Helm";

    /// <summary>What the API server takes: 1 MiB for all data of one Secret.</summary>
    public const int MaximumBytes = 1_048_576;

    private const string Prefix = "sh.helm.release.v1.";
    private const string Type = "helm.sh/release.v1";
    private const string Mine = "owner=helm";

    // Up to so many changed records are read one by one, when most are known.
    private const int Single = 8;

    private readonly System.Collections.Concurrent.ConcurrentDictionary<(string Namespace, string Name), StoredRelease> _decoded = new();
    private int _decodedCount;

    /// <inheritdoc/>
    public async Task<IReadOnlyList<StoredRelease>> HistoryAsync(string ns, string name, CancellationToken cancellation)
    {
        var secrets = await client.ListAsync("v1", "Secret", ns, $"{Mine},name={name}", cancellation);
        return [.. secrets.Where(s => s.Text("type") == Type).Select(Read).OrderBy(r => r.Release.Version)];
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<StoredRelease>> ListAsync(string ns, CancellationToken cancellation)
    {
        // Metadata first: what did not change since it was decoded is not even sent again.
        var all = (await client.ListMetadataAsync("v1", "Secret", ns, Mine, cancellation)).Where(s => s.Name.StartsWith(Prefix, StringComparison.Ordinal)).ToList();
        Forget(ns, all);
        var newest = all.GroupBy(s => (s.Namespace, s.Label("name"))).Select(g => g.MaxBy(s => int.TryParse(s.Label("version"), out var v) ? v : 0)!).ToList();
        var changed = newest.Where(s => !IsDecoded(s)).ToDictionary(s => s.Ref);
        if (changed.Count > (_decoded.IsEmpty ? 1 : Single))
        {
            // Superseded revisions are most of all records and hardly ever the newest of their release.
            var secrets = (await client.ListAsync("v1", "Secret", ns, Mine + ",status!=superseded", cancellation)).Where(s => s.Text("type") == Type && changed.Remove(s.Ref)).ToList();
            Parallel.ForEach(secrets, ReadIfPossible);
        }

        foreach (var target in changed.Keys)
        {
            if (await client.GetAsync(target, cancellation) is { } secret && secret.Text("type") == Type)
            {
                ReadIfPossible(secret);
            }
        }

        return
        [
            .. newest.Select(s => _decoded.GetValueOrDefault((s.Namespace, s.Name))).OfType<StoredRelease>()
                .OrderBy(r => r.Release.Namespace, StringComparer.Ordinal).ThenBy(r => r.Release.Name, StringComparer.Ordinal),
        ];
    }

    /// <summary>How many records this store has decoded so far: an unchanged one counts once.</summary>
    internal int Decoded => _decodedCount;

    /// <inheritdoc/>
    public async Task<StoredRelease> CreateAsync(Release release, IReadOnlyDictionary<string, string> annotations, CancellationToken cancellation) =>
        await WriteAsync(Secret(release, annotations, null), secret => client.CreateAsync(secret, Manager, cancellation), cancellation);

    /// <inheritdoc/>
    public async Task<StoredRelease> UpdateAsync(StoredRelease stored, Release release, IReadOnlyDictionary<string, string> annotations, CancellationToken cancellation) =>
        await WriteAsync(Secret(release, annotations, stored.ResourceVersion), secret => client.ReplaceAsync(secret, Manager, cancellation), cancellation);

    // A write whose answer was lost is sent again and meets its own effect: the same record with the same annotations is ours.
    private async Task<StoredRelease> WriteAsync(KubeObject secret, Func<KubeObject, Task<KubeObject>> write, CancellationToken cancellation)
    {
        try
        {
            return Read(await write(secret));
        }
        catch (KubeException error) when (error is { Code: 409, Repeated: true })
        {
            var there = await client.GetAsync(secret.Ref, cancellation);
            if (there is not null && there.Text("data", "release") == secret.Text("data", "release") && JsonNode.DeepEquals(there["metadata", "annotations"], secret["metadata", "annotations"]))
            {
                return Read(there);
            }

            throw;
        }
    }

    /// <inheritdoc/>
    public Task DeleteAsync(StoredRelease stored, CancellationToken cancellation) =>
        client.DeleteAsync(new ObjectRef("v1", "Secret", stored.Release.Namespace, Name(stored.Release)), Propagation.Background, cancellation);

    /// <summary>How large the record will be in the Secret, in bytes.</summary>
    public static int Size(Release release) => ReleaseCodec.Encode(release).Length;

    private static string Name(Release release) => string.Create(CultureInfo.InvariantCulture, $"{Prefix}{release.Name}.v{release.Version}");

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
            ["type"] = Type,
            ["data"] = new JsonObject { ["release"] = Convert.ToBase64String(Encoding.ASCII.GetBytes(ReleaseCodec.Encode(release))) },
        });
    }

    // As in Helm's list: a record that cannot be read hides its own release only. Its history says what is wrong.
    private void ReadIfPossible(KubeObject secret)
    {
        try
        {
            Read(secret);
        }
        catch (HelmException)
        {
            _decoded.TryRemove((secret.Namespace, secret.Name), out _);
        }
    }

    private bool IsDecoded(KubeObject secret) => _decoded.TryGetValue((secret.Namespace, secret.Name), out var known) && known.ResourceVersion == secret.ResourceVersion;

    // Records that are gone are not kept in memory.
    private void Forget(string ns, List<KubeObject> all)
    {
        var kept = all.Select(s => (s.Namespace, s.Name)).ToHashSet();
        foreach (var key in _decoded.Keys.Where(k => (ns.Length == 0 || k.Namespace == ns) && !kept.Contains(k)))
        {
            _decoded.TryRemove(key, out _);
        }
    }

    private StoredRelease Read(KubeObject secret)
    {
        if (_decoded.TryGetValue((secret.Namespace, secret.Name), out var known) && known.ResourceVersion == secret.ResourceVersion)
        {
            return known;
        }

        Interlocked.Increment(ref _decodedCount);
        var labels = (secret["metadata", "labels"] as JsonObject ?? [])
            .Where(l => l.Key is not ("modifiedAt" or "name" or "owner" or "status" or "version"))
            .ToDictionary(l => l.Key, l => l.Value?.GetValue<string>() ?? "", StringComparer.Ordinal);
        var annotations = (secret["metadata", "annotations"] as JsonObject ?? []).ToDictionary(a => a.Key, a => a.Value?.GetValue<string>() ?? "", StringComparer.Ordinal);
        Release release;
        try
        {
            release = ReleaseCodec.Decode(Encoding.ASCII.GetString(Convert.FromBase64String(secret.Text("data", "release")))) with { Labels = labels };
        }
        catch (FormatException error)
        {
            throw new HelmException($"the release record {secret.Name} in {secret.Namespace} cannot be read: {error.Message}. Delete this Secret, or put back what it held", error);
        }

        return _decoded[(secret.Namespace, secret.Name)] = new StoredRelease(release, secret.ResourceVersion, annotations);
    }
}
