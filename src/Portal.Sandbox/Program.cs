using System.Globalization;

namespace Portal.Sandbox;

/// <summary>The sandbox as a program of its own.</summary>
internal static class SandboxProgram
{
    private const string Usage = """
        Usage: portal-sandbox [--port N] [--kubeconfig FILE] [--data DIR] [--speed N] [--nodes N] [--http] [--no-token]
          --port        port on 127.0.0.1 (default: any free one)
          --kubeconfig  write a kubeconfig to this file
          --data        keep the objects in this folder (default: in memory only)
          --speed       simulated seconds in one second (default 1)
          --nodes       number of nodes (default 2)
          --http        plain http instead of https
          --no-token    accept requests without the token
        """;

    private static async Task<int> Main(string[] args)
    {
        var options = new SandboxOptions();
        string? kubeconfig = null;
        try
        {
            for (var i = 0; i < args.Length; i++)
            {
                string Value() => i + 1 < args.Length ? args[++i] : throw new FormatException($"{args[i]} needs a value");
                switch (args[i])
                {
                    case "--port": options = options with { Port = int.Parse(Value(), CultureInfo.InvariantCulture) }; break;
                    case "--kubeconfig": kubeconfig = Value(); break;
                    case "--data": options = options with { DataDirectory = Value() }; break;
                    case "--speed": options = options with { Speed = double.Parse(Value(), CultureInfo.InvariantCulture) }; break;
                    case "--nodes": options = options with { Nodes = int.Parse(Value(), CultureInfo.InvariantCulture) }; break;
                    case "--http": options = options with { Tls = false }; break;
                    case "--no-token": options = options with { RequireToken = false }; break;
                    case "--help": Console.WriteLine(Usage); return 0;
                    default: throw new FormatException($"unknown option {args[i]}");
                }
            }
        }
        catch (Exception x) when (x is FormatException or OverflowException)
        {
            await Console.Error.WriteLineAsync($"{x.Message}\n{Usage}");
            return 2;
        }

        using var stop = new CancellationTokenSource();
        Console.CancelKeyPress += (_, e) =>
        {
            e.Cancel = true;
            stop.Cancel();
        };
        using var term = System.Runtime.InteropServices.PosixSignalRegistration.Create(System.Runtime.InteropServices.PosixSignal.SIGTERM, context =>
        {
            context.Cancel = true;
            stop.Cancel();
        });

        await using var server = await SandboxServer.StartAsync(options, stop.Token);
        if (kubeconfig is not null)
        {
            Hosting.PrivateFile.Write(kubeconfig, System.Text.Encoding.UTF8.GetBytes(server.Kubeconfig));
        }

        Console.WriteLine($"Sandbox listens on {server.Url}");
        await Task.Delay(Timeout.Infinite, stop.Token).ContinueWith(_ => { }, TaskScheduler.Default);
        return 0;
    }
}
