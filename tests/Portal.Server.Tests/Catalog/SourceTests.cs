using System.Net;
using System.Net.Http.Json;
using System.Text;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Portal.Core;
using Portal.Core.Catalog;
using Portal.Core.Operations;
using Portal.Core.Plans;
using Portal.Core.Releases;
using Portal.Helm.Charts;
using Portal.Server.Data;
using Portal.Server.Features.Catalog;
using Portal.Testing;
using static Portal.Server.Tests.PortalServer;

namespace Portal.Server.Tests.Catalog;

/// <summary>Sources that are read again by themselves, changed, removed; charts in a registry.</summary>
public sealed class SourceTests(PortalServer portal)
{
    private static readonly (string, string)[] Files = [("templates/one.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: one}\n")];

    [Fact]
    public async Task A_chart_in_a_registry_is_installed()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var registry = await DockerRegistry.StartAsync(null, cancellation);
        var name = "o" + Guid.NewGuid().ToString("N")[..12];
        foreach (var version in (string[])["1.0.0", "1.1.0"])
        {
            await registry.PushAsync($"charts/{name}", version, ChartArchive.Pack(TestChart.Make(name, version, Files)), null, cancellation);
        }

        var source = await ReadAsync<ChartSource>(await PostAsync(portal.Admin, "chart-sources", new AddChartSourceRequest(name, ChartSourceKind.Oci, $"oci://{registry.Host}/charts/{name}", PlainHttp: true)));
        Assert.Null(source.Error);
        Assert.NotNull(source.NextRefreshAt);
        Assert.Equal(["1.1.0", "1.0.0"], (await GetAsync<Page<ChartVersionSummary>>(portal.Viewer, $"charts/{source.Id}/{name}/versions")).Items.Select(v => v.Version));
        var cluster = await portal.SandboxAsync();
        var release = await ReadAsync<Release>(await PostAsync(portal.Operator, "releases", new AddReleaseRequest(AddReleaseMode.Prepare, cluster.Id, name, name, source.Id, name, "1.0.0", "")));
        await RunAsync(portal.Admin, release.Id, new CreatePlanRequest(OperationKind.Install, "1.0.0", Options: TestRelease.Quick));
        Assert.Equal(64, (await GetAsync<ChartVersion>(portal.Viewer, $"charts/{source.Id}/{name}/versions/1.0.0")).Digest.Length);

        await ProblemAsync(await portal.Admin.DeleteAsync($"{Routes.Api}/chart-sources/{source.Id}"), 409, "in-use");
    }

    /// <summary>A tag that was pulled once was never looked at again: the registry had another archive under it, and nobody was told.</summary>
    [Fact]
    public async Task A_tag_that_was_moved_is_an_alarm()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var registry = await DockerRegistry.StartAsync(null, cancellation);
        var name = "m" + Guid.NewGuid().ToString("N")[..12];
        Task PushAsync(string version, params (string, string)[] more) => registry.PushAsync($"charts/{name}", version, ChartArchive.Pack(TestChart.Make(name, version, [.. Files, .. more])), null, cancellation);
        await PushAsync("1.0.0");
        await PushAsync("1.1.0");
        var source = await ReadAsync<ChartSource>(await PostAsync(portal.Admin, "chart-sources", new AddChartSourceRequest(name, ChartSourceKind.Oci, $"oci://{registry.Host}/charts/{name}", PlainHttp: true)));
        var release = await ReadAsync<Release>(await PostAsync(portal.Operator, "releases", new AddReleaseRequest(AddReleaseMode.Prepare, (await portal.SandboxAsync()).Id, name, name, source.Id, name, "1.0.0", "")));
        await GetAsync<ChartVersion>(portal.Viewer, $"charts/{source.Id}/{name}/versions/1.0.0");

        // What nobody pulled yet may still be pushed anew; what is known may not.
        await PushAsync("1.1.0", ("values.yaml", "a: 1\n"));
        await PushAsync("1.0.0", ("values.yaml", "a: 1\n"));
        Assert.Null((await ReadAsync<ChartSource>(await PostAsync(portal.Admin, $"chart-sources/{source.Id}/refresh", new { }))).Error);
        var plan = new CreatePlanRequest(OperationKind.Install, "1.0.0", Options: TestRelease.Quick);
        await ProblemAsync(await PostAsync(portal.Operator, $"releases/{release.Id}/plans", plan), 409, "chart-alarm");
        Assert.Equal(HttpStatusCode.Created, (await PostAsync(portal.Operator, $"releases/{release.Id}/plans", plan with { ChartVersion = "1.1.0" })).StatusCode);

        // The vendor takes it back.
        await PushAsync("1.0.0");
        await PostAsync(portal.Admin, $"chart-sources/{source.Id}/refresh", new { });
        Assert.Equal(HttpStatusCode.Created, (await PostAsync(portal.Operator, $"releases/{release.Id}/plans", plan)).StatusCode);
    }

    /// <summary>A vendor's index carried a password and a signature in its addresses; they were kept in the database as they came, and shown when the archive was gone.</summary>
    [Fact]
    public async Task What_an_index_has_in_its_addresses_is_used_and_neither_kept_nor_shown()
    {
        var canaries = new Canaries();
        var (password, signature) = (canaries.New("password"), canaries.New("signature"));
        var name = "v" + Guid.NewGuid().ToString("N")[..12];
        var archive = ChartArchive.Pack(TestChart.Make(name, "1.0.0", Files));
        Uri? home = null;
        var basic = "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes($"vendor:{password}"));
        await using var web = new WebServer(r => r.Target == "/index.yaml"
            ? WebAnswer.Text($"apiVersion: v1\nentries:\n  {name}:\n" + string.Concat(new[] { "1.0.0", "2.0.0" }.Select(v => $"  - {{name: {name}, version: {v}, urls: ['http://vendor:{password}@{home!.Authority}/{v}.tgz?signature={signature}']}}\n")))
            : r.Target == $"/1.0.0.tgz?signature={signature}" && r.Headers.GetValueOrDefault("Authorization") == basic ? new WebAnswer(200, archive) : new WebAnswer(404, []));
        home = web.Address;
        var source = await ReadAsync<ChartSource>(await PostAsync(portal.Admin, "chart-sources", new AddChartSourceRequest(name, ChartSourceKind.Http, web.Address.ToString())));
        await GetAsync<ChartVersion>(portal.Viewer, $"charts/{source.Id}/{name}/versions/1.0.0");
        var problem = await ProblemAsync(await portal.Viewer.GetAsync($"{Routes.Api}/charts/{source.Id}/{name}/versions/2.0.0"), 503, "source-unreachable");
        Assert.Contains($"http://{home.Authority}/2.0.0.tgz : 404", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
        canaries.AreNotIn(problem.GetRawText(), "the answer");
        Assert.All(await Canaries.DatabaseAsync(portal), kept => canaries.AreNotIn(kept.Text, kept.Place));
    }

    /// <summary>A server that repeats what it was asked with had its own credentials shown to everybody: in a reason phrase, a description, an address that is none.</summary>
    [Fact]
    public async Task What_a_server_says_of_its_own_credentials_is_hidden()
    {
        var canaries = new Canaries();
        var (password, token) = (canaries.New("password"), canaries.New("token"));
        var name = "e" + Guid.NewGuid().ToString("N")[..12];
        await using var web = new WebServer(r => r.Target == "/index.yaml" && r.Headers.GetValueOrDefault("Authorization")?.StartsWith("Basic", StringComparison.Ordinal) == true
            ? WebAnswer.Text($"apiVersion: v1\nentries:\n  {name}:\n  - {{name: {name}, version: 1.0.0, description: 'for vendor:{password}', appVersion: {password}, urls: ['vendor:{password}.tgz']}}\n")
            : new WebAnswer(403, Encoding.UTF8.GetBytes($"no {token}")) { Reason = $"no Bearer {token}" });
        var read = await ReadAsync<ChartSource>(await PostAsync(portal.Admin, "chart-sources", new AddChartSourceRequest(name, ChartSourceKind.Http, web.Address.ToString(), "vendor", password)));
        Assert.Null(read.Error);
        var refused = await ReadAsync<ChartSource>(await PostAsync(portal.Admin, "chart-sources", new AddChartSourceRequest(name + "t", ChartSourceKind.Http, web.Address.ToString(), BearerToken: token)));
        Assert.Contains("403 no Bearer [hidden]", refused.Error, StringComparison.Ordinal);
        foreach (var path in (string[])["chart-sources", "charts", $"charts/{read.Id}/{name}/versions", $"charts/{read.Id}/{name}/versions/1.0.0"])
        {
            canaries.AreNotIn(await (await portal.Viewer.GetAsync($"{Routes.Api}/{path}")).Content.ReadAsStringAsync(), path);
        }

        Assert.All(await Canaries.DatabaseAsync(portal), kept => canaries.AreNotIn(kept.Text, kept.Place));
    }

    [Fact]
    public async Task A_source_that_is_due_is_read_again_and_one_that_fails_later_and_later()
    {
        var name = "d" + Guid.NewGuid().ToString("N")[..12];
        // Nobody listens there.
        var source = await ReadAsync<ChartSource>(await PostAsync(portal.Admin, "chart-sources", new AddChartSourceRequest(name, ChartSourceKind.Http, "http://127.0.0.1:1/charts")));
        var first = source.NextRefreshAt!.Value - DateTimeOffset.UtcNow;
        await SetDueAsync(source.Id, DateTime.UtcNow.AddSeconds(-1));
        await portal.Services.GetRequiredService<SourceRefresh>().RunAsync(TestContext.Current.CancellationToken);
        var second = (await FindAsync(source.Id)).NextRefreshAt!.Value - DateTimeOffset.UtcNow;
        Assert.InRange(second, first * 1.5, first * 2.5);

        // Not due any more: nobody asks.
        var before = await FindAsync(source.Id);
        await portal.Services.GetRequiredService<SourceRefresh>().RunAsync(TestContext.Current.CancellationToken);
        Assert.Equal(before.NextRefreshAt, (await FindAsync(source.Id)).NextRefreshAt);
    }

    [Fact]
    public async Task A_source_is_changed_and_removed_and_keeps_its_password_to_itself()
    {
        var name = "c" + Guid.NewGuid().ToString("N")[..12];
        var source = await ReadAsync<ChartSource>(await PostAsync(portal.Admin, "chart-sources", new AddChartSourceRequest(name, ChartSourceKind.Http, "http://127.0.0.1:1/charts", "me", "first-password")));
        using var changed = await portal.Admin.PatchAsJsonAsync($"{Routes.Api}/chart-sources/{source.Id}", new UpdateChartSourceRequest(Url: "http://127.0.0.1:2/charts", UserName: "me", Password: "other-password", Hosts: ["pkg.example.com", "auth.example.com:8443"]), Json);
        var text = await changed.Content.ReadAsStringAsync();
        Assert.DoesNotContain("password", text, StringComparison.Ordinal);
        var now = await FindAsync(source.Id);
        Assert.Equal("http://127.0.0.1:2/charts", now.Url);
        Assert.Equal(["pkg.example.com", "auth.example.com:8443"], now.Hosts!);
        Assert.Equal(HttpStatusCode.Forbidden, (await portal.Operator.DeleteAsync($"{Routes.Api}/chart-sources/{source.Id}")).StatusCode);
        Assert.Equal(HttpStatusCode.NoContent, (await portal.Admin.DeleteAsync($"{Routes.Api}/chart-sources/{source.Id}")).StatusCode);
        Assert.DoesNotContain((await GetAsync<Page<ChartSource>>(portal.Viewer, "chart-sources")).Items, s => s.Id == source.Id);
    }

    [Theory]
    [InlineData("oci://registry.example.com/charts/demo:1.0.0", null, "url")]
    [InlineData("oci://registry.example.com", null, "url")]
    [InlineData("https://charts.example.com", null, "url")]
    [InlineData("oci://registry.example.com/charts/demo?token=x", null, "url")]
    [InlineData("oci://registry.example.com/charts/demo", "https://x/", "hosts")]
    public async Task What_is_no_source_is_refused_with_its_field(string url, string? host, string field)
    {
        var problem = await ProblemAsync(await PostAsync(portal.Admin, "chart-sources", new AddChartSourceRequest("odd", ChartSourceKind.Oci, url, Hosts: host is null ? null : [host])), 422, "invalid");
        Assert.Equal(field, problem.GetProperty("field").GetString());
    }

    private async Task<ChartSource> FindAsync(string id) => (await GetAsync<Page<ChartSource>>(portal.Viewer, "chart-sources")).Items.Single(s => s.Id == id);

    private async Task SetDueAsync(string id, DateTime due)
    {
        await using var db = await portal.Services.GetRequiredService<IDbContextFactory<PortalDb>>().CreateDbContextAsync(TestContext.Current.CancellationToken);
        await db.Set<ChartSourceRow>().Where(s => s.Id == id).ExecuteUpdateAsync(s => s.SetProperty(x => x.NextRefreshAt, due), TestContext.Current.CancellationToken);
    }
}
