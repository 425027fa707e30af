using Portal.Core.Clusters;

namespace Portal.Core.Operations;

public enum OperationKind { Install, Upgrade, Rollback, Uninstall, Test }

public enum OperationState { AwaitingApproval, Scheduled, Queued, Running, Succeeded, Failed, RolledBack, Cancelled, Interrupted }

public enum StepState { Pending, Running, Succeeded, Failed, Skipped, Cancelled }

/// <summary>The steps an operation can have, in their order.</summary>
public enum StepName { Backup, Fetch, Preflight, Apply, Wait, Validate, Rollback }

/// <summary>A named part of an operation.</summary>
public sealed record Step(StepName Name, StepState State, DateTimeOffset? StartedAt, DateTimeOffset? EndedAt, string? Message);

/// <summary>One execution. Cancellable says whether a cancel would be accepted now.</summary>
public sealed record Operation(
    string Id, OperationKind Kind, OperationState State, string ReleaseId, string Release, string Cluster, ClusterEnvironment Environment, bool IsSandbox, string Namespace, string PlanId, string PlanDigest,
    string? FromChartVersion, string? ToChartVersion, int? FromRevision, int? ToRevision, int? ResultRevision, string Reason,
    string RequestedBy, DateTimeOffset RequestedAt, string? DecidedBy, DateTimeOffset? DecidedAt, string? DecisionComment, DateTimeOffset? ScheduleAt,
    DateTimeOffset? StartedAt, DateTimeOffset? EndedAt, IReadOnlyList<Step> Steps, IReadOnlyList<WaitRow> Waiting, OperationFailure? Failure,
    bool Cancellable, long LastSeq, string? BackupId);

/// <summary>One row of the table "what we wait for".</summary>
public sealed record WaitRow(string Object, string Want, string Have, DateTimeOffset Since, string? LastEvent);

/// <summary>Why an operation failed: cause in words, the object, the evidence, what was done about it, what to do next. A slow start is what a running one waits for, and no failure.</summary>
public sealed record OperationFailure(string Cause, string? Object, IReadOnlyList<string> Evidence, string Done, string Next, DateTimeOffset At, bool Cleared = false, bool SlowStart = false);

public enum LogLevel { Debug, Info, Warning, Error }

/// <summary>One line of an operation's log. Seq starts at 1 and has no gaps.</summary>
public sealed record LogLine(long Seq, DateTimeOffset At, StepName? Step, LogLevel Level, string Source, string Text);

/// <summary>What the hub method Follow(operationId, afterSeq) of /hubs/operations streams. Operation is present when its state or waiting table changed.</summary>
public sealed record LogBatch(IReadOnlyList<LogLine> Lines, long LastSeq, Operation? Operation);

/// <summary>POST /api/v1/operations/{id}/approval.</summary>
public sealed record ApprovalRequest(ApprovalDecision Decision, string Comment);

public enum ApprovalDecision { Approve, Reject }

/// <summary>POST /api/v1/operations/{id}/cancel: leave what is applied, or go back to the newest deployed revision.</summary>
public sealed record CancelRequest(CancelChoice Choice = CancelChoice.Leave, string Comment = "");

public enum CancelChoice { Leave, RollBack }

/// <summary>POST /api/v1/operations/{id}/resolve, only while Interrupted.</summary>
public sealed record ResolveRequest(ResolveChoice Choice, string Comment);

public enum ResolveChoice { Finish, Rollback, MarkFailed }
