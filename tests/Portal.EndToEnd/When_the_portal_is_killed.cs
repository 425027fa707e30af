using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Serialization;
using Portal.Core;
using Portal.Core.Access;
using Portal.Core.Clusters;
using Portal.Core.Operations;
using Portal.Core.Plans;
using Portal.Core.Releases;

namespace Portal.EndToEnd;

/// <summary>
/// kill -9 in the middle of upgrades. Seven releases are upgraded one shortly after the other, so that one kill meets each at another moment. Afterwards every
/// operation ends by itself within 30 seconds, nothing is pending, and no operation made a second revision or ran a hook twice.
/// Stories of faults that are kept here: the sandbox came back on another port and the one who took over asked the old one; a resumed upgrade began a new revision.
/// </summary>
public sealed class When_the_portal_is_killed(ITestOutputHelper output)
{
    private const int Releases = 7;
    private static readonly TimeSpan Settled = TimeSpan.FromSeconds(30);
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { Converters = { new JsonStringEnumConverter() } };

    [Theory]
    [InlineData(3, 20261124)]
    public Task Every_operation_ends_by_itself(int rounds, int seed) => KillAtRandomMomentsAsync(rounds, seed);

    [Theory]
    [Trait("Category", "Long")]
    [InlineData(29, 4711)]
    public Task Every_operation_ends_by_itself_two_hundred_times(int rounds, int seed) => KillAtRandomMomentsAsync(rounds, seed);

    [Theory]
    [Trait("Category", "Long")]
    [InlineData("Backup begins")]
    [InlineData("Backup succeeded")]
    [InlineData("Fetch succeeded")]
    [InlineData("Preflight succeeded")]
    [InlineData("Apply begins")]
    [InlineData("hook Job/")]
    [InlineData("Apply succeeded")]
    [InlineData("Wait succeeded")]
    [InlineData("Validate begins")]
    [InlineData("Validate succeeded")]
    public async Task An_operation_ends_after_a_kill_at_a_step_boundary(string line)
    {
        var portal = await PortalProcess.StartAsync();
        using var client = await SignInAsync(portal);
        var release = (await EndedSampleAsync(client)).Id;
        var id = await StartUpgradeAsync(client, release, "1.1.0");
        long after = 0;
        await UntilAsync(async () =>
        {
            var lines = (await GetAsync<Page<LogLine>>(client, $"operations/{id}/log?after={after}")).Items;
            after = lines.Count > 0 ? lines[^1].Seq : after;
            return lines.Any(l => l.Text.StartsWith(line, StringComparison.Ordinal));
        }, TimeSpan.FromMilliseconds(10));
        await portal.KillAsync();
        await using var again = await PortalProcess.StartAsync(portal.DataDirectory);
        using var admin = await SignInAsync(again);
        await CheckAsync(admin, [(release, id, 1)], Stopwatch.StartNew());
        Assert.Equal(OperationState.Succeeded, await EndAsync(admin, await StartUpgradeAsync(admin, release, "1.1.0")));
    }

    private async Task KillAtRandomMomentsAsync(int rounds, int seed)
    {
        var random = new Random(seed);
        var portal = await PortalProcess.StartAsync();
        try
        {
            var client = await SignInAsync(portal);
            var releases = await InstallAsync(client);
            for (var round = 0; round < rounds; round++)
            {
                var version = round % 2 == 0 ? "1.1.0" : "1.0.5";
                var begun = await Task.WhenAll(releases.Select(async release =>
                {
                    await Task.Delay(random.Next(0, 20_000));
                    var before = (await GetAsync<Page<Revision>>(client, $"releases/{release}/revisions")).Items[0].Number;
                    return (release, await StartUpgradeAsync(client, release, version), before);
                }));
                await Task.Delay(random.Next(0, 4_000));
                await portal.KillAsync();
                portal = await PortalProcess.StartAsync(portal.DataDirectory);
                var since = Stopwatch.StartNew();
                client = await SignInAsync(portal);
                await CheckAsync(client, begun, since);
            }

            Assert.Equal(OperationState.Succeeded, await EndAsync(client, await StartUpgradeAsync(client, releases[0], "1.1.0")));
        }
        finally
        {
            await portal.DisposeAsync();
        }
    }

    private async Task CheckAsync(HttpClient client, IReadOnlyList<(string Release, string Operation, int Before)> begun, Stopwatch since)
    {
        foreach (var (_, id, _) in begun)
        {
            await EndAsync(client, id);
        }

        Assert.True(since.Elapsed < Settled, $"settled only {since.Elapsed.TotalSeconds:0.0} s after the restart");
        foreach (var (release, id, before) in begun)
        {
            var operation = await GetAsync<Operation>(client, $"operations/{id}");
            var log = (await GetAsync<Page<LogLine>>(client, $"operations/{id}/log?limit=5000")).Items;
            var story = $"{operation.State} after {log.FirstOrDefault(l => l.Text.StartsWith("revision ", StringComparison.Ordinal))?.Text ?? (log.Any(l => l.Text.StartsWith("taken over", StringComparison.Ordinal)) ? "a take-over" : "no kill")}: {operation.Failure?.Cause}";
            output.WriteLine($"{since.Elapsed.TotalSeconds:0.0} s: {story}");
            Assert.True(operation.State is OperationState.Succeeded or OperationState.Failed or OperationState.RolledBack, story);
            Assert.Equal(Enumerable.Range(1, (int)operation.LastSeq).Select(i => (long)i), log.Select(l => l.Seq));
            var revisions = (await GetAsync<Page<Revision>>(client, $"releases/{release}/revisions")).Items;
            Assert.DoesNotContain(revisions, r => r.Status.StartsWith("pending", StringComparison.Ordinal));
            Assert.Single(revisions, r => r.Status == "deployed");
            Assert.InRange(revisions[0].Number - before, 0, operation.State == OperationState.RolledBack ? 2 : 1);
            Assert.All(log.Where(l => l.Text.StartsWith("hook ", StringComparison.Ordinal) && l.Text.EndsWith(" begins", StringComparison.Ordinal)).GroupBy(l => l.Text), hook => Assert.Single(hook));
        }
    }

    // The sample, and six more of the same chart in namespaces of their own.
    private static async Task<IReadOnlyList<string>> InstallAsync(HttpClient client)
    {
        var sample = await EndedSampleAsync(client);
        var cluster = (await GetAsync<Page<Cluster>>(client, "clusters")).Items.Single();
        var releases = new List<string> { sample.Id };
        var operations = new List<string>();
        for (var i = 1; i < Releases; i++)
        {
            var request = new AddReleaseRequest(AddReleaseMode.Prepare, cluster.Id, $"plane-{i}", $"plane-{i}", sample.SourceId, sample.Chart, "1.0.5", "name: \"plane\"\n");
            var added = (await (await client.PostAsJsonAsync("/api/v1/releases", request, Json)).Content.ReadFromJsonAsync<Release>(Json))!;
            releases.Add(added.Id);
            operations.Add(await StartAsync(client, added.Id, new CreatePlanRequest(OperationKind.Install, "1.0.5")));
        }

        foreach (var operation in operations)
        {
            Assert.Equal(OperationState.Succeeded, await EndAsync(client, operation));
        }

        return releases;
    }

    private static async Task<Release> EndedSampleAsync(HttpClient client)
    {
        await UntilAsync(async () => (await GetAsync<Page<Operation>>(client, "operations")).Items.FirstOrDefault()?.EndedAt is not null);
        return (await GetAsync<Page<Release>>(client, "releases")).Items.Single();
    }

    private static Task<string> StartUpgradeAsync(HttpClient client, string releaseId, string version) => StartAsync(client, releaseId, new CreatePlanRequest(OperationKind.Upgrade, version));

    private static async Task<string> StartAsync(HttpClient client, string releaseId, CreatePlanRequest request)
    {
        var plan = (await (await client.PostAsJsonAsync($"/api/v1/releases/{releaseId}/plans", request, Json)).Content.ReadFromJsonAsync<Plan>(Json))!;
        await UntilAsync(async () => (plan = await GetAsync<Plan>(client, $"plans/{plan.Id}")).State != PlanState.Pending);
        var answer = await client.PostAsJsonAsync($"/api/v1/plans/{plan.Id}/operations", new StartOperationRequest("the process dies in it", [.. plan.Findings.Select(f => f.Id)]), Json);
        Assert.True(answer.IsSuccessStatusCode, $"{plan.Error} {await answer.Content.ReadAsStringAsync()}");
        return (await answer.Content.ReadFromJsonAsync<Operation>(Json))!.Id;
    }

    private static async Task<HttpClient> SignInAsync(PortalProcess portal)
    {
        var client = new HttpClient(new HttpClientHandler { CookieContainer = new CookieContainer() }) { BaseAddress = new Uri(portal.Url) };
        (await client.PostAsJsonAsync("/api/v1/session", new SignInRequest("admin", PortalProcess.AdminPassword), Json)).EnsureSuccessStatusCode();
        return client;
    }

    private static async Task<OperationState> EndAsync(HttpClient client, string id)
    {
        Operation? operation = null;
        await UntilAsync(async () => (operation = await GetAsync<Operation>(client, $"operations/{id}")).EndedAt is not null);
        return operation!.State;
    }

    private static async Task<T> GetAsync<T>(HttpClient client, string path) => (await client.GetFromJsonAsync<T>($"/api/v1/{path}", Json))!;

    private static async Task UntilAsync(Func<Task<bool>> condition, TimeSpan? every = null)
    {
        var since = Stopwatch.StartNew();
        while (since.Elapsed < TimeSpan.FromMinutes(2))
        {
            if (await condition())
            {
                return;
            }

            await Task.Delay(every ?? TimeSpan.FromMilliseconds(200));
        }

        Assert.Fail("it did not come about within two minutes");
    }
}
