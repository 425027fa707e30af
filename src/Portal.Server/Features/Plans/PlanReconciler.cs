using Microsoft.EntityFrameworkCore;
using Portal.Core.Plans;
using Portal.Server.Data;
using Portal.Server.Jobs;

namespace Portal.Server.Features.Plans;

/// <summary>The queue is only a wake-up: plans whose wake-up was lost with a process are made all the same.</summary>
internal sealed class PlanReconciler(IDbContextFactory<PortalDb> dbs, WakeUp wakeUp, TimeProvider time, ILogger<PlanReconciler> logger) : BackgroundService
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Usual = TimeSpan.FromSeconds(30);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Every, time);
        do
        {
            try
            {
                await using var db = await dbs.CreateDbContextAsync(stoppingToken);
                var before = time.GetUtcNow().UtcDateTime - Usual;
                foreach (var id in await db.Set<PlanRow>().Where(p => p.State == PlanState.Pending && p.CreatedAt < before).Select(p => p.Id).ToListAsync(stoppingToken))
                {
                    wakeUp.Call<Planner>(p => p.PrepareAsync(id, CancellationToken.None));
                }
            }
            catch (Exception error) when (!stoppingToken.IsCancellationRequested)
            {
                logger.LogWarning(error, "Plans could not be looked through");
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }
}
