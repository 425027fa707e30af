using System.Diagnostics;
using Hangfire;
using Microsoft.EntityFrameworkCore;
using Portal.Core.Operations;
using Portal.Core.Plans;
using Portal.Helm.Actions;
using Portal.Server.Data;
using Portal.Server.Features.Clusters;
using Portal.Server.Features.Plans;
using Portal.Server.Features.Releases;
using Portal.Server.Features.Values;
using Portal.Server.Jobs;
using Portal.Server.Web;

namespace Portal.Server.Features.Operations;

/// <summary>A step that another feature brings (backup).</summary>
public interface IOperationStep
{
    StepName Name { get; }

    /// <summary>Does the step; the text says what was done. Throws when the operation must not go on.</summary>
    Task<string> RunAsync(OperationRow operation, ReleaseRow release, ClusterConnections.Connection cluster, CancellationToken cancellation);
}

/// <summary>
/// Runs one operation to its end. Called with the id alone; calling it again is harmless: the lease lets one in. The first runner executes the plan
/// (<see cref="OperationExecution"/>), one that comes after a crash takes over (<see cref="OperationTakeOver"/>).
/// </summary>
public sealed class OperationRunner(
    IDbContextFactory<PortalDb> dbs, ClusterConnections connections, ValuesStore values, SecretBox box, OperationFeeds feeds, PlanVoid plans, IEnumerable<IOperationStep> steps,
    ReleaseObserver observer, TimeProvider time, PortalIdentity identity, ILogger<OperationRunner> logger)
{
    [Queue(JobsFeature.OperationsQueue)]
    public async Task RunAsync(string operationId, CancellationToken cancellation)
    {
        await using var lease = await OperationLease.TakeAsync(dbs, operationId, identity.Instance, cancellation);
        if (lease is null)
        {
            return;
        }

        try
        {
            await RunAsync(operationId, lease, cancellation);
        }
        catch (FenceLostException error)
        {
            logger.LogWarning("Operation {Operation}: {Message}", operationId, error.Message);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested || lease.Lost.IsCancellationRequested)
        {
            // The server stops or the lease is gone: another process, or this one after its restart, takes over.
            logger.LogInformation("Operation {Operation} is left to the next runner", operationId);
        }
        catch (Exception error)
        {
            // Something that the run needs is away (its chart's source, its key), or the portal has a defect: the release must not stay locked by a run that cannot go on.
            logger.LogError(error, "Operation {Operation} could not be run", operationId);
            await GiveUpAsync(operationId, lease, error);
        }
    }

    private async Task RunAsync(string operationId, OperationLease lease, CancellationToken cancellation)
    {
        await using var db = await dbs.CreateDbContextAsync(cancellation);
        var row = await db.Set<OperationRow>().AsNoTracking().FirstAsync(o => o.Id == operationId, cancellation);
        using var activity = OperationsFeature.Activities.StartActivity("operation", ActivityKind.Consumer, row.TraceParent);
        activity?.SetTag("operation.id", row.Id).SetTag("operation.kind", row.Kind.ToString());
        var release = await db.Set<ReleaseRow>().AsNoTracking().FirstAsync(r => r.Id == row.ReleaseId, cancellation);
        var plan = await db.Set<PlanRow>().AsNoTracking().FirstAsync(p => p.Id == row.PlanId, cancellation);
        var options = PlansFeature.OptionsOf(plan);
        var prepared = PreparedAction.FromBytes(box.Reveal(plan.Prepared!, PlanRow.Table, plan.Id, "prepared"));
        var redactor = await values.RedactorAsync(release.Id, plan.ValuesRevision, plan.ToChartVersion, cancellation, options.SourceId, options.Chart, prepared.Target);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation, lease.Lost);
        await using var log = await OperationLog.OpenAsync(dbs, feeds, time, redactor.Redact, row.Id, lease, row.LastSeq);
        using var state = new RunState(dbs, feeds, log, time, row, lease, redactor.Redact);
        var run = new OperationRun(row, release, plan, prepared, lease, state, log, stop) { Recovery = lease.Behind is { } behind ? new RecoveryTime(time, behind) : null };
        try
        {
            var watching = WatchCancelAsync(run);
            var execution = new OperationExecution(run, dbs, connections, values, new Preflight(plans), steps, time, logger);
            OperationState end;
            if (lease.Fence > 1)
            {
                end = await new OperationTakeOver(run, execution, connections, time).RunAsync();
            }
            else
            {
                await SetStartedAsync(row.Id, lease.Fence);
                end = await execution.RunAsync();
            }

            if (end == OperationState.Succeeded && (run.Cancel ?? await CancelRequestedAsync(row.Id)) is not null)
            {
                run.Log.Add(null, Core.Operations.LogLevel.Warning, "portal", "the wish to stop came too late: everything was done");
            }

            await log.DisposeAsync();
            await EndAsync(run, end);
            await stop.CancelAsync();
            await watching;
        }
        finally
        {
            await stop.CancelAsync();
        }

        await ObserveAsync(release.Id);
    }

    // The operation has ended: what cannot be looked at now is looked at with the next round.
    private async Task ObserveAsync(string releaseId)
    {
        try
        {
            await observer.ObserveAsync(releaseId, CancellationToken.None);
        }
        catch (Exception error)
        {
            logger.LogWarning(error, "Release {Release} could not be looked at after its operation", releaseId);
        }
    }

    // Failed while nothing was changed; once a revision was recorded only the cluster knows how far it came.
    private async Task GiveUpAsync(string operationId, OperationLease lease, Exception error)
    {
        await using var db = await dbs.CreateDbContextAsync();
        var row = await db.Set<OperationRow>().AsNoTracking().FirstAsync(o => o.Id == operationId);
        var untouched = row.Kind != OperationKind.Uninstall && OperationView.Read<ActionProgress>(row.Progress) is not { Revision: > 0 };
        var cause = error is ProblemException problem ? problem.Message : ProblemException.Unexpected;
        var failure = untouched
            ? new OperationFailure(cause, null, [], OperationExecution.Untouched, "Mend the cause and start it again.", time.GetUtcNow())
            : new OperationFailure(cause, null, [], "How far the change came is not known.", "It is tried again; or choose how to end it.", time.GetUtcNow());
        var steps = OperationView.Write(OperationView.NotReached(row.Steps));
        await lease.WriteAsync(async () => await db.Set<OperationRow>().Where(o => o.Id == row.Id && o.Fence == lease.Fence).ExecuteUpdateAsync(s => s.SetProperty(o => o.Steps, steps)) > 0);
        await EndAsync(row, lease, untouched ? OperationState.Failed : OperationState.Interrupted, OperationView.Write(failure));
    }

    private async Task WatchCancelAsync(OperationRun run)
    {
        try
        {
            while (!run.Stop.IsCancellationRequested)
            {
                await Task.Delay(500, run.Stop.Token);
                if (await CancelRequestedAsync(run.Row.Id) is { } choice)
                {
                    run.Cancel = choice;
                    await run.Stop.CancelAsync();
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The operation has ended.
        }
    }

    private async Task<CancelChoice?> CancelRequestedAsync(string id)
    {
        try
        {
            await using var db = await dbs.CreateDbContextAsync();
            return await db.Set<OperationRow>().Where(o => o.Id == id).Select(o => o.CancelRequested).FirstAsync();
        }
        catch (Exception error) when (error is System.Data.Common.DbException or InvalidOperationException)
        {
            // Asked again in half a second; a database that stays away ends the lease.
            logger.LogDebug(error, "Operation {Operation}: could not read whether to stop", id);
            return null;
        }
    }

    private async Task SetStartedAsync(string id, long fence)
    {
        await using var db = await dbs.CreateDbContextAsync();
        var now = time.GetUtcNow().UtcDateTime;
        await db.Set<OperationRow>().Where(o => o.Id == id && o.Fence == fence).ExecuteUpdateAsync(s => s.SetProperty(o => o.StartedAt, now));
    }

    private async Task EndAsync(OperationRun run, OperationState end)
    {
        await run.State.SaveAsync();
        await EndAsync(run.Row, run.Lease, end, run.State.Failure is { } failure ? OperationView.Write(failure) : null);
    }

    private async Task EndAsync(OperationRow row, OperationLease lease, OperationState end, string? failure)
    {
        var now = time.GetUtcNow().UtcDateTime;
        await lease.WriteAsync(async () =>
        {
            await using var db = await dbs.CreateDbContextAsync();
            return await db.Set<OperationRow>().Where(o => o.Id == row.Id && o.Fence == lease.Fence).ExecuteUpdateAsync(s => s
                .SetProperty(o => o.State, end).SetProperty(o => o.Failure, failure).SetProperty(o => o.ActiveReleaseId, (string?)null).SetProperty(o => o.EndedAt, now).SetProperty(o => o.LeaseUntil, (DateTime?)null)) > 0;
        });
        feeds.Publish(row.Id);
        OperationsFeature.Ended.Add(1, new KeyValuePair<string, object?>("kind", row.Kind.ToString()), new KeyValuePair<string, object?>("state", end.ToString()));
    }
}

/// <summary>
/// One run of one operation: what it is about and what it writes to. The row is as it was when the lease was taken, the action what the plan prepared and
/// a person may have approved; Stop is cancelled when the lease is lost, the server stops, or somebody asks for it.
/// </summary>
internal sealed record OperationRun(OperationRow Row, ReleaseRow Release, PlanRow Plan, PreparedAction Action, OperationLease Lease, RunState State, OperationLog Log, CancellationTokenSource Stop)
{
    public PlanOptions Options { get; } = OperationView.Read<PlanOptions>(Plan.Options)!;

    /// <summary>What somebody asked for while it ran.</summary>
    public CancelChoice? Cancel { get; set; } = Row.CancelRequested;

    /// <summary>How long it may still take; null when no process died.</summary>
    public RecoveryTime? Recovery { get; init; }
}

/// <summary>Names this process among several.</summary>
public sealed record PortalIdentity(string Instance);
