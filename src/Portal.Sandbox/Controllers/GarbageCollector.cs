using Portal.Sandbox.Json;
using Portal.Sandbox.Kinds;
using Portal.Sandbox.Registry;
using Portal.Sandbox.Storage;

namespace Portal.Sandbox.Controllers;

/// <summary>Deletes what a gone owner leaves behind, and carries out the foreground and orphan policies.</summary>
internal sealed class GarbageCollector(ObjectRegistry registry) : Controller(registry, "*")
{
    public override IEnumerable<ObjectKey> Affected(Change change)
    {
        // An object that is gone, or that waits for its dependents, or whose dependent is gone.
        if (change.After is null || change.After.Text("metadata", "deletionTimestamp") is not null)
        {
            yield return change.Key;
            foreach (var owner in (change.After ?? change.Before)?.Maps("metadata", "ownerReferences") ?? [])
            {
                if (Locate(owner, change.Key.Namespace) is { } key)
                {
                    yield return key;
                }
            }
        }
        else if (change.Before is null && change.After.List("metadata", "ownerReferences") is { Count: > 0 })
        {
            yield return change.Key;
        }

        if (change.After is null)
        {
            foreach (var dependent in DependentsOf(change.Before!))
            {
                yield return dependent;
            }
        }
    }

    public override DateTimeOffset? Reconcile(ObjectKey key)
    {
        var kind = Registry.Kinds.OfBucket(key.Bucket);
        if (kind is null || Store.Get(key) is not { } obj)
        {
            return null;
        }

        if (obj.Text("metadata", "deletionTimestamp") is null)
        {
            return Collect(kind, key, obj);
        }

        var finalizers = obj.Texts("metadata", "finalizers").ToList();
        if (finalizers.Contains("orphan"))
        {
            foreach (var dependent in DependentsOf(obj).ToList())
            {
                Release(dependent, obj);
            }

            Without(kind, key, "orphan");
        }
        else if (finalizers.Contains("foregroundDeletion"))
        {
            var blocking = 0;
            foreach (var dependent in DependentsOf(obj).ToList())
            {
                var of = Registry.Kinds.OfBucket(dependent.Bucket)!;
                var found = Store.Get(dependent)!;
                if (found.Text("metadata", "deletionTimestamp") is null)
                {
                    Registry.Delete(of, dependent.Namespace, dependent.Name, new DeleteRequest { Propagation = "Foreground" });
                }

                if (Store.Get(dependent) is { } left && left.Maps("metadata", "ownerReferences").Any(o => o.Text("uid") == obj.Text("metadata", "uid") && o.Flag("blockOwnerDeletion") is true))
                {
                    blocking++;
                }
            }

            if (blocking == 0)
            {
                Without(kind, key, "foregroundDeletion");
            }
        }

        return null;
    }

    private DateTimeOffset? Collect(ResourceKind kind, ObjectKey key, JsonMap obj)
    {
        var owners = obj.Maps("metadata", "ownerReferences").ToList();
        if (owners.Count == 0)
        {
            return null;
        }

        var living = owners.Where(o => Locate(o, key.Namespace) is { } at && Store.Get(at)?.Text("metadata", "uid") == o.Text("uid")).ToList();
        if (living.Count == 0)
        {
            Registry.Delete(kind, key.Namespace, key.Name, new DeleteRequest { Propagation = "Background", Uid = obj.Text("metadata", "uid") });
        }
        else if (living.Count < owners.Count)
        {
            Registry.Update(kind, key.Namespace, key.Name, o =>
            {
                var next = JsonTree.Clone(o);
                var uids = living.Select(l => l.Text("uid")).ToHashSet();
                next.Map("metadata")!["ownerReferences"] = o.Maps("metadata", "ownerReferences").Where(r => uids.Contains(r.Text("uid"))).Select(JsonTree.Clone).ToList<object?>();
                return next;
            }, Whole);
        }

        return null;
    }

    private IEnumerable<ObjectKey> DependentsOf(JsonMap owner)
    {
        var uid = owner.Text("metadata", "uid");
        var ns = owner.Text("metadata", "namespace");
        foreach (var bucket in Store.Buckets())
        {
            if (bucket is "/events")
            {
                continue;
            }

            foreach (var obj in Store.List(bucket, ns))
            {
                if (obj.Maps("metadata", "ownerReferences").Any(o => o.Text("uid") == uid))
                {
                    yield return new ObjectKey(bucket, obj.Text("metadata", "namespace") ?? "", obj.Text("metadata", "name")!);
                }
            }
        }
    }

    private ObjectKey? Locate(JsonMap reference, string ns)
    {
        var apiVersion = reference.Text("apiVersion") ?? "";
        var slash = apiVersion.IndexOf('/', StringComparison.Ordinal);
        var group = slash < 0 ? "" : apiVersion[..slash];
        var kind = Registry.Kinds.All.FirstOrDefault(k => k.Group == group && k.Kind == reference.Text("kind"));
        return kind is null ? null : new ObjectKey(kind.Bucket, kind.Namespaced ? ns : "", reference.Text("name") ?? "");
    }

    private void Release(ObjectKey dependent, JsonMap owner)
    {
        var uid = owner.Text("metadata", "uid");
        Registry.Update(Registry.Kinds.OfBucket(dependent.Bucket)!, dependent.Namespace, dependent.Name, o =>
        {
            var next = JsonTree.Clone(o);
            next.Map("metadata")!.SetOrRemove("ownerReferences", o.Maps("metadata", "ownerReferences").Where(r => r.Text("uid") != uid).Select(JsonTree.Clone).ToList<object?>());
            return next;
        }, Whole);
    }

    private void Without(ResourceKind kind, ObjectKey key, string finalizer) => Registry.Update(kind, key.Namespace, key.Name, o =>
    {
        var next = JsonTree.Clone(o);
        next.Map("metadata")!.SetOrRemove("finalizers", o.Texts("metadata", "finalizers").Where(f => f != finalizer).Select(f => (object?)f).ToList());
        return next;
    }, Whole);
}
