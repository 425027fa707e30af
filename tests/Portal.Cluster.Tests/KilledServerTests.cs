using System.Diagnostics;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using Portal.Core;
using Portal.Core.Catalog;
using Portal.Core.Operations;
using Portal.Core.Plans;
using Portal.Core.Releases;
using Portal.Helm.Actions;
using Portal.Helm.Charts;
using Portal.Helm.Kube;
using Portal.Helm.Releases;
using Portal.Sandbox;
using Portal.Testing;

namespace Portal.Cluster.Tests;

/// <summary>
/// kill -9 of the portal in the middle of upgrades, while the cluster lives on and counts what it was asked: after the restart every operation ends by itself within
/// 30 seconds, no release is pending, no operation made a second revision, and no hook's job was created twice.
/// </summary>
[Collection(AloneCollection.Name)]
public sealed class KilledServerTests(ITestOutputHelper output)
{
    private static readonly TimeSpan Settled = TimeSpan.FromSeconds(30);

    private const string Template = """
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: settings}
        data: {version: "{{ .Chart.Version }}"}
        ---
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: web}
        spec:
          replicas: 2
          selector: {matchLabels: {app: web}}
          template:
            metadata: {labels: {app: web}, annotations: {version: "{{ .Chart.Version }}"}}
            spec: {containers: [{name: main, image: "registry.example/main:1", env: [{name: SANDBOX_READY_AFTER, value: "4"}]}]}
        {{- range list "pre-upgrade" "post-upgrade" }}
        ---
        apiVersion: batch/v1
        kind: Job
        metadata: {name: "{{ . }}", annotations: {helm.sh/hook: "{{ . }}", helm.sh/hook-delete-policy: before-hook-creation}}
        spec: {template: {spec: {restartPolicy: Never, containers: [{name: main, image: "registry.example/job:1", env: [{name: SANDBOX_DURATION, value: "4"}]}]}}}
        {{- end }}
        """;

    [Theory]
    [Trait("Category", "Long")]
    [InlineData(1, 5, 20261125)]
    [InlineData(40, 5, 4711)]
    public Task Upgrades_end_by_themselves(int kills, int releases, int seed) => KillAsync(kills, releases, seed);

    private async Task KillAsync(int kills, int count, int seed)
    {
        var random = new Random(seed);
        await using var cluster = await SandboxServer.StartAsync(new SandboxOptions { Speed = 4 });
        var folder = Directory.CreateTempSubdirectory("portal-kills-").FullName;
        var kubeconfig = Path.Combine(folder, "kubeconfig");
        await File.WriteAllTextAsync(kubeconfig, cluster.Kubeconfig);
        using var kube = KubeClient.FromKubeconfigFile(kubeconfig);
        var helm = new HelmClient(kube, new SecretReleaseStore(kube, TimeProvider.System), TimeProvider.System);
        using var admin = new HttpClient(new HttpClientHandler { ServerCertificateCustomValidationCallback = HttpClientHandler.DangerousAcceptAnyServerCertificateValidator }) { BaseAddress = new Uri(cluster.Url, "sandbox/") };
        admin.DefaultRequestHeaders.Authorization = new("Bearer", cluster.Token);
        var settings = new Dictionary<string, string> { ["Clusters__0__Name"] = "outside", ["Clusters__0__Kubeconfig"] = kubeconfig };
        var portal = await PortalProcess.StartAsync(settings: settings);
        var (takenOver, slowest) = (0, TimeSpan.Zero);
        try
        {
            var api = await PortalApi.SignInAsync(portal);
            var releases = await InstallAsync(api, count);
            for (var kill = 0; kill < kills; kill++)
            {
                await admin.DeleteAsync("requests");
                var (running, version) = (api, kill % 2 == 0 ? "1.1.0" : "1.0.0");
                var begun = await Task.WhenAll(releases.Select(async release =>
                {
                    var before = (await helm.HistoryAsync(release.Name, release.Name, default))[^1].Version;
                    await Task.Delay(random.Next(0, 1500));
                    return new Begun(release.Name, await running.StartUpgradeAsync(release.Id, version), before);
                }));
                await Task.Delay(random.Next(0, 5000));
                await portal.KillAsync();
                portal = await PortalProcess.StartAsync(portal.DataDirectory, settings);
                var since = Stopwatch.StartNew();
                api.Dispose();
                api = await PortalApi.SignInAsync(portal);
                foreach (var upgrade in begun)
                {
                    takenOver += await CheckAsync(api, helm, admin, upgrade, since) ? 1 : 0;
                }

                slowest = since.Elapsed > slowest ? since.Elapsed : slowest;
            }

            api.Dispose();
        }
        catch
        {
            output.WriteLine(string.Join('\n', portal.Output.Split('\n').TakeLast(200)));
            throw;
        }
        finally
        {
            await portal.DisposeAsync();
            Directory.Delete(folder, recursive: true);
        }

        output.WriteLine($"{kills} kills, {kills * count} upgrades, {takenOver} of them taken over after the kill; settled after {slowest.TotalSeconds:0.0} s at the latest");
        Assert.True(takenOver > 0, "no kill met an upgrade");
    }

    private sealed record Begun(string Release, string Operation, int Before);

    /// <summary>Whether the operation was taken over: the kill met it.</summary>
    private static async Task<bool> CheckAsync(PortalApi api, HelmClient helm, HttpClient admin, Begun upgrade, Stopwatch since)
    {
        var operation = await api.EndAsync(upgrade.Operation);
        Assert.True(since.Elapsed < Settled, $"settled only {since.Elapsed.TotalSeconds:0.0} s after the restart");
        var log = (await api.GetAsync<Page<LogLine>>($"operations/{upgrade.Operation}/log?limit=5000")).Items;
        var story = $"{upgrade.Release}: {operation.State}, {operation.Failure?.Cause}\n{string.Join('\n', log.Select(l => l.Text))}";
        Assert.True(operation.State is OperationState.Succeeded or OperationState.Failed or OperationState.RolledBack, story);
        var history = await helm.HistoryAsync(upgrade.Release, upgrade.Release, default);
        Assert.DoesNotContain(history, r => ReleaseStatus.IsPending(r.Info.Status));
        Assert.Single(history, r => r.Info.Status == ReleaseStatus.Deployed);
        Assert.True(history[^1].Version - upgrade.Before <= (operation.State == OperationState.RolledBack ? 2 : 1), $"revisions {upgrade.Before} to {history[^1].Version}\n{story}");
        var asked = await admin.GetFromJsonAsync<JsonObject>($"requests?path=/namespaces/{upgrade.Release}/jobs");
        var created = asked!["items"]!.AsArray().Where(r => r!["status"]!.GetValue<int>() == 201 && !r["query"]!.GetValue<string>().Contains("dryRun", StringComparison.Ordinal)).Select(r => $"{r!["method"]} {r["path"]}").ToList();
        Assert.True(created.Count <= 2 && created.Distinct().Count() == created.Count, $"jobs created: {string.Join(", ", created)}\n{story}");
        return log.Any(l => l.Text.StartsWith("taken over", StringComparison.Ordinal));
    }

    private static async Task<IReadOnlyList<(string Name, string Id)>> InstallAsync(PortalApi api, int count)
    {
        foreach (var version in (string[])["1.0.0", "1.1.0"])
        {
            var chart = ChartLoader.Load([new ChartFile("Chart.yaml", Encoding.UTF8.GetBytes($"apiVersion: v2\nname: killed\nversion: {version}\n")), new ChartFile("templates/all.yaml", Encoding.UTF8.GetBytes(Template))]);
            using var content = new ByteArrayContent(ChartArchive.Pack(chart));
            content.Headers.ContentType = new("application/gzip");
            (await api.Http.PostAsync("/api/v1/charts/uploads", content)).EnsureSuccessStatusCode();
        }

        var cluster = (await api.GetAsync<Page<Core.Clusters.Cluster>>("clusters")).Items.Single();
        var source = (await api.GetAsync<Page<ChartSource>>("chart-sources")).Items.Single(s => s.Kind == ChartSourceKind.Upload);
        var releases = new List<(string, string)>();
        var operations = new List<string>();
        for (var i = 0; i < count; i++)
        {
            var added = await api.PostAsync<Core.Releases.Release>("releases", new AddReleaseRequest(AddReleaseMode.Prepare, cluster.Id, $"killed-{i}", $"killed-{i}", source.Id, "killed", "1.0.0", "{}\n"));
            releases.Add(($"killed-{i}", added.Id));
            operations.Add(await api.StartAsync(added.Id, new CreatePlanRequest(OperationKind.Install, "1.0.0")));
        }

        foreach (var operation in operations)
        {
            Assert.Equal(OperationState.Succeeded, (await api.EndAsync(operation)).State);
        }

        return releases;
    }
}
