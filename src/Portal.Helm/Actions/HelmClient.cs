using Portal.Helm.Charts;
using Portal.Helm.Kube;
using Portal.Helm.Releases;
using Portal.Helm.Rendering;

namespace Portal.Helm.Actions;

/// <summary>The door to Helm's actions on one cluster: prepare (reads and renders, changes nothing), then perform.</summary>
public sealed class HelmClient(KubeClient client, IReleaseStore store, TimeProvider time, ChartRenderer? renderer = null)
{
    private readonly ChartRenderer _renderer = renderer ?? new ChartRenderer();

    /// <summary>
    /// What a chart renders to on this cluster: with its version and APIs, and with lookups that it answers (<c>helm template --dry-run=server</c>). No release is asked for, nothing is changed.
    /// </summary>
    /// <exception cref="HelmException">The cluster does not know a kind of the manifest; what the chart's crds/ would bring is not there either.</exception>
    /// <exception cref="RenderException">The chart or the values are refused.</exception>
    public async Task<RenderResult> RenderAsync(Chart chart, Dictionary<string, object?> values, ReleaseOptions release, CancellationToken cancellation)
    {
        var result = _renderer.Render(chart, values, release, await client.GetCapabilitiesAsync(cancellation), new ClusterLookup(client, cancellation));
        await ManifestObjects.ReadAsync(client, result.Manifest(), release.Namespace, cancellation);
        return result;
    }

    /// <summary>What an install would do.</summary>
    /// <exception cref="HelmException">The name is in use, or invalid.</exception>
    /// <exception cref="RenderException">The chart or the values are refused.</exception>
    public async Task<PreparedAction> PrepareInstallAsync(DeployRequest request, CancellationToken cancellation, Capabilities? capabilities = null)
    {
        var history = await store.HistoryAsync(request.Namespace, request.Name, cancellation);
        Preparation.CheckFree(request, history);
        return Preparation.Install(request, history, capabilities ?? await client.GetCapabilitiesAsync(cancellation), new ClusterLookup(client, cancellation), _renderer, time.GetUtcNow());
    }

    /// <summary>What an upgrade would do. Capabilities: as the cluster said them a moment ago; asked for when absent.</summary>
    public async Task<PreparedAction> PrepareUpgradeAsync(DeployRequest request, CancellationToken cancellation, Capabilities? capabilities = null)
    {
        var history = await store.HistoryAsync(request.Namespace, request.Name, cancellation);
        Preparation.Current(request, history);
        return Preparation.Upgrade(request, history, capabilities ?? await client.GetCapabilitiesAsync(cancellation), new ClusterLookup(client, cancellation), _renderer, time.GetUtcNow());
    }

    /// <summary>What a rollback would do.</summary>
    public async Task<PreparedAction> PrepareRollbackAsync(RollbackRequest request, CancellationToken cancellation) =>
        Preparation.Rollback(request, await store.HistoryAsync(request.Namespace, request.Name, cancellation), time.GetUtcNow());

    /// <summary>What an uninstall would do.</summary>
    public async Task<PreparedAction> PrepareUninstallAsync(UninstallRequest request, CancellationToken cancellation) =>
        Preparation.Uninstall(request, await store.HistoryAsync(request.Namespace, request.Name, cancellation));

    /// <summary>Does exactly what was prepared.</summary>
    /// <exception cref="HelmException">Refused before anything changed: the release changed meanwhile, an object belongs to somebody else, ...</exception>
    /// <exception cref="ReleaseFailedException">Failed on the way; the revision is recorded as failed.</exception>
    /// <exception cref="FenceLostException">The guard says that somebody else goes on.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; the revision is recorded as failed.</exception>
    /// <param name="action">What was prepared.</param>
    /// <param name="observer">Is told what happens.</param>
    /// <param name="guard">Says whether it may still write.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <param name="within">The time for all waiting together but for hooks, where the time-out of the options leaves more.</param>
    public async Task<Release> PerformAsync(PreparedAction action, IHelmObserver observer, IActionGuard? guard, CancellationToken cancellation, TimeSpan? within = null)
    {
        var performer = Start(action, observer, guard, within);
        return await (action.Kind switch
        {
            ActionKind.Uninstall => performer.UninstallAsync(action, cancellation),
            ActionKind.Test => performer.TestAsync(action, cancellation),
            _ => performer.DeployAsync(action, cancellation),
        });
    }

    /// <summary>
    /// Goes on with a revision that a dead process left pending. With the prepared action it is finished as prepared (CRDs, hooks that never began, options);
    /// without one everything is taken from the record itself. Each hook runs at most once: one that began is waited for. The progress is
    /// what the dead process had kept of its events.
    /// </summary>
    /// <exception cref="ReleaseFailedException">It failed now; the revision is recorded as failed.</exception>
    public async Task<Release> ResumeAsync(PreparedAction action, ActionProgress progress, IHelmObserver observer, IActionGuard? guard, CancellationToken cancellation, TimeSpan? within = null) =>
        await Start(action, observer, guard, within).ResumeAsync(action, progress, cancellation);

    // An operation outlasts a cluster that is away for a while, but not longer than its own time-out.
    private Performer Start(PreparedAction action, IHelmObserver observer, IActionGuard? guard, TimeSpan? within)
    {
        var serial = new SerialObserver(observer);
        client.BePatient(new Patience(
            within is { } all && all < action.Options.Timeout ? all : action.Options.Timeout,
            why => serial.OnEvent(new HelmMessage(true, $"the cluster does not answer, waiting for it: {why}")),
            () => serial.OnEvent(new HelmMessage(false, "the cluster answers again")),
            stop => guard?.EnsureHeldAsync(stop) ?? ValueTask.CompletedTask));
        return new Performer(client, store, serial, guard, time, within);
    }

    /// <summary>The action that a pending record stands for, as far as the record tells: everything but CRDs.</summary>
    public async Task<PreparedAction> PendingActionAsync(Release pending, ActionOptions options, CancellationToken cancellation)
    {
        var before = (await store.HistoryAsync(pending.Namespace, pending.Name, cancellation)).LastOrDefault(h => h.Release.Version < pending.Version)?.Release;
        return new PreparedAction
        {
            Kind = pending.Info.Status switch
            {
                ReleaseStatus.PendingInstall => ActionKind.Install,
                ReleaseStatus.PendingRollback => ActionKind.Rollback,
                _ => ActionKind.Upgrade,
            },
            Target = pending,
            Options = options,
            Base = BaseState.Of(before),
            CurrentManifest = before?.Manifest ?? "",
        };
    }

    /// <summary>Runs the chart's tests on the newest revision.</summary>
    public async Task<Release> TestAsync(string ns, string name, ActionOptions options, IHelmObserver observer, IActionGuard? guard, CancellationToken cancellation, TimeSpan? within = null)
    {
        var history = await store.HistoryAsync(ns, name, cancellation);
        var last = history.Count > 0 ? history[^1].Release : throw new ReleaseNotFoundException("release: not found");
        return await PerformAsync(new PreparedAction { Kind = ActionKind.Test, Target = last, Base = BaseState.Of(last), Options = options }, observer, guard, cancellation, within);
    }

    /// <summary>All revisions, oldest first.</summary>
    public async Task<IReadOnlyList<Release>> HistoryAsync(string ns, string name, CancellationToken cancellation) =>
        [.. (await store.HistoryAsync(ns, name, cancellation)).Select(s => s.Release)];

    /// <summary>The newest revision of every release in a namespace (empty: everywhere).</summary>
    public async Task<IReadOnlyList<Release>> ListAsync(string ns, CancellationToken cancellation) =>
        [.. (await store.ListAsync(ns, cancellation)).Select(s => s.Release)];

    /// <summary>
    /// Records a pending revision whose process died as failed, so that a rollback or an upgrade can follow. Null when nothing is pending.
    /// </summary>
    public async Task<Release?> SettleAsync(string ns, string name, string why, IActionGuard? guard, CancellationToken cancellation)
    {
        var history = await store.HistoryAsync(ns, name, cancellation);
        if (history.Count == 0 || !(ReleaseStatus.IsPending(history[^1].Release.Info.Status) || history[^1].Release.Info.Status == ReleaseStatus.Uninstalling))
        {
            return null;
        }

        var stored = history[^1];
        await (guard?.EnsureHeldAsync(cancellation) ?? ValueTask.CompletedTask);
        var failed = stored.Release with { Info = stored.Release.Info with { Status = ReleaseStatus.Failed, Description = why } };
        return (await store.UpdateAsync(stored, failed, stored.Annotations, cancellation)).Release;
    }

    /// <summary>The live objects of a manifest with what they made; without <paramref name="events"/> nothing about claims and events.</summary>
    public async Task<ClusterSnapshot> SnapshotAsync(string ns, string manifest, CancellationToken cancellation, bool events = true)
    {
        var objects = await ManifestObjects.ReadAsync(client, manifest, ns, cancellation);
        return await ClusterSnapshot.ReadAsync(client, ns, [.. objects.Select(o => o.Ref)], cancellation, events);
    }

    /// <summary>What "helm status" shows of a manifest: its live objects and their Pods, as they are or as the API server's tables.</summary>
    public Task<IReadOnlyList<ReleaseResource>> ResourcesAsync(string ns, string manifest, bool tables, CancellationToken cancellation) =>
        new ReleaseResources(client).ReadAsync(ns, manifest, tables, cancellation);

    /// <summary>The first cause among the objects of a snapshot that are not ready, with the last log lines of a container that crashed; null when there is none but time.</summary>
    /// <param name="snapshot">From <see cref="SnapshotAsync"/>.</param>
    /// <param name="known">The cause that was found before: its log lines are not read again.</param>
    /// <param name="cancellation">Stops the reading.</param>
    public Task<FailureCause?> FindCauseAsync(ClusterSnapshot snapshot, FailureCause? known, CancellationToken cancellation) =>
        FailureEvidence.CompleteAsync(client, FailureCause.Find(snapshot, snapshot.Objects.Where(o => !Readiness.Of(o).Ready)), known, cancellation);

    /// <summary>Asks the API server what each object of an action would become (server-side dry run). Nothing is changed.</summary>
    public async Task<IReadOnlyList<DryRunOutcome>> DryRunAsync(PreparedAction action, CancellationToken cancellation) =>
        await new DryRun(client).RunAsync(action, cancellation);
}
