using Portal.Sandbox.Json;
using Portal.Sandbox.Kinds;
using Portal.Sandbox.Registry;
using Portal.Sandbox.Storage;

namespace Portal.Sandbox.Controllers;

/// <summary>One simulated controller: told of changes, it brings one object at a time to where it should be.</summary>
internal abstract class Controller(ObjectRegistry registry, string bucket)
{
    /// <summary>The resource that it works on.</summary>
    public string Bucket => bucket;

    protected ObjectRegistry Registry => registry;

    protected ObjectStore Store => registry.Store;

    protected SandboxClock Clock => registry.Clock;

    /// <summary>How it signs its writes.</summary>
    protected virtual string Manager => "kube-controller-manager";

    /// <summary>The objects to look at after a change; by default the changed one of its own resource and the owners of changed ones.</summary>
    public virtual IEnumerable<ObjectKey> Affected(Change change)
    {
        if (change.Key.Bucket == bucket)
        {
            yield return change.Key;
        }
    }

    /// <summary>Brings an object one step on.</summary>
    /// <param name="key">Where it is; it may be gone.</param>
    /// <returns>When to look again although nothing changed (time of the cluster); null for not at all.</returns>
    public abstract DateTimeOffset? Reconcile(ObjectKey key);

    protected WriteContext Status => new(Manager) { Internal = true, Subresource = "status" };

    protected WriteContext Whole => new(Manager) { Internal = true };

    protected ResourceKind Kind(string group, string plural) => registry.Kinds.BuiltIn(group, plural);

    /// <summary>Writes the status of an object, if it differs.</summary>
    protected void SetStatus(ResourceKind kind, JsonMap obj, JsonMap status)
    {
        if (JsonTree.Equal(obj.GetValueOrDefault("status"), status))
        {
            return;
        }

        registry.Update(kind, obj.Text("metadata", "namespace") ?? "", obj.Text("metadata", "name")!, current =>
        {
            var next = JsonTree.Clone(current);
            next["status"] = JsonTree.Clone(status);
            return next;
        }, Status);
    }

    /// <summary>The controlling owner of an object, if it is of a kind.</summary>
    protected static string? OwnerName(JsonMap? obj, string kind) =>
        obj?.Maps("metadata", "ownerReferences").FirstOrDefault(o => o.Text("kind") == kind && o.Flag("controller") is true)?.Text("name");

    protected static bool IsOwnedBy(JsonMap obj, JsonMap owner) =>
        obj.Maps("metadata", "ownerReferences").Any(o => o.Text("uid") == owner.Text("metadata", "uid") && o.Flag("controller") is true);

    protected static List<object?> OwnedBy(JsonMap owner) => JsonTree.ListOf(new JsonMap
    {
        ["apiVersion"] = owner.Text("apiVersion"),
        ["kind"] = owner.Text("kind"),
        ["name"] = owner.Text("metadata", "name"),
        ["uid"] = owner.Text("metadata", "uid"),
        ["controller"] = true,
        ["blockOwnerDeletion"] = true,
    });

    /// <summary>The owners' keys of both states of a changed object.</summary>
    protected static IEnumerable<ObjectKey> OwnersOf(Change change, string kind, string bucket) =>
        ((JsonMap?[])[change.Before, change.After]).Select(o => OwnerName(o, kind)).Where(n => n is not null).Distinct().Select(n => new ObjectKey(bucket, change.Key.Namespace, n!));
}
