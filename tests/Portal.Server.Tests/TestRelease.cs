using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Portal.Core;
using Portal.Testing;
using Portal.Core.Catalog;
using Portal.Core.Operations;
using Portal.Core.Plans;
using Portal.Core.Releases;
using Portal.Helm.Actions;
using Portal.Helm.Kube;
using Portal.Helm.Yaml;
using Portal.Server.Data;
using Portal.Server.Features.Clusters;
using Portal.Server.Features.Plans;
using static Portal.Server.Tests.PortalServer;

namespace Portal.Server.Tests;

/// <summary>A release of a chart of its own, in a namespace of its own, so that no test meets another one. Name, namespace and chart are called the same.</summary>
internal sealed class TestRelease
{
    /// <summary>Without waiting: for tests that need a revision and not its pods.</summary>
    public static readonly PlanOptionsRequest Quick = new(Wait: false);

    private readonly PortalServer _portal;

    private TestRelease(PortalServer portal, string name, string id, ClusterConnections.Connection cluster) => (_portal, Name, Id, Cluster) = (portal, name, id, cluster);

    public string Name { get; }

    public string Id { get; }

    public ClusterConnections.Connection Cluster { get; }

    public KubeClient Kube => Cluster.Kube;

    /// <summary>Prepares a release of version 1.0.0 with these files; nothing is installed yet.</summary>
    public static async Task<TestRelease> PrepareAsync(PortalServer portal, string values, params IEnumerable<(string Path, string Text)> files) =>
        await PrepareAsync(portal, (await portal.SandboxAsync()).Id, values, files);

    /// <summary>The same in another cluster than the sandbox as the portal made it known.</summary>
    public static async Task<TestRelease> PrepareAsync(PortalServer portal, string cluster, string values, IEnumerable<(string Path, string Text)> files)
    {
        var name = "t" + Guid.NewGuid().ToString("N")[..12];
        await TestChart.UploadAsync(portal.Admin, TestChart.Make(name, "1.0.0", files));
        var source = (await GetAsync<Page<ChartSource>>(portal.Viewer, "chart-sources")).Items.Single(s => s.Kind == ChartSourceKind.Upload).Id;
        var answer = await PostAsync(portal.Admin, "releases", new AddReleaseRequest(AddReleaseMode.Prepare, cluster, name, name, source, name, "1.0.0", values));
        var id = (await ReadAsync<JsonElement>(answer)).GetProperty("id").GetString()!;
        return new TestRelease(portal, name, id, await portal.Services.GetRequiredService<ClusterConnections>().GetAsync(cluster, CancellationToken.None));
    }

    /// <summary>The same, installed.</summary>
    public static async Task<TestRelease> InstallAsync(PortalServer portal, string values, params IEnumerable<(string Path, string Text)> files)
    {
        var release = await PrepareAsync(portal, values, files);
        await RunAsync(portal.Admin, release.Id, new CreatePlanRequest(OperationKind.Install, Options: Quick));
        return release;
    }

    /// <summary>Another version of its chart.</summary>
    public Task UploadAsync(string version, params IEnumerable<(string Path, string Text)> files) => TestChart.UploadAsync(_portal.Admin, TestChart.Make(Name, version, files));

    public Task<Plan> PlanAsync(CreatePlanRequest request) => PortalServer.PlanAsync(_portal.Admin, Id, request);

    /// <summary>Asks for an operation of a plan, whatever the answer.</summary>
    public Task<HttpResponseMessage> AskAsync(Plan plan) =>
        PostAsync(_portal.Admin, $"plans/{plan.Id}/operations", new StartOperationRequest("a test asks for it", [.. plan.Findings.Select(f => f.Id)]));

    public async Task<IReadOnlyList<Operation>> OperationsAsync() => (await GetAsync<Page<Operation>>(_portal.Viewer, $"operations?releaseId={Id}")).Items;

    public async Task<IReadOnlyList<LogLine>> LogAsync(string operationId) => (await GetAsync<Page<LogLine>>(_portal.Viewer, $"operations/{operationId}/log?limit=5000")).Items;

    public async Task SetPolicyAsync(ReleasePolicy policy) => (await _portal.Admin.PutAsJsonAsync($"{Routes.Api}/releases/{Id}/policy", policy, Json)).EnsureSuccessStatusCode();

    public Task<KubeObject?> LiveAsync(string apiVersion, string kind, string name) => Kube.GetAsync(new ObjectRef(apiVersion, kind, Name, name), CancellationToken.None);

    /// <summary>Applies YAML as somebody else than Helm.</summary>
    public async Task ApplyAsync(string manager, string yaml, bool force = true) =>
        await Kube.ApplyAsync(new KubeObject(JsonSerializer.SerializeToNode(GoYaml.ReadTable(yaml))!.AsObject()), manager, force, dryRun: false, CancellationToken.None);

    /// <summary>What a plan keeps of its rendering, decrypted.</summary>
    public Task<PreparedAction> RenderingAsync(string planId) => RenderingAsync(_portal, planId);

    /// <summary>The same of any release.</summary>
    public static async Task<PreparedAction> RenderingAsync(PortalServer portal, string planId)
    {
        await using var db = await portal.Services.GetRequiredService<IDbContextFactory<PortalDb>>().CreateDbContextAsync();
        var row = await db.Set<PlanRow>().FirstAsync(p => p.Id == planId);
        return PreparedAction.FromBytes(portal.Services.GetRequiredService<SecretBox>().Reveal(row.Prepared!, PlanRow.Table, row.Id, "prepared"));
    }
}
