using System.Text;
using Portal.Core;
using Portal.Core.Catalog;
using Portal.Helm.Charts;
using Portal.Testing;
using static Portal.Server.Tests.PortalServer;

namespace Portal.Server.Tests.Catalog;

/// <summary>A vendor's releases.json beside the index: its charts carry nothing themselves.</summary>
public sealed class ReleaseFeedTests(PortalServer portal) : IAsyncLifetime
{
    private readonly string _name = "f" + Guid.NewGuid().ToString("N")[..12];
    private WebServer _web = null!;
    private ChartSource _source = null!;
    private string? _feed;

    public async ValueTask InitializeAsync()
    {
        _feed = $$"""{"packs": [{"name": "{{_name}}-facts", "charts": ["{{_name}}"], "versions": [{"version": "2.0.0", "changes": [{"kind": "breaking", "text": "Everything \ud83d\ude00 is new."}], "guide": "Have coffee."}]}]}""";
        _web = new WebServer(Answer);
        _source = await ReadAsync<ChartSource>(await PostAsync(portal.Admin, "chart-sources", new AddChartSourceRequest(_name, ChartSourceKind.Http, _web.Address.ToString())));
    }

    public async ValueTask DisposeAsync() => await _web.DisposeAsync();

    [Fact]
    public async Task What_the_feed_says_reaches_the_operator_and_no_other_source()
    {
        Assert.Null(_source.FeedError);
        var chart = await GetAsync<ChartVersion>(portal.Viewer, $"charts/{_source.Id}/{_name}/versions/2.0.0?installed=1.0.0");
        Assert.Equal("Everything 😀 is new.", Assert.Single(chart.Changelog).Text);
        Assert.Equal("## To 2.0.0\n\nHave coffee.", chart.UpgradeGuide);
        var listed = Assert.Single((await GetAsync<Page<ReleasePackSummary>>(portal.Viewer, "release-packs")).Items, p => p.Name == _name + "-facts");
        Assert.Equal((PackOrigin.Feed, _name), (listed.Origin, listed.Source));
        Assert.Contains("guide: Have coffee.", (await GetAsync<ReleasePackText>(portal.Viewer, $"release-packs/{_name}-facts")).Text, StringComparison.Ordinal);

        // The same chart from somewhere else: this vendor does not speak of it.
        await TestChart.UploadAsync(portal.Admin, TestChart.Make(_name, "2.0.0", []));
        var uploads = (await GetAsync<Page<ChartSource>>(portal.Viewer, "chart-sources")).Items.Single(s => s.Kind == ChartSourceKind.Upload).Id;
        Assert.Empty((await GetAsync<ChartVersion>(portal.Viewer, $"charts/{uploads}/{_name}/versions/2.0.0?installed=1.0.0")).Changelog);
    }

    [Fact]
    public async Task A_feed_that_cannot_be_read_is_said_and_what_was_known_counts()
    {
        _feed = """{"packs": [{"name": "broken", "charts": ["x"], "versions": [{"version": "two"}]}]}""";
        var broken = await RefreshAsync();
        Assert.Null(broken.Error);
        Assert.Equal("releases.json: pack 1: version 1: version is missing or no version (write it in quotes)", broken.FeedError);
        Assert.NotEmpty((await GetAsync<ChartVersion>(portal.Viewer, $"charts/{_source.Id}/{_name}/versions/2.0.0?installed=1.0.0")).Changelog);

        _feed = "not json";
        Assert.StartsWith("releases.json: it is no JSON: ", (await RefreshAsync()).FeedError, StringComparison.Ordinal);

        // The vendor takes it away.
        _feed = null;
        Assert.Null((await RefreshAsync()).FeedError);
        Assert.Empty((await GetAsync<ChartVersion>(portal.Viewer, $"charts/{_source.Id}/{_name}/versions/2.0.0?installed=1.0.0")).Changelog);
    }

    [Fact]
    public async Task A_feed_that_has_not_changed_is_not_sent_again()
    {
        await RefreshAsync();
        Assert.Equal([200, 304], _answered);
        Assert.NotEmpty((await GetAsync<ChartVersion>(portal.Viewer, $"charts/{_source.Id}/{_name}/versions/2.0.0?installed=1.0.0")).Changelog);
    }

    private readonly List<int> _answered = [];

    private WebAnswer Answer(WebRequest request)
    {
        if (request.Target == "/index.yaml")
        {
            return WebAnswer.Text($"apiVersion: v1\nentries:\n  {_name}:\n  - {{name: {_name}, version: 1.0.0, urls: [{_name}-1.0.0.tgz]}}\n  - {{name: {_name}, version: 2.0.0, urls: [{_name}-2.0.0.tgz]}}\n");
        }

        if (request.Target != "/releases.json")
        {
            return new WebAnswer(200, ChartArchive.Pack(TestChart.Make(_name, request.Target.Contains("2.0.0", StringComparison.Ordinal) ? "2.0.0" : "1.0.0", [])));
        }

        var tag = $"\"{_feed?.Length}\"";
        var status = _feed is null ? 404 : request.Headers.GetValueOrDefault("If-None-Match") == tag ? 304 : 200;
        _answered.Add(status);
        return new WebAnswer(status, status == 200 ? Encoding.UTF8.GetBytes(_feed!) : [], ("ETag", tag));
    }

    private async Task<ChartSource> RefreshAsync() => await ReadAsync<ChartSource>(await PostAsync(portal.Admin, $"chart-sources/{_source.Id}/refresh", new { }));
}
