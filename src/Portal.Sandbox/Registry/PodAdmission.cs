using Portal.Sandbox.Api;
using Portal.Sandbox.Json;
using Portal.Sandbox.Storage;

namespace Portal.Sandbox.Registry;

/// <summary>What admission adds to a Pod: its service account with the token volume, tolerations and priority.</summary>
internal static class PodAdmission
{
    private const string TokenMount = "/var/run/secrets/kubernetes.io/serviceaccount";

    public static void Apply(ObjectStore store, string ns, JsonMap pod)
    {
        var spec = pod.Map("spec")!;
        var account = spec.Text("serviceAccountName") ?? "default";
        var found = store.Get(new ObjectKey("/serviceaccounts", ns, account))
            ?? throw ApiError.Forbidden("", "pods", pod.Text("metadata", "name") ?? "", $"error looking up service account {ns}/{account}: serviceaccount \"{account}\" not found");
        spec["serviceAccountName"] = account;
        spec["serviceAccount"] = account;
        if ((spec.Flag("automountServiceAccountToken") ?? found.Flag("automountServiceAccountToken")) is not false)
        {
            MountToken(spec);
        }

        if (!spec.ContainsKey("imagePullSecrets") && found.List("imagePullSecrets") is { } secrets)
        {
            spec["imagePullSecrets"] = JsonTree.Clone(secrets);
        }

        var tolerations = spec.List("tolerations") ?? [];
        foreach (var key in (string[])["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"])
        {
            if (tolerations.OfType<JsonMap>().All(t => t.Text("key") != key && !(t.Text("key") is null or "" && t.Text("operator") == "Exists")))
            {
                tolerations.Add(new JsonMap { ["key"] = key, ["operator"] = "Exists", ["effect"] = "NoExecute", ["tolerationSeconds"] = 300L });
            }
        }

        if (tolerations.Count > 0)
        {
            spec["tolerations"] = tolerations;
        }

        Priority(store, pod, spec);
        spec.Default("preemptionPolicy", "PreemptLowerPriority");
    }

    private static void Priority(ObjectStore store, JsonMap pod, JsonMap spec)
    {
        if (spec.Text("priorityClassName") is not { Length: > 0 } name)
        {
            spec.Default("priority", 0L);
            return;
        }

        var found = name switch
        {
            "system-cluster-critical" => 2000000000L,
            "system-node-critical" => 2000001000L,
            _ => store.Get(new ObjectKey("scheduling.k8s.io/priorityclasses", "", name))?.Int("value")
                ?? throw ApiError.Forbidden("", "pods", pod.Text("metadata", "name") ?? "", $"no PriorityClass with name {name} was found"),
        };
        spec["priority"] = found;
    }

    private static void MountToken(JsonMap spec)
    {
        var volumes = spec.List("volumes") ?? [];
        var containers = spec.Maps("containers").Concat(spec.Maps("initContainers")).Where(c => c.Maps("volumeMounts").All(m => m.Text("mountPath") != TokenMount)).ToList();
        if (containers.Count == 0)
        {
            return;
        }

        var name = volumes.OfType<JsonMap>().Select(v => v.Text("name")).FirstOrDefault(n => n?.StartsWith("kube-api-access-", StringComparison.Ordinal) is true);
        if (name is null)
        {
            name = "kube-api-access-" + Prepare.RandomSuffix();
            volumes.Add(new JsonMap
            {
                ["name"] = name,
                ["projected"] = JsonTree.Parse("""
                    {"sources":[{"serviceAccountToken":{"expirationSeconds":3607,"path":"token"}},
                    {"configMap":{"name":"kube-root-ca.crt","items":[{"key":"ca.crt","path":"ca.crt"}]}},
                    {"downwardAPI":{"items":[{"path":"namespace","fieldRef":{"apiVersion":"v1","fieldPath":"metadata.namespace"}}]}}],"defaultMode":420}
                    """),
            });
            spec["volumes"] = volumes;
        }

        foreach (var container in containers)
        {
            var mounts = container.List("volumeMounts") ?? [];
            mounts.Add(new JsonMap { ["name"] = name, ["readOnly"] = true, ["mountPath"] = TokenMount });
            container["volumeMounts"] = mounts;
        }
    }
}
