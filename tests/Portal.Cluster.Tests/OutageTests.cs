using System.Diagnostics;
using Portal.Helm.Actions;
using Portal.Helm.Kube;
using Portal.Helm.Releases;

namespace Portal.Cluster.Tests;

/// <summary>The cluster goes away or asks for less in the middle of an action. Faults are the sandbox's, so these run nowhere else.</summary>
[Trait("Category", "Cluster")]
[Collection(AloneCollection.Name)]
public class OutageTests(TestCluster cluster, ITestOutputHelper output)
{
    private const string Web = """
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: web}
        spec:
          replicas: 2
          selector: {matchLabels: {app: web}}
          template:
            metadata: {labels: {app: web}, annotations: {round: "{{ .Values.round }}"}}
            spec: {containers: [{name: web, image: "registry.example.com/app:1"}]}
        """;

    [Theory]
    [InlineData(HelmPhase.Apply)]
    [InlineData(HelmPhase.Wait)]
    [InlineData(HelmPhase.Record)]
    public Task A_cluster_that_is_gone_for_a_while_does_not_fail_an_upgrade(HelmPhase when) => GoneAsync(when, 6);

    [Theory, Trait("Category", "Long")]
    [InlineData(HelmPhase.Apply)]
    [InlineData(HelmPhase.Wait)]
    public Task A_cluster_that_is_gone_for_two_minutes_does_not_fail_an_upgrade(HelmPhase when) => GoneAsync(when, 120);

    private async Task GoneAsync(HelmPhase when, int seconds)
    {
        Assert.SkipUnless(TestCluster.IsSandbox, "faults are the sandbox's");
        var ns = await cluster.NamespaceAsync();
        var helm = cluster.Helm();
        await helm.PerformAsync(await helm.PrepareInstallAsync(Request(ns, 1), default), new Events(), null, default);
        var action = await helm.PrepareUpgradeAsync(Request(ns, 2), default);
        var events = new Events { Also = e => Fault(e, when, "faults/down", new { seconds }) };
        var since = Stopwatch.StartNew();
        var done = await helm.PerformAsync(action, events, null, default);
        Assert.Equal(ReleaseStatus.Deployed, done.Info.Status);
        Assert.Contains(events.All, e => e is HelmMessage { Warning: true } m && m.Text.StartsWith("the cluster does not answer", StringComparison.Ordinal));
        Assert.Contains(events.All, e => e is HelmMessage { Text: "the cluster answers again" });
        Assert.Equal([ReleaseStatus.Superseded, ReleaseStatus.Deployed], (await helm.HistoryAsync(ns, "web", default)).Select(r => r.Info.Status));
        output.WriteLine($"gone for {seconds} s, deployed {since.Elapsed.TotalSeconds:0.0} s after the upgrade began");
    }

    [Fact]
    public async Task Dropped_watches_go_on_where_they_were_and_forgotten_places_are_begun_anew()
    {
        Assert.SkipUnless(TestCluster.IsSandbox, "faults are the sandbox's");
        var ns = await cluster.NamespaceAsync();
        using var client = cluster.Client("watcher");
        using var stop = new CancellationTokenSource();
        var watch = new KindWatch(client, new KindScope("v1", "ConfigMap", ns));
        var running = watch.RunAsync(() => { }, stop.Token);
        await UntilAsync(() => watch.Listed);
        await cluster.FaultAsync("faults/watches", new { cut = true });
        await ConfigMapAsync(ns, "one");
        await UntilAsync(() => watch.Items.Any(i => i.Name == "one"));
        Assert.Single(await BeginningsAsync(ns));

        await cluster.FaultAsync("faults/requests", new { kind = "drop", path = $"{ns}/configmaps", method = "GET", times = 2 });
        await cluster.FaultAsync("faults/watches", new { cut = true });
        for (var i = 0; i < 40; i++)
        {
            await ConfigMapAsync(ns, $"many-{i}");
        }

        await cluster.FaultAsync("compact", new { });
        await UntilAsync(() => watch.Items.Any(i => i.Name == "many-39"));
        await stop.CancelAsync();
        await running;
    }

    // Kubernetes before 1.32 answers 422: the watch has to begin with a list, for this client from then on.
    [Fact]
    public async Task Where_a_watch_cannot_begin_with_what_is_there_it_is_listed_first()
    {
        Assert.SkipUnless(TestCluster.IsSandbox, "faults are the sandbox's");
        var ns = await cluster.NamespaceAsync();
        await ConfigMapAsync(ns, "one");
        using var client = cluster.Client("older");
        await cluster.FaultAsync("faults/requests", new { status = 422, path = $"{ns}/configmaps?watch=true", message = "sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled", times = 1 });
        using var stop = new CancellationTokenSource();
        foreach (var name in new[] { "two", "three" })
        {
            var watch = new KindWatch(client, new KindScope("v1", "ConfigMap", ns));
            var running = watch.RunAsync(() => { }, stop.Token);
            await UntilAsync(() => watch.Items.Any(i => i.Name == "one"));
            await ConfigMapAsync(ns, name);
            await UntilAsync(() => watch.Items.Any(i => i.Name == name));
        }

        await stop.CancelAsync();
        var requests = (await cluster.RequestsAsync("older")).Where(r => r.Contains(ns, StringComparison.Ordinal)).ToList();
        Assert.Single(requests, r => r.Contains("sendInitialEvents=true", StringComparison.Ordinal));
        Assert.Equal(2, requests.Count(r => !r.Contains("watch=true", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_server_that_asks_for_less_gets_less_and_the_upgrade_succeeds()
    {
        Assert.SkipUnless(TestCluster.IsSandbox, "faults are the sandbox's");
        var ns = await cluster.NamespaceAsync();
        using var client = cluster.Client("modest");
        var helm = cluster.Helm(client);
        var chart = TestCharts.Of("{{ range until 20 }}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: \"c-{{ . }}\"}\n{{ end }}");
        var action = await helm.PrepareInstallAsync(new DeployRequest(ns, "many", chart, [], new ActionOptions()), default);
        await cluster.FaultAsync("faults/requests", new { kind = "status", status = 429, retryAfter = 1, method = "PATCH", path = ns, times = 8 });
        var watch = Stopwatch.StartNew();
        var done = await helm.PerformAsync(action, new Events(), null, default);
        Assert.Equal(ReleaseStatus.Deployed, done.Info.Status);
        Assert.True(watch.Elapsed >= TimeSpan.FromSeconds(1), "Retry-After was not kept");
        // One wave of eight was refused and repeated; nothing was sent in between.
        Assert.InRange((await cluster.RequestsAsync("modest")).Count(r => r.StartsWith("PATCH", StringComparison.Ordinal)), 21, 28);
    }

    [Fact]
    public async Task A_webhook_that_comes_back_is_waited_for_and_one_that_says_no_is_not()
    {
        Assert.SkipUnless(TestCluster.IsSandbox, "faults are the sandbox's");
        var ns = await cluster.NamespaceAsync();
        var helm = cluster.Helm();
        await cluster.FaultAsync("faults/requests", new
        {
            kind = "status", status = 500, method = "PATCH", path = $"{ns}/configmaps", times = 2,
            message = "Internal error occurred: failed calling webhook \"check.example.com\": connect: connection refused",
        });
        var chart = TestCharts.Of("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}");
        var events = new Events();
        await helm.PerformAsync(await helm.PrepareInstallAsync(new DeployRequest(ns, "hooked", chart, [], new ActionOptions()), default), events, null, default);
        Assert.Contains(events.All, e => e is CauseFound { Cause.Reason: "WebhookUnavailable" });
        Assert.Contains(events.All, e => e is CauseCleared);
    }

    private static DeployRequest Request(string ns, int round) =>
        new(ns, "web", TestCharts.Of(Web), new() { ["round"] = (double)round }, new ActionOptions { Timeout = TimeSpan.FromMinutes(5) });

    private bool _done;

    private void Fault(HelmEvent helmEvent, HelmPhase when, string path, object body)
    {
        if (!_done && helmEvent is PhaseStarted started && started.Phase == when)
        {
            _done = true;
            cluster.FaultAsync(path, body).GetAwaiter().GetResult();
        }
    }

    private Task ConfigMapAsync(string ns, string name) => cluster.Kube.CreateAsync(
        new KubeObject(new() { ["apiVersion"] = "v1", ["kind"] = "ConfigMap", ["metadata"] = new System.Text.Json.Nodes.JsonObject { ["name"] = name, ["namespace"] = ns } }), "tests", default);

    // Watches that began with what was there.
    private async Task<IReadOnlyList<string>> BeginningsAsync(string ns) =>
        [.. (await cluster.RequestsAsync("watcher")).Where(r => r.Contains($"{ns}/configmaps", StringComparison.Ordinal) && r.Contains("sendInitialEvents=true", StringComparison.Ordinal))];

    private static async Task UntilAsync(Func<bool> done)
    {
        for (var i = 0; !done(); i++)
        {
            Assert.True(i < 300, "nothing came in 15 s");
            await Task.Delay(50);
        }
    }
}
