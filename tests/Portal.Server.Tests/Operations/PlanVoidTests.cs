using System.Net.Http.Json;
using System.Text;
using k8s;
using k8s.Models;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Portal.Core;
using Portal.Core.Operations;
using Portal.Core.Plans;
using Portal.Core.Values;
using Portal.Helm.Actions;
using Portal.Helm.Charts;
using Portal.Helm.Kube;
using Portal.Helm.Releases;
using Portal.Server.Data;
using Portal.Server.Features.Catalog;
using Portal.Server.Features.Plans;
using static Portal.Server.Tests.PortalServer;

namespace Portal.Server.Tests.Operations;

/// <summary>
/// What was approved is what runs. A plan stays good while controllers do their work, and is void, with the reason named, as soon as something changes that it was made from.
/// </summary>
public sealed class PlanVoidTests(PortalServer portal) : IAsyncLifetime
{
    private const string Autoscaled = """
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: NAME}
        spec:
          replicas: 2
          selector: {matchLabels: {app: NAME}}
          template:
            metadata: {labels: {app: NAME}}
            spec: {containers: [{name: main, image: "registry.example/main:VERSION"}]}
        ---
        apiVersion: autoscaling/v2
        kind: HorizontalPodAutoscaler
        metadata: {name: NAME}
        spec:
          minReplicas: 2
          maxReplicas: 6
          scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: NAME}
          metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 80}}}]
        """;

    private const string Random = "apiVersion: v1\nkind: Secret\nmetadata: {name: NAME}\nstringData: {token: {{ randAlphaNum 32 }}}\n";
    private const string Settings = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: NAME}\ndata: {text: \"VERSION\"}\n";
    private const string More = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: NAME-more}\ndata: {text: more}\n";

    private readonly OwnChart _chart = new(portal);

    public async ValueTask InitializeAsync()
    {
        await UploadAsync("1.0.0");
        await UploadAsync("1.1.0", ("templates/more.yaml", More));
        await _chart.InstallAsync("1.0.0");
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private Task UploadAsync(string version, params (string, string)[] more) => _chart.UploadAsync(version,
        [("templates/autoscaled.yaml", Autoscaled.Replace("VERSION", version, StringComparison.Ordinal)), ("templates/random.yaml", Random), ("templates/settings.yaml", Settings.Replace("VERSION", version, StringComparison.Ordinal)), .. more]);

    [Fact]
    public async Task Controllers_do_their_work_meanwhile_and_what_was_approved_runs_to_the_byte()
    {
        var plan = await _chart.PlanUpgradeAsync("1.1.0");
        var approved = await TestRelease.RenderingAsync(portal, plan.Id);
        using (var kubernetes = await _chart.SomebodyElseAsync())
        {
            var scale = await kubernetes.ReadNamespacedDeploymentScaleAsync(_chart.Name, _chart.Name);
            scale.Spec.Replicas = 5;
            // The Deployment's controller writes its status at the same moment.
            scale.Metadata.ResourceVersion = null;
            await kubernetes.ReplaceNamespacedDeploymentScaleAsync(scale, _chart.Name, _chart.Name, fieldManager: "kube-controller-manager");
            await kubernetes.PatchNamespacedConfigMapAsync(new V1Patch("""{"metadata":{"annotations":{"controller.example/seen":"yes"},"labels":{"found-by":"controller"}}}""", V1Patch.PatchType.MergePatch), _chart.Name, _chart.Name, fieldManager: "some-controller");
        }

        var ended = await EndAsync(portal.Operator, (await StartAsync(portal.Operator, plan)).Id);
        Assert.True(ended.State == OperationState.Succeeded, ended.Failure?.Cause);

        var connection = await _chart.ConnectAsync();
        Assert.Equal(approved.Target.Manifest, (await connection.Helm.HistoryAsync(_chart.Name, _chart.Name, CancellationToken.None))[^1].Manifest);
        var token = (await connection.Kube.GetAsync(new ObjectRef("v1", "Secret", _chart.Name, _chart.Name), CancellationToken.None))!.Text("data", "token");
        Assert.Contains("token: " + Encoding.UTF8.GetString(Convert.FromBase64String(token)), approved.Target.Manifest, StringComparison.Ordinal);
        var deployment = (await connection.Kube.GetAsync(new ObjectRef("apps/v1", "Deployment", _chart.Name, _chart.Name), CancellationToken.None))!;
        Assert.Equal(5, deployment.Int("spec", "replicas"));
        Assert.Equal("registry.example/main:1.1.0", deployment.List("spec", "template", "spec", "containers").Single().Text("image"));
    }

    /// <summary>Each thing that a plan was made from, how it changes meanwhile, and what is said of it.</summary>
    public static TheoryData<string, string> Changes => new()
    {
        { "values", "values changed by operator" },
        { "chart", "another archive now" },
        { "kubernetes", "the plan was made for v1.1.1" },
        { "revision", "revision 2 was made meanwhile" },
        { "status", "revision 1 is failed now, it was deployed" },
        { "record", "the record of revision 1 was changed" },
        { "deleted", "was deleted meanwhile: it would be created again" },
        { "created", "was created meanwhile by somebody else" },
        { "conflict", "the effect would be Conflict" },
    };

    [Theory]
    [MemberData(nameof(Changes))]
    public async Task It_is_void_when_what_it_was_made_from_changes(string what, string said)
    {
        var plan = await _chart.PlanUpgradeAsync("1.1.0");
        await ChangeAsync(what, plan);
        var before = (await GetAsync<Page<Operation>>(portal.Viewer, $"operations?releaseId={_chart.ReleaseId}")).Items.Count;
        var problem = await ProblemAsync(await PostAsync(portal.Operator, $"plans/{plan.Id}/operations", new StartOperationRequest("a test asks for it", [.. plan.Findings.Select(f => f.Id)])), 409, "plan-void");
        Assert.Contains(said, problem.GetProperty("detail").GetString(), StringComparison.OrdinalIgnoreCase);
        Assert.Equal(before, (await GetAsync<Page<Operation>>(portal.Viewer, $"operations?releaseId={_chart.ReleaseId}")).Items.Count);
        var now = await GetAsync<Plan>(portal.Viewer, $"plans/{plan.Id}");
        Assert.Equal(PlanState.Void, now.State);
        Assert.Contains(said, now.VoidReason, StringComparison.Ordinal);
        await ProblemAsync(await PostAsync(portal.Operator, $"plans/{plan.Id}/operations", new StartOperationRequest("once more")), 409, "plan-void");
        var connection = await _chart.ConnectAsync();
        Assert.NotEqual("registry.example/main:1.1.0", (await connection.Kube.GetAsync(new ObjectRef("apps/v1", "Deployment", _chart.Name, _chart.Name), CancellationToken.None))!.List("spec", "template", "spec", "containers").Single().Text("image"));
    }

    private async Task ChangeAsync(string what, Plan? plan)
    {
        var connection = await _chart.ConnectAsync();
        using var kubernetes = await _chart.SomebodyElseAsync();
        await using var db = await portal.Services.GetRequiredService<IDbContextFactory<PortalDb>>().CreateDbContextAsync();
        switch (what)
        {
            case "values":
                await SaveValuesAsync();
                break;
            case "chart":
                // As a repository does that serves the same number with other content.
                await db.Set<ChartVersionRow>().Where(v => v.Name == _chart.Name && v.Version == "1.1.0").ExecuteUpdateAsync(s => s.SetProperty(v => v.Digest, new string('0', 64)));
                break;
            case "kubernetes":
                // The sandbox has one version: the plan is the older of the two.
                await db.Set<PlanRow>().Where(p => p.Id == plan!.Id).ExecuteUpdateAsync(s => s.SetProperty(p => p.KubernetesVersion, "v1.1.1"));
                break;
            case "revision":
                var chart = ChartLoader.Load([new("Chart.yaml", Encoding.UTF8.GetBytes($"apiVersion: v2\nname: {_chart.Name}\nversion: 1.0.0\n"))]);
                await connection.Helm.PerformAsync(await connection.Helm.PrepareUpgradeAsync(new DeployRequest(_chart.Name, _chart.Name, chart, [], new ActionOptions { Wait = false }), CancellationToken.None), new Nobody(), null, CancellationToken.None);
                // The Deployment went with that revision; the check of what is applied needs one.
                await kubernetes.CreateNamespacedDeploymentAsync(new V1Deployment
                {
                    Metadata = new V1ObjectMeta { Name = _chart.Name },
                    Spec = new V1DeploymentSpec { Selector = new V1LabelSelector { MatchLabels = Labels() }, Template = new V1PodTemplateSpec { Metadata = new V1ObjectMeta { Labels = Labels() }, Spec = new V1PodSpec { Containers = [new V1Container { Name = "main", Image = "other" }] } } },
                }, _chart.Name);
                break;
            case "status":
                await EditRecordAsync(connection.Store, r => r with { Info = r.Info with { Status = ReleaseStatus.Failed } });
                break;
            case "record":
                await EditRecordAsync(connection.Store, r => r with { Manifest = r.Manifest + "# by hand\n" });
                break;
            case "deleted":
                await kubernetes.DeleteNamespacedConfigMapAsync(_chart.Name, _chart.Name);
                break;
            case "created":
                var mine = new Dictionary<string, string> { ["meta.helm.sh/release-name"] = _chart.Name, ["meta.helm.sh/release-namespace"] = _chart.Name };
                await kubernetes.CreateNamespacedConfigMapAsync(new V1ConfigMap { Metadata = new V1ObjectMeta { Name = _chart.Name + "-more", Annotations = mine, Labels = new Dictionary<string, string> { ["app.kubernetes.io/managed-by"] = "Helm" } } }, _chart.Name);
                break;
            case "conflict":
                await kubernetes.PatchNamespacedConfigMapAsync(new V1Patch("""{"data":{"text":"by hand"}}""", V1Patch.PatchType.MergePatch), _chart.Name, _chart.Name, fieldManager: "kubectl-edit");
                break;
            default:
                throw new ArgumentException(what, nameof(what));
        }
    }

    private Dictionary<string, string> Labels() => new() { ["app"] = _chart.Name };

    private async Task EditRecordAsync(SecretReleaseStore store, Func<Helm.Releases.Release, Helm.Releases.Release> edit)
    {
        var last = (await store.HistoryAsync(_chart.Name, _chart.Name, CancellationToken.None))[^1];
        await store.UpdateAsync(last, edit(last.Release), last.Annotations, CancellationToken.None);
    }

    private async Task SaveValuesAsync()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"{Routes.Api}/releases/{_chart.ReleaseId}/values") { Content = JsonContent.Create(new SaveValuesRequest("more: true\n", "meanwhile"), options: Json) };
        request.Headers.TryAddWithoutValidation("If-Match", "\"1\"");
        (await portal.Operator.SendAsync(request)).EnsureSuccessStatusCode();
    }
}
