using Portal.Helm.Kube;

namespace Portal.Helm.Actions;

/// <summary>What the cluster says about the objects of an action: their metadata, read once. Many objects of a kind cost one list, few one request each.</summary>
internal sealed class LiveObjects
{
    /// <summary>How many requests are under way at once.</summary>
    public const int Width = 8;

    private const int WorthAList = 4;
    private readonly Dictionary<ObjectRef, KubeObject> _found;

    private LiveObjects(Dictionary<ObjectRef, KubeObject> found) => _found = found;

    /// <summary>Nothing was looked at.</summary>
    public static LiveObjects None { get; } = new([]);

    /// <summary>An object's metadata (more may be missing), or null when it is not there.</summary>
    public KubeObject? this[ObjectRef target] => _found.GetValueOrDefault(target);

    public static async Task<LiveObjects> ReadAsync(KubeClient client, IReadOnlyCollection<ObjectRef> targets, CancellationToken cancellation)
    {
        var found = new Dictionary<ObjectRef, KubeObject>();
        var single = new List<ObjectRef>();
        foreach (var group in targets.Distinct().GroupBy(t => (t.ApiVersion, t.Kind, t.Namespace)))
        {
            if (group.Count() < WorthAList || !await ListAsync(client, group, found, cancellation))
            {
                single.AddRange(group);
            }
        }

        await Parallel.ForEachAsync(single, new ParallelOptions { MaxDegreeOfParallelism = Width, CancellationToken = cancellation }, async (target, stop) =>
        {
            if (await client.GetAsync(target, stop) is { } live)
            {
                lock (found)
                {
                    found[target] = live;
                }
            }
        });
        return new LiveObjects(found);
    }

    private static async Task<bool> ListAsync(KubeClient client, IGrouping<(string ApiVersion, string Kind, string Namespace), ObjectRef> group, Dictionary<ObjectRef, KubeObject> found, CancellationToken cancellation)
    {
        try
        {
            var wanted = group.ToHashSet();
            foreach (var item in (await client.ListMetadataAsync(group.Key.ApiVersion, group.Key.Kind, group.Key.Namespace, null, cancellation)).Where(i => wanted.Contains(i.Ref)))
            {
                lock (found)
                {
                    found[item.Ref] = item;
                }
            }

            return true;
        }
        catch (KubeException error) when (error.Code == 403)
        {
            // Whoever may get each object may not always list them.
            return false;
        }
    }
}
