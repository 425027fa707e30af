using System.Text.Json.Nodes;
using Portal.Helm.Kube;
using Portal.Helm.Releases;
using Portal.Helm.Rendering;

namespace Portal.Helm.Actions;

/// <summary>
/// Does what was prepared, in Helm's order: record as pending, CRDs, pre-hooks, objects, waiting, post-hooks, old record superseded, record deployed.
/// A failure is recorded as failed; a cancel as well. Only a process that dies leaves a pending record.
/// </summary>
internal sealed class Performer(KubeClient client, IReleaseStore store, IHelmObserver observer, IActionGuard? guard, TimeProvider time, TimeSpan? within = null)
{
    // What is looked at for the first time when the time is over still gets one look.
    private static readonly TimeSpan OneLook = TimeSpan.FromSeconds(2);

    private readonly long _began = time.GetTimestamp();
    private FailureCause? _cause;
    private ActionProgress _progress = ActionProgress.None;
    private readonly Dictionary<(string Path, string Kind, string Name), HookExecution> _runs = [];

    public async Task<Release> DeployAsync(PreparedAction action, CancellationToken cancellation)
    {
        var history = await store.HistoryAsync(action.Target.Namespace, action.Target.Name, cancellation);
        CheckBase(action, history);
        CheckSize(action);
        var target = action.Target with { Info = action.Target.Info with { LastDeployed = time.GetUtcNow() } };
        var objects = await BuildAsync(action, target, cancellation);
        var set = await ReadAsync(action, target, objects, cancellation);
        CheckOwnership(action, target, set);
        // Pre-hooks may make room for what would be refused now: then the question comes after them.
        if (action.Options.NoHooks || !target.Hooks.Any(h => h.Events.Contains(Events(action.Kind).Pre)))
        {
            await CheckConflictsAsync(action, set, cancellation);
        }

        if (action.Options.CreateNamespace)
        {
            await CreateNamespaceAsync(target.Namespace, cancellation);
        }

        await PruneHistoryAsync(action, history, cancellation);
        await GuardAsync(cancellation);
        var stored = await CreateAsync(action, target, cancellation);
        observer.OnEvent(new RevisionRecorded(target.Version));
        return await GoOnAsync(action, stored, target, set, ActionProgress.None, history, cancellation);
    }

    /// <summary>
    /// Goes on with a pending revision whose process died, under this guard's fence: hooks that began are waited for and not created again, objects are
    /// applied again as they were rendered, then everything else as usual.
    /// </summary>
    public async Task<Release> ResumeAsync(PreparedAction action, ActionProgress progress, CancellationToken cancellation)
    {
        var history = await store.HistoryAsync(action.Target.Namespace, action.Target.Name, cancellation);
        var stored = history.LastOrDefault(h => h.Release.Version == action.Target.Version && ReleaseStatus.IsPending(h.Release.Info.Status))
            ?? throw new HelmException($"revision {action.Target.Version} is not pending");
        await GuardAsync(cancellation);
        // The new fence goes into the record: a late write of the one before fails on its resourceVersion.
        stored = await store.UpdateAsync(stored, stored.Release, Annotations(), cancellation);
        if (progress.Revision != action.Target.Version)
        {
            progress = ActionProgress.None;
        }

        try
        {
            var objects = await BuildAsync(action, stored.Release, cancellation);
            return await GoOnAsync(action, stored, stored.Release, await ReadAsync(action, stored.Release, objects, cancellation), progress, history, cancellation);
        }
        catch (Exception error) when (error is KubeException or HelmException and not (ReleaseFailedException or FenceLostException))
        {
            var failed = stored.Release with { Info = stored.Release.Info with { Status = ReleaseStatus.Failed, Description = $"{Word(action.Kind)} \"{stored.Release.Name}\" failed: {error.Message}" } };
            await RecordFailureAsync(stored, failed);
            throw new ReleaseFailedException(error.Message, failed, _cause, error);
        }
    }

    private async Task<Release> GoOnAsync(
        PreparedAction action, StoredRelease stored, Release target, ObjectSet set, ActionProgress progress, IReadOnlyList<StoredRelease> history, CancellationToken cancellation)
    {
        _progress = progress;
        var waves = new ObjectWaves(observer, guard, time, action.Options.Grace);
        try
        {
            if (progress.Phase is null or HelmPhase.Crds)
            {
                await CrdsAsync(action, cancellation);
            }

            var (pre, post) = Events(action.Kind);
            if (progress.Phase is null or HelmPhase.Crds or HelmPhase.PreHooks)
            {
                target = await HooksAsync(action, target, pre, HelmPhase.PreHooks, cancellation);
            }

            if (progress.Phase is null or <= HelmPhase.Apply)
            {
                if (target.Hooks.Any(h => h.Events.Contains(pre)) && !action.Options.NoHooks)
                {
                    await CheckConflictsAsync(action, set, cancellation);
                }

                await ApplyAsync(action, target, set, waves, cancellation);
            }

            if (action.Options.Wait && progress.Phase is null or <= HelmPhase.Wait)
            {
                Started(HelmPhase.Wait);
                await WaitAsync(action, target, [.. set.Objects.Where(o => !StaticObjects.Contains(o)).Select(o => o.Ref)], cancellation);
                Ended(HelmPhase.Wait);
            }

            if (progress.Phase is null or <= HelmPhase.PostHooks)
            {
                target = await HooksAsync(action, target, post, HelmPhase.PostHooks, cancellation);
            }

            Started(HelmPhase.Record);
            await SupersedeAsync(target, history, cancellation);
            target = target with { Info = target.Info with { Status = ReleaseStatus.Deployed, Description = Description(action) } };
            await GuardAsync(cancellation);
            stored = await store.UpdateAsync(stored, target, Annotations(), cancellation);
            Ended(HelmPhase.Record);
            return stored.Release;
        }
        catch (FenceLostException)
        {
            // Somebody else goes on with this revision: not a word to the record.
            throw;
        }
        catch (Exception error)
        {
            var cancelled = error is OperationCanceledException && cancellation.IsCancellationRequested;
            var why = cancelled ? "cancelled" : error.Message;
            _cause ??= waves.Cause;
            var failed = WithRuns(target) with { Info = target.Info with { Status = ReleaseStatus.Failed, Description = $"{Word(action.Kind)} \"{target.Name}\" failed: {why}" } };
            await RecordFailureAsync(stored, failed);
            if (action.Options.CleanupOnFail && action.Kind is ActionKind.Upgrade or ActionKind.Rollback && !cancelled)
            {
                await CleanUpAsync(waves.Created, cancellation);
            }

            if (cancelled)
            {
                throw;
            }

            throw new ReleaseFailedException(why, failed, _cause, error);
        }
    }

    public async Task<Release> UninstallAsync(PreparedAction action, CancellationToken cancellation)
    {
        var history = await store.HistoryAsync(action.Target.Namespace, action.Target.Name, cancellation);
        CheckBase(action, history);
        var stored = history[^1];
        if (stored.Release.Info.Status == ReleaseStatus.Uninstalled)
        {
            // Its objects are gone already: what is left are the records.
            await PurgeAsync(history, cancellation);
            return stored.Release;
        }

        var target = stored.Release with { Info = stored.Release.Info with { Status = ReleaseStatus.Uninstalling, Deleted = time.GetUtcNow(), Description = "Deletion in progress (or silently failed)" } };
        await GuardAsync(cancellation);
        target = await HooksAsync(action, target, "pre-delete", HelmPhase.PreHooks, cancellation);
        await GuardAsync(cancellation);
        stored = await store.UpdateAsync(stored, target, Annotations(), cancellation);
        Started(HelmPhase.Apply);
        var objects = await ManifestObjects.ReadAsync(client, target.Manifest, target.Namespace, cancellation);
        var going = new List<ObjectRef>();
        foreach (var item in InstallOrder.ForUninstall(objects, o => o.Kind))
        {
            if (item.Annotation("helm.sh/resource-policy") == "keep")
            {
                observer.OnEvent(new ResourceApplied(item.Ref, "kept"));
                continue;
            }

            if (await DeleteAsync(item.Ref, cancellation, action.Options.Cascade) == Deletion.Going)
            {
                going.Add(item.Ref);
            }
        }

        Ended(HelmPhase.Apply);
        if (action.Options.Wait)
        {
            Started(HelmPhase.Wait);
            await WaitGoneAsync(going, Left(action.Options.Timeout), cancellation);
            Ended(HelmPhase.Wait);
        }

        target = await HooksAsync(action, target, "post-delete", HelmPhase.PostHooks, cancellation);
        Started(HelmPhase.Record);
        target = target with { Info = target.Info with { Status = ReleaseStatus.Uninstalled, Description = action.Options.Description.Length > 0 ? action.Options.Description : "Uninstallation complete" } };
        await GuardAsync(cancellation);
        if (action.Options.KeepHistory)
        {
            await store.UpdateAsync(stored, target, Annotations(), cancellation);
        }
        else
        {
            await PurgeAsync(history, cancellation);
        }

        Ended(HelmPhase.Record);
        return target;
    }

    private async Task PurgeAsync(IReadOnlyList<StoredRelease> history, CancellationToken cancellation)
    {
        foreach (var revision in history)
        {
            await GuardAsync(cancellation);
            await store.DeleteAsync(revision, cancellation);
        }
    }

    /// <summary>Runs the test hooks of the newest revision and keeps their outcome in the record.</summary>
    public async Task<Release> TestAsync(PreparedAction action, CancellationToken cancellation)
    {
        var history = await store.HistoryAsync(action.Target.Namespace, action.Target.Name, cancellation);
        var stored = history[^1];
        try
        {
            var target = await HooksAsync(action, stored.Release, "test", HelmPhase.PostHooks, cancellation);
            await GuardAsync(cancellation);
            return (await store.UpdateAsync(stored, target, stored.Annotations, cancellation)).Release;
        }
        catch (HelmException error) when (error is not FenceLostException)
        {
            await GuardAsync(cancellation);
            var run = await store.UpdateAsync(stored, WithRuns(stored.Release), stored.Annotations, cancellation);
            throw new ReleaseFailedException(error.Message, run.Release, _cause, error);
        }
    }

    private static void CheckBase(PreparedAction action, IReadOnlyList<StoredRelease> history)
    {
        var last = history.Count > 0 ? history[^1].Release : null;
        // A release that is stuck can be removed, as Helm does (pkg/action, Uninstall.Run asks for no status but "uninstalled").
        if (last is not null && ReleaseStatus.IsPending(last.Info.Status) && action.Kind != ActionKind.Uninstall)
        {
            throw new ReleasePendingException(last);
        }

        if (BaseState.Of(last) != action.Base)
        {
            throw new HelmException(last is null
                ? $"the release is not there any more: prepared from revision {action.Base.Revision}"
                : $"the release changed since this was prepared: revision {last.Version} ({last.Info.Status}) instead of {action.Base.Revision} ({action.Base.Status})");
        }
    }

    // The record as it will be at its end: deployed or failed, with its hooks' runs.
    private static void CheckSize(PreparedAction action)
    {
        var size = SecretReleaseStore.Size(action.Target);
        if (size >= SecretReleaseStore.MaximumBytes)
        {
            throw new HelmException($"the release record would be {size} bytes, but a Secret takes {SecretReleaseStore.MaximumBytes}: take files out of the chart or shorten the values");
        }
    }

    private async Task<List<KubeObject>> BuildAsync(PreparedAction action, Release target, CancellationToken cancellation)
    {
        try
        {
            var objects = await ManifestObjects.ReadAsync(client, target.Manifest, target.Namespace, cancellation);
            objects.ForEach(o => ManifestObjects.Mark(o, target.Name, target.Namespace));
            return objects;
        }
        catch (HelmException) when (action.Crds.Count > 0)
        {
            // Kinds that the chart's own CRDs bring: they are applied first.
            await CrdsAsync(action, cancellation);
            var objects = await ManifestObjects.ReadAsync(client, target.Manifest, target.Namespace, cancellation);
            objects.ForEach(o => ManifestObjects.Mark(o, target.Name, target.Namespace));
            return objects;
        }
    }

    // What is wanted, what the manifest before said of it, what is live, and what is wanted no more.
    private async Task<ObjectSet> ReadAsync(PreparedAction action, Release target, List<KubeObject> objects, CancellationToken cancellation)
    {
        var old = action.CurrentManifest.Length == 0 ? [] : await ManifestObjects.ReadAsync(client, action.CurrentManifest, target.Namespace, cancellation);
        return new ObjectSet(objects, old, await LiveObjects.ReadAsync(client, [.. objects.Select(o => o.Ref)], cancellation));
    }

    private static void CheckOwnership(PreparedAction action, Release target, ObjectSet set)
    {
        if (action.Options.TakeOwnership || action.Kind == ActionKind.Rollback)
        {
            return;
        }

        foreach (var item in set.Objects.Where(o => !set.Before.ContainsKey(o.Ref)))
        {
            if (set.Live[item.Ref] is { } live && ManifestObjects.Foreign(live, target.Name, target.Namespace) is { } refusal)
            {
                throw new HelmException("unable to continue with " + (action.Kind == ActionKind.Install ? "install" : "update") + ": " + refusal);
            }
        }
    }

    private Task CheckConflictsAsync(PreparedAction action, ObjectSet set, CancellationToken cancellation) =>
        new ConflictCheck(Writer(action)).RunAsync(set.Objects, set.Before, set.Live, cancellation);

    private ObjectWriter Writer(PreparedAction action) => Writer(client, action, force: false);

    /// <summary>The way in which an action's objects are written.</summary>
    internal static ObjectWriter Writer(KubeClient client, PreparedAction action, bool force) => new(
        client, action.Target.ApplyMethod == ApplyMethods.ServerSide, force || action.Options.ForceConflicts, liveCounts: action is { Kind: ActionKind.Install, Options.TakeOwnership: true }, action.Options.ForceReplace);

    private async Task CreateNamespaceAsync(string ns, CancellationToken cancellation)
    {
        var item = new KubeObject(new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "Namespace",
            ["metadata"] = new JsonObject { ["name"] = ns, ["labels"] = new JsonObject { ["name"] = ns } },
        });
        if (await client.GetAsync(item.Ref, cancellation) is null)
        {
            await GuardAsync(cancellation);
            await client.ApplyAsync(item, ObjectWriter.Manager, force: false, dryRun: false, cancellation);
            observer.OnEvent(new ResourceApplied(item.Ref, "created"));
        }
    }

    // Before the new revision comes the oldest goes; the deployed one always stays.
    private async Task PruneHistoryAsync(PreparedAction action, IReadOnlyList<StoredRelease> history, CancellationToken cancellation)
    {
        var most = action.Options.HistoryMax;
        if (most <= 0 || history.Count < most)
        {
            return;
        }

        foreach (var old in history.Where(h => h.Release.Info.Status != ReleaseStatus.Deployed).Take(history.Count - most + 1))
        {
            await GuardAsync(cancellation);
            await store.DeleteAsync(old, cancellation);
        }
    }

    private async Task CrdsAsync(PreparedAction action, CancellationToken cancellation)
    {
        if (action.Crds.Count == 0)
        {
            return;
        }

        Started(HelmPhase.Crds);
        var targets = new List<ObjectRef>();
        foreach (var file in action.Crds)
        {
            foreach (var content in ManifestSplitter.Documents(Templating.GoBytes.ToText(file.Data.Span)))
            {
                foreach (var item in await ManifestObjects.ObjectsAsync(client, content, "", cancellation))
                {
                    await GuardAsync(cancellation);
                    await client.ApplyAsync(item, ObjectWriter.Manager, force: false, dryRun: false, cancellation);
                    observer.OnEvent(new ResourceApplied(item.Ref, "configured"));
                    targets.Add(item.Ref);
                }
            }
        }

        var result = await new Waiter(client, observer, time).WaitAsync(action.Target.Namespace, targets, Left(TimeSpan.FromSeconds(60)), action.Options.Grace, cancellation);
        if (!result.Ready)
        {
            throw new HelmException($"CRDs are not established: {result.Message}");
        }

        Ended(HelmPhase.Crds);
    }

    private async Task ApplyAsync(PreparedAction action, Release target, ObjectSet set, ObjectWaves waves, CancellationToken cancellation)
    {
        Started(HelmPhase.Apply);
        await waves.WriteAsync(Writer(action), set.Objects, set.Before, set.Live, cancellation);
        foreach (var item in InstallOrder.ForUninstall(set.Removed, o => o.Kind))
        {
            var live = await client.GetAsync(item.Ref, cancellation);
            if (live is null)
            {
                continue;
            }

            if (live.Annotation("helm.sh/resource-policy") == "keep")
            {
                observer.OnEvent(new ResourceApplied(item.Ref, "kept"));
                continue;
            }

            await DeleteAsync(item.Ref, cancellation);
        }

        Ended(HelmPhase.Apply);
    }

    // Everything that still counts as deployed; usually one, whose record was read at the start.
    private async Task SupersedeAsync(Release target, IReadOnlyList<StoredRelease> history, CancellationToken cancellation)
    {
        foreach (var read in history.Where(h => h.Release.Version != target.Version && h.Release.Info.Status == ReleaseStatus.Deployed))
        {
            for (var (old, attempt) = (read, 0); ; attempt++)
            {
                await GuardAsync(cancellation);
                try
                {
                    await store.UpdateAsync(old, old.Release with { Info = old.Release.Info with { Status = ReleaseStatus.Superseded } }, old.Annotations, cancellation);
                    break;
                }
                catch (KubeException error) when (error.Code is 404 or 409 && attempt < 5)
                {
                    // Somebody put a label on it, or removed it.
                    var fresh = (await store.HistoryAsync(target.Namespace, target.Name, cancellation)).FirstOrDefault(h => h.Release.Version == read.Release.Version);
                    if (fresh is null || fresh.Release.Info.Status != ReleaseStatus.Deployed)
                    {
                        break;
                    }

                    old = fresh;
                }
            }
        }
    }

    private async Task CleanUpAsync(IReadOnlyCollection<ObjectRef> created, CancellationToken cancellation)
    {
        foreach (var target in created.Reverse())
        {
            await DeleteAsync(target, cancellation);
        }
    }

    private async Task<Deletion> DeleteAsync(ObjectRef target, CancellationToken cancellation, Propagation propagation = Propagation.Background)
    {
        await GuardAsync(cancellation);
        var deletion = await client.DeleteObjectAsync(target, propagation, cancellation);
        if (deletion != Deletion.NotFound)
        {
            observer.OnEvent(new ResourceApplied(target, "deleted"));
        }

        return deletion;
    }

    private async Task<Release> HooksAsync(PreparedAction action, Release release, string hookEvent, HelmPhase phase, CancellationToken cancellation)
    {
        var hooks = release.Hooks.Where(h => h.Events.Contains(hookEvent) && (hookEvent != "test" || IsAskedFor(h.Name, action.Options))).OrderBy(h => h.Weight).ThenBy(h => h.Name, StringComparer.Ordinal).ToArray();
        if (action.Options.NoHooks || hooks.Length == 0)
        {
            return release;
        }

        Started(phase);
        foreach (var hook in hooks)
        {
            release = await HookAsync(action, release, hook, hookEvent, cancellation);
        }

        // Policy hook-succeeded acts when all hooks of the event have succeeded.
        foreach (var hook in hooks.Where(h => h.DeletePolicies.Contains("hook-succeeded")))
        {
            await DeleteHookAsync(release, hook, cancellation);
        }

        Ended(phase);
        return release;
    }

    private static bool IsAskedFor(string test, ActionOptions options) => (options.OnlyTests.Count == 0 || options.OnlyTests.Contains(test)) && !options.SkippedTests.Contains(test);

    private async Task<Release> HookAsync(PreparedAction action, Release release, Hook hook, string hookEvent, CancellationToken cancellation)
    {
        var item = (await ManifestObjects.ObjectsAsync(client, hook.Manifest, release.Namespace, cancellation))[0];
        var name = ActionProgress.Name(item.Ref.ToString(), hookEvent);
        if (_progress.HooksSucceeded.Contains(name))
        {
            return release;
        }

        var started = time.GetUtcNow();
        if (_progress.HooksFailed.Contains(name))
        {
            throw new HelmException($"{hookEvent} hooks failed: {item.Ref} failed before the interruption");
        }

        // After a crash: the dead process may have said that it begins and died before it created it. Then it is created now; what is there is its run.
        var begun = _progress.HooksStarted.Contains(name) ? await client.GetAsync(item.Ref, cancellation) : null;
        var live = begun ?? await CreateHookAsync(action, hook, item, hookEvent, cancellation);

        WaitResult result;
        await using (var logs = new LogFollower(client, observer, release.Namespace))
        {
            if (item.Kind is "Job" or "Pod")
            {
                logs.Start(live);
            }

            // A hook that runs keeps its own time: to go back while it is at work on data would be worse than to wait.
            result = await new Waiter(client, observer, time).WaitAsync(
                release.Namespace, [item.Ref], action.Options.Timeout, action.Options.Grace, cancellation, item.Kind switch { "Pod" => HookPod, "Job" => HookJob, _ => null });
        }

        observer.OnEvent(new HookEnded(item.Ref, hookEvent, result.Ready));
        _runs[(hook.Path, hook.Kind, hook.Name)] = new HookExecution(started, time.GetUtcNow(), result.Ready ? "Succeeded" : "Failed");
        if (result.Ready)
        {
            return WithRuns(release);
        }

        _cause = result.Cause ?? new FailureCause(item.Ref.ToString(), "HookFailed", $"hook {item.Ref} failed: {result.Message}", []);
        await KeepEvidenceAsync(live, cancellation);
        if (hook.DeletePolicies.Contains("hook-failed"))
        {
            await DeleteHookAsync(release, hook, cancellation);
        }

        throw new HelmException($"{hookEvent} hooks failed: {_cause.Text}");
    }

    // A hook that ran carries the policy that was followed, written or not, as Helm records it.
    private Release WithRuns(Release release) => release with
    {
        Hooks = [.. release.Hooks.Select(h => _runs.TryGetValue((h.Path, h.Kind, h.Name), out var run)
            ? h with { LastRun = run, DeletePolicies = h.DeletePolicies.Count > 0 ? h.DeletePolicies : ["before-hook-creation"] }
            : h)],
    };

    private async Task<KubeObject> CreateHookAsync(PreparedAction action, Hook hook, KubeObject item, string hookEvent, CancellationToken cancellation)
    {
        if (hook.DeletePolicies.Count == 0 || hook.DeletePolicies.Contains("before-hook-creation"))
        {
            if (await DeleteAsync(item.Ref, cancellation) == Deletion.Going)
            {
                await WaitGoneAsync([item.Ref], Left(action.Options.Timeout), cancellation);
            }
        }

        observer.OnEvent(new HookStarted(item.Ref, hookEvent));
        await GuardAsync(cancellation);
        try
        {
            return await client.ApplyAsync(item, ObjectWriter.Manager, force: true, dryRun: false, cancellation);
        }
        catch (KubeException error)
        {
            _cause = new FailureCause(item.Ref.ToString(), error.Reason, $"hook {item.Ref} was refused by the cluster: {error.Message}", [$"{error.Request}: {error.Code} {error.Reason}"]);
            throw new HelmException($"{hookEvent} hooks failed: warning: Hook {hookEvent} {hook.Path} failed: {error.Message}", error);
        }
    }

    // A hook pod is done when it has succeeded; Readiness would take "ready" for the end.
    private static ReadyState HookPod(KubeObject? pod) => pod?.Text("status", "phase") switch
    {
        "Succeeded" => new ReadyState(true, "succeeded", "succeeded"),
        "Failed" => new ReadyState(false, "succeeded", "failed", Failed: true),
        null => new ReadyState(false, "succeeded", "the pod is gone", Failed: true),
        var phase => new ReadyState(false, "succeeded", phase.Length > 0 ? phase : "Pending"),
    };

    // It was there when it was made: who deletes it before its end was seen leaves nothing to wait for.
    private static ReadyState HookJob(KubeObject? job) => job is null ? new ReadyState(false, "complete", "the job is gone, and nobody saw how it ended", Failed: true) : Readiness.Of(job);

    private async Task DeleteHookAsync(Release release, Hook hook, CancellationToken cancellation)
    {
        var item = (await ManifestObjects.ObjectsAsync(client, hook.Manifest, release.Namespace, cancellation))[0];
        await DeleteAsync(item.Ref, cancellation);
    }

    private async Task WaitAsync(PreparedAction action, Release target, IReadOnlyList<ObjectRef> targets, CancellationToken cancellation)
    {
        if (targets.Count == 0)
        {
            return;
        }

        var result = await new Waiter(client, observer, time).WaitAsync(target.Namespace, targets, Left(action.Options.Timeout), action.Options.Grace, cancellation, action.Options.WaitForJobs ? null : JobsStarted);
        if (result.Ready)
        {
            return;
        }

        if (action.Kind == ActionKind.Rollback && within is not null && result.Cause is null or { IsSlowStart: true })
        {
            // Its time was cut short, and all that is missing is time: what was deployed before is what is deployed now.
            observer.OnEvent(new HelmMessage(true, $"not everything is ready yet: {result.Message}"));
            return;
        }

        _cause = result.Cause;
        throw new HelmException(result.Message);
    }

    // The time-out of one wait, or what is left of the time for all of it.
    private TimeSpan Left(TimeSpan timeout)
    {
        if (within is not { } all)
        {
            return timeout;
        }

        var left = all - time.GetElapsedTime(_began);
        left = left > OneLook ? left : OneLook;
        return left < timeout ? left : timeout;
    }

    // Without --wait-for-jobs a job counts as soon as it is there and has not failed.
    private static ReadyState JobsStarted(KubeObject? item) => item is { Kind: "Job" } && Readiness.Of(item) is { Failed: false } job ? job with { Ready = true } : Readiness.Of(item);

    private Task WaitGoneAsync(IReadOnlyList<ObjectRef> targets, TimeSpan timeout, CancellationToken cancellation) =>
        new Waiter(client, observer, time).WaitGoneAsync(targets, timeout, cancellation);

    // What will be deleted or rolled back is said before it is gone: the last lines of the containers' logs.
    private async Task KeepEvidenceAsync(KubeObject owner, CancellationToken cancellation)
    {
        try
        {
            var pods = (await client.ListAsync("v1", "Pod", owner.Namespace, null, cancellation)).Where(p => owner.Kind == "Pod" ? p.Uid == owner.Uid : p.ControllerUid == owner.Uid);
            foreach (var pod in pods.Take(3))
            {
                foreach (var e in (await client.ListAsync("v1", "Event", owner.Namespace, null, cancellation)).Where(e => e.Text("involvedObject", "uid") == pod.Uid).TakeLast(5))
                {
                    observer.OnEvent(new HelmMessage(e.Text("type") == "Warning", $"{pod.Ref}: {e.Text("reason")}: {e.Text("message")}"));
                }
            }
        }
        catch (Exception error) when (error is KubeException or ClusterUnreachableException)
        {
            observer.OnEvent(new HelmMessage(true, $"events of {owner.Ref} could not be read: {error.Message}"));
        }
    }

    // Cut in the middle, the request may have arrived all the same: a record that nobody goes on with must not stay pending.
    private async Task<StoredRelease> CreateAsync(PreparedAction action, Release target, CancellationToken cancellation)
    {
        try
        {
            return await store.CreateAsync(target, Annotations(), cancellation);
        }
        catch (OperationCanceledException)
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
            var history = await store.HistoryAsync(target.Namespace, target.Name, limit.Token);
            if (history.LastOrDefault(h => h.Release.Version == target.Version && h.Release.Info.LastDeployed == target.Info.LastDeployed) is { } made)
            {
                observer.OnEvent(new RevisionRecorded(target.Version));
                await RecordFailureAsync(made, target with { Info = target.Info with { Status = ReleaseStatus.Failed, Description = $"{Word(action.Kind)} \"{target.Name}\" failed: cancelled" } });
            }

            throw;
        }
    }

    private async Task RecordFailureAsync(StoredRelease stored, Release failed)
    {
        // The caller's token may be cancelled: the record must not stay pending for that.
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        await GuardAsync(limit.Token);
        try
        {
            await store.UpdateAsync(stored, failed, Annotations(), limit.Token);
        }
        catch (KubeException error) when (error.Code == 409)
        {
            throw new FenceLostException($"somebody else wrote revision {failed.Version}", error);
        }
    }

    private Dictionary<string, string> Annotations() => guard is null
        ? []
        : new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["portal.iomete.com/operation"] = guard.Owner,
            ["portal.iomete.com/fence"] = guard.Fence.ToString(System.Globalization.CultureInfo.InvariantCulture),
        };

    private ValueTask GuardAsync(CancellationToken cancellation) => guard?.EnsureHeldAsync(cancellation) ?? ValueTask.CompletedTask;

    private static string Description(PreparedAction action) => action.Options.Description.Length > 0 ? action.Options.Description : action.Kind switch
    {
        ActionKind.Install => "Install complete",
        ActionKind.Rollback => action.Target.Info.Description,
        _ => "Upgrade complete",
    };

    private static (string Pre, string Post) Events(ActionKind kind) => kind switch
    {
        ActionKind.Install => ("pre-install", "post-install"),
        ActionKind.Rollback => ("pre-rollback", "post-rollback"),
        _ => ("pre-upgrade", "post-upgrade"),
    };

    private static string Word(ActionKind kind) => kind == ActionKind.Install ? "Release" : kind.ToString();

    private void Started(HelmPhase phase) => observer.OnEvent(new PhaseStarted(phase));

    private void Ended(HelmPhase phase) => observer.OnEvent(new PhaseEnded(phase));
}
