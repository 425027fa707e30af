using System.Text.Json.Nodes;
using Portal.Helm.Actions;
using Portal.Helm.Kube;
using Portal.Helm.Releases;

namespace Portal.Cluster.Tests;

/// <summary>What the actions do to a cluster, with both ways of applying.</summary>
[Trait("Category", "Cluster")]
public class ActionsTests(TestCluster cluster)
{
    private const string Web = """
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: settings}
        data: {color: "{{ .Values.color }}"}
        ---
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: web}
        spec:
          replicas: {{ .Values.replicas }}
          selector: {matchLabels: {app: "{{ .Values.app }}"}}
          template:
            metadata: {labels: {app: "{{ .Values.app }}"}, annotations: {color: "{{ .Values.color }}"}}
            spec: {containers: [{name: web, image: "registry.example.com/app:1"}]}
        """;

    // No replicas: what is tested here is what is written, and a control plane without kubelets starts none.
    private const string Defaults = "color: red\nreplicas: 0\napp: web\n";

    [Fact]
    public async Task A_release_that_Helm_3_made_goes_on_by_patches_that_leave_what_others_added()
    {
        var (ns, helm) = await StartAsync(ServerSideApply.False);
        await ForgetMethodAsync(ns);
        await cluster.Kube.PatchAsync(new ObjectRef("v1", "ConfigMap", ns, "settings"), PatchKind.Merge, new JsonObject { ["data"] = new JsonObject { ["theirs"] = "1" } }, "somebody", default);
        var done = await UpgradeAsync(helm, ns, new() { ["color"] = "blue" });
        Assert.Equal((ApplyMethods.ClientSide, ReleaseStatus.Deployed), (done.ApplyMethod, done.Info.Status));
        var settings = (await cluster.Kube.GetAsync(new ObjectRef("v1", "ConfigMap", ns, "settings"), default))!;
        Assert.Equal(("blue", "1"), (settings.Text("data", "color"), settings.Text("data", "theirs")));
        Assert.DoesNotContain(settings.List("metadata", "managedFields"), m => m.Text("operation") == "Apply");
    }

    [Fact]
    public async Task A_move_to_server_side_apply_takes_the_old_fields_over_and_drops_what_the_chart_drops()
    {
        var (ns, helm) = await StartAsync(ServerSideApply.False);
        var chart = TestCharts.Of(Web.Replace("data: {color: \"{{ .Values.color }}\"}", "data: {shade: dark}", StringComparison.Ordinal), "1.1.0", Defaults);
        var action = await helm.PrepareUpgradeAsync(new DeployRequest(ns, "web", chart, [], new ActionOptions { ServerSide = ServerSideApply.True }), default);
        var done = await helm.PerformAsync(action, new Events(), null, default);
        Assert.Equal(ApplyMethods.ServerSide, done.ApplyMethod);
        var settings = (await cluster.Kube.GetAsync(new ObjectRef("v1", "ConfigMap", ns, "settings"), default))!;
        Assert.Equal("""{"shade":"dark"}""", settings["data"]!.ToJsonString());
        Assert.Equal(["Apply"], settings.List("metadata", "managedFields").Where(m => m.Text("manager") == "helm").Select(m => m.Text("operation")));
    }

    private static Portal.Helm.Charts.Chart WithHookJob(string name, string job, string container) => TestCharts.Of("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: one}\n", more: ("templates/hook.yaml", $$"""
        apiVersion: batch/v1
        kind: Job
        metadata: {name: {{name}}, annotations: {helm.sh/hook: pre-install} }
        spec:
          {{job}}
          template:
            spec:
              restartPolicy: Never
              containers:
              - name: main
                image: registry.example.com/job:1
                {{container}}
        """));

    // The story: the hook job of a public chart has a ttlSecondsAfterFinished of 0. It was done and gone before anybody looked, and the install waited for it until its time was over.
    [Fact]
    public async Task A_hook_job_that_is_gone_the_moment_it_is_done_counts_as_done()
    {
        await cluster.NeedsPodsAsync();
        var (ns, helm) = (await cluster.NamespaceAsync(), cluster.Helm());
        var chart = WithHookJob("brief", "ttlSecondsAfterFinished: 0", "");
        var done = await helm.PerformAsync(await helm.PrepareInstallAsync(new DeployRequest(ns, "web", chart, [], new ActionOptions { Timeout = TimeSpan.FromSeconds(60) }), default), new Events(), null, default);
        Assert.Equal(ReleaseStatus.Deployed, done.Info.Status);
    }

    [Fact]
    public async Task A_hook_job_that_somebody_deletes_while_it_runs_ends_the_action_at_once()
    {
        await cluster.NeedsPodsAsync();
        var (ns, helm) = (await cluster.NamespaceAsync(), cluster.Helm());
        var chart = WithHookJob("long", "", "env: [{name: SANDBOX_DURATION, value: '600'}]");
        var action = await helm.PrepareInstallAsync(new DeployRequest(ns, "web", chart, [], new ActionOptions { Timeout = TimeSpan.FromMinutes(5) }), default);
        var performing = helm.PerformAsync(action, new Events(), null, default);
        var job = new ObjectRef("batch/v1", "Job", ns, "long");
        while (await cluster.Kube.GetAsync(job, default) is null)
        {
            await Task.Delay(50);
        }

        await Task.Delay(500);
        await cluster.Kube.DeleteAsync(job, Propagation.Background, default);
        var error = await Assert.ThrowsAsync<ReleaseFailedException>(() => performing.WaitAsync(TimeSpan.FromSeconds(30)));
        Assert.Contains("Job/long", error.Message, StringComparison.Ordinal);
        Assert.Contains("gone", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ServerSideApply.True, ServerSideApply.False)]
    [InlineData(ServerSideApply.False, ServerSideApply.True)]
    public async Task A_rollback_applies_as_the_revision_that_it_goes_back_to(ServerSideApply first, ServerSideApply second)
    {
        var (ns, helm) = await StartAsync(first);
        await UpgradeAsync(helm, ns, new() { ["color"] = "blue" }, new ActionOptions { ServerSide = second });
        var back = await helm.PerformAsync(await helm.PrepareRollbackAsync(new RollbackRequest(ns, "web", 1, new ActionOptions()), default), new Events(), null, default);
        Assert.Equal(first == ServerSideApply.True ? ApplyMethods.ServerSide : ApplyMethods.ClientSide, back.ApplyMethod);
        Assert.Equal("red", (await cluster.Kube.GetAsync(new ObjectRef("v1", "ConfigMap", ns, "settings"), default))!.Text("data", "color"));
        Assert.Equal([ReleaseStatus.Superseded, ReleaseStatus.Superseded, ReleaseStatus.Deployed], (await helm.HistoryAsync(ns, "web", default)).Select(r => r.Info.Status));
    }

    [Fact]
    public async Task A_conflict_is_said_by_field_object_and_owner_before_anything_is_changed()
    {
        var (ns, helm) = await StartAsync(ServerSideApply.True);
        await cluster.Kube.PatchAsync(new ObjectRef("apps/v1", "Deployment", ns, "web"), PatchKind.Merge, new JsonObject { ["spec"] = new JsonObject { ["replicas"] = 3 } }, "kubectl-edit", default);
        var refusal = await Assert.ThrowsAsync<HelmException>(() => UpgradeAsync(helm, ns, new() { ["color"] = "blue" }));
        Assert.Equal("field .spec.replicas of Deployment/web is owned by kubectl-edit", refusal.Message);
        Assert.Single(await helm.HistoryAsync(ns, "web", default));
        Assert.Equal("red", (await cluster.Kube.GetAsync(new ObjectRef("v1", "ConfigMap", ns, "settings"), default))!.Text("data", "color"));
        var forced = await UpgradeAsync(helm, ns, new() { ["color"] = "blue" }, new ActionOptions { ForceConflicts = true });
        Assert.Equal(ReleaseStatus.Deployed, forced.Info.Status);
    }

    [Theory]
    [InlineData(ServerSideApply.True)]
    [InlineData(ServerSideApply.False)]
    public async Task An_immutable_field_is_recognised_before_anything_is_changed(ServerSideApply method)
    {
        var (ns, helm) = await StartAsync(method);
        var refusal = await Assert.ThrowsAsync<HelmException>(() => UpgradeAsync(helm, ns, new() { ["app"] = "other", ["color"] = "blue" }));
        Assert.StartsWith("Deployment/web cannot be changed in place: spec.selector is immutable", refusal.Message, StringComparison.Ordinal);
        Assert.Single(await helm.HistoryAsync(ns, "web", default));
        Assert.Equal("red", (await cluster.Kube.GetAsync(new ObjectRef("v1", "ConfigMap", ns, "settings"), default))!.Text("data", "color"));
    }

    [Fact]
    public async Task A_pending_release_is_refused_settled_and_then_upgraded()
    {
        var (ns, helm) = await StartAsync(ServerSideApply.True);
        var store = new SecretReleaseStore(cluster.Kube, TimeProvider.System);
        var last = (await helm.HistoryAsync(ns, "web", default))[^1];
        await store.CreateAsync(last with { Version = 2, Info = last.Info with { Status = ReleaseStatus.PendingUpgrade } }, new Dictionary<string, string>(), default);
        var pending = await Assert.ThrowsAsync<ReleasePendingException>(() => UpgradeAsync(helm, ns, []));
        Assert.Equal(2, pending.Release.Version);
        await helm.SettleAsync(ns, "web", "its process died", null, default);
        Assert.Equal((3, ReleaseStatus.Deployed), await UpgradeAsync(helm, ns, []) is var done ? (done.Version, done.Info.Status) : default);
    }

    [Fact]
    public async Task A_release_that_is_stuck_can_be_uninstalled()
    {
        var (ns, helm) = await StartAsync(ServerSideApply.True);
        var store = new SecretReleaseStore(cluster.Kube, TimeProvider.System);
        var last = (await helm.HistoryAsync(ns, "web", default))[^1];
        await store.CreateAsync(last with { Version = 2, Info = last.Info with { Status = ReleaseStatus.PendingUpgrade } }, new Dictionary<string, string>(), default);
        await helm.PerformAsync(await helm.PrepareUninstallAsync(new UninstallRequest(ns, "web", new ActionOptions()), default), new Events(), null, default);
        Assert.Empty(await helm.HistoryAsync(ns, "web", default));
        Assert.Null(await cluster.Kube.GetAsync(new ObjectRef("v1", "ConfigMap", ns, "settings"), default));
    }

    [Fact]
    public async Task A_failed_upgrade_with_cleanup_deletes_only_what_it_created()
    {
        var (ns, helm) = await StartAsync(ServerSideApply.True);
        const string More = "\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: fresh}\n---\napiVersion: batch/v1\nkind: Job\nmetadata: {name: wrong}\nspec: {template: {spec: {restartPolicy: Always, containers: [{name: a, image: b}]}}}\n";
        var action = await helm.PrepareUpgradeAsync(new DeployRequest(ns, "web", TestCharts.Of(Web + More, "1.1.0", Defaults), [], new ActionOptions { CleanupOnFail = true }), default);
        var failure = await Assert.ThrowsAsync<ReleaseFailedException>(() => helm.PerformAsync(action, new Events(), null, default));
        Assert.Equal("Job/wrong", failure.Cause!.Object);
        Assert.Null(await cluster.Kube.GetAsync(new ObjectRef("v1", "ConfigMap", ns, "fresh"), default));
        Assert.NotNull(await cluster.Kube.GetAsync(new ObjectRef("v1", "ConfigMap", ns, "settings"), default));
    }

    [Fact]
    public async Task Values_are_reset_reused_or_reset_and_reused_as_asked()
    {
        var (ns, helm) = await StartAsync(ServerSideApply.True, new() { ["color"] = "green" });
        var chart = TestCharts.Of(Web, "1.1.0", "color: white\nreplicas: 5\napp: web\n");
        async Task<string> ColorAsync(ValuesReuse reuse, Dictionary<string, object?> values)
        {
            var action = await helm.PrepareUpgradeAsync(new DeployRequest(ns, "web", chart, values, new ActionOptions()) { Reuse = reuse }, default);
            var replicas = action.Target.Manifest.Split("replicas: ")[1][0];
            return $"{action.Target.Manifest.Split("color: \"")[1].Split('"')[0]} {replicas}";
        }

        Assert.Equal("white 5", await ColorAsync(ValuesReuse.Reset, []));
        Assert.Equal("green 5", await ColorAsync(ValuesReuse.Auto, []));
        Assert.Equal("white 2", await ColorAsync(ValuesReuse.Auto, new() { ["replicas"] = 2.0 }));
        Assert.Equal("green 0", await ColorAsync(ValuesReuse.Reuse, []));
        Assert.Equal("green 2", await ColorAsync(ValuesReuse.ResetThenReuse, new() { ["replicas"] = 2.0 }));
        Assert.Equal("green 5", await ColorAsync(ValuesReuse.ResetThenReuse, []));
    }

    [Fact]
    public async Task Labels_of_a_record_are_added_to_and_taken_away()
    {
        var (ns, helm) = await StartAsync(ServerSideApply.True);
        await UpgradeAsync(helm, ns, [], new ActionOptions { Labels = new Dictionary<string, string> { ["team"] = "a", ["tier"] = "b" } });
        var done = await UpgradeAsync(helm, ns, [], new ActionOptions { Labels = new Dictionary<string, string> { ["tier"] = "null" } });
        Assert.Equal(["team=a"], done.Labels.Select(l => $"{l.Key}={l.Value}"));
        var refusal = await Assert.ThrowsAsync<HelmException>(() => UpgradeAsync(helm, ns, [], new ActionOptions { Labels = new Dictionary<string, string> { ["owner"] = "me" } }));
        Assert.Contains("system reserved label name \"owner\"", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_record_that_no_Secret_can_hold_is_refused_before_anything_is_changed()
    {
        var ns = await cluster.NamespaceAsync();
        var noise = new byte[1_500_000];
        new Random(1).NextBytes(noise);
        var chart = TestCharts.Of(Web, "1.0.0", Defaults, ("files/noise", Convert.ToBase64String(noise)));
        var helm = cluster.Helm();
        var action = await helm.PrepareInstallAsync(new DeployRequest(ns, "web", chart, [], new ActionOptions()), default);
        var refusal = await Assert.ThrowsAsync<HelmException>(() => helm.PerformAsync(action, new Events(), null, default));
        Assert.Contains("a Secret takes 1048576", refusal.Message, StringComparison.Ordinal);
        Assert.Null(await cluster.Kube.GetAsync(new ObjectRef("v1", "ConfigMap", ns, "settings"), default));
    }

    private async Task<(string Namespace, HelmClient Helm)> StartAsync(ServerSideApply method, Dictionary<string, object?>? values = null)
    {
        var ns = await cluster.NamespaceAsync();
        var helm = cluster.Helm();
        var action = await helm.PrepareInstallAsync(new DeployRequest(ns, "web", TestCharts.Of(Web, "1.0.0", Defaults), values ?? [], new ActionOptions { ServerSide = method }), default);
        await helm.PerformAsync(action, new Events(), null, default);
        return (ns, helm);
    }

    private static async Task<Release> UpgradeAsync(HelmClient helm, string ns, Dictionary<string, object?> values, ActionOptions? options = null) => await helm.PerformAsync(
        await helm.PrepareUpgradeAsync(new DeployRequest(ns, "web", TestCharts.Of(Web, "1.1.0", Defaults), values, options ?? new ActionOptions()), default), new Events(), null, default);

    // Helm 3 knows no apply method: its records have none.
    private async Task ForgetMethodAsync(string ns)
    {
        var store = new SecretReleaseStore(cluster.Kube, TimeProvider.System);
        foreach (var stored in await store.HistoryAsync(ns, "web", default))
        {
            await store.UpdateAsync(stored, stored.Release with { ApplyMethod = "" }, stored.Annotations, default);
        }
    }
}
