using Portal.Sandbox.Json;
using Portal.Sandbox.Kinds;

namespace Portal.Sandbox.Registry;

/// <summary>Fields that may not change once an object exists.</summary>
internal static class Immutability
{
    private const string StatefulSetRule = "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden";
    private const string ClaimRule = "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims";
    private const string PodRule = "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)";

    public static void Check(ResourceKind kind, JsonMap before, JsonMap after, Problems problems)
    {
        if (before.Text("metadata", "deletionTimestamp") is not null && after.Texts("metadata", "finalizers").Except(before.Texts("metadata", "finalizers")).ToList() is { Count: > 0 } late)
        {
            // The server checks metadata for all kinds and again for each kind, and lists the cause twice.
            var text = $"no new finalizers can be added if the object is being deleted, found new finalizers []string{{{string.Join(", ", late.Select(f => $"\"{f}\""))}}}";
            problems.Forbidden("metadata.finalizers", text);
            problems.Forbidden("metadata.finalizers", text);
        }

        switch (kind.Bucket)
        {
            case "/configmaps" or "/secrets":
                Frozen(before, after, problems);
                if (kind.Plural == "secrets" && before.Text("type") != after.Text("type"))
                {
                    problems.Invalid("type", after.Text("type"), "field is immutable");
                }

                break;
            case "apps/deployments" or "apps/replicasets" or "apps/daemonsets":
                Same(before, after, problems, "spec", "selector");
                break;
            case "apps/statefulsets":
                var allowed = new HashSet<string> { "replicas", "ordinals", "template", "updateStrategy", "revisionHistoryLimit", "persistentVolumeClaimRetentionPolicy", "minReadySeconds" };
                if (Differs(before.Map("spec")!, after.Map("spec")!, allowed))
                {
                    problems.Forbidden("spec", StatefulSetRule);
                }

                break;
            case "batch/jobs":
                Job(before, after, problems);
                break;
            case "/services":
                Service(before, after, problems);
                break;
            case "/persistentvolumeclaims":
                Claim(before, after, problems);
                break;
            case "rbac.authorization.k8s.io/rolebindings" or "rbac.authorization.k8s.io/clusterrolebindings":
                if (!JsonTree.Equal(before.At("roleRef"), after.At("roleRef")))
                {
                    var reference = after.Map("roleRef") ?? [];
                    problems.Invalid("roleRef", new JsonMap { ["APIGroup"] = reference.Text("apiGroup"), ["Kind"] = reference.Text("kind"), ["Name"] = reference.Text("name") }, "cannot change roleRef");
                }

                break;
            case "storage.k8s.io/storageclasses":
                foreach (var field in (string[])["parameters", "provisioner", "reclaimPolicy", "volumeBindingMode"])
                {
                    if (!JsonTree.Equal(before.At(field), after.At(field)))
                    {
                        problems.Forbidden(field, "updates to " + field + " are forbidden.");
                    }
                }

                break;
            case "/pods":
                Pod(before, after, problems);
                break;
            case "scheduling.k8s.io/priorityclasses":
                Same(before, after, problems, "value");
                break;
            case "apiextensions.k8s.io/customresourcedefinitions":
                Same(before, after, problems, "spec", "group");
                Same(before, after, problems, "spec", "scope");
                Same(before, after, problems, "spec", "names", "plural");
                break;
        }
    }

    private static void Same(JsonMap before, JsonMap after, Problems problems, params string[] path)
    {
        if (!JsonTree.Equal(before.At(path), after.At(path)))
        {
            problems.Invalid(string.Join('.', path), after.At(path), "field is immutable");
        }
    }

    private static void Frozen(JsonMap before, JsonMap after, Problems problems)
    {
        if (before.Flag("immutable") is not true)
        {
            return;
        }

        if (after.Flag("immutable") is not true)
        {
            problems.Forbidden("immutable", "field is immutable when `immutable` is set");
        }

        foreach (var field in (string[])["data", "binaryData"])
        {
            if (!JsonTree.Equal(before.At(field), after.At(field)))
            {
                problems.Forbidden(field, "field is immutable when `immutable` is set");
            }
        }
    }

    private static bool Differs(JsonMap before, JsonMap after, HashSet<string> allowed) =>
        before.Keys.Union(after.Keys).Any(k => !allowed.Contains(k) && !JsonTree.Equal(before.GetValueOrDefault(k), after.GetValueOrDefault(k)));

    private static void Job(JsonMap before, JsonMap after, Problems problems)
    {
        if (!JsonTree.Equal(before.At("spec", "completions"), after.At("spec", "completions")) && after.Text("spec", "completionMode") != "Indexed")
        {
            Same(before, after, problems, "spec", "completions");
        }

        Same(before, after, problems, "spec", "selector");
        var started = before.Text("status", "startTime") is not null || before.Flag("spec", "suspend") is not true;
        if (started)
        {
            Same(before, after, problems, "spec", "template");
        }

        Same(before, after, problems, "spec", "completionMode");
        Same(before, after, problems, "spec", "podFailurePolicy");
        Same(before, after, problems, "spec", "backoffLimitPerIndex");
    }

    private static void Service(JsonMap before, JsonMap after, Problems problems)
    {
        var old = before.Text("spec", "clusterIP");
        var now = after.Text("spec", "clusterIP");
        if (old is { Length: > 0 } && old != now && after.Text("spec", "type") != "ExternalName" && before.Text("spec", "type") != "ExternalName")
        {
            problems.Invalid("spec.clusterIPs[0]", JsonTree.ListOf(now), "may not change once set");
        }
    }

    private static void Claim(JsonMap before, JsonMap after, Problems problems)
    {
        var allowed = new HashSet<string> { "resources", "volumeAttributesClassName", "volumeName" };
        if (Differs(before.Map("spec")!, after.Map("spec")!, allowed)
            || (before.Text("spec", "volumeName") is { Length: > 0 } volume && volume != after.Text("spec", "volumeName")))
        {
            problems.Forbidden("spec", ClaimRule + ClaimDifference.Of(before.Map("spec")!, after.Map("spec")!));
            return;
        }

        var was = Schema.Quantity.ValueOf(before.At("spec", "resources", "requests", "storage"));
        var wanted = Schema.Quantity.ValueOf(after.At("spec", "resources", "requests", "storage"));
        if (was != wanted && before.Text("status", "phase") != "Bound")
        {
            problems.Forbidden("spec", ClaimRule + ClaimDifference.Of(before.Map("spec")!, after.Map("spec")!));
        }
        else if (wanted < was)
        {
            problems.Forbidden("spec.resources.requests.storage", "field can not be less than status.capacity");
        }
    }

    private static void Pod(JsonMap before, JsonMap after, Problems problems)
    {
        JsonMap Masked(JsonMap pod)
        {
            var spec = JsonTree.Clone(pod.Map("spec")!);
            foreach (var container in spec.Maps("containers").Concat(spec.Maps("initContainers")))
            {
                container.Remove("image");
            }

            foreach (var field in (string[])["activeDeadlineSeconds", "tolerations", "ephemeralContainers", "terminationGracePeriodSeconds", "schedulingGates"])
            {
                spec.Remove(field);
            }

            if (pod == after && before.Text("spec", "nodeName") is not { Length: > 0 })
            {
                spec.Remove("nodeName");
            }

            return spec;
        }

        if (!JsonTree.Equal(Masked(before), Masked(after)))
        {
            problems.Forbidden("spec", PodRule);
        }
    }
}
