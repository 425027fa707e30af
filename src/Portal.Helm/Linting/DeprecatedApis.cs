using Portal.Helm.Sprig;

namespace Portal.Helm.Linting;

/// <summary>API versions of built-in kinds that Kubernetes has given up, and since when (the lifecycle marks of k8s.io/api).</summary>
internal static class DeprecatedApis
{
    private sealed record Life(int Deprecated, int Removed, string Instead);

    // Minor versions of Kubernetes 1; Removed is the first version without it.
    private static readonly Dictionary<string, Life> Lives = new(StringComparer.Ordinal)
    {
        ["extensions/v1beta1 DaemonSet"] = new(8, 16, "apps/v1 DaemonSet"),
        ["extensions/v1beta1 Deployment"] = new(8, 16, "apps/v1 Deployment"),
        ["extensions/v1beta1 ReplicaSet"] = new(8, 16, "apps/v1 ReplicaSet"),
        ["extensions/v1beta1 NetworkPolicy"] = new(9, 16, "networking.k8s.io/v1 NetworkPolicy"),
        ["extensions/v1beta1 Ingress"] = new(14, 22, "networking.k8s.io/v1 Ingress"),
        ["apps/v1beta1 ControllerRevision"] = new(8, 16, "apps/v1 ControllerRevision"),
        ["apps/v1beta1 Deployment"] = new(8, 16, "apps/v1 Deployment"),
        ["apps/v1beta1 StatefulSet"] = new(8, 16, "apps/v1 StatefulSet"),
        ["apps/v1beta2 ControllerRevision"] = new(9, 16, "apps/v1 ControllerRevision"),
        ["apps/v1beta2 DaemonSet"] = new(9, 16, "apps/v1 DaemonSet"),
        ["apps/v1beta2 Deployment"] = new(9, 16, "apps/v1 Deployment"),
        ["apps/v1beta2 ReplicaSet"] = new(9, 16, "apps/v1 ReplicaSet"),
        ["apps/v1beta2 StatefulSet"] = new(9, 16, "apps/v1 StatefulSet"),
        ["networking.k8s.io/v1beta1 Ingress"] = new(19, 22, "networking.k8s.io/v1 Ingress"),
        ["networking.k8s.io/v1beta1 IngressClass"] = new(19, 22, "networking.k8s.io/v1 IngressClass"),
        ["rbac.authorization.k8s.io/v1beta1 Role"] = new(17, 22, "rbac.authorization.k8s.io/v1 Role"),
        ["rbac.authorization.k8s.io/v1beta1 RoleBinding"] = new(17, 22, "rbac.authorization.k8s.io/v1 RoleBinding"),
        ["rbac.authorization.k8s.io/v1beta1 ClusterRole"] = new(17, 22, "rbac.authorization.k8s.io/v1 ClusterRole"),
        ["rbac.authorization.k8s.io/v1beta1 ClusterRoleBinding"] = new(17, 22, "rbac.authorization.k8s.io/v1 ClusterRoleBinding"),
        ["admissionregistration.k8s.io/v1beta1 MutatingWebhookConfiguration"] = new(16, 22, "admissionregistration.k8s.io/v1 MutatingWebhookConfiguration"),
        ["admissionregistration.k8s.io/v1beta1 ValidatingWebhookConfiguration"] = new(16, 22, "admissionregistration.k8s.io/v1 ValidatingWebhookConfiguration"),
        ["certificates.k8s.io/v1beta1 CertificateSigningRequest"] = new(19, 22, "certificates.k8s.io/v1 CertificateSigningRequest"),
        ["coordination.k8s.io/v1beta1 Lease"] = new(19, 22, "coordination.k8s.io/v1 Lease"),
        ["scheduling.k8s.io/v1beta1 PriorityClass"] = new(14, 22, "scheduling.k8s.io/v1 PriorityClass"),
        ["storage.k8s.io/v1beta1 CSIDriver"] = new(19, 22, "storage.k8s.io/v1 CSIDriver"),
        ["storage.k8s.io/v1beta1 CSINode"] = new(17, 22, "storage.k8s.io/v1 CSINode"),
        ["storage.k8s.io/v1beta1 StorageClass"] = new(19, 22, "storage.k8s.io/v1 StorageClass"),
        ["storage.k8s.io/v1beta1 VolumeAttachment"] = new(19, 22, "storage.k8s.io/v1 VolumeAttachment"),
        ["storage.k8s.io/v1beta1 CSIStorageCapacity"] = new(24, 27, "storage.k8s.io/v1 CSIStorageCapacity"),
        ["batch/v1beta1 CronJob"] = new(21, 25, "batch/v1 CronJob"),
        ["discovery.k8s.io/v1beta1 EndpointSlice"] = new(21, 25, "discovery.k8s.io/v1 EndpointSlice"),
        ["events.k8s.io/v1beta1 Event"] = new(22, 25, "events.k8s.io/v1 Event"),
        ["node.k8s.io/v1beta1 RuntimeClass"] = new(22, 25, "node.k8s.io/v1 RuntimeClass"),
        ["policy/v1beta1 PodDisruptionBudget"] = new(21, 25, "policy/v1 PodDisruptionBudget"),
        ["autoscaling/v2beta1 HorizontalPodAutoscaler"] = new(22, 25, "autoscaling/v2 HorizontalPodAutoscaler"),
        ["autoscaling/v2beta2 HorizontalPodAutoscaler"] = new(23, 26, "autoscaling/v2 HorizontalPodAutoscaler"),
        ["flowcontrol.apiserver.k8s.io/v1beta1 FlowSchema"] = new(23, 26, "flowcontrol.apiserver.k8s.io/v1beta3 FlowSchema"),
        ["flowcontrol.apiserver.k8s.io/v1beta1 PriorityLevelConfiguration"] = new(23, 26, "flowcontrol.apiserver.k8s.io/v1beta3 PriorityLevelConfiguration"),
        ["flowcontrol.apiserver.k8s.io/v1beta2 FlowSchema"] = new(26, 29, "flowcontrol.apiserver.k8s.io/v1beta3 FlowSchema"),
        ["flowcontrol.apiserver.k8s.io/v1beta2 PriorityLevelConfiguration"] = new(26, 29, "flowcontrol.apiserver.k8s.io/v1beta3 PriorityLevelConfiguration"),
        ["flowcontrol.apiserver.k8s.io/v1beta3 FlowSchema"] = new(29, 32, "flowcontrol.apiserver.k8s.io/v1 FlowSchema"),
        ["flowcontrol.apiserver.k8s.io/v1beta3 PriorityLevelConfiguration"] = new(29, 32, "flowcontrol.apiserver.k8s.io/v1 PriorityLevelConfiguration"),
        ["v1 ComponentStatus"] = new(19, int.MaxValue, ""),
        ["v1 Endpoints"] = new(33, int.MaxValue, "discovery.k8s.io/v1 EndpointSlice"),
    };

    /// <summary>The API server's warning about an API version, when a cluster of this version gives it; else null.</summary>
    public static string? Warning(string apiVersion, string kind, string kubeVersion)
    {
        var name = $"{apiVersion} {kind}";
        if (!Lives.TryGetValue(name, out var life) || SemVersion.TryParse(kubeVersion) is not { } version || (version.Major <= 1 && version.Minor < (ulong)life.Deprecated))
        {
            return null;
        }

        var gone = life.Removed == int.MaxValue ? "" : $", unavailable in v1.{life.Removed}+";
        return $"{name} is deprecated in v1.{life.Deprecated}+{gone}{(life.Instead.Length > 0 ? $"; use {life.Instead}" : "")}";
    }
}
