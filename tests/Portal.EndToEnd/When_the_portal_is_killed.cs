using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Serialization;
using Portal.Core;
using Portal.Core.Access;
using Portal.Core.Operations;
using Portal.Core.Plans;
using Portal.Core.Releases;

namespace Portal.EndToEnd;

/// <summary>
/// The process dies in the middle of an upgrade. The story of a fault: the sandbox comes back on another port, and the one who took over
/// asked the old one and gave up as Interrupted.
/// </summary>
public sealed class When_the_portal_is_killed
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { Converters = { new JsonStringEnumConverter() } };

    [Fact]
    public async Task The_operation_ends_by_itself_after_the_restart_and_the_next_one_works()
    {
        var first = await PortalProcess.StartAsync();
        var client = await SignInAsync(first);
        await EndAsync(client);
        var release = (await GetAsync<Page<Release>>(client, "releases")).Items.Single();
        await StartUpgradeAsync(client, release.Id);
        await UntilAsync(async () => (await GetAsync<Page<Operation>>(client, "operations")).Items[0].LastSeq > 15);
        await first.KillAsync();

        await using var second = await PortalProcess.StartAsync(first.DataDirectory);
        client = await SignInAsync(second);
        var ended = await EndAsync(client);
        Assert.True(ended.State is OperationState.Succeeded or OperationState.Failed or OperationState.RolledBack, ended.State.ToString());
        var revisions = (await GetAsync<Page<Revision>>(client, $"releases/{release.Id}/revisions")).Items;
        Assert.DoesNotContain(revisions, r => r.Status.StartsWith("pending", StringComparison.Ordinal));
        Assert.Equal("deployed", revisions[0].Status);
        var log = (await GetAsync<Page<LogLine>>(client, $"operations/{ended.Id}/log?limit=5000")).Items;
        Assert.Equal(Enumerable.Range(1, (int)ended.LastSeq).Select(i => (long)i), log.Select(l => l.Seq));

        await StartUpgradeAsync(client, release.Id);
        Assert.Equal(OperationState.Succeeded, (await EndAsync(client)).State);
    }

    private static async Task StartUpgradeAsync(HttpClient client, string releaseId)
    {
        var plan = (await (await client.PostAsJsonAsync($"/api/v1/releases/{releaseId}/plans", new CreatePlanRequest(OperationKind.Upgrade, "1.1.0"), Json)).Content.ReadFromJsonAsync<Plan>(Json))!;
        await UntilAsync(async () => (plan = await GetAsync<Plan>(client, $"plans/{plan.Id}")).State != PlanState.Pending);
        var answer = await client.PostAsJsonAsync($"/api/v1/plans/{plan.Id}/operations", new StartOperationRequest("the process dies in it", [.. plan.Findings.Select(f => f.Id)]), Json);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
    }

    private static async Task<HttpClient> SignInAsync(PortalProcess portal)
    {
        var client = new HttpClient(new HttpClientHandler { CookieContainer = new CookieContainer() }) { BaseAddress = new Uri(portal.Url) };
        (await client.PostAsJsonAsync("/api/v1/session", new SignInRequest("admin", PortalProcess.AdminPassword), Json)).EnsureSuccessStatusCode();
        return client;
    }

    /// <summary>The newest operation, once it has ended.</summary>
    private static async Task<Operation> EndAsync(HttpClient client)
    {
        Operation? newest = null;
        await UntilAsync(async () => (newest = (await GetAsync<Page<Operation>>(client, "operations")).Items.FirstOrDefault())?.EndedAt is not null);
        return newest!;
    }

    private static async Task<T> GetAsync<T>(HttpClient client, string path) => (await client.GetFromJsonAsync<T>($"/api/v1/{path}", Json))!;

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        for (var i = 0; i < 600; i++)
        {
            if (await condition())
            {
                return;
            }

            await Task.Delay(200);
        }

        Assert.Fail("it did not come about within two minutes");
    }
}
