using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Portal.Core.Plans;
using Portal.Helm.Actions;
using Portal.Helm.Kube;

namespace Portal.Server.Features.Plans;

/// <summary>
/// What a change of an object does to what is running, told from the object as it is and as the cluster's dry run says it would be. Pure; when in doubt the severer word.
/// </summary>
internal static class ObjectEffects
{
    private static readonly HashSet<string> Access =
    [
        "Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding", "NetworkPolicy", "Ingress", "IngressClass", "Gateway", "HTTPRoute", "GRPCRoute", "TLSRoute", "TCPRoute", "VirtualService", "DestinationRule", "AuthorizationPolicy",
        "PeerAuthentication", "RequestAuthentication", "ServiceEntry", "CiliumNetworkPolicy", "CiliumClusterwideNetworkPolicy", "AdminNetworkPolicy", "BaselineAdminNetworkPolicy", "UDPRoute", "ReferenceGrant", "Route",
        "IngressRoute", "IngressRouteTCP", "IngressRouteUDP", "HTTPProxy", "MutatingWebhookConfiguration", "ValidatingWebhookConfiguration", "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding", "APIService",
        "Endpoints", "EndpointSlice", "BackendTLSPolicy", "GatewayClass", "ListenerSet",
    ];

    private static readonly HashSet<string> Workloads = ["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet"];

    private const string Required = "requiredDuringSchedulingIgnoredDuringExecution";

    // Groups whose objects only describe: their operators restart nothing.
    private static readonly string[] Quiet = ["monitoring.coreos.com", "cert-manager.io", "external-secrets.io", "metrics.k8s.io"];

    // Kubernetes' own groups, and neighbours whose objects have rules of their own here. Any other group has an operator, also below k8s.io.
    private static readonly HashSet<string> BuiltIn =
    [
        "apps", "batch", "autoscaling", "policy", "networking.k8s.io", "rbac.authorization.k8s.io", "storage.k8s.io", "apiextensions.k8s.io", "admissionregistration.k8s.io", "apiregistration.k8s.io", "coordination.k8s.io", "scheduling.k8s.io",
        "node.k8s.io", "discovery.k8s.io", "events.k8s.io", "certificates.k8s.io", "flowcontrol.apiserver.k8s.io", "authentication.k8s.io", "authorization.k8s.io", "resource.k8s.io", "internal.apiserver.k8s.io", "storagemigration.k8s.io",
        "gateway.networking.k8s.io", "policy.networking.k8s.io", "snapshot.storage.k8s.io", "autoscaling.k8s.io", "metrics.k8s.io", "custom.metrics.k8s.io", "external.metrics.k8s.io",
    ];

    /// <summary>The effects of all objects of one plan, in their order: a Secret's depends on the workloads that use it.</summary>
    public static IReadOnlyList<(Effect Effect, string Reason)> Of(IReadOnlyList<DryRunOutcome> outcomes)
    {
        var configs = outcomes.Select(ConfigOf).ToArray();
        var first = outcomes.Select((o, i) => configs[i] is null ? Alone(o) : (Effect.None, "")).ToArray();
        for (var i = 0; i < first.Length; i++)
        {
            first[i] = Severest(first[i], Needed(outcomes[i], outcomes));
        }

        var users = Users(outcomes, first);
        var naming = Naming(configs.Any(c => c?.Result == DryRunResult.Removed) ? outcomes : []);
        return
        [
            .. outcomes.Select((o, i) =>
            {
                if (configs[i] is not { } config)
                {
                    return first[i];
                }

                var key = (config.Object.Kind, config.Object.Namespace, config.Object.Name);
                var (effect, reason) = Severest(Config(config, [.. users[key]], [.. naming[key]]), Reloaded(config, outcomes, first), Pulled(config, outcomes), Shown(config, outcomes));
                return (effect, ReferenceEquals(config, o) ? reason : $"{config.Object}, which it makes: {reason}");
            }),
        ];
    }

    /// <summary>The ConfigMap or Secret that changes or goes, itself or with what makes it; null for all else.</summary>
    public static DryRunOutcome? ConfigOf(DryRunOutcome outcome)
    {
        if (outcome.Result is not (DryRunResult.Changed or DryRunResult.Removed) || outcome.Object.Kind is "ConfigMap" or "Secret")
        {
            return outcome.Result is DryRunResult.Changed or DryRunResult.Removed ? outcome : null;
        }

        static string Target(KubeObject item) => item.Text("spec", "target", "name") is { Length: > 0 } name ? name : item.Name;
        // What the Secret holds is not known here, only where it comes from.
        static KubeObject Secret(KubeObject item)
        {
            var spec = item["spec"]?.DeepClone() as JsonObject ?? [];
            spec.Remove("refreshInterval");
            return new KubeObject(new JsonObject { ["apiVersion"] = "v1", ["kind"] = "Secret", ["metadata"] = new JsonObject { ["name"] = Target(item), ["namespace"] = item.Namespace }, ["data"] = spec });
        }

        if (outcome.Object is not { Kind: "ExternalSecret", Group: "external-secrets.io" } || outcome.Live is not { } live)
        {
            return null;
        }

        // Only of its owner's does the Secret go: external-secrets.io, creationPolicy.
        var owns = live.Text("spec", "target", "creationPolicy") is "" or "Owner";
        var gone = outcome.Result == DryRunResult.Removed || Target(live) != Target(outcome.After!);
        return gone && !owns ? null : new DryRunOutcome(new ObjectRef("v1", "Secret", outcome.Object.Namespace, Target(live)), gone ? DryRunResult.Removed : DryRunResult.Changed, Secret(live), gone ? null : Secret(outcome.After!), "");
    }

    /// <summary>What it does when an object of a manifest goes.</summary>
    public static (Effect Effect, string Reason) OfRemoval(KubeObject item) => Removed(item.Kind, item);

    /// <summary>What it does when an object of a manifest becomes another one.</summary>
    public static (Effect Effect, string Reason) OfChange(KubeObject from, KubeObject to) => Changed(from.Kind, from, to);

    private static (Effect, string) Alone(DryRunOutcome outcome) => outcome.Result switch
    {
        DryRunResult.Refused => (Effect.Refused, "the cluster would refuse: " + outcome.Message),
        DryRunResult.Conflict => (Effect.Conflict, outcome.Message),
        DryRunResult.Unchanged => (Effect.None, "no change"),
        DryRunResult.Kept => (Effect.None, "stays in the cluster, and belongs to no release: its annotation helm.sh/resource-policy says keep"),
        DryRunResult.Created => Created(outcome.Object.Kind, outcome.After!),
        DryRunResult.Removed => Removed(outcome.Object.Kind, outcome.Live!),
        _ => Changed(outcome.Object.Kind, outcome.Live!, outcome.After!),
    };

    private static (Effect, string) Created(string kind, KubeObject after) =>
        Access.Contains(kind) ? (Effect.AccessChange, "new rule of access")
        : kind == "VerticalPodAutoscaler" && Evicts(after) ? (Effect.RollingRestart, "it may evict pods to give them other resources")
        : kind == "Service" && (after.Text("spec", "type") is "LoadBalancer" or "NodePort" || after["spec", "externalIPs"] is JsonArray { Count: > 0 } || Outside(after).Any()) ? (Effect.AccessChange, "can be reached from outside")
        : (Effect.None, "new object");

    // external-dns makes names outside the cluster of these.
    private static IEnumerable<string> Outside(KubeObject item) => (item["metadata", "annotations"] as JsonObject ?? []).Select(a => a.Key).Where(k => k.StartsWith("external-dns.", StringComparison.Ordinal));

    // Its default is Auto.
    private static bool Evicts(KubeObject autoscaler) => autoscaler.Text("spec", "updatePolicy", "updateMode") is not ("Off" or "Initial");

    private static (Effect, string) Removed(string kind, KubeObject live) => kind switch
    {
        "PersistentVolumeClaim" or "PersistentVolume" => (Effect.DataAtRisk, "the volume's data may be deleted with it"),
        "Namespace" => (Effect.DataAtRisk, "everything in it is deleted with it"),
        "CustomResourceDefinition" => (Effect.DataAtRisk, "all objects of its kind are deleted with it"),
        "StatefulSet" when live.List("spec", "volumeClaimTemplates").Any() => (Effect.DataAtRisk, live.Text("spec", "persistentVolumeClaimRetentionPolicy", "whenDeleted") == "Delete" ? "its claims are deleted with it" : "its claims stay behind without an owner"),
        "Deployment" or "StatefulSet" or "DaemonSet" or "ReplicaSet" or "Pod" or "ReplicationController" => (Effect.Recreate, "its pods are removed"),
        "Job" when live.Int("status", "active") > 0 => (Effect.Recreate, "it is running: its pods are stopped"),
        "CronJob" when live["status", "active"] is JsonArray { Count: > 0 } => (Effect.Recreate, "its Jobs are deleted with it: the one that is running is stopped"),
        "VolumeSnapshot" or "VolumeSnapshotContent" => (Effect.DataAtRisk, "the snapshot may be deleted with it"),
        "Service" => (Effect.AccessChange, "can no longer be reached by its name"),
        "ServiceAccount" => (Effect.AccessChange, "pods with this account lose it"),
        _ when Access.Contains(kind) => (Effect.AccessChange, "rule of access is removed"),
        _ when IsOperated(live) => (Effect.DataAtRisk, $"the operator of {live.Ref.Group} may remove what it made for it, its data as well"),
        _ => (Effect.None, "removed"),
    };

    private static (Effect, string) Changed(string kind, KubeObject live, KubeObject after)
    {
        switch (kind)
        {
            case "Deployment" or "StatefulSet" or "DaemonSet" or "ReplicaSet":
                return Workload(kind, live, after);
            case "Pod":
                return Differs(live, after, "spec") ? (Effect.Recreate, "its containers restart in place") : (Effect.None, "only labels change");
            case "PersistentVolumeClaim":
                return Differs(live, after, "spec") ? (Effect.DataAtRisk, "the claim changes, and a volume never shrinks again") : (Effect.None, "only labels change");
            case "PersistentVolume":
                return Differs(live, after, "spec") ? (Effect.DataAtRisk, "the volume changes") : (Effect.None, "only labels change");
            case "CustomResourceDefinition":
                return Definition(live, after);
            case "Namespace":
                return Differs(live, after, "metadata", "labels") || Differs(live, after, "metadata", "annotations") ? (Effect.AccessChange, "policies choose namespaces by their labels") : (Effect.None, "nothing in it is touched");
            case "Service":
                return Differs(live, after, "spec") ? (Effect.AccessChange, "how it is reached changes")
                    : Outside(live).Concat(Outside(after)).Any(n => live.Annotation(n) != after.Annotation(n)) ? (Effect.AccessChange, "its names outside are set by annotations")
                    : after.Text("spec", "type") == "LoadBalancer" && Differs(live, after, "metadata", "annotations") ? (Effect.AccessChange, "its load balancer is set by annotations")
                    : (Effect.None, "only labels change");
            case "ServiceAccount":
                return RestDiffers(live, after) || Differs(live, after, "metadata", "annotations") ? (Effect.AccessChange, "what its pods may use changes") : (Effect.None, "only labels change");
            case "Job" when live.Int("status", "active") > 0 && IsTrue(after["spec", "suspend"]) && !IsTrue(live["spec", "suspend"]):
                return (Effect.Recreate, "it is suspended: its pods are stopped");
            case "Job" when Differs(live, after, "spec", "parallelism") && (after.Int("spec", "parallelism") ?? 1) < (live.Int("status", "active") ?? 0):
                return (Effect.Recreate, "fewer of its pods may run at once: some of those that run are stopped");
            case "Job" or "CronJob" or "HorizontalPodAutoscaler" or "PodDisruptionBudget" or "PriorityClass" or "StorageClass" or "ResourceQuota" or "LimitRange" or "Lease":
                return (Effect.None, "nothing that runs is touched");
        }

        if (kind == "VerticalPodAutoscaler" && RestDiffers(live, after) && Evicts(after))
        {
            return (Effect.RollingRestart, "it may evict pods to give them other resources");
        }

        if (Access.Contains(kind))
        {
            return RestDiffers(live, after) || Differs(live, after, "metadata", "annotations") ? (Effect.AccessChange, "who may reach what changes") : (Effect.None, "only labels change");
        }

        if (kind == "SparkApplication" && RestDiffers(live, after))
        {
            return (Effect.Recreate, "its operator stops the job and submits it anew");
        }

        return IsOperated(after) && RestDiffers(live, after)
            ? (Effect.RollingRestart, $"the operator of {after.Ref.Group} decides; a restart is to be expected")
            : (Effect.None, "nothing that runs is touched");
    }

    private static (Effect, string) Workload(string kind, KubeObject live, KubeObject after)
    {
        // A DaemonSet has no replicas: it runs where nodes fit.
        var nowhere = kind == "DaemonSet" && live.Int("status", "desiredNumberScheduled") is null or 0 && live.Int("status", "observedGeneration") is { } seen && seen == live.Int("metadata", "generation");
        var before = kind == "DaemonSet" ? nowhere ? 0 : 1 : live.Int("spec", "replicas") ?? 1;
        var wanted = kind == "DaemonSet" ? live.Int("status", "desiredNumberScheduled") ?? 0 : after.Int("spec", "replicas") ?? 1;
        if (kind != "DaemonSet" && before > 0 && wanted == 0)
        {
            return (Effect.Recreate, "it is scaled to none: nothing runs any more");
        }

        if (kind == "StatefulSet" && wanted < before && after.Text("spec", "persistentVolumeClaimRetentionPolicy", "whenScaled") == "Delete")
        {
            return (Effect.DataAtRisk, "the claims of the pods that go are deleted");
        }

        if (kind == "StatefulSet" && Differs(live, after, "spec", "persistentVolumeClaimRetentionPolicy") && after["spec", "persistentVolumeClaimRetentionPolicy"]?.ToJsonString().Contains("Delete", StringComparison.Ordinal) == true)
        {
            return (Effect.DataAtRisk, "claims will be deleted with it from now on");
        }

        if (!Differs(live, after, "spec", "template") && !LetsGo(kind, live, after))
        {
            return (Effect.None, kind == "DaemonSet" || before == wanted ? "changed without a restart" : $"{before} to {wanted} pods, the others are not touched");
        }

        if (before == 0)
        {
            return (Effect.None, "nothing runs, so nothing restarts");
        }

        return kind == "DaemonSet" && after.Text("spec", "updateStrategy", "type") != "OnDelete" && ChoosesFewerNodes(live, after)
            ? (Effect.Recreate, "it chooses its nodes in another way: its pods stop on every node that no longer fits")
            : Replaced(kind, after, before, wanted);
    }

    // Which of its nodes no longer fit, only the scheduler says.
    private static bool ChoosesFewerNodes(KubeObject live, KubeObject after)
    {
        JsonNode? Spec(KubeObject item, params string[] path) => item[["spec", "template", "spec", .. path]];
        var before = Spec(live, "nodeSelector") as JsonObject ?? [];
        return (Spec(after, "nodeSelector") as JsonObject ?? []).Any(p => p.Value?.ToString() != before[p.Key]?.ToString())
            || (Spec(after, "affinity", "nodeAffinity", Required) is { } affinity && !JsonNode.DeepEquals(affinity, Spec(live, "affinity", "nodeAffinity", Required)))
            || (Spec(after, "nodeName") is { } node && node.ToString() != Spec(live, "nodeName")?.ToString())
            || (Spec(live, "tolerations") as JsonArray ?? []).Any(t => !(Spec(after, "tolerations") as JsonArray ?? []).Any(a => JsonNode.DeepEquals(a, t)));
    }

    // Kubernetes looks at the new number of pods; where surge and unavailable both come to nothing, one may be unavailable (deployment util, ResolveFenceposts).
    private static bool MayAllStop(KubeObject deployment, int wanted)
    {
        JsonNode? Limit(string name) => deployment["spec", "strategy", "rollingUpdate", name];
        var unavailable = Amount(Limit("maxUnavailable"), wanted, up: false, wanted / 4);
        return (unavailable == 0 && Amount(Limit("maxSurge"), wanted, up: true, 1) == 0 ? 1 : unavailable) >= wanted;
    }

    // A DaemonSet's share is rounded up; of how many pods (0: nobody knows) the status says.
    private static bool MayAllGo(JsonNode? unavailable, int pods) =>
        (pods > 0 && Amount(unavailable, pods, up: true, 1) >= pods) || (unavailable?.ToString() is { } share && share.EndsWith('%') && int.TryParse(share[..^1], out var percent) && percent >= 90);

    private static (Effect, string) Replaced(string kind, KubeObject after, int before, int wanted)
    {
        switch (kind)
        {
            case "ReplicaSet":
                return (Effect.ConfigReload, "running pods stay as they are; only new ones follow the template");
            case "Deployment" when IsTrue(after["spec", "paused"]):
                return (Effect.ConfigReload, "it is paused: pods are replaced once it goes on");
            case "Deployment" when after.Text("spec", "strategy", "type") == "Recreate":
                return (Effect.Recreate, "pods stop before new ones start");
            case "Deployment" when MayAllStop(after, wanted):
            case "DaemonSet" when after.Text("spec", "updateStrategy", "type") != "OnDelete" && MayAllGo(after["spec", "updateStrategy", "rollingUpdate", "maxUnavailable"], wanted):
                return (Effect.Recreate, "its strategy lets all pods stop at once");
            case "StatefulSet" or "DaemonSet" when after.Text("spec", "updateStrategy", "type") == "OnDelete":
                return (Effect.ConfigReload, "pods take it up when somebody deletes them (OnDelete)");
            case "StatefulSet" when (after.Int("spec", "updateStrategy", "rollingUpdate", "partition") ?? 0) >= before:
                return (Effect.ConfigReload, "its partition keeps all pods as they are");
            case "StatefulSet" when before == 1 || wanted == 1:
                return (Effect.Recreate, "its only pod stops before the new one starts");
            default:
                return (Effect.RollingRestart, "pods are replaced one after the other");
        }
    }

    // A change that was held back (paused, by a partition, until somebody deletes the pods) comes with what lets it go, unless the status says that all pods have it.
    private static bool LetsGo(string kind, KubeObject live, KubeObject after)
    {
        static bool Waits(KubeObject item) => item.Text("spec", "updateStrategy", "type") == "OnDelete";
        static int Partition(KubeObject item) => item.Int("spec", "updateStrategy", "rollingUpdate", "partition") ?? 0;
        return kind switch
        {
            "Deployment" => IsTrue(live["spec", "paused"]) && !IsTrue(after["spec", "paused"]) && !(live.Int("status", "updatedReplicas") >= (live.Int("status", "replicas") ?? 1)),
            "StatefulSet" => ((Waits(live) && !Waits(after)) || Partition(after) < Partition(live)) && !(live.Text("status", "updateRevision") is { Length: > 0 } wanted && live.Text("status", "currentRevision") == wanted),
            "DaemonSet" => Waits(live) && !Waits(after) && !(live.Int("status", "updatedNumberScheduled") >= (live.Int("status", "desiredNumberScheduled") ?? 1)),
            _ => false,
        };
    }

    private static bool IsTrue(JsonNode? node) => node?.ToJsonString() is "true" or "\"true\"";

    // Of a kind that an operator acts upon.
    private static bool IsOperated(KubeObject item) => item.Ref.Group is var group && group.Contains('.') && !BuiltIn.Contains(group) && !Quiet.Contains(group);

    // Admission refuses pods whose class is gone.
    private static (Effect, string) Needed(DryRunOutcome outcome, IReadOnlyList<DryRunOutcome> outcomes)
    {
        var field = outcome.Object.Kind switch { "PriorityClass" => "priorityClassName", "RuntimeClass" => "runtimeClassName", _ => "" };
        if (outcome.Result != DryRunResult.Removed || field.Length == 0)
        {
            return (Effect.None, "");
        }

        var naming = outcomes.Where(o => o.Result is not (DryRunResult.Removed or DryRunResult.Kept) && (o.After ?? o.Live) is { } item && Checks.PlanChecks.PodOf(item)?.Text("spec", field) == outcome.Object.Name).Select(o => o.Object).ToArray();
        return naming.Length == 0 ? (Effect.None, "") : (Effect.Recreate, $"{string.Join(", ", naming.AsEnumerable())} still {(naming.Length == 1 ? "names" : "name")} it: new pods are refused");
    }

    // Who uses it decides: pods that start again in the same plan read it anyway, others go on with what they have.
    private static (Effect, string) Config(DryRunOutcome outcome, (DryRunOutcome Outcome, Effect Effect)[] users, ObjectRef[] naming)
    {
        if (outcome.Result == DryRunResult.Changed && !ContentDiffers(outcome))
        {
            return (Effect.None, "only labels change");
        }

        if (outcome.Result == DryRunResult.Removed && naming.Length > 0)
        {
            return (Effect.Recreate, $"{string.Join(", ", naming.AsEnumerable())} still {(naming.Length == 1 ? "names" : "name")} it: new pods cannot start without it");
        }

        var stay = users.Where(u => u.Effect is not (Effect.RollingRestart or Effect.Recreate)).ToArray();
        if (users.Length == 0)
        {
            return (Effect.None, outcome.Result == DryRunResult.Removed ? "removed; nothing of the release uses it" : "nothing that runs in the release uses it");
        }

        if (stay.Length == 0)
        {
            return (Effect.None, $"{string.Join(", ", users.Select(u => u.Outcome.Object))} restart anyway and read it then");
        }

        return (Effect.ConfigReload, $"{string.Join(", ", stay.Select(u => u.Outcome.Object))} {(stay.Length == 1 ? "goes" : "go")} on with the old content until {(stay.Length == 1 ? "it restarts" : "they restart")}");
    }

    private static (Effect, string) Severest(params ReadOnlySpan<(Effect Effect, string Reason)> all)
    {
        var result = all[0];
        foreach (var one in all)
        {
            result = one.Effect > result.Effect ? one : result;
        }

        return result;
    }

    // Reloader replaces pods by their workload's own strategy.
    private static (Effect, string) Reloaded(DryRunOutcome config, IReadOnlyList<DryRunOutcome> outcomes, IReadOnlyList<(Effect Effect, string Reason)> effects)
    {
        if (config.Result != DryRunResult.Changed || !ContentDiffers(config))
        {
            return (Effect.None, "");
        }

        var restarted = outcomes.Select((o, i) => (Outcome: o, effects[i].Effect))
            .Where(u => u.Outcome.Object.Kind is "Deployment" or "StatefulSet" or "DaemonSet" && u.Outcome.Object.Namespace == config.Object.Namespace && u.Outcome is { Live: not null, Result: not (DryRunResult.Removed or DryRunResult.Created) }
                && u.Effect is not (Effect.RollingRestart or Effect.Recreate) && Reloads(u.Outcome.After ?? u.Outcome.Live!, config.After!))
            .Select(u => (u.Outcome.Object, Pods: u.Outcome.Object.Kind == "DaemonSet" ? u.Outcome.Live!.Int("status", "desiredNumberScheduled") ?? 0 : u.Outcome.Live!.Int("spec", "replicas") ?? 1, Item: u.Outcome.After ?? u.Outcome.Live!)).Where(u => u.Pods > 0 || u.Object.Kind == "DaemonSet").ToArray();
        return restarted.Length == 0 ? (Effect.None, "") : (restarted.Max(u => Replaced(u.Object.Kind, u.Item, u.Pods, u.Pods).Item1), $"{string.Join(", ", restarted.Select(u => u.Object))} {(restarted.Length == 1 ? "asks" : "ask")} Reloader to restart {(restarted.Length == 1 ? "it" : "them")} when it changes");
    }

    // A node reads the Secret at each pull: what runs goes on, what starts elsewhere does not.
    private static (Effect, string) Pulled(DryRunOutcome config, IReadOnlyList<DryRunOutcome> outcomes)
    {
        if (config.Object.Kind != "Secret" || (config.Result == DryRunResult.Changed && !ContentDiffers(config)))
        {
            return (Effect.None, "");
        }

        static IEnumerable<KubeObject> Pulls(KubeObject item) => item.Kind == "ServiceAccount" ? item.List("imagePullSecrets") : Checks.PlanChecks.PodOf(item)?.List("spec", "imagePullSecrets") ?? [];
        var naming = outcomes.Where(o => o.Result != DryRunResult.Removed && o.Object.Namespace == config.Object.Namespace && (o.After ?? o.Live) is { } item && Pulls(item).Any(s => s.Text("name") == config.Object.Name)).Select(o => o.Object).ToArray();
        return naming.Length == 0 ? (Effect.None, "")
            : config.Result == DryRunResult.Removed ? (Effect.Recreate, $"{string.Join(", ", naming.AsEnumerable())} still {(naming.Length == 1 ? "pulls" : "pull")} images with it: new pods cannot")
            : (Effect.ConfigReload, $"{string.Join(", ", naming.AsEnumerable())} {(naming.Length == 1 ? "pulls" : "pull")} images with it from the next pull on");
    }

    // Whoever terminates TLS takes another certificate at once, or a default one when it is gone.
    private static (Effect, string) Shown(DryRunOutcome config, IReadOnlyList<DryRunOutcome> outcomes)
    {
        if (config.Result == DryRunResult.Changed && !ContentDiffers(config))
        {
            return (Effect.None, "");
        }

        var naming = outcomes.Where(o => o.Result != DryRunResult.Removed && Access.Contains(o.Object.Kind) && (o.After ?? o.Live) is { } item && Certificates(item.Json, o.Object.Namespace).Contains((config.Object.Kind, config.Object.Namespace, config.Object.Name))).Select(o => o.Object).ToArray();
        return naming.Length == 0 ? (Effect.None, "")
            : (Effect.AccessChange, config.Result == DryRunResult.Removed ? $"{string.Join(", ", naming.AsEnumerable())} still {(naming.Length == 1 ? "names" : "name")} it: no certificate, or another one, is shown" : $"{string.Join(", ", naming.AsEnumerable())} {(naming.Length == 1 ? "shows" : "show")} another certificate at once");
    }

    // Ingress (secretName), Gateways of Kubernetes (certificateRefs, caCertificateRefs) and Istio (credentialName), Routes (externalCertificate).
    private static IEnumerable<(string Kind, string Namespace, string Name)> Certificates(JsonNode? node, string ns)
    {
        switch (node)
        {
            case JsonObject table:
                foreach (var (key, value) in table)
                {
                    switch (key, value)
                    {
                        case ("secretName" or "credentialName", JsonValue name):
                            // "namespace/name", as Contour writes it.
                            var text = name.ToString();
                            yield return text.Contains('/') ? ("Secret", text[..text.IndexOf('/')], text[(text.IndexOf('/') + 1)..]) : ("Secret", ns, text);
                            break;
                        case ("certificateRefs" or "caCertificateRefs", JsonArray references):
                            foreach (var reference in references.OfType<JsonObject>())
                            {
                                yield return (reference["kind"]?.ToString() ?? "Secret", reference["namespace"]?.ToString() ?? ns, reference["name"]?.ToString() ?? "");
                            }

                            break;
                        case ("externalCertificate", JsonObject reference):
                            yield return ("Secret", ns, reference["name"]?.ToString() ?? "");
                            break;
                    }

                    foreach (var below in Certificates(value, ns))
                    {
                        yield return below;
                    }
                }

                break;
            case JsonArray list:
                foreach (var below in list.SelectMany(i => Certificates(i, ns)))
                {
                    yield return below;
                }

                break;
        }
    }

    private static bool ContentDiffers(DryRunOutcome outcome) => ((string[])["data", "stringData", "binaryData"]).Any(part => Differs(outcome.Live!, outcome.After!, part));

    // What runs and goes on, by each ConfigMap and Secret that it uses: every pod template is read once.
    private static ILookup<(string Kind, string Namespace, string Name), (DryRunOutcome Outcome, Effect Effect)> Users(IReadOnlyList<DryRunOutcome> outcomes, IReadOnlyList<(Effect Effect, string Reason)> effects) =>
        outcomes.Select((o, i) => (Outcome: o, effects[i].Effect))
            .Where(u => (Workloads.Contains(u.Outcome.Object.Kind) || u.Outcome.Object.Kind == "Pod") && u.Outcome is { Live: not null, Result: not (DryRunResult.Removed or DryRunResult.Created) })
            .SelectMany(u => Names(Checks.PlanChecks.PodOf(u.Outcome.Live!)).Select(n => (Key: (n.Kind, u.Outcome.Live!.Namespace, n.Name), User: u)))
            .ToLookup(u => u.Key, u => u.User);

    // Those that stay, or are made, and cannot start a pod without it: also what runs only now and then.
    private static ILookup<(string Kind, string Namespace, string Name), ObjectRef> Naming(IReadOnlyList<DryRunOutcome> outcomes) =>
        outcomes.Where(o => o.Result is not (DryRunResult.Removed or DryRunResult.Kept) && (o.After ?? o.Live) is not null)
            .SelectMany(o => Names(Checks.PlanChecks.PodOf((o.After ?? o.Live)!), needed: true).Select(n => (Key: (n.Kind, o.Object.Namespace, n.Name), o.Object)))
            .ToLookup(n => n.Key, n => n.Object);

    // Pull secrets are another matter: no pod holds them.
    private static IEnumerable<(string Kind, string Name)> Names(KubeObject? pod, bool needed = false) =>
        pod is null ? [] : PodReferences.Of(pod).Where(r => !r.IsPull && !(needed && r.IsOptional)).Select(r => (r.Kind, r.Name)).Distinct();

    // github.com/stakater/Reloader, the usual way to restart pods by the content of what they use. Its annotations stand at the workload or at its pod template; "reload" speaks of what nobody has to mount.
    private static bool Reloads(KubeObject workload, KubeObject config)
    {
        var pod = new KubeObject(workload["spec", "template"] as JsonObject ?? []);
        var (kind, name) = (config.Kind.ToLowerInvariant(), config.Name);
        string Said(string key) => workload.Annotation(key) is { Length: > 0 } own ? own : pod.Annotation(key);
        static bool Lists(string names, string name) => names.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Any(n => n == name || IsMatch(n, name));
        if (config.Annotation("reloader.stakater.com/ignore") == "true" || Lists(Said($"{kind}s.exclude.reloader.stakater.com/reload"), name))
        {
            return false;
        }

        return Lists(Said($"{kind}.reloader.stakater.com/reload"), name)
            || (Names(pod).Contains((config.Kind, name))
                && (Said("reloader.stakater.com/auto") == "true" || Said($"{kind}.reloader.stakater.com/auto") == "true" || (Said("reloader.stakater.com/search") == "true" && config.Annotation("reloader.stakater.com/match") == "true")));
    }

    // Names are expressions for Reloader; what is none speaks of nothing.
    private static bool IsMatch(string pattern, string name)
    {
        try
        {
            return Regex.IsMatch(name, $"^(?:{pattern})$", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
        }
        catch (Exception error) when (error is ArgumentException or NotSupportedException)
        {
            return false;
        }
    }

    private static (Effect, string) Definition(KubeObject live, KubeObject after)
    {
        static Dictionary<string, KubeObject> Versions(KubeObject item) => item.List("spec", "versions").ToDictionary(v => v.Text("name"), StringComparer.Ordinal);
        static bool Flag(KubeObject item, string name) => item[name]?.ToJsonString() == "true";
        var (before, now) = (Versions(live), Versions(after));
        foreach (var (name, version) in before)
        {
            if (!now.TryGetValue(name, out var next) || (Flag(version, "served") && !Flag(next, "served")))
            {
                return (Effect.DataAtRisk, $"version {name} is no longer served: clients of it fail");
            }

            if (Flag(version, "storage") && !Flag(next, "storage"))
            {
                return (Effect.DataAtRisk, $"objects are stored as another version than {name} from now on: there is no simple way back");
            }

            if (Narrower(version["schema", "openAPIV3Schema"], next["schema", "openAPIV3Schema"], "") is { } narrower)
            {
                return (Effect.DataAtRisk, $"version {name}: {narrower}");
            }
        }

        return Differs(live, after, "spec", "conversion") ? (Effect.DataAtRisk, "objects are converted in another way") : (Effect.None, "stored objects keep their meaning");
    }

    // What the new schema takes away: fields that would be pruned, values that would be refused.
    private static string? Narrower(JsonNode? before, JsonNode? after, string path)
    {
        if (before is not JsonObject old)
        {
            return null;
        }

        if (after is not JsonObject now)
        {
            return $"{(path.Length == 0 ? "the schema" : path)} is gone: stored fields are pruned";
        }

        if (!JsonNode.DeepEquals(old["type"], now["type"]))
        {
            return $"{path} has another type";
        }

        foreach (var rule in new[] { "enum", "pattern", "minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "uniqueItems", "format", "allOf", "anyOf", "oneOf", "not", "x-kubernetes-list-type", "x-kubernetes-map-type", "x-kubernetes-validations", "x-kubernetes-preserve-unknown-fields", "required" })
        {
            if (JsonNode.DeepEquals(old[rule], now[rule]) || (rule == "enum" && Holds(now[rule], old[rule])) || (rule == "required" && Holds(old[rule], now[rule])) || (now[rule] is null && rule != "x-kubernetes-preserve-unknown-fields"))
            {
                continue;
            }

            return $"{path} has another {rule}: stored objects may be refused";
        }

        if (IsTrue(old["nullable"]) && !IsTrue(now["nullable"]))
        {
            return $"{path} may no longer be null: stored objects may be refused";
        }

        if (!JsonNode.DeepEquals(old["default"], now["default"]) && old["default"] is not null)
        {
            return $"{path} has another default: objects that leave it out mean something else";
        }

        foreach (var (name, property) in old["properties"] as JsonObject ?? [])
        {
            if (Narrower(property, now["properties"]?[name], $"{path}.{name}") is { } found)
            {
                return found;
            }
        }

        return Narrower(old["items"], now["items"], path + "[]") ?? (old["additionalProperties"] is JsonObject map ? Narrower(map, now["additionalProperties"], path + ".*") : null);
    }

    private static bool Holds(JsonNode? all, JsonNode? some) =>
        some is not JsonArray wanted || (all is JsonArray list && wanted.All(w => list.Any(l => JsonNode.DeepEquals(l, w))));

    private static int Amount(JsonNode? node, int of, bool up, int fallback)
    {
        if (node is JsonValue value && value.TryGetValue<int>(out var number))
        {
            return number;
        }

        return node is JsonValue text && text.TryGetValue<string>(out var percent) && int.TryParse(percent.TrimEnd('%'), out var hundredth)
            ? (int)(up ? Math.Ceiling(of * hundredth / 100.0) : Math.Floor(of * hundredth / 100.0))
            : fallback;
    }

    private static bool Differs(KubeObject live, KubeObject after, params string[] path) => !JsonNode.DeepEquals(live[path], after[path]);

    // Everything but metadata and status: rules, subjects, webhooks, spec.
    private static bool RestDiffers(KubeObject live, KubeObject after) =>
        live.Json.Select(p => p.Key).Union(after.Json.Select(p => p.Key)).Except(["metadata", "status"]).Any(k => Differs(live, after, k));
}
