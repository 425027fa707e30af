using Portal.Sandbox.Json;
using Portal.Sandbox.Registry;

namespace Portal.Sandbox.Controllers;

/// <summary>The ControllerRevisions of StatefulSets and DaemonSets.</summary>
internal static class Revisions
{
    /// <summary>The revision of an owner's template, made when it is new; its name ends with the hash.</summary>
    public static string Ensure(ObjectRegistry registry, JsonMap owner, List<object?> owners, WriteContext context)
    {
        var kind = registry.Kinds.BuiltIn("apps", "controllerrevisions");
        var ns = owner.Text("metadata", "namespace")!;
        var template = JsonTree.Clone(owner.Map("spec", "template")!);
        template["$patch"] = "replace";
        var data = new JsonMap { ["spec"] = new JsonMap { ["template"] = template } };
        var name = $"{owner.Text("metadata", "name")}-{HashOf(data)}";
        var known = registry.Store.List(kind.Bucket, ns).Where(r => r.Maps("metadata", "ownerReferences").Any(o => o.Text("uid") == owner.Text("metadata", "uid"))).ToList();
        var newest = known.Select(r => r.Int("revision") ?? 0).DefaultIfEmpty(0).Max();
        var found = known.FirstOrDefault(r => r.Text("metadata", "name") == name);
        if (found is null)
        {
            registry.Create(kind, ns, new JsonMap
            {
                ["metadata"] = new JsonMap { ["name"] = name, ["labels"] = JsonTree.Clone(owner.At("spec", "template", "metadata", "labels")), ["ownerReferences"] = owners },
                ["data"] = data,
                ["revision"] = newest + 1,
            }, context);
        }
        else if (found.Int("revision") < newest)
        {
            registry.Update(kind, ns, name, r =>
            {
                var next = JsonTree.Clone(r);
                next["revision"] = newest + 1;
                return next;
            }, context);
        }

        return name;
    }

    /// <summary>FNV-1 over the JSON with sorted keys and the count of collisions, as the controllers name their revisions.</summary>
    private static string HashOf(JsonMap data)
    {
        var hash = 2166136261u;
        foreach (var b in JsonTree.Bytes(JsonTree.Sorted(data)).Append((byte)'0'))
        {
            hash = unchecked(hash * 16777619u) ^ b;
        }

        return PodTemplates.Letters(hash);
    }
}
