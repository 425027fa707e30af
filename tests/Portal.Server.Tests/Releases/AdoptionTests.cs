using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Portal.Core;
using Portal.Core.Catalog;
using Portal.Core.Clusters;
using Portal.Core.Operations;
using Portal.Core.Plans;
using Portal.Core.Releases;
using Portal.Core.Values;
using Portal.Helm.Actions;
using Portal.Helm.Charts;
using Portal.Helm.Yaml;
using Portal.Server.Features.Clusters;

namespace Portal.Server.Tests.Releases;

/// <summary>A release that was made without the portal is taken over as it is, or not at all.</summary>
public sealed class AdoptionTests(PortalServer portal) : IAsyncLifetime
{
    private const string Values = "# who it greets\ngreeting: hello\nlist: [1, two]\n";
    private readonly string _name = "a" + Guid.NewGuid().ToString("N")[..12];
    private string _cluster = "";
    private string _source = "";

    public async ValueTask InitializeAsync()
    {
        var cancellation = TestContext.Current.CancellationToken;
        var chart = MakeChart("1.0.0", "{{ .Values.greeting }}");
        await UploadAsync(chart);
        await UploadAsync(MakeChart("1.1.0", "{{ .Values.greeting }} again"));
        _cluster = (await portal.SandboxAsync()).Id;
        _source = (await PortalServer.GetAsync<Page<ChartSource>>(portal.Viewer, "chart-sources")).Items.Single(s => s.Kind == ChartSourceKind.Upload).Id;
        var helm = (await portal.Services.GetRequiredService<ClusterConnections>().GetAsync(_cluster, cancellation)).Helm;
        var action = await helm.PrepareInstallAsync(new DeployRequest(_name, _name, chart, GoYaml.ReadTable(Values), new ActionOptions { CreateNamespace = true }), cancellation);
        await helm.PerformAsync(action, new Nobody(), null, cancellation);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task It_is_found_and_not_known_yet()
    {
        var found = (await PortalServer.GetAsync<Page<FoundRelease>>(portal.Operator, $"clusters/{_cluster}/releases")).Items.Single(r => r.Name == _name);
        Assert.Equal((_name, "1.0.0", 1, "deployed", null), (found.Chart, found.ChartVersion, found.Revision, found.Status, found.ReleaseId));
    }

    [Fact]
    public async Task Its_history_stays_and_its_values_file_becomes_revision_1()
    {
        var id = await AdoptAsync(Values);
        var revision = Assert.Single((await PortalServer.GetAsync<Page<Revision>>(portal.Viewer, $"releases/{id}/revisions")).Items);
        Assert.Equal((1, "deployed", true), (revision.Number, revision.Status, revision.Outside));
        Assert.Equal(Values, (await PortalServer.GetAsync<ValuesRevision>(portal.Operator, $"releases/{id}/values/1")).Text);
    }

    [Fact]
    public async Task It_is_upgraded_like_any_other()
    {
        var id = await AdoptAsync(Values);
        var operation = await PortalServer.RunAsync(portal.Admin, id, new CreatePlanRequest(OperationKind.Upgrade, "1.1.0"));
        Assert.Equal(2, operation.ResultRevision);
        var history = (await PortalServer.GetAsync<Page<Revision>>(portal.Viewer, $"releases/{id}/revisions")).Items;
        Assert.Equal([(2, "deployed", false), (1, "superseded", true)], history.Select(r => (r.Number, r.Status, r.Outside)));
    }

    [Theory]
    [InlineData("greeting: good bye\nlist: [1, two]\n", "greeting differs")]
    [InlineData("list: [1, two]\n", "greeting is missing in the file")]
    [InlineData("greeting: hello\nlist: [1, two]\nmore: 1\n", "more is only in the file")]
    public async Task Other_values_are_refused_with_the_key(string values, string difference)
    {
        var problem = await PortalServer.ProblemAsync(await PostAsync(values, "1.0.0"), 422, "adoption-differs");
        Assert.Equal([difference], Differences(problem, "values"));
        Assert.DoesNotContain((await PortalServer.GetAsync<Page<Release>>(portal.Viewer, "releases")).Items, r => r.Name == _name);
    }

    [Fact]
    public async Task Another_chart_is_refused_with_what_differs()
    {
        var problem = await PortalServer.ProblemAsync(await PostAsync(Values, "1.1.0"), 422, "adoption-differs");
        Assert.Equal(["version 1.1.0 instead of 1.0.0", "templates/one.yaml differs"], Differences(problem, "chart"));
    }

    [Fact]
    public async Task What_helm_does_not_know_is_not_found()
    {
        var answer = await PortalServer.PostAsync(portal.Admin, "releases", new AddReleaseRequest(AddReleaseMode.Adopt, _cluster, _name, "nothing", _source, _name));
        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
    }

    private static IEnumerable<string?> Differences(JsonElement problem, string of) => problem.GetProperty("difference").GetProperty(of).EnumerateArray().Select(d => d.GetString());

    private Task<HttpResponseMessage> PostAsync(string values, string? version) =>
        PortalServer.PostAsync(portal.Admin, "releases", new AddReleaseRequest(AddReleaseMode.Adopt, _cluster, _name, _name, _source, _name, version, values));

    private async Task<string> AdoptAsync(string values) => (await PortalServer.ReadAsync<JsonElement>(await PostAsync(values, null))).GetProperty("id").GetString()!;

    private async Task UploadAsync(Chart chart)
    {
        var content = new ByteArrayContent(ChartArchive.Pack(chart));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/gzip");
        (await portal.Admin.PostAsync($"{Routes.Api}/charts/uploads", content)).EnsureSuccessStatusCode();
    }

    private Chart MakeChart(string version, string greeting)
    {
        var folder = Directory.CreateTempSubdirectory("portal-chart-").FullName;
        try
        {
            Directory.CreateDirectory(Path.Combine(folder, "templates"));
            File.WriteAllText(Path.Combine(folder, "Chart.yaml"), $"apiVersion: v2\nname: {_name}\nversion: {version}\n");
            File.WriteAllText(Path.Combine(folder, "values.yaml"), "greeting: hi\n");
            File.WriteAllText(Path.Combine(folder, "templates", "one.yaml"), $"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {_name}\ndata:\n  text: \"{greeting}\"\n");
            return ChartLoader.LoadDirectory(folder);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private sealed class Nobody : IHelmObserver
    {
        public void OnEvent(HelmEvent helmEvent)
        {
        }
    }
}
