using System.Globalization;
using System.Security.Cryptography;
using Portal.Sandbox.Json;
using Portal.Sandbox.Kinds;

namespace Portal.Sandbox.Registry;

/// <summary>What the server itself puts into an object when it is created or replaced.</summary>
internal static class Prepare
{
    public static void OnCreate(ObjectRegistry registry, ResourceKind kind, JsonMap obj)
    {
        switch (kind.Bucket)
        {
            case "/namespaces":
                obj.Ensure("spec").Default("finalizers", JsonTree.ListOf("kubernetes"));
                obj.Ensure("status")["phase"] = "Active";
                break;
            case "/pods":
                obj["status"] = new JsonMap { ["phase"] = "Pending", ["qosClass"] = Qos(obj.Map("spec")!) };
                break;
            case "/services":
                ServiceAddresses.Allocate(registry, obj, null);
                obj["status"] = new JsonMap { ["loadBalancer"] = new JsonMap() };
                break;
            case "/persistentvolumeclaims":
                obj["status"] = new JsonMap { ["phase"] = "Pending" };
                break;
            case "/persistentvolumes":
                obj.Ensure("metadata").Default("finalizers", JsonTree.ListOf("kubernetes.io/pv-protection"));
                obj["status"] = new JsonMap { ["phase"] = "Pending", ["lastPhaseTransitionTime"] = registry.Clock.NowText };
                break;
            case "apps/statefulsets" or "apps/replicasets" or "/replicationcontrollers":
                obj["status"] = new JsonMap { ["replicas"] = 0L };
                if (kind.Plural == "statefulsets")
                {
                    obj.Map("status")!["availableReplicas"] = 0L;
                }

                break;
            case "apps/daemonsets":
                obj["status"] = new JsonMap { ["currentNumberScheduled"] = 0L, ["numberMisscheduled"] = 0L, ["desiredNumberScheduled"] = 0L, ["numberReady"] = 0L };
                break;
            case "batch/jobs":
                JobLabels(obj);
                obj["status"] = new JsonMap();
                break;
            case "policy/poddisruptionbudgets":
                obj["status"] = new JsonMap { ["disruptionsAllowed"] = 0L, ["currentHealthy"] = 0L, ["desiredHealthy"] = 0L, ["expectedPods"] = 0L };
                break;
            case "autoscaling/horizontalpodautoscalers":
                obj["status"] = kind.Version == "v2"
                    ? new JsonMap { ["desiredReplicas"] = 0L, ["currentMetrics"] = null }
                    : new JsonMap { ["currentReplicas"] = 0L, ["desiredReplicas"] = 0L };
                break;
            case "apiextensions.k8s.io/customresourcedefinitions":
                obj["status"] = new JsonMap
                {
                    ["conditions"] = new List<object?>(),
                    ["acceptedNames"] = new JsonMap { ["plural"] = "", ["kind"] = "" },
                    ["storedVersions"] = obj.Maps("spec", "versions").Where(v => v.Flag("storage") is true).Select(v => v["name"]).ToList(),
                };
                break;
            default:
                if (kind.Custom is null && kind.HasStatus)
                {
                    obj["status"] = new JsonMap();
                }

                break;
        }
    }

    public static void OnUpdate(ResourceKind kind, JsonMap current, JsonMap proposed)
    {
        switch (kind.Bucket)
        {
            case "/namespaces":
                proposed.Ensure("spec")["finalizers"] = JsonTree.Clone(current.At("spec", "finalizers"));
                break;
            case "/serviceaccounts":
                break;
            case "apps/daemonsets":
                var generation = current.Text("metadata", "annotations", "deprecated.daemonset.template.generation") ?? "1";
                if (!JsonTree.Equal(current.At("spec", "template"), proposed.At("spec", "template")) && long.TryParse(generation, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
                {
                    generation = (number + 1).ToString(CultureInfo.InvariantCulture);
                }

                proposed.Ensure("metadata", "annotations")["deprecated.daemonset.template.generation"] = generation;
                break;
        }
    }

    /// <summary>A write to the status subresource: all but the status stays.</summary>
    public static JsonMap StatusOnly(ResourceKind kind, JsonMap current, JsonMap proposed)
    {
        var next = JsonTree.Clone(current);
        if (proposed.TryGetValue("status", out var status))
        {
            next["status"] = status;
        }
        else
        {
            next.Remove("status");
        }

        var metadata = next.Map("metadata")!;
        var given = proposed.Map("metadata")!;
        metadata.SetOrRemove("managedFields", given.GetValueOrDefault("managedFields"));
        if (kind.Custom is null)
        {
            foreach (var part in (string[])["annotations", "finalizers", "labels"])
            {
                metadata.SetOrRemove(part, given.GetValueOrDefault(part));
            }
        }

        return next;
    }

    private static void JobLabels(JsonMap job)
    {
        if (job.Flag("spec", "manualSelector") is true)
        {
            return;
        }

        var uid = job.Text("metadata", "uid");
        var name = job.Text("metadata", "name");
        var labels = job.Ensure("spec", "template", "metadata", "labels");
        labels["batch.kubernetes.io/controller-uid"] = uid;
        labels["batch.kubernetes.io/job-name"] = name;
        labels["controller-uid"] = uid;
        labels["job-name"] = name;
        if (job.Map("metadata", "labels") is not { Count: > 0 })
        {
            job.Ensure("metadata")["labels"] = JsonTree.Clone(labels);
        }

        job.Ensure("spec").Default("selector", new JsonMap { ["matchLabels"] = new JsonMap { ["batch.kubernetes.io/controller-uid"] = uid } });
    }

    private static string Qos(JsonMap spec)
    {
        var containers = spec.Maps("containers").Concat(spec.Maps("initContainers")).ToList();
        static bool Has(JsonMap c, string part) => c.Map("resources", part) is { } map && (map.ContainsKey("cpu") || map.ContainsKey("memory"));
        if (!containers.Any(c => Has(c, "limits") || Has(c, "requests")))
        {
            return "BestEffort";
        }

        return containers.All(c => ((string[])["cpu", "memory"]).All(r => c.Text("resources", "limits", r) is { } limit && c.Text("resources", "requests", r) == limit))
            ? "Guaranteed"
            : "Burstable";
    }

    /// <summary>A suffix as generated names have it.</summary>
    public static string RandomSuffix() => RandomNumberGenerator.GetString("bcdfghjklmnpqrstvwxz2456789", 5);
}
