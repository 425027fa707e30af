using Portal.Sandbox.Registry;
using Portal.Sandbox.Storage;

namespace Portal.Sandbox.Controllers;

/// <summary>Counts what the objects of a namespace take from its quotas.</summary>
internal sealed class QuotaController(ObjectRegistry registry) : Controller(registry, "/resourcequotas")
{
    public override IEnumerable<ObjectKey> Affected(Change change)
    {
        if (change.Key.Bucket == Bucket)
        {
            yield return change.Key;
        }
        else if (change.Key.Namespace.Length > 0 && (change.Before is null || change.After is null || change.Key.Bucket == "/pods"))
        {
            foreach (var quota in Store.List(Bucket, change.Key.Namespace))
            {
                yield return new ObjectKey(Bucket, change.Key.Namespace, Json.JsonTree.Print(quota.At("metadata", "name")));
            }
        }
    }

    public override DateTimeOffset? Reconcile(ObjectKey key)
    {
        if (Store.Get(key) is { } quota)
        {
            SetStatus(Kind("", "resourcequotas"), quota, Quotas.Status(Store, Registry.Kinds, quota));
        }

        return null;
    }
}
