using Portal.Core.Operations;
using Portal.Helm.Actions;
using Portal.Helm.Kube;
using Portal.Helm.Releases;
using Portal.Server.Features.Clusters;
using Portal.Server.Features.Plans;
using LogLevel = Portal.Core.Operations.LogLevel;

namespace Portal.Server.Features.Operations;

/// <summary>
/// The process before this one died. Nothing is guessed: the release record in the cluster and the progress in the operation's row say how far it came.
/// No record: nothing was changed, Failed. A pending one: gone on with, from the part that had begun. A failed or deployed one: only the end was missing.
/// Interrupted only while the cluster cannot be read. All of it within <see cref="RecoveryTime"/>.
/// </summary>
internal sealed class OperationTakeOver(OperationRun run, OperationExecution execution, ClusterConnections connections, TimeProvider time)
{
    private const int MostAttempts = 5;
    private const string Stopped = "The portal was stopped while this ran.";

    // People wait for the end since before the crash: a cause that still stands now does not get the whole grace once more.
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan Steady = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public async Task<OperationState> RunAsync()
    {
        run.Log.Add(null, LogLevel.Warning, "portal", $"taken over: the process that ran this ended (fence {run.Lease.Fence}){(run.Recovery is { } left ? $"; there are {left.ToGoOn.TotalSeconds:0} s left to go on with it" : "")}");
        try
        {
            var connection = await ReachAsync();
            return run.Row.Kind switch
            {
                OperationKind.Uninstall => await UninstallAsync(connection),
                OperationKind.Test => await EndAsync(OperationState.Failed, "The tests were not run to their end.", "Run them again."),
                _ => await DeployAsync(connection),
            };
        }
        catch (OperationCanceledException) when (run.Cancel is not null)
        {
            return await execution.CancelledAsync(applied: true);
        }
        catch (Exception error) when (error is ClusterUnreachableException or KubeException)
        {
            run.State.Fail($"The portal was stopped while this ran, and the cluster cannot be read: {error.Message}", null, [], "Nothing more was done.", "It is settled as soon as the cluster answers; or choose how to end it.");
            await run.State.CloseAsync(StepState.Failed);
            return OperationState.Interrupted;
        }
        catch (HelmException error) when (error is not FenceLostException)
        {
            run.State.Fail(error.Message, null, [], "The operation was ended after the portal was stopped.", "Start it again.");
            await run.State.CloseAsync(StepState.Failed);
            return OperationState.Failed;
        }
    }

    private async Task<OperationState> DeployAsync(ClusterConnections.Connection connection)
    {
        var history = await connection.Store.HistoryAsync(run.Release.Namespace, run.Release.Name, run.Stop.Token);
        if (execution.OwnRevision(history) is not { } ours)
        {
            return run.Cancel is null
                ? await EndAsync(OperationState.Failed, OperationExecution.Untouched, "Start it again.")
                : await execution.CancelledAsync(applied: false);
        }

        var goingBack = run.Row.Kind != OperationKind.Rollback && ours.Info.Description.StartsWith("Rollback", StringComparison.Ordinal);
        if (ReleaseStatus.IsPending(ours.Info.Status))
        {
            if (run.Lease.Fence > MostAttempts || (run.Cancel is not null && !goingBack))
            {
                await connection.Helm.SettleAsync(run.Release.Namespace, run.Release.Name, "the portal was stopped while this ran", run.Lease, run.Stop.Token);
                run.Log.Add(null, LogLevel.Info, "portal", $"revision {ours.Version} was {ours.Info.Status}; it is recorded as failed now");
                return run.Cancel is null ? await AfterFailureAsync() : await execution.CancelledAsync(applied: true);
            }

            run.Log.Add(null, LogLevel.Info, "portal", $"revision {ours.Version} is {ours.Info.Status}: going on from {run.State.Progress.Phase?.ToString() ?? "the beginning"}");
            return goingBack ? await GoOnBackAsync(connection, ours) : await GoOnAsync();
        }

        if (ours.Info.Status != ReleaseStatus.Deployed)
        {
            return run.Cancel is null ? await AfterFailureAsync() : await execution.CancelledAsync(applied: true);
        }

        if (goingBack)
        {
            await run.State.BeginAsync(StepName.Rollback);
            return await execution.EndRollbackAsync(connection, () => Task.FromResult(ours), ours.Chart.Metadata.Version, null, Stopped, run.Cancel is null ? OperationState.RolledBack : OperationState.Cancelled);
        }

        try
        {
            return await execution.FinishAsync(connection, ours, Steady);
        }
        catch (Exception error) when (error is ValidationFailedException or ReleaseFailedException)
        {
            return await execution.FailedAsync(error, applied: true);
        }
    }

    private Task<OperationState> GoOnAsync()
    {
        var action = run.Action with { Options = run.Action.Options with { Grace = Shorter(run.Action.Options.Grace) } };
        return execution.ChangeAsync(
            run.State.Progress.Phase is HelmPhase.Wait or HelmPhase.PostHooks or HelmPhase.Record && run.Options.Wait ? StepName.Wait : StepName.Apply,
            (c, stop) => c.Helm.ResumeAsync(action, run.State.Progress, run.State, run.Lease, stop, run.Recovery?.ToGoOn), Steady);
    }

    private async Task<OperationState> GoOnBackAsync(ClusterConnections.Connection connection, Release pending)
    {
        var options = Planner.ActionOptionsOf(run.Options);
        var action = await connection.Helm.PendingActionAsync(pending, options with { Grace = Shorter(options.Grace) }, run.Stop.Token);
        await run.State.BeginAsync(StepName.Rollback);
        return await execution.EndRollbackAsync(
            connection, () => connection.Helm.ResumeAsync(action, run.State.Progress, run.State, run.Lease, run.Lease.Lost, run.Recovery?.ToGoBack), pending.Chart.Metadata.Version, null, Stopped,
            run.Cancel is null ? OperationState.RolledBack : OperationState.Cancelled);
    }

    private async Task<OperationState> UninstallAsync(ClusterConnections.Connection connection)
    {
        var history = await connection.Helm.HistoryAsync(run.Release.Namespace, run.Release.Name, run.Stop.Token);
        if (run.State.Progress.Phase is null && history.Count > 0 && history[^1].Info.Status is not (ReleaseStatus.Uninstalling or ReleaseStatus.Uninstalled))
        {
            // It had not begun: what comes before (backup, preflight) is not skipped because of a crash.
            return run.Cancel is null ? await EndAsync(OperationState.Failed, OperationExecution.Untouched, "Start it again.") : await execution.CancelledAsync(applied: false);
        }

        if (history.Count > 0 && history[^1].Info.Status != ReleaseStatus.Uninstalled)
        {
            var uninstall = await connection.Helm.PrepareUninstallAsync(new UninstallRequest(run.Release.Namespace, run.Release.Name, Planner.ActionOptionsOf(run.Options)), run.Stop.Token);
            await run.State.BeginAsync(StepName.Apply);
            await connection.Helm.PerformAsync(uninstall, run.State, run.Lease, run.Stop.Token, run.Recovery?.ToGoBack);
        }

        await run.State.CloseAsync(StepState.Succeeded);
        return OperationState.Succeeded;
    }

    // The cause that was found before the crash stays; without one the crash is all there is to say.
    private async Task<OperationState> AfterFailureAsync()
    {
        if (run.State.Failure is null)
        {
            run.State.Fail(Stopped, null, [], "The revision is recorded as failed.", "Start it again.");
        }

        return await execution.AfterFailureAsync(Stopped, mayRollBack: true);
    }

    private async Task<OperationState> EndAsync(OperationState end, string done, string next)
    {
        run.State.Fail(Stopped, null, [], done, next);
        await run.State.CloseAsync(StepState.Failed);
        return end;
    }

    private static TimeSpan Shorter(TimeSpan grace) => grace < Grace ? grace : Grace;

    // A cluster that was restarted with the portal needs a moment: it is asked again for half a minute.
    private async Task<ClusterConnections.Connection> ReachAsync()
    {
        var started = time.GetTimestamp();
        while (true)
        {
            try
            {
                var connection = await connections.GetAsync(run.Release.ClusterId, run.Stop.Token);
                await connection.Kube.GetVersionAsync(run.Stop.Token);
                return connection;
            }
            catch (ClusterUnreachableException) when (time.GetElapsedTime(started) < Patience)
            {
                await Task.Delay(TimeSpan.FromSeconds(2), time, run.Stop.Token);
            }
        }
    }
}
