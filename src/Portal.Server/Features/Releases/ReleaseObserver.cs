using Microsoft.EntityFrameworkCore;
using Portal.Core.Releases;
using Portal.Helm.Actions;
using Portal.Helm.Kube;
using Portal.Server.Data;
using Portal.Server.Features.Catalog;
using Portal.Server.Features.Clusters;

namespace Portal.Server.Features.Releases;

/// <summary>Looks at every release now and then and keeps what it saw, so that the list is quick and says how old it is.</summary>
public sealed class ReleaseObserver(IDbContextFactory<PortalDb> dbs, ClusterConnections connections, Charts charts, IRedaction redaction, TimeProvider time, ILogger<ReleaseObserver> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(15);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        do
        {
            try
            {
                await using var db = await dbs.CreateDbContextAsync(stoppingToken);
                var releases = await db.Set<ReleaseRow>().Where(r => r.Status != null).Select(r => new { r.Id, r.ClusterId }).ToListAsync(stoppingToken);
                // A cluster that does not answer holds up its own releases only.
                await Task.WhenAll(releases.GroupBy(r => r.ClusterId).Select(async cluster =>
                {
                    foreach (var release in cluster)
                    {
                        await ObserveInBackgroundAsync(release.Id, stoppingToken);
                    }
                }));
            }
            catch (Exception error) when (!stoppingToken.IsCancellationRequested)
            {
                logger.LogWarning(error, "The releases could not be looked through");
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    // Whatever one release's record, values or chart hold: the other ones are looked at, and this one again at the next round.
    private async Task ObserveInBackgroundAsync(string releaseId, CancellationToken cancellation)
    {
        try
        {
            await ObserveAsync(releaseId, cancellation);
        }
        catch (Exception error) when (!cancellation.IsCancellationRequested)
        {
            logger.LogWarning(error, "The state of release {Release} could not be kept", releaseId);
        }
    }

    /// <summary>Reads one release now. An unreachable cluster makes its health unknown; what was seen before stays with its time.</summary>
    public async Task<ClusterSnapshot?> ObserveAsync(string releaseId, CancellationToken cancellation)
    {
        await using var db = await dbs.CreateDbContextAsync(cancellation);
        var row = await db.Set<ReleaseRow>().FirstOrDefaultAsync(r => r.Id == releaseId, cancellation);
        if (row is null)
        {
            return null;
        }

        ClusterSnapshot? snapshot = null;
        Health health;
        string? cause;
        try
        {
            var connection = await connections.GetAsync(row.ClusterId, cancellation);
            var history = await connection.Store.HistoryAsync(row.Namespace, row.Name, cancellation);
            if (history.Count == 0)
            {
                (health, cause) = (Health.Unknown, null);
                row.Status = row.Status is null ? null : Helm.Releases.ReleaseStatus.Uninstalled;
                row.Revision = null;
            }
            else
            {
                var newest = history[^1].Release;
                var live = history.LastOrDefault(h => h.Release.Info.Status == Helm.Releases.ReleaseStatus.Deployed)?.Release ?? newest;
                row.Status = newest.Info.Status;
                row.Revision = newest.Version;
                row.ChartVersion = live.Chart.Metadata.Version;
                row.AppVersion = live.Chart.Metadata.AppVersion;
                if (live.Chart.Name != row.Chart && await charts.SourceAsync(live.Chart.Name, live.Chart.Metadata.Version, row.SourceId, cancellation) is { } source)
                {
                    // An upgrade went to a chart with another name, or a rollback came back from it.
                    row.Move(source, live.Chart.Name);
                }

                snapshot = await connection.Helm.SnapshotAsync(row.Namespace, live.Manifest, cancellation);
                (health, cause) = ReleaseHealthRules.Of(snapshot, Helm.Rendering.ManifestSplitter.Parse(live.Manifest).Count(d => d.Kind.Length > 0));
            }

            row.ObservedAt = time.GetUtcNow().UtcDateTime;
        }
        catch (Exception error) when (error is ClusterUnreachableException or KubeException or HelmException)
        {
            (health, cause) = (Health.Unknown, error.Message);
        }

        // The cluster's words may quote what a value holds.
        cause = cause is null ? null : (await redaction.ForAsync(releaseId, cancellation))(cause).Fit(1900);
        if (row.Health != health || row.HealthSince is null)
        {
            row.HealthSince = time.GetUtcNow().UtcDateTime;
        }

        (row.Health, row.HealthCause) = (health, cause);
        await db.SaveChangesAsync(cancellation);
        return snapshot;
    }
}
