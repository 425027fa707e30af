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
        null => new("Not installed", Icons.Material.Outlined.RadioButtonUnchecked, "neutral"),
        "deployed" => new("Deployed", Icons.Material.Outlined.TaskAlt, "good"),
        "failed" => new("Failed", Icons.Material.Outlined.ErrorOutline, "bad"),
        "superseded" => new("Superseded", Icons.Material.Outlined.History, "neutral"),
        "uninstalled" => new("Uninstalled", Icons.Material.Outlined.Delete, "neutral"),
        _ => new(Sentence(status), Icons.Material.Outlined.Pending, "busy"),
    };

    /// <summary>A word of Helm or Kubernetes as a chip shows it: "pending-upgrade" is "Pending upgrade".</summary>
    public static string Sentence(string word) => word.Length == 0 ? word : char.ToUpperInvariant(word[0]) + word[1..].Replace('-', ' ');

    /// <summary>Whether something answers from the cluster.</summary>
    public static Look Of(ReachabilityOutcome outcome) => outcome switch
    {
        ReachabilityOutcome.Reached => new("Reached", Icons.Material.Outlined.CheckCircle, "good"),
        ReachabilityOutcome.NotReached => new("Not reached", Icons.Material.Outlined.ErrorOutline, "bad"),
        _ => new("Not known", Icons.Material.Outlined.HelpOutline, "warn"),
    };

    /// <summary>Whether going back is safe.</summary>
    public static Look Of(RollbackSafety safety) => safety switch
    {
        RollbackSafety.Safe => new("Safe", Icons.Material.Outlined.CheckCircle, "good"),
        RollbackSafety.SafeWithSteps => new("Safe with steps", Icons.Material.Outlined.Checklist, "warn"),
        RollbackSafety.NeedsRestore => new("Needs a restore", Icons.Material.Outlined.SettingsBackupRestore, "bad"),
        RollbackSafety.Impossible => new("Impossible", Icons.Material.Outlined.Block, "bad"),
        _ => new("Not known to be safe", Icons.Material.Outlined.HelpOutline, "warn"),
    };

    public static Look Of(Activity activity) => activity switch
    {
        Activity.AwaitingApproval => new("Awaiting approval", Icons.Material.Outlined.HowToReg, "warn"),
        Activity.Scheduled => new("Scheduled", Icons.Material.Outlined.Schedule, "neutral"),
        Activity.Queued => new("Queued", Icons.Material.Outlined.Pending, "busy"),
        Activity.Running => new("Running", Icons.Material.Outlined.Sync, "busy"),
        Activity.NeedsYou => new("Needs you", Icons.Material.Outlined.PriorityHigh, "bad"),
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
        StepState.Running => new("Running", Icons.Material.Outlined.Sync, "busy"),
        StepState.Succeeded => new("Succeeded", Icons.Material.Outlined.CheckCircle, "good"),
        StepState.Failed => new("Failed", Icons.Material.Outlined.ErrorOutline, "bad"),
        StepState.Skipped => new("Skipped", Icons.Material.Outlined.RemoveCircleOutline, "neutral"),
        StepState.Cancelled => new("Cancelled", Icons.Material.Outlined.Cancel, "neutral"),
        _ => new("Waits", Icons.Material.Outlined.RadioButtonUnchecked, "neutral"),
    };

    /// <summary>What becomes of an override, in words.</summary>
    public static Look Of(OverrideVerdict verdict) => verdict switch
    {
        OverrideVerdict.Effective => new("In effect", Icons.Material.Outlined.Check, "neutral"),
        OverrideVerdict.Redundant => new("Same as default", Icons.Material.Outlined.DragHandle, "neutral"),
        OverrideVerdict.Unread => new("Not read", Icons.Material.Outlined.VisibilityOff, "neutral"),
        OverrideVerdict.NoEffect => new("No effect", Icons.Material.Outlined.VisibilityOff, "neutral"),
        OverrideVerdict.Dead => new("No longer read", Icons.Material.Outlined.LinkOff, "warn"),
        OverrideVerdict.Renamed => new("Renamed", Icons.Material.Outlined.DriveFileMove, "warn"),
        OverrideVerdict.DefaultChanged => new("Default changed", Icons.Material.Outlined.CompareArrows, "neutral"),
        OverrideVerdict.UnsetDefaultChanged => new("New default", Icons.Material.Outlined.CompareArrows, "neutral"),
        OverrideVerdict.TypeChanged => new("Type changed", Icons.Material.Outlined.Category, "warn"),
        OverrideVerdict.NewlyRequired => new("Required now", Icons.Material.Outlined.Block, "bad"),
        _ => new("Meaning changed", Icons.Material.Outlined.SwapHoriz, "warn"),
    };

    /// <summary>Whether the cluster shows that a step is done.</summary>
    public static Look Of(StepOutcome outcome) => outcome switch
    {
        StepOutcome.Met => new("Done", Icons.Material.Outlined.CheckCircle, "good"),
        StepOutcome.NotMet => new("Not done", Icons.Material.Outlined.WarningAmber, "warn"),
        _ => new("By hand", Icons.Material.Outlined.CheckBoxOutlineBlank, "neutral"),
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
        Reachability.Reachable => new("Reachable", Icons.Material.Outlined.CheckCircle, "good"),
        Reachability.Unreachable => new("Unreachable", Icons.Material.Outlined.ErrorOutline, "bad"),
        _ => new("Not checked yet", Icons.Material.Outlined.HelpOutline, "neutral"),
    };

    public static Look Of(Effect effect) => effect switch
    {
        Effect.None => new("No restart", Icons.Material.Outlined.CheckCircle, "neutral"),
        Effect.ConfigReload => new("Reload needed", Icons.Material.Outlined.Refresh, "neutral"),
        Effect.AccessChange => new("Access changes", Icons.Material.Outlined.Key, "warn"),
        Effect.RollingRestart => new("Rolling restart", Icons.Material.Outlined.Autorenew, "neutral"),
        Effect.Recreate => new("Down-time", Icons.Material.Outlined.PowerSettingsNew, "warn"),
        Effect.DataAtRisk => new("Data at risk", Icons.Material.Outlined.Storage, "bad"),
        Effect.Conflict => new("Conflict", Icons.Material.Outlined.CallSplit, "bad"),
        _ => new("The cluster would refuse", Icons.Material.Outlined.Block, "bad"),
    };

    public static Look Of(ObjectChangeKind kind) => kind switch
    {
        ObjectChangeKind.Added => new("Added", Icons.Material.Outlined.Add, "good"),
        ObjectChangeKind.Removed => new("Removed", Icons.Material.Outlined.Remove, "bad"),
        ObjectChangeKind.Kept => new("Kept", Icons.Material.Outlined.Anchor, "neutral"),
        ObjectChangeKind.Changed => new("Changed", Icons.Material.Outlined.Edit, "neutral"),
        _ => new("Unchanged", Icons.Material.Outlined.Check, "neutral"),
    };
}
