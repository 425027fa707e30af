using System.Diagnostics;
using Portal.Core.Operations;
using Portal.Core.Plans;
using static Portal.Server.Tests.PortalServer;

namespace Portal.Server.Tests.Operations;

/// <summary>
/// Why an upgrade does not get on: object and reason are on the operation within 15 seconds. It ends at once only for what cannot get better, else after
/// the grace; what got better by itself is shown as cleared; what failed is still readable after the way back.
/// </summary>
public sealed class GraceTests(PortalServer portal)
{
    private const int Grace = 6;
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(15);

    private static readonly (string, string)[] Good = [("templates/web.yaml", Deployment("image: registry.example.com/web:1", "", "serviceAccountName: default"))];

    /// <summary>Chart files of the version that does not come up, the object that is named, and words of the reason.</summary>
    public static TheoryData<string, string, string, string> Lasting => new()
    {
        { "a quota", Deployment("image: registry.example.com/web:2") + "\n---\napiVersion: v1\nkind: ResourceQuota\nmetadata: {name: small}\nspec: {hard: {pods: \"1\"}}\n", "Deployment/web", "exceeded quota: small" },
        { "a service account that is not there", Deployment("image: registry.example.com/web:2", "", "serviceAccountName: nobody"), "Deployment/web", "serviceaccount \"nobody\" not found" },
    };

    [Theory]
    [MemberData(nameof(Lasting))]
    public async Task What_may_get_better_is_shown_at_once_ends_after_the_grace_and_stays_readable(string what, string templates, string item, string reason)
    {
        var release = await TestRelease.InstallAsync(portal, "", Good);
        await release.UploadAsync("2.0.0", ("templates/web.yaml", templates));
        var operation = await StartAsync(portal.Admin, await release.PlanAsync(new CreatePlanRequest(OperationKind.Upgrade, "2.0.0", Options: new PlanOptionsRequest(GraceSeconds: Grace))));
        var shown = await CauseAsync(operation.Id);
        Assert.Contains(item, shown.Failure!.Object, StringComparison.Ordinal);
        Assert.Contains(reason, shown.Failure.Cause, StringComparison.Ordinal);
        Assert.True(shown.EndedAt is null, $"{what} ended the wait before the grace");
        var since = Stopwatch.StartNew();

        var ended = await EndAsync(portal.Admin, operation.Id);
        Assert.True(since.Elapsed > TimeSpan.FromSeconds(Grace - 2), $"{what} ended the wait after {since.Elapsed}");
        Assert.Equal(OperationState.RolledBack, ended.State);
        Assert.Contains(item, ended.Failure!.Object, StringComparison.Ordinal);
        Assert.Contains(reason, ended.Failure.Cause, StringComparison.Ordinal);
        Assert.Contains("revision 1", ended.Failure.Done, StringComparison.Ordinal);
        Assert.False(ended.Failure.Cleared);
        Assert.Contains(await release.LogAsync(operation.Id), l => l.Text.Contains(reason, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_failed_hook_ends_at_once_and_is_named_with_its_exit_code()
    {
        var release = await TestRelease.InstallAsync(portal, "", Good);
        await release.UploadAsync("2.0.0", [.. Good, ("templates/migrate.yaml", Hook("image: registry.example.com/fail:2"))]);
        var operation = await StartAsync(portal.Admin, await release.PlanAsync(new CreatePlanRequest(OperationKind.Upgrade, "2.0.0", Options: new PlanOptionsRequest(GraceSeconds: 600))));
        var shown = await CauseAsync(operation.Id);
        Assert.Contains("Job/migrate", shown.Failure!.Cause, StringComparison.Ordinal);
        var ended = await EndAsync(portal.Admin, operation.Id);
        Assert.Equal(OperationState.RolledBack, ended.State);
        Assert.Contains("migrate", ended.Failure!.Object, StringComparison.Ordinal);
        Assert.Contains("exit code 1", ended.Failure.Cause, StringComparison.Ordinal);
        Assert.Contains(await release.LogAsync(operation.Id), l => l.Source.Contains("migrate", StringComparison.Ordinal) && l.Text.Contains("exiting with code 1", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_claim_that_is_bound_late_is_a_success_with_the_cause_shown_and_cleared()
    {
        var late = "late-" + Guid.NewGuid().ToString("N")[..8];
        var release = await TestRelease.InstallAsync(portal, "", Good);
        await release.UploadAsync("2.0.0", ("templates/web.yaml", Deployment("image: registry.example.com/web:2", "volumeMounts: [{name: data, mountPath: /data}]", "volumes: [{name: data, persistentVolumeClaim: {claimName: data}}]") + "\n---\n" + Claim(late)));
        await ClearedAsync(release, $"\"{late}\" not found", () => release.ApplyAsync("storage", $"apiVersion: storage.k8s.io/v1\nkind: StorageClass\nmetadata: {{name: {late}}}\nprovisioner: sandbox.example.com/local\n"));
    }

    /// <summary>Operations held their workers while they waited, and nobody could make a plan until one of them gave up.</summary>
    /// <summary>
    /// A container that ran and never got ready was named only at the time-out, and then with an event of its pod's successful pull. A slow start is no failure either:
    /// it is waited for longer than the grace.
    /// </summary>
    [Theory]
    [InlineData("image: registry.example.com/web:2", "env: [{name: SANDBOX_READY_AFTER, value: \"10000\"}]", "its readiness probe has not passed")]
    [InlineData("image: registry.example.com/notready:2", "", "its readiness probe has not passed: Readiness probe failed: HTTP probe failed with statuscode: 503")]
    public async Task A_container_that_runs_and_is_not_ready_is_named_soon_and_ends_the_wait_at_the_time_out(string image, string env, string said)
    {
        var release = await TestRelease.InstallAsync(portal, "", Good);
        await release.UploadAsync("2.0.0", ("templates/web.yaml", Deployment(image, $"readinessProbe: {{httpGet: {{path: /ready, port: 80}}}}\n          {env}")));
        var operation = await StartAsync(portal.Admin, await release.PlanAsync(new CreatePlanRequest(OperationKind.Upgrade, "2.0.0", Options: new PlanOptionsRequest(GraceSeconds: 1, TimeoutSeconds: 25))));
        var shown = await CauseAsync(operation.Id);
        Assert.Equal(OperationState.Running, shown.State);
        Assert.True(shown.Failure!.SlowStart);
        Assert.StartsWith("Pod/web-", shown.Failure.Object, StringComparison.Ordinal);
        Assert.Contains("container main of Pod/web-", shown.Failure.Cause, StringComparison.Ordinal);
        Assert.Contains("runs but is not ready, its readiness probe has not passed", shown.Failure.Cause, StringComparison.Ordinal);

        var ended = await EndAsync(portal.Admin, operation.Id);
        var wait = ended.Steps.Single(s => s.Name == StepName.Wait);
        Assert.True(wait.EndedAt - wait.StartedAt > TimeSpan.FromSeconds(22), $"the wait ended after {wait.EndedAt - wait.StartedAt}");
        Assert.Equal(OperationState.RolledBack, ended.State);
        Assert.False(ended.Failure!.SlowStart);
        Assert.Contains(said, ended.Failure.Cause, StringComparison.Ordinal);
        Assert.DoesNotContain("Pulled", ended.Failure.Cause + wait.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_slow_start_is_told_while_it_lasts_and_leaves_nothing()
    {
        var release = await TestRelease.InstallAsync(portal, "", Good);
        await release.UploadAsync("2.0.0", ("templates/web.yaml", Deployment("image: registry.example.com/web:2", "env: [{name: SANDBOX_READY_AFTER, value: \"16\"}]")));
        var operation = await StartAsync(portal.Admin, await release.PlanAsync(new CreatePlanRequest(OperationKind.Upgrade, "2.0.0", Options: new PlanOptionsRequest(GraceSeconds: 1))));
        Assert.True((await CauseAsync(operation.Id)).Failure!.SlowStart);
        var ended = await EndAsync(portal.Admin, operation.Id);
        Assert.Equal(OperationState.Succeeded, ended.State);
        Assert.Null(ended.Failure);
    }

    [Fact]
    public async Task Plans_are_made_and_operations_run_while_many_others_wait()
    {
        var waiting = new List<string>();
        for (var i = 0; i < Math.Max(4, Environment.ProcessorCount * 2); i++)
        {
            var release = await TestRelease.PrepareAsync(portal, "", ("templates/web.yaml", Deployment("image: registry.example.com/broken:1")));
            waiting.Add((await StartAsync(portal.Admin, await release.PlanAsync(new CreatePlanRequest(OperationKind.Install, Options: new PlanOptionsRequest(GraceSeconds: 600))))).Id);
        }

        foreach (var id in waiting)
        {
            Assert.Null((await CauseAsync(id)).EndedAt);
        }

        await TestRelease.InstallAsync(portal, "", Good);
        foreach (var id in waiting)
        {
            Assert.Null((await GetAsync<Operation>(portal.Viewer, $"operations/{id}")).EndedAt);
            (await PostAsync(portal.Admin, $"operations/{id}/cancel", new CancelRequest(CancelChoice.Leave))).EnsureSuccessStatusCode();
            await EndAsync(portal.Admin, id);
        }
    }

    private async Task ClearedAsync(TestRelease release, string reason, Func<Task> mend)
    {
        var operation = await StartAsync(portal.Admin, await release.PlanAsync(new CreatePlanRequest(OperationKind.Upgrade, "2.0.0", Options: new PlanOptionsRequest(GraceSeconds: 90))));
        var shown = await CauseAsync(operation.Id);
        Assert.Contains(reason, shown.Failure!.Cause, StringComparison.Ordinal);
        Assert.False(shown.Failure.Cleared);
        await mend();
        var ended = await EndAsync(portal.Admin, operation.Id);
        Assert.Equal(OperationState.Succeeded, ended.State);
        Assert.True(ended.Failure is { Cleared: true });
        Assert.Contains(reason, ended.Failure.Cause, StringComparison.Ordinal);
        Assert.Contains(await release.LogAsync(operation.Id), l => l.Text.StartsWith("cleared: ", StringComparison.Ordinal) && l.Text.Contains(reason, StringComparison.Ordinal));
    }

    // From the beginning of the step that changes the cluster until object and reason are on the operation.
    private async Task<Operation> CauseAsync(string operationId)
    {
        Operation? operation = null;
        await UntilAsync(async () => (operation = await GetAsync<Operation>(portal.Viewer, $"operations/{operationId}")).Failure is not null || operation.EndedAt is not null);
        Assert.True(operation!.Failure is not null, $"{operation.State} without a cause");
        var took = operation.Failure.At - operation.Steps.Single(s => s.Name == StepName.Apply).StartedAt!.Value;
        Assert.True(took < Soon, $"the cause came after {took}: {operation.Failure.Cause}");
        return operation;
    }

    private static string Deployment(string image, string container = "", string pod = "") => $$"""
        apiVersion: apps/v1
        kind: Deployment
        metadata:
          name: web
        spec:
          replicas: 1
          selector:
            matchLabels: { app: web }
          template:
            metadata:
              labels: { app: web }
            spec:
              containers:
                - name: main
                  {{image}}
                  {{container}}
              {{pod}}
        """;

    private static string Hook(string image, string container = "") => $$"""
        apiVersion: batch/v1
        kind: Job
        metadata:
          name: migrate
          annotations: { helm.sh/hook: pre-upgrade }
        spec:
          backoffLimit: 0
          template:
            spec:
              restartPolicy: Never
              containers:
                - name: main
                  {{image}}
                  {{container}}
        """;

    private static string Claim(string storageClass) => $$"""
        apiVersion: v1
        kind: PersistentVolumeClaim
        metadata:
          name: data
        spec:
          storageClassName: {{storageClass}}
          accessModes: [ReadWriteOnce]
          resources: { requests: { storage: 1Gi } }
        """;
}
