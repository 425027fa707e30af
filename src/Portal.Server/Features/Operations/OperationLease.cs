using System.Diagnostics;
using Microsoft.EntityFrameworkCore;
using Portal.Core.Operations;
using Portal.Helm.Actions;
using Portal.Server.Data;

namespace Portal.Server.Features.Operations;

/// <summary>
/// The right to run one operation, for ten seconds at a time by the database's clock. Every take-over raises the fence; every write of the runner names it.
/// A runner that cannot renew stops itself at two thirds of the lease by its own monotonic clock.
/// </summary>
public sealed class OperationLease : IActionGuard, IAsyncDisposable
{
    public static readonly TimeSpan Length = TimeSpan.FromSeconds(10);

    // A write that fails for longer while the lease can be renewed will never be taken.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly IDbContextFactory<PortalDb> _dbs;
    private readonly string _operationId;
    private readonly CancellationTokenSource _lost = new();
    private readonly Task _renewing;
    private readonly CancellationTokenSource _stop = new();
    private long _renewedAt = Stopwatch.GetTimestamp();

    private OperationLease(IDbContextFactory<PortalDb> dbs, string operationId, string owner, long fence, TimeSpan? behind)
    {
        (_dbs, _operationId, Owner, Fence, Behind) = (dbs, operationId, operationId + "@" + owner, fence, behind);
        _renewing = RenewAsync();
    }

    public string Owner { get; }

    public long Fence { get; }

    /// <summary>How long ago the process that ran this was last heard of, or this one was started; null when no other process died with it.</summary>
    public TimeSpan? Behind { get; }

    /// <summary>Cancelled when the lease is lost.</summary>
    public CancellationToken Lost => _lost.Token;

    /// <summary>Takes a queued operation, or a running one whose lease has run out. Null when somebody else has it.</summary>
    public static async Task<OperationLease?> TakeAsync(IDbContextFactory<PortalDb> dbs, string operationId, string owner, CancellationToken cancellation)
    {
        await using var db = await dbs.CreateDbContextAsync(cancellation);
        var row = await db.Set<OperationRow>().AsNoTracking().FirstOrDefaultAsync(o => o.Id == operationId, cancellation);
        if (row is null || !OperationView.IsActive(row.State))
        {
            return null;
        }

        var now = await DatabaseClock.NowAsync(db, cancellation);
        if (row.State == OperationState.Running && row.LeaseUntil > now)
        {
            return null;
        }

        var fence = row.Fence;
        var taken = await db.Set<OperationRow>()
            .Where(o => o.Id == operationId && o.Fence == fence && (o.State == OperationState.Queued || (o.State == OperationState.Running && (o.LeaseUntil == null || o.LeaseUntil <= now))))
            .ExecuteUpdateAsync(s => s.SetProperty(o => o.Fence, fence + 1).SetProperty(o => o.Owner, owner).SetProperty(o => o.LeaseUntil, now + Length).SetProperty(o => o.State, OperationState.Running), cancellation);
        return taken == 1 ? new OperationLease(dbs, operationId, owner, fence + 1, row.State == OperationState.Running && row.Owner != owner && row.LeaseUntil is { } until ? Shorter(now - (until - Length), Uptime()) : null) : null;
    }

    /// <summary>Ends what other processes hold, for one that knows that no other process is there.</summary>
    internal static Task ReleaseOthersAsync(PortalDb db, string owner, DateTime now, CancellationToken cancellation) => db.Set<OperationRow>()
        .Where(o => o.State == OperationState.Running && o.Owner != owner && o.LeaseUntil > now).ExecuteUpdateAsync(s => s.SetProperty(o => o.LeaseUntil, now), cancellation);

    private static TimeSpan Shorter(TimeSpan one, TimeSpan other) => one < other ? one : other;

    private static TimeSpan Uptime()
    {
        using var me = Process.GetCurrentProcess();
        return DateTime.UtcNow - me.StartTime.ToUniversalTime();
    }

    /// <exception cref="FenceLostException">The lease is gone, or too old to be sure of.</exception>
    public ValueTask EnsureHeldAsync(CancellationToken cancellation) => _lost.IsCancellationRequested || Stopwatch.GetElapsedTime(Volatile.Read(ref _renewedAt)) > Length * 2 / 3
        ? throw new FenceLostException("this runner lost the operation to another one")
        : ValueTask.CompletedTask;

    /// <summary>Writes under the fence; a database that is away for a moment is asked again for as long as the lease is surely held.</summary>
    /// <param name="write">Returns whether the fence still held.</param>
    /// <exception cref="FenceLostException">It did not, or the database stayed away.</exception>
    internal async Task WriteAsync(Func<Task<bool>> write)
    {
        for (var since = Stopwatch.GetTimestamp(); ;)
        {
            try
            {
                if (await write())
                {
                    return;
                }

                break;
            }
            catch (Exception error) when (IsOfDatabase(error) && Stopwatch.GetElapsedTime(since) < Patience)
            {
                await EnsureHeldAsync(CancellationToken.None);
                await Task.Delay(200);
            }
        }

        throw new FenceLostException("another runner has this operation");
    }

    // Pomelo wraps what may pass in an InvalidOperationException.
    private static bool IsOfDatabase(Exception error) => error is System.Data.Common.DbException or DbUpdateException or InvalidOperationException { InnerException: System.Data.Common.DbException };

    private async Task RenewAsync()
    {
        try
        {
            while (!_stop.IsCancellationRequested)
            {
                await Task.Delay(TimeSpan.FromSeconds(2), _stop.Token);
                try
                {
                    await using var db = await _dbs.CreateDbContextAsync(_stop.Token);
                    var began = Stopwatch.GetTimestamp();
                    var now = await DatabaseClock.NowAsync(db, _stop.Token);
                    var renewed = await db.Set<OperationRow>().Where(o => o.Id == _operationId && o.Fence == Fence).ExecuteUpdateAsync(s => s.SetProperty(o => o.LeaseUntil, now + Length), _stop.Token);
                    if (renewed == 0)
                    {
                        await _lost.CancelAsync();
                        return;
                    }

                    Volatile.Write(ref _renewedAt, began);
                }
                catch (Exception error) when (IsOfDatabase(error) && Stopwatch.GetElapsedTime(Volatile.Read(ref _renewedAt)) < Length * 2 / 3)
                {
                    // The database may come back before the lease ends; EnsureHeldAsync stops us if not.
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The operation has ended.
        }
        catch (Exception error) when (error is System.Data.Common.DbException or InvalidOperationException)
        {
            await _lost.CancelAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _renewing;
        _stop.Dispose();
        _lost.Dispose();
    }
}
