using Portal.Sandbox.Json;
using Portal.Sandbox.Kinds;
using Portal.Sandbox.Registry;
using Portal.Sandbox.Schema;
using Portal.Sandbox.Storage;

namespace Portal.Sandbox.Controllers;

/// <summary>Gives Pods a node that has room for them and fits their selectors.</summary>
internal sealed class SchedulerController(ObjectRegistry registry, EventRecorder events) : Controller(registry, "/pods")
{
    protected override string Manager => "kube-scheduler";

    public override IEnumerable<ObjectKey> Affected(Change change)
    {
        if (change.Key.Bucket == Bucket && change.After is { } pod && Waits(pod))
        {
            yield return change.Key;
        }

        // Room, nodes or volumes came: all who wait may try again.
        var room = change.Key.Bucket == "/nodes" || (change.Key.Bucket == Bucket && (change.After is null || change.After.Text("status", "phase") is "Succeeded" or "Failed"))
            || (change.Key.Bucket == "/persistentvolumeclaims" && change.After?.Text("status", "phase") == "Bound");
        if (room)
        {
            foreach (var waiting in Store.List(Bucket).Where(Waits))
            {
                yield return new ObjectKey(Bucket, waiting.Text("metadata", "namespace")!, waiting.Text("metadata", "name")!);
            }
        }
    }

    private static bool Waits(JsonMap pod) => pod.Text("spec", "nodeName") is null or "" && pod.Text("metadata", "deletionTimestamp") is null && pod.List("spec", "schedulingGates") is null or { Count: 0 }
        && pod.Text("spec", "schedulerName") is "default-scheduler";

    public override DateTimeOffset? Reconcile(ObjectKey key)
    {
        if (Store.Get(key) is not { } pod || !Waits(pod))
        {
            return null;
        }

        var nodes = Store.List("/nodes");
        var reasons = new Dictionary<string, int>(StringComparer.Ordinal);
        JsonMap? best = null;
        var bestLoad = decimal.MaxValue;
        var claims = ClaimProblem(pod, key.Namespace);
        foreach (var node in nodes)
        {
            var why = claims is null ? WhyNot(pod, node, out var load) : Ignore(out load);
            if (why is null && claims is null)
            {
                if (load < bestLoad)
                {
                    (best, bestLoad) = (node, load);
                }
            }
            else if (why is not null)
            {
                reasons[why] = reasons.GetValueOrDefault(why) + 1;
            }
        }

        var kind = Kind("", "pods");
        if (best is null)
        {
            var list = claims ?? (nodes.Count == 0 ? "no nodes available to schedule pods" : string.Join(", ", reasons.OrderBy(r => $"{r.Value} {r.Key}", StringComparer.Ordinal).Select(r => $"{r.Value} {r.Key}")));
            var message = nodes.Count == 0 ? list : $"0/{nodes.Count} nodes are available: {list}. {(claims is null ? "no new claims to deallocate, " : "")}preemption: 0/{nodes.Count} nodes are available: {(claims is null && !reasons.Keys.Any(r => r.StartsWith("Insufficient", StringComparison.Ordinal)) || claims is not null ? $"{nodes.Count} Preemption is not helpful for scheduling" : $"{nodes.Count} No preemption victims found for incoming pod")}.";
            SetScheduled(key, "False", "Unschedulable", message);
            if (Store.Get(key) is { } now)
            {
                events.Record(now, "Warning", "FailedScheduling", message, "default-scheduler");
            }

            return null;
        }

        var name = best.Text("metadata", "name")!;
        Registry.Update(kind, key.Namespace, key.Name, p =>
        {
            var next = JsonTree.Clone(p);
            next.Map("spec")!["nodeName"] = name;
            var labels = best.Map("metadata", "labels") ?? [];
            foreach (var label in (string[])["topology.kubernetes.io/region", "topology.kubernetes.io/zone"])
            {
                if (labels.Text(label) is { } value)
                {
                    next.Ensure("metadata", "labels").Default(label, value);
                }
            }

            return next;
        }, Whole with { Silent = true });
        SetScheduled(key, "True", null, null);
        events.Record(pod, "Normal", "Scheduled", $"Successfully assigned {key.Namespace}/{key.Name} to {name}", "default-scheduler");
        return null;
    }

    private static string? Ignore(out decimal load)
    {
        load = 0;
        return null;
    }

    private string? ClaimProblem(JsonMap pod, string ns)
    {
        foreach (var claim in pod.Maps("spec", "volumes").Select(v => v.Text("persistentVolumeClaim", "claimName")).OfType<string>())
        {
            var found = Store.Get(new ObjectKey("/persistentvolumeclaims", ns, claim));
            if (found is null)
            {
                return $"persistentvolumeclaim \"{claim}\" not found";
            }

            if (found.Text("status", "phase") != "Bound")
            {
                return "pod has unbound immediate PersistentVolumeClaims";
            }
        }

        return null;
    }

    private string? WhyNot(JsonMap pod, JsonMap node, out decimal load)
    {
        load = 0;
        if (node.Flag("spec", "unschedulable") is true)
        {
            return "node(s) were unschedulable";
        }

        if (node.Maps("status", "conditions").Any(c => c.Text("type") == "Ready" && c.Text("status") != "True"))
        {
            return "node(s) were not ready";
        }

        var tolerations = pod.Maps("spec", "tolerations").ToList();
        foreach (var taint in node.Maps("spec", "taints").Where(t => t.Text("effect") is "NoSchedule" or "NoExecute"))
        {
            if (!tolerations.Any(t => (t.Text("key") is null or "" || t.Text("key") == taint.Text("key")) && (t.Text("effect") is null or "" || t.Text("effect") == taint.Text("effect"))
                && (t.Text("operator") == "Exists" || (t.Text("value") ?? "") == (taint.Text("value") ?? ""))))
            {
                return $"node(s) had untolerated taint(s)";
            }
        }

        var labels = node.Map("metadata", "labels") ?? [];
        var terms = pod.Maps("spec", "affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms").ToList();
        if (!Selectors.MatchesAll(pod.Map("spec", "nodeSelector") ?? [], labels)
            || (terms.Count > 0 && !terms.Any(t => Selectors.Matches(new JsonMap { ["matchExpressions"] = t.GetValueOrDefault("matchExpressions") }, labels))))
        {
            return "node(s) didn't match Pod's node affinity/selector";
        }

        var placed = Store.List("/pods").Where(p => p.Text("spec", "nodeName") == node.Text("metadata", "name") && p.Text("status", "phase") is not ("Succeeded" or "Failed")).ToList();
        foreach (var resource in (string[])["cpu", "memory"])
        {
            var has = Quantity.ValueOf(node.At("status", "allocatable", resource));
            var used = placed.Sum(p => Request(p, resource));
            var wants = Request(pod, resource);
            if (wants > 0 && used + wants > has)
            {
                return $"Insufficient {resource}";
            }

            load += has == 0 ? 0 : used / has;
        }

        load += placed.Count / 1000m;
        return placed.Count >= Quantity.ValueOf(node.At("status", "allocatable", "pods")) ? "Too many pods" : null;
    }

    /// <summary>What a Pod asks for: the sum of its containers, or more if one init container needs it.</summary>
    private static decimal Request(JsonMap pod, string resource)
    {
        var sum = pod.Maps("spec", "containers").Sum(c => Quantity.ValueOf(c.At("resources", "requests", resource)));
        var init = pod.Maps("spec", "initContainers").Select(c => Quantity.ValueOf(c.At("resources", "requests", resource))).DefaultIfEmpty(0).Max();
        return Math.Max(sum, init);
    }

    private void SetScheduled(ObjectKey key, string status, string? reason, string? message) => Registry.Update(Kind("", "pods"), key.Namespace, key.Name, p =>
    {
        var present = p.Maps("status", "conditions").FirstOrDefault(c => c.Text("type") == "PodScheduled");
        var condition = new JsonMap
        {
            ["type"] = "PodScheduled",
            ["status"] = status,
            ["lastProbeTime"] = null,
            ["lastTransitionTime"] = present?.Text("status") == status ? present.Text("lastTransitionTime") : Clock.NowText,
            ["observedGeneration"] = p.Int("metadata", "generation") ?? 1,
        };
        condition.SetOrRemove("reason", reason);
        condition.SetOrRemove("message", message);
        var next = JsonTree.Clone(p);
        next.Ensure("status")["conditions"] = p.Maps("status", "conditions").Where(c => c.Text("type") != "PodScheduled").Select(JsonTree.Clone).Append(condition).Select(c => (object?)c).ToList();
        return next;
    }, Status);
}
