using System.Diagnostics;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using Portal.Helm.Actions;
using Portal.Helm.Charts;
using Portal.Helm.Kube;
using Portal.Helm.Releases;
using Portal.Sandbox;

[assembly: AssemblyFixture(typeof(Portal.Cluster.Tests.TestCluster))]

namespace Portal.Cluster.Tests;

/// <summary>The cluster of these tests: a sandbox, or any other when PORTAL_TEST_KUBECONFIG names its kubeconfig. Every test has a namespace of its own.</summary>
public sealed class TestCluster : IAsyncLifetime
{
    private readonly List<string> _namespaces = [];
    private readonly Lazy<Task<bool>> _runsPods;
    private SandboxServer? _sandbox;
    private HttpClient? _admin;

    public TestCluster() => _runsPods = new Lazy<Task<bool>>(RunsPodsAsync);

    public static bool IsSandbox => string.IsNullOrEmpty(Environment.GetEnvironmentVariable("PORTAL_TEST_KUBECONFIG"));

    /// <summary>A kubeconfig file of the cluster.</summary>
    public string Kubeconfig { get; private set; } = "";

    public KubeClient Kube { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        if (!IsSandbox)
        {
            Kubeconfig = Environment.GetEnvironmentVariable("PORTAL_TEST_KUBECONFIG")!;
        }
        else
        {
            _sandbox = await SandboxServer.StartAsync(new SandboxOptions { Speed = 5, Tls = false });
            Kubeconfig = Path.Combine(Directory.CreateTempSubdirectory("portal-cluster-").FullName, "config");
            await File.WriteAllTextAsync(Kubeconfig, _sandbox.Kubeconfig);
            _admin = new HttpClient { BaseAddress = new Uri(_sandbox.Url, "sandbox/") };
            _admin.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", _sandbox.Token);
        }

        Kube = Client();
    }

    /// <summary>A client of its own, whose requests can be told from others by its name.</summary>
    public KubeClient Client(string name = "tests") => KubeClient.FromKubeconfigFile(Kubeconfig, new KubeClientOptions { UserAgent = name });

    public HelmClient Helm(KubeClient? client = null) => new(client ?? Kube, new SecretReleaseStore(client ?? Kube, TimeProvider.System), TimeProvider.System);

    /// <summary>A fresh namespace, deleted at the end.</summary>
    public async Task<string> NamespaceAsync()
    {
        var name = $"portal-test-{Guid.NewGuid().ToString("N")[..10]}";
        await Kube.CreateAsync(new KubeObject(new JsonObject { ["apiVersion"] = "v1", ["kind"] = "Namespace", ["metadata"] = new JsonObject { ["name"] = name } }), "tests", CancellationToken.None);
        lock (_namespaces)
        {
            _namespaces.Add(name);
        }

        // Pods are refused until the namespace has its service account.
        for (var since = Stopwatch.StartNew(); await Kube.GetAsync(new ObjectRef("v1", "ServiceAccount", name, "default"), CancellationToken.None) is null;)
        {
            Assert.True(since.Elapsed < TimeSpan.FromSeconds(30), $"the namespace {name} got no service account \"default\": the cluster runs no controllers");
            await Task.Delay(50);
        }

        return name;
    }

    /// <summary>Skips a test that waits for containers where nothing runs them: a control plane without kubelets.</summary>
    public async Task NeedsPodsAsync() => Assert.SkipUnless(await _runsPods.Value, "the cluster starts no pods: a Pod of image app:1 was not running after 30 s");

    private async Task<bool> RunsPodsAsync()
    {
        var ns = await NamespaceAsync();
        var pod = JsonNode.Parse("""{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "probe"}, "spec": {"containers": [{"name": "main", "image": "app:1"}]}}""")!;
        pod["metadata"]!["namespace"] = ns;
        await Kube.CreateAsync(new KubeObject((JsonObject)pod), "tests", CancellationToken.None);
        for (var since = Stopwatch.StartNew(); since.Elapsed < TimeSpan.FromSeconds(30); await Task.Delay(100))
        {
            if ((await Kube.GetAsync(new ObjectRef("v1", "Pod", ns, "probe"), CancellationToken.None))?.Text("status", "phase") == "Running")
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>A name for a namespace that a test makes by itself; it is deleted at the end as well.</summary>
    public string Reserve(string name)
    {
        lock (_namespaces)
        {
            _namespaces.Add(name);
        }

        return name;
    }

    /// <summary>Tells the sandbox to misbehave; tests that do so are about the sandbox only.</summary>
    public async Task FaultAsync(string path, object body) => (await _admin!.PostAsJsonAsync(path, body)).EnsureSuccessStatusCode();

    /// <summary>The requests that a client of this name made, watches included: "GET /api/v1/...".</summary>
    public async Task<IReadOnlyList<string>> RequestsAsync(string name)
    {
        var log = await _admin!.GetFromJsonAsync<JsonObject>("requests");
        return [.. log!["items"]!.AsArray().Where(r => r!["userAgent"]!.GetValue<string>() == name).Select(r => $"{r!["method"]} {r["path"]}{r["query"]} {r["status"]}")];
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var ns in _namespaces)
        {
            await Kube.DeleteAsync(new ObjectRef("v1", "Namespace", "", ns), Propagation.Background, CancellationToken.None);
        }

        Kube.Dispose();
        _admin?.Dispose();
        if (_sandbox is not null)
        {
            await _sandbox.DisposeAsync();
        }
    }
}

/// <summary>Charts for tests.</summary>
internal static class TestCharts
{
    /// <summary>A chart of one template file.</summary>
    public static Chart Of(string template, string version = "1.0.0", string values = "", params (string Path, string Text)[] more) => ChartLoader.Load(
    [
        File("Chart.yaml", $"apiVersion: v2\nname: small\nversion: {version}\n"), File("values.yaml", values), File("templates/all.yaml", template), .. more.Select(m => File(m.Path, m.Text)),
    ]);

    /// <summary>One of the charts that Helm was recorded with: simple, hooky, sixty.</summary>
    public static string Recorded(string name) => Path.Combine(AppContext.BaseDirectory, "Recordings", "charts", name);

    private static ChartFile File(string path, string text) => new(path, Encoding.UTF8.GetBytes(text));
}

/// <summary>Keeps the events of an action.</summary>
internal sealed class Events : IHelmObserver
{
    private readonly List<HelmEvent> _all = [];

    /// <summary>Called with every event, before it is kept.</summary>
    public Action<HelmEvent>? Also { get; init; }

    public IReadOnlyList<HelmEvent> All
    {
        get
        {
            lock (_all)
            {
                return [.. _all];
            }
        }
    }

    public void OnEvent(HelmEvent helmEvent)
    {
        Also?.Invoke(helmEvent);
        lock (_all)
        {
            _all.Add(helmEvent);
        }
    }
}
