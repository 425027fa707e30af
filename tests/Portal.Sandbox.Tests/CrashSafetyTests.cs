using System.Diagnostics;
using System.Text;
using Portal.Sandbox.Storage;

namespace Portal.Sandbox.Tests;

public sealed class CrashSafetyTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("sandbox-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task Every_acknowledged_write_survives_kill_9()
    {
        var acknowledged = new List<string>();
        for (var round = 0; round < 3; round++)
        {
            using var process = await StartAsync();
            var url = await UrlAsync(process);
            using var http = new HttpClient { BaseAddress = new Uri(url) };
            using var stop = new CancellationTokenSource();
            var writing = WriteAsync(http, round, acknowledged, stop.Token);
            await Task.Delay(400 + (round * 150), TestContext.Current.CancellationToken);
            process.Kill();
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
            await stop.CancelAsync();
            await writing;
        }

        Assert.NotEmpty(acknowledged);
        using var last = await StartAsync();
        using var reader = new HttpClient { BaseAddress = new Uri(await UrlAsync(last)) };
        var list = await reader.GetStringAsync("/api/v1/namespaces/default/configmaps", TestContext.Current.CancellationToken);
        last.Kill();
        await last.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.All(acknowledged, name => Assert.Contains($"\"name\":\"{name}\"", list, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_torn_record_at_the_end_is_dropped_and_the_rest_is_kept()
    {
        var store = ObjectStore.Open(_directory, 100);
        Put(store, "a");
        Put(store, "b");
        await store.FlushAsync();
        await store.DisposeAsync();
        var log = Directory.GetFiles(_directory, "log-*").Single();
        await File.AppendAllBytesAsync(log, [9, 0, 0, 0, 1, 2, 3], TestContext.Current.CancellationToken);

        var again = ObjectStore.Open(_directory, 100);
        Assert.Equal(2, again.List("/configmaps").Count);
        Put(again, "c");
        await again.FlushAsync();
        await again.DisposeAsync();
        await using var third = ObjectStore.Open(_directory, 100);
        Assert.Equal(3, third.List("/configmaps").Count);
    }

    [Fact]
    public async Task A_log_that_grew_is_replaced_by_a_snapshot_with_the_same_state()
    {
        var store = ObjectStore.Open(_directory, 100);
        var big = new string('x', 512 * 1024);
        for (var i = 0; i < 80; i++)
        {
            Put(store, $"m{i % 8}", big);
        }

        var revision = store.Revision;
        await store.FlushAsync();
        await store.DisposeAsync();
        Assert.NotEmpty(Directory.GetFiles(_directory, "snapshot-*"));
        await using var again = ObjectStore.Open(_directory, 100);
        Assert.Equal(8, again.List("/configmaps").Count);
        Assert.Equal(revision, again.Revision);
    }

    [Fact]
    public async Task A_second_process_cannot_open_the_same_folder()
    {
        await using var store = ObjectStore.Open(_directory, 100);
        Assert.ThrowsAny<IOException>(() => ObjectStore.Open(_directory, 100));
    }

    private static void Put(ObjectStore store, string name, string value = "v")
    {
        lock (store.Gate)
        {
            store.Put(new ObjectKey("/configmaps", "default", name), new Json.JsonMap { ["metadata"] = new Json.JsonMap { ["name"] = name, ["namespace"] = "default" }, ["data"] = new Json.JsonMap { ["k"] = value } });
        }
    }

    private static async Task WriteAsync(HttpClient http, int round, List<string> acknowledged, CancellationToken stop)
    {
        for (var i = 0; !stop.IsCancellationRequested; i++)
        {
            var name = $"r{round}-{i}";
            try
            {
                using var content = new StringContent($$$"""{"metadata":{"name":"{{{name}}}"}}""", Encoding.UTF8, "application/json");
                using var response = await http.PostAsync("/api/v1/namespaces/default/configmaps", content, stop);
                if (response.IsSuccessStatusCode)
                {
                    acknowledged.Add(name);
                }
            }
            catch (Exception x) when (x is HttpRequestException or OperationCanceledException or IOException)
            {
                // Killed in the middle: this write was not acknowledged.
                return;
            }
        }
    }

    private Task<Process> StartAsync()
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, UseShellExecute = false };
        foreach (var argument in (string[])["exec", "--runtimeconfig", Path.Combine(AppContext.BaseDirectory, "Portal.Sandbox.runtimeconfig.json"), Path.Combine(AppContext.BaseDirectory, "Portal.Sandbox.dll"), "--data", _directory, "--http", "--no-token"])
        {
            start.ArgumentList.Add(argument);
        }

        return Task.FromResult(Process.Start(start)!);
    }

    private static async Task<string> UrlAsync(Process process)
    {
        var line = await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken);
        Assert.StartsWith("Sandbox listens on ", line, StringComparison.Ordinal);
        return line!["Sandbox listens on ".Length..];
    }
}
