using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Portal.Helm.Kube;

namespace Portal.Helm.Tests.Kube;

/// <summary>Kubeconfigs as kubectl's are, read without reflection; what counts is what the API server sees.</summary>
public sealed class KubeconfigTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("kubeconfig");
    private readonly HttpListener _server = new();
    private readonly ConcurrentQueue<string?> _authorizations = new();
    private readonly string _address;

    public KubeconfigTests()
    {
        using (var probe = new TcpListener(IPAddress.Loopback, 0))
        {
            probe.Start();
            _address = $"http://127.0.0.1:{((IPEndPoint)probe.LocalEndpoint).Port}/";
        }

        _server.Prefixes.Add(_address);
        _server.Start();
        _ = AnswerAsync();
    }

    public void Dispose()
    {
        _server.Close();
        _folder.Delete(true);
    }

    [Fact]
    public async Task The_current_context_names_cluster_user_and_namespace()
    {
        using var client = KubeClient.FromKubeconfig($$"""
            current-context: b
            clusters:
            - {name: one, cluster: {server: "http://127.0.0.1:1"} }
            - {name: two, cluster: {server: "{{_address}}" } }
            contexts:
            - {name: a, context: {cluster: one, user: nobody} }
            - {name: b, context: {cluster: two, user: somebody, namespace: team} }
            users:
            - {name: nobody, user: {token: no} }
            - {name: somebody, user: {token: sesame} }
            """);
        Assert.Equal("v1.30.0", await client.GetVersionAsync(TestContext.Current.CancellationToken));
        Assert.Equal(("team", "Bearer sesame"), (client.DefaultNamespace, Assert.Single(_authorizations)));
    }

    [Fact]
    public async Task A_command_line_may_say_another_context_and_token()
    {
        var file = Write("config", $$"""
            current-context: a
            clusters: [{name: one, cluster: {server: "http://127.0.0.1:1"} }, {name: two, cluster: {server: "{{_address}}" } }]
            contexts: [{name: a, context: {cluster: one, user: u} }, {name: b, context: {cluster: two, user: u} }]
            users: [{name: u, user: {token: old} }]
            """);
        using var client = KubeClient.FromKubeconfigFile(file, access: new KubeAccess { Context = "b", Token = "new" });
        await client.GetVersionAsync(TestContext.Current.CancellationToken);
        Assert.Equal("Bearer new", Assert.Single(_authorizations));
    }

    [Fact]
    public async Task A_token_may_come_from_a_plugin_beside_the_kubeconfig()
    {
        using var client = KubeClient.FromKubeconfigFile(WithPlugin("""echo "{\"status\": {\"token\": \"$GREETING-$1\"} }" """));
        await client.GetVersionAsync(TestContext.Current.CancellationToken);
        Assert.Equal("Bearer hello-world", Assert.Single(_authorizations));
    }

    [Fact]
    public async Task A_plugin_is_asked_again_when_its_token_has_expired_and_not_before()
    {
        var (count, plain) = (Path.Combine(_folder.FullName, "count"), DateTimeOffset.UtcNow.AddHours(1).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture));
        using var client = KubeClient.FromKubeconfigFile(WithPlugin(
            $$"""
            echo x >> {{count}}
            n=$(wc -l < {{count}})
            [ $n -gt 1 ] && end={{plain}} || end=2020-01-01T00:00:00Z
            echo "{\"status\": {\"token\": \"t$((n))\", \"expirationTimestamp\": \"$end\"} }"
            """));
        await client.GetVersionAsync(TestContext.Current.CancellationToken);
        await client.GetVersionAsync(TestContext.Current.CancellationToken);
        Assert.Equal(["Bearer t2", "Bearer t2"], _authorizations);
    }

    [Fact]
    public void A_plugin_that_fails_is_named_with_what_it_said()
    {
        var error = Assert.Throws<FormatException>(() => KubeClient.FromKubeconfigFile(WithPlugin("echo no ticket >&2; exit 3")));
        Assert.Contains("plugin ended with 3: no ticket", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_context_that_is_not_there_is_an_error()
    {
        var error = Assert.Throws<FormatException>(() => KubeClient.FromKubeconfigFile(Write("config", "current-context: x\ncontexts: []\nclusters: []\nusers: []\n")));
        Assert.Contains("cannot be used", error.Message, StringComparison.Ordinal);
    }

    private string WithPlugin(string script)
    {
        var plugin = Write("plugin", $"#!/bin/sh\n{script}\n");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(plugin, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        return Write("config", $$"""
            current-context: c
            clusters: [{name: k, cluster: {server: "{{_address}}" } }]
            contexts: [{name: c, context: {cluster: k, user: u} }]
            users:
            - name: u
              user:
                exec: {apiVersion: client.authentication.k8s.io/v1, command: ./plugin, args: [world], env: [{name: GREETING, value: hello}], interactiveMode: Never}
            """);
    }

    private string Write(string name, string text)
    {
        var path = Path.Combine(_folder.FullName, name);
        File.WriteAllText(path, text);
        return path;
    }

    private async Task AnswerAsync()
    {
        while (_server.IsListening)
        {
            HttpListenerContext context;
            try
            {
                context = await _server.GetContextAsync();
            }
            catch (Exception ended) when (ended is HttpListenerException or ObjectDisposedException)
            {
                return;
            }

            _authorizations.Enqueue(context.Request.Headers["Authorization"]);
            context.Response.ContentType = "application/json";
            context.Response.OutputStream.Write(Encoding.UTF8.GetBytes("""{"gitVersion": "v1.30.0"}"""));
            context.Response.Close();
        }
    }
}
