using System.Net.Http.Json;
using Microsoft.AspNetCore.SignalR;
using Portal.Core;
using Portal.Core.Access;
using Portal.Core.Operations;
using Portal.Core.Plans;
using Portal.Core.Releases;
using Portal.Testing;
using static Portal.Server.Tests.PortalServer;

namespace Portal.Server.Tests.Operations;

/// <summary>Alone on the machine: what is measured is the portal and not the other tests.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Alone
{
    public const string Name = "alone";
}

/// <summary>A hook writes a hundred lines a second: every viewer gets each line once, in order, and soon.</summary>
[Collection(Alone.Name)]
public sealed class LiveLogTests(PortalServer portal, ITestOutputHelper output)
{
    private const int Rate = 100;

    [Fact]
    public Task Every_line_arrives_once_and_within_half_a_second() => FollowAsync(10);

    [Fact, Trait("Category", "Long")]
    public Task Every_line_of_two_minutes_arrives_once_and_within_half_a_second() => FollowAsync(120);

    /// <summary>A connection that was open went on for as long as it liked.</summary>
    [Fact]
    public async Task Who_is_disabled_sees_nothing_more()
    {
        var cancellation = TestContext.Current.CancellationToken;
        var name = "w" + Guid.NewGuid().ToString("N")[..8];
        await portal.CreateUserAsync(name, Role.Operator);
        using var watcher = await portal.SignInAsync(name, Password);
        var release = await TestRelease.InstallAsync(portal, "", ("templates/one.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: one}\n"));
        await release.SetPolicyAsync(new ReleasePolicy(ApprovalRequired: true, RollbackOnFailure: false));
        // It waits for an approval, and the watcher with it.
        var operation = await StartAsync(portal.Operator, await release.PlanAsync(new CreatePlanRequest(OperationKind.Upgrade, "1.0.0")));
        var begun = new TaskCompletionSource();
        var following = LiveLog.FollowAsync(portal, watcher, operation.Id, cancellation, begun);
        await begun.Task.WaitAsync(TimeSpan.FromSeconds(30), cancellation);
        var id = (await GetAsync<Page<User>>(portal.Admin, "users")).Items.Single(u => u.UserName == name).Id;
        await portal.Admin.PatchAsJsonAsync($"{Routes.Api}/users/{id}", new UpdateUserRequest(Disabled: true), Json, cancellation);
        var end = await Assert.ThrowsAsync<HubException>(() => following.WaitAsync(TimeSpan.FromSeconds(30), cancellation));
        Assert.Contains("Your session has ended", end.Message, StringComparison.Ordinal);
    }

    private async Task FollowAsync(int seconds)
    {
        var cancellation = TestContext.Current.CancellationToken;
        var count = seconds * Rate;
        var release = await TestRelease.InstallAsync(portal, "", ("templates/one.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: one}\n"));
        await release.UploadAsync("2.0.0", ("templates/one.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: one}\n"), ("templates/load.yaml", TestChart.LoggingHook("load", Rate, count)));
        var operation = await StartAsync(portal.Admin, await release.PlanAsync(new CreatePlanRequest(OperationKind.Upgrade, "2.0.0")));
        var first = LiveLog.FollowAsync(portal, operation.Id, cancellation);
        await UntilAsync(async () => (await GetAsync<Operation>(portal.Viewer, $"operations/{operation.Id}")).LastSeq > count / 2);
        var late = await LiveLog.FollowAsync(portal, operation.Id, cancellation);
        var early = await first;

        Assert.Equal(OperationState.Succeeded, (await EndAsync(portal.Admin, operation.Id)).State);
        string[] expected = ["main: starting (registry.example.com/load:1)", .. Enumerable.Range(1, count - 2).Select(n => $"main: step {n} of {count - 2}"), "main: done"];
        foreach (var viewer in new[] { early, late })
        {
            Assert.Equal(Enumerable.Range(1, viewer.Lines.Count).Select(n => (long)n), viewer.Lines.Select(l => l.Line.Seq));
            Assert.Equal(expected, viewer.Lines.Where(l => l.Line.Source == "Job/load").Select(l => l.Line.Text));
        }

        Assert.Equal(early.Lines.Select(l => l.Line), late.Lines.Select(l => l.Line));
        var delays = early.Lines.Where(l => l.Line.Source == "Job/load").Select(l => (l.CameAt - l.Line.At).TotalMilliseconds).Order().ToArray();
        output.WriteLine($"{delays.Length} lines at {Rate} a second, pod to viewer: p50 {delays[delays.Length / 2]:0} ms, p95 {delays[delays.Length * 95 / 100]:0} ms, p99 {delays[delays.Length * 99 / 100]:0} ms, most {delays[^1]:0} ms");
        Assert.True(delays[delays.Length * 95 / 100] < 500, $"p95 {delays[delays.Length * 95 / 100]:0} ms");
    }
}
