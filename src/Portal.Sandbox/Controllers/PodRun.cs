using System.Globalization;
using Portal.Sandbox.Json;

namespace Portal.Sandbox.Controllers;

/// <summary>The status of one Pod while a kubelet works on it.</summary>
internal sealed class PodRun
{
    private readonly List<JsonMap> _main;
    private readonly List<JsonMap> _init;

    public PodRun(JsonMap pod, string node, DateTimeOffset now)
    {
        Pod = pod;
        Node = node;
        Status = JsonTree.Clone(pod.Map("status") ?? []);
        Spec = pod.Map("spec")!;
        Created = SandboxClock.Parse(pod.Text("metadata", "creationTimestamp")) ?? now;
        AnyStarted = Status.Maps("containerStatuses").Concat(Status.Maps("initContainerStatuses")).Any(s => s.Map("state", "running") is not null || s.Map("state", "terminated") is not null || s.Int("restartCount") > 0);
        _main = Statuses("containerStatuses", Spec.Maps("containers"));
        _init = Statuses("initContainerStatuses", Spec.Maps("initContainers"));
    }

    public JsonMap Pod { get; }

    public JsonMap Spec { get; }

    public JsonMap Status { get; }

    public string Node { get; }

    public DateTimeOffset Created { get; }

    public bool AnyStarted { get; }

    public string Name => Pod.Text("metadata", "name")!;

    public string Namespace => Pod.Text("metadata", "namespace")!;

    public string Uid => Pod.Text("metadata", "uid")!;

    private List<JsonMap> Statuses(string field, IEnumerable<JsonMap> containers)
    {
        var waiting = Spec.Maps("initContainers").Any() && field == "containerStatuses" ? "PodInitializing" : "ContainerCreating";
        return [.. containers.Select(c => Status.Maps(field).FirstOrDefault(s => s.Text("name") == c.Text("name")) ?? new JsonMap
        {
            ["name"] = c.Text("name"),
            ["state"] = new JsonMap { ["waiting"] = new JsonMap { ["reason"] = waiting } },
            ["lastState"] = new JsonMap(),
            ["ready"] = false,
            ["restartCount"] = 0L,
            ["image"] = c.Text("image"),
            ["imageID"] = "",
            ["started"] = false,
        })];
    }

    public bool IsInit(string container) => _init.Any(s => s.Text("name") == container);

    public JsonMap StatusOf(JsonMap container, bool init) => (init ? _init : _main).First(s => s.Text("name") == container.Text("name"));

    /// <summary>The kubelet has seen the Pod.</summary>
    public void Begin(string now)
    {
        Status["startTime"] = now;
        var number = Math.Abs(Uid.GetHashCode(StringComparison.Ordinal));
        var node = int.TryParse(Node.AsSpan(Node.LastIndexOf('-') + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var n) ? n % 250 : 1;
        Status["hostIP"] = $"192.168.10.{node}";
        Status["hostIPs"] = JsonTree.ListOf(new JsonMap { ["ip"] = $"192.168.10.{node}" });
        if (Spec.Flag("hostNetwork") is true)
        {
            Status["podIP"] = $"192.168.10.{node}";
        }
        else
        {
            Status["podIP"] = $"10.244.{node}.{(number % 253) + 2}";
        }

        Status["podIPs"] = JsonTree.ListOf(new JsonMap { ["ip"] = Status["podIP"] });
    }

    public void WaitAll(string reason, string? message)
    {
        foreach (var status in _main.Concat(_init))
        {
            var waiting = new JsonMap { ["reason"] = reason };
            waiting.SetOrRemove("message", message);
            status["state"] = new JsonMap { ["waiting"] = waiting };
        }
    }

    public void WaitMain(string reason)
    {
        foreach (var status in _main.Where(s => s.Map("state", "waiting") is not null))
        {
            status["state"] = new JsonMap { ["waiting"] = new JsonMap { ["reason"] = reason } };
        }
    }

    public void Fail(string? reason, string? message, string now)
    {
        StopAll(now);
        Status["phase"] = "Failed";
        Status.SetOrRemove("reason", reason);
        Status.SetOrRemove("message", message);
    }

    public void StopAll(string now)
    {
        foreach (var status in _main.Concat(_init))
        {
            if (status.Map("state", "running") is { } running)
            {
                status["state"] = new JsonMap
                {
                    ["terminated"] = new JsonMap { ["exitCode"] = 0L, ["reason"] = "Completed", ["startedAt"] = running.Text("startedAt"), ["finishedAt"] = now, ["containerID"] = status.Text("containerID") },
                };
                status["ready"] = false;
                status["started"] = false;
            }
        }
    }

    /// <summary>The phase that the containers' states add up to.</summary>
    public void Settle()
    {
        if (Status.Text("phase") == "Failed")
        {
            return;
        }

        var policy = Spec.Text("restartPolicy");
        var ended = _main.All(s => s.Map("state", "terminated") is not null);
        var failed = _main.Any(s => s.Int("state", "terminated", "exitCode") is { } code && code != 0);
        if (ended && policy != "Always" && !(failed && policy == "OnFailure"))
        {
            Status["phase"] = failed ? "Failed" : "Succeeded";
        }
        else if (_main.Any(s => s.Map("state", "running") is not null || s.Map("state", "terminated") is not null || s.Map("lastState", "terminated") is not null))
        {
            Status["phase"] = "Running";
        }
        else
        {
            Status["phase"] = "Pending";
        }
    }

    /// <summary>The whole status with its conditions.</summary>
    public JsonMap Finish(string now)
    {
        Status["containerStatuses"] = _main.ConvertAll(s => (object?)s);
        if (_init.Count > 0)
        {
            Status["initContainerStatuses"] = _init.ConvertAll(s => (object?)s);
        }

        Status["observedGeneration"] = Pod.Int("metadata", "generation") ?? 1;
        var phase = Status.Text("phase");
        var done = phase is "Succeeded" or "Failed";
        var initialized = _init.All(s => s.Int("state", "terminated", "exitCode") == 0 || s.Flag("ready") is true);
        var unready = _main.Where(s => s.Flag("ready") is not true).Select(s => s.Text("name")).ToList();
        var why = done ? phase == "Succeeded" ? "PodCompleted" : "PodFailed" : unready.Count > 0 ? "ContainersNotReady" : null;
        var what = why == "ContainersNotReady" ? $"containers with unready status: [{string.Join(' ', unready)}]" : null;
        Condition("PodReadyToStartContainers", !done, null, null, now);
        Condition("Initialized", initialized, initialized ? phase == "Succeeded" ? "PodCompleted" : null : "ContainersNotInitialized", initialized ? null : $"containers with incomplete status: [{string.Join(' ', _init.Where(s => s.Int("state", "terminated", "exitCode") != 0).Select(s => s.Text("name")))}]", now);
        Condition("Ready", why is null, why, what, now);
        Condition("ContainersReady", why is null, why, what, now);
        foreach (var condition in Status.Maps("conditions").Where(c => c.Text("type") == "PodScheduled"))
        {
            condition["observedGeneration"] = Pod.Int("metadata", "generation") ?? 1;
        }

        return Status;
    }

    private void Condition(string type, bool holds, string? reason, string? message, string now)
    {
        var list = Status.List("conditions");
        if (list is null)
        {
            list = [];
            Status["conditions"] = list;
        }

        var status = holds ? "True" : "False";
        var present = list.OfType<JsonMap>().FirstOrDefault(c => c.Text("type") == type);
        if (present is null)
        {
            present = new JsonMap { ["type"] = type, ["lastProbeTime"] = null };
            list.Add(present);
        }

        if (present.Text("status") != status)
        {
            present["lastTransitionTime"] = now;
        }

        present["status"] = status;
        present["observedGeneration"] = Pod.Int("metadata", "generation") ?? 1;
        present.SetOrRemove("reason", reason);
        present.SetOrRemove("message", message);
    }
}
