using System.Text.Json.Nodes;
using Portal.Helm.Kube;

namespace Portal.Server.Features.Plans;

/// <summary>A Secret or ConfigMap that a pod names. Key is null where all of it is meant. IsOptional: the pod starts without it. IsPull: only who pulls the image needs it, no container holds it.</summary>
internal sealed record PodReference(string Kind, string Name, string? Key, bool IsOptional = false, bool IsPull = false);

/// <summary>Which Secrets and ConfigMaps a pod names: its variables, its volumes, its pull secrets.</summary>
internal static class PodReferences
{
    private static readonly string[][] VolumeSecrets =
        [["csi", "nodePublishSecretRef", "name"], ["azureFile", "secretName"], .. new[] { "cephfs", "rbd", "iscsi", "flexVolume", "scaleIO", "storageos", "cinder" }.Select(v => new[] { v, "secretRef", "name" })];

    /// <summary>All of them, one for each key that is named. Pure.</summary>
    /// <param name="pod">A Pod or the template of one.</param>
    public static IEnumerable<PodReference> Of(KubeObject pod)
    {
        var containers = ((string[])["containers", "initContainers", "ephemeralContainers"]).SelectMany(c => pod.List("spec", c)).ToArray();
        var volumes = pod.List("spec", "volumes").ToArray();
        return
        [
            .. containers.SelectMany(c => c.List("envFrom")).SelectMany(e => Each(e, "configMapRef", "secretRef", "name")),
            .. containers.SelectMany(c => c.List("env")).Select(e => e["valueFrom"] as JsonObject).OfType<JsonObject>().SelectMany(v => Each(new KubeObject(v), "configMapKeyRef", "secretKeyRef", "name")),
            .. volumes.SelectMany(v => Each(v, "configMap", "secret", "secretName")),
            .. volumes.SelectMany(v => v.List("projected", "sources")).SelectMany(s => Each(s, "configMap", "secret", "name")),
            .. volumes.SelectMany(v => VolumeSecrets.Select(f => v.Text(f))).Where(n => n.Length > 0).Select(n => new PodReference("Secret", n, null)),
            .. Pulls(pod.List("spec", "imagePullSecrets")),
        ];
    }

    /// <summary>A list of pull secrets, as pods and service accounts have it.</summary>
    public static IEnumerable<PodReference> Pulls(IEnumerable<KubeObject> secrets) => secrets.Select(s => s.Text("name")).Where(n => n.Length > 0).Select(n => new PodReference("Secret", n, null, IsPull: true));

    private static IEnumerable<PodReference> Each(KubeObject at, string config, string secret, string secretField) => [.. Keys("ConfigMap", at[config], "name"), .. Keys("Secret", at[secret], secretField)];

    private static IEnumerable<PodReference> Keys(string kind, JsonNode? node, string field)
    {
        if (node is not JsonObject table || new KubeObject(table) is not { } at || at.Text(field) is not { Length: > 0 } name)
        {
            return [];
        }

        var optional = at["optional"]?.GetValueKind() == System.Text.Json.JsonValueKind.True;
        var keys = at["key"] is not null ? [at.Text("key")] : at.List("items").Any() ? at.List("items").Select(i => (string?)i.Text("key")) : [null];
        return keys.Select(k => new PodReference(kind, name, k, optional));
    }
}
