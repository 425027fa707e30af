using Portal.Sandbox.Json;
using Portal.Sandbox.Registry;
using Portal.Sandbox.Storage;

namespace Portal.Sandbox.Controllers;

/// <summary>Gives every namespace its default service account and root certificate, and empties the ones that end.</summary>
internal sealed class NamespaceController(ObjectRegistry registry, string authorityPem) : Controller(registry, "/namespaces")
{
    public override IEnumerable<ObjectKey> Affected(Change change)
    {
        if (change.Key.Bucket == Bucket)
        {
            yield return change.Key;
        }
        else if (change.After is null && change.Key.Namespace.Length > 0)
        {
            yield return new ObjectKey(Bucket, "", change.Key.Namespace);
        }
    }

    public override DateTimeOffset? Reconcile(ObjectKey key)
    {
        var name = key.Name;
        if (Store.Get(key) is not { } ns)
        {
            return null;
        }

        if (ns.Text("metadata", "deletionTimestamp") is null)
        {
            var accounts = Kind("", "serviceaccounts");
            if (Registry.Find(accounts, name, "default") is null)
            {
                Registry.Create(accounts, name, new JsonMap { ["metadata"] = new JsonMap { ["name"] = "default" } }, Whole);
            }

            var maps = Kind("", "configmaps");
            if (Registry.Find(maps, name, "kube-root-ca.crt") is null)
            {
                var annotations = new JsonMap { ["kubernetes.io/description"] = "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters." };
                Registry.Create(maps, name, new JsonMap { ["metadata"] = new JsonMap { ["name"] = "kube-root-ca.crt", ["annotations"] = annotations }, ["data"] = new JsonMap { ["ca.crt"] = authorityPem } }, Whole);
            }

            return null;
        }

        var left = new List<(string Resource, int Count)>();
        var waiting = new SortedDictionary<string, int>(StringComparer.Ordinal);
        foreach (var kind in Registry.Kinds.All.Where(k => k.Namespaced && k.Verbs.Contains("delete")).GroupBy(k => k.Bucket).Select(g => g.First()))
        {
            foreach (var obj in Store.List(kind.Bucket, name))
            {
                if (obj.Text("metadata", "deletionTimestamp") is null || kind.Bucket == "/pods")
                {
                    Registry.Delete(kind, name, obj.Text("metadata", "name")!, new DeleteRequest { Propagation = "Background" });
                }
            }

            var rest = Store.List(kind.Bucket, name);
            if (rest.Count > 0)
            {
                left.Add(($"{kind.Plural}.{kind.Group}", rest.Count));
                foreach (var finalizer in rest.SelectMany(o => o.Texts("metadata", "finalizers")))
                {
                    waiting[finalizer] = waiting.GetValueOrDefault(finalizer) + 1;
                }
            }
        }

        if (left.Count == 0)
        {
            Registry.Remove(Kind("", "namespaces"), "", name);
            return null;
        }

        SetStatus(Kind("", "namespaces"), ns, StatusOf(ns, left, waiting));
        return null;
    }

    private JsonMap StatusOf(JsonMap ns, List<(string Resource, int Count)> left, SortedDictionary<string, int> waiting)
    {
        JsonMap Condition(string type, bool holds, string yes, string yesText, string no, string noText) => new()
        {
            ["type"] = type,
            ["status"] = holds ? "True" : "False",
            ["lastTransitionTime"] = ns.Maps("status", "conditions").FirstOrDefault(c => c.Text("type") == type && c.Text("status") == (holds ? "True" : "False"))?.Text("lastTransitionTime") ?? Clock.NowText,
            ["reason"] = holds ? yes : no,
            ["message"] = holds ? yesText : noText,
        };
        var content = string.Join(", ", left.Select(l => $"{l.Resource} has {l.Count} resource instances"));
        var finalizers = string.Join(", ", waiting.Select(w => $"{w.Key} in {w.Value} resource instances"));
        return new JsonMap
        {
            ["phase"] = "Terminating",
            ["conditions"] = JsonTree.ListOf(
                Condition("NamespaceDeletionDiscoveryFailure", false, "", "", "ResourcesDiscovered", "All resources successfully discovered"),
                Condition("NamespaceDeletionGroupVersionParsingFailure", false, "", "", "ParsedGroupVersions", "All legacy kube types successfully parsed"),
                Condition("NamespaceDeletionContentFailure", false, "", "", "ContentDeleted", "All content successfully deleted, may be waiting on finalization"),
                Condition("NamespaceContentRemaining", true, "SomeResourcesRemain", $"Some resources are remaining: {content}", "", ""),
                Condition("NamespaceFinalizersRemaining", waiting.Count > 0, "SomeFinalizersRemain", $"Some content in the namespace has finalizers remaining: {finalizers}", "ContentHasNoFinalizers", "All content-preserving finalizers finished")),
        };
    }
}
