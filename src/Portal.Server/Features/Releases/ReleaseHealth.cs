using Portal.Core.Releases;
using Portal.Helm.Kube;

namespace Portal.Server.Features.Releases;

/// <summary>From a snapshot of the cluster to what people are shown. Pure.</summary>
internal static class ReleaseHealthRules
{
    private static readonly HashSet<string> WorkloadKinds = ["Deployment", "StatefulSet", "DaemonSet", "Job"];

    public static (Health State, string? Cause) Of(ClusterSnapshot snapshot, int expected)
    {
        var states = snapshot.Objects.Select(o => (Object: o, State: Readiness.Of(o))).ToArray();
        var bad = states.Where(s => !s.State.Ready).ToArray();
        if (bad.Length == 0)
        {
            return snapshot.Objects.Count < expected ? (Health.Degraded, $"{expected - snapshot.Objects.Count} objects of the release are missing in the cluster") : (Health.Healthy, null);
        }

        var cause = FailureCause.Find(snapshot, bad.Select(b => b.Object))?.Text ?? $"{bad[0].Object.Ref}: {bad[0].State.Have}, wanted {bad[0].State.Want}";
        var workloads = states.Where(s => WorkloadKinds.Contains(s.Object.Kind)).ToArray();
        var down = workloads.Length > 0 && workloads.All(w => !w.State.Ready);
        return (down ? Health.Down : Health.Degraded, cause);
    }

    public static IReadOnlyList<Workload> Workloads(ClusterSnapshot snapshot) =>
    [
        .. snapshot.Objects.Where(o => WorkloadKinds.Contains(o.Kind)).Select(o =>
        {
            var pods = snapshot.PodsOf(o);
            var state = Readiness.Of(o);
            var desired = o.Kind == "DaemonSet" ? o.Int("status", "desiredNumberScheduled") ?? 0 : o.Kind == "Job" ? 1 : o.Int("spec", "replicas") ?? 1;
            var ready = o.Kind switch
            {
                "DaemonSet" => o.Int("status", "numberAvailable") ?? 0,
                "Job" => o.Int("status", "succeeded") ?? 0,
                _ => o.Int("status", "readyReplicas") ?? 0,
            };
            var images = o.List("spec", "template", "spec", "containers").Select(c => c.Text("image")).Distinct().ToArray();
            var restarts = pods.Sum(p => p.List("status", "containerStatuses").Sum(c => c.Int("restartCount") ?? 0));
            return new Workload(o.Kind, o.Name, ready, desired, images, restarts, o.CreatedAt, state.Ready ? Health.Healthy : ready == 0 ? Health.Down : Health.Degraded, state.Ready ? null : state.Have);
        }),
    ];

    /// <summary>The release's objects and, below them, replica sets, pods and claims.</summary>
    public static IReadOnlyList<ResourceNode> Tree(ClusterSnapshot snapshot)
    {
        var roots = snapshot.Objects.Select(o => Node(o, null));
        var uids = snapshot.Objects.Select(o => o.Uid).ToHashSet(StringComparer.Ordinal);
        var sets = snapshot.ReplicaSets.Where(r => uids.Contains(r.ControllerUid) && ((r.Int("spec", "replicas") ?? 0) > 0 || (r.Int("status", "replicas") ?? 0) > 0)).ToArray();
        uids.UnionWith(sets.Select(s => s.Uid));
        var pods = snapshot.Pods.Where(p => uids.Contains(p.ControllerUid));
        return [.. roots, .. sets.Select(s => Node(s, s.ControllerUid)), .. pods.Select(p => Node(p, p.ControllerUid))];
    }

    private static ResourceNode Node(KubeObject item, string? parent)
    {
        var state = Readiness.Of(item);
        return new ResourceNode(item.Uid, parent, item.ApiVersion, item.Kind, item.Name, state.Ready ? Health.Healthy : state.Failed ? Health.Down : Health.Degraded, state.Have, item.CreatedAt);
    }

    public static IReadOnlyList<ClusterEvent> Events(ClusterSnapshot snapshot)
    {
        var names = Tree(snapshot).Select(n => $"{n.Kind}/{n.Name}").ToHashSet(StringComparer.Ordinal);
        return
        [
            .. snapshot.Events.Where(e => names.Contains($"{e.Text("involvedObject", "kind")}/{e.Text("involvedObject", "name")}"))
                .OrderByDescending(e => e.Time("lastTimestamp") ?? e.CreatedAt).Take(50)
                .Select(e => new ClusterEvent(e.Time("lastTimestamp") ?? e.CreatedAt, e.Text("type"), e.Text("reason"), $"{e.Text("involvedObject", "kind")}/{e.Text("involvedObject", "name")}", e.Text("message"), e.Int("count") ?? 1)),
        ];
    }
}
