using Portal.Helm.Charts;

namespace Portal.Helm.Releases;

/// <summary>Helm's words for the state of a revision.</summary>
public static class ReleaseStatus
{
    public const string Unknown = "unknown";
    public const string Deployed = "deployed";
    public const string Uninstalled = "uninstalled";
    public const string Superseded = "superseded";
    public const string Failed = "failed";
    public const string Uninstalling = "uninstalling";
    public const string PendingInstall = "pending-install";
    public const string PendingUpgrade = "pending-upgrade";
    public const string PendingRollback = "pending-rollback";

    public static bool IsPending(string status) => status is PendingInstall or PendingUpgrade or PendingRollback;
}

/// <summary>One revision of a release, as Helm keeps it in the Secret sh.helm.release.v1.NAME.vN.</summary>
public sealed record Release
{
    public required string Name { get; init; }
    public required string Namespace { get; init; }

    /// <summary>The revision number, from 1.</summary>
    public required int Version { get; init; }
    public required ReleaseInfo Info { get; init; }
    public required Chart Chart { get; init; }

    /// <summary>What the operator wrote (the overrides), as a tree.</summary>
    public Dictionary<string, object?> Config { get; init; } = [];

    /// <summary>The rendered manifest without hooks, as Helm stores it: documents headed by "---" and "# Source:".</summary>
    public string Manifest { get; init; } = "";
    public IReadOnlyList<Hook> Hooks { get; init; } = [];

    /// <summary>Labels given by users, kept on the Secret.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary>"ssa", "csa" or empty (written by Helm 3).</summary>
    public string ApplyMethod { get; init; } = "";
}

/// <summary>State and times of a revision (UTC offsets are kept as read).</summary>
public sealed record ReleaseInfo
{
    public DateTimeOffset? FirstDeployed { get; init; }
    public DateTimeOffset? LastDeployed { get; init; }
    public DateTimeOffset? Deleted { get; init; }
    public string Description { get; init; } = "";
    public string Status { get; init; } = ReleaseStatus.Unknown;
    public string Notes { get; init; } = "";
}

/// <summary>A hook of a revision (helm.sh/docs/topics/charts_hooks).</summary>
public sealed record Hook
{
    public string Name { get; init; } = "";
    public string Kind { get; init; } = "";

    /// <summary>The template's path, as in "# Source:".</summary>
    public string Path { get; init; } = "";
    public string Manifest { get; init; } = "";

    /// <summary>"pre-install", "post-install", "pre-upgrade", "post-upgrade", "pre-rollback", "post-rollback", "pre-delete", "post-delete", "test".</summary>
    public IReadOnlyList<string> Events { get; init; } = [];
    public int Weight { get; init; }

    /// <summary>"hook-succeeded", "hook-failed", "before-hook-creation".</summary>
    public IReadOnlyList<string> DeletePolicies { get; init; } = [];
    public IReadOnlyList<string> OutputLogPolicies { get; init; } = [];
    public HookExecution? LastRun { get; init; }
}

/// <summary>When a hook last ran and how it ended: "", "Unknown", "Running", "Succeeded", "Failed".</summary>
public sealed record HookExecution(DateTimeOffset? StartedAt, DateTimeOffset? CompletedAt, string Phase);
