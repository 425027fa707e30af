using Portal.Core.Clusters;
using Portal.Core.Plans;

namespace Portal.Core.Releases;

public enum Health { Unknown, Healthy, Degraded, Down }

/// <summary>What is going on with a release.</summary>
public enum Activity { None, AwaitingApproval, Scheduled, Queued, Running, NeedsYou }

/// <summary>A release: cluster + namespace + name. Status is Helm's word; null until the first install was started.</summary>
public sealed record Release(
    string Id, string ClusterId, string Cluster, ClusterEnvironment Environment, bool IsSandbox, string Namespace, string Name,
    string SourceId, string Chart, string? ChartVersion, string? AppVersion, int? Revision, string? Status, ReleaseHealth Health,
    Activity Activity, string? ActiveOperationId, int? ValuesRevision, int LatestValuesRevision,
    IReadOnlyList<NewerVersion> Newer, LastOperation? LastOperation);

/// <summary>Health with since and cause (the first cause in words).</summary>
public sealed record ReleaseHealth(Health State, DateTimeOffset? Since = null, string? Cause = null, DateTimeOffset? ObservedAt = null);

/// <summary>A version newer than the installed one: the newest of its class.</summary>
public sealed record NewerVersion(string Version, Catalog.VersionClass Class, string? Risk);

/// <summary>The last operation in one line.</summary>
public sealed record LastOperation(string Id, Operations.OperationKind Kind, Operations.OperationState State, string By, DateTimeOffset At);

/// <summary>POST /api/v1/releases: prepare a new release (mode Prepare), or take over one that Helm knows (mode Adopt).</summary>
public sealed record AddReleaseRequest(
    AddReleaseMode Mode, string ClusterId, string Namespace, string Name, string SourceId, string Chart, string? ChartVersion = null, string? Values = null);

public enum AddReleaseMode { Prepare, Adopt }

/// <summary>The answer to an adoption that was not accepted: how the given values differ from the record's config, and the chart from the source's.</summary>
public sealed record AdoptionDifference(IReadOnlyList<string> Values, IReadOnlyList<string> Chart);

/// <summary>GET /api/v1/releases/{id}/policy.</summary>
public sealed record ReleasePolicy(
    bool ApprovalRequired, bool RollbackOnFailure, int TimeoutSeconds = 300, int GraceSeconds = 60, bool RunTests = false, int HistoryMax = 10);

/// <summary>PUT /api/v1/releases/{id}/policy: what is absent stays as it is, so that nobody takes the approval away by leaving it out.</summary>
public sealed record SetReleasePolicyRequest(
    bool? ApprovalRequired = null, bool? RollbackOnFailure = null, int? TimeoutSeconds = null, int? GraceSeconds = null, bool? RunTests = null, int? HistoryMax = null);

/// <summary>GET /api/v1/releases/{id}/revisions: one of Helm's revisions with what the portal knows of it. Outside = made without the portal. GoingBack: whether a rollback to it is safe, from the records alone; null for the newest one.</summary>
public sealed record Revision(
    int Number, string Status, string Chart, string ChartVersion, string? AppVersion, int? ValuesRevision, string Description, DateTimeOffset? At,
    bool Outside, string? OperationId, string? By, string? ApprovedBy, string? Reason, double? DurationSeconds, RollbackVerdict? GoingBack = null);

/// <summary>GET .../revisions/{n}: the same with manifest, notes and values; secrets are masked.</summary>
public sealed record RevisionDetail(Revision Revision, string Manifest, string Notes, string Values);

/// <summary>GET .../status: workloads, pods, events and the first cause, read from the cluster now.</summary>
public sealed record ReleaseStatusReport(
    string? Status, int? Revision, ReleaseHealth Health, IReadOnlyList<Workload> Workloads, IReadOnlyList<ResourceNode> Resources, IReadOnlyList<ClusterEvent> Events);

/// <summary>A workload of the release. Ready and Desired count pods.</summary>
public sealed record Workload(string Kind, string Name, int Ready, int Desired, IReadOnlyList<string> Images, int Restarts, DateTimeOffset? CreatedAt, Health Health, string? Message);

/// <summary>One object in the tree of owners. Parent is the uid of the owner in this list, or null.</summary>
public sealed record ResourceNode(string Uid, string? Parent, string ApiVersion, string Kind, string Name, Health Health, string State, DateTimeOffset? CreatedAt);

/// <summary>A Kubernetes event about an object of the release.</summary>
public sealed record ClusterEvent(DateTimeOffset? At, string Type, string Reason, string Object, string Message, int Count);
