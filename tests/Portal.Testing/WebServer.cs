using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Portal.Testing;

/// <summary>One request as it came over the wire. The target of a request through a proxy is a whole address.</summary>
public sealed record WebRequest(string Method, string Target, IReadOnlyDictionary<string, string> Headers);

/// <summary>One answer.</summary>
public sealed record WebAnswer(int Status, byte[] Body, params (string Name, string Value)[] Headers)
{
    /// <summary>The words behind the status.</summary>
    public string Reason { get; init; } = "Status";

    public static WebAnswer Text(string text, params (string Name, string Value)[] headers) => new(200, Encoding.UTF8.GetBytes(text), headers);
}

/// <summary>A web server of a test: HTTP/1.1 with or without TLS, one request a connection, everything that came in is kept.</summary>
public sealed class WebServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly X509Certificate2? _certificate;
    private readonly Func<WebRequest, WebAnswer> _answer;
    private readonly List<WebRequest> _requests = [];
    private readonly Task _loop;

    public WebServer(Func<WebRequest, WebAnswer> answer, X509Certificate2? certificate = null)
    {
        _answer = answer;
        _certificate = certificate;
        _listener.Start();
        _loop = AcceptAsync();
    }

    public Uri Address => new($"{(_certificate is null ? "http" : "https")}://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/");

    public IReadOnlyList<WebRequest> Requests
    {
        get
        {
            lock (_requests)
            {
                return [.. _requests];
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _loop;
        _listener.Stop();
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        var open = new List<Task>();
        try
        {
            while (true)
            {
                open.Add(ServeAsync(await _listener.AcceptTcpClientAsync(_stop.Token)));
            }
        }
        catch (OperationCanceledException)
        {
            // The test is over.
        }

        await Task.WhenAll(open);
    }

    private async Task ServeAsync(TcpClient client)
    {
        using (client)
        {
            try
            {
                await using var stream = await OpenAsync(client);
                if (await ReadAsync(stream) is { } request)
                {
                    lock (_requests)
                    {
                        _requests.Add(request);
                    }

                    await WriteAsync(stream, _answer(request));
                }
            }
            catch (Exception gone) when (gone is IOException or System.Security.Authentication.AuthenticationException or OperationCanceledException)
            {
                // The client went away, or did not trust the certificate: the test looks at what the client says.
            }
        }
    }

    private async Task<Stream> OpenAsync(TcpClient client)
    {
        if (_certificate is null)
        {
            return client.GetStream();
        }

        var tls = new SslStream(client.GetStream());
        await tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = _certificate }, _stop.Token);
        return tls;
    }

    private async Task<WebRequest?> ReadAsync(Stream stream)
    {
        var head = new StringBuilder();
        var buffer = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            if (await stream.ReadAsync(buffer, _stop.Token) == 0)
            {
                return null;
            }

            head.Append((char)buffer[0]);
        }

        var lines = head.ToString().Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        var words = lines[0].Split(' ');
        var headers = lines.Skip(1).Select(l => l.Split(':', 2)).GroupBy(l => l[0], StringComparer.OrdinalIgnoreCase).ToDictionary(g => g.Key, g => string.Join(", ", g.Select(l => l[1].Trim())), StringComparer.OrdinalIgnoreCase);
        return new WebRequest(words[0], words[1], headers);
    }

    private async Task WriteAsync(Stream stream, WebAnswer answer)
    {
        var head = new StringBuilder($"HTTP/1.1 {answer.Status} {answer.Reason}\r\nContent-Length: {answer.Body.Length}\r\nConnection: close\r\n");
        foreach (var (name, value) in answer.Headers)
        {
            head.Append($"{name}: {value}\r\n");
        }

        await stream.WriteAsync(Encoding.Latin1.GetBytes(head.Append("\r\n").ToString()), _stop.Token);
        await stream.WriteAsync(answer.Body, _stop.Token);
        await stream.FlushAsync(_stop.Token);
    }
}
