using Portal.Helm.Kube;

namespace Portal.Helm.Actions;

/// <summary>Helm's verbs that change a cluster.</summary>
public enum ActionKind
{
    /// <summary>The first revision of a release.</summary>
    Install,

    /// <summary>A next revision from a chart and values.</summary>
    Upgrade,

    /// <summary>A next revision that is what an earlier one was.</summary>
    Rollback,

    /// <summary>Everything goes, and the records too unless they are to be kept.</summary>
    Uninstall,

    /// <summary>The test hooks of the newest revision run; objects stay as they are.</summary>
    Test,
}

/// <summary>Whether objects are sent by server-side apply. Auto: new releases are, others stay with what their newest revision recorded (Helm 4's --server-side).</summary>
public enum ServerSideApply
{
    /// <summary>As the newest revision recorded; by apply when there is none.</summary>
    Auto,

    /// <summary>Always by server-side apply.</summary>
    True,

    /// <summary>Always by patches that the client computes.</summary>
    False,
}

/// <summary>How an action is done. Names follow Helm's flags. Rolling back after a failure is a second action of the caller.</summary>
public sealed record ActionOptions
{
    /// <summary>Wait until all objects are ready.</summary>
    public bool Wait { get; init; } = true;

    /// <summary>Wait for the end of jobs as well, not only for their start.</summary>
    public bool WaitForJobs { get; init; } = true;

    /// <summary>For the whole of waiting, and for each hook.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How long a cause of failure may stand before waiting ends: crashes while a database comes up must still succeed.</summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Hooks are left out.</summary>
    public bool NoHooks { get; init; }

    /// <summary>Install: the files of crds/ are left out.</summary>
    public bool SkipCrds { get; init; }

    /// <summary>Install: the namespace is made if it is missing.</summary>
    public bool CreateNamespace { get; init; }

    /// <summary>How many revisions stay (0: all).</summary>
    public int HistoryMax { get; init; } = 10;

    /// <summary>Instead of "Upgrade complete" and the like.</summary>
    public string Description { get; init; } = "";

    /// <summary>Kept on the record. An upgrade adds them to those of the last revision; the value "null" takes one away.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary>Take fields over that other managers own.</summary>
    public bool ForceConflicts { get; init; }

    /// <summary>How objects are sent.</summary>
    public ServerSideApply ServerSide { get; init; }

    /// <summary>Client-side only: send whole objects (PUT) instead of what changed. What others added is lost.</summary>
    public bool ForceReplace { get; init; }

    /// <summary>Test: only the hooks of these names (none: all).</summary>
    public IReadOnlyList<string> OnlyTests { get; init; } = [];

    /// <summary>Test: not the hooks of these names.</summary>
    public IReadOnlyList<string> SkippedTests { get; init; } = [];

    /// <summary>After a failed upgrade or rollback: delete what it created.</summary>
    public bool CleanupOnFail { get; init; }

    /// <summary>Take objects over that belong to no release or to another one.</summary>
    public bool TakeOwnership { get; init; }

    /// <summary>Install: a name may be used again whose release failed or was uninstalled with its history kept.</summary>
    public bool Replace { get; init; } = true;

    /// <summary>Uninstall: what becomes of what the objects made.</summary>
    public Propagation Cascade { get; init; } = Propagation.Background;

    /// <summary>Uninstall: keep the records.</summary>
    public bool KeepHistory { get; init; }
}
