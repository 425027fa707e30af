using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Portal.Core;
using Portal.Core.Catalog;
using Portal.Helm.Charts;

namespace Portal.Server.Tests.Catalog;

public sealed class CatalogTests(PortalServer portal)
{
    private static byte[] Archive(string folder, string name, string version, string template)
    {
        var chart = Path.Combine(folder, name);
        Directory.CreateDirectory(Path.Combine(chart, "templates"));
        File.WriteAllText(Path.Combine(chart, "Chart.yaml"), $"apiVersion: v2\nname: {name}\nversion: {version}\n");
        File.WriteAllText(Path.Combine(chart, "values.yaml"), "a: 1\n");
        File.WriteAllText(Path.Combine(chart, "templates", "one.yaml"), template);
        return ChartArchive.Pack(ChartLoader.LoadDirectory(chart));
    }

    private async Task<HttpResponseMessage> UploadAsync(byte[] bytes)
    {
        var content = new ByteArrayContent(bytes);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/gzip");
        return await portal.Admin.PostAsync($"{Routes.Api}/charts/uploads", content);
    }

    /// <summary>The first uploads came at once, each wanted to make their source, and one was answered with 500.</summary>
    [Fact]
    public async Task Uploads_at_the_same_time_do_not_disturb_each_other()
    {
        var folder = Directory.CreateTempSubdirectory("portal-chart-").FullName;
        var archive = Archive(folder, "u" + Guid.NewGuid().ToString("N")[..8], "1.0.0", "kind: ConfigMap\n");
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => UploadAsync(archive)));
        Assert.All(answers, a => Assert.Equal(HttpStatusCode.OK, a.StatusCode));
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task The_sample_has_four_versions_with_class_and_risk_against_the_installed_one()
    {
        var sample = await portal.SampleAsync();
        var versions = (await PortalServer.GetAsync<Page<ChartVersionSummary>>(portal.Viewer, $"charts/{sample.SourceId}/{sample.Chart}/versions?installed=1.0.5")).Items;
        Assert.Equal(["2.0.0", "1.1.1", "1.1.0", "1.0.5"], versions.Select(v => v.Version));
        Assert.Equal([VersionClass.Major, VersionClass.Minor, VersionClass.Minor, VersionClass.Same], versions.Select(v => v.Class!.Value));
        Assert.NotNull(versions[0].Risk);
        Assert.All(versions, v => Assert.True(v.Digest.Length >= 64));
    }

    [Fact]
    public async Task A_version_shows_what_a_person_reads_before_choosing_it()
    {
        var sample = await portal.SampleAsync();
        var version = await PortalServer.GetAsync<ChartVersion>(portal.Viewer, $"charts/{sample.SourceId}/{sample.Chart}/versions/2.0.0?installed=1.0.5");
        Assert.Contains(version.Changelog, c => c is { Version: "2.0.0", Kind: ChangeKind.Breaking });
        Assert.DoesNotContain(version.Changelog, c => c.Version == "1.0.5");
        Assert.False(string.IsNullOrWhiteSpace(version.UpgradeGuide));
        Assert.NotEmpty(version.Images);
        Assert.Contains("database:", version.DefaultValues, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("9.9.9")]
    [InlineData("latest")]
    public async Task An_unknown_version_answers_404(string version)
    {
        var sample = await portal.SampleAsync();
        await PortalServer.ProblemAsync(await portal.Viewer.GetAsync($"{Routes.Api}/charts/{sample.SourceId}/{sample.Chart}/versions/{version}"), 404, "unknown-version");
    }

    [Theory]
    [InlineData("")]
    [InlineData("this is no archive")]
    public async Task What_is_no_chart_is_refused(string content) => await PortalServer.ProblemAsync(await UploadAsync(Encoding.UTF8.GetBytes(content)), 422, "chart");

    [Fact]
    public async Task An_uploaded_number_means_one_content()
    {
        var folder = Directory.CreateTempSubdirectory("portal-chart-").FullName;
        try
        {
            var name = "up" + Guid.NewGuid().ToString("N")[..8];
            Assert.True((await UploadAsync(Archive(folder, name, "1.0.0", "kind: ConfigMap\n"))).IsSuccessStatusCode);
            Assert.True((await UploadAsync(Archive(folder, name, "1.0.0", "kind: ConfigMap\n"))).IsSuccessStatusCode);
            await PortalServer.ProblemAsync(await UploadAsync(Archive(folder, name, "1.0.0", "kind: Secret\n")), 409, "digest-changed");
            Assert.Equal(1, (await PortalServer.GetAsync<Page<ChartSummary>>(portal.Viewer, "charts")).Items.Single(c => c.Name == name).Versions);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task A_source_that_does_not_answer_says_so()
    {
        var answer = await PortalServer.PostAsync(portal.Admin, "chart-sources", new AddChartSourceRequest("gone", ChartSourceKind.Http, "http://127.0.0.1:1/charts"));
        var source = await PortalServer.ReadAsync<ChartSource>(answer);
        Assert.NotNull(source.Error);
    }

    [Theory]
    [InlineData("file:///etc/passwd")]
    [InlineData("https://user:password@charts.example")]
    [InlineData("charts.example")]
    public async Task An_address_that_cannot_be_a_source_is_refused(string url) =>
        await PortalServer.ProblemAsync(await PortalServer.PostAsync(portal.Admin, "chart-sources", new AddChartSourceRequest("odd", ChartSourceKind.Http, url)), 422, "invalid");
}
