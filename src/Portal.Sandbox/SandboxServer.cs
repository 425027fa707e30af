using System.Net;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Portal.Sandbox.Hosting;

namespace Portal.Sandbox;

/// <summary>A Kubernetes API in this process, listening on 127.0.0.1.</summary>
public sealed class SandboxServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly SandboxCluster _cluster;

    private SandboxServer(WebApplication app, SandboxCluster cluster, Uri url, string token, string? authorityPem)
    {
        _app = app;
        _cluster = cluster;
        Url = url;
        Token = token;
        Kubeconfig = KubeconfigText.Write(url, token, authorityPem);
    }

    /// <summary>Where the API listens.</summary>
    public Uri Url { get; }

    /// <summary>The bearer token that the API expects.</summary>
    public string Token { get; }

    /// <summary>A kubeconfig as YAML text, with the address, the token and the certificate authority inline.</summary>
    public string Kubeconfig { get; }

    /// <summary>Starts a sandbox; its data, if it has a folder, is read back first.</summary>
    /// <exception cref="IOException">The port is taken, or another process uses the data folder.</exception>
    /// <exception cref="InvalidDataException">A snapshot in the data folder is damaged.</exception>
    public static async Task<SandboxServer> StartAsync(SandboxOptions options, CancellationToken cancellationToken = default)
    {
        if (options.DataDirectory is { } directory)
        {
            Directory.CreateDirectory(directory);
        }

        var token = AccessToken.LoadOrCreate(options.DataDirectory);
        var certificate = options.Tls ? SandboxCertificate.LoadOrCreate(options.DataDirectory) : null;
        var cluster = await SandboxCluster.OpenAsync(options, token, certificate?.AuthorityPem, cancellationToken);
        try
        {
            var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
            builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration();
            builder.WebHost.ConfigureKestrel(kestrel =>
            {
                kestrel.AddServerHeader = false;
                kestrel.Limits.MaxRequestBodySize = 4 * 1024 * 1024;
                kestrel.Limits.MinResponseDataRate = null;
                kestrel.Listen(IPAddress.Loopback, options.Port, listen =>
                {
                    if (certificate is not null)
                    {
                        listen.Protocols = HttpProtocols.Http1AndHttp2;
                        listen.UseHttps(certificate.Server);
                    }
                });
            });

            var app = builder.Build();
            app.Run(cluster.HandleAsync);
            await app.StartAsync(cancellationToken);
            var address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
            return new SandboxServer(app, cluster, new Uri(address), token, certificate?.AuthorityPem);
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>Ends open watches, stops listening and writes what is left to disk.</summary>
    public async ValueTask DisposeAsync()
    {
        await _cluster.DisposeAsync();
        await _app.StopAsync(CancellationToken.None);
        await _app.DisposeAsync();
    }
}
