using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using Portal.Core.Clusters;
using Portal.Core.Operations;
using Portal.Core.Plans;
using Portal.Helm.Actions;
using Portal.Helm.Kube;
using Portal.Helm.Releases;
using Portal.Helm.Rendering;
using Portal.Helm.Yaml;
using Portal.Sandbox;
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

    /// <summary>The command installed such a chart; the portal's plan failed, because the cluster did not know the kind yet.</summary>
    [Theory]
    [InlineData("Namespaced")]
    [InlineData("Cluster")]
    public async Task A_chart_is_installed_that_brings_its_own_kinds(string scope)
    {
        var group = "k" + Guid.NewGuid().ToString("N")[..10] + ".example.com";
        var crd = $$"""
            apiVersion: apiextensions.k8s.io/v1
            kind: CustomResourceDefinition
            metadata: { name: minis.{{group}} }
            spec:
              group: {{group}}
              scope: {{scope}}
              names: { kind: Mini, plural: minis, singular: mini }
              versions: [{ name: v1, served: true, storage: true, schema: { openAPIV3Schema: { type: object, x-kubernetes-preserve-unknown-fields: true } } }]
            """;
        // A cluster of its own: new kinds make the plans of others out of date.
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Speed = 10, Tls = false }, TestContext.Current.CancellationToken);
        var cluster = await PortalServer.ReadAsync<Cluster>(await PortalServer.PostAsync(portal.Admin, "clusters", new AddClusterRequest(group[..11], ClusterKind.Kubeconfig, ClusterEnvironment.Test, sandbox.Kubeconfig)));
        var release = await TestRelease.PrepareAsync(portal, cluster.Id, "a: 1\n", [("crds/minis.yaml", crd), ("templates/mini.yaml", $"apiVersion: {group}/v1\nkind: Mini\nmetadata: {{name: m}}\nspec: {{a: 1}}\n")]);
        await PortalServer.RunAsync(portal.Admin, release.Id, new CreatePlanRequest(OperationKind.Install));
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
    [InlineData(OperationKind.Install, "{}", FindingLevel.Blocker)]
    [InlineData(OperationKind.Upgrade, "{}", FindingLevel.Warning)]
    [InlineData(OperationKind.Install, "db: { passwordSecret: { name: ours, key: password } }", FindingLevel.Note)]
    [InlineData(OperationKind.Upgrade, "db: { existingSecret: ours }", FindingLevel.Note)]
    [InlineData(OperationKind.Install, "db: { enabled: false }", FindingLevel.Note)]
    [InlineData(OperationKind.Install, "db: { enabled: false, password: admin }", FindingLevel.Blocker)]
    [InlineData(OperationKind.Install, "db: { password: a-long-one-of-ours, user: admin, passwordSecret: { name: secret, key: password } }", null)]
    public void A_password_that_everybody_knows_is_named(OperationKind kind, string values, FindingLevel? level)
    {
        var chart = TestChart.Make("demo", "1.0.0", ("values.yaml", "db: { user: admin, password: changeit }\n"));
        var findings = DefaultPasswords.Of(kind, chart, GoYaml.ReadTable(values)).ToArray();
        Assert.Equal(level, findings.SingleOrDefault()?.Level);
        Assert.All(findings, f => Assert.Equal("default-password:db.password", f.Id));
        Assert.All(findings, f => Assert.DoesNotContain("changeit", f.Message + f.Remedy, StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>Only tables were looked through: a password in a list, beside its name or inside of an address was not seen.</summary>
    [Theory]
    [InlineData("users: [{name: anna, password: changeit}]", "users.0.password")]
    [InlineData("env: [{name: MODE, value: changeit}, {name: DB_PASSWORD, value: changeit}]", "env.1.value")]
    [InlineData("url: 'postgres://u:changeit@h:5432/db'", "url")]
    [InlineData("args: [--password, admin]", "args.1")]
    [InlineData("properties: 'db.user=admin\ndb.password=changeit\n'", "properties")]
    [InlineData("db: {password: 123456}", "db.password")]
    [InlineData("db: {user: admin, name: test}", null)]
    public void A_password_that_everybody_knows_is_found_wherever_it_stands(string values, string? path)
    {
        var silent = TestChart.Make("demo", "1.0.0");
        Assert.Equal(path, DefaultPasswords.Of(OperationKind.Install, silent, GoYaml.ReadTable(values)).SingleOrDefault(f => f.Level == FindingLevel.Blocker)?.Key);
        var chart = TestChart.Make("demo", "1.0.0", ("values.yaml", values));
        Assert.Equal(path, DefaultPasswords.Of(OperationKind.Install, chart, []).SingleOrDefault(f => f.Level == FindingLevel.Blocker)?.Key);
        Assert.Equal(path, DefaultPasswords.Of(OperationKind.Upgrade, chart, []).SingleOrDefault(f => f.Level == FindingLevel.Warning)?.Key);
    }

    [Theory]
    [InlineData("{matchExpressions: [{key: app, operator: In, values: [web, api]}]}", true)]
    [InlineData("{matchExpressions: [{key: app, operator: NotIn, values: [web]}]}", false)]
    [InlineData("{matchExpressions: [{key: tier, operator: Exists}, {key: batch, operator: DoesNotExist}]}", true)]
    [InlineData("{matchLabels: {app: web}, matchExpressions: [{key: tier, operator: DoesNotExist}]}", false)]
    [InlineData("{}", true)]
    [InlineData("null", false)]
    public void A_budget_chooses_by_expressions_and_an_empty_selector_chooses_all(string selector, bool named)
    {
        var budget = Object($"{{apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: {{name: web, namespace: x}}, spec: {{maxUnavailable: 0, selector: {selector}}}}}");
        var workload = Object("{apiVersion: apps/v1, kind: Deployment, metadata: {name: web, namespace: x}, spec: {replicas: 3, template: {metadata: {labels: {app: web, tier: a}}}}}");
        Assert.Equal(named, DisruptionCheck.Of([(budget, DryRunResult.Created), (workload, DryRunResult.Changed)]).Any());
        Assert.Equal(named, DisruptionCheck.Of([(budget, DryRunResult.Unchanged), (Object(budget.Json.ToJsonString().Replace("\"web\",\"namespace", "\"second\",\"namespace", StringComparison.Ordinal)), DryRunResult.Created), (workload, DryRunResult.Changed)]).Any(f => f.Message.Contains("several budgets", StringComparison.Ordinal)));
    }

    /// <summary>A quota was compared with cpu, memory and pods only: claims, services, counts and pods that say nothing failed in the middle of an upgrade.</summary>
    [Theory]
    [InlineData("requests.storage: 20Gi", "quota:q/requests.storage")]
    [InlineData("persistentvolumeclaims: '2'", "quota:q/persistentvolumeclaims")]
    [InlineData("persistentvolumeclaims: '3'", null)]
    [InlineData("fast.storageclass.storage.k8s.io/requests.storage: 19Gi", "quota:q/fast.storageclass.storage.k8s.io/requests.storage")]
    [InlineData("slow.storageclass.storage.k8s.io/requests.storage: 1Gi", null)]
    [InlineData("services: '0'", "quota:q/services")]
    [InlineData("services.loadbalancers: '0'", "quota:q/services.loadbalancers")]
    [InlineData("services.nodeports: '1'", "quota:q/services.nodeports")]
    [InlineData("count/deployments.apps: '0'", "quota:q/count/deployments.apps")]
    [InlineData("count/deployments.apps: '1'", null)]
    [InlineData("count/secrets: '0'", "quota:q/count/secrets")]
    [InlineData("count/persistentvolumeclaims: '1'", "quota:q/count/persistentvolumeclaims")]
    [InlineData("requests.nvidia.com/gpu: '1'", "quota:q/requests.nvidia.com/gpu")]
    [InlineData("limits.memory: 100Gi", "quota:q/StatefulSet/db, quota:q/Deployment/web")]
    [InlineData("requests.cpu: '100'", "quota:q/StatefulSet/db")]
    public void Whatever_a_quota_counts_is_counted(string hard, string? ids)
    {
        DryRunOutcome[] outcomes =
        [
            Created("{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: db}, spec: {replicas: 3, template: {spec: {containers: [{name: a}]}}, volumeClaimTemplates: [{spec: {storageClassName: fast, resources: {requests: {storage: 10Gi}}}}]}}"),
            Created("{apiVersion: v1, kind: Service, metadata: {name: s}, spec: {type: LoadBalancer, ports: [{port: 1}, {port: 2}]}}"),
            Created("{apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {replicas: 2, template: {spec: {containers: [{name: a, resources: {requests: {cpu: 100m, nvidia.com/gpu: 1}}}]}}}}"),
        ];
        var quota = Object($"{{kind: ResourceQuota, metadata: {{name: q}}, spec: {{hard: {{{hard}}}}}}}");
        Assert.Equal(ids ?? "", string.Join(", ", QuotaCheck.Of(outcomes, [quota], [], new Dictionary<string, string> { ["apps/Deployment"] = "deployments", ["/Service"] = "services" }, records: 1).Select(f => f.Id)));
        // A LimitRange gives what the pods do not say.
        var defaults = Object("{kind: LimitRange, metadata: {name: r}, spec: {limits: [{type: Container, default: {memory: 1Gi, cpu: '1'}}]}}");
        Assert.DoesNotContain(QuotaCheck.Of(outcomes, [quota], [defaults]), f => f.Message.Contains("are refused", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("maxSurge: 1, maxUnavailable: 0", true)]
    [InlineData("maxSurge: 0, maxUnavailable: 1", false)]
    [InlineData("maxSurge: 1, maxUnavailable: 1", false)]
    [InlineData("maxSurge: 25%, maxUnavailable: 25%", true)]
    public void The_extra_pods_of_a_rolling_update_count_where_no_pod_may_stop_first(string strategy, bool named)
    {
        KubeObject Web(string image) => Object($"{{apiVersion: apps/v1, kind: Deployment, metadata: {{name: web}}, spec: {{replicas: 3, strategy: {{rollingUpdate: {{{strategy}}}}}, template: {{spec: {{containers: [{{image: {image}}}]}}}}}}}}");
        var quota = Object("{kind: ResourceQuota, metadata: {name: q}, spec: {hard: {pods: '3'}}, status: {used: {pods: '3'}}}");
        var changed = new DryRunOutcome(Web("a").Ref, DryRunResult.Changed, Web("a"), Web("b"), "");
        Assert.Equal(named ? ["quota:q/pods/surge"] : [], QuotaCheck.Of([changed], [quota]).Select(f => f.Id));
        Assert.Empty(QuotaCheck.Of([changed with { After = Web("a") }], [quota]));
    }

    [Theory]
    [InlineData("PriorityClass, operator: In, values: [high]", true)]
    [InlineData("PriorityClass, operator: NotIn, values: [high]", false)]
    [InlineData("BestEffort, operator: Exists", true)]
    [InlineData("Terminating, operator: Exists", false)]
    public void A_scoped_quota_counts_the_pods_that_its_scope_names(string scope, bool counts)
    {
        var quota = Object($"{{kind: ResourceQuota, metadata: {{name: q}}, spec: {{hard: {{pods: '0'}}, scopeSelector: {{matchExpressions: [{{scopeName: {scope}}}]}}}}}}");
        Assert.Equal(counts, QuotaCheck.Of([Created("{apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {template: {spec: {priorityClassName: high, containers: [{name: a}]}}}}")], [quota]).Any());
    }

    /// <summary>The pods of DaemonSets counted for nothing.</summary>
    [Theory]
    [InlineData(3, null, "100m", "quota:q/pods, quota:q/requests.cpu")]
    [InlineData(1, null, "100m", "")]
    [InlineData(0, 5, "100m", "")]
    [InlineData(0, 5, "200m", "quota:q/requests.cpu")]
    public void A_DaemonSet_has_a_pod_on_each_node(int nodes, int? running, string cpu, string ids)
    {
        KubeObject Agent(string amount, string status) => Object($"{{apiVersion: apps/v1, kind: DaemonSet, metadata: {{name: agent}}, spec: {{template: {{spec: {{containers: [{{name: a, resources: {{requests: {{cpu: {amount}}}}}}}]}}}}}}{status}}}");
        var quota = Object("{kind: ResourceQuota, metadata: {name: q}, spec: {hard: {pods: '7', requests.cpu: 700m}}, status: {used: {pods: '5', requests.cpu: 500m}}}");
        var live = running is { } count ? Agent("100m", $", status: {{desiredNumberScheduled: {count}}}") : null;
        var outcome = new DryRunOutcome(Agent(cpu, "").Ref, live is null ? DryRunResult.Created : DryRunResult.Changed, live, Agent(cpu, ""), "");
        Assert.Equal(ids, string.Join(", ", QuotaCheck.Of([outcome], [quota], nodes: nodes).Select(f => f.Id)));
    }

    /// <summary>An upgrade waited for its first hook until the time was up: its pod did not fit beside those that run.</summary>
    [Theory]
    [InlineData("pods: '3'", "pods: '3'", true)]
    [InlineData("pods: '4'", "pods: '3'", false)]
    [InlineData("requests.cpu: '2'", "requests.cpu: 1600m", true)]
    [InlineData("requests.cpu: '2'", "requests.cpu: 1500m", false)]
    [InlineData("services: '0'", "services: '0'", false)]
    public void The_pod_of_a_hook_has_to_fit_beside_those_that_run(string hard, string used, bool named)
    {
        var hook = Object("{apiVersion: batch/v1, kind: Job, metadata: {name: migrate}, spec: {template: {spec: {containers: [{name: a, resources: {requests: {cpu: 500m}}}]}}}}");
        var quota = Object($"{{kind: ResourceQuota, metadata: {{name: q}}, spec: {{hard: {{{hard}}}}}, status: {{used: {{{used}}}}}}}");
        var found = QuotaCheck.OfHooks([hook], [quota], []).Select(f => f.Message).ToArray();
        Assert.Equal(named, found.Length == 1 && found[0].Contains("the hook Job/migrate needs", StringComparison.Ordinal));
        Assert.Equal(named ? 1 : 0, found.Length);
    }

    /// <summary>A sidecar was counted as an init container, which ends before the others start.</summary>
    [Theory]
    [InlineData("containers: [{name: a, resources: {requests: {cpu: '1'}}}, {name: b, resources: {requests: {cpu: '1'}}}], initContainers: [{name: i, resources: {requests: {cpu: '3'}}}]", 3)]
    [InlineData("containers: [{name: a, resources: {requests: {cpu: '1'}}}], initContainers: [{name: s, restartPolicy: Always, resources: {requests: {cpu: '2'}}}]", 3)]
    [InlineData("containers: [{name: a, resources: {requests: {cpu: '1'}}}], initContainers: [{name: s, restartPolicy: Always, resources: {requests: {cpu: '2'}}}, {name: i, resources: {requests: {cpu: '4'}}}]", 6)]
    [InlineData("containers: [{name: a, resources: {requests: {cpu: '1'}}}], initContainers: [{name: i, resources: {requests: {cpu: '4'}}}, {name: s, restartPolicy: Always, resources: {requests: {cpu: '2'}}}]", 4)]
    [InlineData("containers: [{name: a, resources: {limits: {cpu: '2'}}}]", 2)]
    [InlineData("resources: {requests: {cpu: '5'}}, containers: [{name: a, resources: {requests: {cpu: '1'}}}]", 5)]
    public void What_a_pod_needs_follows_from_the_order_in_which_its_containers_run(string spec, int cpu) =>
        Assert.Equal(cpu, PodResources.Of(Object($"{{spec: {{{spec}}}}}"), []).Request("cpu"));

    /// <summary>Nobody looked at LimitRanges: a Deployment whose pods are refused only says so in an event.</summary>
    [Theory]
    [InlineData("type: Container, max: {memory: 1Gi}", "limits: {memory: 2Gi}", "container a has a limit of 2Gi of memory, at most 1Gi is allowed")]
    [InlineData("type: Container, max: {memory: 1Gi}", "limits: {memory: 1Gi}", null)]
    [InlineData("type: Container, max: {memory: 1Gi}", "", null)]
    [InlineData("type: Container, min: {cpu: 100m}", "requests: {cpu: 50m}", "container a requests 0.05 of cpu, at least 0.1 is asked for")]
    [InlineData("type: Container, default: {memory: 512Mi}", "requests: {memory: 1Gi}", "container a requests 1Gi of memory, more than the limit of 512Mi that it gets")]
    [InlineData("type: Container, maxLimitRequestRatio: {cpu: 2}", "requests: {cpu: 1}, limits: {cpu: 3}", "may be at most 2 times the request")]
    [InlineData("type: Pod, max: {cpu: '1'}", "requests: {cpu: 1}, limits: {cpu: 2}", "its pod has a limit of 2 of cpu, at most 1 is allowed")]
    [InlineData("type: Pod, min: {cpu: '1'}", "", "its pod requests nothing of cpu")]
    [InlineData("type: PersistentVolumeClaim, max: {storage: 5Gi}", "", "claim data has a limit of 10Gi of storage, at most 5Gi is allowed")]
    [InlineData("type: PersistentVolumeClaim, min: {storage: 5Gi}", "", null)]
    public void What_a_LimitRange_refuses_is_named(string limit, string resources, string? says)
    {
        var set = Object($"{{apiVersion: apps/v1, kind: StatefulSet, metadata: {{name: db}}, spec: {{template: {{spec: {{containers: [{{name: a, resources: {{{resources}}}}}]}}}}, volumeClaimTemplates: [{{metadata: {{name: data}}, spec: {{resources: {{requests: {{storage: 10Gi}}}}}}}}]}}}}");
        var range = Object($"{{kind: LimitRange, metadata: {{name: r}}, spec: {{limits: [{{{limit}}}]}}}}");
        var findings = LimitRangeCheck.Of([(set, DryRunResult.Changed)], [range]).ToArray();
        Assert.Equal(says is null, findings.Length == 0);
        Assert.All(findings, f => Assert.Contains(says!, f.Message, StringComparison.Ordinal));
        Assert.Empty(LimitRangeCheck.Of([(set, DryRunResult.Unchanged)], [range]));
    }

    [Fact]
    public void A_pull_secret_that_nobody_has_is_named()
    {
        var pod = Object("{apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {template: {spec: {imagePullSecrets: [{name: registry}], containers: [{name: a}]}}}}");
        var account = Object("{apiVersion: v1, kind: ServiceAccount, metadata: {name: runner}, imagePullSecrets: [{name: registry}]}");
        var finding = Assert.Single(ReferenceCheck.Missing([.. ReferenceCheck.References(pod, true), .. ReferenceCheck.References(account, true)], _ => null, _ => false));
        Assert.Equal("reference:Secret/registry", finding.Id);
        Assert.Contains("Deployment/web, ServiceAccount/runner", finding.Message, StringComparison.Ordinal);
        Assert.Contains("are not pulled", finding.Remedy, StringComparison.Ordinal);
    }

    /// <summary>Helm applies crds/ on an install only; the plan of an upgrade said nothing of definitions that the new version changes.</summary>
    [Fact]
    public void Definitions_in_crds_that_an_upgrade_leaves_behind_are_named()
    {
        static KubeObject Definition(string name, string versions, string more = "") => Object($"{{apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition, metadata: {{name: {name}}}, spec: {{group: a.b, versions: {versions}{more}}}}}");
        var (one, two) = ("[{name: v1, served: true}]", "[{name: v1, served: true}, {name: v2, served: true}]");
        static Dictionary<string, KubeObject> All(params KubeObject[] items) => items.ToDictionary(i => i.Ref.ToString());
        var wanted = All(Definition("changed", two), Definition("new", one), Definition("applied", two), Definition("same", one), Definition("other", one));
        var installed = All(Definition("changed", one), Definition("applied", one), Definition("same", one), Definition("other", one));
        var live = new Dictionary<string, KubeObject?>
        {
            ["CustomResourceDefinition/changed"] = Definition("changed", one), ["CustomResourceDefinition/new"] = null, ["CustomResourceDefinition/applied"] = Definition("applied", two, ", conversion: {strategy: None}"),
            ["CustomResourceDefinition/same"] = Definition("same", one, ", conversion: {strategy: None}"), ["CustomResourceDefinition/other"] = Definition("other", two),
        };
        Assert.Equal(
            ["Warning crds:missing CustomResourceDefinition/new", "Warning crds:changed CustomResourceDefinition/changed", "Note crds:other CustomResourceDefinition/other"],
            DefinitionsCheck.Stale(OperationKind.Upgrade, wanted, installed, live).Select(f => $"{f.Level} {f.Id} {string.Join(", ", wanted.Keys.Where(k => f.Message.Contains(k, StringComparison.Ordinal)))}"));
        // What may not be read is compared by the charts.
        Assert.Contains("applied, CustomResourceDefinition/changed, CustomResourceDefinition/new in crds/", Assert.Single(DefinitionsCheck.Stale(OperationKind.Upgrade, wanted, installed, new Dictionary<string, KubeObject?>())).Message, StringComparison.Ordinal);
        Assert.Empty(DefinitionsCheck.Stale(OperationKind.Install, wanted, null, live));
    }

    private static DryRunOutcome Created(string yaml) => new(Object(yaml).Ref, DryRunResult.Created, null, Object(yaml), "");

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
    public void What_pods_and_ingresses_name_is_known_by_its_kind()
    {
        string[] Names(string yaml) => [.. NamedObjectsCheck.Of(Object(yaml), "x", true).Select(n => n.Target.ToString())];
        Assert.Equal(
            [new ObjectRef("v1", "ServiceAccount", "x", "runner").ToString(), new ObjectRef("scheduling.k8s.io/v1", "PriorityClass", "", "high").ToString(), new ObjectRef("node.k8s.io/v1", "RuntimeClass", "", "gvisor").ToString(), new ObjectRef("v1", "PersistentVolumeClaim", "x", "data").ToString()],
            Names("{apiVersion: apps/v1, kind: Deployment, metadata: {name: d}, spec: {template: {spec: {serviceAccountName: runner, priorityClassName: high, runtimeClassName: gvisor, volumes: [{name: d, persistentVolumeClaim: {claimName: data}}]}}}}"));
        Assert.Empty(Names("{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {serviceAccountName: default}}"));
        Assert.Equal([new ObjectRef("networking.k8s.io/v1", "IngressClass", "", "nginx").ToString()], Names("{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: i}, spec: {ingressClassName: nginx}}"));
    }

    [Fact]
    public async Task A_service_account_that_nobody_has_is_named_and_one_of_the_chart_is_not()
    {
        static string Web(string name, string account) => $"apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}}}\nspec: {{selector: {{matchLabels: {{app: {name}}}}}, template: {{metadata: {{labels: {{app: {name}}}}}, spec: {{serviceAccountName: {account}, containers: [{{name: c, image: 'x:1'}}]}}}}}}\n";
        var release = await TestRelease.PrepareAsync(portal, "a: 1\n", ("templates/a.yaml", Web("a", "own")), ("templates/b.yaml", Web("b", "lost")), ("templates/c.yaml", "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: own}\n"));

        var plan = await release.PlanAsync(new CreatePlanRequest(OperationKind.Install));

        var finding = Assert.Single(plan.Findings, f => f.Code == "named-object");
        Assert.Equal((FindingLevel.Warning, "ServiceAccount/lost"), (finding.Level, finding.Object));
        Assert.Contains("Deployment/b", finding.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_selector_that_no_node_fits_is_told()
    {
        static (KubeObject, DryRunResult) Of(string selector, DryRunResult result = DryRunResult.Created) => (Object($"{{apiVersion: apps/v1, kind: Deployment, metadata: {{name: d}}, spec: {{template: {{spec: {{nodeSelector: {selector}, containers: [{{name: c}}]}}}}}}}}"), result);
        static KubeObject Node(string labels, string spec = "{}") => Object($"{{kind: Node, metadata: {{name: n, labels: {labels}}}, spec: {spec}}}");
        var nodes = new[] { Node("{disk: ssd, zone: a}"), Node("{gpu: 'true'}", "{unschedulable: true}") };
        Assert.Empty(CapacityCheck.Of([Of("{disk: ssd, zone: a}")], nodes));
        Assert.Equal("Deployment/d wants a node with gpu=true; no node that takes pods has this.", Assert.Single(CapacityCheck.Of([Of("{gpu: 'true'}")], nodes)).Message);
        Assert.Equal("node-selector:Deployment/d", Assert.Single(CapacityCheck.Of([Of("{disk: ssd, zone: b}")], nodes)).Id);
        Assert.Empty(CapacityCheck.Of([Of("{gpu: 'true'}", DryRunResult.Unchanged)], nodes));
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
        KubeObject[] objects =
        [
            Object($"{{kind: Secret, metadata: {{name: tls}}, type: kubernetes.io/tls, data: {{tls.crt: {pem}}}}}"),
            Object($"{{kind: ValidatingWebhookConfiguration, metadata: {{name: hook}}, webhooks: [{{clientConfig: {{caBundle: {pem}}}}}]}}"),
            Object($"{{kind: CustomResourceDefinition, metadata: {{name: a.b}}, spec: {{conversion: {{strategy: Webhook, webhook: {{clientConfig: {{caBundle: {pem}}}}}}}}}}}"), Object($"{{kind: APIService, metadata: {{name: v1.a}}, spec: {{caBundle: {pem}}}}}"),
        ];
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
