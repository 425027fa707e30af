using Portal.Sandbox.Json;
using Portal.Sandbox.Storage;

namespace Portal.Sandbox.Controllers;

/// <summary>The Secrets, ConfigMaps and claims that a Pod needs, and the kubelet's words when one is missing.</summary>
internal static class PodReferences
{
    /// <summary>Why a container cannot be configured; null when all its references are there.</summary>
    public static string? ConfigProblem(ObjectStore store, string ns, JsonMap container)
    {
        foreach (var env in container.Maps("env"))
        {
            foreach (var (field, bucket, word) in ((string, string, string)[])[("secretKeyRef", "/secrets", "secret"), ("configMapKeyRef", "/configmaps", "configmap")])
            {
                if (env.Map("valueFrom", field) is not { } reference || reference.Flag("optional") is true)
                {
                    continue;
                }

                var name = reference.Text("name") ?? "";
                if (store.Get(new ObjectKey(bucket, ns, name)) is not { } found)
                {
                    return $"{word} \"{name}\" not found";
                }

                var key = reference.Text("key") ?? "";
                if (found.At("data", key) is null && found.At("binaryData", key) is null)
                {
                    return word == "secret" ? $"couldn't find key {key} in Secret {ns}/{name}" : $"couldn't find key {key} in ConfigMap {ns}/{name}";
                }
            }
        }

        foreach (var source in container.Maps("envFrom"))
        {
            foreach (var (field, bucket, word) in ((string, string, string)[])[("secretRef", "/secrets", "secret"), ("configMapRef", "/configmaps", "configmap")])
            {
                if (source.Map(field) is { } reference && reference.Flag("optional") is not true && store.Get(new ObjectKey(bucket, ns, reference.Text("name") ?? "")) is null)
                {
                    return $"{word} \"{reference.Text("name")}\" not found";
                }
            }
        }

        return null;
    }

    /// <summary>Why the Pod's volumes cannot be mounted; null when they can.</summary>
    public static string? MountProblem(ObjectStore store, string ns, JsonMap pod)
    {
        foreach (var volume in pod.Maps("spec", "volumes"))
        {
            var name = volume.Text("name");
            IEnumerable<(string Bucket, string Word, JsonMap? Source, string? Object)> sources =
            [
                ("/secrets", "secret", volume.Map("secret"), volume.Text("secret", "secretName")),
                ("/configmaps", "configmap", volume.Map("configMap"), volume.Text("configMap", "name")),
                .. volume.Maps("projected", "sources").SelectMany(s => ((string, string, JsonMap?, string?)[])[("/secrets", "secret", s.Map("secret"), s.Text("secret", "name")), ("/configmaps", "configmap", s.Map("configMap"), s.Text("configMap", "name"))]),
            ];
            foreach (var (bucket, word, source, of) in sources)
            {
                if (source is null || source.Flag("optional") is true || of is null)
                {
                    continue;
                }

                if (store.Get(new ObjectKey(bucket, ns, of)) is not { } found)
                {
                    return $"MountVolume.SetUp failed for volume \"{name}\" : {word} \"{of}\" not found";
                }

                var missing = source.Maps("items").Select(i => i.Text("key")!).FirstOrDefault(k => found.At("data", k) is null && found.At("binaryData", k) is null);
                if (missing is not null)
                {
                    return $"MountVolume.SetUp failed for volume \"{name}\" : references non-existent {word} key: {missing}";
                }
            }
        }

        return null;
    }
}
