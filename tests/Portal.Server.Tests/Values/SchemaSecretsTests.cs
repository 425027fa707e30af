using Portal.Core;
using Portal.Core.Plans;
using Portal.Core.Values;

namespace Portal.Server.Tests.Values;

/// <summary>Secrets that only a chart's schema knows.</summary>
public sealed class SchemaSecretsTests(PortalServer portal)
{
    /// <summary>What one version called secret was shown as soon as a newer one had another name for it, and before anything was installed.</summary>
    [Fact]
    public async Task What_one_version_calls_secret_stays_secret()
    {
        var own = new OwnChart(portal);
        await own.UploadAsync("1.0.0", ("values.yaml", "licence: ''\n"), ("values.schema.json", """{"properties":{"licence":{"writeOnly":true}}}"""));
        await own.UploadAsync("2.0.0", ("values.yaml", "permit: ''\n"), ("values.schema.json", """{"properties":{"permit":{"writeOnly":true}}}"""));
        await own.PrepareAsync("1.0.0", "licence: only-the-schema-knows\n");
        async Task SeeNothingAsync(string path) => Assert.DoesNotContain("only-the-schema-knows", await portal.Viewer.GetStringAsync(new Uri($"{Routes.Api}/{path}", UriKind.Relative)), StringComparison.Ordinal);
        await SeeNothingAsync($"releases/{own.ReleaseId}/values/1");

        await PortalServer.RunAsync(portal.Admin, own.ReleaseId, new CreatePlanRequest(Portal.Core.Operations.OperationKind.Install, "1.0.0", Options: new PlanOptionsRequest(Wait: false)));
        var plan = await own.PlanUpgradeAsync("2.0.0", new PlanOptionsRequest(Wait: false));
        await PortalServer.RunAsync(portal.Admin, own.ReleaseId, new CreatePlanRequest(Portal.Core.Operations.OperationKind.Upgrade, "2.0.0", Options: new PlanOptionsRequest(Wait: false)));
        await SeeNothingAsync($"releases/{own.ReleaseId}/values/1");
        await SeeNothingAsync($"releases/{own.ReleaseId}/revisions/1");
        await SeeNothingAsync($"releases/{own.ReleaseId}/revisions/2");
        await SeeNothingAsync($"plans/{plan.Id}/export?format=values");
        await SeeNothingAsync($"plans/{plan.Id}/export?format=markdown");
    }

    /// <summary>The chart of another name had no schema, and everybody read what the one before it had called secret.</summary>
    [Fact]
    public async Task What_a_chart_of_another_name_called_secret_stays_secret()
    {
        var own = new OwnChart(portal);
        await own.UploadAsync("1.0.0", ("values.yaml", "licence: ''\n"), ("values.schema.json", """{"properties":{"licence":{"writeOnly":true}}}"""));
        var other = new OwnChart(portal);
        await other.UploadAsync("2.0.0", ("values.yaml", "licence: ''\n"));
        await own.InstallAsync("1.0.0", "licence: only-the-old-one-knows\n");
        await PortalServer.RunAsync(portal.Admin, own.ReleaseId, new CreatePlanRequest(Portal.Core.Operations.OperationKind.Upgrade, "2.0.0", Options: new PlanOptionsRequest(Wait: false), Chart: other.Name));
        await Portal.Testing.Eventually.TrueAsync(async () => (await PortalServer.GetAsync<Portal.Core.Releases.Release>(portal.Viewer, $"releases/{own.ReleaseId}")).Chart == other.Name);
        foreach (var path in new[] { "values/1", "revisions/1", "revisions/2" })
        {
            Assert.DoesNotContain("only-the-old-one-knows", await portal.Viewer.GetStringAsync(new Uri($"{Routes.Api}/releases/{own.ReleaseId}/{path}", UriKind.Relative)), StringComparison.Ordinal);
        }
    }

    /// <summary>A release that came back from another chart is of that one no less; of very many, the newest are known.</summary>
    [Fact]
    public void A_release_knows_which_charts_it_was_of()
    {
        var release = new Portal.Server.Features.Releases.ReleaseRow { Id = "r", ClusterId = "c", Namespace = "n", Name = "n", SourceId = "s", Chart = "a" };
        release.Move("s", "b");
        release.Move("s", "a");
        release.Move("s", "a");
        Assert.Equal(["a", "b"], release.Formerly());
        for (var i = 0; i < 500; i++)
        {
            release.Move("s", $"chart-{i}");
        }

        Assert.InRange(release.FormerCharts!.Length, 1500, Portal.Server.Features.Releases.ReleaseRow.MostFormerCharts);
        Assert.EndsWith(",chart-498", release.FormerCharts, StringComparison.Ordinal);
    }

    /// <summary>A schema's complaint quoted what the place-holder stood for.</summary>
    [Fact]
    public async Task A_verdict_quotes_no_secret_that_was_taken_elsewhere()
    {
        var own = new OwnChart(portal);
        await own.UploadAsync("1.0.0", ("values.yaml", "endpoint: ''\n"), ("values.schema.json", """{"properties":{"endpoint":{"type":"string","pattern":"^http"}}}"""));
        await own.PrepareAsync("1.0.0", "endpoint: \"http://u:first-secret@host/db?token=second-secret\"\n");
        var masked = (await PortalServer.GetAsync<ValuesRevision>(portal.Viewer, $"releases/{own.ReleaseId}/values/1")).Text;
        Assert.DoesNotContain("-secret", masked.Replace("__portal_secret", "", StringComparison.Ordinal), StringComparison.Ordinal);
        var ids = System.Text.RegularExpressions.Regex.Matches(masked, "__portal_secret:[0-9a-f]+__").Select(m => m.Value).ToArray();
        var preview = await PortalServer.ReadAsync<ValuesPreview>(await PortalServer.PostAsync(portal.Viewer, $"releases/{own.ReleaseId}/values/preview", new PreviewValuesRequest($"endpoint: \"x {ids[0]} y {ids[1]}\"\n")));
        Assert.Contains("holds a place-holder that belongs to another key", Assert.Single(preview.Problems).Message, StringComparison.Ordinal);
    }
}
