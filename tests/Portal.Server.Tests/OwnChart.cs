using System.Text;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Portal.Core;
using Portal.Testing;
using Portal.Core.Catalog;
using Portal.Core.Operations;
using Portal.Core.Plans;
using Portal.Core.Releases;
using Portal.Server.Data;
using Portal.Server.Features.Clusters;

namespace Portal.Server.Tests;

/// <summary>A small chart of a test, uploaded and released under a name and in a namespace of its own.</summary>
public sealed class OwnChart(PortalServer portal)
{
    /// <summary>Name of the chart, the release and its namespace.</summary>
    public string Name { get; } = "c" + Guid.NewGuid().ToString("N")[..12];

    public string ReleaseId { get; private set; } = "";

    public async Task<ClusterConnections.Connection> ConnectAsync() => await portal.Services.GetRequiredService<ClusterConnections>().GetAsync((await portal.SandboxAsync()).Id, TestContext.Current.CancellationToken);

    /// <summary>Uploads a version; NAME in the templates stands for the chart's name.</summary>
    public Task UploadAsync(string version, params (string Path, string Text)[] files) =>
        TestChart.UploadAsync(portal.Admin, TestChart.Make(Name, version, files.Select(f => (f.Path, f.Text.Replace("NAME", Name, StringComparison.Ordinal)))));

    /// <summary>Makes the release known to the portal, without installing it.</summary>
    public async Task PrepareAsync(string version, string values = "{}\n")
    {
        var source = (await PortalServer.GetAsync<Page<ChartSource>>(portal.Viewer, "chart-sources")).Items.Single(s => s.Kind == ChartSourceKind.Upload).Id;
        var request = new AddReleaseRequest(AddReleaseMode.Prepare, (await portal.SandboxAsync()).Id, Name, Name, source, Name, version, values);
        ReleaseId = (await PortalServer.ReadAsync<Release>(await PortalServer.PostAsync(portal.Operator, "releases", request))).Id;
    }

    /// <summary>Installs it; nobody waits for its pods.</summary>
    public async Task InstallAsync(string version, string values = "{}\n")
    {
        await PrepareAsync(version, values);
        await PortalServer.RunAsync(portal.Admin, ReleaseId, new CreatePlanRequest(OperationKind.Install, version, Options: new PlanOptionsRequest(Wait: false)));
    }

    public Task<Plan> PlanUpgradeAsync(string version, PlanOptionsRequest? options = null) =>
        PortalServer.PlanAsync(portal.Operator, ReleaseId, new CreatePlanRequest(OperationKind.Upgrade, version, Options: options));

    /// <summary>A client of the same cluster that is neither the portal nor Helm.</summary>
    public async Task<k8s.Kubernetes> SomebodyElseAsync()
    {
        await using var db = await portal.Services.GetRequiredService<IDbContextFactory<PortalDb>>().CreateDbContextAsync();
        var cluster = (await portal.SandboxAsync()).Id;
        var row = await db.Set<ClusterRow>().SingleAsync(c => c.Id == cluster);
        var kubeconfig = portal.Services.GetRequiredService<SecretBox>().RevealText(row.Kubeconfig!, ClusterRow.Table, row.Id, "kubeconfig");
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(kubeconfig));
        return new k8s.Kubernetes(k8s.KubernetesClientConfiguration.BuildConfigFromConfigFile(stream));
    }
}
