using Portal.Core.Catalog;
using Portal.Core.Operations;

namespace Portal.Core.Plans;

public enum PlanState { Pending, Ready, Void, Failed }

/// <summary>How an operation is to be done; all of it belongs to the plan and its digest. Chart and SourceId: what an upgrade goes to when that is another chart than the release's.</summary>
public sealed record PlanOptions(
    bool Wait = true, bool RollbackOnFailure = true, bool RunTests = false, int TimeoutSeconds = 300, int GraceSeconds = 60,
    bool CreateNamespace = true, bool NoHooks = false, bool SkipCrds = false, bool ForceConflicts = false, bool KeepHistory = false, int HistoryMax = 10,
    string? Chart = null, string? SourceId = null);

/// <summary>What a wish for a plan chooses of <see cref="PlanOptions"/>. What is absent is as the release's policy has it, or else the default there.</summary>
public sealed record PlanOptionsRequest(
    bool? Wait = null, bool? RollbackOnFailure = null, bool? RunTests = null, int? TimeoutSeconds = null, int? GraceSeconds = null,
    bool? CreateNamespace = null, bool? NoHooks = null, bool? SkipCrds = null, bool? ForceConflicts = null, bool? KeepHistory = null, int? HistoryMax = null);

/// <summary>POST /api/v1/releases/{id}/plans. Absent version and values mean: as installed, and the newest values revision. Options, whole or in part, absent: from the policy.
/// Chart (and SourceId, when it is elsewhere): an upgrade of the release to another chart, for charts that their vendor renamed; it names ChartVersion as well.</summary>
public sealed record CreatePlanRequest(
    OperationKind Kind, string? ChartVersion = null, int? ValuesRevision = null, int? ToRevision = null, PlanOptionsRequest? Options = null, string? Chart = null, string? SourceId = null);

public enum FindingLevel { Blocker, Warning, Note }

/// <summary>One thing that a plan noticed. Object is Kind/name; Key is a values path.</summary>
public sealed record Finding(string Id, string Code, FindingLevel Level, string? Object, string? Key, string Message, string Remedy);

/// <summary>What would happen. Digest covers everything that runs; approvals are given to it. ReplacesId: the plan that this one was made in place of.</summary>
public sealed record Plan(
    string Id, string ReleaseId, OperationKind Kind, PlanState State, string? Digest, string? VoidReason, string? Error,
    string? FromChartVersion, string? ToChartVersion, VersionClass? Class, int? FromRevision, int? ToRevision, int? ValuesRevision, int? FromValuesRevision,
    PlanOptions Options, PlanSummary? Summary, IReadOnlyList<Finding> Findings, IReadOnlyList<ImageChange> Images, IReadOnlyList<PlannedHook> Hooks,
    RollbackVerdict? Verdict, string CreatedBy, DateTimeOffset CreatedAt, string? OperationId, IReadOnlyList<PlannedStep>? Steps = null, string? ReplacesId = null);

public enum StepOutcome { NotChecked, Met, NotMet }

/// <summary>A step of the upgrade guides that the plan passes, and whether the cluster shows that it is done; Detail says what was seen.</summary>
public sealed record PlannedStep(GuideStep Step, StepOutcome Outcome, string Detail);

/// <summary>Counts of objects by what happens to them.</summary>
public sealed record PlanSummary(int Added, int Changed, int Removed, int Unchanged, int Restarts, int Refused, int Conflicts);

/// <summary>An image of a workload before and after (null: added or removed).</summary>
public sealed record ImageChange(string Object, string Container, string? From, string? To);

/// <summary>A hook that will run.</summary>
public sealed record PlannedHook(string Object, IReadOnlyList<string> Events, int Weight);

/// <summary>Kept: no longer part of the release, and left in the cluster by its annotation helm.sh/resource-policy.</summary>
public enum ObjectChangeKind { Added, Changed, Removed, Unchanged, Kept }

/// <summary>What a change does to what is running, from mild to severe.</summary>
public enum Effect { None, ConfigReload, AccessChange, RollingRestart, Recreate, DataAtRisk, Conflict, Refused }

/// <summary>GET /api/v1/plans/{id}/changes: one object. From and To are masked YAML.</summary>
public sealed record ObjectChange(string Object, string ApiVersion, string Namespace, ObjectChangeKind Kind, Effect Effect, string EffectReason, string From, string To);

public enum RollbackSafety { Safe, SafeWithSteps, NeedsRestore, Impossible, Unknown }

/// <summary>Whether going back is safe, with the reasons in words. Unknown when nobody says anything: never safe by silence.</summary>
public sealed record RollbackVerdict(RollbackSafety Safety, IReadOnlyList<string> Reasons);

/// <summary>POST /api/v1/plans/{id}/operations. Every warning's id must be acknowledged. ScheduleAt needs an offset or Z.</summary>
public sealed record StartOperationRequest(string Reason, IReadOnlyList<string>? Acknowledged = null, DateTimeOffset? ScheduleAt = null);
