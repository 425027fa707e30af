using Portal.Helm.Kube;

namespace Portal.Helm.Actions;

/// <summary>How waiting ended.</summary>
internal sealed record WaitResult(bool Ready, string Message, FailureCause? Cause);

/// <summary>
/// Waits until objects are ready and says meanwhile what it waits for and what stands in the way. Ends early for what cannot get better,
/// or when one cause stands longer than the grace (twice the grace for a missing node or volume, and for a busy registry). A slow start is told and ends nothing. A cluster that does not answer for a while is waited for as well; the time-out counts on.
/// </summary>
internal sealed class Waiter(KubeClient client, IHelmObserver observer, TimeProvider time)
{
    // What is ready at once costs no look at pods and events.
    private static readonly TimeSpan DetailsAfter = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Forever = TimeSpan.FromMinutes(10);

    // Most containers are ready by then: only of the others people want to know what they wait for.
    private static readonly TimeSpan SlowAfter = TimeSpan.FromSeconds(8);

    private readonly Dictionary<ObjectRef, WaitingRow> _rows = [];
    private readonly Dictionary<ObjectRef, string?> _warnings = [];
    private FailureCause? _cause;
    private long _causeSince;
    private FailureCause? _slow;
    private long _slowSince;
    private string? _slowTold;
    private string _reported = "";
    private bool _away;

    /// <summary>Waits for all targets. The rule says when one is ready; without it, Readiness does. A job that ended and is gone counts as it ended.</summary>
    public Task<WaitResult> WaitAsync(string ns, IReadOnlyList<ObjectRef> targets, TimeSpan timeout, TimeSpan grace, CancellationToken cancellation, Func<KubeObject?, ReadyState>? rule = null) =>
        WaitAsync(ns, targets, timeout, grace, rule ?? Readiness.Of, s => [.. s.Ended, .. s.Objects], cancellation);

    private async Task<WaitResult> WaitAsync(
        string ns, IReadOnlyList<ObjectRef> targets, TimeSpan timeout, TimeSpan grace, Func<KubeObject?, ReadyState> rule, Func<ClusterSnapshot, IReadOnlyList<KubeObject>> known, CancellationToken cancellation)
    {
        var started = time.GetTimestamp();
        await using var watch = new ClusterWatch(client, targets, cancellation);
        while (true)
        {
            var elapsed = time.GetElapsedTime(started);
            await watch.ChangedAsync(Pause(watch, elapsed, timeout, grace), time, cancellation);
            Answering(watch.Away);
            if (watch is { Complete: true, Away: null } && watch.Snapshot() is var snapshot && await LookAsync(snapshot, known(snapshot), targets, rule, cancellation) is { } end)
            {
                return end;
            }

            elapsed = time.GetElapsedTime(started);
            if (elapsed > DetailsAfter && watch.Complete)
            {
                watch.WatchDetails(_rows.Keys.Select(t => t.Namespace).Append(ns).Where(n => n.Length > 0).Distinct());
            }

            if (_cause is not null && watch.Away is null && grace >= TimeSpan.Zero && time.GetElapsedTime(_causeSince) >= GraceOf(_cause, grace))
            {
                return new WaitResult(false, _cause.Text, _cause);
            }

            if (elapsed >= timeout)
            {
                var first = _rows.Values.OrderBy(r => r.Since).FirstOrDefault();
                var text = watch.Away ?? (first is null ? "context deadline exceeded" : $"resource {Name(first.Object)} not ready. status: InProgress, message: {first.Have}{(_warnings.GetValueOrDefault(first.Object) is { } warning ? $" ({warning})" : "")}");
                return new WaitResult(false, $"timed out after {timeout.TotalSeconds:0} s: {_cause?.Text ?? _slow?.Text ?? text}", _cause ?? _slow);
            }
        }
    }

    /// <summary>Waits until none of the objects is there any more.</summary>
    /// <exception cref="HelmException">Some are still there when the time is over.</exception>
    public async Task WaitGoneAsync(IReadOnlyList<ObjectRef> targets, TimeSpan timeout, CancellationToken cancellation)
    {
        var left = new List<ObjectRef>();
        foreach (var target in targets)
        {
            if (await client.GetAsync(target, cancellation) is not null)
            {
                left.Add(target);
            }
        }

        if (left.Count == 0)
        {
            return;
        }

        var result = await WaitAsync("", left, timeout, Timeout.InfiniteTimeSpan, item => new ReadyState(item is null, "gone", "being deleted"), s => s.Objects, cancellation);
        if (!result.Ready)
        {
            throw new HelmException($"{_rows.Values.First().Object} is still there after {timeout.TotalSeconds:0} s");
        }
    }

    private TimeSpan Pause(ClusterWatch watch, TimeSpan elapsed, TimeSpan timeout, TimeSpan grace)
    {
        var pause = timeout - elapsed;
        if (_cause is not null && watch.Away is null && grace >= TimeSpan.Zero)
        {
            pause = Shorter(pause, GraceOf(_cause, grace) - time.GetElapsedTime(_causeSince));
        }

        if (_slow is not null && _slowTold is null)
        {
            pause = Shorter(pause, SlowAfter - time.GetElapsedTime(_slowSince));
        }

        return Shorter(Shorter(pause, Forever), elapsed < DetailsAfter ? DetailsAfter : Forever);
    }

    private static TimeSpan GraceOf(FailureCause cause, TimeSpan grace) => cause.WaitsForInfrastructure ? grace * 2 : grace;

    private static TimeSpan Shorter(TimeSpan one, TimeSpan other) => one < other ? one : other;

    private async Task<WaitResult?> LookAsync(ClusterSnapshot snapshot, IReadOnlyList<KubeObject> known, IReadOnlyList<ObjectRef> targets, Func<KubeObject?, ReadyState> rule, CancellationToken cancellation)
    {
        var live = known.ToDictionary(o => o.Ref);
        var waiting = new List<WaitingRow>();
        var notReady = new List<KubeObject>();
        foreach (var target in targets)
        {
            var item = live.GetValueOrDefault(target);
            var state = rule(item);
            if (state.Ready)
            {
                _rows.Remove(target);
                continue;
            }

            if (item is not null)
            {
                notReady.Add(item);
            }

            var row = _rows.TryGetValue(target, out var old) && old.Have == state.Have ? old : new WaitingRow(target, state.Want, state.Have, time.GetUtcNow(), null);
            _rows[target] = row = row with { LastEvent = item is null ? null : LastEvent(snapshot, item) };
            _warnings[target] = item is null ? null : LastEvent(snapshot, item, "Warning");
            waiting.Add(row);
            if (state.Failed)
            {
                Report(waiting);
                await SetCauseAsync(item is not null && FailureCause.Find(snapshot, [item]) is { IsSlowStart: false } why ? why : null, cancellation);
                return new WaitResult(false, $"resource {Name(target)} not ready. status: Failed, message: {state.Have}", _cause);
            }
        }

        Report(waiting);
        var found = FailureCause.Find(snapshot, notReady);
        await SetCauseAsync(found is { IsSlowStart: false } ? found : null, cancellation);
        SetSlow(found is { IsSlowStart: true } ? found : null);
        return waiting.Count == 0 ? new WaitResult(true, "", null) : null;
    }

    private void Answering(string? away)
    {
        if (away is not null && !_away)
        {
            observer.OnEvent(new HelmMessage(true, $"the cluster does not answer, waiting for it: {away}"));
        }
        else if (away is null && _away)
        {
            // While nobody could look, nothing could be seen to get better.
            _causeSince = time.GetTimestamp();
            observer.OnEvent(new HelmMessage(false, "the cluster answers again"));
        }

        _away = away is not null;
    }

    private async Task SetCauseAsync(FailureCause? found, CancellationToken cancellation)
    {
        found = await FailureEvidence.CompleteAsync(client, found, _cause, cancellation);
        if (found is null)
        {
            if (_cause is not null)
            {
                observer.OnEvent(new CauseCleared(_cause));
            }
        }
        else if (!found.IsSameAs(_cause))
        {
            // One failing image changes between ErrImagePull and ImagePullBackOff: the grace goes on for the same object.
            if (_cause is null || _cause.Object != found.Object)
            {
                _causeSince = time.GetTimestamp();
            }

            observer.OnEvent(new CauseFound(found));
        }

        _cause = found;
    }

    // Told once it has lasted, and again when another pod or another answer of its probe is meant; a real cause takes its place without a word.
    private void SetSlow(FailureCause? found)
    {
        if (found is null)
        {
            if (_slow is not null && _slowTold is not null && _cause is null)
            {
                observer.OnEvent(new CauseCleared(_slow));
            }

            (_slow, _slowTold) = (null, null);
            return;
        }

        if (_slow is null)
        {
            _slowSince = time.GetTimestamp();
        }

        _slow = found;
        if (_slowTold != found.Text && time.GetElapsedTime(_slowSince) >= SlowAfter)
        {
            _slowTold = found.Text;
            observer.OnEvent(new CauseFound(found));
        }
    }

    private void Report(List<WaitingRow> rows)
    {
        var text = string.Join('\n', rows.Select(r => $"{r.Object} {r.Have} {r.LastEvent}"));
        if (text != _reported)
        {
            _reported = text;
            observer.OnEvent(new WaitingFor(rows));
        }
    }

    private static string Name(ObjectRef target) => $"{target.Kind}/{target.Namespace}/{target.Name}";

    private static string? LastEvent(ClusterSnapshot snapshot, KubeObject item, string? type = null)
    {
        var newest = snapshot.PodsOf(item, newestOnly: true).SelectMany(snapshot.EventsOf).Concat(snapshot.EventsOf(item))
            .Where(e => type is null || e.Text("type") == type)
            .MaxBy(e => e.Time("lastTimestamp") ?? e.CreatedAt);
        return newest is null ? null : $"{newest.Text("reason")}: {newest.Text("message")}";
    }
}
