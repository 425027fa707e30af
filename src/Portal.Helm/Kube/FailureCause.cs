namespace Portal.Helm.Kube;

/// <summary>Why something does not get ready, in words that name object and reason.</summary>
/// <param name="Object">"Pod/web-1", what the cause was seen at.</param>
/// <param name="Reason">Kubernetes' word: ImagePullBackOff, CrashLoopBackOff, FailedScheduling, ...</param>
/// <param name="Text">One sentence for people.</param>
/// <param name="Evidence">Messages, events and the like.</param>
public sealed record FailureCause(string Object, string Reason, string Text, IReadOnlyList<string> Evidence)
{
    /// <summary>The container whose log says more, when one crashed.</summary>
    public CrashedContainer? Crashed { get; init; }

    /// <summary>The registry asks for patience: the kubelet's third try comes after 70 seconds.</summary>
    public bool RegistryIsBusy { get; init; }

    /// <summary>A node, a volume or a free registry is missing: somebody else may bring it, and that takes longer than a container's restart.</summary>
    public bool WaitsForInfrastructure => RegistryIsBusy || Reason is "FailedScheduling" or "ProvisioningFailed" or "FailedBinding";

    /// <summary>Nothing is wrong yet: a container runs and its probe has not passed. It is told, and ends no wait before its time-out.</summary>
    public bool IsSlowStart => Reason == SlowStart;

    private const string SlowStart = "NotReady";

    /// <summary>Equal when object and reason are: the evidence grows while the cause stays.</summary>
    public bool IsSameAs(FailureCause? other) => other is not null && other.Object == Object && other.Reason == Reason;

    /// <summary>The first cause among the objects that are not ready yet, a slow start only when there is no other; null when nothing can be named.</summary>
    public static FailureCause? Find(ClusterSnapshot snapshot, IEnumerable<KubeObject> notReady)
    {
        FailureCause? weak = null;
        FailureCause? slow = null;
        foreach (var item in notReady)
        {
            if (item.Kind == "PersistentVolumeClaim" && Claim(snapshot, item) is { } claim)
            {
                return claim;
            }

            foreach (var pod in snapshot.PodsOf(item, newestOnly: true))
            {
                if (Pod(snapshot, item, pod) is { } cause)
                {
                    return cause;
                }

                slow ??= Slow(snapshot, item, pod);
            }

            if (Controller(snapshot, item) is { } refused)
            {
                return refused;
            }

            if (item.Kind == "Job" && item.Condition("Failed") is { } failed && failed.Text("status") == "True")
            {
                weak ??= new FailureCause(item.Ref.ToString(), failed.Text("reason"), $"{item.Ref} failed: {failed.Text("message")}", Events(snapshot, item));
            }
        }

        return weak ?? slow;
    }

    private static FailureCause? Pod(ClusterSnapshot snapshot, KubeObject owner, KubeObject pod)
    {
        var name = pod.Ref.ToString();
        foreach (var status in pod.List("status", "initContainerStatuses").Concat(pod.List("status", "containerStatuses")))
        {
            var reason = status.Text("state", "waiting", "reason");
            var message = status.Text("state", "waiting", "message");
            var container = status.Text("name");
            switch (reason)
            {
                case "ErrImagePull" or "ImagePullBackOff" or "InvalidImageName" or "ErrImageNeverPull":
                    var pull = PullMessage(snapshot, pod, message);
                    return new FailureCause(name, reason, $"{owner.Ref}: container {container} of {name} cannot pull image {Image(pod, container)}{Because(Last(pull))}", With(Events(snapshot, pod), pull)) { RegistryIsBusy = Busy(pull) || Busy(message) };
                case "CreateContainerConfigError" or "CreateContainerError" or "RunContainerError":
                    return new FailureCause(name, reason, $"{owner.Ref}: container {container} of {name} cannot be created{Because(message)}", Events(snapshot, pod));
                case "CrashLoopBackOff":
                    return Crashing(snapshot, owner, pod, status);
            }

            // Running again after a crash: the loop is over only when it gets ready.
            if (status["state", "running"] is not null && status["ready"]?.GetValue<bool>() != true && status.Int("lastState", "terminated", "exitCode") is > 0)
            {
                return Crashing(snapshot, owner, pod, status);
            }

            if (status["state", "terminated"] is not null && status.Int("state", "terminated", "exitCode") is > 0 and var code)
            {
                return new FailureCause(name, "Error", $"{owner.Ref}: container {container} of {name} ended with exit code {code}", Events(snapshot, pod)) { Crashed = new CrashedContainer(pod.Namespace, pod.Name, container, Previous: false) };
            }
        }

        if (snapshot.EventsOf(pod).FirstOrDefault(e => e.Text("reason") == "FailedMount") is { } mount && pod.Text("status", "phase") == "Pending")
        {
            return new FailureCause(name, "FailedMount", $"{owner.Ref}: a volume of {name} cannot be mounted{Because(mount.Text("message"))}", Events(snapshot, pod));
        }

        if (pod.Condition("PodScheduled") is { } scheduled && scheduled.Text("status") == "False")
        {
            // A claim that cannot be bound is the cause behind a pod that cannot be placed.
            var claims = pod.List("spec", "volumes").Select(v => v.Text("persistentVolumeClaim", "claimName")).Where(c => c.Length > 0).ToHashSet(StringComparer.Ordinal);
            var pending = snapshot.Claims.Where(c => claims.Contains(c.Name) && c.Text("status", "phase") != "Bound").Select(c => Claim(snapshot, c)).FirstOrDefault(c => c is not null);
            return pending ?? new FailureCause(name, "FailedScheduling", $"{owner.Ref}: {name} cannot be scheduled{Because(scheduled.Text("message"))}", Events(snapshot, pod));
        }

        return null;
    }

    // A Job's container does its work while it runs; what is going away is not waited for.
    private static FailureCause? Slow(ClusterSnapshot snapshot, KubeObject owner, KubeObject pod)
    {
        if (owner.Kind == "Job" || pod.Text("metadata", "deletionTimestamp").Length > 0 || owner.Text("metadata", "deletionTimestamp").Length > 0)
        {
            return null;
        }

        foreach (var status in pod.List("status", "containerStatuses").Where(s => s["state", "running"] is not null && s["ready"]?.GetValue<bool>() != true))
        {
            var container = status.Text("name");
            var spec = pod.List("spec", "containers").FirstOrDefault(c => c.Text("name") == container);
            var said = snapshot.EventsOf(pod).FirstOrDefault(e => e.Text("reason") == "Unhealthy" && (e.Text("involvedObject", "fieldPath") is not { Length: > 0 } path || path.Contains($"{{{container}}}", StringComparison.Ordinal)))?.Text("message") ?? "";
            var probe = spec?["startupProbe"] is not null && status["started"]?.GetValue<bool>() != true ? "startup" : spec?["readinessProbe"] is not null ? "readiness" : null;
            return new FailureCause(pod.Ref.ToString(), SlowStart, $"{owner.Ref}: container {container} of {pod.Ref} runs but is not ready{(probe is null ? "" : $", its {probe} probe has not passed")}{Because(said)}", Events(snapshot, pod));
        }

        return null;
    }

    private static FailureCause Crashing(ClusterSnapshot snapshot, KubeObject owner, KubeObject pod, KubeObject status)
    {
        var exit = status.Int("lastState", "terminated", "exitCode")?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "unknown";
        return new FailureCause(pod.Ref.ToString(), "CrashLoopBackOff", $"{owner.Ref}: container {status.Text("name")} of {pod.Ref} keeps crashing (exit code {exit}, {status.Int("restartCount") ?? 0} restarts)", Events(snapshot, pod)) { Crashed = new CrashedContainer(pod.Namespace, pod.Name, status.Text("name"), Previous: true) };
    }

    private static FailureCause? Claim(ClusterSnapshot snapshot, KubeObject claim)
    {
        var trouble = snapshot.EventsOf(claim).FirstOrDefault(e => e.Text("reason") is "ProvisioningFailed" or "FailedBinding");
        return trouble is null
            ? null
            : new FailureCause(claim.Ref.ToString(), trouble.Text("reason"), $"{claim.Ref} stays Pending{Because(trouble.Text("message"))}", Events(snapshot, claim));
    }

    // Quota and admission refuse pods before there are any: the event stands at the controller's object.
    private static FailureCause? Controller(ClusterSnapshot snapshot, KubeObject item)
    {
        var makers = new List<KubeObject> { item };
        makers.AddRange(snapshot.ReplicaSets.Where(r => r.ControllerUid == item.Uid));
        foreach (var maker in makers)
        {
            if (snapshot.EventsOf(maker).FirstOrDefault(e => e.Text("reason") == "FailedCreate") is { } refused && snapshot.PodsOf(item, newestOnly: true).Count == 0)
            {
                return new FailureCause(item.Ref.ToString(), "FailedCreate", $"{item.Ref}: its pods cannot be created{Because(refused.Text("message"))}", Events(snapshot, maker));
            }
        }

        return null;
    }

    private static string PullMessage(ClusterSnapshot snapshot, KubeObject pod, string message) =>
        snapshot.EventsOf(pod).FirstOrDefault(e => e.Text("reason") == "Failed" && e.Text("message").StartsWith("Failed to pull", StringComparison.Ordinal))?.Text("message") ?? message;

    // "failed to pull and unpack image ...: failed to resolve reference ...: not found": the end is the reason, the rest is evidence.
    private static string Last(string message) => message[(message.LastIndexOf(": ", StringComparison.Ordinal) is var at and >= 0 ? at + 2 : 0)..];

    private static List<string> With(List<string> evidence, string message) => message.Length == 0 || evidence.Exists(e => e.Contains(message, StringComparison.Ordinal)) ? evidence : [message, .. evidence];

    private static bool Busy(string message) =>
        message.Contains("429 Too Many Requests", StringComparison.OrdinalIgnoreCase) || message.Contains("toomanyrequests", StringComparison.OrdinalIgnoreCase) || message.Contains("503 Service Unavailable", StringComparison.OrdinalIgnoreCase);

    private static string Image(KubeObject pod, string container) =>
        pod.List("spec", "containers").Concat(pod.List("spec", "initContainers")).FirstOrDefault(c => c.Text("name") == container)?.Text("image") ?? "";

    private static string Because(string message) => message.Length == 0 ? "" : ": " + message;

    private static List<string> Events(ClusterSnapshot snapshot, KubeObject item) =>
        [.. snapshot.EventsOf(item).Take(6).Select(e => $"{e.Text("type")} {e.Text("reason")}: {e.Text("message")}")];
}

/// <summary>A container that ended with an error; Previous when it was started anew since.</summary>
public sealed record CrashedContainer(string Namespace, string Pod, string Container, bool Previous);
