using System.Diagnostics;
using System.Net;
using Portal.Testing;

namespace Portal.Server.Tests;

/// <summary>The program as it is started: what it says of its command line and its settings, and what it leaves on the disk.</summary>
public sealed class StartTests
{
    /// <summary>A misspelt command started a server.</summary>
    [Theory]
    [InlineData("adminx")]
    [InlineData("admin", "reset-pasword", "admin")]
    [InlineData("--urls", "http://127.0.0.1:0", "extra")]
    public async Task What_is_no_command_is_not_understood(params string[] args)
    {
        var (code, said) = await RunAsync(args);
        Assert.Equal(2, code);
        Assert.Contains("is not understood", said, StringComparison.Ordinal);
        Assert.Contains("admin reset-password USER", said, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--urls=http://127.0.0.1:0", "--environment", "Development")]
    [InlineData("PORTAL_SANDBOX=false")]
    [InlineData("admin", "rotate-key", "new.key")]
    public void Settings_and_commands_are_understood(params string[] args) => Assert.Null(StartCommand.NotUnderstood(args));

    /// <summary>The driver's exception came with its stack and a core dump's exit code.</summary>
    [Theory]
    [InlineData("Data Source=portal.db;Nonsense=1")]
    [InlineData("Server=127.0.0.1;Nonsense=1")]
    [InlineData("Data Source=portal.db;Default Timeout=soon")]
    public async Task A_connection_string_that_is_not_understood_is_one_line(string connection)
    {
        var (code, said) = await RunAsync([], ("ConnectionStrings__Portal", connection));
        Assert.Equal(1, code);
        Assert.StartsWith("ConnectionStrings__Portal: ", said, StringComparison.Ordinal);
        Assert.Single(said.Trim().Split('\n'));
    }

    /// <summary>
    /// A build that was started without Development had no pages; logs of the simulated cluster and the database could be read by every user of the machine, also those
    /// of earlier starts; and with a token whoever was on this machine got the metrics without it.
    /// </summary>
    [Fact]
    public async Task A_build_serves_its_pages_keeps_its_files_to_its_user_and_asks_for_the_token()
    {
        var data = Directory.CreateTempSubdirectory("portal-start-").FullName;
        Directory.CreateDirectory(Path.Combine(data, "sandbox"));
        Directory.CreateDirectory(Path.Combine(data, "keys"));
        var old = Path.Combine(data, "sandbox", "old-log");
        await File.WriteAllTextAsync(old, "", TestContext.Current.CancellationToken);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(old, (UnixFileMode)Convert.ToInt32("644", 8));
            File.SetUnixFileMode(data, (UnixFileMode)Convert.ToInt32("755", 8));
        }

        await using var portal = await PortalProcess.StartAsync(data, new Dictionary<string, string> { ["ASPNETCORE_ENVIRONMENT"] = "Production", ["PORTAL_METRICS_TOKEN"] = "of-the-test" });
        using var http = new HttpClient { BaseAddress = new Uri(portal.Url) };
        Assert.Contains("_framework/blazor.webassembly", await http.GetStringAsync("/", TestContext.Current.CancellationToken), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync("/css/portal.css", TestContext.Current.CancellationToken)).StatusCode);

        Assert.Equal(HttpStatusCode.Unauthorized, (await http.GetAsync("/metrics", TestContext.Current.CancellationToken)).StatusCode);
        http.DefaultRequestHeaders.Authorization = new("Bearer", "another");
        Assert.Equal(HttpStatusCode.Unauthorized, (await http.GetAsync("/metrics", TestContext.Current.CancellationToken)).StatusCode);
        http.DefaultRequestHeaders.Authorization = new("Bearer", "of-the-test");
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync("/metrics", TestContext.Current.CancellationToken)).StatusCode);

        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal("700", Mode(data));
            var files = Directory.GetFiles(data, "*", SearchOption.AllDirectories);
            Assert.Contains(files, f => f.EndsWith("portal.db", StringComparison.Ordinal));
            Assert.Contains(files, f => f != old && f.Contains("/sandbox/", StringComparison.Ordinal));
            Assert.Empty(files.Where(f => Mode(f) != "600").Select(f => $"{f} {Mode(f)}"));
        }
    }

    private static string Mode(string path) => OperatingSystem.IsWindows() ? "" : Convert.ToString((int)File.GetUnixFileMode(path), 8);

    private static async Task<(int Code, string Said)> RunAsync(string[] args, params (string Name, string Value)[] settings)
    {
        var data = Directory.CreateTempSubdirectory("portal-start-").FullName;
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "Portal.Server.dll"), .. args]) { WorkingDirectory = data, RedirectStandardError = true, RedirectStandardOutput = true };
        start.Environment["PORTAL_DATA"] = data;
        start.Environment["ASPNETCORE_URLS"] = "http://127.0.0.1:0";
        foreach (var (name, value) in settings)
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start)!;
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(limit.Token);
            var said = await process.StandardError.ReadToEndAsync(limit.Token);
            await output;
            await process.WaitForExitAsync(limit.Token);
            return (process.ExitCode, said);
        }
        finally
        {
            process.Kill();
            Directory.Delete(data, recursive: true);
        }
    }
}
