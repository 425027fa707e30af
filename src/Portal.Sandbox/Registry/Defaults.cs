using Portal.Sandbox.Json;
using Portal.Sandbox.Kinds;

namespace Portal.Sandbox.Registry;

/// <summary>The values that the API server fills in for fields nobody wrote.</summary>
internal static class Defaults
{
    public static void Apply(ResourceKind kind, JsonMap obj)
    {
        var spec = obj.Map("spec");
        switch (kind.Bucket)
        {
            case "/namespaces":
                if (obj.Text("metadata", "name") is { Length: > 0 } name)
                {
                    obj.Ensure("metadata", "labels")["kubernetes.io/metadata.name"] = name;
                }

                break;
            case "/secrets":
                obj.Default("type", "Opaque");
                MergeStringData(obj);
                break;
            case "/pods":
                PodSpec(spec!);
                if (spec!.Flag("hostNetwork") is true)
                {
                    HostPorts(spec);
                }

                spec.Default("enableServiceLinks", true);
                foreach (var container in spec.Maps("containers").Concat(spec.Maps("initContainers")))
                {
                    RequestsFromLimits(container);
                }

                break;
            case "/podtemplates":
                Template(obj.Map("template"));
                break;
            case "/replicationcontrollers":
                spec!.Default("replicas", 1L);
                Template(spec.Map("template"));
                if (!spec.ContainsKey("selector") && spec.Map("template", "metadata", "labels") is { } labels)
                {
                    spec["selector"] = JsonTree.Clone(labels);
                }

                break;
            case "apps/deployments":
                spec!.Default("replicas", 1L);
                Template(spec.Map("template"));
                var strategy = spec.Ensure("strategy");
                strategy.Default("type", "RollingUpdate");
                if (strategy.Text("type") == "RollingUpdate")
                {
                    var rolling = strategy.Ensure("rollingUpdate");
                    rolling.Default("maxUnavailable", "25%");
                    rolling.Default("maxSurge", "25%");
                }

                spec.Default("revisionHistoryLimit", 10L);
                spec.Default("progressDeadlineSeconds", 600L);
                break;
            case "apps/replicasets":
                spec!.Default("replicas", 1L);
                Template(spec.Map("template"));
                break;
            case "apps/statefulsets":
                StatefulSet(spec!);
                break;
            case "apps/daemonsets":
                obj.Ensure("metadata", "annotations").Default("deprecated.daemonset.template.generation", "1");
                Template(spec!.Map("template"));
                var update = spec!.Ensure("updateStrategy");
                update.Default("type", "RollingUpdate");
                if (update.Text("type") == "RollingUpdate")
                {
                    var rolling = update.Ensure("rollingUpdate");
                    rolling.Default("maxUnavailable", 1L);
                    rolling.Default("maxSurge", 0L);
                }

                spec!.Default("revisionHistoryLimit", 10L);
                break;
            case "batch/jobs":
                Job(spec!);
                break;
            case "batch/cronjobs":
                spec!.Default("concurrencyPolicy", "Allow");
                spec.Default("suspend", false);
                spec.Default("successfulJobsHistoryLimit", 3L);
                spec.Default("failedJobsHistoryLimit", 1L);
                Template(spec.Map("jobTemplate", "spec", "template"));
                break;
            case "/services":
                Service(spec!);
                break;
            case "/endpoints":
                foreach (var port in obj.Maps("subsets").SelectMany(s => s.Maps("ports")))
                {
                    port.Default("protocol", "TCP");
                }

                break;
            case "discovery.k8s.io/endpointslices":
                foreach (var port in obj.Maps("ports"))
                {
                    port.Default("name", "");
                    port.Default("protocol", "TCP");
                }

                break;
            case "/persistentvolumeclaims":
                spec!.Default("volumeMode", "Filesystem");
                break;
            case "/persistentvolumes":
                spec!.Default("persistentVolumeReclaimPolicy", "Retain");
                spec.Default("volumeMode", "Filesystem");
                spec.Map("hostPath")?.Default("type", "");
                break;
            case "/limitranges":
                foreach (var limit in obj.Maps("spec", "limits").Where(l => l.Text("type") == "Container"))
                {
                    LimitRange(limit);
                }

                break;
            case "autoscaling/horizontalpodautoscalers":
                spec!.Default("minReplicas", 1L);
                if (kind.Version == "v2" && !spec.ContainsKey("metrics"))
                {
                    spec["metrics"] = JsonTree.Parse("""[{"type":"Resource","resource":{"name":"cpu","target":{"type":"Utilization","averageUtilization":80}}}]""");
                }

                if (spec.Map("behavior") is { } behavior)
                {
                    Behavior(behavior);
                }

                break;
            case "networking.k8s.io/networkpolicies":
                spec!.Default("policyTypes", spec.ContainsKey("egress") ? JsonTree.ListOf("Ingress", "Egress") : JsonTree.ListOf("Ingress"));
                foreach (var port in spec.Maps("ingress").Concat(spec.Maps("egress")).SelectMany(r => r.Maps("ports")))
                {
                    port.Default("protocol", "TCP");
                }

                break;
            case "rbac.authorization.k8s.io/rolebindings" or "rbac.authorization.k8s.io/clusterrolebindings":
                obj.Map("roleRef")?.Default("apiGroup", "rbac.authorization.k8s.io");
                foreach (var subject in obj.Maps("subjects").Where(s => s.Text("kind") is "User" or "Group"))
                {
                    subject.Default("apiGroup", "rbac.authorization.k8s.io");
                }

                break;
            case "storage.k8s.io/storageclasses":
                obj.Default("reclaimPolicy", "Delete");
                obj.Default("volumeBindingMode", "Immediate");
                break;
            case "scheduling.k8s.io/priorityclasses":
                obj.Default("preemptionPolicy", "PreemptLowerPriority");
                break;
            case "apiextensions.k8s.io/customresourcedefinitions":
                Definition(spec!);
                break;
            case "admissionregistration.k8s.io/validatingwebhookconfigurations" or "admissionregistration.k8s.io/mutatingwebhookconfigurations":
                foreach (var webhook in obj.Maps("webhooks"))
                {
                    webhook.Default("failurePolicy", "Fail");
                    webhook.Default("matchPolicy", "Equivalent");
                    webhook.Default("timeoutSeconds", 10L);
                    webhook.Default("namespaceSelector", new JsonMap());
                    webhook.Default("objectSelector", new JsonMap());
                    webhook.Map("clientConfig", "service")?.Default("port", 443L);
                    foreach (var rule in webhook.Maps("rules"))
                    {
                        rule.Default("scope", "*");
                    }
                }

                break;
        }

        if (kind.Custom is { Schema: { } schema })
        {
            CustomSchema.Default(obj, schema);
        }
    }

    private static void MergeStringData(JsonMap secret)
    {
        if (secret.Remove("stringData", out var value) && value is JsonMap plain)
        {
            foreach (var (key, text) in plain)
            {
                secret.Ensure("data")[key] = Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(text as string ?? ""));
            }
        }
    }

    private static void Template(JsonMap? template)
    {
        if (template?.Map("spec") is { } spec)
        {
            PodSpec(spec);
        }
    }

    private static void PodSpec(JsonMap spec)
    {
        spec.Default("restartPolicy", "Always");
        spec.Default("terminationGracePeriodSeconds", 30L);
        spec.Default("dnsPolicy", "ClusterFirst");
        spec.Default("securityContext", new JsonMap());
        spec.Default("schedulerName", "default-scheduler");
        if (spec.Text("serviceAccountName") is { } account)
        {
            spec["serviceAccount"] = account;
        }
        else if (spec.Text("serviceAccount") is { } old)
        {
            spec["serviceAccountName"] = old;
        }

        foreach (var container in spec.Maps("containers").Concat(spec.Maps("initContainers")))
        {
            Container(container);
        }

        if (spec.Flag("hostNetwork") is true)
        {
            HostPorts(spec);
        }

        foreach (var volume in spec.Maps("volumes"))
        {
            Volume(volume);
        }

        foreach (var constraint in spec.Maps("topologySpreadConstraints"))
        {
            constraint.Default("whenUnsatisfiable", "DoNotSchedule");
        }
    }

    private static void Container(JsonMap container)
    {
        container.Default("terminationMessagePath", "/dev/termination-log");
        container.Default("terminationMessagePolicy", "File");
        container.Default("imagePullPolicy", IsLatest(container.Text("image") ?? "") ? "Always" : "IfNotPresent");
        foreach (var port in container.Maps("ports"))
        {
            port.Default("protocol", "TCP");
        }

        foreach (var probe in (string[])["livenessProbe", "readinessProbe", "startupProbe"])
        {
            if (container.Map(probe) is { } map)
            {
                map.Default("timeoutSeconds", 1L);
                map.Default("periodSeconds", 10L);
                map.Default("successThreshold", 1L);
                map.Default("failureThreshold", 3L);
                HttpGet(map.Map("httpGet"));
                map.Map("grpc")?.Default("service", "");
            }
        }

        HttpGet(container.Map("lifecycle", "postStart", "httpGet"));
        HttpGet(container.Map("lifecycle", "preStop", "httpGet"));
        foreach (var reference in container.Maps("env").Select(e => e.Map("valueFrom", "fieldRef")).OfType<JsonMap>())
        {
            reference.Default("apiVersion", "v1");
        }

        foreach (var reference in container.Maps("env").Select(e => e.Map("valueFrom", "resourceFieldRef")).OfType<JsonMap>())
        {
            reference.Default("divisor", "0");
        }
    }

    private static void HttpGet(JsonMap? get)
    {
        get?.Default("path", "/");
        get?.Default("scheme", "HTTP");
    }

    private static bool IsLatest(string image)
    {
        var name = image[(image.LastIndexOf('/') + 1)..];
        return !name.Contains('@', StringComparison.Ordinal) && (!name.Contains(':', StringComparison.Ordinal) || name.EndsWith(":latest", StringComparison.Ordinal));
    }

    private static void RequestsFromLimits(JsonMap container)
    {
        if (container.Map("resources", "limits") is { } limits)
        {
            var requests = container.Ensure("resources", "requests");
            foreach (var (name, value) in limits)
            {
                requests.Default(name, value);
            }
        }
    }

    private static void HostPorts(JsonMap spec)
    {
        foreach (var port in spec.Maps("containers").SelectMany(c => c.Maps("ports")))
        {
            port.Default("hostPort", port.Int("containerPort"));
        }
    }

    private static void Volume(JsonMap volume)
    {
        foreach (var source in (string[])["secret", "configMap", "downwardAPI", "projected"])
        {
            volume.Map(source)?.Default("defaultMode", 420L);
        }

        foreach (var item in volume.Maps("downwardAPI", "items").Concat(volume.Maps("projected", "sources").SelectMany(s => s.Maps("downwardAPI", "items"))))
        {
            item.Map("fieldRef")?.Default("apiVersion", "v1");
        }

        foreach (var token in volume.Maps("projected", "sources").Select(s => s.Map("serviceAccountToken")).OfType<JsonMap>())
        {
            token.Default("expirationSeconds", 3600L);
        }

        volume.Map("hostPath")?.Default("type", "");
        if (volume.Map("ephemeral", "volumeClaimTemplate", "spec") is { } claim)
        {
            claim.Default("volumeMode", "Filesystem");
        }

        if (volume.Count == 1 && volume.ContainsKey("name"))
        {
            volume["emptyDir"] = new JsonMap();
        }
    }

    private static void StatefulSet(JsonMap spec)
    {
        spec.Default("replicas", 1L);
        Template(spec.Map("template"));
        spec.Default("podManagementPolicy", "OrderedReady");
        var update = spec.Ensure("updateStrategy");
        update.Default("type", "RollingUpdate");
        if (update.Text("type") == "RollingUpdate")
        {
            update.Ensure("rollingUpdate").Default("partition", 0L);
        }

        spec.Default("revisionHistoryLimit", 10L);
        var retention = spec.Ensure("persistentVolumeClaimRetentionPolicy");
        retention.Default("whenDeleted", "Retain");
        retention.Default("whenScaled", "Retain");
        foreach (var claim in spec.Maps("volumeClaimTemplates"))
        {
            claim["apiVersion"] = "v1";
            claim["kind"] = "PersistentVolumeClaim";
            claim.Ensure("spec").Default("volumeMode", "Filesystem");
            claim.Ensure("status").Default("phase", "Pending");
        }
    }

    private static void Job(JsonMap spec)
    {
        if (!spec.ContainsKey("completions") && !spec.ContainsKey("parallelism"))
        {
            spec["completions"] = 1L;
        }

        spec.Default("parallelism", 1L);
        spec.Default("backoffLimit", spec.ContainsKey("backoffLimitPerIndex") ? 2147483647L : 6L);
        spec.Default("completionMode", "NonIndexed");
        spec.Default("suspend", false);
        spec.Default("podReplacementPolicy", spec.ContainsKey("podFailurePolicy") ? "Failed" : "TerminatingOrFailed");
        spec.Default("manualSelector", false);
        Template(spec.Map("template"));
    }

    private static void Service(JsonMap spec)
    {
        spec.Default("sessionAffinity", "None");
        spec.Default("type", "ClusterIP");
        foreach (var port in spec.Maps("ports"))
        {
            port.Default("protocol", "TCP");
            if (port.GetValueOrDefault("targetPort") is null or 0L or "")
            {
                port["targetPort"] = port.Int("port");
            }
        }

        if (spec.Text("sessionAffinity") == "ClientIP")
        {
            spec.Ensure("sessionAffinityConfig", "clientIP").Default("timeoutSeconds", 10800L);
        }

        if (spec.Text("type") is "NodePort" or "LoadBalancer")
        {
            spec.Default("externalTrafficPolicy", "Cluster");
        }

        if (spec.Text("type") != "ExternalName")
        {
            spec.Default("internalTrafficPolicy", "Cluster");
        }

        if (spec.Text("type") == "LoadBalancer")
        {
            spec.Default("allocateLoadBalancerNodePorts", true);
        }
    }

    private static void Behavior(JsonMap behavior)
    {
        static JsonMap Policy(string type, long value) => new() { ["type"] = type, ["value"] = value, ["periodSeconds"] = 15L };
        var up = behavior.Ensure("scaleUp");
        up.Default("stabilizationWindowSeconds", 0L);
        up.Default("selectPolicy", "Max");
        up.Default("policies", JsonTree.ListOf(Policy("Pods", 4), Policy("Percent", 100)));
        var down = behavior.Ensure("scaleDown");
        down.Default("selectPolicy", "Max");
        down.Default("policies", JsonTree.ListOf(Policy("Percent", 100)));
    }

    private static void LimitRange(JsonMap limit)
    {
        if (limit.Map("max") is { } max)
        {
            var standard = limit.Ensure("default");
            foreach (var (name, value) in max)
            {
                standard.Default(name, value);
            }
        }

        if (limit.Map("default") is { } defaults)
        {
            var request = limit.Ensure("defaultRequest");
            foreach (var (name, value) in defaults)
            {
                request.Default(name, value);
            }
        }

        if (limit.Map("min") is { } min)
        {
            var request = limit.Ensure("defaultRequest");
            foreach (var (name, value) in min)
            {
                request.Default(name, value);
            }
        }
    }

    private static void Definition(JsonMap spec)
    {
        var names = spec.Ensure("names");
        var kind = names.Text("kind") ?? "";
        names.Default("singular", kind.ToLowerInvariant());
        names.Default("listKind", kind + "List");
        spec.Default("conversion", new JsonMap { ["strategy"] = "None" });
    }
}
