using System.Net;
using System.Net.Http.Json;
using System.Text;
using Portal.Core;
using Portal.Core.Access;
using Portal.Core.Backups;
using Portal.Core.Operations;
using Portal.Core.Plans;
using Portal.Core.Releases;
using Portal.Core.Values;
using static Portal.Server.Tests.PortalServer;

namespace Portal.Server.Tests;

/// <summary>The main job over real HTTP, against the sandbox; each story begins with the sample as the one before left it.</summary>
public sealed class When_a_release_is_changed_over_the_api(PortalServer portal)
{
    [Fact]
    public async Task Values_are_saved_planned_upgraded_logged_and_rolled_back()
    {
        var client = portal.Admin;
        var release = await portal.SettledSampleAsync();
        Assert.Equal("deployed", release.Status);

        var newest = release.LatestValuesRevision;
        var text = (await GetAsync<ValuesRevision>(client, $"releases/{release.Id}/values/{newest}")).Text;
        Assert.Contains("__portal_secret:", text, StringComparison.Ordinal);
        Assert.DoesNotContain("sample-database-password", text, StringComparison.Ordinal);
        var saved = await SaveAsync(client, release.Id, newest, text + "\nclusterDomain: example.local\n");
        Assert.Equal(newest + 1, saved.Number);
        var diff = await GetAsync<ValuesDiff>(client, $"releases/{release.Id}/values/diff?from={newest}&to={saved.Number}");
        Assert.Equal(["clusterDomain"], diff.Changes.Select(c => c.Path));

        var plan = await PlanAsync(client, release.Id, new CreatePlanRequest(OperationKind.Upgrade, "1.1.0"));
        Assert.True(plan.State == PlanState.Ready, plan.Error);
        Assert.True(plan.Summary!.Restarts > 0);
        var operation = await StartAsync(client, plan);

        // A second one is refused and names the first.
        var second = await client.PostAsJsonAsync($"/api/v1/plans/{plan.Id}/operations", new StartOperationRequest("once more", [.. plan.Findings.Select(f => f.Id)]), Json);
        Assert.Equal(HttpStatusCode.Conflict, second.StatusCode);
        Assert.Contains(operation.Id, await second.Content.ReadAsStringAsync(), StringComparison.Ordinal);

        operation = await EndAsync(client, operation.Id);
        Assert.True(operation.State == OperationState.Succeeded, operation.Failure?.Cause);
        Assert.Equal(operation.FromRevision + 1, operation.ResultRevision);
        var log = (await GetAsync<Page<LogLine>>(client, $"operations/{operation.Id}/log?limit=5000")).Items;
        Assert.Equal(Enumerable.Range(1, (int)operation.LastSeq).Select(i => (long)i), log.Select(l => l.Seq));
        Assert.Contains(log, l => l.Source.Contains("data-plane-init", StringComparison.Ordinal));
        Assert.NotEmpty((await GetAsync<Page<Backup>>(client, $"releases/{release.Id}/backups")).Items);

        var back = await PlanAsync(client, release.Id, new CreatePlanRequest(OperationKind.Rollback, ToRevision: operation.FromRevision));
        Assert.True(back.State == PlanState.Ready, back.Error);
        Assert.NotNull(back.Verdict);
        var rolled = await EndAsync(client, (await StartAsync(client, back)).Id);
        Assert.True(rolled.State == OperationState.Succeeded, rolled.Failure?.Cause);
        var history = (await GetAsync<Page<Revision>>(client, $"releases/{release.Id}/revisions")).Items;
        Assert.Equal(["deployed", "superseded"], history.Take(2).Select(h => h.Status));
        Assert.All(history, h => Assert.False(h.Outside));
    }

    [Fact]
    public async Task A_broken_image_is_named_and_the_release_goes_back()
    {
        var client = portal.Admin;
        var release = await portal.SettledSampleAsync();
        var plan = await PlanAsync(client, release.Id, new CreatePlanRequest(OperationKind.Upgrade, "1.1.1", Options: new PlanOptionsRequest(GraceSeconds: 3)));
        Assert.True(plan.State == PlanState.Ready, plan.Error);
        var operation = await EndAsync(client, (await StartAsync(client, plan)).Id);
        Assert.Equal(OperationState.RolledBack, operation.State);
        Assert.Contains("iom-core", operation.Failure!.Cause, StringComparison.Ordinal);
        Assert.Contains("image", operation.Failure.Cause, StringComparison.Ordinal);
        Assert.Equal("deployed", (await GetAsync<Page<Revision>>(client, $"releases/{release.Id}/revisions")).Items[0].Status);
    }

    [Fact]
    public async Task Somebody_else_approves_and_never_the_requester()
    {
        var client = portal.Admin;
        var approver = portal.As(Role.Approver);
        var release = await portal.SettledSampleAsync();
        (await client.PutAsJsonAsync($"/api/v1/releases/{release.Id}/policy", new ReleasePolicy(true, true), Json)).EnsureSuccessStatusCode();
        try
        {
            var operation = await StartAsync(client, await PlanAsync(client, release.Id, new CreatePlanRequest(OperationKind.Upgrade, "1.0.5", 1)));
            Assert.Equal(OperationState.AwaitingApproval, operation.State);
            var own = await client.PostAsJsonAsync($"/api/v1/operations/{operation.Id}/approval", new ApprovalRequest(ApprovalDecision.Approve, ""), Json);
            Assert.Equal(HttpStatusCode.Forbidden, own.StatusCode);
            var rejected = await ReadAsync<Operation>(await approver.PostAsJsonAsync($"/api/v1/operations/{operation.Id}/approval", new ApprovalRequest(ApprovalDecision.Reject, "not today"), Json));
            Assert.Equal(OperationState.Cancelled, rejected.State);
        }
        finally
        {
            (await client.PutAsJsonAsync($"/api/v1/releases/{release.Id}/policy", new ReleasePolicy(false, true), Json)).EnsureSuccessStatusCode();
        }
    }

    [Fact]
    public async Task A_running_upgrade_is_cancelled_and_the_next_one_works()
    {
        var client = portal.Admin;
        var release = await portal.SettledSampleAsync();
        var operation = await StartAsync(client, await PlanAsync(client, release.Id, new CreatePlanRequest(OperationKind.Upgrade, "1.1.0")));
        await UntilAsync(async () => (await GetAsync<Operation>(client, $"operations/{operation.Id}")).LastSeq > 12);
        (await client.PostAsJsonAsync($"/api/v1/operations/{operation.Id}/cancel", new CancelRequest(CancelChoice.RollBack), Json)).EnsureSuccessStatusCode();
        Assert.Equal(OperationState.Cancelled, (await EndAsync(client, operation.Id)).State);
        Assert.DoesNotContain((await GetAsync<Page<Revision>>(client, $"releases/{release.Id}/revisions")).Items, r => r.Status.StartsWith("pending", StringComparison.Ordinal));
        var next = await EndAsync(client, (await StartAsync(client, await PlanAsync(client, release.Id, new CreatePlanRequest(OperationKind.Upgrade, "1.1.0")))).Id);
        Assert.True(next.State == OperationState.Succeeded, next.Failure?.Cause);
    }

    [Fact]
    public async Task Bad_input_is_answered_clearly_and_changes_nothing()
    {
        var client = portal.Admin;
        var release = await portal.SettledSampleAsync();
        var before = (await GetAsync<Page<ValuesRevisionSummary>>(client, $"releases/{release.Id}/values")).Items.Count;
        var broken = await PostValuesAsync(client, release.Id, before, "a: [1\nb: 2\n");
        Assert.Equal(HttpStatusCode.UnprocessableEntity, broken.StatusCode);
        Assert.Contains("\"line\"", await broken.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        var moved = await PostValuesAsync(client, release.Id, before, "other: __portal_secret:0123456789__\n");
        Assert.Equal(HttpStatusCode.UnprocessableEntity, moved.StatusCode);
        var stale = await PostValuesAsync(client, release.Id, before + 7, "a: 1\n");
        Assert.Equal(HttpStatusCode.PreconditionFailed, stale.StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await client.PostAsJsonAsync($"/api/v1/releases/{release.Id}/plans", new CreatePlanRequest(OperationKind.Upgrade, "9.9.9"), Json)).StatusCode);
        Assert.Equal(before, (await GetAsync<Page<ValuesRevisionSummary>>(client, $"releases/{release.Id}/values")).Items.Count);
        using var nobody = portal.Anonymous();
        Assert.Equal(HttpStatusCode.Unauthorized, (await nobody.PostAsJsonAsync("/api/v1/session", new SignInRequest("admin", "wrong"), Json)).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await nobody.GetAsync("/api/v1/releases")).StatusCode);
    }

    [Fact]
    public async Task A_secret_is_nowhere_but_behind_its_reveal()
    {
        const string Canary = "canary-Zx81-secret-value";
        var client = portal.Admin;
        var release = await portal.SettledSampleAsync();
        var count = (await GetAsync<Page<ValuesRevisionSummary>>(client, $"releases/{release.Id}/values")).Items[0].Number;
        await SaveAsync(client, release.Id, count, $"database:\n  host: mysql\n  password: \"{Canary}\"\nspark:\n  logLevel: warn\n");
        var plan = await PlanAsync(client, release.Id, new CreatePlanRequest(OperationKind.Upgrade, "1.0.5"));
        var seen = new StringBuilder();
        foreach (var path in new[] { $"releases/{release.Id}/values/{count + 1}", $"releases/{release.Id}/values/diff?from={count}&to={count + 1}", $"plans/{plan.Id}", $"plans/{plan.Id}/changes?limit=500", $"plans/{plan.Id}/export", "audit", $"releases/{release.Id}/revisions" })
        {
            seen.Append(await client.GetStringAsync($"/api/v1/{path}"));
        }

        Assert.DoesNotContain(Canary, seen.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(Convert.ToBase64String(Encoding.UTF8.GetBytes(Canary)), seen.ToString(), StringComparison.Ordinal);
        foreach (var file in Directory.EnumerateFiles(portal.DataDirectory, "portal.db*"))
        {
            using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            using var bytes = new MemoryStream();
            await stream.CopyToAsync(bytes);
            Assert.DoesNotContain(Canary, Encoding.Latin1.GetString(bytes.ToArray()), StringComparison.Ordinal);
        }

        var masked = (await GetAsync<ValuesRevision>(client, $"releases/{release.Id}/values/{count + 1}")).Text;
        var id = masked[(masked.IndexOf("__portal_secret:", StringComparison.Ordinal) + 16)..][..20];
        var revealed = await ReadAsync<RevealedSecret>(await client.PostAsJsonAsync($"/api/v1/releases/{release.Id}/values/{count + 1}/reveal", new RevealRequest(id), Json));
        Assert.Equal(Canary, revealed.Value);
        var viewer = portal.Viewer;
        Assert.Equal(HttpStatusCode.Forbidden, (await viewer.PostAsJsonAsync($"/api/v1/releases/{release.Id}/values/{count + 1}/reveal", new RevealRequest(id), Json)).StatusCode);
    }

    private static async Task<ValuesRevision> SaveAsync(HttpClient client, string releaseId, int from, string text) => await ReadAsync<ValuesRevision>(await PostValuesAsync(client, releaseId, from, text));

    private static async Task<HttpResponseMessage> PostValuesAsync(HttpClient client, string releaseId, int from, string text)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/api/v1/releases/{releaseId}/values") { Content = JsonContent.Create(new SaveValuesRequest(text, "a test changes it"), options: Json) };
        request.Headers.TryAddWithoutValidation("If-Match", $"\"{from}\"");
        return await client.SendAsync(request);
    }
}
