using Portal.Helm.Kube;

namespace Portal.Helm.Actions;

/// <summary>The parts of an action, in their order.</summary>
public enum HelmPhase
{
    /// <summary>The files of crds/.</summary>
    Crds,

    /// <summary>Hooks before the objects.</summary>
    PreHooks,

    /// <summary>Objects are written and removed.</summary>
    Apply,

    /// <summary>Until all are ready.</summary>
    Wait,

    /// <summary>Hooks after the objects.</summary>
    PostHooks,

    /// <summary>The revision's end is written.</summary>
    Record,
}

/// <summary>What an action reports while it runs.</summary>
public abstract record HelmEvent;

/// <summary>The record of a new revision was written as pending: from here on the action either ends or has to be settled.</summary>
public sealed record RevisionRecorded(int Revision) : HelmEvent;

/// <summary>A part begins.</summary>
public sealed record PhaseStarted(HelmPhase Phase) : HelmEvent;

/// <summary>A part has ended well.</summary>
public sealed record PhaseEnded(HelmPhase Phase) : HelmEvent;

/// <summary>An object was written or left: "created", "configured", "unchanged", "deleted", or "kept" by its annotation helm.sh/resource-policy.</summary>
public sealed record ResourceApplied(ObjectRef Object, string Verb) : HelmEvent;

/// <summary>A hook is about to be created. The observer returns before it is.</summary>
public sealed record HookStarted(ObjectRef Object, string Event) : HelmEvent;

/// <summary>A hook has ended, well or not. Event is what it ran for ("pre-upgrade").</summary>
public sealed record HookEnded(ObjectRef Object, string Event, bool Succeeded) : HelmEvent;

/// <summary>A line of a container's log, live. Source is the object that was made, Pod what runs for it; At is the pod's own time stamp.</summary>
public sealed record ContainerLine(string Source, string Text, DateTimeOffset At, string Pod = "", string Container = "") : HelmEvent;

/// <summary>The table of what is waited for; empty when all is ready.</summary>
public sealed record WaitingFor(IReadOnlyList<WaitingRow> Rows) : HelmEvent;

/// <summary>One row: what is wanted, what is there, since when it is waited for, the last event about it.</summary>
public sealed record WaitingRow(ObjectRef Object, string Want, string Have, DateTimeOffset Since, string? LastEvent);

/// <summary>Something stands in the way. Comes once per cause.</summary>
public sealed record CauseFound(FailureCause Cause) : HelmEvent;

/// <summary>What stood in the way is gone.</summary>
public sealed record CauseCleared(FailureCause Cause) : HelmEvent;

/// <summary>A sentence for whoever watches; a warning if something is wrong but the action goes on.</summary>
public sealed record HelmMessage(bool Warning, string Text) : HelmEvent;

/// <summary>Takes the events of one action; called in their order, from one thread at a time.</summary>
public interface IHelmObserver
{
    /// <summary>One event. The action goes on when this returns.</summary>
    void OnEvent(HelmEvent helmEvent);
}

/// <summary>Says whether the caller still may write, and marks what it wrote.</summary>
public interface IActionGuard
{
    /// <summary>Who runs this: goes into the record's annotation.</summary>
    string Owner { get; }

    /// <summary>Grows with every take-over.</summary>
    long Fence { get; }

    /// <summary>Called before each write to the cluster.</summary>
    /// <exception cref="FenceLostException">The caller may not write any more.</exception>
    ValueTask EnsureHeldAsync(CancellationToken cancellation);
}
