using System.Diagnostics;
using System.Net;
using Microsoft.AspNetCore.SignalR.Client;
using Microsoft.Extensions.DependencyInjection;
using MySqlConnector;
using Portal.Core;
using Portal.Core.Catalog;
using Portal.Core.Clusters;
using Portal.Core.Operations;
using Portal.Core.Releases;
using Portal.Helm.Charts;
using Portal.Sandbox;
using Portal.Testing;

namespace Portal.EndToEnd;

/// <summary>
/// Two processes over one MySQL and one Redis, started at once on an empty database, as docker-compose.yml runs them. What one does the other shows; what one leaves
/// half-done the other ends; Redis may go away.
/// </summary>
public sealed class When_two_replicas_share_the_work : IAsyncLifetime
{
    private const string Chart = "iomete-dataplane";
    private readonly string _server = Environment.GetEnvironmentVariable("PORTAL_TEST_MYSQL") ?? throw new InvalidOperationException("PORTAL_TEST_MYSQL must hold a connection string without a database");
    private readonly string _database = "portal_" + Guid.NewGuid().ToString("N");
    private readonly string _folder = Directory.CreateTempSubdirectory("portal-replicas-").FullName;
    private SandboxServer _cluster = null!;
    private Process _redis = null!;
    private PortalProcess _one = null!;
    private PortalProcess _two = null!;

    public async ValueTask InitializeAsync()
    {
        _cluster = await SandboxServer.StartAsync(new SandboxOptions());
        var kubeconfig = Path.Combine(_folder, "kubeconfig");
        await File.WriteAllTextAsync(kubeconfig, _cluster.Kubeconfig);
        var key = Path.Combine(_folder, "portal.key");
        await File.WriteAllTextAsync(key, Convert.ToBase64String(System.Security.Cryptography.RandomNumberGenerator.GetBytes(32)));
        var redis = PortalProcess.FreePort();
        _redis = Process.Start(new ProcessStartInfo("redis-server", ["--port", $"{redis}", "--bind", "127.0.0.1", "--save", "", "--dir", _folder]) { RedirectStandardOutput = true })!;
        _redis.BeginOutputReadLine();
        var settings = new Dictionary<string, string>
        {
            ["ConnectionStrings__Portal"] = $"{_server};Database={_database}",
            ["ConnectionStrings__Redis"] = $"127.0.0.1:{redis}",
            ["PORTAL_KEY_FILE"] = key,
            ["Clusters__0__Name"] = "shared",
            ["Clusters__0__Kubeconfig"] = kubeconfig,
        };
        var replicas = await Task.WhenAll(PortalProcess.StartAsync(settings: settings), PortalProcess.StartAsync(settings: settings));
        (_one, _two) = (replicas[0], replicas[1]);
    }

    [Fact]
    public async Task Each_shows_and_ends_what_the_other_began()
    {
        using var one = await PortalApi.SignInAsync(_one);
        await UploadAsync(one, "1.0.5");
        await UploadAsync(one, "1.1.0");
        var cluster = (await one.GetAsync<Page<Cluster>>("clusters")).Items.Single();
        var source = (await one.GetAsync<Page<ChartSource>>("chart-sources")).Items.Single(s => s.Kind == ChartSourceKind.Upload);
        var release = await one.PostAsync<Release>("releases", new AddReleaseRequest(AddReleaseMode.Prepare, cluster.Id, "plane", "plane", source.Id, Chart, "1.0.5", "name: \"plane\"\n" + SampleValues.Passwords));

        // A session of one replica holds on the other: the proxy needs no sticky sessions.
        var install = await one.StartAsync(release.Id, new(OperationKind.Install, "1.0.5"));
        var seen = await FollowAsync(_two, one.Cookies, install);
        var done = await one.GetAsync<Operation>($"operations/{install}");
        Assert.Equal(OperationState.Succeeded, done.State);
        Assert.Equal(Enumerable.Range(1, (int)done.LastSeq).Select(i => (long)i), seen);

        // One replica dies in the middle of an upgrade; whichever ran it, the other ends it.
        using var two = await PortalApi.SignInAsync(_two);
        var upgrade = await one.StartUpgradeAsync(release.Id, "1.1.0");
        await one.SeeLineAsync(upgrade, "Apply begins");
        await _one.KillAsync();
        var since = Stopwatch.StartNew();
        await two.EndAsync(upgrade);
        Assert.True(since.Elapsed < TimeSpan.FromSeconds(40), $"ended only {since.Elapsed.TotalSeconds:0} s after the kill");
        var revisions = (await two.GetAsync<Page<Revision>>($"releases/{release.Id}/revisions")).Items;
        Assert.Single(revisions, r => r.Status == "deployed");
        Assert.DoesNotContain(revisions, r => r.Status.StartsWith("pending", StringComparison.Ordinal));

        // Redis is a short cut, not a place where something is kept.
        _redis.Kill();
        await _redis.WaitForExitAsync();
        var back = await two.StartUpgradeAsync(release.Id, "1.0.5");
        var lines = await FollowAsync(_two, two.Cookies, back);
        var end = await two.EndAsync(back);
        Assert.Equal(OperationState.Succeeded, end.State);
        Assert.Equal(Enumerable.Range(1, (int)end.LastSeq).Select(i => (long)i), lines);
    }

    private static async Task UploadAsync(PortalApi api, string version)
    {
        var chart = ChartLoader.LoadDirectory(Path.Combine(PortalProcess.Root, "src", "Portal.Server", "Sample", Chart, version));
        using var content = new ByteArrayContent(ChartArchive.Pack(chart));
        content.Headers.ContentType = new("application/gzip");
        var answer = await api.Http.PostAsync("/api/v1/charts/uploads", content);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
    }

    // The numbers of all lines that a viewer at a replica gets.
    private static async Task<IReadOnlyList<long>> FollowAsync(PortalProcess replica, CookieContainer cookies, string operation)
    {
        await using var connection = new HubConnectionBuilder()
            .WithUrl(new Uri(new Uri(replica.Url), Routes.OperationsHub), o => o.Cookies = cookies)
            .AddJsonProtocol(o => o.PayloadSerializerOptions.Converters.Add(new System.Text.Json.Serialization.JsonStringEnumConverter()))
            .Build();
        await connection.StartAsync();
        var numbers = new List<long>();
        await foreach (var batch in connection.StreamAsync<LogBatch>("Follow", operation, 0L))
        {
            numbers.AddRange(batch.Lines.Select(l => l.Seq));
        }

        return numbers;
    }

    public async ValueTask DisposeAsync()
    {
        await _one.DisposeAsync();
        await _two.DisposeAsync();
        if (!_redis.HasExited)
        {
            _redis.Kill();
        }

        _redis.Dispose();
        await _cluster.DisposeAsync();
        await using var connection = new MySqlConnection(_server);
        await connection.OpenAsync();
        await using var drop = new MySqlCommand($"DROP DATABASE IF EXISTS `{_database}`", connection);
        await drop.ExecuteNonQueryAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
