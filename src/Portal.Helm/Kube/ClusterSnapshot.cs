namespace Portal.Helm.Kube;

/// <summary>What a cluster holds at one moment of the objects that a release owns, and of what they made.</summary>
public sealed class ClusterSnapshot(IReadOnlyList<KubeObject> objects, IReadOnlyList<KubeObject> pods, IReadOnlyList<KubeObject> replicaSets, IReadOnlyList<KubeObject> claims, IReadOnlyList<KubeObject> events)
{
    /// <summary>The release's own objects as they are live; missing ones are absent.</summary>
    public IReadOnlyList<KubeObject> Objects { get; } = objects;

    /// <summary>Jobs and pods among them that ended and are gone since, as they last were.</summary>
    internal IReadOnlyList<KubeObject> Ended { get; init; } = [];

    /// <summary>The pods that they made.</summary>
    public IReadOnlyList<KubeObject> Pods { get; } = pods;

    /// <summary>The ReplicaSets between Deployments and pods.</summary>
    public IReadOnlyList<KubeObject> ReplicaSets { get; } = replicaSets;

    /// <summary>The PersistentVolumeClaims that the pods use.</summary>
    public IReadOnlyList<KubeObject> Claims { get; } = claims;

    /// <summary>Events about any of these.</summary>
    public IReadOnlyList<KubeObject> Events { get; } = events;

    /// <summary>Reads what is live of the given objects. One list per kind and namespace, not one request per object.</summary>
    public static async Task<ClusterSnapshot> ReadAsync(KubeClient client, string ns, IReadOnlyList<ObjectRef> targets, CancellationToken cancellation, bool events = true)
    {
        var objects = new List<KubeObject>();
        foreach (var group in targets.GroupBy(t => (t.ApiVersion, t.Kind, t.Namespace)))
        {
            var names = group.Select(t => t.Name).ToHashSet(StringComparer.Ordinal);
            objects.AddRange((await client.ListAsync(group.Key.ApiVersion, group.Key.Kind, group.Key.Namespace, null, cancellation)).Where(o => names.Contains(o.Name)));
        }

        return new ClusterSnapshot(
            objects,
            await client.ListAsync("v1", "Pod", ns, null, cancellation),
            await client.ListAsync("apps/v1", "ReplicaSet", ns, null, cancellation),
            events ? await client.ListAsync("v1", "PersistentVolumeClaim", ns, null, cancellation) : [],
            events ? await client.ListAsync("v1", "Event", ns, null, cancellation) : []);
    }

    /// <summary>The pods below an object, through replica sets; for a Deployment only those of its newest revision when asked.</summary>
    public IReadOnlyList<KubeObject> PodsOf(KubeObject owner, bool newestOnly = false)
    {
        if (owner.Kind == "Pod")
        {
            return [.. Pods.Where(p => p.Uid == owner.Uid)];
        }

        if (owner.Kind != "Deployment")
        {
            return [.. Pods.Where(p => p.ControllerUid == owner.Uid)];
        }

        var sets = ReplicaSets.Where(r => r.ControllerUid == owner.Uid);
        if (newestOnly)
        {
            var revision = owner.Annotation("deployment.kubernetes.io/revision");
            sets = sets.Where(r => r.Annotation("deployment.kubernetes.io/revision") == revision);
        }

        var uids = sets.Select(r => r.Uid).ToHashSet(StringComparer.Ordinal);
        return [.. Pods.Where(p => uids.Contains(p.ControllerUid))];
    }

    /// <summary>The newest events about an object, newest first.</summary>
    public IEnumerable<KubeObject> EventsOf(KubeObject item) => Events
        .Where(e => e.Text("involvedObject", "uid") == item.Uid || (e.Text("involvedObject", "uid").Length == 0 && e.Text("involvedObject", "name") == item.Name && e.Text("involvedObject", "kind") == item.Kind))
        .OrderByDescending(e => e.Time("lastTimestamp") ?? e.Time("eventTime") ?? e.CreatedAt);
}
