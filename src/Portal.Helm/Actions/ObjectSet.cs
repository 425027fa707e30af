using Portal.Helm.Kube;

namespace Portal.Helm.Actions;

/// <summary>The objects of an action: those that are wanted, what the manifest before said of them, and what is live of them.</summary>
internal sealed class ObjectSet
{
    public ObjectSet(IReadOnlyList<KubeObject> objects, IEnumerable<KubeObject> old, LiveObjects live)
    {
        Objects = objects;
        Live = live;
        // An object keeps its identity when the chart moves it to another version of its group.
        var previous = old.DistinctBy(o => o.Ref).GroupBy(Identity).ToDictionary(g => g.Key, g => g.First());
        foreach (var item in objects)
        {
            if (previous.Remove(Identity(item), out var before))
            {
                _before[item.Ref] = before;
            }
        }

        Removed = [.. previous.Values];
    }

    private readonly Dictionary<ObjectRef, KubeObject> _before = [];

    public IReadOnlyList<KubeObject> Objects { get; }

    /// <summary>The same object in the manifest before, by the reference of the wanted one.</summary>
    public IReadOnlyDictionary<ObjectRef, KubeObject> Before => _before;

    public LiveObjects Live { get; }

    /// <summary>What the manifest before had and the new one has not.</summary>
    public IReadOnlyList<KubeObject> Removed { get; }

    private static (string Group, string Kind, string Namespace, string Name) Identity(KubeObject item)
    {
        var slash = item.ApiVersion.IndexOf('/', StringComparison.Ordinal);
        return (slash < 0 ? "" : item.ApiVersion[..slash], item.Kind, item.Namespace, item.Name);
    }
}
