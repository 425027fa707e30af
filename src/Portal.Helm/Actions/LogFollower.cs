using System.Globalization;
using Portal.Helm.Kube;

namespace Portal.Helm.Actions;

/// <summary>Streams the logs of the pods of one object while it runs, each line once.</summary>
internal sealed class LogFollower(KubeClient client, IHelmObserver observer, string ns) : IAsyncDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    // Fails in a row after which a log is not waited for once its object has ended.
    private const int Hopeless = 4;
    private static readonly TimeSpan Behind = TimeSpan.FromSeconds(1);
    private readonly CancellationTokenSource _stop = new();
    private readonly Dictionary<string, Task> _followed = new(StringComparer.Ordinal);
    private Task _watching = Task.CompletedTask;
    private KubeObject? _owner;
    private KindScope? _scope;
    private KindWatch? _pods;
    private volatile bool _ending;

    /// <summary>Begins to follow the pods of an object as they appear.</summary>
    public void Start(KubeObject owner) => _watching = WatchAsync(owner);

    private async Task WatchAsync(KubeObject owner)
    {
        _scope = owner.Kind == "Pod" ? new KindScope("v1", "Pod", ns, Fields: $"metadata.name={owner.Name}") : new KindScope("v1", "Pod", ns, Labels: $"job-name={owner.Name}");
        _owner = owner;
        _pods = new KindWatch(client, _scope);
        try
        {
            await _pods.RunAsync(() => Look(_pods.Items), _stop.Token);
        }
        catch (KubeException error)
        {
            observer.OnEvent(new HelmMessage(true, $"logs of {owner.Ref} cannot be followed: {error.Message}"));
        }
    }

    private void Look(IEnumerable<KubeObject> pods)
    {
        lock (_followed)
        {
            foreach (var pod in pods.Where(p => _owner!.Kind == "Pod" ? p.Uid == _owner.Uid : p.ControllerUid == _owner.Uid))
            {
                if (pod.Text("status", "phase") is "Running" or "Succeeded" or "Failed" && !_followed.ContainsKey(pod.Uid))
                {
                    _followed[pod.Uid] = FollowAsync(_owner!, pod);
                }
            }
        }
    }

    private Task FollowAsync(KubeObject owner, KubeObject pod) => Task.WhenAll(pod.List("spec", "containers").Select(c => FollowAsync(owner, pod, c.Text("name"))));

    // A stream that breaks is opened again at the second where it broke; what both have of that second is told once. A container that is started again
    // begins a log of its own.
    private async Task FollowAsync(KubeObject owner, KubeObject pod, string container)
    {
        DateTimeOffset? since = null;
        var (run, told) = (0, 0);
        var (fails, said) = (0, "");
        try
        {
            while (true)
            {
                try
                {
                    var skip = told;
                    await foreach (var text in client.LogsAsync(ns, pod.Name, container, follow: true, since: since, cancellation: _stop.Token))
                    {
                        if (skip-- > 0)
                        {
                            continue;
                        }

                        (fails, said) = (0, "");
                        var line = Line($"{owner.Ref}", text) with { Pod = pod.Name, Container = container };
                        var second = DateTimeOffset.FromUnixTimeSeconds(line.At.ToUnixTimeSeconds());
                        (since, told) = (second, second == since ? told + 1 : 1);
                        observer.OnEvent(line);
                    }

                    if (await NextRunAsync(pod, container, run) is not { } next)
                    {
                        return;
                    }

                    if (next != run)
                    {
                        (run, since, told) = (next, null, 0);
                    }
                }
                catch (Exception error) when (error is ClusterUnreachableException or HttpRequestException or IOException or KubeException { Code: 429 or >= 500 })
                {
                    // Where nobody can reach a node's kubelet every try ends so: told once, and tried ever less often, not after the end.
                    if (error.Message != said)
                    {
                        said = error.Message;
                        observer.OnEvent(new HelmMessage(true, $"log of {pod.Ref} cannot be read now, it is opened again: {error.Message}"));
                    }

                    if (++fails >= Hopeless && _ending)
                    {
                        return;
                    }
                }

                await WaitAsync(fails);
            }
        }
        catch (OperationCanceledException)
        {
            // Stopped: the object has ended.
        }
        catch (KubeException error)
        {
            observer.OnEvent(new HelmMessage(true, $"log of {pod.Ref} ended early: {error.Message}"));
        }
    }

    // Ever longer with the fails in a row, and cut short by the object's end: what is left of its log is read then.
    private async Task WaitAsync(int fails)
    {
        var pause = TimeSpan.FromTicks(Math.Min(Pause.Ticks << Math.Min(fails, 10), LongestPause.Ticks));
        for (var waited = TimeSpan.Zero; waited < (_ending ? Pause : pause); waited += Pause)
        {
            await Task.Delay(Pause, _stop.Token);
        }
    }

    // The number of the run whose log can be read on or anew; null when there will be none. What is watched may lie behind the log's end: for a moment
    // the same run is not believed.
    private async Task<int?> NextRunAsync(KubeObject pod, string container, int run)
    {
        for (var waited = TimeSpan.Zero; ; waited += Pause)
        {
            var live = _pods!.Items.FirstOrDefault(p => p.Uid == pod.Uid);
            var status = live?.List("status", "containerStatuses").FirstOrDefault(c => c.Text("name") == container);
            if (live is null || status is null || live.Text("status", "phase") is "Succeeded" or "Failed")
            {
                return null;
            }

            var restarts = status.Int("restartCount") ?? 0;
            if (restarts != run || (status["state", "running"] is not null && waited >= Behind))
            {
                return restarts;
            }

            await Task.Delay(Pause, _stop.Token);
        }
    }

    /// <summary>"2026-01-01T00:00:00.1Z text": the pod's time stamp is cut off and kept.</summary>
    internal static ContainerLine Line(string source, string line)
    {
        var blank = line.IndexOf(' ', StringComparison.Ordinal);
        return blank > 0 && DateTimeOffset.TryParse(line.AsSpan(0, blank), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at)
            ? new ContainerLine(source, line[(blank + 1)..], at)
            : new ContainerLine(source, line, DateTimeOffset.UtcNow);
    }

    /// <summary>Looks once more unless the one pod is followed already, lets the streams of ended containers run out, then stops.</summary>
    public async ValueTask DisposeAsync()
    {
        _ending = true;
        if (_scope is not null && !(_owner!.Kind == "Pod" && Following().Length > 0))
        {
            try
            {
                // The job's end may have been told before its pod's.
                Look((await client.ListFromAsync(_scope, metadataOnly: false, _stop.Token)).Items);
            }
            catch (Exception error) when (error is KubeException or ClusterUnreachableException)
            {
                observer.OnEvent(new HelmMessage(true, $"the last lines of {_owner!.Ref} could not be read: {error.Message}"));
            }
        }

        await Task.WhenAny(Task.WhenAll(Following()), Task.Delay(TimeSpan.FromSeconds(3)));
        await _stop.CancelAsync();
        await _watching;
        await Task.WhenAll(Following());
        _stop.Dispose();
    }

    private Task[] Following()
    {
        lock (_followed)
        {
            return [.. _followed.Values];
        }
    }
}
