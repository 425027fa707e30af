using System.Net;
using System.Net.Sockets;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Portal.Core.Clusters;
using Portal.Server.Data;
using Portal.Server.Features.Clusters;

namespace Portal.Server.Tests;

/// <summary>A way to a server that can be shut and opened: behind a shut door it is down for those who use it, and for nobody else.</summary>
internal sealed class TcpDoor(int target) : IAsyncDisposable
{
    private readonly List<TcpClient> _clients = [];
    private TcpListener? _listener;
    private Task _accepting = Task.CompletedTask;

    public int Port { get; private set; }

    /// <summary>How long everything that goes in is held up.</summary>
    public TimeSpan Delay { get; set; }

    /// <summary>The portal's sandbox as another cluster, behind an open door.</summary>
    public static async Task<(TcpDoor Door, Cluster Cluster)> ToSandboxAsync(PortalServer portal)
    {
        var sandbox = await portal.SandboxAsync();
        await using var db = await portal.Services.GetRequiredService<IDbContextFactory<PortalDb>>().CreateDbContextAsync();
        var row = await db.Set<ClusterRow>().FirstAsync(c => c.Id == sandbox.Id);
        var kubeconfig = portal.Services.GetRequiredService<SecretBox>().RevealText(row.Kubeconfig!, ClusterRow.Table, row.Id, "kubeconfig");
        var port = new Uri(row.Server).Port;
        var door = new TcpDoor(port);
        door.Open();
        var request = new AddClusterRequest("door-" + Guid.NewGuid().ToString("N")[..8], ClusterKind.Kubeconfig, ClusterEnvironment.Test, kubeconfig.Replace($":{port}", $":{door.Port}", StringComparison.Ordinal));
        return (door, await PortalServer.ReadAsync<Cluster>(await PortalServer.PostAsync(portal.Admin, "clusters", request)));
    }

    public void Open()
    {
        _listener = new TcpListener(IPAddress.Loopback, Port);
        _listener.Start();
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _accepting = AcceptAsync(_listener);
    }

    public async Task ShutAsync()
    {
        _listener?.Stop();
        await _accepting;
        lock (_clients)
        {
            _clients.ForEach(c => c.Dispose());
            _clients.Clear();
        }
    }

    private async Task AcceptAsync(TcpListener listener)
    {
        try
        {
            while (true)
            {
                var inside = await listener.AcceptTcpClientAsync();
                var outside = new TcpClient();
                await outside.ConnectAsync(IPAddress.Loopback, target);
                lock (_clients)
                {
                    _clients.AddRange([inside, outside]);
                }

                _ = Task.WhenAll(PumpAsync(inside, outside, () => Delay), PumpAsync(outside, inside, () => TimeSpan.Zero));
            }
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // Shut.
        }
    }

    private static async Task PumpAsync(TcpClient from, TcpClient to, Func<TimeSpan> delay)
    {
        try
        {
            var buffer = new byte[81920];
            int read;
            while ((read = await from.GetStream().ReadAsync(buffer)) > 0)
            {
                await Task.Delay(delay());
                await to.GetStream().WriteAsync(buffer.AsMemory(0, read));
            }

            to.Client.Shutdown(SocketShutdown.Send);
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException or SocketException or InvalidOperationException)
        {
            // One side is gone; the other is closed with the door.
        }
    }

    public async ValueTask DisposeAsync() => await ShutAsync();
}
