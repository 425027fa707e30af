using System.Net;
using System.Net.Http.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Portal.Core;
using Portal.Core.Access;
using Portal.Core.Operations;
using Portal.Core.Plans;
using Portal.Core.Releases;
using Portal.Helm.Actions;
using Portal.Server.Data;
using Portal.Server.Features.Operations;
using Portal.Testing;
using static Portal.Server.Tests.PortalServer;

namespace Portal.Server.Tests.Operations;

/// <summary>
/// What a runner finds that takes over from one that died: the row as the dead one left it. Whole processes are killed in the browser project; here each row
/// is put into the state of one moment.
/// </summary>
public sealed class TakeOverTests(PortalServer portal)
{
    private static readonly (string, string)[] Good = [("templates/one.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: one}\ndata: {version: {{ .Chart.Version | quote }}}\n")];

    private static readonly (string, string)[] Failing =
    [
        .. Good,
        ("templates/migrate.yaml", """
            apiVersion: batch/v1
            kind: Job
            metadata: {name: migrate, annotations: {helm.sh/hook: post-upgrade}}
            spec: {backoffLimit: 0, template: {spec: {restartPolicy: Never, containers: [{name: migrate, image: "registry.example.com/fail:1"}]}}}
            """),
    ];

    /// <summary>"Stop and roll back" was forgotten when the process died between the stop and the way back.</summary>
    [Fact]
    public async Task A_wish_to_roll_back_is_kept()
    {
        var (release, operation) = await FailAsync();
        await DieAsync(operation, CancelChoice.RollBack);
        var ended = await EndAsync(portal.Admin, operation);
        Assert.Equal(OperationState.Cancelled, ended.State);
        Assert.Equal("Rolled back to revision 1 (1.0.0).", ended.Failure!.Done);
        Assert.Equal(["deployed 1.0.0", "failed 2.0.0", "superseded 1.0.0"], await HistoryAsync(release));
    }

    /// <summary>Somebody went on at a terminal meanwhile; going back undid that.</summary>
    [Fact]
    public async Task What_somebody_else_made_on_top_stays()
    {
        var (release, operation) = await FailAsync();
        var helm = release.Cluster.Helm;
        var cancellation = TestContext.Current.CancellationToken;
        var upgrade = await helm.PrepareUpgradeAsync(new DeployRequest(release.Name, release.Name, TestChart.Make(release.Name, "3.0.0", Good), [], new ActionOptions()), cancellation);
        await helm.PerformAsync(upgrade, new Nobody(), null, cancellation);

        await DieAsync(operation, CancelChoice.RollBack);
        var ended = await EndAsync(portal.Admin, operation);
        Assert.Equal(OperationState.Cancelled, ended.State);
        Assert.Equal("Revision 3 was made outside of the portal meanwhile, and stays.", ended.Failure!.Done);
        Assert.Equal(["deployed 3.0.0", "failed 2.0.0", "superseded 1.0.0"], await HistoryAsync(release));
    }

    /// <summary>Backup and preflight come before an uninstall; a crash is no reason to leave them out.</summary>
    [Fact]
    public async Task An_uninstall_that_had_not_begun_does_not_begin()
    {
        var release = await TestRelease.InstallAsync(portal, "", Good);
        await release.SetPolicyAsync(new ReleasePolicy(ApprovalRequired: true, RollbackOnFailure: false));
        var operation = (await StartAsync(portal.Admin, await release.PlanAsync(new CreatePlanRequest(OperationKind.Uninstall)))).Id;
        await DieAsync(operation);
        var ended = await EndAsync(portal.Admin, operation);
        Assert.Equal(OperationState.Failed, ended.State);
        Assert.Equal("Nothing was changed in the cluster.", ended.Failure!.Done);
        Assert.Equal(["deployed 1.0.0"], await HistoryAsync(release));
        Assert.NotNull(await release.LiveAsync("v1", "ConfigMap", "one"));
    }

    /// <summary>An uninstall said afterwards that it had rolled back, or that nothing was touched.</summary>
    [Fact]
    public async Task An_uninstall_cannot_be_rolled_back()
    {
        var release = await TestRelease.InstallAsync(portal, "", Good);
        await release.SetPolicyAsync(new ReleasePolicy(ApprovalRequired: true, RollbackOnFailure: false));
        var operation = (await StartAsync(portal.Admin, await release.PlanAsync(new CreatePlanRequest(OperationKind.Uninstall)))).Id;
        await ProblemAsync(await PostAsync(portal.Admin, $"operations/{operation}/cancel", new CancelRequest(CancelChoice.RollBack)), 422, "invalid");
        Assert.Equal(OperationState.AwaitingApproval, (await GetAsync<Operation>(portal.Viewer, $"operations/{operation}")).State);
        (await PostAsync(portal.Admin, $"operations/{operation}/cancel", new CancelRequest(CancelChoice.Leave))).EnsureSuccessStatusCode();
    }

    /// <summary>Going on with an old operation would have undone what a later one did.</summary>
    [Fact]
    public async Task An_interrupted_operation_that_another_one_followed_can_only_be_closed()
    {
        var (release, operation) = await FailAsync();
        await SetAsync(operation, (row, _) => (row.State, row.Fence) = (OperationState.Interrupted, 20));
        var later = await RunAsync(portal.Admin, release.Id, new CreatePlanRequest(OperationKind.Upgrade, "1.0.0", Options: TestRelease.Quick));
        var problem = await ProblemAsync(await PostAsync(portal.Admin, $"operations/{operation}/resolve", new ResolveRequest(ResolveChoice.Rollback, "go back")), 409, "superseded");
        Assert.Equal(later.Id, problem.GetProperty("operationId").GetString());
        Assert.Equal("deployed 1.0.0", (await HistoryAsync(release))[0]);
        Assert.Equal(OperationState.Failed, (await ReadAsync<Operation>(await PostAsync(portal.Admin, $"operations/{operation}/resolve", new ResolveRequest(ResolveChoice.MarkFailed, "seen")))).State);
    }

    /// <summary>After a way back out of a failed upgrade the release was said to have the values that had failed.</summary>
    [Fact]
    public async Task Values_go_back_with_the_revision()
    {
        var release = await TestRelease.InstallAsync(portal, "a: 1\n", Good);
        await SaveValuesAsync(release, "a: 2\n");
        await release.UploadAsync("2.0.0", [.. Good, ("templates/test.yaml", "apiVersion: v1\nkind: Pod\nmetadata: {name: probe, annotations: {helm.sh/hook: test}}\nspec: {restartPolicy: Never, containers: [{name: probe, image: \"registry.example.com/fail:1\"}]}\n")]);
        var ended = await EndAsync(portal.Admin, (await StartAsync(portal.Admin, await release.PlanAsync(new CreatePlanRequest(OperationKind.Upgrade, "2.0.0", Options: new PlanOptionsRequest(RunTests: true))))).Id);
        Assert.Equal(OperationState.RolledBack, ended.State);
        Assert.Equal(1, (await GetAsync<Release>(portal.Viewer, $"releases/{release.Id}")).ValuesRevision);
        Assert.Equal([(3, 1), (2, 2), (1, 1)], (await GetAsync<Page<Revision>>(portal.Viewer, $"releases/{release.Id}/revisions")).Items.Select(r => (r.Number, r.ValuesRevision)));
    }

    /// <summary>A revision from before the adoption has no operation that says which values it was made of: its record's values do.</summary>
    [Fact]
    public async Task A_revision_that_somebody_else_made_is_known_by_its_values()
    {
        var release = await TestRelease.InstallAsync(portal, "a: 1\n", Good);
        await SaveValuesAsync(release, "a: 2\n");
        await RunAsync(portal.Admin, release.Id, new CreatePlanRequest(OperationKind.Upgrade, Options: TestRelease.Quick));
        var cancellation = TestContext.Current.CancellationToken;
        var first = (await release.Cluster.Store.HistoryAsync(release.Name, release.Name, cancellation))[0];
        await release.Cluster.Store.DeleteAsync(first, cancellation);
        await release.Cluster.Store.CreateAsync(first.Release, new Dictionary<string, string>(), cancellation);

        await RunAsync(portal.Admin, release.Id, new CreatePlanRequest(OperationKind.Rollback, ToRevision: 1, Options: TestRelease.Quick));
        Assert.Equal(1, (await GetAsync<Release>(portal.Viewer, $"releases/{release.Id}")).ValuesRevision);
    }

    /// <summary>Cancelled before it was approved, and its steps were still to come for ever.</summary>
    [Fact]
    public async Task Steps_that_were_never_reached_are_skipped_at_the_end()
    {
        var release = await TestRelease.InstallAsync(portal, "", Good);
        await release.SetPolicyAsync(new ReleasePolicy(ApprovalRequired: true, RollbackOnFailure: false));
        var operation = (await StartAsync(portal.Admin, await release.PlanAsync(new CreatePlanRequest(OperationKind.Uninstall)))).Id;
        (await PostAsync(portal.Admin, $"operations/{operation}/cancel", new CancelRequest(CancelChoice.Leave))).EnsureSuccessStatusCode();
        var ended = await GetAsync<Operation>(portal.Viewer, $"operations/{operation}");
        Assert.Equal(OperationState.Cancelled, ended.State);
        Assert.NotEmpty(ended.Steps);
        Assert.All(ended.Steps, s => Assert.Equal(StepState.Skipped, s.State));
    }

    /// <summary>A container that never gets ready was waited for until the time-out of five minutes, counted anew after the restart.</summary>
    [Fact]
    public async Task What_is_still_waited_for_after_a_restart_is_given_up_within_half_a_minute()
    {
        var release = await TestRelease.InstallAsync(portal, "", [.. Good, ("templates/web.yaml", Web(0))]);
        await release.UploadAsync("2.0.0", [.. Good, ("templates/web.yaml", Web(10_000))]);
        var operation = (await StartAsync(portal.Admin, await release.PlanAsync(new CreatePlanRequest(OperationKind.Upgrade, "2.0.0")))).Id;
        await UntilAsync(async () => (await GetAsync<Operation>(portal.Viewer, $"operations/{operation}")).Steps.Any(s => s is { Name: StepName.Wait, State: StepState.Running }));
        // Its runner sees the other fence and leaves it, as a dead one does.
        var since = System.Diagnostics.Stopwatch.StartNew();
        await SetAsync(operation, (row, now) => (row.Fence, row.Owner, row.LeaseUntil) = (row.Fence + 1, "another-host-1-00000000", now));
        var ended = await EndAsync(portal.Admin, operation);
        Assert.True(since.Elapsed < TimeSpan.FromSeconds(30), $"{ended.State} after {since.Elapsed}");
        Assert.Equal(OperationState.RolledBack, ended.State);
        Assert.Contains("runs but is not ready", ended.Failure!.Cause, StringComparison.Ordinal);
        Assert.Equal(["deployed 1.0.0", "failed 2.0.0", "superseded 1.0.0"], await HistoryAsync(release));
    }

    /// <summary>What gets ready after all is finished as it was planned.</summary>
    [Fact]
    public async Task What_gets_ready_soon_after_a_restart_succeeds()
    {
        var release = await TestRelease.InstallAsync(portal, "", [.. Good, ("templates/web.yaml", Web(0))]);
        await release.UploadAsync("2.0.0", [.. Good, ("templates/web.yaml", Web(3))]);
        var operation = (await StartAsync(portal.Admin, await release.PlanAsync(new CreatePlanRequest(OperationKind.Upgrade, "2.0.0")))).Id;
        await UntilAsync(async () => (await GetAsync<Operation>(portal.Viewer, $"operations/{operation}")).Steps.Any(s => s is { Name: StepName.Wait, State: StepState.Running }));
        await SetAsync(operation, (row, now) => (row.Fence, row.Owner, row.LeaseUntil) = (row.Fence + 1, "another-host-1-00000000", now));
        var ended = await EndAsync(portal.Admin, operation);
        Assert.True(ended.State == OperationState.Succeeded, $"{ended.State}: {ended.Failure}");
        Assert.Contains(await release.LogAsync(operation), l => l.Text.StartsWith("taken over", StringComparison.Ordinal));
        Assert.Null(ended.Failure);
    }

    [Fact]
    public void The_lock_is_for_one_process()
    {
        var file = Path.Combine(Directory.CreateTempSubdirectory("portal-sole-").FullName, "portal.db");
        File.WriteAllText(file, "");
        var settings = new PortalSettings { DataDirectory = Path.GetDirectoryName(file)!, Database = $"Data Source={file}" };
        using (var first = new SoleProcess(settings))
        {
            using var second = new SoleProcess(settings);
            Assert.True(first.Is);
            Assert.False(second.Is);
        }

        using var later = new SoleProcess(settings);
        Assert.True(later.Is);
        using var replica = new SoleProcess(settings with { Database = "Server=mysql;Database=portal" });
        Assert.False(replica.Is);
    }

    [Fact]
    public void Recovery_has_half_a_minute_and_a_late_one_a_few_seconds()
    {
        var early = new RecoveryTime(TimeProvider.System, TimeSpan.FromSeconds(2));
        Assert.InRange(early.ToGoOn.TotalSeconds, 11, 12);
        Assert.InRange(early.ToGoBack.TotalSeconds, 22, 23);
        var late = new RecoveryTime(TimeProvider.System, TimeSpan.FromMinutes(2));
        Assert.Equal((5, 5), (late.ToGoOn.TotalSeconds, late.ToGoBack.TotalSeconds));
    }

    private static string Web(int readyAfter) => $$$"""
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: web}
        spec:
          selector: {matchLabels: {app: web}}
          template:
            metadata: {labels: {app: web}, annotations: {version: "v{{{readyAfter}}}"} }
            spec: {containers: [{name: main, image: "registry.example.com/web:1", env: [{name: SANDBOX_READY_AFTER, value: "{{{readyAfter}}}"}] }] }
        """;

    // 2.0.0 on top of 1.0.0, failed by its hook, and nothing was rolled back.
    private async Task<(TestRelease Release, string Operation)> FailAsync()
    {
        var release = await TestRelease.InstallAsync(portal, "", Good);
        await release.UploadAsync("2.0.0", Failing);
        var operation = await StartAsync(portal.Admin, await release.PlanAsync(new CreatePlanRequest(OperationKind.Upgrade, "2.0.0", Options: TestRelease.Quick with { RollbackOnFailure = false })));
        Assert.Equal(OperationState.Failed, (await EndAsync(portal.Admin, operation.Id)).State);
        return (release, operation.Id);
    }

    // As a process leaves it that was killed.
    private Task DieAsync(string operation, CancelChoice? cancel = null) => SetAsync(operation, (row, now) =>
    {
        (row.State, row.ActiveReleaseId, row.EndedAt, row.CancelRequested) = (OperationState.Running, row.ReleaseId, null, cancel);
        (row.Fence, row.LeaseUntil) = (Math.Max(row.Fence, 1), now.AddMinutes(-1));
    });

    private async Task SetAsync(string operation, Action<OperationRow, DateTime> change)
    {
        await using var db = await portal.Services.GetRequiredService<IDbContextFactory<PortalDb>>().CreateDbContextAsync();
        var row = await db.Set<OperationRow>().SingleAsync(o => o.Id == operation);
        change(row, DateTime.UtcNow);
        await db.SaveChangesAsync();
    }

    private async Task SaveValuesAsync(TestRelease release, string text)
    {
        var newest = (await GetAsync<Page<Portal.Core.Values.ValuesRevisionSummary>>(portal.Viewer, $"releases/{release.Id}/values")).Items[0];
        using var request = new HttpRequestMessage(HttpMethod.Post, $"{Routes.Api}/releases/{release.Id}/values") { Content = JsonContent.Create(new Portal.Core.Values.SaveValuesRequest(text, "a change")) };
        request.Headers.TryAddWithoutValidation("If-Match", $"\"{newest.Number}\"");
        Assert.Equal(HttpStatusCode.Created, (await portal.As(Role.Operator).SendAsync(request)).StatusCode);
    }

    private async Task<string[]> HistoryAsync(TestRelease release) =>
        [.. (await GetAsync<Page<Revision>>(portal.Viewer, $"releases/{release.Id}/revisions")).Items.Select(r => $"{r.Status} {r.ChartVersion}")];
}
