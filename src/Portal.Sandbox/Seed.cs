using Portal.Sandbox.Controllers;
using Portal.Sandbox.Json;
using Portal.Sandbox.Registry;

namespace Portal.Sandbox;

/// <summary>What a new cluster has from the start.</summary>
internal static class Seed
{
    public static void Fill(ObjectRegistry registry, Nodes nodes, int nodeCount)
    {
        var context = new WriteContext("kube-apiserver") { Internal = true };
        void Make(string group, string plural, string ns, JsonMap obj)
        {
            var kind = registry.Kinds.BuiltIn(group, plural);
            if (registry.Find(kind, ns, obj.Text("metadata", "name")!) is null)
            {
                registry.Create(kind, ns, obj, context);
            }
        }

        static JsonMap Named(string name) => new() { ["metadata"] = new JsonMap { ["name"] = name } };
        foreach (var ns in (string[])["default", "kube-system", "kube-public", "kube-node-lease"])
        {
            Make("", "namespaces", "", Named(ns));
        }

        nodes.Seed(nodeCount);
        var standard = Named("standard");
        standard.Ensure("metadata")["annotations"] = new JsonMap { ["storageclass.kubernetes.io/is-default-class"] = "true" };
        standard["provisioner"] = "sandbox.example.com/local";
        standard["allowVolumeExpansion"] = true;
        Make("storage.k8s.io", "storageclasses", "", standard);
        foreach (var (name, value) in ((string, long)[])[("system-cluster-critical", 2000000000), ("system-node-critical", 2000001000)])
        {
            var priority = Named(name);
            priority["value"] = value;
            Make("scheduling.k8s.io", "priorityclasses", "", priority);
        }

        foreach (var name in (string[])["cluster-admin", "admin", "edit", "view"])
        {
            var role = Named(name);
            role["rules"] = JsonTree.ListOf(new JsonMap { ["verbs"] = JsonTree.ListOf(name == "view" ? "get" : "*"), ["apiGroups"] = JsonTree.ListOf("*"), ["resources"] = JsonTree.ListOf("*") });
            Make("rbac.authorization.k8s.io", "clusterroles", "", role);
        }

        var service = Named("kubernetes");
        service.Ensure("metadata")["labels"] = new JsonMap { ["component"] = "apiserver", ["provider"] = "kubernetes" };
        service["spec"] = new JsonMap { ["clusterIP"] = "10.0.0.1", ["ports"] = JsonTree.ListOf(new JsonMap { ["name"] = "https", ["port"] = 443L, ["targetPort"] = 6443L }) };
        Make("", "services", "default", service);
    }
}
