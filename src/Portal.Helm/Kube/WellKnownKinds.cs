namespace Portal.Helm.Kube;

/// <summary>Resources that every supported server has under the same name: asking for them would only cost a request.</summary>
internal static class WellKnownKinds
{
    // Kind:resource, "!" behind those that live outside of namespaces.
    private static readonly Dictionary<string, string> Served = new(StringComparer.Ordinal)
    {
        ["v1"] = "ConfigMap:configmaps Event:events LimitRange:limitranges Namespace:namespaces! PersistentVolumeClaim:persistentvolumeclaims PersistentVolume:persistentvolumes! Pod:pods PodTemplate:podtemplates ResourceQuota:resourcequotas Secret:secrets ServiceAccount:serviceaccounts Service:services",
        ["apps/v1"] = "DaemonSet:daemonsets Deployment:deployments ReplicaSet:replicasets StatefulSet:statefulsets",
        ["autoscaling/v2"] = "HorizontalPodAutoscaler:horizontalpodautoscalers",
        ["autoscaling/v1"] = "HorizontalPodAutoscaler:horizontalpodautoscalers",
        ["batch/v1"] = "CronJob:cronjobs Job:jobs",
        ["networking.k8s.io/v1"] = "IngressClass:ingressclasses! Ingress:ingresses NetworkPolicy:networkpolicies",
        ["policy/v1"] = "PodDisruptionBudget:poddisruptionbudgets",
        ["rbac.authorization.k8s.io/v1"] = "ClusterRoleBinding:clusterrolebindings! ClusterRole:clusterroles! RoleBinding:rolebindings Role:roles",
        ["storage.k8s.io/v1"] = "CSIDriver:csidrivers! StorageClass:storageclasses!",
        ["admissionregistration.k8s.io/v1"] = "MutatingWebhookConfiguration:mutatingwebhookconfigurations! ValidatingAdmissionPolicy:validatingadmissionpolicies! ValidatingAdmissionPolicyBinding:validatingadmissionpolicybindings! ValidatingWebhookConfiguration:validatingwebhookconfigurations!",
        ["apiextensions.k8s.io/v1"] = "CustomResourceDefinition:customresourcedefinitions!",
        ["scheduling.k8s.io/v1"] = "PriorityClass:priorityclasses!",
        ["coordination.k8s.io/v1"] = "Lease:leases",
        ["discovery.k8s.io/v1"] = "EndpointSlice:endpointslices",
    };

    /// <summary>By group version and kind.</summary>
    public static IReadOnlyDictionary<(string ApiVersion, string Kind), RestMapper.Resource> All { get; } = (
        from version in Served
        from word in version.Value.Split(' ')
        let parts = word.TrimEnd('!').Split(':')
        select KeyValuePair.Create((version.Key, parts[0]), new RestMapper.Resource(parts[1], !word.EndsWith('!')))).ToDictionary();
}
