using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Portal.Core;
using Portal.Core.Operations;
using Portal.Core.Plans;
using Portal.Core.Releases;
using Portal.Server.Data;
using Portal.Server.Features.Plans;
using static Portal.Server.Tests.PortalServer;

namespace Portal.Server.Tests.Operations;

/// <summary>Stopping and deciding while something else happens: what was not touched stays, and nobody overwrites what somebody else decided.</summary>
public sealed class StopTests(PortalServer portal)
{
    private static (string, string)[] Files(string level) => [("templates/one.yaml", $"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: one}}\ndata: {{level: {level}}}\n")];

    /// <summary>Stopped while it still read the cluster, an upgrade to 3.0.0 went back to 1.0.0 although 2.0.0 was deployed and untouched.</summary>
    [Fact]
    public async Task Stopping_before_the_first_change_leaves_the_deployed_revision()
    {
        var (door, release) = await InstallBehindADoorAsync();
        await using var opened = door;
        await release.UploadAsync("2.0.0", Files("two"));
        await RunAsync(portal.Admin, release.Id, new CreatePlanRequest(OperationKind.Upgrade, "2.0.0", Options: TestRelease.Quick));
        await release.UploadAsync("3.0.0", Files("three"));
        var plan = await release.PlanAsync(new CreatePlanRequest(OperationKind.Upgrade, "3.0.0", Options: TestRelease.Quick));

        door.Delay = TimeSpan.FromMilliseconds(500);
        var operation = await StartAsync(portal.Admin, plan);
        await UntilAsync(async () => (await GetAsync<Operation>(portal.Viewer, $"operations/{operation.Id}")).Steps.Any(s => s.Name == StepName.Apply && s.State == StepState.Running));
        (await PostAsync(portal.Admin, $"operations/{operation.Id}/cancel", new CancelRequest(CancelChoice.RollBack))).EnsureSuccessStatusCode();
        await UntilAsync(async () => (await release.LogAsync(operation.Id)).Any(l => l.Text == "cancelled on request"));
        door.Delay = TimeSpan.Zero;

        var ended = await EndAsync(portal.Admin, operation.Id);
        Assert.Equal(OperationState.Cancelled, ended.State);
        Assert.Equal("Nothing was changed in the cluster.", ended.Failure!.Done);
        Assert.Equal(["deployed 2.0.0", "superseded 1.0.0"], (await GetAsync<Page<Revision>>(portal.Viewer, $"releases/{release.Id}/revisions")).Items.Select(r => $"{r.Status} {r.ChartVersion}"));
        Assert.Equal("two", (string?)(await release.LiveAsync("v1", "ConfigMap", "one"))!["data", "level"]);
    }

    /// <summary>An approval thinks for seconds; who cancelled meanwhile was overruled, and the operation ran.</summary>
    [Fact]
    public async Task A_request_that_is_cancelled_while_somebody_approves_it_stays_cancelled()
    {
        var (door, release) = await InstallBehindADoorAsync();
        await using var opened = door;
        await release.SetPolicyAsync(new ReleasePolicy(ApprovalRequired: true, RollbackOnFailure: false));
        await release.UploadAsync("2.0.0", Files("two"));
        var operation = await StartAsync(portal.Admin, await release.PlanAsync(new CreatePlanRequest(OperationKind.Upgrade, "2.0.0", Options: TestRelease.Quick)));

        door.Delay = TimeSpan.FromSeconds(1);
        var approval = PostAsync(portal.As(Portal.Core.Access.Role.Approver), $"operations/{operation.Id}/approval", new ApprovalRequest(ApprovalDecision.Approve, "go ahead"));
        await Task.Delay(TimeSpan.FromMilliseconds(500));
        (await PostAsync(portal.Admin, $"operations/{operation.Id}/cancel", new CancelRequest(CancelChoice.Leave))).EnsureSuccessStatusCode();
        await ProblemAsync(await approval, 409, "changed");
        var after = await GetAsync<Operation>(portal.Viewer, $"operations/{operation.Id}");
        Assert.Equal(OperationState.Cancelled, after.State);
        Assert.Null(after.StartedAt);
    }

    /// <summary>A run that could not begin kept its release locked, and was begun again for ever.</summary>
    [Fact]
    public async Task What_cannot_be_run_ends_and_frees_its_release()
    {
        var release = await TestRelease.InstallAsync(portal, "", Files("one"));
        var plan = await release.PlanAsync(new CreatePlanRequest(OperationKind.Test));
        await using (var db = await portal.Services.GetRequiredService<IDbContextFactory<PortalDb>>().CreateDbContextAsync())
        {
            await db.Set<PlanRow>().Where(p => p.Id == plan.Id).ExecuteUpdateAsync(s => s.SetProperty(p => p.Prepared, new byte[] { 1, 2, 3 }));
        }

        var ended = await EndAsync(portal.Admin, (await StartAsync(portal.Admin, plan)).Id);
        Assert.Equal(OperationState.Failed, ended.State);
        Assert.Equal("Nothing was changed in the cluster.", ended.Failure!.Done);
        await RunAsync(portal.Admin, release.Id, new CreatePlanRequest(OperationKind.Upgrade, Options: TestRelease.Quick));
    }

    private async Task<(TcpDoor Door, TestRelease Release)> InstallBehindADoorAsync()
    {
        var (door, cluster) = await TcpDoor.ToSandboxAsync(portal);
        var release = await TestRelease.PrepareAsync(portal, cluster.Id, "", Files("one"));
        await RunAsync(portal.Admin, release.Id, new CreatePlanRequest(OperationKind.Install, Options: TestRelease.Quick));
        return (door, release);
    }
}
