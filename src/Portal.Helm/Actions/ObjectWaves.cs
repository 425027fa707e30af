using System.Collections.Concurrent;
using Portal.Helm.Kube;

namespace Portal.Helm.Actions;

/// <summary>
/// Writes the objects of a manifest: kind after kind in its order, several of one kind at once. What was refused first stops the kinds after it;
/// every refusal of its own kind is told.
/// </summary>
internal sealed class ObjectWaves(IHelmObserver observer, IActionGuard? guard, TimeProvider time, TimeSpan grace)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);
    private readonly ConcurrentQueue<ObjectRef> _created = new();

    /// <summary>The first refusal, once there is one.</summary>
    public FailureCause? Cause { get; private set; }

    /// <summary>What was not there before.</summary>
    public IReadOnlyCollection<ObjectRef> Created => _created;

    /// <summary>Writes all; the answers are in the order of the objects.</summary>
    /// <exception cref="HelmException">Refused by the cluster.</exception>
    public async Task<IReadOnlyList<KubeObject>> WriteAsync(
        ObjectWriter writer, IReadOnlyList<KubeObject> objects, IReadOnlyDictionary<ObjectRef, KubeObject> before, LiveObjects live, CancellationToken cancellation)
    {
        var answers = new KubeObject[objects.Count];
        var start = 0;
        while (start < objects.Count)
        {
            var end = start + 1;
            while (end < objects.Count && objects[end].Kind == objects[start].Kind)
            {
                end++;
            }

            var refusals = new ConcurrentBag<(int At, KubeObject Item, Exception Error)>();
            await Parallel.ForEachAsync(Enumerable.Range(start, end - start), new ParallelOptions { MaxDegreeOfParallelism = LiveObjects.Width, CancellationToken = cancellation }, async (at, stop) =>
            {
                var item = objects[at];
                try
                {
                    answers[at] = await OneAsync(writer, item, before.GetValueOrDefault(item.Ref), live[item.Ref], stop);
                }
                catch (Exception error) when (error is KubeException or PatchException)
                {
                    refusals.Add((at, item, error));
                }
            });
            if (!refusals.IsEmpty)
            {
                throw Refused([.. refusals.OrderBy(r => r.At).Select(r => (r.Item, r.Error))]);
            }

            start = end;
        }

        return answers;
    }

    private async Task<KubeObject> OneAsync(ObjectWriter writer, KubeObject item, KubeObject? before, KubeObject? known, CancellationToken cancellation)
    {
        FailureCause? cause = null;
        var since = time.GetTimestamp();
        while (true)
        {
            await (guard?.EnsureHeldAsync(cancellation) ?? ValueTask.CompletedTask);
            try
            {
                var after = await writer.WriteAsync(item, before, known, dryRun: false, cancellation);
                if (cause is not null)
                {
                    observer.OnEvent(new CauseCleared(cause));
                }

                if (known is null)
                {
                    _created.Enqueue(item.Ref);
                }

                observer.OnEvent(new ResourceApplied(item.Ref, known is null ? "created" : known.ResourceVersion == after.ResourceVersion ? "unchanged" : "configured"));
                return after;
            }
            catch (KubeException error) when (MayPass(error) && time.GetElapsedTime(since) < grace)
            {
                // A webhook's own pods may just be restarting.
                if (cause is null)
                {
                    cause = new FailureCause(item.Ref.ToString(), "WebhookUnavailable", $"{item.Ref} waits for an admission webhook: {error.Message}", [Evidence(error)]);
                    observer.OnEvent(new CauseFound(cause));
                }

                await Task.Delay(Pause, time, cancellation);
            }
        }
    }

    // "Internal error occurred: failed calling webhook": it could not be asked. One that answers and denies (403) has decided.
    private static bool MayPass(KubeException error) => error.Code == 500 && error.Message.Contains("failed calling webhook", StringComparison.Ordinal);

    private HelmException Refused(IReadOnlyList<(KubeObject Item, Exception Error)> refusals)
    {
        var (first, error) = refusals[0];
        Cause = error is KubeException refusal
            ? new FailureCause(first.Ref.ToString(), refusal.Reason, $"{first.Ref} was refused by the cluster: {refusal.Message}", [.. refusals.Select(r => r.Error).OfType<KubeException>().Select(Evidence)])
            : new FailureCause(first.Ref.ToString(), "InvalidManifest", $"{first.Ref} cannot be patched: {error.Message}", []);
        return new HelmException(string.Join(" && ", refusals.Select(r => Text(r.Item, r.Error))), error);
    }

    private static string Text(KubeObject item, Exception error) => error is KubeException { Code: 409 }
        ? $"conflict occurred while applying object {item.Namespace}/{item.Name} {item.ApiVersion}, Kind={item.Kind}: {error.Message}"
        : $"{item.Ref} was refused by the cluster: {error.Message}";

    private static string Evidence(KubeException error) => $"{error.Request}: {error.Code} {error.Reason}";
}
