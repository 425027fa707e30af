using System.Net;
using System.Net.Http.Json;
using System.Text;
using Portal.Core;
using Portal.Core.Access;
using Portal.Core.Operations;
using Portal.Core.Plans;
using Portal.Core.Values;
using Portal.Server.Features.Values;
using Portal.Server.Web;
using static Portal.Server.Tests.PortalServer;

namespace Portal.Server.Tests.Values;

/// <summary>A secret leaves the values: into a Kubernetes Secret, with the chart's own reference in its place; and a values file goes out without its secrets, or with them and audited.</summary>
public sealed class SecretMoveTests(PortalServer portal)
{
    private const string Values = "# the database of the platform\ndatabase:\n  user: portal # by the DBA\n  password: 'canary-hush' # rotate in May\nlicense: canary-license\nother:\n  token: canary-token\n";

    // All values in one Secret that services read when they start, as platforms do it.
    private static readonly (string, string)[] Chart =
    [
        ("values.yaml", "database:\n  user: x\n  password: changeit\n  # When set, the password is read from this Secret: {name, key}.\n  passwordSecret: {}\nlicense: \"\"\nother:\n  token: \"\"\n"),
        ("templates/all.yaml", "apiVersion: v1\nkind: Secret\nmetadata: {name: all-values}\nstringData:\n  values.yaml: |\n    {{- toYaml .Values | nindent 4 }}\n"),
        ("templates/license.yaml", "apiVersion: v1\nkind: Secret\nmetadata: {name: license}\nstringData: {text: {{ .Values.license | quote }}}\n"),
    ];

    [Fact]
    public async Task A_secret_moves_into_a_Secret_and_the_next_plan_finds_it_there()
    {
        var release = await TestRelease.InstallAsync(portal, Values, Chart);
        var preview = await ReadAsync<ValuesPreview>(await PostAsync(portal.Operator, $"releases/{release.Id}/values/preview", new PreviewValuesRequest((await NewestAsync(release)).Text)));
        Assert.Equal(["database.passwordSecret", null], preview.Keys.Where(k => k.Path is "database.password" or "other.token").Select(k => k.Reference));

        var saved = await ReadAsync<ValuesRevision>(await MoveAsync(portal.Operator, release.Id, 1, new MoveSecretRequest("database.password", "db-login", "password")));

        Assert.Equal(2, saved.Number);
        Assert.Contains("# the database of the platform\ndatabase:\n  user: portal # by the DBA\n  passwordSecret: {name: db-login, key: password} # rotate in May\n", saved.Text, StringComparison.Ordinal);
        var secret = await release.LiveAsync("v1", "Secret", "db-login");
        Assert.Equal("canary-hush", Encoding.UTF8.GetString(Convert.FromBase64String(secret!.Text("data", "password"))));
        var plan = await release.PlanAsync(new CreatePlanRequest(OperationKind.Upgrade, Options: TestRelease.Quick));
        Assert.DoesNotContain(plan.Findings, f => f.Code == "reference");
        await release.Kube.DeleteAsync(secret.Ref, Helm.Kube.Propagation.Background, CancellationToken.None);
        plan = await release.PlanAsync(new CreatePlanRequest(OperationKind.Upgrade, Options: TestRelease.Quick));
        Assert.Contains(plan.Findings, f => f is { Code: "reference", Object: "Secret/db-login" } && f.Message.Contains("database.passwordSecret", StringComparison.Ordinal));
        var audit = await portal.Admin.GetStringAsync(new Uri($"{Routes.Api}/audit?limit=500", UriKind.Relative));
        Assert.Contains("create secret", audit, StringComparison.Ordinal);
        Assert.DoesNotContain("canary", audit, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_there_already_is_taken_or_refused_and_never_changed()
    {
        var release = await TestRelease.InstallAsync(portal, Values, Chart);
        await release.ApplyAsync("somebody", $"apiVersion: v1\nkind: Secret\nmetadata: {{name: theirs, namespace: {release.Name}}}\nstringData: {{password: other}}\n");
        await release.ApplyAsync("somebody", $"apiVersion: v1\nkind: Secret\nmetadata: {{name: same, namespace: {release.Name}}}\nstringData: {{password: canary-hush}}\n");

        await ProblemAsync(await MoveAsync(portal.Operator, release.Id, 1, new MoveSecretRequest("database.password", "theirs", "password")), 409, "secret-exists");
        await ProblemAsync(await MoveAsync(portal.Operator, release.Id, 1, new MoveSecretRequest("database.password", "theirs", "more")), 409, "secret-exists");
        Assert.Equal("other", Encoding.UTF8.GetString(Convert.FromBase64String((await release.LiveAsync("v1", "Secret", "theirs"))!.Text("data", "password"))));
        await ReadAsync<ValuesRevision>(await MoveAsync(portal.Operator, release.Id, 1, new MoveSecretRequest("database.password", "same", "password")));
    }

    [Fact]
    public async Task Bad_wishes_change_nothing()
    {
        var release = await TestRelease.InstallAsync(portal, Values, Chart);

        await ProblemAsync(await MoveAsync(portal.Operator, release.Id, 1, new MoveSecretRequest("other.token", "a", "b")), 422, "invalid");
        await ProblemAsync(await MoveAsync(portal.Operator, release.Id, 1, new MoveSecretRequest("database.user", "a", "b")), 422, "invalid");
        await ProblemAsync(await MoveAsync(portal.Operator, release.Id, 1, new MoveSecretRequest("database.password", "Not_A_Name", "b")), 422, "invalid");
        await ProblemAsync(await MoveAsync(portal.Operator, release.Id, 1, new MoveSecretRequest("database.password", "a", "b c")), 422, "invalid");
        await ProblemAsync(await MoveAsync(portal.Operator, release.Id, 7, new MoveSecretRequest("database.password", "a", "b")), 412, "stale");
        await ProblemAsync(await MoveAsync(portal.Viewer, release.Id, 1, new MoveSecretRequest("database.password", "a", "b")), 403, "not-allowed");
        Assert.Null(await release.LiveAsync("v1", "Secret", "a"));
        Assert.Equal(1, (await NewestAsync(release)).Number);
    }

    [Theory]
    [InlineData("a:\n  password: x1\n", "a:\n  passwordSecret: {name: db, key: k}\n")]
    [InlineData("a: {password: 'x1', b: 2}\n", "a: {passwordSecret: {name: db, key: k}, b: 2}\n")]
    [InlineData("a:\n  password: x1\n  passwordSecret: {}\n", "a:\n  passwordSecret: {name: db, key: k}\n")]
    [InlineData("a:\n  # old\n  password: |\n    x1\n    y2\n  b: 2\n", "a:\n  # old\n  passwordSecret: {name: db, key: k}\n  b: 2\n")]
    [InlineData("a:\n  password: \"x1\"   # why\n", "a:\n  passwordSecret: {name: db, key: k}   # why\n")]
    public void The_reference_stands_where_the_value_stood(string text, string expected) => Assert.Equal(expected, SecretMove.Edit(text, "a.password", "a.passwordSecret", "db", "k").Text);

    [Fact]
    public void A_value_that_others_take_theirs_from_stays()
    {
        var problem = Assert.Throws<ProblemException>(() => SecretMove.Edit("a:\n  password: &p x1\nb: *p\n", "a.password", "a.passwordSecret", "db", "k"));
        Assert.Contains("b takes its value", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_values_file_goes_out_without_its_secrets_and_with_them_only_audited()
    {
        var release = await TestRelease.InstallAsync(portal, Values, Chart);

        var text = await portal.Viewer.GetStringAsync(new Uri($"{Routes.Api}/releases/{release.Id}/values/1/export", UriKind.Relative));

        Assert.Equal("# the database of the platform\ndatabase:\n  user: portal # by the DBA\n  password: \"<fill in database.password>\" # rotate in May\nlicense: \"<from Secret license/text>\"\nother:\n  token: \"<fill in other.token>\"\n", text);
        await ProblemAsync(await PostAsync(portal.Operator, $"releases/{release.Id}/values/1/export", new { }), 403, "not-allowed");
        var answer = await PostAsync(portal.As(Role.Admin), $"releases/{release.Id}/values/1/export", new { });
        Assert.Equal((HttpStatusCode.OK, Values), (answer.StatusCode, await answer.Content.ReadAsStringAsync()));
        Assert.True(answer.Headers.CacheControl?.NoStore);
        Assert.Contains("export values with secrets", await portal.Admin.GetStringAsync(new Uri($"{Routes.Api}/audit?limit=500", UriKind.Relative)), StringComparison.Ordinal);
    }

    private async Task<ValuesRevision> NewestAsync(TestRelease release)
    {
        var revisions = (await GetAsync<Page<ValuesRevisionSummary>>(portal.Viewer, $"releases/{release.Id}/values")).Items;
        return await GetAsync<ValuesRevision>(portal.Viewer, $"releases/{release.Id}/values/{revisions[0].Number}");
    }

    private static async Task<HttpResponseMessage> MoveAsync(HttpClient client, string releaseId, int edited, MoveSecretRequest move)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"{Routes.Api}/releases/{releaseId}/values/secrets") { Content = JsonContent.Create(move, options: Json) };
        request.Headers.TryAddWithoutValidation("If-Match", $"\"{edited}\"");
        return await client.SendAsync(request);
    }
}
