using MudBlazor;
using Portal.Core.Catalog;
using Portal.Core.Clusters;
using Portal.Core.Operations;
using Portal.Core.Plans;
using Portal.Core.Releases;
using Portal.Core.Values;

namespace Portal.Client.Shared;

/// <summary>Word, icon and tone of a state; tone is one of neutral, good, warn, bad, busy. The one place where a state gets its colour.</summary>
public sealed record Look(string Word, string Icon, string Tone)
{
    /// <summary>What an operation does, in a few words.</summary>
    public static string Title(Operation operation) => operation switch
    {
        { ToChartVersion: null } or { Kind: OperationKind.Uninstall or OperationKind.Test } => operation.Kind.ToString(),
        { Kind: OperationKind.Install } => $"Install {operation.ToChartVersion}",
        { Kind: OperationKind.Rollback } => $"Roll back to {operation.ToChartVersion}",
        _ => $"{operation.Kind} to {operation.ToChartVersion}",
    };

    /// <summary>The colour of what a version brings: what breaks something is not printed in grey.</summary>
    public static string RiskTone(string? risk) => risk?.Contains("breaking", StringComparison.OrdinalIgnoreCase) == true || risk?.Contains("removal", StringComparison.OrdinalIgnoreCase) == true ? "breaking" : "";

    /// <summary>Who decided a request, and how; null while nobody did.</summary>
    public static string? Decision(Operation operation) => operation switch
    {
        { DecidedBy: null } => null,
        // A refusal ends the request in the same moment.
        { State: OperationState.Cancelled, StartedAt: null, EndedAt: { } ended, DecidedAt: { } decided } when ended - decided < TimeSpan.FromSeconds(1) => $"Rejected by {operation.DecidedBy}",
        _ => $"Approved by {operation.DecidedBy}",
    };

    public static Look Of(Health health) => health switch
    {
        Health.Healthy => new("Healthy", Icons.Material.Outlined.CheckCircle, "good"),
        Health.Degraded => new("Degraded", Icons.Material.Outlined.WarningAmber, "warn"),
        Health.Down => new("Down", Icons.Material.Outlined.Error, "bad"),
        _ => new("Unknown", Icons.Material.Outlined.HelpOutline, "neutral"),
    };

    /// <summary>Helm's word for a release.</summary>
    public static Look OfStatus(string? status) => status switch
    {
        null => new("not installed", Icons.Material.Outlined.RadioButtonUnchecked, "neutral"),
        "deployed" => new("deployed", Icons.Material.Outlined.TaskAlt, "good"),
        "failed" => new("failed", Icons.Material.Outlined.ErrorOutline, "bad"),
        "superseded" => new("superseded", Icons.Material.Outlined.History, "neutral"),
        "uninstalled" => new("uninstalled", Icons.Material.Outlined.Delete, "neutral"),
        _ => new(status, Icons.Material.Outlined.Pending, "busy"),
    };

    /// <summary>Whether going back is safe.</summary>
    public static Look Of(RollbackSafety safety) => safety switch
    {
        RollbackSafety.Safe => new("safe", Icons.Material.Outlined.CheckCircle, "good"),
        RollbackSafety.SafeWithSteps => new("safe with steps", Icons.Material.Outlined.Checklist, "warn"),
        RollbackSafety.NeedsRestore => new("needs a restore", Icons.Material.Outlined.SettingsBackupRestore, "bad"),
        RollbackSafety.Impossible => new("impossible", Icons.Material.Outlined.Block, "bad"),
        _ => new("not known to be safe", Icons.Material.Outlined.HelpOutline, "warn"),
    };

    public static Look Of(Activity activity) => activity switch
    {
        Activity.AwaitingApproval => new("awaiting approval", Icons.Material.Outlined.HowToReg, "warn"),
        Activity.Scheduled => new("scheduled", Icons.Material.Outlined.Schedule, "neutral"),
        Activity.Queued => new("queued", Icons.Material.Outlined.Pending, "busy"),
        Activity.Running => new("running", Icons.Material.Outlined.Sync, "busy"),
        Activity.NeedsYou => new("needs you", Icons.Material.Outlined.PriorityHigh, "bad"),
        _ => new("", "", "neutral"),
    };

    public static Look Of(OperationState state) => state switch
    {
        OperationState.AwaitingApproval => new("Awaiting approval", Icons.Material.Outlined.HowToReg, "warn"),
        OperationState.Scheduled => new("Scheduled", Icons.Material.Outlined.Schedule, "neutral"),
        OperationState.Queued => new("Queued", Icons.Material.Outlined.Pending, "busy"),
        OperationState.Running => new("Running", Icons.Material.Outlined.Sync, "busy"),
        OperationState.Succeeded => new("Succeeded", Icons.Material.Outlined.CheckCircle, "good"),
        OperationState.Failed => new("Failed", Icons.Material.Outlined.ErrorOutline, "bad"),
        OperationState.RolledBack => new("Rolled back", Icons.Material.Outlined.SettingsBackupRestore, "warn"),
        OperationState.Cancelled => new("Cancelled", Icons.Material.Outlined.Cancel, "neutral"),
        _ => new("Interrupted", Icons.Material.Outlined.PriorityHigh, "bad"),
    };

    public static Look Of(StepState state) => state switch
    {
        StepState.Running => new("running", Icons.Material.Outlined.Sync, "busy"),
        StepState.Succeeded => new("succeeded", Icons.Material.Outlined.CheckCircle, "good"),
        StepState.Failed => new("failed", Icons.Material.Outlined.ErrorOutline, "bad"),
        StepState.Skipped => new("skipped", Icons.Material.Outlined.RemoveCircleOutline, "neutral"),
        StepState.Cancelled => new("cancelled", Icons.Material.Outlined.Cancel, "neutral"),
        _ => new("waits", Icons.Material.Outlined.RadioButtonUnchecked, "neutral"),
    };

    /// <summary>What becomes of an override, in words.</summary>
    public static Look Of(OverrideVerdict verdict) => verdict switch
    {
        OverrideVerdict.Effective => new("in effect", Icons.Material.Outlined.Check, "neutral"),
        OverrideVerdict.Redundant => new("same as default", Icons.Material.Outlined.DragHandle, "neutral"),
        OverrideVerdict.Unread => new("not read", Icons.Material.Outlined.VisibilityOff, "neutral"),
        OverrideVerdict.Dead => new("no longer read", Icons.Material.Outlined.LinkOff, "warn"),
        OverrideVerdict.Renamed => new("renamed", Icons.Material.Outlined.DriveFileMove, "warn"),
        OverrideVerdict.DefaultChanged => new("default changed", Icons.Material.Outlined.CompareArrows, "neutral"),
        OverrideVerdict.UnsetDefaultChanged => new("new default", Icons.Material.Outlined.CompareArrows, "neutral"),
        OverrideVerdict.TypeChanged => new("type changed", Icons.Material.Outlined.Category, "warn"),
        OverrideVerdict.NewlyRequired => new("required now", Icons.Material.Outlined.Block, "bad"),
        _ => new("meaning changed", Icons.Material.Outlined.SwapHoriz, "warn"),
    };

    /// <summary>Whether the cluster shows that a step is done.</summary>
    public static Look Of(StepOutcome outcome) => outcome switch
    {
        StepOutcome.Met => new("done", Icons.Material.Outlined.CheckCircle, "good"),
        StepOutcome.NotMet => new("not done", Icons.Material.Outlined.WarningAmber, "warn"),
        _ => new("by hand", Icons.Material.Outlined.CheckBoxOutlineBlank, "neutral"),
    };

    /// <summary>Who does a step of a guide, and how.</summary>
    public static string Words(GuideStepKind kind) => kind switch
    {
        GuideStepKind.AdminOnly => "cluster admin",
        GuideStepKind.Restart => "restart",
        GuideStepKind.Job => "job",
        GuideStepKind.Wait => "wait",
        _ => "by hand",
    };

    public static Look Of(FindingLevel level) => level switch
    {
        FindingLevel.Blocker => new("Blocker", Icons.Material.Outlined.Block, "bad"),
        FindingLevel.Warning => new("Warning", Icons.Material.Outlined.WarningAmber, "warn"),
        _ => new("Note", Icons.Material.Outlined.Info, "neutral"),
    };

    public static Look Of(ProblemLevel level) => level switch
    {
        ProblemLevel.Error => new("Error", Icons.Material.Outlined.ErrorOutline, "bad"),
        ProblemLevel.Warning => new("Warning", Icons.Material.Outlined.WarningAmber, "warn"),
        _ => new("Note", Icons.Material.Outlined.Info, "neutral"),
    };

    public static Look Of(Reachability reachability) => reachability switch
    {
        Reachability.Reachable => new("reachable", Icons.Material.Outlined.CheckCircle, "good"),
        Reachability.Unreachable => new("unreachable", Icons.Material.Outlined.ErrorOutline, "bad"),
        _ => new("not checked", Icons.Material.Outlined.HelpOutline, "neutral"),
    };

    public static Look Of(Effect effect) => effect switch
    {
        Effect.None => new("no restart", Icons.Material.Outlined.CheckCircle, "neutral"),
        Effect.ConfigReload => new("reload needed", Icons.Material.Outlined.Refresh, "neutral"),
        Effect.AccessChange => new("access changes", Icons.Material.Outlined.Key, "warn"),
        Effect.RollingRestart => new("rolling restart", Icons.Material.Outlined.Autorenew, "busy"),
        Effect.Recreate => new("down-time", Icons.Material.Outlined.PowerSettingsNew, "warn"),
        Effect.DataAtRisk => new("data at risk", Icons.Material.Outlined.Storage, "bad"),
        Effect.Conflict => new("conflict", Icons.Material.Outlined.CallSplit, "bad"),
        _ => new("the cluster would refuse", Icons.Material.Outlined.Block, "bad"),
    };

    public static Look Of(ObjectChangeKind kind) => kind switch
    {
        ObjectChangeKind.Added => new("added", Icons.Material.Outlined.Add, "good"),
        ObjectChangeKind.Removed => new("removed", Icons.Material.Outlined.Remove, "bad"),
        ObjectChangeKind.Changed => new("changed", Icons.Material.Outlined.Edit, "busy"),
        _ => new("unchanged", Icons.Material.Outlined.Check, "neutral"),
    };
}
