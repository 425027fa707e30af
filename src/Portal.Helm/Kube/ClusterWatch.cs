using System.Threading.Channels;

namespace Portal.Helm.Kube;

/// <summary>Given objects as they are live, and, once asked for, what they make and what is said about it: pods, replica sets, claims, events.</summary>
internal sealed class ClusterWatch : IAsyncDisposable
{
    // Changes come in swarms: a moment's patience makes one look out of many.
    private static readonly TimeSpan Swarm = TimeSpan.FromMilliseconds(50);

    private readonly KubeClient _client;
    private readonly HashSet<ObjectRef> _targets;
    private readonly Channel<bool> _changes = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly CancellationTokenSource _stop;
    private readonly List<(KindWatch Watch, Task Running)> _objects = [];
    private readonly List<(string Kind, KindWatch Watch, Task Running)> _details = [];

    public ClusterWatch(KubeClient client, IEnumerable<ObjectRef> targets, CancellationToken cancellation)
    {
        _client = client;
        _targets = [.. targets];
        _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        foreach (var group in _targets.GroupBy(t => (t.ApiVersion, t.Kind, t.Namespace)))
        {
            var only = group.Count() == 1 ? $"metadata.name={group.First().Name}" : null;
            var watch = new KindWatch(client, new KindScope(group.Key.ApiVersion, group.Key.Kind, group.Key.Namespace, Fields: only));
            _objects.Add((watch, RunAsync(watch)));
        }
    }

    /// <summary>Every object was looked at once.</summary>
    public bool Complete => _objects.TrueForAll(o => o.Watch.Listed);

    /// <summary>The same of the details.</summary>
    public bool DetailsComplete => _details.Count > 0 && _details.TrueForAll(d => d.Watch.Listed || d.Running.IsCompleted);

    /// <summary>Why the cluster cannot be asked; null while it can.</summary>
    public string? Away => _objects.Select(o => o.Watch.Away).FirstOrDefault(a => a is not null);

    /// <summary>Looks at pods, replica sets, claims and events of these namespaces as well.</summary>
    public void WatchDetails(IEnumerable<string> namespaces)
    {
        if (_details.Count > 0)
        {
            return;
        }

        foreach (var ns in namespaces)
        {
            foreach (var (apiVersion, kind) in new[] { ("v1", "Pod"), ("apps/v1", "ReplicaSet"), ("v1", "PersistentVolumeClaim"), ("v1", "Event") })
            {
                var watch = new KindWatch(_client, new KindScope(apiVersion, kind, ns));
                _details.Add((kind, watch, RunAsync(watch)));
            }
        }
    }

    /// <summary>Waits for a change, but not longer than this.</summary>
    /// <exception cref="KubeException">The objects may not be looked at.</exception>
    public async Task ChangedAsync(TimeSpan atMost, TimeProvider time, CancellationToken cancellation)
    {
        using var limit = new CancellationTokenSource(atMost > TimeSpan.Zero ? atMost : TimeSpan.FromMilliseconds(1), time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
        try
        {
            await _changes.Reader.ReadAsync(either.Token);
            await Task.Delay(Swarm, either.Token);
            _changes.Reader.TryRead(out _);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            // Nothing happened for that long.
        }

        foreach (var (_, running) in _objects.Where(o => o.Running.IsFaulted))
        {
            await running;
        }
    }

    public ClusterSnapshot Snapshot()
    {
        IReadOnlyList<KubeObject> Ours(Func<KindWatch, IReadOnlyList<KubeObject>> which) => [.. _objects.SelectMany(o => which(o.Watch)).Where(i => _targets.Contains(i.Ref))];
        IReadOnlyList<KubeObject> Of(string kind) => [.. _details.Where(d => d.Kind == kind).SelectMany(d => d.Watch.Items)];
        return new ClusterSnapshot(Ours(w => w.Items), Of("Pod"), Of("ReplicaSet"), Of("PersistentVolumeClaim"), Of("Event")) { Ended = Ours(w => w.Ended) };
    }

    private async Task RunAsync(KindWatch watch)
    {
        try
        {
            await watch.RunAsync(() => _changes.Writer.TryWrite(true), _stop.Token);
        }
        finally
        {
            _changes.Writer.TryWrite(true);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        // Details that may not be read have failed: causes are then simply not found.
        await Task.WhenAll([.. _objects.Select(o => o.Running), .. _details.Select(d => d.Running)]).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }
}
