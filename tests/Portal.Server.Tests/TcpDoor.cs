using System.Net;
using System.Net.Sockets;

namespace Portal.Server.Tests;

/// <summary>A way to a server that can be shut and opened: behind a shut door it is down for those who use it, and for nobody else.</summary>
internal sealed class TcpDoor(int target) : IAsyncDisposable
{
    private readonly List<TcpClient> _clients = [];
    private TcpListener? _listener;
    private Task _accepting = Task.CompletedTask;

    public int Port { get; private set; }

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

                _ = Task.WhenAll(PumpAsync(inside, outside), PumpAsync(outside, inside));
            }
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // Shut.
        }
    }

    private static async Task PumpAsync(TcpClient from, TcpClient to)
    {
        try
        {
            await from.GetStream().CopyToAsync(to.GetStream());
            to.Client.Shutdown(SocketShutdown.Send);
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException or SocketException or InvalidOperationException)
        {
            // One side is gone; the other is closed with the door.
        }
    }

    public async ValueTask DisposeAsync() => await ShutAsync();
}
