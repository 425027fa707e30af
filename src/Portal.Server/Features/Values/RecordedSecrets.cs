using System.Runtime.CompilerServices;
using Portal.Helm.Actions;
using Portal.Helm.Kube;
using Portal.Helm.Releases;
using Portal.Helm.Yaml;
using Portal.Server.Features.Clusters;
using Portal.Server.Features.Releases;
using Portal.Server.Web;

namespace Portal.Server.Features.Values;

/// <summary>
/// The secrets in Helm's own records of a release: revisions that were made outside, or before the portal knew the release, hold values that no values revision has. What was read is kept
/// for when the cluster is away.
/// </summary>
public sealed class RecordedSecrets(ClusterConnections connections, ILogger<RecordedSecrets> logger)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    // Records that have not changed are the same objects.
    private readonly ConditionalWeakTable<Release, Known> _known = [];
    private readonly System.Collections.Concurrent.ConcurrentDictionary<string, IReadOnlyList<Release>> _last = new(StringComparer.Ordinal);

    /// <summary>The values of secrets in all records of a release that are there.</summary>
    public async Task<IEnumerable<string>> OfAsync(ReleaseRow release, IReadOnlySet<string> schema, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(Patience);
        try
        {
            var connection = await connections.GetAsync(release.ClusterId, limit.Token);
            _last[release.Id] = [.. (await connection.Store.HistoryAsync(release.Namespace, release.Name, limit.Token)).Select(r => r.Release)];
        }
        catch (Exception error) when (!cancellation.IsCancellationRequested && error is KubeException or ClusterUnreachableException or HelmException or OperationCanceledException or ProblemException)
        {
            // What is shown then does not come from the cluster; a record that cannot be read shows nothing, and hides what others say.
            logger.LogDebug("The records of {Release} cannot be read now: {Reason}", release.Name, error.Message);
        }

        return _last.GetValueOrDefault(release.Id, []).SelectMany(r => Of(r, schema)).ToArray();
    }

    /// <summary>The values of secrets in one record.</summary>
    public IReadOnlyList<string> Of(Release record, IReadOnlySet<string> schema)
    {
        if (!_known.TryGetValue(record, out var known) || known.Paths != schema.Count)
        {
            var paths = SecretScalars.FromSchemas(record.Chart).Union(schema).ToHashSet(StringComparer.Ordinal);
            known = new Known(schema.Count, [.. SecretScalars.Values(SecretFinder.Find(GoYaml.Write(record.Config), paths))]);
            _known.AddOrUpdate(record, known);
        }

        return known.Secrets;
    }

    private sealed record Known(int Paths, IReadOnlyList<string> Secrets);
}
