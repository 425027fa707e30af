using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Portal.Testing;

/// <summary>The portal as "dotnet run" starts it: its own process, an empty data folder, the embedded sandbox.</summary>
public sealed class PortalProcess : IAsyncDisposable
{
    public const string AdminPassword = "a-long-test-password";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly Process _process;
    private readonly List<string> _output = [];

    private PortalProcess(Process process, string url, string data) => (_process, Url, DataDirectory) = (process, url, data);

    public string Url { get; }

    public string DataDirectory { get; }

    /// <summary>Starts it and waits until it answers.</summary>
    /// <param name="data">The data folder; a new one when none is given.</param>
    /// <param name="settings">More of the environment.</param>
    public static async Task<PortalProcess> StartAsync(string? data = null, IReadOnlyDictionary<string, string>? settings = null)
    {
        data ??= Directory.CreateTempSubdirectory("portal-e2e-").FullName;
        var url = $"http://127.0.0.1:{FreePort()}";
        var project = Path.Combine(Root, "src", "Portal.Server");
        var start = new ProcessStartInfo("dotnet", [Path.Combine(project, "bin", Configuration, "net10.0", "Portal.Server.dll")]) { WorkingDirectory = project, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["ASPNETCORE_ENVIRONMENT"] = "Development";
        start.Environment["ASPNETCORE_URLS"] = url;
        start.Environment["PORTAL_DATA"] = data;
        start.Environment["PORTAL_ADMIN_PASSWORD"] = AdminPassword;
        foreach (var (name, value) in settings ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        var portal = new PortalProcess(Process.Start(start)!, url, data);
        portal._process.OutputDataReceived += (_, e) => portal.Keep(e.Data);
        portal._process.ErrorDataReceived += (_, e) => portal.Keep(e.Data);
        portal._process.BeginOutputReadLine();
        portal._process.BeginErrorReadLine();
        using var http = new HttpClient();
        for (var since = Stopwatch.StartNew(); since.Elapsed < Patience && !portal._process.HasExited;)
        {
            if (await IsReadyAsync(http, url))
            {
                return portal;
            }

            await Task.Delay(250);
        }

        if (!portal._process.HasExited)
        {
            await portal.KillAsync();
        }

        throw new InvalidOperationException("the portal does not answer:\n" + portal.Output);
    }

    private static async Task<bool> IsReadyAsync(HttpClient http, string url)
    {
        try
        {
            using var answer = await http.GetAsync($"{url}/healthz/ready");
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            // Nobody listens yet.
            return false;
        }
    }

    private static string Configuration => new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;

    /// <summary>The folder of the solution.</summary>
    public static string Root
    {
        get
        {
            var folder = new DirectoryInfo(AppContext.BaseDirectory);
            while (!File.Exists(Path.Combine(folder.FullName, "Iomete.Portal.sln")))
            {
                folder = folder.Parent ?? throw new InvalidOperationException("the tests run outside the solution");
            }

            return folder.FullName;
        }
    }

    /// <summary>A port of 127.0.0.1 that nobody uses now.</summary>
    public static int FreePort()
    {
        using var socket = new TcpListener(IPAddress.Loopback, 0);
        socket.Start();
        return ((IPEndPoint)socket.LocalEndpoint).Port;
    }

    private void Keep(string? line)
    {
        if (line is not null)
        {
            lock (_output)
            {
                _output.Add(line);
            }
        }
    }

    public string Output
    {
        get
        {
            lock (_output)
            {
                return string.Join('\n', _output);
            }
        }
    }

    /// <summary>kill -9 of the whole process tree; the data stays.</summary>
    public async Task KillAsync()
    {
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        _process.Dispose();
        Directory.Delete(DataDirectory, recursive: true);
    }
}
