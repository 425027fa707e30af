using Hangfire;
using Microsoft.EntityFrameworkCore;
using Portal.Core.Operations;
using Portal.Server.Data;

namespace Portal.Server.Features.Operations;

/// <summary>Every five seconds: operations whose runner is gone are handed on, scheduled ones whose time has come are queued.</summary>
internal sealed class OperationReconciler(IDbContextFactory<PortalDb> dbs, IBackgroundJobClient jobs, TimeProvider time, ILogger<OperationReconciler> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(5), time);
        do
        {
            try
            {
                await RunAsync(stoppingToken);
            }
            catch (Exception error) when (error is System.Data.Common.DbException or DbUpdateException)
            {
                logger.LogWarning(error, "Operations could not be looked through");
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task RunAsync(CancellationToken cancellation)
    {
        await using var db = await dbs.CreateDbContextAsync(cancellation);
        var now = await OperationLease.NowAsync(db, cancellation);
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
                // The release is busy: the next round tries again.
                db.Entry(due).State = EntityState.Detached;
            }
        }

        var waiting = await db.Set<OperationRow>().Where(o => o.State == OperationState.Queued || (o.State == OperationState.Running && (o.LeaseUntil == null || o.LeaseUntil <= now))).Select(o => o.Id).ToListAsync(cancellation);
        foreach (var id in waiting)
        {
            jobs.Enqueue<OperationRunner>(r => r.RunAsync(id, CancellationToken.None));
        }
    }
}
