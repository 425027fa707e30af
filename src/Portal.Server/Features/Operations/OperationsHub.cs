using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.SignalR;
using Microsoft.EntityFrameworkCore;
using Portal.Core.Access;
using Portal.Core.Operations;
using Portal.Server.Data;
using Portal.Server.Features.Access;

namespace Portal.Server.Features.Operations;

/// <summary>Live logs. A gap or a reconnect is the same call with the last number seen.</summary>
public sealed class OperationsHub(IDbContextFactory<PortalDb> dbs, OperationFeeds feeds, OperationReader reader, TimeProvider time) : Hub
{
    // How often a replica that is told nothing looks: a line must be seen at once, an approval may take days.
    private static readonly TimeSpan Quick = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan Calm = TimeSpan.FromSeconds(2);

    // A connection stays open for hours; who was signed out meanwhile sees nothing more after this time.
    private static readonly TimeSpan AskedAgain = TimeSpan.FromSeconds(5);

    /// <summary>Lines after a number, then new ones as they are stored; ends when the operation has ended and all is sent.</summary>
    public async IAsyncEnumerable<LogBatch> Follow(string operationId, long afterSeq, [EnumeratorCancellation] CancellationToken cancellation)
    {
        if (Context.User?.Can(Permissions.OperationsRead) != true)
        {
            throw new HubException("You may not see this operation.");
        }

        var seen = "";
        var asked = time.GetTimestamp();
        while (true)
        {
            await using var db = await dbs.CreateDbContextAsync(cancellation);
            if (time.GetElapsedTime(asked) > AskedAgain)
            {
                asked = await Accounts.StillInAsync(db, Context.User, cancellation) ? time.GetTimestamp() : throw new HubException("Your session has ended.");
            }

            var operation = await reader.FindAsync(db, operationId, cancellation);
            var lines = await OperationReader.LinesAsync(db, operationId, afterSeq, 500, cancellation);
            if (lines.Count > 0)
            {
                afterSeq = lines[^1].Seq;
            }

            // Lines and state are two reads: a state that is ahead of its lines waits for them.
            var state = OperationView.Write(operation with { LastSeq = 0 });
            var changed = state != seen;
            if (lines.Count > 0 || changed)
            {
                seen = state;
                yield return new LogBatch(lines, afterSeq, changed ? operation : null);
            }

            // An interrupted one may be taken up again.
            if (OperationView.IsEnded(operation.State) && operation.State != OperationState.Interrupted && afterSeq >= operation.LastSeq)
            {
                yield break;
            }

            if (lines.Count < 500)
            {
                await feeds.WaitAsync(operationId, OperationView.IsActive(operation.State) ? Quick : Calm, cancellation);
            }
        }
    }
}
