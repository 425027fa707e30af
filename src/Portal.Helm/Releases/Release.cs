using Portal.Helm.Charts;

namespace Portal.Helm.Releases;

/// <summary>Helm's words for the state of a revision.</summary>
public static class ReleaseStatus
{
    /// <summary>Nothing is known of it.</summary>
    public const string Unknown = "unknown";

    /// <summary>It is what runs.</summary>
    public const string Deployed = "deployed";

    /// <summary>It was removed, and its record was kept.</summary>
    public const string Uninstalled = "uninstalled";

    /// <summary>A later revision took its place.</summary>
    public const string Superseded = "superseded";

    /// <summary>It did not come to an end.</summary>
    public const string Failed = "failed";

    /// <summary>It is being removed.</summary>
    public const string Uninstalling = "uninstalling";

    /// <summary>An install has begun.</summary>
    public const string PendingInstall = "pending-install";

    /// <summary>An upgrade has begun.</summary>
    public const string PendingUpgrade = "pending-upgrade";

    /// <summary>A rollback has begun.</summary>
    public const string PendingRollback = "pending-rollback";

    /// <summary>Whether an operation has begun and not ended: nothing else may run.</summary>
    public static bool IsPending(string status) => status is PendingInstall or PendingUpgrade or PendingRollback;
}

/// <summary>One revision of a release, as Helm keeps it in the Secret sh.helm.release.v1.NAME.vN.</summary>
public sealed record Release
{
    /// <summary>The release's name, up to 53 characters.</summary>
    public required string Name { get; init; }

    /// <summary>The namespace that holds its records, and most of its objects.</summary>
    public required string Namespace { get; init; }

    /// <summary>The revision number, from 1.</summary>
    public required int Version { get; init; }

    /// <summary>State and times.</summary>
    public required ReleaseInfo Info { get; init; }

    /// <summary>The chart with its subcharts, as it was rendered.</summary>
    public required Chart Chart { get; init; }

    /// <summary>What the operator wrote (the overrides), as a tree.</summary>
    public Dictionary<string, object?> Config { get; init; } = [];

    /// <summary>The rendered manifest without hooks, as Helm stores it: documents headed by "---" and "# Source:".</summary>
    public string Manifest { get; init; } = "";

    /// <summary>The rendered hooks.</summary>
    public IReadOnlyList<Hook> Hooks { get; init; } = [];

    /// <summary>Labels given by users, kept on the Secret.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary>"ssa", "csa" or empty (written by Helm 3).</summary>
    public string ApplyMethod { get; init; } = "";
}

/// <summary>State and times of a revision (UTC offsets are kept as read).</summary>
public sealed record ReleaseInfo
{
    /// <summary>When the release was installed.</summary>
    public DateTimeOffset? FirstDeployed { get; init; }

    /// <summary>When this revision began.</summary>
    public DateTimeOffset? LastDeployed { get; init; }

    /// <summary>When it was uninstalled.</summary>
    public DateTimeOffset? Deleted { get; init; }

    /// <summary>How it ended, in a sentence ("Upgrade complete").</summary>
    public string Description { get; init; } = "";

    /// <summary>A word of <see cref="ReleaseStatus"/>.</summary>
    public string Status { get; init; } = ReleaseStatus.Unknown;

    /// <summary>The rendered NOTES.txt.</summary>
    public string Notes { get; init; } = "";
}

/// <summary>A hook of a revision (helm.sh/docs/topics/charts_hooks).</summary>
public sealed record Hook
{
    /// <summary>The object's name.</summary>
    public string Name { get; init; } = "";

    /// <summary>The object's kind.</summary>
    public string Kind { get; init; } = "";

    /// <summary>The template's path, as in "# Source:".</summary>
    public string Path { get; init; } = "";

    /// <summary>The rendered text.</summary>
    public string Manifest { get; init; } = "";

    /// <summary>"pre-install", "post-install", "pre-upgrade", "post-upgrade", "pre-rollback", "post-rollback", "pre-delete", "post-delete", "test".</summary>
    public IReadOnlyList<string> Events { get; init; } = [];

    /// <summary>Lower ones run first.</summary>
    public int Weight { get; init; }

    /// <summary>"hook-succeeded", "hook-failed", "before-hook-creation".</summary>
    public IReadOnlyList<string> DeletePolicies { get; init; } = [];

    /// <summary>When its log is shown: "hook-succeeded", "hook-failed".</summary>
    public IReadOnlyList<string> OutputLogPolicies { get; init; } = [];

    /// <summary>How it ended last; null when it never ran.</summary>
    public HookExecution? LastRun { get; init; }
}

/// <summary>When a hook last ran and how it ended: "", "Unknown", "Running", "Succeeded", "Failed".</summary>
public sealed record HookExecution(DateTimeOffset? StartedAt, DateTimeOffset? CompletedAt, string Phase);
