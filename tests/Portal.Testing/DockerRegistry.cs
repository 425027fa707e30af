using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;

namespace Portal.Testing;

/// <summary>Debian's docker-registry in a folder of its own, and what has to be in it. Stopped and removed with the object.</summary>
public sealed class DockerRegistry : IAsyncDisposable
{
    private const string Command = "/usr/bin/docker-registry";
    private readonly string _folder;
    private readonly Process _process;
    private readonly HttpClient _http = new();
    private readonly string _host;

    private DockerRegistry(string folder, string host, Process process) => (_folder, _host, _process) = (folder, host, process);

    /// <summary>127.0.0.1:PORT.</summary>
    public string Host => _host;

    /// <summary>Starts a registry. <paramref name="auth"/> is the section "auth" of its configuration, already indented.</summary>
    public static async Task<DockerRegistry> StartAsync(Func<string, string>? auth, CancellationToken cancellation)
    {
        var folder = Directory.CreateTempSubdirectory("portal-registry-").FullName;
        var port = FreePort();
        var config = Path.Combine(folder, "config.yml");
        await File.WriteAllTextAsync(config, $"version: 0.1\nlog: {{level: error, accesslog: {{disabled: true}}}}\nstorage:\n  filesystem: {{rootdirectory: {folder}/data}}\nhttp:\n  addr: 127.0.0.1:{port}\n{auth?.Invoke(folder)}", cancellation);
        var start = new ProcessStartInfo(Command, ["serve", config]) { RedirectStandardError = true, RedirectStandardOutput = true };
        var process = Process.Start(start)!;
        process.BeginErrorReadLine();
        process.BeginOutputReadLine();
        var registry = new DockerRegistry(folder, $"127.0.0.1:{port}", process);
        for (var i = 0; ; i++)
        {
            try
            {
                using var answer = await registry._http.GetAsync(new Uri($"http://{registry._host}/v2/"), cancellation);
                return registry;
            }
            catch (HttpRequestException) when (i < 100 && !process.HasExited)
            {
                await Task.Delay(100, cancellation);
            }
        }
    }

    /// <summary>Pushes an archive as a chart, as "helm push" does, and gives the digest of its manifest.</summary>
    public async Task<string> PushAsync(string name, string tag, byte[] archive, AuthenticationHeaderValue? authorization, CancellationToken cancellation, string configType = "application/vnd.cncf.helm.config.v1+json")
    {
        var config = Encoding.UTF8.GetBytes("{}");
        foreach (var blob in new[] { config, archive })
        {
            using var begin = await SendAsync(HttpMethod.Post, $"v2/{name}/blobs/uploads/", null, "", authorization, cancellation);
            var place = begin.Headers.Location!;
            place = place.IsAbsoluteUri ? place : new Uri(new Uri($"http://{_host}/"), place);
            using var end = await SendAsync(HttpMethod.Put, $"{place.PathAndQuery.TrimStart('/')}&digest={Digest(blob)}", blob, "application/octet-stream", authorization, cancellation);
        }

        var manifest = Encoding.UTF8.GetBytes($$"""
            {"schemaVersion": 2, "config": {"mediaType": "{{configType}}", "digest": "{{Digest(config)}}", "size": {{config.Length}}},
             "layers": [{"mediaType": "application/vnd.cncf.helm.chart.content.v1.tar+gzip", "digest": "{{Digest(archive)}}", "size": {{archive.Length}}}]}
            """);
        using var put = await SendAsync(HttpMethod.Put, $"v2/{name}/manifests/{tag}", manifest, "application/vnd.oci.image.manifest.v1+json", authorization, cancellation);
        return Digest(manifest);
    }

    /// <summary>Overwrites the content of a blob on the disk, as a broken or hostile registry would serve it.</summary>
    public void Damage(byte[] blob, byte[] other)
    {
        var hex = Digest(blob)["sha256:".Length..];
        File.WriteAllBytes(Path.Combine(_folder, "data", "docker", "registry", "v2", "blobs", "sha256", hex[..2], hex, "data"), other);
    }

    public static string Digest(byte[] data) => "sha256:" + Convert.ToHexStringLower(SHA256.HashData(data));

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, byte[]? body, string type, AuthenticationHeaderValue? authorization, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(method, new Uri($"http://{_host}/{path}"));
        request.Headers.Authorization = authorization;
        if (body is not null)
        {
            request.Content = new ByteArrayContent(body);
            request.Content.Headers.ContentType = new MediaTypeHeaderValue(type);
        }

        var response = await _http.SendAsync(request, cancellation);
        return response.IsSuccessStatusCode ? response : throw new InvalidOperationException($"{method} {path}: {response.StatusCode} {await response.Content.ReadAsStringAsync(cancellation)}");
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
