using System.Diagnostics;
using Portal.Core;
using Portal.Core.Clusters;
using Portal.Core.Operations;
using Portal.Core.Plans;
using Portal.Core.Releases;
using Portal.Testing;

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
        using var api = await PortalApi.SignInAsync(portal);
        var release = (await api.EndedSampleAsync()).Id;
        var id = await api.StartUpgradeAsync(release, "1.1.0");
        await api.SeeLineAsync(id, line);
        await portal.KillAsync();
        await using var again = await PortalProcess.StartAsync(portal.DataDirectory);
        using var admin = await PortalApi.SignInAsync(again);
        await CheckAsync(admin, [(release, id, 1)], Stopwatch.StartNew());
        Assert.Equal(OperationState.Succeeded, (await admin.EndAsync(await admin.StartUpgradeAsync(release, "1.1.0"))).State);
    }

    private async Task KillAtRandomMomentsAsync(int rounds, int seed)
    {
        var random = new Random(seed);
        var portal = await PortalProcess.StartAsync();
        try
        {
            var api = await PortalApi.SignInAsync(portal);
            var releases = await InstallAsync(api);
            for (var round = 0; round < rounds; round++)
            {
                var version = round % 2 == 0 ? "1.1.0" : "1.0.5";
                var begun = await Task.WhenAll(releases.Select(async release =>
                {
                    await Task.Delay(random.Next(0, 20_000));
                    var before = (await api.GetAsync<Page<Revision>>($"releases/{release}/revisions")).Items[0].Number;
                    return (release, await api.StartUpgradeAsync(release, version), before);
                }));
                await Task.Delay(random.Next(0, 4_000));
                await portal.KillAsync();
                portal = await PortalProcess.StartAsync(portal.DataDirectory);
                var since = Stopwatch.StartNew();
                api = await PortalApi.SignInAsync(portal);
                await CheckAsync(api, begun, since);
            }

            Assert.Equal(OperationState.Succeeded, (await api.EndAsync(await api.StartUpgradeAsync(releases[0], "1.1.0"))).State);
        }
        finally
        {
            await portal.DisposeAsync();
        }
    }

    private async Task CheckAsync(PortalApi api, IReadOnlyList<(string Release, string Operation, int Before)> begun, Stopwatch since)
    {
        foreach (var (_, id, _) in begun)
        {
            await api.EndAsync(id);
        }

        Assert.True(since.Elapsed < Settled, $"settled only {since.Elapsed.TotalSeconds:0.0} s after the restart");
        foreach (var (release, id, before) in begun)
        {
            var operation = await api.GetAsync<Operation>($"operations/{id}");
            var log = (await api.GetAsync<Page<LogLine>>($"operations/{id}/log?limit=5000")).Items;
            var story = $"{operation.State} after {log.FirstOrDefault(l => l.Text.StartsWith("revision ", StringComparison.Ordinal))?.Text ?? (log.Any(l => l.Text.StartsWith("taken over", StringComparison.Ordinal)) ? "a take-over" : "no kill")}: {operation.Failure?.Cause}";
            output.WriteLine($"{since.Elapsed.TotalSeconds:0.0} s: {story}");
            Assert.True(operation.State is OperationState.Succeeded or OperationState.Failed or OperationState.RolledBack, story);
            Assert.Equal(Enumerable.Range(1, (int)operation.LastSeq).Select(i => (long)i), log.Select(l => l.Seq));
            // Who took over read the hook's log from its beginning: its lines stood twice.
            Assert.DoesNotContain(log.Where(l => l.Source.Contains('/')).GroupBy(l => (l.Source, l.At, l.Text)), g => g.Count() > 1);
            var revisions = (await api.GetAsync<Page<Revision>>($"releases/{release}/revisions")).Items;
            Assert.DoesNotContain(revisions, r => r.Status.StartsWith("pending", StringComparison.Ordinal));
            Assert.Single(revisions, r => r.Status == "deployed");
            Assert.InRange(revisions[0].Number - before, 0, operation.State == OperationState.RolledBack ? 2 : 1);
            Assert.All(log.Where(l => l.Text.StartsWith("hook ", StringComparison.Ordinal) && l.Text.EndsWith(" begins", StringComparison.Ordinal)).GroupBy(l => l.Text), hook => Assert.Single(hook));
        }
    }

    // The sample, and six more of the same chart in namespaces of their own.
    private static async Task<IReadOnlyList<string>> InstallAsync(PortalApi api)
    {
        var sample = await api.EndedSampleAsync();
        var cluster = (await api.GetAsync<Page<Cluster>>("clusters")).Items.Single();
        var releases = new List<string> { sample.Id };
        var operations = new List<string>();
        for (var i = 1; i < Releases; i++)
        {
            var request = new AddReleaseRequest(AddReleaseMode.Prepare, cluster.Id, $"plane-{i}", $"plane-{i}", sample.SourceId, sample.Chart, "1.0.5", "name: \"plane\"\n" + SampleValues.Passwords);
            var added = await api.PostAsync<Release>("releases", request);
            releases.Add(added.Id);
            operations.Add(await api.StartAsync(added.Id, new CreatePlanRequest(OperationKind.Install, "1.0.5")));
        }

        foreach (var operation in operations)
        {
            Assert.Equal(OperationState.Succeeded, (await api.EndAsync(operation)).State);
        }

        return releases;
    }
}
