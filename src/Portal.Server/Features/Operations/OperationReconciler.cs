using Microsoft.EntityFrameworkCore;
using Portal.Core.Operations;
using Portal.Helm.Kube;
using Portal.Server.Data;
using Portal.Server.Features.Clusters;
using Portal.Server.Features.Releases;
using Portal.Server.Jobs;

namespace Portal.Server.Features.Operations;

/// <summary>
/// Every five seconds, and when a lease runs out: operations whose runner is gone are handed on, scheduled ones whose time has come are queued, interrupted ones whose cluster
/// answers again are settled.
/// </summary>
internal sealed class OperationReconciler(
    IDbContextFactory<PortalDb> dbs, WakeUp wakeUp, ClusterConnections connections, SoleProcess sole, PortalIdentity identity, TimeProvider time, ILogger<OperationReconciler> logger) : BackgroundService
{
    private const int MostAttempts = 20;
    private static readonly TimeSpan Answer = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan AtLeast = TimeSpan.FromMilliseconds(500);

    // Nobody else is there: who held a lease is dead, and the lease need not run out.
    private bool _othersAreDead = sole.Is;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            var pause = Every;
            try
            {
                pause = await RunAsync(stoppingToken);
            }
            catch (Exception error) when (!stoppingToken.IsCancellationRequested)
            {
                logger.LogWarning(error, "Operations could not be looked through");
            }

            await Task.Delay(pause, time, stoppingToken);
        }
    }

    // Says when to look again.
    private async Task<TimeSpan> RunAsync(CancellationToken cancellation)
    {
        await using var db = await dbs.CreateDbContextAsync(cancellation);
        var now = await DatabaseClock.NowAsync(db, cancellation);
        if (_othersAreDead)
        {
            await OperationLease.ReleaseOthersAsync(db, identity.Instance, now, cancellation);
            _othersAreDead = false;
        }

        foreach (var due in await db.Set<OperationRow>().Where(o => o.State == OperationState.Scheduled && o.ScheduleAt <= now).ToListAsync(cancellation))
        {
            due.State = OperationState.Queued;
            due.ActiveReleaseId = due.ReleaseId;
            try
            {
                await db.SaveChangesAsync(cancellation);
            }
            catch (DbUpdateException)
            {
                // The release is busy, or somebody cancelled it just now: the next round looks again.
                db.Entry(due).State = EntityState.Detached;
            }
        }

        var waiting = await db.Set<OperationRow>().Where(o => o.State == OperationState.Queued || (o.State == OperationState.Running && (o.LeaseUntil == null || o.LeaseUntil <= now))).Select(o => o.Id).ToListAsync(cancellation);
        foreach (var id in waiting)
        {
            wakeUp.Call<OperationRunner>(r => r.RunAsync(id, CancellationToken.None));
        }

        // Last: it asks clusters that may not answer, and nobody else waits for them.
        await TakeUpInterruptedAsync(db, cancellation);
        var next = await db.Set<OperationRow>().Where(o => o.State == OperationState.Running && o.LeaseUntil > now).MinAsync(o => o.LeaseUntil, cancellation) - await DatabaseClock.NowAsync(db, cancellation);
        return next is not { } left || left > Every ? Every : left > AtLeast ? left : AtLeast;
    }

    // Only the newest operation of a release: after another one the cluster's state is that one's business. What could not be settled so often is left to a person.
    private async Task TakeUpInterruptedAsync(PortalDb db, CancellationToken cancellation)
    {
        foreach (var row in await db.Set<OperationRow>().Where(o => o.State == OperationState.Interrupted && o.Fence < MostAttempts).ToListAsync(cancellation))
        {
            var clusterId = await db.Set<ReleaseRow>().Where(r => r.Id == row.ReleaseId).Select(r => r.ClusterId).FirstOrDefaultAsync(cancellation);
            if (clusterId is null || await NewerAsync(db, row, cancellation) is not null || !await AnswersAsync(clusterId, cancellation))
            {
                continue;
            }

            (row.State, row.ActiveReleaseId, row.LeaseUntil, row.EndedAt) = (OperationState.Running, row.ReleaseId, null, null);
            try
            {
                await db.SaveChangesAsync(cancellation);
                wakeUp.Call<OperationRunner>(r => r.RunAsync(row.Id, CancellationToken.None));
            }
            catch (DbUpdateException)
            {
                // The release is busy, or somebody chose an end just now.
                db.Entry(row).State = EntityState.Detached;
            }
        }
    }

    /// <summary>An operation that began on the same release after this one; null when there is none.</summary>
    internal static async Task<string?> NewerAsync(PortalDb db, OperationRow row, CancellationToken cancellation)
    {
        var began = row.StartedAt ?? row.RequestedAt;
        return await db.Set<OperationRow>().Where(o => o.ReleaseId == row.ReleaseId && o.StartedAt > began).OrderByDescending(o => o.StartedAt).Select(o => o.Id).FirstOrDefaultAsync(cancellation);
    }

    private async Task<bool> AnswersAsync(string clusterId, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(Answer);
        try
        {
            await (await connections.GetAsync(clusterId, limit.Token)).Kube.GetVersionAsync(limit.Token);
            return true;
        }
        catch (Exception error) when (error is ClusterUnreachableException or KubeException || (error is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            logger.LogDebug("Cluster {Cluster} does not answer yet: {Message}", clusterId, error.Message);
            return false;
        }
    }
}
