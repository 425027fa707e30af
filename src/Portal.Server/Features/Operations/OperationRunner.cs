using System.Diagnostics;
using Microsoft.EntityFrameworkCore;
using Portal.Core.Operations;
using Portal.Core.Plans;
using Portal.Core.Releases;
using Portal.Helm.Actions;
using Portal.Helm.Kube;
using Portal.Helm.Releases;
using Portal.Server.Data;
using Portal.Server.Features.Clusters;
using Portal.Server.Features.Plans;
using Portal.Server.Features.Releases;
using Portal.Server.Features.Values;
using LogLevel = Portal.Core.Operations.LogLevel;

namespace Portal.Server.Features.Operations;

/// <summary>A step that another feature brings (backup).</summary>
public interface IOperationStep
{
    StepName Name { get; }

    /// <summary>Does the step; the text says what was done. Throws when the operation must not go on.</summary>
    Task<string> RunAsync(OperationRow operation, ReleaseRow release, ClusterConnections.Connection cluster, CancellationToken cancellation);
}

/// <summary>
/// Runs one operation: Backup, Fetch, Preflight, Apply, Wait, Validate, and Rollback when asked for. Called with the id alone; calling it again is harmless.
/// An operation whose process died is taken over: what is pending in the cluster is settled, and the operation ends.
/// </summary>
public sealed class OperationRunner(
    IDbContextFactory<PortalDb> dbs, ClusterConnections connections, ValuesStore values, SecretBox box, OperationFeeds feeds, IEnumerable<IOperationStep> steps, ReleaseObserver observer,
    TimeProvider time, PortalIdentity identity, ILogger<OperationRunner> logger)
{
    private static readonly TimeSpan Steady = TimeSpan.FromSeconds(10);

    public async Task RunAsync(string operationId, CancellationToken cancellation)
    {
        await using var lease = await OperationLease.TakeAsync(dbs, operationId, identity.Instance, cancellation);
        if (lease is null)
        {
            return;
        }

        await using var db = await dbs.CreateDbContextAsync(cancellation);
        var row = await db.Set<OperationRow>().AsNoTracking().FirstAsync(o => o.Id == operationId, cancellation);
        using var activity = OperationsFeature.Activities.StartActivity("operation", ActivityKind.Consumer, row.TraceParent);
        activity?.SetTag("operation.id", row.Id).SetTag("operation.kind", row.Kind.ToString());
        var release = await db.Set<ReleaseRow>().AsNoTracking().FirstAsync(r => r.Id == row.ReleaseId, cancellation);
        var plan = await db.Set<PlanRow>().AsNoTracking().FirstAsync(p => p.Id == row.PlanId, cancellation);
        var redactor = await values.RedactorAsync(release.Id, cancellation);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation, lease.Lost);
        var log = new OperationLog(dbs, feeds, time, redactor.Redact, row.Id, lease.Fence, row.LastSeq);
        var state = new RunState(dbs, feeds, log, time, row, lease.Fence, redactor.Redact);
        try
        {
            var cancel = new CancelWish();
            var watching = WatchCancelAsync(row.Id, cancel, stop);
            OperationState end;
            if (lease.Fence > 1)
            {
                end = await TakeOverAsync(row, release, plan, lease, state, log, stop.Token);
            }
            else
            {
                await SetStartedAsync(row.Id, lease.Fence);
                end = await ExecuteAsync(row, release, plan, lease, state, log, cancel, stop);
            }

            await log.DisposeAsync();
            await EndAsync(row, lease.Fence, end, state);
            await stop.CancelAsync();
            await watching;
            await observer.ObserveAsync(release.Id, CancellationToken.None);
        }
        catch (FenceLostException error)
        {
            logger.LogWarning("Operation {Operation}: {Message}", row.Id, error.Message);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // The server stops: the lease runs out and another process, or this one after its restart, takes over.
            logger.LogInformation("Operation {Operation} is left to the next runner", row.Id);
        }
    }

    private async Task<OperationState> ExecuteAsync(OperationRow row, ReleaseRow release, PlanRow plan, OperationLease lease, RunState state, OperationLog log, CancelWish cancel, CancellationTokenSource stop)
    {
        var options = OperationView.Read<PlanOptions>(plan.Options)!;
        var action = PreparedAction.FromBytes(box.Reveal(plan.Prepared!, PlanRow.Table, plan.Id, "prepared"));
        var applied = false;
        try
        {
            var connection = await connections.GetAsync(release.ClusterId, stop.Token);
            foreach (var step in OperationView.Read<List<Step>>(row.Steps)!.Select(s => s.Name).Where(n => n is StepName.Backup or StepName.Fetch or StepName.Preflight))
            {
                await state.BeginAsync(step);
                var message = step switch
                {
                    StepName.Fetch => $"{action.Target.Chart.Name} {action.Target.Chart.Metadata.Version} as rendered by plan {row.PlanDigest[..12]}",
                    StepName.Preflight => await PreflightAsync(connection, plan, action, stop.Token),
                    _ => await steps.First(s => s.Name == step).RunAsync(row, release, connection, stop.Token),
                };
                await state.EndAsync(step, StepState.Succeeded, message);
            }

            applied = true;
            if (row.Kind == OperationKind.Test)
            {
                await state.BeginAsync(StepName.Validate);
                await connection.Helm.PerformAsync(action, state, lease, stop.Token);
                await state.EndAsync(StepName.Validate, StepState.Succeeded, "the chart's tests passed");
                return OperationState.Succeeded;
            }

            await state.BeginAsync(StepName.Apply);
            var done = await connection.Helm.PerformAsync(action, state, lease, stop.Token);
            await state.EndAsync(state.Current!.Value, StepState.Succeeded);
            await SetResultAsync(row, lease.Fence, done.Version, plan.ValuesRevision, row.Kind == OperationKind.Rollback ? plan.ToRevision : null);
            if (row.Kind != OperationKind.Uninstall && options.Wait)
            {
                await state.BeginAsync(StepName.Validate);
                await ValidateAsync(connection, release, done, options, state, lease, stop.Token);
                await state.EndAsync(StepName.Validate, StepState.Succeeded, $"healthy for {Steady.TotalSeconds:0} s{(options.RunTests ? ", tests passed" : "")}");
            }

            await state.CloseAsync(StepState.Succeeded);
            return OperationState.Succeeded;
        }
        catch (OperationCanceledException) when (cancel.Choice is not null)
        {
            log.Add(state.Current, LogLevel.Warning, "portal", "cancelled on request");
            await state.CloseAsync(StepState.Cancelled);
            if (cancel.Choice == CancelChoice.RollBack && applied)
            {
                return await RollbackAsync(row, release, options, lease, state, log, "Stopped on request.", OperationState.Cancelled);
            }

            state.Fail("The operation was cancelled.", null, [], applied ? "What was applied stays as it is." : "Nothing was changed in the cluster.", applied ? "Roll back, or upgrade again." : "Nothing.");
            return OperationState.Cancelled;
        }
        catch (Exception error) when (error is not (FenceLostException or OperationCanceledException))
        {
            var expected = error is HelmException or KubeException or ClusterUnreachableException or Web.ProblemException or Helm.Rendering.RenderException;
            if (!expected)
            {
                logger.LogError(error, "Operation {Operation} failed", row.Id);
            }

            var cause = (error as ReleaseFailedException)?.Cause;
            var text = cause?.Text ?? (expected ? error.Message : "The portal failed; its log has the details.");
            state.Fail(text, cause?.Object, cause?.Evidence ?? [], applied ? "The revision is recorded as failed." : "Nothing was changed in the cluster.", applied ? "Mend the cause and upgrade again, or roll back." : "Mend the cause and plan again.");
            if (state.Current is { } current)
            {
                await state.EndAsync(current, StepState.Failed, text);
            }

            if (applied && row.Kind == OperationKind.Upgrade && options.RollbackOnFailure && error is ReleaseFailedException or ValidationFailedException)
            {
                return await RollbackAsync(row, release, options, lease, state, log, text, OperationState.RolledBack);
            }

            await state.CloseAsync(StepState.Failed);
            return OperationState.Failed;
        }
    }

    private static async Task<string> PreflightAsync(ClusterConnections.Connection connection, PlanRow plan, PreparedAction action, CancellationToken cancellation)
    {
        var version = await connection.Kube.GetVersionAsync(cancellation);
        if (plan.Kind is not OperationKind.Test && await PlanVoid.ReasonAsync(connection, plan, action, cancellation) is { } reason)
        {
            throw new HelmException($"the plan is out of date: {reason}. Make a new plan.");
        }

        foreach (var (group, resource, verb) in new[] { ("", "secrets", "create"), ("", "secrets", "update"), ("apps", "deployments", "patch") })
        {
            if (!await connection.Kube.CanIAsync(group, resource, verb, action.Target.Namespace, cancellation))
            {
                throw new HelmException($"the portal's account may not {verb} {resource} in {action.Target.Namespace}: check the cluster's rights");
            }
        }

        return $"Kubernetes {version}, the plan still holds";
    }

    private async Task ValidateAsync(ClusterConnections.Connection connection, ReleaseRow release, Helm.Releases.Release done, PlanOptions options, RunState state, IActionGuard guard, CancellationToken cancellation)
    {
        var expected = Helm.Rendering.ManifestSplitter.Parse(done.Manifest).Count(d => d.Kind.Length > 0);
        var since = time.GetTimestamp();
        var started = since;
        while (time.GetElapsedTime(since) < Steady)
        {
            var (health, cause) = ReleaseHealthRules.Of(await connection.Helm.SnapshotAsync(release.Namespace, done.Manifest, cancellation), expected);
            if (health != Health.Healthy)
            {
                since = time.GetTimestamp();
                if (time.GetElapsedTime(started) > TimeSpan.FromSeconds(options.GraceSeconds) + Steady)
                {
                    throw new ValidationFailedException(cause ?? "the release does not stay healthy");
                }
            }

            await Task.Delay(TimeSpan.FromSeconds(1), time, cancellation);
        }

        if (options.RunTests)
        {
            await connection.Helm.TestAsync(release.Namespace, release.Name, Planner.ActionOptionsOf(options), state, guard, cancellation);
        }
    }

    private async Task<OperationState> RollbackAsync(OperationRow row, ReleaseRow release, PlanOptions options, OperationLease lease, RunState state, OperationLog log, string why, OperationState end)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(lease.Lost);
        await state.BeginAsync(StepName.Rollback);
        try
        {
            var connection = await connections.GetAsync(release.ClusterId, stop.Token);
            var history = await connection.Helm.HistoryAsync(release.Namespace, release.Name, stop.Token);
            var good = history.LastOrDefault(h => h.Info.Status is ReleaseStatus.Deployed && h.Version != history[^1].Version) ?? history.LastOrDefault(h => h.Info.Status is ReleaseStatus.Superseded);
            if (good is null)
            {
                await state.EndAsync(StepName.Rollback, StepState.Skipped, "there is no revision to go back to");
                await state.CloseAsync(StepState.Skipped);
                state.Done("There is no revision to go back to.", "Mend the cause and try again, or uninstall.");
                return end == OperationState.RolledBack ? OperationState.Failed : end;
            }

            var action = await connection.Helm.PrepareRollbackAsync(new RollbackRequest(release.Namespace, release.Name, good.Version, Planner.ActionOptionsOf(options)), stop.Token);
            var done = await connection.Helm.PerformAsync(action, state, lease, stop.Token);
            await SetResultAsync(row, lease.Fence, done.Version, null, null);
            await state.EndAsync(StepName.Rollback, StepState.Succeeded, $"back to revision {good.Version}");
            await state.CloseAsync(StepState.Skipped);
            if (state.Failure is null)
            {
                state.Fail(why, null, [], "", "");
            }

            state.Done($"Rolled back to revision {good.Version} ({good.Chart.Metadata.Version}).", "Mend the cause, then upgrade again.");
            return end;
        }
        catch (Exception error) when (error is HelmException and not FenceLostException or KubeException or ClusterUnreachableException)
        {
            await state.EndAsync(StepName.Rollback, StepState.Failed, error.Message);
            await state.CloseAsync(StepState.Failed);
            state.Done("Rolling back failed as well: " + error.Message, "Look at the release's resources, then upgrade or roll back by hand.");
            log.Add(StepName.Rollback, LogLevel.Error, "portal", error.Message);
            return OperationState.Failed;
        }
    }

    /// <summary>
    /// The process before this one died. What did not begin to change the cluster is failed; a pending revision is settled: finished when all of it is there and
    /// ready, else rolled back to the newest deployed one. Interrupted only while the cluster cannot be read.
    /// </summary>
    private async Task<OperationState> TakeOverAsync(OperationRow row, ReleaseRow release, PlanRow plan, OperationLease lease, RunState state, OperationLog log, CancellationToken cancellation)
    {
        log.Add(null, LogLevel.Warning, "portal", $"taken over: the process that ran this ended (fence {lease.Fence})");
        var options = OperationView.Read<PlanOptions>(plan.Options)!;
        try
        {
            var connection = await ReachAsync(release.ClusterId, cancellation);
            var action = PreparedAction.FromBytes(box.Reveal(plan.Prepared!, PlanRow.Table, plan.Id, "prepared"));
            var history = await connection.Store.HistoryAsync(release.Namespace, release.Name, cancellation);
            var ours = history.LastOrDefault(h => h.Annotations.GetValueOrDefault("portal.iomete.com/operation")?.StartsWith(row.Id, StringComparison.Ordinal) == true);
            if (row.Kind == OperationKind.Uninstall)
            {
                if (history.Count == 0 || history[^1].Release.Info.Status == ReleaseStatus.Uninstalled)
                {
                    await state.CloseAsync(StepState.Succeeded);
                    return OperationState.Succeeded;
                }

                var uninstall = await connection.Helm.PrepareUninstallAsync(new UninstallRequest(release.Namespace, release.Name, Planner.ActionOptionsOf(options)), cancellation);
                await connection.Helm.PerformAsync(uninstall, state, lease, cancellation);
                await state.CloseAsync(StepState.Succeeded);
                return OperationState.Succeeded;
            }

            if (ours is null)
            {
                await state.CloseAsync(StepState.Failed);
                state.Fail("The portal was stopped before this changed anything.", null, [], "Nothing was changed in the cluster.", "Start it again.");
                return OperationState.Failed;
            }

            if (ours.Release.Info.Status == ReleaseStatus.Deployed)
            {
                await SetResultAsync(row, lease.Fence, ours.Release.Version, plan.ValuesRevision, row.Kind == OperationKind.Rollback ? plan.ToRevision : null);
                var rolledBack = ours.Release.Info.Description.StartsWith("Rollback", StringComparison.Ordinal) && row.Kind != OperationKind.Rollback;
                await state.CloseAsync(StepState.Succeeded);
                if (rolledBack)
                {
                    state.Fail("The operation failed and was rolled back; the portal was stopped at the end of it.", null, [], "Rolled back.", "See the log for the cause.");
                }

                return rolledBack ? OperationState.RolledBack : OperationState.Succeeded;
            }

            if (ReleaseStatus.IsPending(ours.Release.Info.Status))
            {
                await connection.Helm.SettleAsync(release.Namespace, release.Name, "the portal was stopped while this ran", lease, cancellation);
                log.Add(null, LogLevel.Info, "portal", $"revision {ours.Release.Version} was {ours.Release.Info.Status}; it is recorded as failed now");
            }

            _ = action;
            state.Fail("The portal was stopped while this ran.", null, [], "The revision is recorded as failed.", "Start it again.");
            var hasGood = history.Any(h => h.Release.Version != ours.Release.Version && h.Release.Info.Status == ReleaseStatus.Deployed);
            if (row.Kind is OperationKind.Upgrade or OperationKind.Rollback && hasGood)
            {
                return await RollbackAsync(row, release, options, lease, state, log, "The portal was stopped while this ran.", OperationState.RolledBack);
            }

            await state.CloseAsync(StepState.Failed);
            return OperationState.Failed;
        }
        catch (Exception error) when (error is ClusterUnreachableException or KubeException)
        {
            state.Fail($"The portal was stopped while this ran, and the cluster cannot be read: {error.Message}", null, [], "Nothing more was done.", "When the cluster answers again, choose how to end it.");
            await state.CloseAsync(StepState.Failed);
            return OperationState.Interrupted;
        }
        catch (HelmException error) when (error is not FenceLostException)
        {
            state.Fail(error.Message, null, [], "The operation was ended after the portal was stopped.", "Start it again.");
            await state.CloseAsync(StepState.Failed);
            return OperationState.Failed;
        }
    }

    // A cluster that was restarted with the portal needs a moment: it is asked again for half a minute.
    private async Task<ClusterConnections.Connection> ReachAsync(string clusterId, CancellationToken cancellation)
    {
        var started = time.GetTimestamp();
        while (true)
        {
            try
            {
                var connection = await connections.GetAsync(clusterId, cancellation);
                await connection.Kube.GetVersionAsync(cancellation);
                return connection;
            }
            catch (ClusterUnreachableException) when (time.GetElapsedTime(started) < TimeSpan.FromSeconds(30))
            {
                await Task.Delay(TimeSpan.FromSeconds(2), time, cancellation);
            }
        }
    }

    private async Task WatchCancelAsync(string id, CancelWish cancel, CancellationTokenSource stop)
    {
        try
        {
            while (!stop.IsCancellationRequested)
            {
                await Task.Delay(500, stop.Token);
                if (await CancelRequestedAsync(id) is { } choice)
                {
                    cancel.Choice = choice;
                    await stop.CancelAsync();
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
        await using var db = await dbs.CreateDbContextAsync();
        return await db.Set<OperationRow>().Where(o => o.Id == id).Select(o => o.CancelRequested).FirstAsync();
    }

    private async Task SetStartedAsync(string id, long fence)
    {
        await using var db = await dbs.CreateDbContextAsync();
        var now = time.GetUtcNow().UtcDateTime;
        await db.Set<OperationRow>().Where(o => o.Id == id && o.Fence == fence).ExecuteUpdateAsync(s => s.SetProperty(o => o.StartedAt, now));
    }

    private async Task SetResultAsync(OperationRow row, long fence, int revision, int? valuesRevision, int? rolledBackTo)
    {
        await using var db = await dbs.CreateDbContextAsync();
        await db.Set<OperationRow>().Where(o => o.Id == row.Id && o.Fence == fence).ExecuteUpdateAsync(s => s.SetProperty(o => o.ResultRevision, revision));
        if (rolledBackTo is { } target)
        {
            // The values that go with the revision gone back to, when the portal made it.
            valuesRevision = await (from o in db.Set<OperationRow>() join p in db.Set<PlanRow>() on o.PlanId equals p.Id where o.ReleaseId == row.ReleaseId && o.ResultRevision == target select p.ValuesRevision).FirstOrDefaultAsync();
        }

        if (valuesRevision is not null && row.Kind != OperationKind.Uninstall)
        {
            await db.Set<ReleaseRow>().Where(r => r.Id == row.ReleaseId).ExecuteUpdateAsync(s => s.SetProperty(r => r.ValuesRevision, valuesRevision));
        }
    }

    private async Task EndAsync(OperationRow row, long fence, OperationState end, RunState state)
    {
        await state.SaveAsync();
        await using var db = await dbs.CreateDbContextAsync();
        var now = time.GetUtcNow().UtcDateTime;
        await db.Set<OperationRow>().Where(o => o.Id == row.Id && o.Fence == fence).ExecuteUpdateAsync(s => s
            .SetProperty(o => o.State, end).SetProperty(o => o.ActiveReleaseId, (string?)null).SetProperty(o => o.EndedAt, now).SetProperty(o => o.LeaseUntil, (DateTime?)null));
        feeds.Publish(row.Id);
        OperationsFeature.Ended.Add(1, new KeyValuePair<string, object?>("kind", row.Kind.ToString()), new KeyValuePair<string, object?>("state", end.ToString()));
    }
}

/// <summary>What somebody asked for while the operation ran.</summary>
internal sealed class CancelWish
{
    public CancelChoice? Choice { get; set; }
}

/// <summary>The release was applied but does not stay healthy.</summary>
internal sealed class ValidationFailedException(string message) : HelmException(message);

/// <summary>Names this process among several.</summary>
public sealed record PortalIdentity(string Instance);
