using Microsoft.EntityFrameworkCore;
using Portal.Server.Data;

namespace Portal.Server.Features.Catalog;

/// <summary>Reads chart sources again when their time has come. Which ones, stands in their rows: the recurring job only looks.</summary>
public sealed class SourceRefresh(IDbContextFactory<PortalDb> dbs, ChartSources sources, TimeProvider time, ILogger<SourceRefresh> logger)
{
    // While one replica reads, no other one does; if it dies, another one may after this time.
    private static readonly TimeSpan Claim = TimeSpan.FromMinutes(10);

    /// <summary>Reads every source that is due, one after the other.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        await using var db = await dbs.CreateDbContextAsync(cancellation);
        var now = time.GetUtcNow().UtcDateTime;
        foreach (var id in await db.Set<ChartSourceRow>().Where(s => s.NextRefreshAt <= now).OrderBy(s => s.NextRefreshAt).Select(s => s.Id).ToListAsync(cancellation))
        {
            if (await db.Set<ChartSourceRow>().Where(s => s.Id == id && s.NextRefreshAt <= now).ExecuteUpdateAsync(s => s.SetProperty(x => x.NextRefreshAt, now + Claim), cancellation) > 0)
            {
                await RefreshAsync(id, cancellation);
            }
        }
    }

    // Whatever is wrong with one source: the others are read as well, and this one again after the claim.
    private async Task RefreshAsync(string id, CancellationToken cancellation)
    {
        try
        {
            var source = await sources.RefreshAsync(id, cancellation);
            if (source.Error is { } error)
            {
                logger.LogWarning("Chart source {Source} could not be read ({Failures} times in a row), next try at {Next:u}: {Error}", source.Name, source.Failures, source.NextRefreshAt, error);
            }
        }
        catch (Exception error) when (!cancellation.IsCancellationRequested)
        {
            logger.LogError(error, "Chart source {Source} could not be refreshed", id);
        }
    }
}
