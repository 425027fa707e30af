using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Portal.Helm.Actions;
using Portal.Helm.Kube;
using Portal.Helm.Releases;
using Portal.Sandbox;

namespace Portal.Cluster.Tests;

/// <summary>
/// What goes wrong for a while and gets better by itself: an upgrade with the default grace and time-out ends deployed, and whoever looks sees the cause come and go.
/// Cluster and client run on one clock that is 20 times as fast, so that 90 seconds are 90 seconds to both.
/// </summary>
[Trait("Category", "Cluster")]
[Collection(AloneCollection.Name)]
public sealed class TransientTroubleTests(ITestOutputHelper output) : IAsyncLifetime
{
    private const double Speed = 20;
    private readonly FastTime _time = new(Speed);
    private SandboxServer _sandbox = null!;
    private KubeClient _kube = null!;
    private HttpClient _admin = null!;

    private const string Web = """
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: web}
        spec:
          selector: {matchLabels: {app: web}}
          template:
            metadata: {labels: {app: web}}
            spec:
              containers:
              - name: main
                image: registry.example/main:1
        """;

    /// <summary>What the second revision is made of (RUN is a name of its own for each run), and the reason that is shown meanwhile; none where nothing but time is missing.</summary>
    private static readonly Dictionary<string, (string Template, string? Reason)> _troubles = new()
    {
        ["two crashes"] = (Web + "\n        env: [{name: SANDBOX_CRASHES, value: \"2\"}, {name: SANDBOX_READY_AFTER, value: \"5\"}]\n", "CrashLoopBackOff"),
        ["429 of a registry"] = (Web.Replace("main:1", "RUN:2", StringComparison.Ordinal), "ImagePullBackOff"),
        ["a node after 90 s"] = (Web + "\n      nodeSelector: {joins: RUN}\n", "FailedScheduling"),
        ["a late volume"] = (Web + "\n      volumes: [{name: data, persistentVolumeClaim: {claimName: data}}]\n---\napiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: data}\nspec: {accessModes: [ReadWriteOnce], storageClassName: RUN, resources: {requests: {storage: 1Gi}}}\n", "ProvisioningFailed"),
        ["a slow job"] = (Web + "\n---\napiVersion: batch/v1\nkind: Job\nmetadata: {name: slow}\nspec: {template: {spec: {restartPolicy: Never, containers: [{name: slow, image: \"registry.example/slow:1\", env: [{name: SANDBOX_DURATION, value: \"150\"}]}]}}}\n", null),
        ["a webhook back after 20 s"] = (Web.Replace("labels: {app: web}}\n    spec", "labels: {app: web, round: two}}\n    spec", StringComparison.Ordinal) + "\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: fresh}\n", "WebhookUnavailable"),
    };

    public static TheoryData<string> Troubles => [.. _troubles.Keys];

    public async ValueTask InitializeAsync()
    {
        _sandbox = await SandboxServer.StartAsync(new SandboxOptions { Time = _time, Tls = false });
        var file = Path.Combine(Directory.CreateTempSubdirectory("portal-transient-").FullName, "config");
        await File.WriteAllTextAsync(file, _sandbox.Kubeconfig);
        _kube = KubeClient.FromKubeconfigFile(file);
        _admin = new HttpClient { BaseAddress = new Uri(_sandbox.Url, "sandbox/") };
        _admin.DefaultRequestHeaders.Authorization = new("Bearer", _sandbox.Token);
    }

    public async ValueTask DisposeAsync()
    {
        _kube.Dispose();
        _admin.Dispose();
        await _sandbox.DisposeAsync();
    }

    [Theory]
    [MemberData(nameof(Troubles))]
    public Task What_gets_better_by_itself_ends_deployed_with_the_cause_shown_and_cleared(string trouble) => Task.WhenAll(RunAsync(trouble, "t0"), RunAsync(trouble, "t1"));

    [Theory]
    [Trait("Category", "Long")]
    [MemberData(nameof(Troubles))]
    public async Task Fifty_times_without_a_false_failure(string trouble)
    {
        var failures = new System.Collections.Concurrent.ConcurrentBag<string>();
        await Parallel.ForEachAsync(Enumerable.Range(0, 50), new ParallelOptions { MaxDegreeOfParallelism = 5 }, async (run, _) =>
        {
            try
            {
                await RunAsync(trouble, $"l{run}");
            }
            catch (Exception failure) when (failure is HelmException or Xunit.Sdk.XunitException)
            {
                failures.Add($"run {run}: {failure.Message}");
            }
        });
        output.WriteLine($"{trouble}: {failures.Count} of 50 failed");
        Assert.Empty(failures);
    }

    private async Task RunAsync(string trouble, string run)
    {
        var (template, reason) = _troubles[trouble];
        await _kube.CreateAsync(Named("v1", "Namespace", run), "tests", default);
        while (await _kube.GetAsync(new ObjectRef("v1", "ServiceAccount", run, "default"), default) is null)
        {
            await Task.Delay(20);
        }

        var helm = new HelmClient(_kube, new SecretReleaseStore(_kube, _time), _time);
        await helm.PerformAsync(await helm.PrepareInstallAsync(new DeployRequest(run, "web", TestCharts.Of(Web), [], new ActionOptions()), default), new Events(), null, default);
        var action = await helm.PrepareUpgradeAsync(new DeployRequest(run, "web", TestCharts.Of(template.Replace("RUN", run, StringComparison.Ordinal), "1.1.0"), [], new ActionOptions()), default);
        await BeginAsync(trouble, run);
        var events = new Events();
        var done = await helm.PerformAsync(action, events, null, default);
        Assert.Equal(ReleaseStatus.Deployed, done.Info.Status);
        var found = events.All.OfType<CauseFound>().Select(c => c.Cause.Reason).ToList();
        if (reason is null)
        {
            Assert.Contains(events.All, e => e is WaitingFor w && w.Rows.Any(r => r.Object.Name == "slow"));
            Assert.Empty(found);
        }
        else
        {
            Assert.Contains(reason, found);
            Assert.Contains(events.All, e => e is CauseCleared);
            Assert.True(events.All.ToList().FindLastIndex(e => e is CauseCleared) > events.All.ToList().FindLastIndex(e => e is CauseFound), "a cause was left standing");
        }
    }

    private async Task BeginAsync(string trouble, string run)
    {
        switch (trouble)
        {
            case "429 of a registry":
                await FaultAsync("faults/images", new { image = $"/{run}:2", message = "429 Too Many Requests: toomanyrequests: You have reached your pull rate limit", times = 3 });
                break;
            case "a node after 90 s":
                await FaultAsync("nodes", new { name = $"late-{run}", afterSeconds = 90, labels = new { joins = run } });
                break;
            case "a late volume":
                _ = LaterAsync(TimeSpan.FromSeconds(75), () => _kube.CreateAsync(Named("storage.k8s.io/v1", "StorageClass", run, ("provisioner", "sandbox.example.com/local")), "tests", default));
                break;
            case "a webhook back after 20 s":
                await FaultAsync("faults/refusals", new { kind = "ConfigMap", name = "fresh", @namespace = run, status = 500, seconds = 20 });
                await FaultAsync("faults/refusals", new { kind = "Pod", @namespace = run, status = 500, seconds = 40 });
                break;
        }
    }

    private static KubeObject Named(string apiVersion, string kind, string name, params (string Key, string Value)[] more)
    {
        var json = new JsonObject { ["apiVersion"] = apiVersion, ["kind"] = kind, ["metadata"] = new JsonObject { ["name"] = name } };
        foreach (var (key, value) in more)
        {
            json[key] = value;
        }

        return new KubeObject(json);
    }

    private async Task LaterAsync(TimeSpan span, Func<Task> what)
    {
        await Task.Delay(span, _time);
        await what();
    }

    private async Task FaultAsync(string path, object body) => (await _admin.PostAsJsonAsync(path, body)).EnsureSuccessStatusCode();
}
