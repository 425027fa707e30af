namespace Portal.Helm.Actions;

/// <summary>
/// How far an action came: a fold over its events. Whoever keeps it before the action goes on (the observer is called before each part begins) can
/// let another process go on with the same revision after a crash (<see cref="HelmClient.ResumeAsync"/>).
/// </summary>
/// <param name="Revision">The revision whose record was written; 0 before that.</param>
/// <param name="Phase">The newest part that began.</param>
/// <param name="HooksStarted">Hooks ("Job/name pre-upgrade") whose object may have been created.</param>
/// <param name="HooksSucceeded">Those of them that ended well.</param>
/// <param name="HooksFailed">Those of them that failed.</param>
public sealed record ActionProgress(int Revision, HelmPhase? Phase, IReadOnlyList<string> HooksStarted, IReadOnlyList<string> HooksSucceeded, IReadOnlyList<string> HooksFailed)
{
    /// <summary>Nothing was done yet.</summary>
    public static ActionProgress None { get; } = new(0, null, [], [], []);

    /// <summary>The progress after an event; the same instance when the event does not matter for going on.</summary>
    public ActionProgress After(HelmEvent helmEvent) => helmEvent switch
    {
        RevisionRecorded recorded => None with { Revision = recorded.Revision },
        PhaseStarted phase => this with { Phase = phase.Phase },
        HookStarted hook => this with { HooksStarted = [.. HooksStarted, Name(hook.Object.ToString(), hook.Event)] },
        HookEnded { Succeeded: true } hook => this with { HooksSucceeded = [.. HooksSucceeded, Name(hook.Object.ToString(), hook.Event)] },
        HookEnded hook => this with { HooksFailed = [.. HooksFailed, Name(hook.Object.ToString(), hook.Event)] },
        _ => this,
    };

    internal static string Name(string item, string hookEvent) => $"{item} {hookEvent}";
}
