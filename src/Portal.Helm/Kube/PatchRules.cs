namespace Portal.Helm.Kube;

/// <summary>How a strategic merge treats one field (tags patchStrategy and patchMergeKey of the Kubernetes API types).</summary>
/// <param name="Inner">The rules inside the field or its elements; null when nothing inside is special.</param>
/// <param name="Merge">A list that is merged element by element.</param>
/// <param name="Key">What tells its elements apart; null when they are plain values.</param>
/// <param name="RetainKeys">Fields that are not named are cleared: a union of which one member is set.</param>
/// <param name="Replace">The value is sent as a whole.</param>
internal sealed record PatchRule(PatchRules? Inner = null, bool Merge = false, string? Key = null, bool RetainKeys = false, bool Replace = false)
{
    public static PatchRule None { get; } = new();
}

/// <summary>The rules of one API type by field name. Only fields that matter are listed: all others are merged as JSON, lists replaced.</summary>
internal sealed class PatchRules(params (string Field, PatchRule Rule)[] fields)
{
    private static readonly string[] BuiltInGroups =
    [
        "", "apps", "autoscaling", "batch", "extensions", "policy", "admissionregistration.k8s.io", "apiextensions.k8s.io", "authentication.k8s.io", "authorization.k8s.io", "certificates.k8s.io",
        "coordination.k8s.io", "discovery.k8s.io", "events.k8s.io", "flowcontrol.apiserver.k8s.io", "internal.apiserver.k8s.io", "networking.k8s.io", "node.k8s.io", "rbac.authorization.k8s.io",
        "resource.k8s.io", "scheduling.k8s.io", "storage.k8s.io", "storagemigration.k8s.io",
    ];

    private static readonly PatchRules Meta = new(List("ownerReferences", "uid"), Values("finalizers"));

    private static readonly PatchRules Container = new(
        List("env", "name"), List("ports", "containerPort"), List("volumeMounts", "mountPath"), List("volumeDevices", "devicePath"));

    private static readonly PatchRules PodSpec = new(
        List("containers", "name", Container), List("initContainers", "name", Container), List("ephemeralContainers", "name", Container),
        ("volumes", new PatchRule(Merge: true, Key: "name", RetainKeys: true)), ("resourceClaims", new PatchRule(Merge: true, Key: "name", RetainKeys: true)),
        List("imagePullSecrets", "name"), List("hostAliases", "ip"), List("topologySpreadConstraints", "topologyKey"), List("schedulingGates", "name"));

    private static readonly PatchRules PodTemplate = new(Into("metadata", Meta), Into("spec", PodSpec));

    private static readonly PatchRules Template = new(Into("template", PodTemplate));

    private static readonly PatchRules Webhooks = new(List("matchConditions", "name"));

    private static readonly Dictionary<string, (string, PatchRule)[]> Kinds = new(StringComparer.Ordinal)
    {
        ["Pod"] = [Into("spec", PodSpec)],
        ["PodTemplate"] = [Into("template", PodTemplate)],
        ["Deployment"] = [Into("spec", new PatchRules(Into("template", PodTemplate), ("strategy", new PatchRule(RetainKeys: true))))],
        ["ReplicaSet"] = [Into("spec", Template)],
        ["ReplicationController"] = [Into("spec", Template)],
        ["StatefulSet"] = [Into("spec", Template)],
        ["DaemonSet"] = [Into("spec", Template)],
        ["Job"] = [Into("spec", Template)],
        ["CronJob"] = [Into("spec", new PatchRules(Into("jobTemplate", new PatchRules(Into("metadata", Meta), Into("spec", Template)))))],
        ["Service"] = [Into("spec", new PatchRules(List("ports", "port")))],
        ["ServiceAccount"] = [List("secrets", "name")],
        ["Node"] = [Into("spec", new PatchRules(Values("podCIDRs")))],
        ["PodDisruptionBudget"] = [Into("spec", new PatchRules(("selector", new PatchRule(Replace: true))))],
        ["MutatingWebhookConfiguration"] = [List("webhooks", "name", Webhooks)],
        ["ValidatingWebhookConfiguration"] = [List("webhooks", "name", Webhooks)],
        ["ValidatingAdmissionPolicy"] = [Into("spec", new PatchRules(List("matchConditions", "name"), List("variables", "name")))],
        ["MutatingAdmissionPolicy"] = [Into("spec", new PatchRules(List("matchConditions", "name"), List("variables", "name")))],
    };

    private readonly Dictionary<string, PatchRule> _fields = fields.ToDictionary(f => f.Field, f => f.Rule, StringComparer.Ordinal);

    /// <summary>The rules of a kind that is compiled into Kubernetes; null for custom resources, which take no strategic merge.</summary>
    public static PatchRules? Of(string apiVersion, string kind)
    {
        var slash = apiVersion.IndexOf('/', StringComparison.Ordinal);
        return BuiltInGroups.Contains(slash < 0 ? "" : apiVersion[..slash]) ? new PatchRules([Into("metadata", Meta), .. Kinds.GetValueOrDefault(kind, [])]) : null;
    }

    public PatchRule this[string field] => _fields.GetValueOrDefault(field, PatchRule.None);

    private static (string, PatchRule) Into(string field, PatchRules inner) => (field, new PatchRule(inner));

    private static (string, PatchRule) List(string field, string key, PatchRules? inner = null) => (field, new PatchRule(inner, Merge: true, Key: key));

    private static (string, PatchRule) Values(string field) => (field, new PatchRule(Merge: true));
}
