using Portal.Core;
using Portal.Core.Catalog;
using Portal.Core.Operations;
using Portal.Core.Plans;
using Portal.Core.Releases;
using Portal.Helm.Actions;
using Portal.Helm.Yaml;
using Portal.Testing;
using static Portal.Server.Tests.PortalServer;

namespace Portal.Server.Tests.Values;

/// <summary>Revisions made outside hold secrets that no values revision has: a rollback to one showed them in its plan and its log.</summary>
public sealed class RecordedSecretsTests(PortalServer portal)
{
    private static readonly (string, string)[] Files =
    [
        ("templates/url.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: url}\ndata: {url: {{ printf \"mysql://u:%s@h\" .Values.adminPassword | quote }}}\n"),
        ("templates/hook.yaml", "apiVersion: batch/v1\nkind: Job\nmetadata: {name: hook, annotations: {helm.sh/hook: pre-rollback}}\nspec: {backoffLimit: 0, template: {spec: {restartPolicy: Never, containers: [{name: h, image: \"x/h:1\", env: [{name: SANDBOX_LOG_TEXT, value: {{ .Values.adminPassword | quote }}}, {name: SANDBOX_LOG_LINES, value: \"4\"}]}]}}}\n"),
    ];

    [Fact]
    public async Task They_are_hidden_in_plan_and_log_of_a_rollback()
    {
        var cancellation = TestContext.Current.CancellationToken;
        var name = "r" + Guid.NewGuid().ToString("N")[..12];
        var chart = TestChart.Make(name, "1.0.0", Files);
        await TestChart.UploadAsync(portal.Admin, chart);
        var cluster = (await portal.SandboxAsync()).Id;
        var helm = (await new OwnChart(portal).ConnectAsync()).Helm;
        DeployRequest Request(string password) => new(name, name, chart, GoYaml.ReadTable($"adminPassword: {password}\n"), new ActionOptions { CreateNamespace = true });
        await helm.PerformAsync(await helm.PrepareInstallAsync(Request("CanaryOldPw1"), cancellation), new Nobody(), null, cancellation);
        await helm.PerformAsync(await helm.PrepareUpgradeAsync(Request("CanaryNewPw2"), cancellation), new Nobody(), null, cancellation);
        var source = (await GetAsync<Page<ChartSource>>(portal.Viewer, "chart-sources")).Items.Single(s => s.Kind == ChartSourceKind.Upload).Id;
        var release = await ReadAsync<Release>(await PostAsync(portal.Admin, "releases", new AddReleaseRequest(AddReleaseMode.Adopt, cluster, name, name, source, name, "1.0.0", "adminPassword: CanaryNewPw2\n")));

        var plan = await PlanAsync(portal.Operator, release.Id, new CreatePlanRequest(OperationKind.Rollback, ToRevision: 1));
        Assert.DoesNotContain("Canary", await portal.Viewer.GetStringAsync($"{Routes.Api}/plans/{plan.Id}/changes?unchanged=true", cancellation), StringComparison.Ordinal);
        var ended = await EndAsync(portal.Operator, (await StartAsync(portal.Operator, plan)).Id);
        var log = await portal.Viewer.GetStringAsync($"{Routes.Api}/operations/{ended.Id}/log?limit=500", cancellation);
        Assert.Contains("step 1 of 2", log, StringComparison.Ordinal);
        Assert.DoesNotContain("Canary", log, StringComparison.Ordinal);
    }
}
