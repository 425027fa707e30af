using System.Threading.Channels;
using Microsoft.EntityFrameworkCore;
using Portal.Core.Operations;
using Portal.Server.Data;
using LogLevel = Portal.Core.Operations.LogLevel;

namespace Portal.Server.Features.Operations;

/// <summary>
/// The log of one running operation: one channel, one writer. Lines are redacted, numbered without gaps, stored in batches, and only then published.
/// </summary>
internal sealed class OperationLog : IAsyncDisposable
{
    private static readonly TimeSpan Batch = TimeSpan.FromMilliseconds(100);
    private const int MaximumText = 32_000;

    private readonly Channel<LogLine> _channel = Channel.CreateUnbounded<LogLine>(new UnboundedChannelOptions { SingleReader = true });
    private readonly IDbContextFactory<PortalDb> _dbs;
    private readonly OperationFeeds _feeds;
    private readonly TimeProvider _time;
    private readonly Func<string, string> _redact;
    private readonly string _operationId;
    private readonly OperationLease _lease;
    private readonly Task _writing;
    private readonly Dictionary<(string Source, string Text), List<DateTime>> _before;
    private long _seq;

    private OperationLog(IDbContextFactory<PortalDb> dbs, OperationFeeds feeds, TimeProvider time, Func<string, string> redact, string operationId, OperationLease lease, long lastSeq, IReadOnlyList<LogLineRow> before)
    {
        _before = before.GroupBy(l => (l.Source, l.Text)).ToDictionary(g => g.Key, g => g.Select(l => l.At).ToList());
        (_dbs, _feeds, _time, _redact, _operationId, _lease, _seq) = (dbs, feeds, time, redact, operationId, lease, lastSeq);
        _writing = WriteAsync();
    }

    /// <summary>Opens the log of an operation where its last runner left it.</summary>
    public static async Task<OperationLog> OpenAsync(IDbContextFactory<PortalDb> dbs, OperationFeeds feeds, TimeProvider time, Func<string, string> redact, string operationId, OperationLease lease, long lastSeq)
    {
        await using var db = await dbs.CreateDbContextAsync();
        var before = lastSeq == 0 ? [] : await db.Set<LogLineRow>().AsNoTracking().Where(l => l.OperationId == operationId && l.Source != "portal" && l.Source != "helm").ToListAsync();
        return new OperationLog(dbs, feeds, time, redact, operationId, lease, lastSeq, before);
    }

    /// <summary>Adds a line. At is when it happened where it comes from; absent means now.</summary>
    public void Add(StepName? step, LogLevel level, string source, string text, DateTimeOffset? at = null)
    {
        var clean = _redact(text);
        var line = new LogLine(0, at ?? _time.GetUtcNow(), step, level, source, clean.Length > MaximumText ? clean[..MaximumText] + " ..." : clean);
        if (at is null || !WasKept(line))
        {
            _channel.Writer.TryWrite(line);
        }
    }

    // Who takes over reads a container's log from its beginning; what the dead runner kept of it is not kept twice. Databases round times.
    private bool WasKept(LogLine line)
    {
        lock (_before)
        {
            var found = _before.TryGetValue((line.Source, line.Text), out var times) ? times.FindIndex(t => (t - line.At.UtcDateTime).Duration() < TimeSpan.FromMilliseconds(1)) : -1;
            if (found >= 0)
            {
                times!.RemoveAt(found);
            }

            return found >= 0;
        }
    }

    private async Task WriteAsync()
    {
        var reader = _channel.Reader;
        while (await reader.WaitToReadAsync())
        {
            await Task.Delay(Batch);
            var lines = new List<LogLine>();
            while (lines.Count < 500 && reader.TryRead(out var line))
            {
                lines.Add(line with { Seq = ++_seq });
            }

            await _lease.WriteAsync(() => StoreAsync(lines));
            _feeds.Publish(_operationId);
        }
    }

    private async Task<bool> StoreAsync(List<LogLine> lines)
    {
        await using var db = await _dbs.CreateDbContextAsync();
        await using var transaction = await db.Database.BeginTransactionAsync();
        // The number goes up only for the runner that holds the fence: a loser's lines never get in.
        var last = lines[^1].Seq;
        var first = lines[0].Seq;
        var held = await db.Set<OperationRow>().Where(o => o.Id == _operationId && o.Fence == _lease.Fence && o.LastSeq == first - 1).ExecuteUpdateAsync(s => s.SetProperty(o => o.LastSeq, last));
        if (held == 0)
        {
            // Also when a commit was done and its answer lost: then these very lines are there.
            return await db.Set<OperationRow>().AnyAsync(o => o.Id == _operationId && o.Fence == _lease.Fence && o.LastSeq == last);
        }

        db.AddRange(lines.Select(l => new LogLineRow { OperationId = _operationId, Seq = l.Seq, At = l.At.UtcDateTime, Step = l.Step, Level = l.Level, Source = l.Source, Text = l.Text }));
        await db.SaveChangesAsync();
        await transaction.CommitAsync();
        return true;
    }

    /// <summary>Stores what is left.</summary>
    public async ValueTask DisposeAsync()
    {
        _channel.Writer.TryComplete();
        await _writing;
    }
}
