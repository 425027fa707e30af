using Portal.Helm.Yaml;
using Portal.Server.Features.Values;
using Portal.Core.Operations;
using Portal.Core.Plans;
using Portal.Testing;

namespace Portal.Server.Tests.Values;

/// <summary>Keys with harmless names feed Secrets: their values were shown to everybody.</summary>
public sealed class SecretFeedsTests(PortalServer portal)
{
    private static readonly Portal.Helm.Charts.Chart Chart = TestChart.Make(
        "demo", "1.0.0",
        ("values.yaml", "db: {conn: }\nlicense: \nstorageClass: standard\nlevel: info\n"),
        ("templates/_h.tpl", """{{- define "code" }}{{ (index .Values.users 0).code }}{{ end }}"""),
        ("templates/secret.yaml", """
            kind: Secret
            metadata: {name: a}
            stringData:
              dsn: {{ .Values.db.conn | quote }}
              code: {{ include "code" . | quote }}
              kind: standard
              level: {{ .Values.level }}
            data:
              license: {{ .Values.license | b64enc }}
            """),
        ("templates/all.yaml", "kind: Secret\nmetadata: {name: all}\nstringData: {all: {{ toYaml .Values | quote }}}\n"),
        ("templates/map.yaml", "kind: ConfigMap\nmetadata: {name: a}\ndata: {host: {{ .Values.host }}, class: {{ .Values.storageClass }}}\n"));

    [Fact]
    public void What_goes_into_a_Secret_by_itself_is_secret_and_what_only_looks_like_it_is_not()
    {
        var values = GoYaml.ReadTable("db: {conn: canary-1}\nlicense: canary-2\nusers: [{code: 73190246}]\nhost: db.example.com\n");
        Assert.Equal(["db.conn", "license", "users.0.code"], SecretFeeds.Of(Chart, values, "demo", "demo").Order(StringComparer.Ordinal));
    }

    /// <summary>Values that do not fit made every look at them an error.</summary>
    [Fact]
    public void Values_that_do_not_fit_the_chart_feed_nothing()
    {
        var chart = TestChart.Make("demo", "1.0.0", ("templates/a.yaml", "kind: Secret\nstringData: {a: {{ .Values.a }}}\n"), ("charts/sub/Chart.yaml", "apiVersion: v2\nname: sub\nversion: 1.0.0\n"), ("charts/sub/values.yaml", "a: {b: 1}\n"));
        Assert.Single(chart.Subcharts);
        Assert.Empty(SecretFeeds.Of(chart, GoYaml.ReadTable("a: canary\nsub: 5\n"), "demo", "demo"));
    }

    [Fact]
    public void A_chart_that_does_not_render_says_nothing() =>
        Assert.Empty(SecretFeeds.Of(TestChart.Make("demo", "1.0.0", ("templates/a.yaml", "kind: Secret\nstringData: {a: {{ fail .Values.a }}}\n")), GoYaml.ReadTable("a: canary"), "demo", "demo"));

    /// <summary>Newer values that feed no Secret any more, or do not render, showed the older ones.</summary>
    [Theory]
    [InlineData("level: info\n")]
    [InlineData("license: another-canary\nbroken: true\n")]
    public async Task What_fed_a_Secret_once_stays_secret(string newer)
    {
        (string, string)[] files = [("templates/secret.yaml", "{{ if .Values.broken }}{{ fail (printf \"no %s\" .Values.license) }}{{ end }}{{ with .Values.license }}apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData: {license: {{ . }}}\n{{ end }}")];
        var release = await TestRelease.PrepareAsync(portal, "license: canary-of-a-license\nlevel: info\n", files);
        await SaveAsync(release.Id, 1, newer, "it was canary-of-a-license before");
        await SaveAsync(release.Id, 2, newer + "more: 1\n", "more");
        var plan = await release.PlanAsync(new CreatePlanRequest(OperationKind.Install, Options: TestRelease.Quick));
        foreach (var path in new[] { $"releases/{release.Id}/values", $"releases/{release.Id}/values/1", $"releases/{release.Id}/values/2", $"releases/{release.Id}/values/3", $"releases/{release.Id}/values/diff?from=1&to=3", $"releases/{release.Id}/values/1/export", $"plans/{plan.Id}" })
        {
            var answer = await portal.Viewer.GetAsync($"/api/v1/{path}");
            Assert.True(answer.IsSuccessStatusCode, path);
            Assert.False((await answer.Content.ReadAsStringAsync()).Contains("canary", StringComparison.Ordinal), path);
        }

        Assert.DoesNotContain("canary-of-a-license", await portal.Admin.GetStringAsync("/api/v1/audit?limit=500"), StringComparison.Ordinal);
    }

    private async Task SaveAsync(string releaseId, int edited, string text, string message)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/api/v1/releases/{releaseId}/values") { Content = System.Net.Http.Json.JsonContent.Create(new Core.Values.SaveValuesRequest(text, message), options: PortalServer.Json) };
        request.Headers.TryAddWithoutValidation("If-Match", $"\"{edited}\"");
        (await portal.Operator.SendAsync(request)).EnsureSuccessStatusCode();
    }

    [Fact]
    public async Task A_viewer_does_not_see_it_before_nor_after_the_install()
    {
        (string, string)[] files = [("templates/secret.yaml", "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData: {license: {{ .Values.license }}}\n"), ("templates/map.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {license: {{ .Values.license }}}\n")];
        var release = await TestRelease.PrepareAsync(portal, "license: canary-of-a-license\nlevel: info\n", files);
        var plan = await release.PlanAsync(new CreatePlanRequest(OperationKind.Install, Options: TestRelease.Quick));
        foreach (var path in new[] { $"releases/{release.Id}/values/1", $"plans/{plan.Id}", $"plans/{plan.Id}/changes", $"plans/{plan.Id}/export?format=markdown" })
        {
            var answer = await portal.Viewer.GetAsync($"/api/v1/{path}");
            Assert.True(answer.IsSuccessStatusCode, path);
            Assert.DoesNotContain("canary-of-a-license", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }
    }
}
