using System.Net;
using System.Net.Http.Json;
using System.Text.RegularExpressions;
using Portal.Core;
using Portal.Core.Overview;
using Portal.Core.Values;

namespace Portal.Server.Tests.Values;

public sealed partial class ValuesTests(PortalServer portal)
{
    private const string Text = "database:\n  host: mysql # keep\n  password: first-secret-1\nstorage:\n  settings:\n    secretKey: second-secret-2\n";

    [GeneratedRegex("__portal_secret:([0-9a-f]+)__")]
    private static partial Regex Placeholder();

    private static async Task<HttpResponseMessage> SaveAsync(HttpClient client, string id, string text, int? ifMatch, int? restoreOf = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"{Routes.Api}/releases/{id}/values") { Content = JsonContent.Create(new SaveValuesRequest(text, "a change", restoreOf)) };
        if (ifMatch is { } number)
        {
            request.Headers.TryAddWithoutValidation("If-Match", $"\"{number}\"");
        }

        return await client.SendAsync(request);
    }

    private Task<ValuesRevision> GetAsync(string id, int n) => PortalServer.GetAsync<ValuesRevision>(portal.Operator, $"releases/{id}/values/{n}");

    [Fact]
    public async Task Secrets_are_masked_and_the_rest_is_as_it_was_written()
    {
        var revision = await GetAsync(await portal.PrepareAsync(Text), 1);
        Assert.Equal(2, Placeholder().Count(revision.Text));
        Assert.DoesNotContain("-secret-", revision.Text, StringComparison.Ordinal);
        Assert.Contains("  host: mysql # keep\n", revision.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_hidden_value_that_was_not_touched_keeps_its_secret()
    {
        var id = await portal.PrepareAsync(Text);
        var first = await GetAsync(id, 1);
        var saved = await PortalServer.ReadAsync<ValuesRevision>(await SaveAsync(portal.Operator, id, first.Text.Replace("mysql", "mariadb", StringComparison.Ordinal), 1));
        Assert.Equal(2, saved.Number);
        var secret = Placeholder().Match(saved.Text).Groups[1].Value;
        var revealed = await PortalServer.ReadAsync<RevealedSecret>(await PortalServer.PostAsync(portal.Admin, $"releases/{id}/values/2/reveal", new RevealRequest(secret)));
        Assert.Equal(new RevealedSecret("database.password", "first-secret-1"), revealed);
    }

    /// <summary>The place-holders of an earlier revision are that revision's own: a restore used to be refused with "secret-moved".</summary>
    [Fact]
    public async Task A_restored_revision_brings_its_own_secrets_back()
    {
        var id = await portal.PrepareAsync(Text);
        var first = await GetAsync(id, 1);
        await PortalServer.ReadAsync<ValuesRevision>(await SaveAsync(portal.Operator, id, Text.Replace("first-secret-1", "third-secret-3", StringComparison.Ordinal), 1));
        var restored = await PortalServer.ReadAsync<ValuesRevision>(await SaveAsync(portal.Operator, id, first.Text, 2, restoreOf: 1));
        Assert.Equal((3, first.Hash), (restored.Number, restored.Hash));
    }

    [Fact]
    public async Task A_reveal_stands_in_the_audit_log_and_operators_may_not()
    {
        var id = await portal.PrepareAsync(Text);
        var secret = Placeholder().Match((await GetAsync(id, 1)).Text).Groups[1].Value;
        var path = $"releases/{id}/values/1/reveal";
        await PortalServer.ProblemAsync(await PortalServer.PostAsync(portal.Operator, path, new RevealRequest(secret)), 403, "not-allowed");
        await PortalServer.PostAsync(portal.Admin, path, new RevealRequest(secret));
        Assert.Contains((await PortalServer.GetAsync<Page<AuditEntry>>(portal.Admin, "audit?who=admin")).Items, e => e.Action == "reveal secret" && e.Target.EndsWith("database.password", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_hidden_value_that_was_moved_is_refused()
    {
        var id = await portal.PrepareAsync(Text);
        var first = await GetAsync(id, 1);
        var ids = Placeholder().Matches(first.Text).Select(m => m.Value).ToArray();
        var moved = first.Text.Replace(ids[1], ids[0], StringComparison.Ordinal);
        var problem = await PortalServer.ProblemAsync(await SaveAsync(portal.Operator, id, moved, 1), 422, "secret-moved");
        Assert.Equal(6, problem.GetProperty("line").GetInt32());
        Assert.Single((await PortalServer.GetAsync<Page<ValuesRevisionSummary>>(portal.Operator, $"releases/{id}/values")).Items);
    }

    [Fact]
    public async Task Saving_over_somebody_elses_text_answers_412_with_it()
    {
        var id = await portal.PrepareAsync(Text);
        var first = await GetAsync(id, 1);
        Assert.Equal(HttpStatusCode.Created, (await SaveAsync(portal.Operator, id, first.Text + "ranger:\n  enabled: true\n", 1)).StatusCode);
        var problem = await PortalServer.ProblemAsync(await SaveAsync(portal.Admin, id, first.Text + "ranger:\n  enabled: false\n", 1), 412, "stale");
        var current = problem.GetProperty("current");
        Assert.Equal(2, current.GetProperty("number").GetInt32());
        // Every secret looked changed in the comparison, because its place-holder was that of another revision.
        Assert.Equal(first.Text + "ranger:\n  enabled: true\n", current.GetProperty("text").GetString());
    }

    /// <summary>Place-holders of the revision one began with were refused as foreign: nobody could merge a text with secrets.</summary>
    [Fact]
    public async Task Who_merges_keeps_the_secrets_that_he_did_not_touch_as_they_are_now()
    {
        var id = await portal.PrepareAsync(Text);
        var first = await GetAsync(id, 1);
        var ids = Placeholder().Matches(first.Text).Select(m => m.Value).ToArray();
        Assert.Equal(HttpStatusCode.Created, (await SaveAsync(portal.Operator, id, first.Text.Replace(ids[0], "changed-meanwhile", StringComparison.Ordinal), 1)).StatusCode);
        await PortalServer.ProblemAsync(await SaveAsync(portal.Admin, id, first.Text + "ranger:\n  enabled: false\n", 1), 412, "stale");

        Assert.Equal(HttpStatusCode.Created, (await SaveAsync(portal.Admin, id, first.Text + "ranger:\n  enabled: false\n", 2)).StatusCode);
        var merged = await GetAsync(id, 3);
        var revealed = await PortalServer.ReadAsync<RevealedSecret>(await PortalServer.PostAsync(portal.Admin, $"releases/{id}/values/3/reveal", new RevealRequest(Placeholder().Match(merged.Text).Groups[1].Value)));
        Assert.Equal("changed-meanwhile", revealed.Value);
    }

    [Fact]
    public async Task Of_two_who_save_at_once_one_wins()
    {
        var id = await portal.PrepareAsync("spark:\n  logLevel: warn\n");
        var answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(i => SaveAsync(portal.Operator, id, $"spark:\n  logLevel: info # {i}\n", 1)));
        Assert.Single(answers, a => a.StatusCode == HttpStatusCode.Created);
        Assert.Equal(3, answers.Count(a => a.StatusCode == HttpStatusCode.PreconditionFailed));
    }

    [Fact]
    public async Task Saving_without_saying_from_what_answers_428() => await PortalServer.ProblemAsync(await SaveAsync(portal.Operator, await portal.PrepareAsync(Text), "a: 1\n", null), 428, "if-match");

    [Fact]
    public async Task A_YAML_error_names_its_line_and_saves_nothing()
    {
        var id = await portal.PrepareAsync(Text);
        var problem = await PortalServer.ProblemAsync(await SaveAsync(portal.Operator, id, "a: 1\nb: [1, 2\nc: 3\n", 1), 422, "yaml");
        Assert.InRange(problem.GetProperty("line").GetInt32(), 2, 4);
        Assert.Single((await PortalServer.GetAsync<Page<ValuesRevisionSummary>>(portal.Operator, $"releases/{id}/values")).Items);
        var preview = await PortalServer.ReadAsync<ValuesPreview>(await PortalServer.PostAsync(portal.Operator, $"releases/{id}/values/preview", new PreviewValuesRequest("a: 1\nb: [1, 2\nc: 3\n")));
        Assert.False(preview.Valid);
        Assert.InRange(Assert.Single(preview.Problems).Line!.Value, 2, 4);
    }

    /// <summary>The first save took it, and no later one could put the hidden values back.</summary>
    [Fact]
    public async Task A_key_that_stands_twice_is_named_with_both_lines_and_saves_nothing()
    {
        var id = await portal.PrepareAsync(Text);
        const string twice = "database:\n  password: a-first-1\n  host: mysql\n  password: a-second-2\n";
        var problem = await PortalServer.ProblemAsync(await SaveAsync(portal.Operator, id, twice, 1), 422, "duplicate-key");
        Assert.Equal(4, problem.GetProperty("line").GetInt32());
        var preview = await PortalServer.ReadAsync<ValuesPreview>(await PortalServer.PostAsync(portal.Operator, $"releases/{id}/values/preview", new PreviewValuesRequest(twice)));
        Assert.Contains(preview.Problems, p => p.Level == ProblemLevel.Error && p.Line == 4 && p.Message.Contains("line 2", StringComparison.Ordinal));
    }

    /// <summary>Lines were counted in the text with its secrets: below one of several lines every reveal showed another secret than was asked for.</summary>
    [Fact]
    public async Task Lines_are_those_of_the_text_in_the_editor()
    {
        var id = await portal.PrepareAsync("tls:\n  privateKey: |\n    line-one-of-the-key\n    line-two-of-the-key\n" + Text);
        var first = await GetAsync(id, 1);
        var preview = await PortalServer.ReadAsync<ValuesPreview>(await PortalServer.PostAsync(portal.Operator, $"releases/{id}/values/preview", new PreviewValuesRequest(first.Text)));
        var lines = first.Text.Split('\n');
        Assert.All(preview.Keys, k => Assert.Contains(k.Path[(k.Path.LastIndexOf('.') + 1)..] + ":", lines[k.Line - 1], StringComparison.Ordinal));
        Assert.Contains(preview.Keys, k => k is { Path: "database.password", Secret: true });
    }

    [Fact]
    public async Task An_unknown_key_is_a_warning_that_names_the_nearest_known_one()
    {
        var id = await portal.PrepareAsync(Text);
        var preview = await PortalServer.ReadAsync<ValuesPreview>(await PortalServer.PostAsync(portal.Operator, $"releases/{id}/values/preview", new PreviewValuesRequest("spark:\n  logLevle: warn\n", "1.0.5")));
        var problem = Assert.Single(preview.Problems, p => p.Path == "spark.logLevle");
        Assert.Equal(ProblemLevel.Warning, problem.Level);
        Assert.Equal(2, problem.Line);
        Assert.Contains("spark.logLevel?", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_difference_tells_that_a_secret_changed_and_not_what_it_is()
    {
        var id = await portal.PrepareAsync(Text);
        var first = await GetAsync(id, 1);
        var changed = first.Text.Replace(Placeholder().Match(first.Text).Value, "third-secret-3", StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Created, (await SaveAsync(portal.Operator, id, changed, 1)).StatusCode);
        var answer = await portal.Viewer.GetStringAsync($"{Routes.Api}/releases/{id}/values/diff?from=1&to=2");
        Assert.DoesNotContain("-secret-", answer, StringComparison.Ordinal);
        var diff = await PortalServer.GetAsync<ValuesDiff>(portal.Viewer, $"releases/{id}/values/diff?from=1&to=2");
        Assert.Equal(new KeyChange("database.password", KeyChangeKind.Changed, "(secret)", "(secret, changed)"), Assert.Single(diff.Changes));
    }

    [Fact]
    public async Task A_draft_is_its_writers_alone()
    {
        var id = await portal.PrepareAsync(Text);
        await portal.Operator.PutAsJsonAsync($"{Routes.Api}/releases/{id}/values/draft", new ValuesDraft("mine: 1\n", 1), PortalServer.Json);
        Assert.Equal("mine: 1\n", (await PortalServer.GetAsync<ValuesDraft>(portal.Operator, $"releases/{id}/values/draft")).Text);
        Assert.Equal(HttpStatusCode.NoContent, (await portal.Admin.GetAsync($"{Routes.Api}/releases/{id}/values/draft")).StatusCode);
        Assert.Equal(HttpStatusCode.NoContent, (await portal.Admin.DeleteAsync($"{Routes.Api}/releases/{id}/values/draft")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await portal.Operator.GetAsync($"{Routes.Api}/releases/{id}/values/draft")).StatusCode);
        Assert.Equal(HttpStatusCode.NoContent, (await portal.Operator.DeleteAsync($"{Routes.Api}/releases/{id}/values/draft")).StatusCode);
        Assert.Equal(HttpStatusCode.NoContent, (await portal.Operator.GetAsync($"{Routes.Api}/releases/{id}/values/draft")).StatusCode);
    }
}
