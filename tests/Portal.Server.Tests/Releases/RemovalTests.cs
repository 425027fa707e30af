using System.Net;
using Portal.Core;
using Portal.Core.Operations;
using Portal.Core.Overview;
using Portal.Core.Plans;
using Portal.Core.Releases;
using Portal.Core.Values;
using static Portal.Server.Tests.PortalServer;

namespace Portal.Server.Tests.Releases;

/// <summary>A release that was added by mistake stayed in the list for ever.</summary>
public sealed class RemovalTests(PortalServer portal)
{
    private static readonly (string, string)[] Files = [("templates/one.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: one}\n")];

    [Fact]
    public async Task One_that_nothing_was_done_to_goes_and_can_be_added_again()
    {
        var release = await TestRelease.PrepareAsync(portal, "", Files);
        await release.PlanAsync(new CreatePlanRequest(OperationKind.Install));
        Assert.Equal(HttpStatusCode.Forbidden, (await portal.Viewer.DeleteAsync($"{Routes.Api}/releases/{release.Id}")).StatusCode);
        Assert.Equal(HttpStatusCode.NoContent, (await portal.Operator.DeleteAsync($"{Routes.Api}/releases/{release.Id}")).StatusCode);
        await ProblemAsync(await portal.Viewer.GetAsync($"{Routes.Api}/releases/{release.Id}"), 404, "not-found");
        Assert.Contains((await GetAsync<Page<AuditEntry>>(portal.Admin, "audit")).Items, a => a.Action == "remove release" && a.Target == $"{release.Name}/{release.Name}");

        var sample = await portal.SampleAsync();
        var again = await PostAsync(portal.Operator, "releases", new AddReleaseRequest(AddReleaseMode.Prepare, sample.ClusterId, release.Name, release.Name, sample.SourceId, sample.Chart, "1.0.5", ""));
        Assert.Equal(HttpStatusCode.Created, again.StatusCode);
    }

    [Fact]
    public async Task One_with_a_history_stays_with_all_of_it()
    {
        var release = await TestRelease.InstallAsync(portal, "", Files);
        await ProblemAsync(await portal.Admin.DeleteAsync($"{Routes.Api}/releases/{release.Id}"), 409, "has-history");
        Assert.Single(await release.OperationsAsync());
        Assert.Single((await GetAsync<Page<ValuesRevisionSummary>>(portal.Viewer, $"releases/{release.Id}/values")).Items);
    }
}
