using Portal.Core;
using Portal.Core.Catalog;
using Portal.Core.Operations;
using Portal.Core.Plans;
using Portal.Core.Releases;
using Portal.Helm.Charts;
using Portal.Testing;
using static Portal.Server.Tests.PortalServer;

namespace Portal.Server.Tests.Catalog;

/// <summary>Versions that a vendor took out of the index stayed in the lists as if they could be had: they were offered, and planning with them failed at the download.</summary>
public sealed class GoneVersionTests(PortalServer portal)
{
    [Fact]
    public async Task A_version_that_vanished_from_the_index_is_told_of_and_not_offered()
    {
        var name = "g" + Guid.NewGuid().ToString("N")[..12];
        byte[] Archive(string version) => ChartArchive.Pack(TestChart.Make(name, version, ("templates/one.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: one}\n")));
        string[] has = ["1.0.0", "1.1.0", "1.1.5", "1.2.0"];
        await using var web = new WebServer(r => r.Target == "/index.yaml"
            ? WebAnswer.Text($"apiVersion: v1\nentries:\n  {name}:\n{string.Concat(has.Select(v => $"  - {{name: {name}, version: {v}, urls: [{v}.tgz], digest: {ChartArchive.Digest(Archive(v))}}}\n"))}")
            : r.Target.EndsWith(".tgz", StringComparison.Ordinal) ? new WebAnswer(200, Archive(r.Target[1..^4])) : new WebAnswer(404, []));
        var source = await ReadAsync<ChartSource>(await PostAsync(portal.Admin, "chart-sources", new AddChartSourceRequest(name, ChartSourceKind.Http, web.Address.ToString())));
        Assert.Null(source.Error);
        async Task<string> VersionsAsync() => string.Join(' ', (await GetAsync<Page<ChartVersionSummary>>(portal.Viewer, $"charts/{source.Id}/{name}/versions")).Items.Select(v => v.Version + (v.GoneAt is null ? "" : "-")));
        async Task RefreshAsync() => Assert.Null((await ReadAsync<ChartSource>(await PostAsync(portal.Admin, $"chart-sources/{source.Id}/refresh", new { }))).Error);
        var release = await ReadAsync<Release>(await PostAsync(portal.Operator, "releases", new AddReleaseRequest(AddReleaseMode.Prepare, (await portal.SandboxAsync()).Id, name, name, source.Id, name, "1.0.0", "")));
        await RunAsync(portal.Admin, release.Id, new CreatePlanRequest(OperationKind.Install, "1.0.0", Options: TestRelease.Quick));
        Assert.Equal("1.2.0 1.1.5 1.1.0 1.0.0", await VersionsAsync());

        has = ["1.1.0"];
        await RefreshAsync();
        Assert.Equal("1.2.0- 1.1.5- 1.1.0 1.0.0-", await VersionsAsync());
        var listed = Assert.Single((await GetAsync<Page<ChartSummary>>(portal.Viewer, "charts")).Items, c => c.Name == name);
        Assert.Equal(("1.1.0", 1), (listed.LatestVersion, listed.Versions));
        Assert.Equal("1.1.0", Assert.Single((await GetAsync<Release>(portal.Viewer, $"releases/{release.Id}")).Newer!).Version);
        await ProblemAsync(await PostAsync(portal.Operator, $"releases/{release.Id}/plans", new CreatePlanRequest(OperationKind.Upgrade, "1.1.5", Options: TestRelease.Quick)), 409, "version-gone");
        // What runs can still be planned: its archive is here.
        var same = await PlanAsync(portal.Operator, release.Id, new CreatePlanRequest(OperationKind.Upgrade, "1.0.0", Options: TestRelease.Quick));
        Assert.True(same.State == PlanState.Ready, same.Error);
        Assert.Equal(FindingLevel.Note, Assert.Single(same.Findings, f => f.Code == "version-gone").Level);

        // Of a version whose archive is here for another reason a plan says so.
        var held = await PlanAsync(portal.Operator, release.Id, new CreatePlanRequest(OperationKind.Upgrade, "1.2.0", Options: TestRelease.Quick));
        Assert.Equal(FindingLevel.Warning, Assert.Single(held.Findings, f => f.Code == "version-gone").Level);

        has = ["1.1.0", "1.2.0"];
        await RefreshAsync();
        Assert.Equal("1.2.0 1.1.5- 1.1.0 1.0.0-", await VersionsAsync());
    }
}
