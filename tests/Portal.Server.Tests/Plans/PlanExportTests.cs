using System.Text.Json;
using Portal.Core;
using Portal.Core.Catalog;
using Portal.Core.Operations;
using Portal.Core.Plans;
using Portal.Core.Values;
using Portal.Helm.Yaml;
using Portal.Server.Features.Catalog;
using Portal.Server.Features.Overview;
using Portal.Server.Features.Plans;
using Portal.Server.Features.Releases;
using Portal.Server.Features.Values;

namespace Portal.Server.Tests.Plans;

public sealed class PlanExportTests(PortalServer portal)
{
    private static readonly ReleaseRow Release = new() { Id = "1", ClusterId = "c", Namespace = "iomete-system", Name = "data-plane", SourceId = "s", Chart = "iomete" };

    private static readonly ChartSourceRow Http = new() { Id = "s", Name = "vendor", Kind = ChartSourceKind.Http, Url = "https://charts.example.com/a b" };

    private static Plan PlanOf(OperationKind kind, PlanOptions? options = null) => new(
        "p", "1", kind, PlanState.Ready, "abc", null, null, "1.0.0", "1.1.0", VersionClass.Minor, 4, kind == OperationKind.Rollback ? 2 : 5, 3, 2, options ?? new PlanOptions(), new PlanSummary(0, 1, 0, 2, 1, 0, 0),
        [], [], [], null, "ana", DateTimeOffset.UnixEpoch, null);

    [Fact]
    public void The_command_of_an_upgrade_says_all_options() => Assert.Equal(
        "helm upgrade data-plane iomete --repo 'https://charts.example.com/a b' --version 1.1.0 --namespace iomete-system --values values.yaml --reset-values --history-max 10 --rollback-on-failure --force-conflicts --wait --no-hooks --timeout 300s\n"
        + "helm test data-plane --namespace iomete-system",
        PlanExport.Command(Release, Http, PlanOf(OperationKind.Upgrade, new PlanOptions(RunTests: true, ForceConflicts: true, NoHooks: true))));

    [Fact]
    public void The_command_follows_kind_and_source()
    {
        var oci = new ChartSourceRow { Id = "s", Name = "oci", Kind = ChartSourceKind.Oci, Url = "oci://registry.example.com/charts/iomete" };
        Assert.StartsWith("helm install data-plane oci://registry.example.com/charts/iomete --version 1.1.0 --namespace iomete-system --values values.yaml --create-namespace ", PlanExport.Command(Release, oci, PlanOf(OperationKind.Install)), StringComparison.Ordinal);
        Assert.StartsWith("helm upgrade data-plane ./iomete-1.1.0.tgz --namespace", PlanExport.Command(Release, null, PlanOf(OperationKind.Upgrade)), StringComparison.Ordinal);
        Assert.Equal("helm rollback data-plane 2 --namespace iomete-system --history-max 10 --wait --timeout 300s", PlanExport.Command(Release, Http, PlanOf(OperationKind.Rollback)));
        Assert.Equal("helm uninstall data-plane --namespace iomete-system --keep-history --wait --timeout 300s", PlanExport.Command(Release, Http, PlanOf(OperationKind.Uninstall, new PlanOptions(KeepHistory: true))));
    }

    [Fact]
    public void The_values_file_says_what_to_fill_in()
    {
        const string text = "a:\n  password: 'hush-hush' # rotate\n  host: db\nadminPasswordSecret: {name: s, key: k}\n";
        var values = ValuesExport.Of(text, new HashSet<string>(), new Dictionary<string, string>()).Text;
        Assert.Equal(text.Replace("'hush-hush'", "\"<fill in a.password>\"", StringComparison.Ordinal), values);
        GoYaml.ReadTable(values);
    }

    [Fact]
    public void What_charts_and_people_write_starts_no_markup_in_a_runbook()
    {
        var plan = PlanOf(OperationKind.Upgrade) with { Findings = [new Finding("x", "x", FindingLevel.Warning, null, null, "<img src=x>\n# big", "[do](http://evil.example.com)")] };
        var text = PlanExport.Runbook(Release, Http, plan, [new ObjectChange("Deployment/web", "apps/v1", "iomete-system", ObjectChangeKind.Changed, Effect.RollingRestart, "a | b", "", "")], null, new ExportedValues("x: |\n  ```\n  # no end\n", [new LeftOutSecret("db.password", "db/password"), new LeftOutSecret("b", null)]), DateTimeOffset.UnixEpoch);
        Assert.Contains("- [ ] **Warning** \\<img src=x\\> # big \\[do\\](http://evil.example.com)", text, StringComparison.Ordinal);
        Assert.Contains("| Deployment/web | Changed | RollingRestart | a \\| b |", text, StringComparison.Ordinal);
        Assert.Contains("````yaml\nx: |\n  ```\n  # no end\n````", text, StringComparison.Ordinal);
        Assert.Contains("- [ ] `db.password`: take it from Secret db/password in iomete-system.\n- [ ] `b`: fill it in.\n", text, StringComparison.Ordinal);
        Assert.Contains("- [ ] `kubectl rollout status deployment/web --namespace iomete-system`", text, StringComparison.Ordinal);
        Assert.Contains("helm rollback data-plane 4 --namespace iomete-system --wait", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_plan_is_exported_in_every_form_without_a_secret()
    {
        // The sample in a namespace of its own: other tests change the one that is there.
        var id = await portal.PrepareAsync(SampleSeeder.Values);
        await PortalServer.RunAsync(portal.Admin, id, new CreatePlanRequest(OperationKind.Install, "1.0.5", Options: new PlanOptionsRequest(Wait: false, NoHooks: true)));
        var plan = await PortalServer.PlanAsync(portal.Operator, id, new CreatePlanRequest(OperationKind.Upgrade, "2.0.0"));
        Assert.True(plan.State == PlanState.Ready, plan.Error);
        Task<string> Export(string format) => portal.Viewer.GetStringAsync(new Uri($"{Routes.Api}/plans/{plan.Id}/export{format}", UriKind.Relative));

        var runbook = await Export("");
        Assert.Contains("- [ ] Move `storage.lakehouse_bucket_name` to `storage.bucketName` in the values.", runbook, StringComparison.Ordinal);
        Assert.Contains("```sh\nhelm upgrade r", runbook, StringComparison.Ordinal);
        Assert.Contains($"digest `{plan.Digest}`", runbook, StringComparison.Ordinal);

        var values = await Export("?format=values");
        Assert.Contains("\"<from Secret data-plane/database-password>\"", values, StringComparison.Ordinal);
        Assert.Contains("# needed to reset the password", values, StringComparison.Ordinal);
        GoYaml.ReadTable(values);

        var command = await Export("?format=helm");
        Assert.StartsWith("helm upgrade r", command, StringComparison.Ordinal);

        var json = JsonDocument.Parse(await Export("?format=json")).RootElement;
        Assert.Equal(plan.Digest, json.GetProperty("plan").GetProperty("digest").GetString());
        Assert.True(json.GetProperty("changes").GetArrayLength() > 5);
        Assert.Equal(nameof(OverrideVerdict.Renamed), json.GetProperty("overrides").GetProperty("keys").EnumerateArray().First(k => k.GetProperty("path").GetString() == "storage.lakehouse_bucket_name").GetProperty("verdict").GetString());

        foreach (var text in new[] { runbook, values, command, json.GetRawText() })
        {
            Assert.DoesNotContain("kc-sample-password", text, StringComparison.Ordinal);
            Assert.DoesNotContain("sample-database-password", text, StringComparison.Ordinal);
            Assert.DoesNotContain("sample-storage-key", text, StringComparison.Ordinal);
        }

        await PortalServer.ProblemAsync(await portal.Viewer.GetAsync(new Uri($"{Routes.Api}/plans/{plan.Id}/export?format=pdf", UriKind.Relative)), 422, "invalid");
    }
}
