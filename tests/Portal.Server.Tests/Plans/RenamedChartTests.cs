using Portal.Core;
using Portal.Core.Operations;
using Portal.Core.Plans;
using Portal.Core.Releases;
using Portal.Testing;
using static Portal.Server.Tests.PortalServer;

namespace Portal.Server.Tests.Plans;

/// <summary>Vendors rename charts: the release stays, its next version has another name.</summary>
public sealed class RenamedChartTests(PortalServer portal)
{
    private static readonly (string, string)[] Files =
    [
        ("values.yaml", "level: info\n"),
        ("templates/a.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {level: {{ .Values.level | quote }}, chart: {{ .Chart.Name }}}\n"),
    ];

    [Fact]
    public async Task A_release_goes_to_a_chart_with_another_name_and_comes_back()
    {
        var release = await TestRelease.InstallAsync(portal, "level: debug\n", Files);
        var other = release.Name + "-enterprise";
        await TestChart.UploadAsync(portal.Admin, TestChart.Make(other, "2.0.0", Files));

        // Before the plan as well: what it means for the values, and what lies between.
        Assert.Equal("level", Assert.Single((await GetAsync<Core.Values.OverrideReport>(portal.Viewer, $"releases/{release.Id}/values/overrides?to=2.0.0&chart={other}")).Keys).Path);
        await ProblemAsync(await portal.Viewer.GetAsync(new Uri($"{Routes.Api}/releases/{release.Id}/values/overrides?to=2.0.0", UriKind.Relative), TestContext.Current.CancellationToken), 404, "unknown-version");
        Assert.Equal("2.0.0", (await GetAsync<Core.Catalog.UpgradeBriefing>(portal.Viewer, $"releases/{release.Id}/upgrade?from=1.0.0&to=2.0.0&chart={other}")).To);

        var plan = await release.PlanAsync(new CreatePlanRequest(OperationKind.Upgrade, "2.0.0", Options: TestRelease.Quick, Chart: other));
        Assert.True(plan.State == PlanState.Ready, plan.Error);
        Assert.Equal(other, plan.Options.Chart);
        var finding = Assert.Single(plan.Findings, f => f.Code == "other-chart");
        Assert.Equal((FindingLevel.Warning, $"The release was made of the chart {release.Name} and goes to {other}."), (finding.Level, finding.Message));
        Assert.Equal(new PlanSummary(0, 1, 0, 0, 0, 0, 0), plan.Summary);
        Assert.Contains($"{other}-2.0.0.tgz", await portal.Viewer.GetStringAsync($"{Routes.Api}/plans/{plan.Id}/export?format=helm", TestContext.Current.CancellationToken), StringComparison.Ordinal);
        Assert.Equal("level", Assert.Single((await GetAsync<Core.Values.OverrideReport>(portal.Viewer, $"plans/{plan.Id}/overrides")).Keys).Path);

        var ended = await EndAsync(portal.Admin, (await ReadAsync<Operation>(await release.AskAsync(plan))).Id);
        Assert.True(ended.State == OperationState.Succeeded, ended.Failure?.Cause);
        await UntilAsync(async () => (await NowAsync(release)).Chart == other);
        Assert.Equal("2.0.0", (await NowAsync(release)).ChartVersion);
        Assert.Equal(other, (await release.LiveAsync("v1", "ConfigMap", "a"))!.Text("data", "chart"));

        // Going back is not known to be safe, and the release is of the old chart again.
        var history = (await GetAsync<Page<Revision>>(portal.Viewer, $"releases/{release.Id}/revisions")).Items;
        Assert.Equal(RollbackSafety.Unknown, history[1].GoingBack!.Safety);
        Assert.Contains(history[1].GoingBack!.Reasons, r => r.Contains($"another chart, {release.Name}", StringComparison.Ordinal));
        await RunAsync(portal.Admin, release.Id, new CreatePlanRequest(OperationKind.Rollback, ToRevision: 1, Options: TestRelease.Quick));
        await UntilAsync(async () => (await NowAsync(release)).Chart == release.Name);
    }

    [Theory]
    [InlineData(OperationKind.Rollback, null)]
    [InlineData(OperationKind.Upgrade, null)]
    [InlineData(OperationKind.Install, "1.0.0")]
    public async Task Only_an_upgrade_to_a_named_version_goes_to_another_chart(OperationKind kind, string? version)
    {
        var release = await TestRelease.PrepareAsync(portal, "level: debug\n", Files);
        var answer = await PostAsync(portal.Admin, $"releases/{release.Id}/plans", new CreatePlanRequest(kind, version, Chart: release.Name));
        Assert.Contains("Only an upgrade goes to another chart", (await ProblemAsync(answer, 422, "invalid")).GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    private Task<Release> NowAsync(TestRelease release) => GetAsync<Release>(portal.Viewer, $"releases/{release.Id}");
}
