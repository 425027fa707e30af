using System.Net.Http.Headers;
using System.Text;
using Portal.Sandbox.Json;

namespace Portal.Sandbox.Tests;

/// <summary>A running sandbox in memory, and plain HTTP calls to it.</summary>
internal sealed class SandboxClient : IAsyncDisposable
{
    private readonly SandboxServer _server;
    private readonly HttpClient _http;

    private SandboxClient(SandboxServer server)
    {
        _server = server;
        _http = new HttpClient { BaseAddress = server.Url };
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", server.Token);
        _http.DefaultRequestHeaders.UserAgent.ParseAdd("tester/1.0");
    }

    public HttpClient Http => _http;

    public static async Task<SandboxClient> StartAsync(SandboxOptions? options = null) =>
        new(await SandboxServer.StartAsync((options ?? new SandboxOptions { Speed = 10 }) with { Tls = false }, TestContext.Current.CancellationToken));

    public async Task<(int Status, JsonMap Body)> SendAsync(HttpMethod method, string path, string? body = null, string media = "application/json")
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null)
        {
            request.Content = new StringContent(body, Encoding.UTF8, media);
        }

        using var response = await _http.SendAsync(request, TestContext.Current.CancellationToken);
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        return ((int)response.StatusCode, text.StartsWith('{') ? (JsonMap)JsonTree.Parse(text)! : new JsonMap { ["text"] = text });
    }

    public Task<(int Status, JsonMap Body)> GetAsync(string path) => SendAsync(HttpMethod.Get, path);

    /// <summary>A list as the Table that kubectl prints.</summary>
    public async Task<JsonMap> TableAsync(string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Accept.ParseAdd("application/json;as=Table;v=v1;g=meta.k8s.io");
        using var response = await _http.SendAsync(request, TestContext.Current.CancellationToken);
        return (JsonMap)JsonTree.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!;
    }

    public Task<(int Status, JsonMap Body)> PostAsync(string path, string body) => SendAsync(HttpMethod.Post, path, body);

    public Task<(int Status, JsonMap Body)> ApplyAsync(string path, string body, string manager, bool force = false) =>
        SendAsync(HttpMethod.Patch, $"{path}?fieldManager={manager}&force={(force ? "true" : "false")}", body, "application/apply-patch+yaml");

    /// <summary>Asks until an answer fits; fails with the last one after ten seconds.</summary>
    public async Task<JsonMap> UntilAsync(string path, Func<JsonMap, bool> fits)
    {
        var end = DateTime.UtcNow.AddSeconds(10);
        while (true)
        {
            var (_, body) = await GetAsync(path);
            if (fits(body))
            {
                return body;
            }

            Assert.True(DateTime.UtcNow < end, $"{path} stays {JsonTree.Text(body)}");
            await Task.Delay(50, TestContext.Current.CancellationToken);
        }
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _server.DisposeAsync();
    }
}
