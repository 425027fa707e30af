using System.Net;
using System.Net.Http.Json;
using Portal.Core;
using Portal.Testing;
using Portal.Core.Catalog;
using Portal.Core.Plans;
using Portal.Core.Values;

namespace Portal.Server.Tests.Catalog;

/// <summary>A chart that carries nothing but templates: what an operator writes about it reaches catalog, briefing, override report, plan and runbook.</summary>
public sealed class ReleasePackApiTests(PortalServer portal)
{
    private const string Values = "mail:\n  host: smtp.example.com\n";

    private static (string, string)[] Files(string key) =>
    [
        ("values.yaml", $"{key}:\n  host: localhost\n"),
        ("templates/config.yaml", $"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: NAME\ndata:\n  host: {{{{ .Values.{key}.host | quote }}}}\n"),
    ];

    private static string Pack(string name, string stops = "") => $$"""
        name: {{name}}
        charts: [{{name}}]
        {{stops}}
        migrations:
          - { version: "2.0.0", kind: move, from: "mail.*", to: "smtp.*" }
        versions:
          - version: "1.5.0"
            changes: [{ kind: fixed, text: "Nothing that anybody uses." }]
          - version: "2.0.0"
            changes: [{ kind: breaking, text: "`mail.host` is now `smtp.host`." }]
            guide: Have coffee.
            steps:
              - { kind: admin-only, when: before, text: "Apply the Role.", check: { apiVersion: rbac.authorization.k8s.io/v1, kind: Role, name: mailer, resource: secrets, verbs: [get] } }
              - { kind: manual, when: before, text: "Tell the users." }
              - { kind: restart, when: after, text: "Restart the mailer." }
        """;

    private static Task<HttpResponseMessage> PutAsync(HttpClient client, string name, string text, string? edited = null) => SendAsync(client, HttpMethod.Put, name, edited, new SaveReleasePackRequest(text));

    private static Task<HttpResponseMessage> SendAsync(HttpClient client, HttpMethod method, string name, string? edited, SaveReleasePackRequest? body = null)
    {
        var request = new HttpRequestMessage(method, $"{Routes.Api}/release-packs/{name}") { Content = body is null ? null : JsonContent.Create(body, options: PortalServer.Json) };
        if (edited is not null)
        {
            request.Headers.IfMatch.ParseAdd($"\"{edited}\"");
        }

        return client.SendAsync(request);
    }

    private async Task<string> EditionAsync(string name) => (await PortalServer.GetAsync<ReleasePackText>(portal.Viewer, $"release-packs/{name}")).Edition;

    private async Task<OwnChart> InstalledAsync()
    {
        var own = new OwnChart(portal);
        await own.UploadAsync("1.0.0", Files("mail"));
        await own.UploadAsync("2.0.0", Files("smtp"));
        await own.InstallAsync("1.0.0", Values);
        return own;
    }

    /// <summary>A vendor's slip made the pack in the chart vanish without a word: nobody knew that there were steps.</summary>
    [Fact]
    public async Task A_pack_in_the_chart_that_cannot_be_read_is_said()
    {
        var own = new OwnChart(portal);
        await own.UploadAsync("1.0.0", Files("mail"));
        await own.UploadAsync("2.0.0", [.. Files("mail"), ("release-pack.yaml", "name: NAME\ncharts: [NAME]\nversions:\n- version: two\n")]);
        await own.InstallAsync("1.0.0", Values);
        var briefing = await PortalServer.GetAsync<UpgradeBriefing>(portal.Viewer, $"releases/{own.ReleaseId}/upgrade?to=2.0.0");
        Assert.Equal("release-pack.yaml: version 1: version is missing or no version (write it in quotes)", briefing.PackProblem);
        var finding = Assert.Single((await own.PlanUpgradeAsync("2.0.0")).Findings, f => f.Code == "release-pack");
        Assert.Equal(FindingLevel.Warning, finding.Level);
        Assert.Contains("version is missing", finding.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_chart_that_carries_nothing_becomes_useful_by_a_pack_alone()
    {
        var own = await InstalledAsync();
        var before = await own.PlanUpgradeAsync("2.0.0");
        Assert.Empty(before.Steps!);

        Assert.Equal(HttpStatusCode.OK, (await PutAsync(portal.Operator, own.Name, Pack(own.Name))).StatusCode);
        var briefing = await PortalServer.GetAsync<UpgradeBriefing>(portal.Viewer, $"releases/{own.ReleaseId}/upgrade?to=2.0.0");
        Assert.Equal(["mail.host"], briefing.Changes[0].Concerns);
        Assert.Equal(["2.0.0", "1.5.0"], briefing.Changes.Select(c => c.Entry.Version));
        Assert.Equal([own.Name], briefing.Sources);
        var report = await PortalServer.GetAsync<OverrideReport>(portal.Viewer, $"releases/{own.ReleaseId}/values/overrides?to=2.0.0");
        Assert.Contains(report.Keys, k => k is { Path: "mail.host", NewPath: "smtp.host", Basis: OverrideBasis.Migrations });

        var plan = await own.PlanUpgradeAsync("2.0.0");
        Assert.Equal([StepOutcome.NotMet, StepOutcome.NotChecked, StepOutcome.NotChecked], plan.Steps!.Select(s => s.Outcome));
        Assert.Equal("There is no Role/mailer.", plan.Steps![0].Detail);
        Assert.Equal(["step:2.0.0/1", "step:2.0.0/2"], plan.Findings.Where(f => f.Code == "step").Select(f => f.Id));
        var runbook = await portal.Viewer.GetStringAsync(new Uri($"{Routes.Api}/plans/{plan.Id}/export", UriKind.Relative));
        Assert.Contains("- [ ] **cluster admin** (2.0.0) Apply the Role. There is no Role/mailer.", runbook, StringComparison.Ordinal);
        Assert.True(runbook.IndexOf("Restart the mailer.", StringComparison.Ordinal) > runbook.IndexOf("## 4. After", StringComparison.Ordinal));

        // Somebody applies the Role: the plan sees it, and asks for one thing less.
        using var kube = await own.SomebodyElseAsync();
        var role = new k8s.Models.V1Role { Metadata = new() { Name = "mailer" }, Rules = [new() { ApiGroups = [""], Resources = ["secrets"], Verbs = ["list"] }] };
        await k8s.RbacAuthorizationV1OperationsExtensions.CreateNamespacedRoleAsync(kube.RbacAuthorizationV1, role, own.Name);
        Assert.Equal("Role/mailer does not allow get on secrets.", (await own.PlanUpgradeAsync("2.0.0")).Steps![0].Detail);
        role.Rules[0].Verbs = ["get", "list"];
        await k8s.RbacAuthorizationV1OperationsExtensions.ReplaceNamespacedRoleAsync(kube.RbacAuthorizationV1, role, "mailer", own.Name);
        var after = await own.PlanUpgradeAsync("2.0.0");
        Assert.Equal(StepOutcome.Met, after.Steps![0].Outcome);
        Assert.Equal(["step:2.0.0/2"], after.Findings.Where(f => f.Code == "step").Select(f => f.Id));
    }

    [Fact]
    public async Task A_required_stop_blocks_a_jump_over_it()
    {
        var own = await InstalledAsync();
        await own.UploadAsync("1.5.0", Files("mail"));
        await PutAsync(portal.Operator, own.Name, Pack(own.Name, "stops: [{ version: \"1.5.0\", required: true, note: It moves the data. }]"));
        var plan = await own.PlanUpgradeAsync("2.0.0");
        var path = Assert.Single(plan.Findings, f => f.Code == "path");
        Assert.Equal((FindingLevel.Blocker, "The way to 2.0.0 leads over 1.5.0. It moves the data.", "Upgrade to 1.5.0 first."), (path.Level, path.Message, path.Remedy));
        Assert.DoesNotContain((await own.PlanUpgradeAsync("1.5.0")).Findings, f => f.Code == "path");
    }

    [Fact]
    public async Task Packs_are_listed_read_replaced_and_deleted()
    {
        var name = "p" + Guid.NewGuid().ToString("N")[..8];
        Assert.Equal(HttpStatusCode.OK, (await PutAsync(portal.Operator, name, Pack(name))).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await PutAsync(portal.Admin, name, Pack(name) + "# more\n", await EditionAsync(name))).StatusCode);
        var list = (await PortalServer.GetAsync<Page<ReleasePackSummary>>(portal.Viewer, "release-packs")).Items;
        var mine = Assert.Single(list, p => p.Name == name);
        Assert.Equal((PackOrigin.Operator, 2, 1, "admin"), (mine.Origin, mine.Versions, mine.Migrations, mine.UpdatedBy));
        Assert.Contains(list, p => p is { Name: "iomete-data-plane", Origin: PackOrigin.Shipped, Migrations: > 40 });
        Assert.EndsWith("# more\n", (await PortalServer.GetAsync<ReleasePackText>(portal.Viewer, $"release-packs/{name}")).Text, StringComparison.Ordinal);

        await PortalServer.ProblemAsync(await PutAsync(portal.Operator, "other", Pack(name)), 422, "invalid");
        await PortalServer.ProblemAsync(await PutAsync(portal.Operator, name, "name: x\n", await EditionAsync(name)), 422, "invalid");
        await PortalServer.ProblemAsync(await PutAsync(portal.Viewer, name, Pack(name)), 403, "not-allowed");
        Assert.Equal(HttpStatusCode.NoContent, (await SendAsync(portal.Operator, HttpMethod.Delete, name, await EditionAsync(name))).StatusCode);
        await PortalServer.ProblemAsync(await portal.Viewer.GetAsync(new Uri($"{Routes.Api}/release-packs/{name}", UriKind.Relative)), 404, "not-found");
        await PortalServer.ProblemAsync(await portal.Operator.DeleteAsync(new Uri($"{Routes.Api}/release-packs/iomete-data-plane", UriKind.Relative)), 404, "not-found");
    }

    /// <summary>Two people had the same pack open: the second one to save undid what the first one wrote, and nobody was told.</summary>
    [Fact]
    public async Task What_somebody_else_wrote_into_a_pack_is_not_overwritten()
    {
        var name = "p" + Guid.NewGuid().ToString("N")[..8];
        await PutAsync(portal.Operator, name, Pack(name));
        var opened = await EditionAsync(name);
        Assert.Equal(HttpStatusCode.OK, (await PutAsync(portal.Admin, name, Pack(name) + "# by the admin\n", opened)).StatusCode);

        await PortalServer.ProblemAsync(await PutAsync(portal.Operator, name, Pack(name) + "# by the operator\n"), 428, "if-match");
        await PortalServer.ProblemAsync(await PutAsync(portal.Operator, name, Pack(name) + "# by the operator\n", opened), 412, "stale");
        await PortalServer.ProblemAsync(await SendAsync(portal.Operator, HttpMethod.Delete, name, null), 428, "if-match");
        await PortalServer.ProblemAsync(await SendAsync(portal.Operator, HttpMethod.Delete, name, opened), 412, "stale");
        Assert.EndsWith("# by the admin\n", (await PortalServer.GetAsync<ReleasePackText>(portal.Viewer, $"release-packs/{name}")).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Annotations_of_the_versions_between_are_added_up()
    {
        var own = new OwnChart(portal);
        foreach (var version in new[] { "1.0.0", "1.1.0", "1.2.0" })
        {
            var metadata = $"apiVersion: v2\nname: {own.Name}\nversion: {version}\nannotations:\n  artifacthub.io/changes: |\n    - news of {version}\n";
            await TestChart.UploadAsync(portal.Admin, Helm.Charts.ChartLoader.Load([new Helm.Charts.ChartFile("Chart.yaml", System.Text.Encoding.UTF8.GetBytes(metadata))]));
        }

        await own.PrepareAsync("1.0.0");
        var briefing = await PortalServer.GetAsync<UpgradeBriefing>(portal.Viewer, $"releases/{own.ReleaseId}/upgrade?from=1.0.0&to=1.2.0");
        Assert.Equal(["news of 1.2.0", "news of 1.1.0"], briefing.Changes.Select(c => c.Entry.Text));
    }
}
