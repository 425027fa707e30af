using System.Globalization;
using Portal.Helm.Kube;

namespace Portal.Helm.Actions;

/// <summary>Streams the logs of the pods of one object while it runs, each line once.</summary>
internal sealed class LogFollower(KubeClient client, IHelmObserver observer, string ns) : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Dictionary<string, Task> _followed = new(StringComparer.Ordinal);
    private Task _watching = Task.CompletedTask;
    private KubeObject? _owner;
    private KindScope? _scope;

    /// <summary>Begins to follow the pods of an object as they appear.</summary>
    public void Start(KubeObject owner) => _watching = WatchAsync(owner);

    private async Task WatchAsync(KubeObject owner)
    {
        _scope = owner.Kind == "Pod" ? new KindScope("v1", "Pod", ns, Fields: $"metadata.name={owner.Name}") : new KindScope("v1", "Pod", ns, Labels: $"job-name={owner.Name}");
        _owner = owner;
        var pods = new KindWatch(client, _scope);
        try
        {
            await pods.RunAsync(() => Look(pods.Items), _stop.Token);
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

    private async Task FollowAsync(KubeObject owner, KubeObject pod)
    {
        foreach (var container in pod.List("spec", "containers").Select(c => c.Text("name")))
        {
            try
            {
                await foreach (var line in client.LogsAsync(ns, pod.Name, container, follow: true, cancellation: _stop.Token))
                {
                    observer.OnEvent(Line($"{owner.Ref}", line));
                }
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (Exception error) when (error is KubeException or HttpRequestException or IOException)
            {
                observer.OnEvent(new HelmMessage(true, $"log of {pod.Ref} ended early: {error.Message}"));
            }
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

    /// <summary>Looks once more, lets the streams of ended containers run out, then stops.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_scope is not null)
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
