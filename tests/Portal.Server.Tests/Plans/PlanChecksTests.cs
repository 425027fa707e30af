using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using Portal.Core.Operations;
using Portal.Core.Plans;
using Portal.Helm.Actions;
using Portal.Helm.Kube;
using Portal.Helm.Releases;
using Portal.Helm.Rendering;
using Portal.Helm.Yaml;
using Portal.Server.Features.Catalog;
using Portal.Server.Features.Plans;
using Portal.Server.Features.Plans.Checks;
using Portal.Testing;
using Record = Portal.Helm.Releases.Release;

namespace Portal.Server.Tests.Plans;

/// <summary>What a plan looks at before a person decides.</summary>
public sealed class PlanChecksTests(PortalServer portal)
{
    private static readonly DateTimeOffset Now = new(2026, 6, 1, 0, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("v1.24.9", FindingLevel.Warning)]
    [InlineData("v1.23.0", FindingLevel.Note)]
    [InlineData("v1.25.0", FindingLevel.Blocker)]
    [InlineData("v1.33.1+k3s1", FindingLevel.Blocker)]
    public void An_api_that_Kubernetes_removes_is_said_before(string kubernetes, FindingLevel level)
    {
        var finding = Assert.Single(KubernetesCheck.Of(Target("---\napiVersion: policy/v1beta1\nkind: PodDisruptionBudget\nmetadata: {name: web}\n---\napiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: new}\n"), kubernetes));
        Assert.Equal(("api-removed:PodDisruptionBudget/web", level), (finding.Id, finding.Level));
        Assert.Contains("policy/v1.", finding.Remedy, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(">=1.30.0-0", "v1.29.0", true)]
    [InlineData(">=1.30.0-0", "v1.30.1", false)]
    [InlineData(">=1.30.0", "v1.31.2-gke.100", false)]
    [InlineData("", "v1.16.0", false)]
    public void A_chart_for_another_Kubernetes_is_a_blocker(string range, string kubernetes, bool blocked)
    {
        var chart = TestChart.Make("demo", "1.0.0");
        var target = Target("") with { Chart = chart with { Metadata = chart.Metadata with { KubeVersion = range } } };
        Assert.Equal(blocked, KubernetesCheck.Of(target, kubernetes).Any(f => f is { Code: "kube-version", Level: FindingLevel.Blocker }));
    }

    /// <summary>A chart for another Kubernetes was a plan that failed with Helm's words; what the version would change could not be seen.</summary>
    [Fact]
    public async Task A_plan_for_another_Kubernetes_says_what_it_would_change_and_is_blocked()
    {
        static (string, string) Config(string level) => ("templates/a.yaml", $"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a}}\ndata: {{level: {level}}}\n");
        var own = new OwnChart(portal);
        await own.UploadAsync("1.0.0", Config("info"));
        await own.UploadAsync("2.0.0", ("Chart.yaml", "apiVersion: v2\nname: NAME\nversion: 2.0.0\nkubeVersion: '>=1.99.0-0'\n"), Config("debug"));
        await own.InstallAsync("1.0.0", "a: 1\n");
        var plan = await own.PlanUpgradeAsync("2.0.0");
        Assert.True(plan.State == PlanState.Ready, plan.Error);
        Assert.Contains("is made for Kubernetes >=1.99.0-0, the cluster runs", Assert.Single(plan.Findings, f => f is { Code: "kube-version", Level: FindingLevel.Blocker }).Message, StringComparison.Ordinal);
        Assert.Equal(1, plan.Summary!.Changed);
    }

    [Fact]
    public void Pods_that_no_node_can_take_are_named()
    {
        static KubeObject Node(string name, string more = "") => Object($"{{kind: Node, metadata: {{name: {name}}}, spec: {{{more}}}, status: {{allocatable: {{cpu: '4', memory: 8Gi}}}}}}");
        static (KubeObject, DryRunResult) Deployment(int replicas, string cpu, DryRunResult result = DryRunResult.Changed) => (Object($"{{apiVersion: apps/v1, kind: Deployment, metadata: {{name: d}}, spec: {{replicas: {replicas}, template: {{spec: {{containers: [{{resources: {{requests: {{cpu: {cpu}}}, limits: {{memory: 1Gi}}}}}}]}}}}}}}}"), result);
        Assert.Empty(CapacityCheck.Of([Deployment(2, "3500m")], [Node("a"), Node("b")]));
        Assert.Equal("A pod of Deployment/d requests 5 of cpu; the largest node has 4.", Assert.Single(CapacityCheck.Of([Deployment(1, "'5'")], [Node("a"), Node("b")])).Message);
        Assert.Equal("The pods of the release request 10.5 of cpu together; all nodes have 8.", Assert.Single(CapacityCheck.Of([Deployment(3, "3500m")], [Node("a"), Node("b"), Node("c", "unschedulable: true")])).Message);
        // What does not change already runs, or already waits.
        Assert.Empty(CapacityCheck.Of([Deployment(1, "'5'", DryRunResult.Unchanged)], [Node("a"), Node("b")]));
    }

    [Theory]
    [InlineData(-1, "ended on 2026-05-31")]
    [InlineData(29, "ends on 2026-06-30")]
    [InlineData(31, null)]
    [InlineData(null, null)]
    public void The_certificate_of_the_portals_own_kubeconfig_is_named(int? days, string? says)
    {
        var finding = ReferenceCheck.Connection(days is { } d ? Now.AddDays(d) : null, Now).SingleOrDefault();
        Assert.Equal(says is not null, finding is not null);
        Assert.Contains(says ?? "", finding?.Message ?? "", StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(OperationKind.Install, "db: { password: ChangeIt }", FindingLevel.Blocker)]
    [InlineData(OperationKind.Upgrade, "db: { password: admin }", FindingLevel.Warning)]
    [InlineData(OperationKind.Install, "{}", FindingLevel.Warning)]
    [InlineData(OperationKind.Upgrade, "{}", FindingLevel.Note)]
    [InlineData(OperationKind.Install, "db: { password: a-long-one-of-ours, user: admin, passwordSecret: { name: secret, key: password } }", null)]
    public void A_password_that_everybody_knows_is_named(OperationKind kind, string values, FindingLevel? level)
    {
        var chart = TestChart.Make("demo", "1.0.0", ("values.yaml", "db: { user: admin, password: changeit }\n"));
        var findings = DefaultPasswords.Of(kind, chart, GoYaml.ReadTable(values)).ToArray();
        Assert.Equal(level, findings.SingleOrDefault()?.Level);
        Assert.All(findings, f => Assert.Equal("default-password:db.password", f.Id));
        Assert.All(findings, f => Assert.DoesNotContain("changeit", f.Message + f.Remedy, StringComparison.OrdinalIgnoreCase));
    }

    [Theory]
    [InlineData("maxUnavailable: 0", 3, true)]
    [InlineData("maxUnavailable: 1", 3, false)]
    [InlineData("maxUnavailable: 10%", 3, false)]
    [InlineData("minAvailable: 1", 1, true)]
    [InlineData("minAvailable: 50%", 2, false)]
    [InlineData("minAvailable: 100%", 2, true)]
    [InlineData("minAvailable: 1", 0, false)]
    public void A_budget_that_never_lets_a_pod_go_is_named(string rule, int replicas, bool named)
    {
        var budget = Object($"{{apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: {{name: web, namespace: x}}, spec: {{{rule}, selector: {{matchLabels: {{app: web}}}}}}}}");
        var workload = Object($"{{apiVersion: apps/v1, kind: Deployment, metadata: {{name: web, namespace: x}}, spec: {{replicas: {replicas}, template: {{metadata: {{labels: {{app: web, tier: a}}}}}}}}}}");
        Assert.Equal(named, DisruptionCheck.Of([(budget, DryRunResult.Created), (workload, DryRunResult.Changed)]).Any(f => f is { Code: "disruption", Level: FindingLevel.Warning }));
        Assert.Empty(DisruptionCheck.Of([(budget, DryRunResult.Created), (Object("{kind: Deployment, metadata: {name: api, namespace: x}, spec: {template: {metadata: {labels: {app: api}}}}}"), DryRunResult.Changed)]));
    }

    [Fact]
    public async Task Every_verb_on_every_kind_is_needed_and_what_is_missing_is_a_role()
    {
        var (config, deployment, role) = (new ObjectRef("v1", "ConfigMap", "x", "c"), new ObjectRef("apps/v1", "Deployment", "x", "d"), new ObjectRef("rbac.authorization.k8s.io/v1", "ClusterRole", "", "r"));
        var live = Object("{kind: X}");
        DryRunOutcome[] outcomes = [new(config, DryRunResult.Removed, live, null, ""), new(deployment, DryRunResult.Changed, live, live, ""), new(role, DryRunResult.Created, null, live, "")];
        var input = Input(outcomes) with { Hooks = [Object("{apiVersion: batch/v1, kind: Job, metadata: {name: m, namespace: x}}")] };
        var needed = await RightsCheck.NeededAsync(input, (_, kind, _) => Task.FromResult((kind.ToLowerInvariant() + "s", kind != "ClusterRole")), CancellationToken.None);
        string Verbs(string resource, string ns = "x") => string.Join(' ', needed.Where(r => r.Resource == resource && r.Namespace == ns).Select(r => r.Verb).Order(StringComparer.Ordinal));
        Assert.Equal("delete get", Verbs("configmaps"));
        Assert.Equal("get list patch watch", Verbs("deployments"));
        Assert.Equal("create delete get patch", Verbs("clusterroles", ""));
        Assert.Equal("create delete get", Verbs("jobs"));
        Assert.Equal("get list watch", Verbs("pods"));
        Assert.Equal("create delete get list update", Verbs("secrets"));

        Assert.Null(RightsCheck.Missing([], "demo"));
        var finding = RightsCheck.Missing([new("apps", "deployments", "patch", "x"), new("apps", "deployments", "get", "x"), new("apps", "statefulsets", "get", "x"), new("rbac.authorization.k8s.io", "clusterroles", "create", "")], "demo")!;
        Assert.Equal(FindingLevel.Blocker, finding.Level);
        Assert.Equal("The portal's account may not create clusterroles; get, patch deployments; get statefulsets.", finding.Message);
        var roles = finding.Remedy[(finding.Remedy.IndexOf('\n', StringComparison.Ordinal) + 1)..].Split("---\n").Select(Object).ToArray();
        Assert.Equal(["ClusterRole/iomete-portal-demo", "Role/iomete-portal-demo"], roles.Select(r => r.Ref.ToString()));
        Assert.Equal("x", roles[1].Namespace);
        Assert.Equal(2, roles[1].List("rules").Count());
    }

    [Fact]
    public void Storage_classes_that_do_not_exist_are_named_for_what_is_new()
    {
        var (claim, set) = (Object("{kind: PersistentVolumeClaim, metadata: {name: data}}"), Object("{kind: StatefulSet, metadata: {name: db}}"));
        var fast = Object("{kind: StorageClass, metadata: {name: fast}}");
        var standard = Object("{kind: StorageClass, metadata: {name: standard, annotations: {storageclass.kubernetes.io/is-default-class: 'true'}}}");
        (FindingLevel, string)[] Levels(KubeObject item, DryRunResult result, string? name, params KubeObject[] classes) => [.. StorageCheck.Of([(item, result, name)], classes).Select(f => (f.Level, f.Id))];
        Assert.Equal([(FindingLevel.Warning, "storage-class:PersistentVolumeClaim/data/slow")], Levels(claim, DryRunResult.Created, "slow", fast));
        Assert.Equal([(FindingLevel.Warning, "storage-class:StatefulSet/db/slow")], Levels(set, DryRunResult.Changed, "slow", fast));
        Assert.Equal([(FindingLevel.Warning, "storage-class:PersistentVolumeClaim/data")], Levels(claim, DryRunResult.Created, null, fast));
        Assert.Empty(Levels(claim, DryRunResult.Created, null, standard));
        Assert.Empty(Levels(claim, DryRunResult.Created, "fast", fast));
        Assert.Empty(Levels(claim, DryRunResult.Created, "", fast));
        Assert.Empty(Levels(claim, DryRunResult.Unchanged, "slow", fast));
    }

    [Fact]
    public void Pods_that_do_not_fit_into_a_quota_are_counted()
    {
        static KubeObject Deployment(int replicas, string cpu) => Object($"{{apiVersion: apps/v1, kind: Deployment, metadata: {{name: d}}, spec: {{replicas: {replicas}, template: {{spec: {{containers: [{{resources: {{requests: {{cpu: {cpu}}}, limits: {{memory: 1Gi}}}}}}]}}}}}}}}");
        static KubeObject Quota(string more = "") => Object($"{{kind: ResourceQuota, metadata: {{name: q}}, spec: {{hard: {{requests.cpu: '2', limits.memory: 10Gi, pods: '4'}}{more}}}, status: {{used: {{requests.cpu: 1500m, limits.memory: 3Gi, pods: '3'}}}}}}");
        var grown = new DryRunOutcome(Deployment(1, "500m").Ref, DryRunResult.Changed, Deployment(1, "500m"), Deployment(3, "500m"), "");
        Assert.Equal(["quota:q/pods", "quota:q/requests.cpu"], QuotaCheck.Of([grown], [Quota()]).Select(f => f.Id).Order());
        Assert.Contains("allows 2 of requests.cpu; 1.5 are in use and 1 more are needed", QuotaCheck.Of([grown], [Quota()]).Single(f => f.Key == "requests.cpu").Message, StringComparison.Ordinal);
        Assert.Empty(QuotaCheck.Of([grown], [Quota(", scopes: [BestEffort]")]));
        // What goes makes room for what comes.
        var gone = new DryRunOutcome(Deployment(2, "1").Ref, DryRunResult.Removed, Deployment(2, "1"), null, "");
        Assert.Empty(QuotaCheck.Of([grown, gone], [Quota()]));
    }

    [Fact]
    public void Secrets_and_keys_that_nobody_has_are_named()
    {
        var pod = Object("""
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: web}
            spec:
              template:
                spec:
                  containers:
                    - envFrom: [{configMapRef: {name: settings}}, {secretRef: {name: maybe, optional: true}}]
                      env: [{name: A, valueFrom: {secretKeyRef: {name: db, key: password}}}, {name: B, valueFrom: {secretKeyRef: {name: db, key: user}}}]
                  volumes:
                    - {name: a, secret: {secretName: certs, items: [{key: ca.crt, path: ca}]}}
                    - {name: b, projected: {sources: [{configMap: {name: more}}]}}
            """);
        var references = ReferenceCheck.References(pod, changes: true).ToArray();
        Assert.Equal(["ConfigMap settings ", "Secret db password", "Secret db user", "Secret certs ca.crt", "ConfigMap more "], references.Select(r => $"{r.Kind} {r.Name} {r.Key}"));
        var existing = new Dictionary<(string, string), KubeObject> { [("Secret", "db")] = Object("{kind: Secret, data: {password: eA==}}"), [("ConfigMap", "settings")] = Object("{kind: ConfigMap}") };
        var findings = ReferenceCheck.Missing(references, r => existing.GetValueOrDefault(r), r => r.Name == "more").ToArray();
        Assert.Equal(["reference:Secret/certs", "reference:Secret/db/user"], findings.Select(f => f.Id));
        Assert.All(findings, f => Assert.Equal(FindingLevel.Warning, f.Level));
        Assert.Contains("Secret/db has no key user, which Deployment/web needs", findings[1].Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", 1)]
    [InlineData("cert-manager.io/cluster-issuer: le", 0)]
    public void The_secret_of_an_ingress_is_needed_unless_somebody_makes_it(string annotation, int count) =>
        Assert.Equal(count, ReferenceCheck.References(Object($"{{kind: Ingress, metadata: {{name: web, annotations: {{{annotation}}}}}, spec: {{tls: [{{secretName: tls}}, {{hosts: [a]}}]}}}}"), true).Count());

    [Theory]
    [InlineData(-1, FindingLevel.Blocker)]
    [InlineData(29, FindingLevel.Warning)]
    [InlineData(40, null)]
    public void Certificates_that_end_are_named(int days, FindingLevel? level)
    {
        using var key = ECDsa.Create();
        using var certificate = new CertificateRequest("CN=x", key, HashAlgorithmName.SHA256).CreateSelfSigned(Now.AddDays(-100), Now.AddDays(days));
        var pem = Convert.ToBase64String(Encoding.ASCII.GetBytes(certificate.ExportCertificatePem()));
        KubeObject[] objects = [Object($"{{kind: Secret, metadata: {{name: tls}}, type: kubernetes.io/tls, data: {{tls.crt: {pem}}}}}"), Object($"{{kind: ValidatingWebhookConfiguration, metadata: {{name: hook}}, webhooks: [{{clientConfig: {{caBundle: {pem}}}}}]}}")];
        Assert.All(objects, o => Assert.Equal(level, ReferenceCheck.Certificates([o], Now).SingleOrDefault()?.Level));
        Assert.Contains("no certificate", Assert.Single(ReferenceCheck.Certificates([Object("{kind: Secret, metadata: {name: tls}, type: kubernetes.io/tls, data: {tls.crt: eA==}}")], Now)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("500m", 0.5)]
    [InlineData("2", 2.0)]
    [InlineData("1Ki", 1024.0)]
    [InlineData("1.5G", 1.5e9)]
    [InlineData("1e3", 1000.0)]
    [InlineData("many", null)]
    public void A_quantity_is_a_number(string text, double? number) => Assert.Equal((decimal?)number, Quantity.Of(text));

    [Fact]
    public async Task A_plan_says_all_of_it_and_blockers_stop_it()
    {
        var release = await TestRelease.PrepareAsync(
            portal, "db: { password: changeit }\n",
            ("templates/all.yaml", """
                apiVersion: v1
                kind: PersistentVolumeClaim
                metadata: {name: data}
                spec: {storageClassName: nowhere, accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
                ---
                apiVersion: apps/v1
                kind: Deployment
                metadata: {name: web}
                spec:
                  selector: {matchLabels: {app: web}}
                  template:
                    metadata: {labels: {app: web}}
                    spec: {containers: [{name: main, image: registry.example.com/app:1, envFrom: [{secretRef: {name: missing}}, {configMapRef: {name: made}}]}]}
                ---
                apiVersion: v1
                kind: ConfigMap
                metadata: {name: made}
                data: {a: b}
                """));
        var plan = await release.PlanAsync(new CreatePlanRequest(OperationKind.Install, Options: TestRelease.Quick));
        Assert.True(plan.State == PlanState.Ready, plan.Error);
        Assert.Equal(
            ["Blocker default-password:db.password", "Warning reference:Secret/missing", "Warning storage-class:PersistentVolumeClaim/data/nowhere"],
            plan.Findings.Where(f => f.Level != FindingLevel.Note).Select(f => $"{f.Level} {f.Id}").Order(StringComparer.Ordinal));
        await PortalServer.ProblemAsync(await release.AskAsync(plan), 422, "blocked");
    }

    [Fact]
    public async Task A_plan_with_an_api_that_is_gone_has_a_blocker_and_says_what_to_use()
    {
        var release = await TestRelease.PrepareAsync(portal, "a: 1\n", ("templates/b.yaml", "apiVersion: policy/v1beta1\nkind: PodDisruptionBudget\nmetadata: {name: web}\nspec: {}\n"));
        var plan = await release.PlanAsync(new CreatePlanRequest(OperationKind.Install, Options: TestRelease.Quick));
        Assert.True(plan.State == PlanState.Ready, plan.Error);
        Assert.Contains(plan.Findings, f => f is { Id: "api-removed:PodDisruptionBudget/web", Level: FindingLevel.Blocker });
    }

    private static CheckInput Input(IReadOnlyList<DryRunOutcome> outcomes) => new(
        OperationKind.Upgrade, new PlanOptions(), new PreparedAction { Kind = ActionKind.Upgrade, Target = Target(""), Options = new ActionOptions(), Base = BaseState.None }, outcomes, [], Capabilities.Default, null!, Now, DeclaredChecks.None);

    private static Record Target(string manifest) => new() { Name = "demo", Namespace = "x", Version = 1, Chart = TestChart.Make("demo", "1.0.0"), Manifest = manifest, Info = new ReleaseInfo() };

    private static KubeObject Object(string yaml) => new(JsonSerializer.SerializeToNode(GoYaml.ReadTable(yaml))!.AsObject());
}
