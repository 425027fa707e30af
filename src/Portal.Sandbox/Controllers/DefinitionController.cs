using Portal.Sandbox.Api;
using Portal.Sandbox.Json;
using Portal.Sandbox.Kinds;
using Portal.Sandbox.Registry;
using Portal.Sandbox.Storage;

namespace Portal.Sandbox.Controllers;

/// <summary>Establishes CustomResourceDefinitions, serves their kinds, and removes both with all objects.</summary>
internal sealed class DefinitionController(ObjectRegistry registry) : Controller(registry, "apiextensions.k8s.io/customresourcedefinitions")
{
    private const string Finalizer = "customresourcecleanup.apiextensions.k8s.io";

    protected override string Manager => "kube-apiserver";

    public override IEnumerable<ObjectKey> Affected(Change change)
    {
        if (change.Key.Bucket == Bucket)
        {
            yield return change.Key;
        }
        else if (change.After is null && change.Key.Bucket.Contains('.', StringComparison.Ordinal))
        {
            var parts = change.Key.Bucket.Split('/');
            var key = new ObjectKey(Bucket, "", $"{parts[1]}.{parts[0]}");
            if (Store.Get(key) is { } definition && definition.Text("metadata", "deletionTimestamp") is not null)
            {
                yield return key;
            }
        }
    }

    public override DateTimeOffset? Reconcile(ObjectKey key)
    {
        var kind = Kind("apiextensions.k8s.io", "customresourcedefinitions");
        var definition = Store.Get(key);
        if (definition is not null && definition.Text("metadata", "deletionTimestamp") is not null)
        {
            return Finish(kind, definition);
        }

        if (definition is not null)
        {
            SetStatus(kind, definition, StatusOf(definition));
        }

        Publish(Registry);
        return null;
    }

    private DateTimeOffset? Finish(ResourceKind kind, JsonMap definition)
    {
        var group = definition.Text("spec", "group")!;
        var plural = definition.Text("spec", "names", "plural")!;
        var custom = Registry.Kinds.All.FirstOrDefault(k => k.Group == group && k.Plural == plural);
        if (custom is not null)
        {
            foreach (var obj in Store.List(custom.Bucket))
            {
                Registry.Delete(custom, obj.Text("metadata", "namespace") ?? "", obj.Text("metadata", "name")!, new DeleteRequest { Propagation = "Background" });
            }

            if (Store.List(custom.Bucket).Count > 0)
            {
                return null;
            }
        }

        Registry.Update(kind, "", definition.Text("metadata", "name")!, d =>
        {
            var next = JsonTree.Clone(d);
            next.Map("metadata")!.SetOrRemove("finalizers", d.Texts("metadata", "finalizers").Where(f => f != Finalizer).Select(f => (object?)f).ToList());
            return next;
        }, Whole);
        Publish(Registry);
        return null;
    }

    private JsonMap StatusOf(JsonMap definition)
    {
        var names = new JsonMap();
        foreach (var field in (string[])["plural", "singular", "shortNames", "kind", "listKind", "categories"])
        {
            names.SetOrRemove(field, JsonTree.Clone(definition.At("spec", "names", field)));
        }

        var conditions = definition.Maps("status", "conditions").Select(JsonTree.Clone).ToList();
        void Set(string type, string reason, string message)
        {
            var present = conditions.FirstOrDefault(c => c.Text("type") == type);
            if (present is null)
            {
                conditions.Add(new JsonMap { ["type"] = type, ["status"] = "True", ["lastTransitionTime"] = Clock.NowText, ["reason"] = reason, ["message"] = message });
            }
        }

        Set("NamesAccepted", "NoConflicts", "no conflicts found");
        Set("Established", "InitialNamesAccepted", "the initial names have been accepted");
        var stored = definition.Texts("status", "storedVersions").ToList();
        var storage = definition.Maps("spec", "versions").First(v => v.Flag("storage") is true).Text("name")!;
        if (!stored.Contains(storage))
        {
            stored.Add(storage);
        }

        return new JsonMap
        {
            ["conditions"] = conditions.ConvertAll(c => (object?)c),
            ["acceptedNames"] = names,
            ["storedVersions"] = stored.ConvertAll(s => (object?)s),
        };
    }

    /// <summary>Serves what the stored definitions define.</summary>
    public static void Publish(ObjectRegistry registry)
    {
        var custom = registry.Store.List("apiextensions.k8s.io/customresourcedefinitions")
            .Where(d => d.Maps("status", "conditions").Any(c => c.Text("type") == "Established" && c.Text("status") == "True"))
            .SelectMany(d => d.Maps("spec", "versions").Where(v => v.Flag("served") is true).Select(v => Read(d, v)))
            .ToList();
        registry.Kinds.SetCustom(custom);
    }

    private static ResourceKind Read(JsonMap definition, JsonMap version)
    {
        var names = definition.Map("spec", "names")!;
        var schema = version.Map("schema", "openAPIV3Schema");
        return new ResourceKind
        {
            Group = definition.Text("spec", "group")!,
            Version = version.Text("name")!,
            Kind = names.Text("kind")!,
            Plural = names.Text("plural")!,
            Singular = names.Text("singular") ?? names.Text("kind")!.ToLowerInvariant(),
            ShortNames = [.. names.Texts("shortNames")],
            Categories = [.. names.Texts("categories")],
            Verbs = ["delete", "deletecollection", "get", "list", "patch", "create", "update", "watch"],
            Namespaced = definition.Text("spec", "scope") == "Namespaced",
            HasStatus = version.Map("subresources", "status") is not null,
            HasScale = version.Map("subresources", "scale") is not null,
            Shape = CustomSchema.ToShape(schema, names.Text("kind")!),
            Custom = new CustomKind(version.Flag("storage") is true, schema, [.. version.Maps("additionalPrinterColumns")], version.Map("subresources", "scale"),
                version.Flag("deprecated") is true ? version.Text("deprecationWarning") ?? $"{definition.Text("spec", "group")}/{version.Text("name")} {names.Text("kind")} is deprecated{Newer(definition, version)}" : null,
                [.. version.Maps("selectableFields").Select(f => f.Text("jsonPath") ?? "")]),
        };
    }

    /// <summary>Names the version to use instead of a deprecated one, if a better one is served.</summary>
    private static string Newer(JsonMap definition, JsonMap version)
    {
        var best = definition.Maps("spec", "versions").Where(v => v.Flag("served") is true && v.Flag("deprecated") is not true)
            .Select(v => v.Text("name")!).OrderByDescending(Discovery.Priority).FirstOrDefault();
        return best is not null && Discovery.Priority(best).CompareTo(Discovery.Priority(version.Text("name")!)) > 0
            ? $"; use {definition.Text("spec", "group")}/{best} {definition.Text("spec", "names", "kind")}"
            : "";
    }
}
