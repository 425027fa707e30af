using Portal.Helm.Kube;

namespace Portal.Helm.Actions;

/// <summary>How waiting ended.</summary>
internal sealed record WaitResult(bool Ready, string Message, FailureCause? Cause);

/// <summary>
/// Waits until objects are ready and says meanwhile what it waits for and what stands in the way. Ends early for what cannot get better,
/// or when one cause stands longer than the grace (twice the grace for a missing node or volume). A cluster that does not answer for a while is waited for as well.
/// </summary>
internal sealed class Waiter(KubeClient client, IHelmObserver observer, TimeProvider time)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    public async Task<WaitResult> WaitAsync(string ns, IReadOnlyList<ObjectRef> targets, TimeSpan timeout, TimeSpan grace, CancellationToken cancellation)
    {
        var started = time.GetTimestamp();
        var rows = new Dictionary<ObjectRef, WaitingRow>();
        FailureCause? cause = null;
        var causeSince = started;
        var reported = "";
        while (true)
        {
            IReadOnlyList<KubeObject> notReady = [];
            ClusterSnapshot? snapshot = null;
            try
            {
                snapshot = await ClusterSnapshot.ReadAsync(client, ns, targets, cancellation);
                var live = snapshot.Objects.ToDictionary(o => o.Ref);
                var waiting = new List<WaitingRow>();
                var missing = new List<KubeObject>();
                foreach (var target in targets)
                {
                    var item = live.GetValueOrDefault(target);
                    var state = Readiness.Of(item);
                    if (state.Ready)
                    {
                        rows.Remove(target);
                        continue;
                    }

                    if (item is not null)
                    {
                        missing.Add(item);
                    }

                    var row = rows.TryGetValue(target, out var old) && old.Have == state.Have
                        ? old
                        : new WaitingRow(target, state.Want, state.Have, time.GetUtcNow(), null);
                    rows[target] = row = row with { LastEvent = item is null ? null : LastEvent(snapshot, item) };
                    waiting.Add(row);
                    if (state.Failed)
                    {
                        Report(waiting, ref reported);
                        var failed = item is null ? null : FailureCause.Find(snapshot, [item]);
                        SetCause(ref cause, ref causeSince, await FailureEvidence.CompleteAsync(client, failed, cause, cancellation));
                        return new WaitResult(false, $"resource {target.Kind}/{target.Namespace}/{target.Name} not ready. status: Failed, message: {state.Have}", cause);
                    }
                }

                notReady = missing;
                Report(waiting, ref reported);
                if (waiting.Count == 0)
                {
                    SetCause(ref cause, ref causeSince, null);
                    return new WaitResult(true, "", null);
                }
            }
            catch (Exception error) when (error is ClusterUnreachableException or KubeException { Code: 429 or >= 500 })
            {
                observer.OnEvent(new HelmMessage(true, $"the cluster does not answer, waiting for it: {error.Message}"));
                await Task.Delay(TimeSpan.FromSeconds(2), time, cancellation);
            }

            if (snapshot is not null)
            {
                SetCause(ref cause, ref causeSince, await FailureEvidence.CompleteAsync(client, FailureCause.Find(snapshot, notReady), cause, cancellation));
                if (cause is not null && time.GetElapsedTime(causeSince) > (cause.WaitsForInfrastructure ? grace * 2 : grace))
                {
                    return new WaitResult(false, cause.Text, cause);
                }
            }

            if (time.GetElapsedTime(started) > timeout)
            {
                var first = rows.Values.OrderBy(r => r.Since).FirstOrDefault();
                var text = first is null ? "context deadline exceeded" : $"resource {first.Object.Kind}/{first.Object.Namespace}/{first.Object.Name} not ready. status: InProgress, message: {first.Have}{(first.LastEvent is null ? "" : $" ({first.LastEvent})")}";
                return new WaitResult(false, $"timed out after {timeout.TotalSeconds:0} s: {cause?.Text ?? text}", cause);
            }

            await Task.Delay(Interval, time, cancellation);
        }
    }

    private void SetCause(ref FailureCause? cause, ref long since, FailureCause? found)
    {
        if (found is null)
        {
            if (cause is not null)
            {
                observer.OnEvent(new CauseCleared(cause));
            }

            cause = null;
        }
        else if (!found.IsSameAs(cause))
        {
            // One failing image changes between ErrImagePull and ImagePullBackOff: the grace goes on for the same object.
            if (cause is null || cause.Object != found.Object)
            {
                since = time.GetTimestamp();
            }

            cause = found;
            observer.OnEvent(new CauseFound(found));
        }
        else
        {
            cause = found;
        }
    }

    private void Report(List<WaitingRow> rows, ref string reported)
    {
        var text = string.Join('\n', rows.Select(r => $"{r.Object} {r.Have} {r.LastEvent}"));
        if (text != reported)
        {
            reported = text;
            observer.OnEvent(new WaitingFor(rows));
        }
    }

    private static string? LastEvent(ClusterSnapshot snapshot, KubeObject item)
    {
        var newest = snapshot.PodsOf(item, newestOnly: true).SelectMany(snapshot.EventsOf).Concat(snapshot.EventsOf(item))
            .MaxBy(e => e.Time("lastTimestamp") ?? e.CreatedAt);
        return newest is null ? null : $"{newest.Text("reason")}: {newest.Text("message")}";
    }
}
