using Portal.Helm.Kube;

namespace Portal.Helm.Actions;

/// <summary>Objects that are as wanted as soon as they are written: no controller works on them, so nothing has to be watched.</summary>
internal static class StaticObjects
{
    private static readonly HashSet<string> Kinds = new(StringComparer.Ordinal)
    {
        "v1/ConfigMap", "v1/Secret", "v1/ServiceAccount", "v1/LimitRange", "v1/PodTemplate", "networking.k8s.io/v1/NetworkPolicy", "networking.k8s.io/v1/IngressClass", "rbac.authorization.k8s.io/v1/Role",
        "rbac.authorization.k8s.io/v1/RoleBinding", "rbac.authorization.k8s.io/v1/ClusterRole", "rbac.authorization.k8s.io/v1/ClusterRoleBinding", "scheduling.k8s.io/v1/PriorityClass",
        "storage.k8s.io/v1/StorageClass", "storage.k8s.io/v1/CSIDriver", "node.k8s.io/v1/RuntimeClass", "coordination.k8s.io/v1/Lease",
        "admissionregistration.k8s.io/v1/MutatingWebhookConfiguration", "admissionregistration.k8s.io/v1/ValidatingWebhookConfiguration",
    };

    /// <summary>Whether an object is one of them; a Service is, unless a load balancer has to be found for it.</summary>
    public static bool Contains(KubeObject item) => Kinds.Contains($"{item.ApiVersion}/{item.Kind}") || (item is { ApiVersion: "v1", Kind: "Service" } && item.Text("spec", "type") != "LoadBalancer");
}
