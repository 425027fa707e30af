using System.Text.Json;
using Portal.Core.Clusters;
using Portal.Core.Operations;
using Portal.Server.Features.Clusters;
using Portal.Server.Features.Plans;
using Portal.Server.Features.Releases;

namespace Portal.Server.Features.Operations;

/// <summary>From rows to what is sent. Pure.</summary>
internal static class OperationView
{
    public static Operation Of(OperationRow o, ReleaseRow release, ClusterRow cluster, PlanRow plan) => new(
        o.Id, o.Kind, o.State, o.ReleaseId, release.Name, cluster.Name, cluster.Environment, cluster.Kind == ClusterKind.Sandbox, release.Namespace, o.PlanId, o.PlanDigest, plan.FromChartVersion, plan.ToChartVersion, plan.FromRevision, plan.ToRevision, o.ResultRevision,
        o.Reason, o.RequestedBy, o.RequestedAt, o.DecidedBy, o.DecidedAt, o.DecisionComment, o.ScheduleAt, o.StartedAt, o.EndedAt,
        Read<List<Step>>(o.Steps) ?? [], Read<List<WaitRow>>(o.Waiting) ?? [], Read<OperationFailure>(o.Failure), IsCancellable(o), o.LastSeq, o.BackupId);

    public static bool IsCancellable(OperationRow o) => o.State is OperationState.AwaitingApproval or OperationState.Scheduled or OperationState.Queued or OperationState.Running && o.CancelRequested is null;

    public static bool IsActive(OperationState state) => state is OperationState.Queued or OperationState.Running;

    public static bool IsEnded(OperationState state) => state is OperationState.Succeeded or OperationState.Failed or OperationState.RolledBack or OperationState.Cancelled or OperationState.Interrupted;

    public static string Write<T>(T value) => JsonSerializer.Serialize(value, Planner.Json);

    public static T? Read<T>(string? json) => json is null ? default : JsonSerializer.Deserialize<T>(json, Planner.Json);

    /// <summary>The steps of an operation that has ended: what was under way failed, what was not reached is skipped.</summary>
    public static List<Step> NotReached(string steps) =>
        [.. Read<List<Step>>(steps)!.Select(s => s.State switch { StepState.Pending => s with { State = StepState.Skipped }, StepState.Running => s with { State = StepState.Failed }, _ => s })];

    /// <summary>The steps an operation of a kind begins with.</summary>
    public static List<Step> Steps(OperationKind kind, bool wait, bool rollback)
    {
        StepName[] names = kind switch
        {
            OperationKind.Install => [StepName.Fetch, StepName.Preflight, StepName.Apply, StepName.Wait, StepName.Validate],
            OperationKind.Upgrade => [StepName.Backup, StepName.Fetch, StepName.Preflight, StepName.Apply, StepName.Wait, StepName.Validate],
            OperationKind.Rollback => [StepName.Backup, StepName.Preflight, StepName.Apply, StepName.Wait, StepName.Validate],
            OperationKind.Uninstall => [StepName.Backup, StepName.Preflight, StepName.Apply],
            _ => [StepName.Preflight, StepName.Validate],
        };
        return [.. names.Concat(rollback && kind == OperationKind.Upgrade ? [StepName.Rollback] : []).Select(n => new Step(n, !wait && n is StepName.Wait ? StepState.Skipped : StepState.Pending, null, null, null))];
    }
}
