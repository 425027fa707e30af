using System.Net.Http.Json;
using Portal.Core;
using Portal.Core.Operations;
using Portal.Core.Plans;
using Portal.Core.Values;

namespace Portal.Server.Tests.Values;

/// <summary>The override report over the API: the sample's own migrations, and proposals that become a values revision.</summary>
public sealed class OverrideApiTests(PortalServer portal)
{
    private const string Text = """
        dataPlane:
          adminUser:
            email: ana@example.com # needed to reset the password
            temporaryPassword: first-secret-1
        # where tables live
        storage:
          lakehouse_bucket_name: tables
          settings:
            secretKey: second-secret-2
        jupyter:
          authToken: third-secret-3
        ranger:
          enabled: true
        clusterDomain: cluster.local
        """;

    private static async Task<HttpResponseMessage> ApplyAsync(HttpClient client, string id, ApplyOverridesRequest body, int ifMatch)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"{Routes.Api}/releases/{id}/values/overrides") { Content = JsonContent.Create(body) };
        request.Headers.TryAddWithoutValidation("If-Match", $"\"{ifMatch}\"");
        return await client.SendAsync(request);
    }

    /// <summary>Who writes release packs took a secret to a key that everybody may read.</summary>
    [Fact]
    public async Task A_proposal_that_shows_a_secret_is_refused()
    {
        var own = new OwnChart(portal);
        await own.UploadAsync("1.0.0", ("values.yaml", "database: {password: ''}\njupyter: {authToken: ''}\n"));
        await own.UploadAsync("2.0.0", ("values.yaml", "database: {shown: ''}\njupyter: {link: ''}\n"));
        await own.PrepareAsync("1.0.0", "database: {password: moved-secret-1}\njupyter: {authToken: built-secret-2}\n");
        var pack = $$"""
            name: {{own.Name}}
            charts: [{{own.Name}}]
            migrations:
            - {version: "2.0.0", kind: rename, from: [database.password], to: [database.shown]}
            - {version: "2.0.0", kind: replace, from: [jupyter.authToken], to: [jupyter.link], value: "x{authToken}"}
            """;
        Assert.True((await portal.Operator.PutAsJsonAsync($"{Routes.Api}/release-packs/{own.Name}", new Portal.Core.Catalog.SaveReleasePackRequest(pack), PortalServer.Json)).IsSuccessStatusCode);
        var report = await PortalServer.GetAsync<OverrideReport>(portal.Operator, $"releases/{own.ReleaseId}/values/overrides?from=1.0.0&to=2.0.0");
        Assert.Equal(2, report.Keys.Count(k => k is { NewPath: "database.shown" or "jupyter.link", Basis: OverrideBasis.Migrations }));
        foreach (var key in report.Keys.Where(k => k.NewPath is "database.shown" or "jupyter.link"))
        {
            await PortalServer.ProblemAsync(await ApplyAsync(portal.Operator, own.ReleaseId, new ApplyOverridesRequest("2.0.0", [key.Id!], From: "1.0.0"), 1), 422, "secret-shown");
        }
    }

    [Fact]
    public async Task A_report_says_what_becomes_of_each_key_and_shows_no_secret()
    {
        var id = await portal.PrepareAsync(Text);
        var answer = await portal.Viewer.GetStringAsync(new Uri($"{Routes.Api}/releases/{id}/values/overrides?from=1.0.5&to=2.0.0", UriKind.Relative));
        Assert.DoesNotContain("-secret-", answer, StringComparison.Ordinal);
        var report = await PortalServer.GetAsync<OverrideReport>(portal.Viewer, $"releases/{id}/values/overrides?from=1.0.5&to=2.0.0");
        Assert.Equal(("1.0.5", "2.0.0"), (report.FromVersion, report.ToVersion));
        Assert.Equal("adminUser.email", report.Keys.Single(k => k.Path == "dataPlane.adminUser.email").NewPath);
        Assert.Equal("storage.bucketName", report.Keys.Single(k => k.Path == "storage.lakehouse_bucket_name").NewPath);
        Assert.Equal(OverrideVerdict.Dead, report.Keys.Single(k => k.Path == "ranger.enabled").Verdict);
        Assert.Equal(OverrideVerdict.Redundant, report.Keys.Single(k => k.Path == "clusterDomain").Verdict);
        Assert.Equal("(secret)", report.Keys.Single(k => k.Path == "jupyter.authToken").Value);
        await PortalServer.ProblemAsync(await portal.Viewer.GetAsync(new Uri($"{Routes.Api}/releases/{id}/values/overrides?to=9.9.9", UriKind.Relative)), 404, "unknown-version");
    }

    [Fact]
    public async Task Applied_proposals_become_a_values_revision_with_comments_and_secrets_in_their_new_places()
    {
        var id = await portal.PrepareAsync(Text);
        var report = await PortalServer.GetAsync<OverrideReport>(portal.Operator, $"releases/{id}/values/overrides?from=1.0.5&to=2.0.0");
        var ids = report.Keys.Where(k => k is { IsAlarm: true, Id: not null }).Select(k => k.Id!).ToArray();
        var saved = await PortalServer.ReadAsync<ValuesRevision>(await ApplyAsync(portal.Operator, id, new ApplyOverridesRequest("2.0.0", ids, From: "1.0.5"), 1));
        Assert.Equal(2, saved.Number);
        Assert.Contains("  email: ana@example.com # needed to reset the password\n", saved.Text, StringComparison.Ordinal);
        Assert.Contains("# where tables live\nstorage:\n", saved.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("-secret-", saved.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("dataPlane", saved.Text, StringComparison.Ordinal);

        // The secrets went along: under the new keys they reveal what they were.
        var after = await PortalServer.GetAsync<OverrideReport>(portal.Operator, $"releases/{id}/values/overrides?from=1.0.5&to=2.0.0");
        Assert.DoesNotContain(after.Keys, k => k.Verdict is OverrideVerdict.Renamed or OverrideVerdict.Dead);
        var secret = System.Text.RegularExpressions.Regex.Match(saved.Text, "secretKey: __portal_secret:([0-9a-f]+)__").Groups[1].Value;
        Assert.Equal(new RevealedSecret("storage.minioSettings.secretKey", "second-secret-2"), await PortalServer.ReadAsync<RevealedSecret>(await PortalServer.PostAsync(portal.Admin, $"releases/{id}/values/2/reveal", new RevealRequest(secret))));

        await PortalServer.ProblemAsync(await ApplyAsync(portal.Operator, id, new ApplyOverridesRequest("2.0.0", ids, From: "1.0.5"), 1), 412, "stale");
        await PortalServer.ProblemAsync(await ApplyAsync(portal.Operator, id, new ApplyOverridesRequest("2.0.0", ["no.such.key"], From: "1.0.5"), 2), 422, "invalid");
        await PortalServer.ProblemAsync(await ApplyAsync(portal.Viewer, id, new ApplyOverridesRequest("2.0.0", ids, From: "1.0.5"), 2), 403, "not-allowed");
    }

    [Fact]
    public async Task A_plan_carries_the_report_and_its_findings()
    {
        // A release of its own: other tests bring the sample to 2.0.0, with values that have no old key any more.
        // With passwords of its own: those of the chart stop an install.
        var id = await portal.PrepareAsync(Text.Replace("secretKey: second-secret-2", "secretKey: second-secret-2\n    accessKey: tables", StringComparison.Ordinal) + "\nkeycloak: {adminPassword: fourth-secret-4}\ndatabase: {password: fifth-secret-5}\n");
        await PortalServer.RunAsync(portal.Operator, id, new CreatePlanRequest(OperationKind.Install, "1.0.5"));
        var plan = await PortalServer.PlanAsync(portal.Operator, id, new CreatePlanRequest(OperationKind.Upgrade, "2.0.0"));
        Assert.True(plan.State == PlanState.Ready, plan.Error);
        var report = await PortalServer.GetAsync<OverrideReport>(portal.Viewer, $"plans/{plan.Id}/overrides");
        Assert.Contains(report.Keys, k => k is { Path: "storage.lakehouse_bucket_name", NewPath: "storage.bucketName" });
        Assert.Contains(plan.Findings, f => f is { Code: "renamed-key", Key: "storage.lakehouse_bucket_name", Level: FindingLevel.Warning });
        Assert.Contains(plan.Findings, f => f is { Code: "dead-key", Key: "ranger.enabled" });
    }
}
