using Portal.Helm.Kube;

namespace Portal.Helm.Actions;

/// <summary>What the cluster says about the objects of an action: their metadata, or all of them, read once. Many objects of a kind cost one list, few one request each.</summary>
internal sealed class LiveObjects
{
    /// <summary>How many requests are under way at once.</summary>
    public const int Width = 8;

    private const int WorthAList = 4;
    private readonly Dictionary<ObjectRef, KubeObject> _found;

    private LiveObjects(Dictionary<ObjectRef, KubeObject> found) => _found = found;

    /// <summary>Nothing was looked at.</summary>
    public static LiveObjects None { get; } = new([]);

    /// <summary>An object (as much of it as was read), or null when it is not there.</summary>
    public KubeObject? this[ObjectRef target] => _found.GetValueOrDefault(target);

    /// <summary>Their metadata.</summary>
    public static Task<LiveObjects> ReadAsync(KubeClient client, IReadOnlyCollection<ObjectRef> targets, CancellationToken cancellation) =>
        ReadAsync(client, targets, (of, stop) => client.ListMetadataAsync(of.ApiVersion, of.Kind, of.Namespace, null, stop), listTellsAll: true, cancellation);

    /// <summary>The objects as a whole. Only what Helm marked is listed: a namespace may hold much more than a release.</summary>
    public static Task<LiveObjects> WholeAsync(KubeClient client, IReadOnlyCollection<ObjectRef> targets, CancellationToken cancellation) =>
        ReadAsync(client, targets, (of, stop) => of.Namespace.Length == 0 ? Task.FromResult(new List<KubeObject>()) : client.ListAsync(of.ApiVersion, of.Kind, of.Namespace, ManifestObjects.MarkSelector, stop), listTellsAll: false, cancellation);

    private static async Task<LiveObjects> ReadAsync(
        KubeClient client, IReadOnlyCollection<ObjectRef> targets, Func<ObjectRef, CancellationToken, Task<List<KubeObject>>> list, bool listTellsAll, CancellationToken cancellation)
    {
        var found = new Dictionary<ObjectRef, KubeObject>();
        var single = new List<ObjectRef>();
        foreach (var group in targets.Distinct().GroupBy(t => (t.ApiVersion, t.Kind, t.Namespace)))
        {
            if (group.Count() < WorthAList || !await ListAsync([.. group], list, found, cancellation))
            {
                single.AddRange(group);
            }
            else if (!listTellsAll)
            {
                single.AddRange(group.Where(t => !found.ContainsKey(t)));
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

    private static async Task<bool> ListAsync(HashSet<ObjectRef> wanted, Func<ObjectRef, CancellationToken, Task<List<KubeObject>>> list, Dictionary<ObjectRef, KubeObject> found, CancellationToken cancellation)
    {
        try
        {
            foreach (var item in (await list(wanted.First(), cancellation)).Where(i => wanted.Contains(i.Ref)))
            {
                found[item.Ref] = item;
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
