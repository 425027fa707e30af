using System.Text;
using System.Text.RegularExpressions;
using Portal.Sandbox.Json;

namespace Portal.Sandbox.Tests;

/// <summary>
/// The requests that kubectl and Helm 3 and 4 sent to a Kubernetes 1.36 API server (protobuf bodies, conditional discovery, tables, watches), one after another:
/// each is answered with the recorded status, media type, kind and reason.
/// </summary>
public sealed partial class WireTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Theory]
    [InlineData("helm3", 40)]
    [InlineData("helm4", 40)]
    [InlineData("kubectl", 200)]
    public async Task Every_request_of_a_client_is_answered_as_recorded(string client, int atLeast)
    {
        await using var sandbox = await SandboxClient.StartAsync(new SandboxOptions());
        var known = new Dictionary<string, string>(StringComparer.Ordinal);
        var namespaces = new HashSet<string>(StringComparer.Ordinal) { "default", "kube-system" };
        var deleted = new HashSet<string>(StringComparer.Ordinal);
        var problems = new List<string>();
        var sent = 0;
        foreach (var line in await File.ReadAllLinesAsync(Path.Combine(AppContext.BaseDirectory, "Wire", client + ".jsonl"), TestContext.Current.CancellationToken))
        {
            var step = (JsonMap)JsonTree.Parse(line)!;
            if (Namespace().Match(step.Text("path")!) is { Success: true } ns && namespaces.Add(ns.Groups[1].Value))
            {
                await sandbox.PostAsync("/api/v1/namespaces", $$$"""{"metadata":{"name":"{{{ns.Groups[1].Value}}}"}}""");
            }

            // What controllers bring about is asked for until it is there.
            var end = DateTime.UtcNow + Patience;
            string? problem;
            while ((problem = await AskAsync(sandbox.Http, step, known)) is not null && (step.Text("method") == "GET" || IsOutrun(problem)) && DateTime.UtcNow < end)
            {
                // A controller wrote between the client's reading and its writing: clients read again and repeat the write.
                if (IsOutrun(problem))
                {
                    await ReadAgainAsync(sandbox.Http, step, known);
                }

                // A deleted pod is there for one more second; on a busy machine that is over before it is looked at again.
                if (deleted.Contains(step.Text("path")!) && problem.StartsWith("404 ", StringComparison.Ordinal))
                {
                    problem = null;
                    break;
                }

                await Task.Delay(100, TestContext.Current.CancellationToken);
            }

            if (step.Text("method") == "DELETE")
            {
                deleted.Add(step.Text("path")!);
            }

            if (problem is not null)
            {
                problems.Add($"{step.Text("command")}: {step.Text("method")} {step.Text("path")}?{step.Text("query")}: {problem}");
            }

            sent++;
        }

        Assert.True(problems.Count == 0, string.Join('\n', problems));
        Assert.True(sent >= atLeast, $"{sent} requests");
    }

    private static bool IsOutrun(string problem) => problem.StartsWith("409 instead of 200: ", StringComparison.Ordinal) && problem.Contains("the object has been modified", StringComparison.Ordinal);

    private static async Task ReadAgainAsync(HttpClient http, JsonMap step, Dictionary<string, string> known)
    {
        var text = await http.GetStringAsync(new Uri(step.Text("path")!, UriKind.Relative), TestContext.Current.CancellationToken);
        var recorded = step.At("body") switch
        {
            JsonMap body => body.Text("metadata", "resourceVersion"),
            List<object?> patch => patch.OfType<JsonMap>().FirstOrDefault(o => o.Text("path") == "/metadata/resourceVersion")?.Text("value"),
            _ => null,
        };
        if (recorded is not null)
        {
            known[recorded] = ((JsonMap)JsonTree.Parse(text)!).Text("metadata", "resourceVersion")!;
        }
    }

    private static async Task<string?> AskAsync(HttpClient http, JsonMap step, Dictionary<string, string> known)
    {
        string? tag = null;
        if (step.Int("status") == 304)
        {
            using var fresh = await SendAsync(http, step, known, null);
            tag = fresh.Headers.ETag?.ToString();
        }

        using var response = await SendAsync(http, step, known, tag);
        var watch = step.Text("query")?.Contains("watch=", StringComparison.Ordinal) is true || step.Text("query")?.Contains("follow=", StringComparison.Ordinal) is true;
        var text = watch ? "" : await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        if ((int)response.StatusCode != step.Int("status"))
        {
            return $"{(int)response.StatusCode} instead of {step.Int("status")}: {text}";
        }

        // Clients that ask for protobuf take JSON as well, as they say in Accept.
        var media = response.Content.Headers.ContentType?.MediaType;
        if (step.Text("type") is { } type && response.StatusCode != System.Net.HttpStatusCode.NotModified && type != media && !(type.EndsWith("protobuf", StringComparison.Ordinal) && media == "application/json"))
        {
            return $"{media} instead of {type}";
        }

        if (text.Length == 0 || text[0] != '{')
        {
            return null;
        }

        var answer = (JsonMap)JsonTree.Parse(text)!;
        foreach (var (recorded, actual) in new[] { (step.Text("uid"), answer.Text("metadata", "uid")), (step.Text("resourceVersion"), answer.Text("metadata", "resourceVersion")) })
        {
            if (recorded is not null && actual is not null)
            {
                known[recorded] = actual;
            }
        }

        return step.Text("kind") is { } kind && answer.Text("kind") != kind ? $"{answer.Text("kind")} instead of {kind}"
            : step.Text("reason") is { } reason && answer.Text("reason") != reason ? $"reason {answer.Text("reason")} instead of {reason}"
            : null;
    }

    private static async Task<HttpResponseMessage> SendAsync(HttpClient http, JsonMap step, Dictionary<string, string> known, string? tag)
    {
        string Own(string text) => Known().Replace(text, m => known.GetValueOrDefault(m.Value, m.Value));
        using var request = new HttpRequestMessage(new HttpMethod(step.Text("method")!), step.Text("path") + (step.Text("query") is { } query ? "?" + Own(query) : ""));
        foreach (var (name, value) in new[] { ("Accept", step.Text("accept")), ("User-Agent", step.Text("userAgent")), ("If-None-Match", tag) })
        {
            if (value is not null)
            {
                request.Headers.Remove(name);
                request.Headers.TryAddWithoutValidation(name, value);
            }
        }

        var bytes = step.Text("bodyBase64") is { } raw ? Convert.FromBase64String(raw) : step.At("body") is { } body ? Encoding.UTF8.GetBytes(Own(JsonTree.Text(body))) : null;
        if (bytes is not null)
        {
            request.Content = new ByteArrayContent(bytes);
            request.Content.Headers.TryAddWithoutValidation("Content-Type", step.Text("contentType"));
        }

        return await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
    }

    [GeneratedRegex("^/api(?:s/[^/]+)?/[^/]+/namespaces/([^/]+)")]
    private static partial Regex Namespace();

    [GeneratedRegex("[0-9a-f]{8}-[0-9a-f-]{27}|(?<=\")[0-9]{4,}(?=\")|(?<=resourceVersion=)[0-9]+")]
    private static partial Regex Known();
}
