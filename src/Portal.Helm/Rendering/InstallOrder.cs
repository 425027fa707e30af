namespace Portal.Helm.Rendering;

/// <summary>In which order kinds are installed and removed (pkg/release/v1/util/kind_sorter.go). Unknown kinds come last, by name.</summary>
public static class InstallOrder
{
    private static readonly string[] Install =
    [
        "PriorityClass", "Namespace", "NetworkPolicy", "ResourceQuota", "LimitRange", "PodSecurityPolicy", "PodDisruptionBudget", "ServiceAccount", "Secret", "SecretList", "ConfigMap",
        "StorageClass", "PersistentVolume", "PersistentVolumeClaim", "CustomResourceDefinition", "ClusterRole", "ClusterRoleList", "ClusterRoleBinding", "ClusterRoleBindingList",
        "Role", "RoleList", "RoleBinding", "RoleBindingList", "Service", "DaemonSet", "Pod", "ReplicationController", "ReplicaSet", "Deployment", "HorizontalPodAutoscaler", "StatefulSet",
        "Job", "CronJob", "IngressClass", "Ingress", "APIService", "MutatingWebhookConfiguration", "ValidatingWebhookConfiguration",
    ];

    private static readonly string[] Uninstall =
    [
        "ValidatingWebhookConfiguration", "MutatingWebhookConfiguration", "APIService", "Ingress", "IngressClass", "Service", "CronJob", "Job", "StatefulSet", "HorizontalPodAutoscaler", "Deployment", "ReplicaSet",
        "ReplicationController", "Pod", "DaemonSet", "RoleBindingList", "RoleBinding", "RoleList", "Role", "ClusterRoleBindingList", "ClusterRoleBinding", "ClusterRoleList", "ClusterRole",
        "CustomResourceDefinition", "PersistentVolumeClaim", "PersistentVolume", "StorageClass", "ConfigMap", "SecretList", "Secret", "ServiceAccount", "PodDisruptionBudget", "PodSecurityPolicy",
        "LimitRange", "ResourceQuota", "NetworkPolicy", "Namespace", "PriorityClass",
    ];

    /// <summary>Sorts stably for installing.</summary>
    public static IEnumerable<T> ForInstall<T>(IEnumerable<T> items, Func<T, string> kind) => Sort(items, kind, Install);

    /// <summary>Sorts stably for removing.</summary>
    public static IEnumerable<T> ForUninstall<T>(IEnumerable<T> items, Func<T, string> kind) => Sort(items, kind, Uninstall);

    private static IOrderedEnumerable<T> Sort<T>(IEnumerable<T> items, Func<T, string> kind, string[] order) => items
        .OrderBy(i => Array.IndexOf(order, kind(i)) is >= 0 and var at ? at : int.MaxValue)
        .ThenBy(i => Array.IndexOf(order, kind(i)) >= 0 ? "" : kind(i), StringComparer.Ordinal);
}
