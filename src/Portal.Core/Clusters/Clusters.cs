namespace Portal.Core.Clusters;

public enum ClusterKind { Sandbox, InCluster, Kubeconfig }

/// <summary>How much care a cluster asks for; shown in the frame and named by every button that changes something.</summary>
public enum ClusterEnvironment { Test, Production }

public enum Reachability { Unknown, Reachable, Unreachable }

/// <summary>A cluster as the portal knows it. Credentials never leave the server.</summary>
public sealed record Cluster(
    string Id, string Name, ClusterKind Kind, ClusterEnvironment Environment, string Server, Reachability Reachability,
    string? KubernetesVersion, DateTimeOffset? CheckedAt, string? Error);

/// <summary>POST /api/v1/clusters. A kubeconfig may hold inline data only: no exec plugins, no file paths.</summary>
public sealed record AddClusterRequest(string Name, ClusterKind Kind, ClusterEnvironment Environment, string? Kubeconfig = null);

/// <summary>PATCH /api/v1/clusters/{id}: what is given is changed. A kubeconfig replaces the one before; the cluster has to be the same.</summary>
public sealed record UpdateClusterRequest(ClusterEnvironment? Environment = null, string? Kubeconfig = null);

/// <summary>POST /api/v1/clusters/{id}/check: what was found. <see cref="MissingRole"/> is YAML to hand to a cluster admin, or null.</summary>
public sealed record ClusterCheck(Cluster Cluster, IReadOnlyList<RightCheck> Rights, string? MissingRole);

/// <summary>One right that an upgrade needs in a namespace ("*" = any), and whether the portal's account has it.</summary>
public sealed record RightCheck(string Group, string Resource, string Verb, string Namespace, bool Allowed);

/// <summary>GET /api/v1/clusters/{id}/releases: a release that Helm knows there.</summary>
public sealed record FoundRelease(
    string Namespace, string Name, string Chart, string ChartVersion, int Revision, string Status, DateTimeOffset? UpdatedAt, string? ReleaseId);
