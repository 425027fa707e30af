using Microsoft.EntityFrameworkCore;
using Portal.Core.Operations;
using Portal.Helm.Actions;
using Portal.Helm.Kube;
using Portal.Helm.Releases;
using Portal.Server.Data;
using Portal.Server.Features.Clusters;
using Portal.Server.Features.Plans;
using Portal.Server.Features.Values;
using LogLevel = Portal.Core.Operations.LogLevel;

namespace Portal.Server.Features.Operations;

/// <summary>Walks the steps of an operation: Backup, Fetch, Preflight, Apply, Wait, Validate, and Rollback when asked for.</summary>
internal sealed class OperationExecution(OperationRun run, IDbContextFactory<PortalDb> dbs, ClusterConnections connections, ValuesStore values, Preflight preflight, IEnumerable<IOperationStep> steps, TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan Steady = TimeSpan.FromSeconds(10);

    /// <summary>What was done when an operation ended before its first change.</summary>
    public const string Untouched = "Nothing was changed in the cluster.";

    private readonly RunState _state = run.State;

    /// <summary>All of it, from the first step.</summary>
    public async Task<OperationState> RunAsync()
    {
        try
        {
            var connection = await connections.GetAsync(run.Release.ClusterId, run.Stop.Token);
            foreach (var step in OperationView.Read<List<Step>>(run.Row.Steps)!.Select(s => s.Name).Where(n => n is StepName.Backup or StepName.Fetch or StepName.Preflight))
            {
                await _state.BeginAsync(step);
                var message = step switch
                {
                    StepName.Fetch => $"{run.Action.Target.Chart.Name} {run.Action.Target.Chart.Metadata.Version} as rendered by plan {run.Row.PlanDigest[..12]}",
                    StepName.Preflight => await preflight.RunAsync(connection, run.Plan, run.Action, run.Stop.Token),
                    _ => await steps.First(s => s.Name == step).RunAsync(run.Row, run.Release, connection, run.Stop.Token),
                };
                await _state.EndAsync(step, StepState.Succeeded, message);
            }
        }
        catch (OperationCanceledException) when (run.Cancel is not null)
        {
            return await CancelledAsync(applied: false);
        }
        catch (Exception error) when (error is not (FenceLostException or OperationCanceledException))
        {
            return await FailedAsync(error, applied: false);
        }

        return run.Row.Kind == OperationKind.Test
            ? await ChangeAsync(StepName.Validate, (c, stop) => c.Helm.PerformAsync(run.Action, _state, run.Lease, stop))
            : await ChangeAsync(StepName.Apply, (c, stop) => c.Helm.PerformAsync(run.Action, _state, run.Lease, stop));
    }

    /// <summary>Changes the cluster and validates; on a failure or a wish to stop does what the policy says.</summary>
    public async Task<OperationState> ChangeAsync(StepName step, Func<ClusterConnections.Connection, CancellationToken, Task<Release>> perform, TimeSpan? steady = null)
    {
        try
        {
            var connection = await connections.GetAsync(run.Release.ClusterId, run.Stop.Token);
            await _state.BeginAsync(step);
            var done = await perform(connection, run.Stop.Token);
            await _state.EndAsync(_state.Current!.Value, StepState.Succeeded, run.Row.Kind == OperationKind.Test ? "the chart's tests passed" : null);
            return run.Row.Kind == OperationKind.Test ? OperationState.Succeeded : await FinishAsync(connection, done, steady ?? Steady);
        }
        catch (OperationCanceledException) when (run.Cancel is not null)
        {
            return await CancelledAsync(applied: true);
        }
        catch (Exception error) when (error is not (FenceLostException or OperationCanceledException))
        {
            return await FailedAsync(error, applied: true);
        }
    }

    /// <summary>After the revision is recorded as deployed: keeps its number, validates.</summary>
    public async Task<OperationState> FinishAsync(ClusterConnections.Connection connection, Release done, TimeSpan steady)
    {
        await SetResultAsync(connection, done, goneBack: run.Row.Kind == OperationKind.Rollback);
        if (run.Row.Kind != OperationKind.Uninstall && run.Options.Wait)
        {
            await _state.BeginAsync(StepName.Validate);
            await ValidateAsync(connection, done, steady);
            await _state.EndAsync(StepName.Validate, StepState.Succeeded, $"healthy for {steady.TotalSeconds:0} s{(run.Options.RunTests ? ", tests passed" : "")}");
        }

        await _state.CloseAsync(StepState.Succeeded);
        return OperationState.Succeeded;
    }

    /// <summary>Somebody asked to stop: goes back if that was the choice.</summary>
    public async Task<OperationState> CancelledAsync(bool applied)
    {
        run.Log.Add(_state.Current, LogLevel.Warning, "portal", "cancelled on request");
        await _state.CloseAsync(StepState.Cancelled);
        if (run.Cancel == CancelChoice.RollBack && applied && run.Row.Kind is OperationKind.Install or OperationKind.Upgrade or OperationKind.Rollback)
        {
            return await RollbackAsync("Stopped on request.", OperationState.Cancelled);
        }

        var (done, next) = (applied && Recorded, run.Row.Kind) switch
        {
            (false, _) => (Untouched, "Nothing."),
            (_, OperationKind.Uninstall) => ("What was removed stays removed.", "Uninstall again; or roll back, which brings it back."),
            (_, OperationKind.Test) => ("The tests were not run to their end.", "Run them again."),
            _ => ("What was applied stays as it is.", "Roll back, or upgrade again."),
        };
        _state.Fail("The operation was cancelled.", null, [], done, next);
        return OperationState.Cancelled;
    }

    /// <summary>Says what went wrong, and goes back if the plan says so.</summary>
    public async Task<OperationState> FailedAsync(Exception error, bool applied)
    {
        var expected = error is HelmException or KubeException or ClusterUnreachableException or Web.ProblemException or Helm.Rendering.RenderException;
        if (!expected)
        {
            logger.LogError(error, "Operation {Operation} failed", run.Row.Id);
        }

        if (applied && error is ClusterUnreachableException)
        {
            // Its record may be pending: whoever reads the cluster next settles it.
            _state.Fail($"The cluster does not answer: {error.Message}", null, [], "How far the change came is not known.", "It is settled as soon as the cluster answers; or choose how to end it.");
            await _state.CloseAsync(StepState.Failed);
            return OperationState.Interrupted;
        }

        var cause = (error as ReleaseFailedException)?.Cause ?? (error as ValidationFailedException)?.Cause;
        var text = cause?.Text ?? (expected ? error.Message : Web.ProblemException.Unexpected);
        var (done, next) = error switch
        {
            ValidationFailedException => ("The revision is deployed, and not well.", run.Row.Kind == OperationKind.Install ? "Mend the cause and upgrade, or uninstall it." : "Mend the cause and upgrade again, or roll back."),
            _ when applied && Recorded => ("The revision is recorded as failed.", run.Row.Kind == OperationKind.Install ? "Mend the cause and upgrade, or uninstall it." : "Mend the cause and upgrade again, or roll back."),
            _ => (Untouched, "Mend the cause and plan again."),
        };
        _state.Fail(text, cause?.Object, cause?.Evidence ?? [], done, next);
        if (_state.Current is { } current)
        {
            await _state.EndAsync(current, StepState.Failed, text);
        }

        return await AfterFailureAsync(text, applied && error is ReleaseFailedException or ValidationFailedException);
    }

    /// <summary>The end of an operation whose revision failed: RolledBack when the plan asks for it and there is a way back.</summary>
    public async Task<OperationState> AfterFailureAsync(string text, bool mayRollBack)
    {
        if (mayRollBack && run.Row.Kind == OperationKind.Upgrade && run.Options.RollbackOnFailure)
        {
            return await RollbackAsync(text, OperationState.RolledBack);
        }

        await _state.CloseAsync(StepState.Failed);
        return OperationState.Failed;
    }

    /// <summary>Back to the newest revision that was deployed.</summary>
    public async Task<OperationState> RollbackAsync(string why, OperationState end)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(run.Lease.Lost);
        await _state.BeginAsync(StepName.Rollback);
        try
        {
            var connection = await connections.GetAsync(run.Release.ClusterId, stop.Token);
            var history = await connection.Store.HistoryAsync(run.Release.Namespace, run.Release.Name, stop.Token);
            if (OwnRevision(history) is not { } own)
            {
                // Stopped before the first change: what is deployed was not touched, and stays.
                await SkipRollbackAsync("no revision had been made");
                _state.Fail(why, null, [], Untouched, "Nothing.");
                return WithoutRollback(end);
            }

            if (history[^1].Release.Version is var newest && newest > own.Version)
            {
                // Somebody else went on meanwhile, at a terminal: going back would undo that.
                await SkipRollbackAsync($"revision {newest} was made by somebody else");
                _state.Done($"Revision {newest} was made outside of the portal meanwhile, and stays.", "Look at the release before you change it again.");
                return WithoutRollback(end);
            }

            var earlier = history.Select(h => h.Release).Where(r => r.Version < own.Version).ToList();
            var good = earlier.FindLast(r => r.Info.Status == ReleaseStatus.Deployed) ?? earlier.FindLast(r => r.Info.Status == ReleaseStatus.Superseded);
            if (good is null)
            {
                await SkipRollbackAsync("there is no revision to go back to");
                _state.Done("There is no revision to go back to.", "Mend the cause and try again, or uninstall.");
                return WithoutRollback(end);
            }

            var action = await connection.Helm.PrepareRollbackAsync(new RollbackRequest(run.Release.Namespace, run.Release.Name, good.Version, Planner.ActionOptionsOf(run.Options)), stop.Token);
            return await EndRollbackAsync(connection, () => connection.Helm.PerformAsync(action, _state, run.Lease, stop.Token, run.Recovery?.ToGoBack), good.Chart.Metadata.Version, good.Version, why, end);
        }
        catch (Exception error) when (error is HelmException and not FenceLostException or KubeException or ClusterUnreachableException)
        {
            return await RollbackFailedAsync(error);
        }
    }

    private async Task SkipRollbackAsync(string why)
    {
        await _state.EndAsync(StepName.Rollback, StepState.Skipped, why);
        await _state.CloseAsync(StepState.Skipped);
    }

    // What was not gone back has failed; what was cancelled stays cancelled.
    private static OperationState WithoutRollback(OperationState end) => end == OperationState.RolledBack ? OperationState.Failed : end;

    /// <summary>The newest revision that this operation made: the annotation on its record says so. Null when it made none.</summary>
    public Release? OwnRevision(IReadOnlyList<StoredRelease> history) =>
        history.LastOrDefault(h => RevisionValues.OperationOf(h) == run.Row.Id)?.Release;

    // An uninstall makes no revision; it changes the cluster as soon as its step has begun.
    private bool Recorded => run.Row.Kind is OperationKind.Uninstall or OperationKind.Test || _state.Progress.Revision > 0;

    /// <summary>Performs a rollback, new or begun by a process that died, and says what came of it.</summary>
    public async Task<OperationState> EndRollbackAsync(ClusterConnections.Connection connection, Func<Task<Release>> perform, string version, int? revision, string why, OperationState end)
    {
        try
        {
            var done = await perform();
            var to = revision is null ? $"revision {done.Version}" : $"revision {revision}";
            await SetResultAsync(connection, done, goneBack: true);
            await _state.EndAsync(StepName.Rollback, StepState.Succeeded, $"back to {to}");
            await _state.CloseAsync(StepState.Skipped);
            if (_state.Failure is null)
            {
                _state.Fail(why, null, [], "", "");
            }

            _state.Done($"Rolled back to {to} ({version}).{await NotReadyYetAsync(connection, done)}", end == OperationState.Cancelled ? "Nothing: it was stopped on request." : "Mend the cause, then upgrade again.");
            return end;
        }
        catch (Exception error) when (error is HelmException and not FenceLostException or KubeException or ClusterUnreachableException)
        {
            return await RollbackFailedAsync(error);
        }
    }

    // After a restart there is no time to wait for containers that only take long: it is said what they are.
    private async Task<string> NotReadyYetAsync(ClusterConnections.Connection connection, Release done)
    {
        if (run.Recovery is null || !run.Options.Wait)
        {
            return "";
        }

        try
        {
            var snapshot = await connection.Helm.SnapshotAsync(run.Release.Namespace, done.Manifest, run.Lease.Lost);
            var (health, why) = Releases.ReleaseHealthRules.Of(snapshot, snapshot.Objects.Count);
            return health == Core.Releases.Health.Healthy ? "" : $" Not everything is ready yet: {why}";
        }
        catch (Exception error) when (error is KubeException or ClusterUnreachableException)
        {
            return " Whether everything is ready could not be seen.";
        }
    }

    private async Task<OperationState> RollbackFailedAsync(Exception error)
    {
        await _state.EndAsync(StepName.Rollback, StepState.Failed, error.Message);
        await _state.CloseAsync(StepState.Failed);
        _state.Done("Rolling back failed as well: " + error.Message, "Look at the release's resources, then upgrade or roll back by hand.");
        run.Log.Add(StepName.Rollback, LogLevel.Error, "portal", error.Message);
        return error is ClusterUnreachableException ? OperationState.Interrupted : OperationState.Failed;
    }

    private async Task ValidateAsync(ClusterConnections.Connection connection, Release done, TimeSpan steady)
    {
        var expected = Helm.Rendering.ManifestSplitter.Parse(done.Manifest).Count(d => d.Kind.Length > 0);
        var since = time.GetTimestamp();
        var started = since;
        var patience = run.Recovery?.ToGoOn ?? TimeSpan.FromSeconds(run.Options.GraceSeconds) + steady;
        FailureCause? shown = null;
        while (time.GetElapsedTime(since) < steady)
        {
            var snapshot = await connection.Helm.SnapshotAsync(run.Release.Namespace, done.Manifest, run.Stop.Token);
            var (health, why) = Releases.ReleaseHealthRules.Of(snapshot, expected);
            if (await connection.Helm.FindCauseAsync(snapshot, shown, run.Stop.Token) is { } found)
            {
                if (!found.IsSameAs(shown))
                {
                    _state.OnEvent(new CauseFound(found));
                }

                shown = found;
            }

            if (health != Core.Releases.Health.Healthy)
            {
                since = time.GetTimestamp();
                if (time.GetElapsedTime(started) > patience)
                {
                    throw new ValidationFailedException(why ?? "the release does not stay healthy", shown);
                }
            }

            await Task.Delay(TimeSpan.FromSeconds(1), time, run.Stop.Token);
        }

        // A container that runs for a moment between two crashes is not well yet: only now it is.
        if (shown is not null)
        {
            _state.OnEvent(new CauseCleared(shown));
        }

        if (run.Options.RunTests)
        {
            await connection.Helm.TestAsync(run.Release.Namespace, run.Release.Name, Planner.ActionOptionsOf(run.Options), _state, run.Lease, run.Stop.Token, run.Recovery?.ToGoOn);
        }
    }

    private async Task SetResultAsync(ClusterConnections.Connection connection, Release done, bool goneBack)
    {
        await run.Lease.WriteAsync(async () =>
        {
            await using var db = await dbs.CreateDbContextAsync();
            return await db.Set<OperationRow>().Where(o => o.Id == run.Row.Id && o.Fence == run.Lease.Fence).ExecuteUpdateAsync(s => s.SetProperty(o => o.ResultRevision, done.Version)) > 0;
        });
        if (run.Row.Kind == OperationKind.Uninstall)
        {
            return;
        }

        await using var db = await dbs.CreateDbContextAsync();
        var valuesRevision = run.Plan.ValuesRevision;
        if (goneBack)
        {
            var history = await connection.Store.HistoryAsync(run.Release.Namespace, run.Release.Name, run.Lease.Lost);
            valuesRevision = await RevisionValues.OfAsync(db, values, run.Release.Id, history.Single(h => h.Release.Version == done.Version), history, run.Lease.Lost);
        }

        var own = db.Set<Releases.ReleaseRow>().Where(r => r.Id == run.Release.Id && db.Set<OperationRow>().Any(o => o.Id == run.Row.Id && o.Fence == run.Lease.Fence));
        await own.ExecuteUpdateAsync(s => s.SetProperty(r => r.ValuesRevision, valuesRevision).SetProperty(r => r.Status, done.Info.Status).SetProperty(r => r.Revision, done.Version));
        // Whoever sees the operation ended sees what it installed; where that is another chart, the next look at the cluster finds its source.
        await own.Where(r => r.Chart == done.Chart.Name).ExecuteUpdateAsync(s => s.SetProperty(r => r.ChartVersion, done.Chart.Metadata.Version).SetProperty(r => r.AppVersion, done.Chart.Metadata.AppVersion));
    }
}

/// <summary>The release was applied but does not stay healthy.</summary>
internal sealed class ValidationFailedException(string message, FailureCause? cause) : HelmException(message)
{
    public FailureCause? Cause { get; } = cause;
}
