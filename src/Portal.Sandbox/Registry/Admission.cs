using Portal.Sandbox.Api;
using Portal.Sandbox.Faults;
using Portal.Sandbox.Json;
using Portal.Sandbox.Kinds;
using Portal.Sandbox.Storage;

namespace Portal.Sandbox.Registry;

/// <summary>What is decided after the request is understood and before it is written: refusals, and parts that are added.</summary>
internal sealed class Admission(ObjectStore store, FaultPlan faults)
{
    public void OnCreate(ResourceKind kind, string ns, JsonMap obj, WriteContext context)
    {
        // What controllers write passes admission as well; of theirs, webhooks are mostly about Pods.
        if (!context.Internal || kind.Bucket == "/pods")
        {
            Refuse(kind, obj, "CREATE");
        }

        if (kind.Namespaced)
        {
            CheckNamespace(kind, ns, obj);
        }

        Warn(kind, obj, context);

        switch (kind.Bucket)
        {
            case "/pods":
                LimitRanges.Apply(store, ns, obj);
                PodAdmission.Apply(store, ns, obj);
                break;
            case "/persistentvolumeclaims":
                ClaimDefaults(obj);
                LimitRanges.CheckClaim(store, ns, obj);
                break;
            case "networking.k8s.io/ingresses":
                DefaultIngressClass(obj);
                break;
        }

        Quotas.Check(store, kind, ns, obj);
    }

    /// <summary>Counts what was created where that cannot wait for a controller.</summary>
    public void OnCreated(ResourceKind kind, string ns, JsonMap obj) => Quotas.Charge(store, kind, ns, obj);

    public void OnUpdate(ResourceKind kind, string ns, JsonMap current, JsonMap proposed, WriteContext context)
    {
        if (!context.Internal && context.Subresource.Length == 0)
        {
            Refuse(kind, proposed, "UPDATE");
        }
    }

    public void OnDelete(ResourceKind kind, JsonMap current) => Refuse(kind, current, "DELETE");

    /// <summary>Says what is allowed but surely not meant.</summary>
    private static void Warn(ResourceKind kind, JsonMap obj, WriteContext context)
    {
        if (context.Warn is not { } warn)
        {
            return;
        }

        if (kind.Bucket == "/services" && obj.Text("spec", "clusterIP") == "None" && obj.Text("spec", "sessionAffinity") is { } affinity and not "None" && affinity.Length > 0)
        {
            warn("spec.SessionAffinity is ignored for headless services");
        }

        var (path, pod) = kind.Bucket == "/pods" ? ("spec", obj.Map("spec")) : ("spec.template.spec", obj.Map("spec", "template", "spec"));
        var constraints = pod?.Maps("topologySpreadConstraints").ToList() ?? [];
        for (var i = 0; i < constraints.Count; i++)
        {
            if (constraints[i].Map("labelSelector") is null)
            {
                warn($"{path}.topologySpreadConstraints[{i}].labelSelector: a null labelSelector results in matching no pod");
            }
        }
    }

    private void Refuse(ResourceKind kind, JsonMap obj, string operation)
    {
        if (faults.RefusalOf(kind, obj, operation) is { } refusal)
        {
            throw refusal.Status == 403 ? ApiError.Forbidden(kind.Group, kind.Plural, obj.Text("metadata", "name") ?? "", refusal.Message) : ApiError.Of(refusal.Status, refusal.Message);
        }
    }

    private void CheckNamespace(ResourceKind kind, string ns, JsonMap obj)
    {
        var found = store.Get(new ObjectKey("/namespaces", "", ns)) ?? throw ApiError.NotFound("", "namespaces", ns);
        if (found.Text("metadata", "deletionTimestamp") is not null)
        {
            throw ApiError.Forbidden(kind.Group, kind.Plural, obj.Text("metadata", "name") ?? "",
                $"unable to create new content in namespace {ns} because it is being terminated",
                JsonTree.ListOf(new JsonMap { ["reason"] = "NamespaceTerminating", ["message"] = $"namespace {ns} is being terminated", ["field"] = "metadata.namespace" }));
        }
    }

    private void ClaimDefaults(JsonMap claim)
    {
        claim.Ensure("metadata").Default("finalizers", JsonTree.ListOf("kubernetes.io/pvc-protection"));
        if (!claim.Map("spec")!.ContainsKey("storageClassName") &&
            store.List("storage.k8s.io/storageclasses").FirstOrDefault(c => c.Text("metadata", "annotations", "storageclass.kubernetes.io/is-default-class") == "true") is { } standard)
        {
            claim.Map("spec")!["storageClassName"] = standard.Text("metadata", "name");
        }
    }

    private void DefaultIngressClass(JsonMap ingress)
    {
        if (ingress.Text("spec", "ingressClassName") is null && ingress.Text("metadata", "annotations", "kubernetes.io/ingress.class") is null &&
            store.List("networking.k8s.io/ingressclasses").FirstOrDefault(c => c.Text("metadata", "annotations", "ingressclass.kubernetes.io/is-default-class") == "true") is { } standard)
        {
            ingress.Ensure("spec")["ingressClassName"] = standard.Text("metadata", "name");
        }
    }
}
