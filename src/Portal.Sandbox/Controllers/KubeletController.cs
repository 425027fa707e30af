using System.Globalization;
using System.Security.Cryptography;
using Portal.Sandbox.Faults;
using Portal.Sandbox.Json;
using Portal.Sandbox.Registry;
using Portal.Sandbox.Storage;

namespace Portal.Sandbox.Controllers;

/// <summary>
/// Plays the kubelets: pulls images, starts, ends and restarts containers, and says so in the Pod's status. Containers
/// start on whole seconds, so the start that the status shows is the start that their logs count from.
/// </summary>
internal sealed class KubeletController(ObjectRegistry registry, EventRecorder events, FaultPlan faults) : Controller(registry, "/pods")
{
    private static readonly TimeSpan _pull = TimeSpan.FromMilliseconds(400);
    private static readonly TimeSpan _look = TimeSpan.FromSeconds(5);
    private readonly Dictionary<(string Uid, string Container), (int Tries, DateTimeOffset Next, string Message)> _pulls = [];

    protected override string Manager => "kubelet";

    public override IEnumerable<ObjectKey> Affected(Change change)
    {
        if (change.Key.Bucket == Bucket)
        {
            yield return change.Key;
        }
        else if (change.Key.Bucket is "/secrets" or "/configmaps")
        {
            foreach (var pod in Store.List(Bucket, change.Key.Namespace).Where(p => p.Text("status", "phase") == "Pending" || p.Maps("status", "containerStatuses").Any(c => c.Text("state", "waiting", "reason") == "CreateContainerConfigError")))
            {
                yield return new ObjectKey(Bucket, change.Key.Namespace, pod.Text("metadata", "name")!);
            }
        }
    }

    public override DateTimeOffset? Reconcile(ObjectKey key)
    {
        if (Store.Get(key) is not { } pod)
        {
            return null;
        }

        if (pod.Text("spec", "nodeName") is not { Length: > 0 } node)
        {
            return null;
        }

        if (pod.Text("metadata", "deletionTimestamp") is not null)
        {
            return Terminate(key, pod);
        }

        if (pod.Text("status", "phase") is "Succeeded" or "Failed")
        {
            return null;
        }

        var next = new PodRun(pod, node, Clock.Now);
        if (pod.Text("status", "startTime") is null)
        {
            next.Begin(Clock.NowText);
        }

        DateTimeOffset? due = null;
        if (!next.AnyStarted && PodReferences.MountProblem(Store, key.Namespace, pod) is { } problem)
        {
            next.WaitAll("ContainerCreating", null);
            events.Record(pod, "Warning", "FailedMount", problem, "kubelet", node);
            due = Clock.Now + _look;
        }
        else
        {
            due = Advance(next, key.Namespace);
        }

        Write(key, pod, next);
        return due;
    }

    private DateTimeOffset? Advance(PodRun run, string ns)
    {
        DateTimeOffset? due = null;
        void At(DateTimeOffset? when) => due = when is { } w && (due is null || w < due) ? w : due;

        if (DeadlineOf(run) is { } deadline)
        {
            if (Clock.Now >= deadline)
            {
                run.Fail("DeadlineExceeded", "Pod was active on the node longer than the specified deadline", Clock.NowText);
                return null;
            }

            At(deadline);
        }

        foreach (var init in run.Spec.Maps("initContainers"))
        {
            var status = run.StatusOf(init, init: true);
            if (status.Map("state", "terminated") is { } ended && ended.Int("exitCode") == 0)
            {
                continue;
            }

            if (status.Map("state", "terminated") is not null && run.Spec.Text("restartPolicy") == "Never")
            {
                run.Fail(null, null, Clock.NowText);
                return null;
            }

            At(Step(run, init, status, ns, init: true));
            if (init.Text("restartPolicy") != "Always" || status.Map("state", "running") is null)
            {
                run.WaitMain("PodInitializing");
                return due;
            }
        }

        foreach (var container in run.Spec.Maps("containers"))
        {
            At(Step(run, container, run.StatusOf(container, init: false), ns, init: false));
        }

        run.Settle();
        return due;
    }

    private static DateTimeOffset? DeadlineOf(PodRun run) =>
        run.Spec.Int("activeDeadlineSeconds") is { } seconds && SandboxClock.Parse(run.Status.Text("startTime")) is { } start ? start.AddSeconds(seconds) : null;

    /// <summary>Brings one container on; answers when to look at it again.</summary>
    private DateTimeOffset? Step(PodRun run, JsonMap container, JsonMap status, string ns, bool init)
    {
        var policy = init && container.Text("restartPolicy") == "Always" ? "Always" : run.Spec.Text("restartPolicy");
        var restarts = status.Int("restartCount") ?? 0;
        if (status.Map("state", "running") is { } running)
        {
            return Running(run, container, status, running, init, restarts);
        }

        if (status.Map("state", "terminated") is { } terminated)
        {
            var exit = terminated.Int("exitCode") ?? 0;
            if (policy == "Never" || (exit == 0 && (policy == "OnFailure" || init)))
            {
                return null;
            }

            var finished = SandboxClock.Parse(terminated.Text("finishedAt")) ?? Clock.Now;
            status["lastState"] = new JsonMap { ["terminated"] = JsonTree.Clone(terminated) };
            if (restarts == 0)
            {
                status["restartCount"] = 1L;
                return Start(run, container, status, ns, Clock.Now);
            }

            var wait = Backoff(restarts);
            status["state"] = new JsonMap
            {
                ["waiting"] = new JsonMap
                {
                    ["reason"] = "CrashLoopBackOff",
                    ["message"] = $"back-off {Span(wait)} restarting failed container={container.Text("name")} pod={run.Name}_{ns}({run.Uid})",
                },
            };
            events.Record(run.Pod, "Warning", "BackOff", $"Back-off restarting failed container {container.Text("name")} in pod {run.Name}_{ns}({run.Uid})", "kubelet", run.Node, Path(container, init));
            return finished + wait;
        }

        if (status.Text("state", "waiting", "reason") == "CrashLoopBackOff" && SandboxClock.Parse(status.Text("lastState", "terminated", "finishedAt")) is { } last)
        {
            var due = last + Backoff(restarts);
            if (Clock.Now < due)
            {
                return due;
            }

            status["restartCount"] = restarts + 1;
        }

        return Start(run, container, status, ns, Clock.Now);
    }

    private DateTimeOffset? Running(PodRun run, JsonMap container, JsonMap status, JsonMap running, bool init, long restarts)
    {
        var started = SandboxClock.Parse(running.Text("startedAt")) ?? Clock.Now;
        if (Clock.Now < started)
        {
            return started;
        }

        var script = ContainerScript.Of(run.Pod, container, Hooks.IsHook(Store, run.Namespace, run.Pod), init, restarts);
        var ends = script.Duration is { } duration ? started + duration : (DateTimeOffset?)null;
        if (ends is { } end && Clock.Now >= end)
        {
            status["state"] = new JsonMap
            {
                ["terminated"] = new JsonMap
                {
                    ["exitCode"] = (long)script.ExitCode,
                    ["reason"] = script.ExitCode == 0 ? "Completed" : "Error",
                    ["startedAt"] = running.Text("startedAt"),
                    ["finishedAt"] = SandboxClock.Text(end),
                    ["containerID"] = status.Text("containerID"),
                },
            };
            status["ready"] = false;
            status["started"] = false;
            return Clock.Now;
        }

        var ready = started + ReadyAfter(container);
        status["started"] = true;
        if (!init && Clock.Now >= ready && container.Text("image")?.Contains("notready", StringComparison.Ordinal) is not true)
        {
            status["ready"] = true;
            return ends;
        }

        if (container.Text("image")?.Contains("notready", StringComparison.Ordinal) is true && container.Map("readinessProbe") is not null && Clock.Now >= ready)
        {
            events.Record(run.Pod, "Warning", "Unhealthy", "Readiness probe failed: HTTP probe failed with statuscode: 503", "kubelet", run.Node, Path(container, init));
            return Clock.Now + (2 * _look);
        }

        if (init && container.Text("restartPolicy") == "Always")
        {
            status["ready"] = true;
        }

        return ends is { } e && e < ready ? e : ready > Clock.Now ? ready : ends;
    }

    /// <summary>Probes are answered at once; their first delay is kept up to two seconds, so that nobody waits for make-believe.</summary>
    private static TimeSpan ReadyAfter(JsonMap container)
    {
        var setting = container.Maps("env").FirstOrDefault(e => e.Text("name") == "SANDBOX_READY_AFTER")?.Text("value");
        if (double.TryParse(setting, NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds))
        {
            return TimeSpan.FromSeconds(seconds);
        }

        return TimeSpan.FromSeconds(Math.Min(2, container.Int("readinessProbe", "initialDelaySeconds") ?? 0));
    }

    private DateTimeOffset? Start(PodRun run, JsonMap container, JsonMap status, string ns, DateTimeOffset now)
    {
        var name = container.Text("name")!;
        var image = container.Text("image")!;
        var init = run.IsInit(name);
        var pullKey = (run.Uid, name);
        if (PullProblem(image, pullKey, now, out var again) is { } problem)
        {
            var first = _pulls[pullKey].Tries == 1 && again - now >= TimeSpan.FromSeconds(9);
            status["state"] = Waiting(first ? "ErrImagePull" : "ImagePullBackOff", first ? problem : $"Back-off pulling image \"{image}\": ErrImagePull: {problem}");
            return first ? now.AddSeconds(2) : again;
        }

        if (PodReferences.ConfigProblem(Store, ns, container) is { } missing)
        {
            status["state"] = Waiting("CreateContainerConfigError", missing);
            events.Record(run.Pod, "Warning", "Failed", $"Error: {missing}", "kubelet", run.Node, Path(container, init));
            return now + _look;
        }

        if (!_pulls.ContainsKey(pullKey) && (status.Int("restartCount") ?? 0) == 0 && now < run.Created + _pull)
        {
            return run.Created + _pull;
        }

        // A whole second, which the status can say exactly: the one that has just begun, or the next.
        var at = DateTimeOffset.FromUnixTimeSeconds(now.ToUnixTimeSeconds());
        if (now - at > _pull)
        {
            return at.AddSeconds(1);
        }

        _pulls.Remove(pullKey);
        status["state"] = new JsonMap { ["running"] = new JsonMap { ["startedAt"] = SandboxClock.Text(at) } };
        status["started"] = true;
        status["imageID"] = $"sandbox.example.com/{Identity(image)}";
        status["containerID"] = "containerd://" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));
        events.Record(run.Pod, "Normal", "Pulled", $"Container image \"{image}\" already present on machine", "kubelet", run.Node, Path(container, init));
        events.Record(run.Pod, "Normal", "Created", $"Container created", "kubelet", run.Node, Path(container, init));
        events.Record(run.Pod, "Normal", "Started", $"Container started", "kubelet", run.Node, Path(container, init));
        return Running(run, container, status, status.Map("state", "running")!, init, status.Int("restartCount") ?? 0);
    }

    /// <summary>Tries the pull when it is time; answers the registry's words while it does not work.</summary>
    private string? PullProblem(string image, (string Uid, string Container) key, DateTimeOffset now, out DateTimeOffset again)
    {
        again = now;
        if (_pulls.TryGetValue(key, out var state) && now < state.Next)
        {
            again = state.Next;
            return state.Message;
        }

        var message = image.Contains("broken", StringComparison.Ordinal)
            ? $"failed to pull and unpack image \"{image}\": failed to resolve reference \"{image}\": {image}: not found"
            : faults.PullError(image) is { } refusal ? $"failed to pull and unpack image \"{image}\": {refusal}" : null;
        if (message is null)
        {
            return null;
        }

        var tries = state.Tries + 1;
        again = now.AddSeconds(Math.Min(300, 10 * Math.Pow(2, tries - 1)));
        _pulls[key] = (tries, again, message);
        var about = Store.List("/pods").FirstOrDefault(p => p.Text("metadata", "uid") == key.Uid);
        if (about is not null)
        {
            var node = about.Text("spec", "nodeName");
            var path = $"spec.containers{{{key.Container}}}";
            events.Record(about, "Normal", "Pulling", $"Pulling image \"{image}\"", "kubelet", node, path);
            events.Record(about, "Warning", "Failed", $"Failed to pull image \"{image}\": {message}", "kubelet", node, path);
            events.Record(about, "Warning", "Failed", "Error: ErrImagePull", "kubelet", node, path);
            events.Record(about, "Normal", "BackOff", $"Back-off pulling image \"{image}\"", "kubelet", node, path);
            events.Record(about, "Warning", "Failed", "Error: ImagePullBackOff", "kubelet", node, path);
        }

        return message;
    }

    private static JsonMap Waiting(string reason, string message) => new() { ["waiting"] = new JsonMap { ["reason"] = reason, ["message"] = message } };

    private static TimeSpan Backoff(long restarts) => TimeSpan.FromSeconds(Math.Min(300, 10 * Math.Pow(2, Math.Max(0, restarts - 1))));

    private static string Span(TimeSpan span) => span < TimeSpan.FromMinutes(1) ? $"{span.TotalSeconds:0}s" : $"{(int)span.TotalMinutes}m{span.Seconds}s";

    private static string Path(JsonMap container, bool init) => $"spec.{(init ? "initContainers" : "containers")}{{{container.Text("name")}}}";

    private static string Identity(string image) => "image@sha256:" + Convert.ToHexStringLower(SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(image)));

    private void Write(ObjectKey key, JsonMap pod, PodRun run)
    {
        var status = run.Finish(Clock.NowText);
        if (!JsonTree.Equal(pod.GetValueOrDefault("status"), status) && Store.Get(key)?.Text("metadata", "uid") == run.Uid)
        {
            Registry.Update(Kind("", "pods"), key.Namespace, key.Name, current =>
            {
                var next = JsonTree.Clone(current);
                next["status"] = status;
                return next;
            }, Status);
        }
    }

    private DateTimeOffset? Terminate(ObjectKey key, JsonMap pod)
    {
        var grace = pod.Int("metadata", "deletionGracePeriodSeconds") ?? 0;
        var asked = (SandboxClock.Parse(pod.Text("metadata", "deletionTimestamp")) ?? Clock.Now).AddSeconds(-grace);
        var gone = asked + TimeSpan.FromSeconds(Math.Min(1, grace));
        if (Clock.Now < gone)
        {
            return gone;
        }

        var run = new PodRun(pod, pod.Text("spec", "nodeName")!, Clock.Now);
        if (pod.Text("status", "phase") is not ("Succeeded" or "Failed") && run.AnyStarted)
        {
            run.StopAll(Clock.NowText);
            Write(key, pod, run);
        }

        foreach (var container in _pulls.Keys.Where(k => k.Uid == run.Uid).ToList())
        {
            _pulls.Remove(container);
        }

        Registry.Delete(Kind("", "pods"), key.Namespace, key.Name, new DeleteRequest { GracePeriodSeconds = 0 });
        return null;
    }
}
