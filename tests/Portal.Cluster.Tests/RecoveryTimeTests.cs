using System.Diagnostics;
using Portal.Core;
using Portal.Core.Operations;
using Portal.Core.Plans;
using Portal.Core.Releases;
using Portal.Testing;

namespace Portal.Cluster.Tests;

/// <summary>
/// How long it takes from the start of the new process until an operation that a kill -9 met has ended: at most 30 seconds, with the usual grace of a minute and the
/// usual time-out of five. A broken image took 69 seconds: the new process waited for the dead one's lease, and the grace and the way back had all their time again.
/// </summary>
[Collection(AloneCollection.Name)]
public sealed class RecoveryTimeTests(ITestOutputHelper output)
{
    private static readonly TimeSpan Settled = TimeSpan.FromSeconds(30);

    /// <summary>The version that is upgraded to, the line of the log after which the kill comes, how long after it, the grace, and the end.</summary>
    public static TheoryData<string, string, int, int, OperationState> Moments => new()
    {
        { "1.1.1", "Wait begins", 2, 60, OperationState.RolledBack },
        { "1.1.1", "Rollback begins", 0, 1, OperationState.RolledBack },
        { "1.1.0", "Validate begins", 3, 60, OperationState.Succeeded },
    };

    [Theory]
    [Trait("Category", "Long")]
    [MemberData(nameof(Moments))]
    public async Task An_operation_has_ended_half_a_minute_after_the_restart(string version, string line, int seconds, int grace, OperationState end)
    {
        var portal = await PortalProcess.StartAsync();
        try
        {
            using var api = await PortalApi.SignInAsync(portal);
            var release = (await api.EndedSampleAsync()).Id;
            var id = await api.StartAsync(release, new CreatePlanRequest(OperationKind.Upgrade, version, Options: new PlanOptionsRequest(GraceSeconds: grace)));
            await api.SeeLineAsync(id, line);
            await Task.Delay(TimeSpan.FromSeconds(seconds));
            await portal.KillAsync();
            var since = Stopwatch.StartNew();
            portal = await PortalProcess.StartAsync(portal.DataDirectory);
            var answered = since.Elapsed;
            using var again = await PortalApi.SignInAsync(portal);
            var operation = await again.EndAsync(id);
            output.WriteLine($"{version}, killed {seconds} s after \"{line}\": answers after {answered.TotalSeconds:0.0} s, {operation.State} after {since.Elapsed.TotalSeconds:0.0} s");
            Assert.True(operation.State == end, $"{operation.State}: {operation.Failure}\n{string.Join('\n', (await again.LogAsync(id)).Select(l => $"{l.At:T} {l.Text}"))}");
            Assert.True(since.Elapsed < Settled, $"settled only {since.Elapsed.TotalSeconds:0.0} s after the restart\n{string.Join('\n', (await again.LogAsync(id)).Select(l => $"{l.At:T} {l.Text}"))}");
            Assert.DoesNotContain((await again.GetAsync<Page<Revision>>($"releases/{release}/revisions")).Items, r => r.Status.StartsWith("pending", StringComparison.Ordinal));
            Assert.DoesNotContain(operation.Steps, s => s.State is StepState.Pending or StepState.Running);
        }
        finally
        {
            await portal.DisposeAsync();
        }
    }
}
