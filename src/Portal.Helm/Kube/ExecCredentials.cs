using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Nodes;
using k8s.Authentication;

namespace Portal.Helm.Kube;

/// <summary>
/// What an exec plugin of a kubeconfig answers (kubernetes.io/docs/reference/config-api/client-authentication.v1): a token, which is asked for anew when it has expired, or a
/// client certificate. KubernetesClient's own way works by reflection, which the command, compiled to machine code, does not have.
/// </summary>
internal sealed class ExecCredentials(ExecPlugin plugin) : ITokenProvider, IDisposable
{
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(2);

    private readonly SemaphoreSlim _one = new(1, 1);
    private ExecAnswer? _answer;

    /// <summary>Runs the plugin, or gives what it said before while that is valid.</summary>
    /// <exception cref="FormatException">It cannot be run, or its answer is none.</exception>
    public async Task<ExecAnswer> GetAsync(CancellationToken cancellation)
    {
        await _one.WaitAsync(cancellation);
        try
        {
            return _answer is { } known && (known.Expires is not { } end || end > DateTimeOffset.UtcNow) ? known : _answer = Read(await RunAsync(cancellation));
        }
        finally
        {
            _one.Release();
        }
    }

    public async Task<AuthenticationHeaderValue> GetAuthenticationHeaderAsync(CancellationToken cancellationToken) => new("Bearer", (await GetAsync(cancellationToken)).Token);

    public void Dispose() => _one.Dispose();

    private async Task<string> RunAsync(CancellationToken cancellation)
    {
        var start = new ProcessStartInfo(plugin.Command, plugin.Arguments) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        foreach (var (name, value) in plugin.Environment)
        {
            start.Environment[name] = value;
        }

        start.Environment["KUBERNETES_EXEC_INFO"] = new JsonObject
        {
            ["apiVersion"] = plugin.ApiVersion,
            ["kind"] = "ExecCredential",
            ["spec"] = new JsonObject { ["interactive"] = false, ["cluster"] = plugin.Cluster?.DeepClone() },
        }.ToJsonString();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(Longest);
        try
        {
            using var process = Process.Start(start)!;
            process.StandardInput.Close();
            var error = process.StandardError.ReadToEndAsync(limit.Token);
            var output = await process.StandardOutput.ReadToEndAsync(limit.Token);
            await process.WaitForExitAsync(limit.Token);
            return process.ExitCode == 0 ? output : throw new FormatException($"{plugin.Command} ended with {process.ExitCode}: {(await error).Trim()}");
        }
        catch (System.ComponentModel.Win32Exception failure)
        {
            throw new FormatException($"{plugin.Command} cannot be run: {failure.Message}{(plugin.InstallHint is { Length: > 0 } hint ? "\n" + hint : "")}", failure);
        }
        catch (OperationCanceledException failure) when (!cancellation.IsCancellationRequested)
        {
            throw new FormatException($"{plugin.Command} did not end within {Longest.TotalMinutes:0} minutes", failure);
        }
    }

    private ExecAnswer Read(string text)
    {
        try
        {
            var status = JsonNode.Parse(text)?["status"] as JsonObject ?? throw new FormatException($"{plugin.Command} gave no credentials");
            var expires = Text(status, "expirationTimestamp") is { } end ? DateTimeOffset.Parse(end, CultureInfo.InvariantCulture) : (DateTimeOffset?)null;
            return new ExecAnswer(Text(status, "token"), Text(status, "clientCertificateData"), Text(status, "clientKeyData"), expires);
        }
        catch (JsonException failure)
        {
            throw new FormatException($"{plugin.Command} gave no credentials: {failure.Message}", failure);
        }
    }

    private static string? Text(JsonObject table, string key) => table[key] is JsonValue value && value.TryGetValue<string>(out var text) && text.Length > 0 ? text : null;
}

/// <summary>How a plugin is run.</summary>
internal sealed record ExecPlugin(string ApiVersion, string Command, IReadOnlyList<string> Arguments, IReadOnlyDictionary<string, string> Environment, string? InstallHint, JsonObject? Cluster);

/// <summary>What it said. Certificate and key are PEM.</summary>
internal sealed record ExecAnswer(string? Token, string? Certificate, string? Key, DateTimeOffset? Expires);
