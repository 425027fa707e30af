using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Portal.Core.Access;
using Portal.Testing;
using Portal.Core;
using Portal.Core.Catalog;
using Portal.Core.Operations;
using Portal.Core.Plans;
using Portal.Core.Releases;
using Portal.Helm.Charts;
using Portal.Helm.Kube;
using Portal.Server.Data;
using Portal.Server.Features.Operations;
using static Portal.Server.Tests.PortalServer;

namespace Portal.Server.Tests.Operations;

/// <summary>A portal whose clock can be set forward, with a cluster of its own: what these tests change there makes other plans void.</summary>
public sealed class LaterPortal : IAsyncLifetime
{
    public LaterPortal() => Portal = new PortalServer { Time = Time };

    public ShiftedTime Time { get; } = new();

    public PortalServer Portal { get; }

    public ValueTask InitializeAsync() => Portal.InitializeAsync();

    public ValueTask DisposeAsync() => Portal.DisposeAsync();

    /// <summary>The system's clock, set forward.</summary>
    public sealed class ShiftedTime : TimeProvider
    {
        public TimeSpan Ahead { get; set; }

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Ahead;
    }
}

/// <summary>What was approved is what runs, also an hour later and under another clock; and what of the chart, the policy and the cluster's APIs makes a plan void.</summary>
public sealed class PlanInputsTests(LaterPortal later) : IClassFixture<LaterPortal>
{
    private const string ConfigMap = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings\ndata:\n  level: {{ .Values.level | quote }}\n";

    // Rendered anew, the token would be another one and the replicas would not be the autoscaler's.
    private const string Token = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: token\nstringData:\n  token: {{ randAlphaNum 32 }}\n";

    private const string Deployment = """
        apiVersion: apps/v1
        kind: Deployment
        metadata:
          name: web
        spec:
          selector:
            matchLabels: { app: web }
          template:
            metadata:
              labels: { app: web }
            spec:
              containers:
                - name: web
                  image: registry.example.com/web:{{ .Chart.Version }}
        """;

    private const string Autoscaler = """
        apiVersion: autoscaling/v2
        kind: HorizontalPodAutoscaler
        metadata:
          name: web
        spec:
          minReplicas: 1
          maxReplicas: 9
          scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: web }
        """;

    private static readonly (string, string)[] Files =
        [("values.yaml", "level: info\n"), ("templates/settings.yaml", ConfigMap), ("templates/token.yaml", Token), ("templates/web.yaml", Deployment), ("templates/autoscaler.yaml", Autoscaler)];

    private readonly PortalServer _portal = later.Portal;

    [Fact]
    public async Task Approved_and_run_an_hour_later_it_applies_byte_by_byte_what_was_approved()
    {
        var release = await InstalledAsync();
        await ScaleAsync(release, 2);
        await release.SetPolicyAsync(new ReleasePolicy(true, true));
        var plan = await release.PlanAsync(new CreatePlanRequest(OperationKind.Upgrade, "1.1.0"));
        var approved = await release.RenderingAsync(plan.Id);
        var asked = await ReadAsync<Operation>(await PostAsync(_portal.Admin, $"plans/{plan.Id}/operations", new StartOperationRequest("in an hour", [.. plan.Findings.Select(f => f.Id)], later.Time.GetUtcNow().AddHours(1))));
        var decided = await ReadAsync<Operation>(await PostAsync(_portal.As(Role.Approver), $"operations/{asked.Id}/approval", new ApprovalRequest(ApprovalDecision.Approve, "fine")));
        Assert.Equal(OperationState.Scheduled, decided.State);

        // The hour passes: for the portal's clock, and for the database's. Meanwhile the autoscaler works and controllers write annotations.
        await ScaleAsync(release, 5);
        await release.ApplyAsync("controller", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings\n  namespace: " + release.Name + "\n  annotations:\n    seen-by: controller\n");
        later.Time.Ahead += TimeSpan.FromHours(1);
        await ChangeRowsAsync(db => db.Set<OperationRow>().Where(o => o.Id == asked.Id).ExecuteUpdateAsync(s => s.SetProperty(o => o.ScheduleAt, o => o.RequestedAt)));

        var ended = await EndAsync(_portal.Admin, asked.Id);
        Assert.True(ended.State == OperationState.Succeeded, ended.Failure?.Cause);
        Assert.Equal(PlanState.Ready, (await GetAsync<Plan>(_portal.Viewer, $"plans/{plan.Id}")).State);
        var record = (await release.Cluster.Helm.HistoryAsync(release.Name, release.Name, TestContext.Current.CancellationToken))[^1];
        Assert.Equal(approved.Target.Manifest, record.Manifest);
        Assert.Equal(approved.Target.Hooks.Select(h => h.Manifest), record.Hooks.Select(h => h.Manifest));
        var token = (await release.LiveAsync("v1", "Secret", "token"))!.Text("data", "token");
        Assert.Contains("token: " + System.Text.Encoding.UTF8.GetString(Convert.FromBase64String(token)), approved.Target.Manifest, StringComparison.Ordinal);
        var web = (await release.LiveAsync("apps/v1", "Deployment", "web"))!;
        Assert.Equal(5, web.Int("spec", "replicas"));
        Assert.Equal("registry.example.com/web:1.1.0", web.List("spec", "template", "spec", "containers").Single().Text("image"));
    }

    [Fact]
    public async Task Another_archive_under_the_same_number_is_named()
    {
        await using var repository = await ChartRepository.StartAsync();
        var name = "t" + Guid.NewGuid().ToString("N")[..12];
        repository.Serve(TestChart.Make(name, "1.0.0", Files));
        var source = await ReadAsync<ChartSource>(await PostAsync(_portal.Admin, "chart-sources", new AddChartSourceRequest(name, ChartSourceKind.Http, repository.Url)));
        var answer = await PostAsync(_portal.Admin, "releases", new AddReleaseRequest(AddReleaseMode.Prepare, (await _portal.SandboxAsync()).Id, name, name, source.Id, name, "1.0.0", ""));
        var id = (await ReadAsync<System.Text.Json.JsonElement>(answer)).GetProperty("id").GetString()!;
        var plan = await PlanAsync(_portal.Admin, id, new CreatePlanRequest(OperationKind.Install, "1.0.0"));
        repository.Serve(TestChart.Make(name, "1.0.0", [("templates/settings.yaml", ConfigMap), ("values.yaml", "level: debug\n")]));
        (await PostAsync(_portal.Admin, $"chart-sources/{source.Id}/refresh", new { })).EnsureSuccessStatusCode();
        await RefusedAsync(plan, $"chart {name} 1.0.0 is another archive now");

        // The next plan is made when somebody has said that the new archive is meant, and knows which.
        await ProblemAsync(await PostAsync(_portal.Admin, $"releases/{id}/plans", new CreatePlanRequest(OperationKind.Install, "1.0.0")), 409, "chart-alarm");
        var version = Assert.Single((await GetAsync<Page<ChartVersionSummary>>(_portal.Viewer, $"charts/{source.Id}/{name}/versions")).Items);
        Assert.Equal(1, (await GetAsync<Page<ChartSource>>(_portal.Viewer, "chart-sources")).Items.Single(s => s.Id == source.Id).Alarms);
        await ProblemAsync(await PostAsync(_portal.Admin, $"charts/{source.Id}/{name}/versions/1.0.0/digest", new AcceptDigestRequest(version.Digest)), 409, "digest-differs");
        (await PostAsync(_portal.Admin, $"charts/{source.Id}/{name}/versions/1.0.0/digest", new AcceptDigestRequest(version.ServedDigest!))).EnsureSuccessStatusCode();
        var next = await PlanAsync(_portal.Admin, id, new CreatePlanRequest(OperationKind.Install, "1.0.0"));
        Assert.Equal((PlanState.Ready, 1), (next.State, next.Summary!.Added));
    }

    [Fact]
    public async Task An_api_that_came_is_named()
    {
        var release = await InstalledAsync();
        var group = $"{release.Name}.example.com";
        await VoidAsync(release, $"the cluster serves other APIs than when the plan was made: {group}/v1", async () =>
        {
            await release.ApplyAsync("kubectl", $$"""
                apiVersion: apiextensions.k8s.io/v1
                kind: CustomResourceDefinition
                metadata: { name: gadgets.{{group}} }
                spec:
                  group: {{group}}
                  scope: Namespaced
                  names: { plural: gadgets, singular: gadget, kind: Gadget, listKind: GadgetList }
                  versions:
                    - name: v1
                      served: true
                      storage: true
                      schema: { openAPIV3Schema: { type: object } }
                """);
            await UntilAsync(async () => (await release.Kube.GetCapabilitiesAsync(CancellationToken.None)).ApiVersions.Contains($"{group}/v1"));
        });
    }

    [Theory]
    [InlineData(false, 300, 60, false, "roll back on failure is off now, it was on")]
    [InlineData(true, 600, 60, false, "time-out in seconds is 600 now, it was 300")]
    [InlineData(true, 300, 5, false, "grace in seconds is 5 now, it was 60")]
    [InlineData(true, 300, 60, true, "run the chart's tests is on now, it was off")]
    public async Task Another_policy_is_named(bool rollback, int timeout, int grace, bool tests, string words)
    {
        var release = await InstalledAsync();
        await VoidAsync(release, words, () => release.SetPolicyAsync(new ReleasePolicy(false, rollback, timeout, grace, tests)));
    }

    [Fact]
    public async Task An_approval_that_is_asked_for_later_is_not_gone_round()
    {
        var release = await InstalledAsync();
        var plan = await release.PlanAsync(new CreatePlanRequest(OperationKind.Upgrade, "1.1.0"));
        await release.SetPolicyAsync(new ReleasePolicy(true, true));
        Assert.Equal(OperationState.AwaitingApproval, (await ReadAsync<Operation>(await release.AskAsync(plan))).State);
    }

    [Fact]
    public async Task Nobody_approves_what_would_not_happen_any_more()
    {
        var release = await InstalledAsync();
        await release.SetPolicyAsync(new ReleasePolicy(true, true));
        var operation = await ReadAsync<Operation>(await release.AskAsync(await release.PlanAsync(new CreatePlanRequest(OperationKind.Upgrade, "1.1.0"))));
        await release.Kube.DeleteAsync(new ObjectRef("v1", "ConfigMap", release.Name, "settings"), Propagation.Background, CancellationToken.None);
        var problem = await ProblemAsync(await PostAsync(_portal.As(Role.Approver), $"operations/{operation.Id}/approval", new ApprovalRequest(ApprovalDecision.Approve, "")), 409, "plan-void");
        Assert.Contains("ConfigMap/settings was deleted meanwhile", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
        var ended = await GetAsync<Operation>(_portal.Viewer, $"operations/{operation.Id}");
        Assert.Equal(OperationState.Cancelled, ended.State);
        Assert.Contains("ConfigMap/settings", ended.Failure!.Cause, StringComparison.Ordinal);
    }

    private async Task<TestRelease> InstalledAsync()
    {
        var release = await TestRelease.InstallAsync(_portal, "level: info\n", Files);
        await release.UploadAsync("1.1.0", Files);
        return release;
    }

    // As an autoscaler does: only the count, under a manager of its own.
    private static Task ScaleAsync(TestRelease release, int replicas) => release.Kube.PatchAsync(
        new ObjectRef("apps/v1", "Deployment", release.Name, "web"), PatchKind.Merge, new System.Text.Json.Nodes.JsonObject { ["spec"] = new System.Text.Json.Nodes.JsonObject { ["replicas"] = replicas } }, "kube-controller-manager", CancellationToken.None);

    private async Task ChangeRowsAsync(Func<PortalDb, Task> change)
    {
        await using var db = await _portal.Services.GetRequiredService<IDbContextFactory<PortalDb>>().CreateDbContextAsync();
        await change(db);
    }

    private async Task VoidAsync(TestRelease release, string words, Func<Task> change, string version = "1.1.0")
    {
        var plan = await release.PlanAsync(new CreatePlanRequest(OperationKind.Upgrade, version));
        var operations = (await release.OperationsAsync()).Count;
        await change();
        await RefusedAsync(plan, words);
        Assert.Equal(operations, (await release.OperationsAsync()).Count);
        Assert.NotEqual("registry.example.com/web:" + version, (await release.LiveAsync("apps/v1", "Deployment", "web"))!.List("spec", "template", "spec", "containers").Single().Text("image"));
    }

    private async Task RefusedAsync(Plan plan, string words)
    {
        Assert.True(plan.State == PlanState.Ready, plan.Error);
        var problem = await ProblemAsync(await PostAsync(_portal.Admin, $"plans/{plan.Id}/operations", new StartOperationRequest("a test asks for it", [.. plan.Findings.Select(f => f.Id)])), 409, "plan-void");
        Assert.Contains(words, problem.GetProperty("detail").GetString(), StringComparison.OrdinalIgnoreCase);
        var now = await GetAsync<Plan>(_portal.Viewer, $"plans/{plan.Id}");
        Assert.Equal(PlanState.Void, now.State);
        Assert.Contains(words, now.VoidReason, StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>A chart repository whose vendor puts another archive under a number that is in use.</summary>
    private sealed class ChartRepository(WebApplication app) : IAsyncDisposable
    {
        private byte[] _archive = [];
        private string _index = "";

        public string Url => app.Urls.First();

        public static async Task<ChartRepository> StartAsync()
        {
            var builder = WebApplication.CreateSlimBuilder();
            builder.WebHost.UseUrls("http://127.0.0.1:0");
            builder.Logging.ClearProviders();
            var app = builder.Build();
            var repository = new ChartRepository(app);
            app.MapGet("/index.yaml", () => repository._index);
            app.MapGet("/chart.tgz", () => Results.Bytes(repository._archive));
            await app.StartAsync();
            return repository;
        }

        public void Serve(Chart chart)
        {
            _archive = ChartArchive.Pack(chart);
            _index = $"apiVersion: v1\nentries:\n  {chart.Name}:\n    - name: {chart.Name}\n      version: {chart.Metadata.Version}\n      digest: {ChartArchive.Digest(_archive)}\n      urls: [chart.tgz]\n";
        }

        public ValueTask DisposeAsync() => app.DisposeAsync();
    }
}
