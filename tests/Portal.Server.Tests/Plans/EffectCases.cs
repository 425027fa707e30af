namespace Portal.Server.Tests.Plans;

/// <summary>One change: the manifest before and after, and what somebody else does in between ("Kind/name" and a patch).</summary>
public sealed record EffectCase(string Name, string Before, string After, string? Meanwhile = null)
{
    /// <summary>What the sandbox has no controller for; the expected word per object ("Kind/name=Effect") then stands for what is observed.</summary>
    public string[] Told { get; init; } = [];
}

/// <summary>Changes of every class, one by one and combined.</summary>
internal static class EffectCases
{
    private static string Pod(string name, string image, string extra, string annotations) => $$"""
            metadata:
              labels: {app: {{name}} }
              annotations: {x: one{{(annotations.Length > 0 ? ", " + annotations : "")}} }
            spec:
              containers: [{name: main, image: "{{image}}"{{(extra.Length > 0 ? ", " + extra : "")}} }]
        """;

    public static string Deployment(string name = "web", string image = "app:1", int replicas = 2, string container = "", string annotations = "", string spec = "", string meta = "") => $$"""
        ---
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: {{name}}{{meta}} }
        spec:
          replicas: {{replicas}}
          selector: {matchLabels: {app: {{name}} } }
          {{spec}}
          template:
        {{Pod(name, image, container, annotations)}}

        """;

    public static string StatefulSet(string name = "db", string image = "db:1", int replicas = 2, string container = "", string annotations = "", string spec = "", string claims = "1Gi") => $$"""
        ---
        apiVersion: apps/v1
        kind: StatefulSet
        metadata: {name: {{name}} }
        spec:
          replicas: {{replicas}}
          serviceName: {{name}}
          selector: {matchLabels: {app: {{name}} } }
          {{spec}}
          template:
        {{Pod(name, image, container, annotations)}}
          {{Claims(claims)}}

        """;

    private static string Claims(string size) => size.Length == 0 ? "" : $"volumeClaimTemplates: [{{metadata: {{name: data}}, spec: {{accessModes: [ReadWriteOnce], resources: {{requests: {{storage: {size}}}}}}}}}]";

    public static string DaemonSet(string name = "agent", string image = "agent:1", string spec = "") => $$"""
        ---
        apiVersion: apps/v1
        kind: DaemonSet
        metadata: {name: {{name}} }
        spec:
          selector: {matchLabels: {app: {{name}} } }
          {{spec}}
          template:
        {{Pod(name, image, "", "")}}

        """;

    private static string Map(string name, string value, string kind = "ConfigMap", string meta = "") => $"---\napiVersion: v1\nkind: {kind}\nmetadata: {{name: {name}{meta}}}\n{(kind == "Secret" ? "stringData" : "data")}: {{a: \"{value}\"}}\n";

    private static string Claim(string size, string meta = "") => $"---\napiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {{name: files{meta}}}\nspec: {{accessModes: [ReadWriteOnce], resources: {{requests: {{storage: {size}}}}}}}\n";

    private static string Role(string verbs, string meta = "") => $"---\napiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {{name: reader{meta}}}\nrules: [{{apiGroups: [\"\"], resources: [pods], verbs: [{verbs}]}}]\n";

    private static string Binding(string subject, string role = "reader") => $"---\napiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {{name: readers}}\nroleRef: {{apiGroup: rbac.authorization.k8s.io, kind: Role, name: {role}}}\nsubjects: [{{kind: ServiceAccount, name: {subject}, namespace: default}}]\n";

    private static string Ingress(string host, string meta = "") => $"---\napiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {{name: web{meta}}}\nspec: {{rules: [{{host: {host}, http: {{paths: [{{path: /, pathType: Prefix, backend: {{service: {{name: web, port: {{number: 80}}}}}}}}]}}}}]}}\n";

    private static string Policy(string label) => $"---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: inner}}\nspec: {{podSelector: {{}}, ingress: [{{from: [{{podSelector: {{matchLabels: {{app: {label}}}}}}}]}}]}}\n";

    private static string Service(string type, int port = 80, string meta = "") => $"---\napiVersion: v1\nkind: Service\nmetadata: {{name: web{meta}}}\nspec: {{type: {type}, selector: {{app: web}}, ports: [{{name: http, port: {port}}}]}}\n";

    private static string Job(string image) => $"---\napiVersion: batch/v1\nkind: Job\nmetadata: {{name: once}}\nspec: {{template: {{spec: {{restartPolicy: Never, containers: [{{name: main, image: \"{image}\"}}]}}}}}}\n";

    private static string Crd(string plural, string versions) => $"---\napiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {{name: {plural}.cases.example.com}}\nspec: {{group: cases.example.com, scope: Namespaced, names: {{plural: {plural}, singular: {plural}x, kind: {char.ToUpperInvariant(plural[0])}{plural[1..]}}}, versions: [{versions}]}}\n";

    private static string Version(string name, bool storage, string properties = "size: {type: integer}", bool served = true) => $"{{name: {name}, served: {(served ? "true" : "false")}, storage: {(storage ? "true" : "false")}, schema: {{openAPIV3Schema: {{type: object, properties: {{spec: {{type: object, properties: {{{properties}}}}}}}}}}}}}";

    private const string Env = "envFrom: [{configMapRef: {name: settings}}]";
    private const string SecretEnv = "env: [{name: A, valueFrom: {secretKeyRef: {name: keys, key: a}}}]";

    /// <summary>At least five of each class.</summary>
    public static IReadOnlyList<EffectCase> Single { get; } =
    [
        new("none: more replicas", Deployment(replicas: 1), Deployment(replicas: 3)),
        new("none: strategy changes", Deployment(), Deployment(spec: "minReadySeconds: 1")),
        new("none: labels of a ConfigMap", Map("settings", "1") + Deployment(container: Env), Map("settings", "1", meta: ", labels: {a: b}") + Deployment(container: Env)),
        new("none: a ConfigMap that nothing uses", Map("notes", "1") + Deployment(), Map("notes", "2") + Deployment()),
        new("none: labels of a Role", Role("get"), Role("get", ", labels: {a: b}")),
        new("none: a new Deployment", Deployment(), Deployment() + Deployment("new")),
        new("none: nothing runs", Deployment(replicas: 0), Deployment(image: "app:2", replicas: 0)),
        new("none: labels of a claim", Claim("1Gi"), Claim("1Gi", ", labels: {a: b}")),

        new("reload: ConfigMap of variables", Map("settings", "1") + Deployment(container: Env), Map("settings", "2") + Deployment(container: Env)),
        new("reload: Secret of one variable", Map("keys", "1", "Secret") + Deployment(container: SecretEnv), Map("keys", "2", "Secret") + Deployment(container: SecretEnv)),
        new("reload: Secret of a StatefulSet", Map("keys", "1", "Secret") + StatefulSet(container: SecretEnv), Map("keys", "2", "Secret") + StatefulSet(container: SecretEnv)),
        new("reload: StatefulSet on delete", StatefulSet(spec: "updateStrategy: {type: OnDelete}"), StatefulSet(image: "db:2", spec: "updateStrategy: {type: OnDelete}")),
        new("reload: StatefulSet behind its partition", StatefulSet(spec: "updateStrategy: {type: RollingUpdate, rollingUpdate: {partition: 2}}"), StatefulSet(image: "db:2", spec: "updateStrategy: {type: RollingUpdate, rollingUpdate: {partition: 2}}")),
        new("reload: paused Deployment", Deployment(spec: "paused: false"), Deployment(image: "app:2", spec: "paused: true")),

        new("rolling: image", Deployment(), Deployment(image: "app:2")),
        new("rolling: annotation of the pods", Deployment(annotations: "checksum: \"1\""), Deployment(annotations: "checksum: \"2\"")),
        new("rolling: variable", Deployment(container: "env: [{name: A, value: x}]"), Deployment(container: "env: [{name: A, value: y}]")),
        new("rolling: StatefulSet of two", StatefulSet(), StatefulSet(image: "db:2")),
        new("rolling: DaemonSet", DaemonSet(), DaemonSet(image: "agent:2")),
        new("rolling: one replica that surges", Deployment(replicas: 1), Deployment(image: "app:2", replicas: 1)),

        new("recreate: strategy", Deployment(spec: "strategy: {type: Recreate}"), Deployment(image: "app:2", spec: "strategy: {type: Recreate}")),
        new("recreate: no surge, all unavailable", Deployment(spec: "strategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 0, maxUnavailable: 100%}}"), Deployment(image: "app:2", spec: "strategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 0, maxUnavailable: 100%}}")),
        new("recreate: StatefulSet of one", StatefulSet(replicas: 1), StatefulSet(image: "db:2", replicas: 1)),
        new("recreate: scaled to none", Deployment(), Deployment(replicas: 0)),
        new("recreate: Deployment removed", Deployment() + Deployment("old"), Deployment()),
        new("recreate: DaemonSet removed", Deployment() + DaemonSet(), Deployment()),

        new("refused: selector", Deployment(), Deployment().Replace("{app: web }", "{app: web2 }", StringComparison.Ordinal)),
        new("refused: claims of a StatefulSet", StatefulSet(), StatefulSet(claims: "2Gi")),
        new("refused: service of a StatefulSet", StatefulSet(), StatefulSet().Replace("serviceName: db", "serviceName: other", StringComparison.Ordinal)),
        new("refused: template of a Job", Job("job:1"), Job("job:2")),
        new("refused: role of a binding", Role("get") + Binding("a"), Role("get") + Binding("a", "writer")),
        new("refused: an immutable ConfigMap", Map("fixed", "1") + "immutable: true\n", Map("fixed", "2") + "immutable: true\n"),
        new("refused: type of a Secret", Map("typed", "1", "Secret") + "type: Opaque\n", Map("typed", "1", "Secret") + "type: example.com/other\n"),

        new("data: claim removed", Deployment() + Claim("1Gi"), Deployment()),
        new("data: CRD removed", Crd("aaas", Version("v1", true)) + Deployment(), Deployment()),
        new("data: stored version", Crd("bbbs", Version("v1", true)), Crd("bbbs", Version("v1", false) + ", " + Version("v2", true))),
        new("data: version no longer served", Crd("cccs", Version("v1", false) + ", " + Version("v2", true)), Crd("cccs", Version("v1", false, served: false) + ", " + Version("v2", true))),
        new("data: field pruned", Crd("ddds", Version("v1", true, "size: {type: integer}, name: {type: string}")), Crd("ddds", Version("v1", true))),
        new("data: namespace removed", Deployment() + "---\napiVersion: v1\nkind: Namespace\nmetadata: {name: case-other-namespace}\n", Deployment()),

        new("access: verbs of a Role", Role("get"), Role("get, list")),
        new("access: subjects", Role("get") + Binding("a"), Role("get") + Binding("b")),
        new("access: host", Ingress("a.example.com"), Ingress("b.example.com")),
        new("access: network policy", Policy("web"), Policy("db")),
        new("access: Service opens to the outside", Service("ClusterIP"), Service("NodePort")),
        new("access: new Role", Deployment(), Deployment() + Role("get")),
        new("access: Ingress removed", Deployment() + Ingress("a.example.com"), Deployment()),

        new("conflict: replicas of an autoscaler", Deployment(), Deployment(replicas: 3), "Deployment/web {\"spec\":{\"replicas\":5}}"),
        new("conflict: image by hand", Deployment(), Deployment(image: "app:3"), "Deployment/web {\"spec\":{\"template\":{\"spec\":{\"containers\":[{\"name\":\"main\",\"image\":\"app:2\"}]}}}}"),
        new("conflict: ConfigMap by hand", Map("settings", "1"), Map("settings", "3"), "ConfigMap/settings {\"data\":{\"a\":\"2\"}}"),
        new("conflict: Secret rotated by another", Map("keys", "1", "Secret"), Map("keys", "3", "Secret"), "Secret/keys {\"data\":{\"a\":\"Mg==\"}}"),
        new("conflict: host by hand", Ingress("a.example.com"), Ingress("c.example.com"), "Ingress/web {\"spec\":{\"rules\":[{\"host\":\"b.example.com\"}]}}"),
    ];

    /// <summary>Several things at once, as real upgrades are.</summary>
    public static IReadOnlyList<EffectCase> Combined { get; } =
    [
        new("ConfigMap with its checksum", Map("settings", "1") + Deployment(container: Env, annotations: "sum: \"1\""), Map("settings", "2") + Deployment(container: Env, annotations: "sum: \"2\"")),
        new("Secret with checksum in one of two users", Map("keys", "1", "Secret") + Deployment(container: SecretEnv, annotations: "sum: \"1\"") + Deployment("other", container: SecretEnv), Map("keys", "2", "Secret") + Deployment(container: SecretEnv, annotations: "sum: \"2\"") + Deployment("other", container: SecretEnv)),
        new("Secret only, nobody restarts", Map("keys", "1", "Secret") + Map("settings", "1") + Deployment(container: SecretEnv), Map("keys", "2", "Secret") + Map("settings", "2") + Deployment(container: SecretEnv)),
        new("new image and new Role", Deployment() + Role("get"), Deployment(image: "app:2") + Role("get, watch")),
        new("image and more replicas", Deployment(), Deployment(image: "app:2", replicas: 3)),
        new("StatefulSet and its service", StatefulSet() + Service("ClusterIP"), StatefulSet(image: "db:2") + Service("ClusterIP", 81)),
        new("component replaced", Deployment("keycloak") + Deployment(), Deployment("identity") + Deployment()),
        new("StatefulSet removed with its claims", StatefulSet() + Deployment(), Deployment()),
        new("replicas owned by an autoscaler are left alone", Deployment(), Deployment(image: "app:2").Replace("  replicas: 2\n", "", StringComparison.Ordinal)),
        new("CRD gets a field, operator a new image", Crd("eees", Version("v1", true)) + Deployment(), Crd("eees", Version("v1", true, "size: {type: integer}, name: {type: string}")) + Deployment(image: "app:2")),
        new("CRD changes its stored version, operator restarts", Crd("fffs", Version("v1", true)) + Deployment(), Crd("fffs", Version("v1", false) + ", " + Version("v2", true)) + Deployment(image: "app:2")),
        new("claims refused while others roll", StatefulSet() + Deployment(), StatefulSet(claims: "5Gi") + Deployment(image: "app:2")),
        new("recreate, reload and access at once", Deployment(spec: "strategy: {type: Recreate}") + Deployment("other", container: Env) + Map("settings", "1") + Ingress("a.example.com"), Deployment(image: "app:2", spec: "strategy: {type: Recreate}") + Deployment("other", container: Env) + Map("settings", "2") + Ingress("b.example.com")),
        new("DaemonSet on delete beside a rolling Deployment", DaemonSet(spec: "updateStrategy: {type: OnDelete}") + Deployment(), DaemonSet(image: "agent:2", spec: "updateStrategy: {type: OnDelete}") + Deployment(image: "app:2")),
        new("conflict in one, the rest as planned", Deployment() + Map("settings", "1") + Role("get"), Deployment() + Map("settings", "3") + Role("list"), "ConfigMap/settings {\"data\":{\"a\":\"2\"}}"),
        new("nothing but labels everywhere", Deployment() + Role("get") + Service("ClusterIP"), Deployment(meta: ", labels: {v: \"2\"}") + Role("get", ", labels: {v: \"2\"}") + Service("ClusterIP", meta: ", labels: {v: \"2\"}")),
        new("scaled down and configured", Deployment(replicas: 3, container: Env) + Map("settings", "1"), Deployment(replicas: 2, container: Env) + Map("settings", "2")),
        new("Reloader is asked", Map("keys", "1", "Secret") + Deployment(container: SecretEnv, meta: ", annotations: {reloader.stakater.com/auto: \"true\"}"), Map("keys", "2", "Secret") + Deployment(container: SecretEnv, meta: ", annotations: {reloader.stakater.com/auto: \"true\"}")) { Told = ["Secret/keys=RollingRestart"] },
    ];
}
