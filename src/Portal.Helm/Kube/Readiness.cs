using System.Globalization;

namespace Portal.Helm.Kube;

/// <summary>Whether an object is as wanted: what is wanted, what is there, in words; failed = it cannot get better by itself.</summary>
public sealed record ReadyState(bool Ready, string Want, string Have, bool Failed = false);

/// <summary>When an object of a kind counts as ready: the rules of kstatus (kubernetes-sigs/cli-utils, pkg/kstatus), pure.</summary>
public static class Readiness
{
    /// <summary>The state of a live object; null means it is not there.</summary>
    public static ReadyState Of(KubeObject? item)
    {
        if (item is null)
        {
            return new ReadyState(false, "exists", "not there");
        }

        // What a job came to stays true while it is tidied away.
        if (item.Text("metadata", "deletionTimestamp").Length > 0 && !HasEnded(item))
        {
            return new ReadyState(false, "exists", "being deleted");
        }

        return item.Kind switch
        {
            "Deployment" => Deployment(item),
            "StatefulSet" => StatefulSet(item),
            "DaemonSet" => DaemonSet(item),
            "ReplicaSet" => Count(item, item.Int("spec", "replicas") ?? 1, item.Int("status", "readyReplicas") ?? 0),
            "Job" => Job(item),
            "Pod" => Pod(item),
            "PersistentVolumeClaim" => new ReadyState(item.Text("status", "phase") == "Bound", "Bound", item.Text("status", "phase") is { Length: > 0 } phase ? phase : "Pending"),
            "Service" => Service(item),
            "CustomResourceDefinition" => new ReadyState(item.Condition("Established")?.Text("status") == "True", "Established", item.Condition("Established")?.Text("status") == "True" ? "Established" : "not established"),
            _ => Conditions(item),
        };
    }

    /// <summary>A job or pod that has run to its end, well or not: nothing of it will change any more.</summary>
    internal static bool HasEnded(KubeObject item) => item.Kind switch
    {
        "Job" => item.Condition("Complete")?.Text("status") == "True" || item.Condition("Failed")?.Text("status") == "True",
        "Pod" => item.Text("status", "phase") is "Succeeded" or "Failed",
        _ => false,
    };

    private static ReadyState Deployment(KubeObject item)
    {
        var want = item.Int("spec", "replicas") ?? 1;
        if (!Observed(item))
        {
            return new ReadyState(false, $"{want} updated and available", "change not seen by the controller yet");
        }

        if (item.Condition("Progressing") is { } progressing && progressing.Text("reason") == "ProgressDeadlineExceeded")
        {
            return new ReadyState(false, $"{want} updated and available", "progress deadline exceeded");
        }

        var updated = item.Int("status", "updatedReplicas") ?? 0;
        var replicas = item.Int("status", "replicas") ?? 0;
        var available = item.Int("status", "availableReplicas") ?? 0;
        var have = updated < want ? $"{updated} of {want} updated" : replicas > updated ? $"{replicas - updated} old still running" : $"{Math.Min(available, want)} of {want} available";
        return new ReadyState(updated >= want && replicas <= updated && available >= want, $"{want} updated and available", have);
    }

    private static ReadyState StatefulSet(KubeObject item)
    {
        var want = item.Int("spec", "replicas") ?? 1;
        if (!Observed(item))
        {
            return new ReadyState(false, $"{want} ready", "change not seen by the controller yet");
        }

        if (item.Text("spec", "updateStrategy", "type") == "OnDelete")
        {
            return Count(item, want, item.Int("status", "readyReplicas") ?? 0);
        }

        var ready = item.Int("status", "readyReplicas") ?? 0;
        var updated = item.Int("status", "updatedReplicas") ?? 0;
        var partition = item.Int("spec", "updateStrategy", "rollingUpdate", "partition") ?? 0;
        var done = updated >= want - partition;
        return new ReadyState(ready >= want && done, $"{want} ready", done ? $"{ready} of {want} ready" : $"{updated} of {want} updated");
    }

    private static ReadyState DaemonSet(KubeObject item)
    {
        var want = item.Int("status", "desiredNumberScheduled") ?? 0;
        var updated = item.Int("status", "updatedNumberScheduled") ?? 0;
        var available = item.Int("status", "numberAvailable") ?? 0;
        return new ReadyState(Observed(item) && updated >= want && available >= want, $"{want} available", $"{available} of {want} available");
    }

    private static ReadyState Job(KubeObject item)
    {
        if (item.Condition("Failed") is { } failed && failed.Text("status") == "True")
        {
            return new ReadyState(false, "complete", $"failed: {failed.Text("reason")}", Failed: true);
        }

        var complete = item.Condition("Complete")?.Text("status") == "True";
        return new ReadyState(complete, "complete", complete ? "complete" : string.Create(CultureInfo.InvariantCulture, $"{item.Int("status", "active") ?? 0} active, {item.Int("status", "failed") ?? 0} failed"));
    }

    private static ReadyState Pod(KubeObject item)
    {
        var phase = item.Text("status", "phase");
        if (phase == "Succeeded")
        {
            return new ReadyState(true, "ready", "succeeded");
        }

        if (phase == "Failed")
        {
            return new ReadyState(false, "ready", "failed", Failed: true);
        }

        var ready = item.Condition("Ready")?.Text("status") == "True";
        return new ReadyState(ready, "ready", ready ? "ready" : phase.Length > 0 ? phase : "Pending");
    }

    private static ReadyState Service(KubeObject item)
    {
        if (item.Text("spec", "type") != "LoadBalancer")
        {
            return new ReadyState(true, "exists", "there");
        }

        var assigned = item.List("status", "loadBalancer", "ingress").Any();
        return new ReadyState(assigned, "address of a load balancer", assigned ? "assigned" : "none yet");
    }

    private static ReadyState Conditions(KubeObject item)
    {
        if (!Observed(item))
        {
            return new ReadyState(false, "ready", "change not seen by the controller yet");
        }

        if (item.Condition("Stalled")?.Text("status") == "True")
        {
            return new ReadyState(false, "ready", item.Condition("Stalled")!.Text("message"), Failed: true);
        }

        if (item.Condition("Ready") is { } ready && ready.Text("status") is "False" or "Unknown")
        {
            return new ReadyState(false, "ready", item.Condition("Ready")!.Text("message") is { Length: > 0 } message ? message : "not ready");
        }

        return new ReadyState(true, "exists", "there");
    }

    private static ReadyState Count(KubeObject item, int want, int have) => new(Observed(item) && have >= want, $"{want} ready", $"{have} of {want} ready");

    private static bool Observed(KubeObject item) => item.Int("status", "observedGeneration") is not { } seen || seen >= (item.Int("metadata", "generation") ?? 0);
}
