namespace Portal.Helm.Actions;

public enum ActionKind { Install, Upgrade, Rollback, Uninstall, Test }

/// <summary>How an action is done. Names follow Helm's flags. Rolling back after a failure is a second action of the caller.</summary>
public sealed record ActionOptions
{
    public bool Wait { get; init; } = true;

    /// <summary>For the whole of waiting, and for each hook.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How long a cause of failure may stand before waiting ends: crashes while a database comes up must still succeed.</summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromSeconds(60);

    public bool NoHooks { get; init; }

    public bool SkipCrds { get; init; }

    public bool CreateNamespace { get; init; }

    /// <summary>How many revisions stay (0: all).</summary>
    public int HistoryMax { get; init; } = 10;

    /// <summary>Instead of "Upgrade complete" and the like.</summary>
    public string Description { get; init; } = "";

    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary>Take fields over that other managers own.</summary>
    public bool ForceConflicts { get; init; }

    /// <summary>Take objects over that belong to no release or to another one.</summary>
    public bool TakeOwnership { get; init; }

    /// <summary>Uninstall: keep the records.</summary>
    public bool KeepHistory { get; init; }
}
