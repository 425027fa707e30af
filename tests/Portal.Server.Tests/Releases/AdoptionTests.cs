using System.Net;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Portal.Core;
using Portal.Testing;
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
using Portal.Server.Features.Releases;

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
        await TestChart.UploadAsync(portal.Admin, chart);
        await TestChart.UploadAsync(portal.Admin, MakeChart("1.1.0", "{{ .Values.greeting }} again"));
        _cluster = (await portal.SandboxAsync()).Id;
        _source = (await PortalServer.GetAsync<Page<ChartSource>>(portal.Viewer, "chart-sources")).Items.Single(s => s.Kind == ChartSourceKind.Upload).Id;
        var helm = (await ConnectionAsync()).Helm;
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
        // Revision 1 of the values is what the adopted revision was made of: both ways back lead there.
        Assert.Equal([1, 1], history.Select(r => r.ValuesRevision));
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

    [Theory]
    [InlineData("values.yaml", "greeting: hi\nextra: 1\n", "values.yaml: extra is only in the source's archive")]
    [InlineData("values.yaml", "greeting: hey\n", "values.yaml: greeting differs")]
    [InlineData("files/text.txt", "other", "files/text.txt differs")]
    [InlineData("files/more.txt", "more", "files/more.txt is only in the source's archive")]
    [InlineData("values.schema.json", "{\"type\": \"object\"}", "values.schema.json differs")]
    [InlineData("Chart.yaml", "appVersion: \"7\"", "Chart.yaml: appVersion 7 instead of (none)")]
    public async Task A_chart_that_differs_in_anything_of_the_record_is_refused(string path, string text, string difference)
    {
        var files = ChartFiles("{{ .Values.greeting }}").Where(f => f.Path != path).Append((path, path == "Chart.yaml" ? $"apiVersion: v2\nname: {_name}\nversion: 1.0.0\n{text}\n" : text));
        var record = (await (await ConnectionAsync()).Helm.HistoryAsync(_name, _name, TestContext.Current.CancellationToken))[^1];
        var found = Adoption.Compare(record, record.Config, TestChart.Make(_name, "1.0.0", files));
        Assert.Equal([difference], found!.Chart);
        Assert.Empty(found.Values);
        Assert.Null(Adoption.Compare(record, record.Config, MakeChart("1.0.0", "{{ .Values.greeting }}")));
    }

    [Fact]
    public void A_subchart_that_made_objects_must_be_in_the_archive()
    {
        (string, string)[] Files(string template) =>
        [
            .. ChartFiles("{{ .Values.greeting }}"), ("charts/sub/Chart.yaml", "apiVersion: v2\nname: sub\nversion: 1.0.0\n"), ("charts/sub/values.yaml", "a: 1\n"),
            ($"charts/sub/templates/{template}", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: sub}\n"), ("Chart.yaml", $"apiVersion: v2\nname: {_name}\nversion: 1.0.0\ndependencies: [{{name: sub, version: 1.0.0, repository: ''}}]\n"),
        ];
        var chart = TestChart.Make(_name, "1.0.0", Files("two.yaml"));
        var request = new DeployRequest(_name, _name, chart, [], new ActionOptions());
        var record = Preparation.Install(request, [], Portal.Helm.Rendering.Capabilities.Default, null, new Portal.Helm.Rendering.ChartRenderer(), DateTimeOffset.UnixEpoch).Target;
        Assert.Null(Adoption.Compare(record, [], chart));

        // Helm's own record has the subchart's defaults among the chart's, and says that it took part.
        var processed = ChartDependencies.Process(chart, []);
        Assert.Null(Adoption.Compare(record with { Chart = record.Chart with { Values = processed.Values, Metadata = processed.Metadata } }, [], chart));
        Assert.Equal([$"{_name}/charts/sub/templates/two.yaml is missing in the source's archive"], Adoption.Compare(record, [], TestChart.Make(_name, "1.0.0", Files("three.yaml")))!.Chart);
    }

    [Fact]
    public async Task Status_and_revision_are_both_of_the_newest_record()
    {
        var connection = await ConnectionAsync();
        var failing = TestChart.Make(_name, "1.0.1", [.. ChartFiles("x"), ("templates/odd.yaml", "apiVersion: v1\nkind: Service\nmetadata: {name: odd}\nspec: {ports: [{port: 99999}]}\n")]);
        var upgrade = await connection.Helm.PrepareUpgradeAsync(new DeployRequest(_name, _name, failing, GoYaml.ReadTable(Values), new ActionOptions()), TestContext.Current.CancellationToken);
        await Assert.ThrowsAsync<ReleaseFailedException>(() => connection.Helm.PerformAsync(upgrade, new Nobody(), null, TestContext.Current.CancellationToken));
        var id = await AdoptAsync(Values);
        var release = await PortalServer.GetAsync<Release>(portal.Viewer, $"releases/{id}");
        Assert.Equal((2, "failed", "1.0.0"), (release.Revision, release.Status, release.ChartVersion));
        Assert.Equal([(2, "failed"), (1, "deployed")], (await PortalServer.GetAsync<Page<Revision>>(portal.Viewer, $"releases/{id}/revisions")).Items.Select(r => (r.Number, r.Status)));
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

    private Task<ClusterConnections.Connection> ConnectionAsync() => portal.Services.GetRequiredService<ClusterConnections>().GetAsync(_cluster, TestContext.Current.CancellationToken);

    private IEnumerable<(string Path, string Text)> ChartFiles(string greeting) =>
    [
        ("values.yaml", "greeting: hi\n"), ("files/text.txt", "some text"), ("templates/one.yaml", $"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {_name}\ndata:\n  text: \"{greeting}\"\n"),
    ];

    private Chart MakeChart(string version, string greeting) => TestChart.Make(_name, version, ChartFiles(greeting));
}
