using System.Text;
using Portal.Sandbox.Json;

namespace Portal.Sandbox.Tests;

/// <summary>What a Kubernetes 1.36 API server answered, asked again of the sandbox.</summary>
public sealed class RecordingTests
{
    [Theory]
    [MemberData(nameof(Recording.Quick), MemberType = typeof(Recording))]
    public Task Answers_as_recorded(string scenario) => Recording.ReplayAsync(scenario);
}

/// <summary>The same for recordings with controllers, which mostly wait: beside the others.</summary>
public sealed class ControllerRecordingTests
{
    [Theory]
    [MemberData(nameof(Recording.Slow), MemberType = typeof(Recording))]
    public Task Answers_as_recorded(string scenario) => Recording.ReplayAsync(scenario);
}

internal static class Recording
{
    private static readonly string[] _slow = ["job-cronjob", "rollout-broken", "rollout-healthy", "statefulset-daemonset", "table", "pod-lifecycle", "service-endpointslice", "pvc"];
    private static readonly string _folder = Path.Combine(AppContext.BaseDirectory, "Recordings");

    /// <summary>Steps that are sent, since others build on them, and whose answers are known to differ: "scenario step".</summary>
    private static readonly HashSet<string> _known = [.. File.ReadAllLines(Path.Combine(_folder, "known-differences.txt")).Where(l => l.Length > 0 && l[0] != '#').Select(l => string.Join(' ', l.Split(' ')[..2]))];

    public static TheoryData<string> Slow => [.. _slow];

    public static TheoryData<string> Quick => new(Directory.GetFiles(_folder, "*.jsonl").Select(f => Path.GetFileNameWithoutExtension(f)).Except(_slow).Order(StringComparer.Ordinal));

    public static async Task ReplayAsync(string scenario)
    {
        await using var sandbox = await SandboxClient.StartAsync(new SandboxOptions());
        sandbox.Http.DefaultRequestHeaders.UserAgent.Clear();
        sandbox.Http.DefaultRequestHeaders.UserAgent.ParseAdd("recorder");
        var bound = new Dictionary<string, string>(StringComparer.Ordinal);
        var open = new Dictionary<string, Task<Answered>>(StringComparer.Ordinal);
        foreach (var line in await File.ReadAllLinesAsync(Path.Combine(_folder, scenario + ".jsonl"), TestContext.Current.CancellationToken))
        {
            var step = (JsonMap)JsonTree.Parse(line)!;
            if (step.Flag("replay") is false)
            {
                continue;
            }

            await Task.Delay(TimeSpan.FromSeconds(step.At("delayBefore") switch { double d => d, long n => n, _ => 0 }), TestContext.Current.CancellationToken);
            if (step.Text("async") == "start")
            {
                open[step.Text("asyncId")!] = SendAsync(sandbox.Http, step, bound);
                await Task.Delay(400, TestContext.Current.CancellationToken);
                continue;
            }

            var known = _known.Contains($"{scenario} {step.Int("step")}");
            // An answer that differs for ever is waited for three seconds: what comes next may build on its state.
            var end = DateTime.UtcNow.AddSeconds(60);
            RecordingMatcher match;
            do
            {
                match = Compare(step, await (step.Text("async") == "join" ? open[step.Text("asyncId")!] : SendAsync(sandbox.Http, step, bound)), bound);
            }
            while ((!known || DateTime.UtcNow < end.AddSeconds(-57)) && match.Differences.Count > 0 && step.Flag("poll") is true && DateTime.UtcNow < end && await PauseAsync());

            Assert.True(known || match.Differences.Count == 0, $"{scenario} step {step.Int("step")} {step.Text("method")} {step.Text("path")}: {string.Join("\n", match.Differences.Take(8))}");
            foreach (var (key, value) in match.Bound)
            {
                bound[key] = value;
            }
        }
    }

    private sealed record Answered(int Status, string Media, List<string> Warnings, string Text);

    private static async Task<bool> PauseAsync()
    {
        await Task.Delay(250, TestContext.Current.CancellationToken);
        return true;
    }

    private static async Task<Answered> SendAsync(HttpClient http, JsonMap step, Dictionary<string, string> bound)
    {
        var query = RecordingMatcher.Fill(step.Text("query") ?? "", bound, escape: true);
        using var request = new HttpRequestMessage(new HttpMethod(step.Text("method")!), RecordingMatcher.Fill(step.Text("path")!, bound) + (query.Length > 0 ? "?" + query : ""));
        if (step.Text("accept") is { } accept)
        {
            request.Headers.TryAddWithoutValidation("Accept", accept);
        }

        foreach (var (name, value) in step.Map("requestHeaders") ?? [])
        {
            request.Headers.TryAddWithoutValidation(name, value as string);
        }

        if (step.At("body") is { } body)
        {
            var text = body as string ?? JsonTree.Text(body);
            request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(RecordingMatcher.Fill(text, bound)));
            if (step.Text("contentType") is { } media)
            {
                request.Content.Headers.TryAddWithoutValidation("Content-Type", media);
            }
        }

        using var response = await http.SendAsync(request, TestContext.Current.CancellationToken);
        var warnings = response.Headers.TryGetValues("Warning", out var values) ? values.Order(StringComparer.Ordinal).ToList() : [];
        return new Answered((int)response.StatusCode, response.Content.Headers.ContentType?.MediaType ?? "", warnings, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    private static RecordingMatcher Compare(JsonMap step, Answered answered, Dictionary<string, string> bound)
    {
        var match = new RecordingMatcher(bound);
        var expected = step.At("response");
        var actual = Parse(step, answered.Media, answered.Text);
        match.Say(step.Int("status") == answered.Status, "status", step.Int("status"), $"{answered.Status} {answered.Text}");
        if (step.Text("responseHeaders", "content-type") is { } media)
        {
            match.Say(media.Split(';')[0] == answered.Media, "content type", media, answered.Media);
        }

        var how = step.Flag("loose") is true ? "loose" : step.Text("match");
        if (how == "loose")
        {
            foreach (var key in (string[])["kind", "apiVersion", "reason", "code"])
            {
                if (expected is JsonMap map && map.ContainsKey(key))
                {
                    match.Compare(map[key], (actual as JsonMap)?.GetValueOrDefault(key), key);
                }
            }

            match.Learn(expected, actual);
            return match;
        }

        var warnings = step.Map("responseHeaders")!.Texts("warning").Order(StringComparer.Ordinal).Select(w => (object?)w).ToList();
        match.Compare(warnings, answered.Warnings.ConvertAll(w => (object?)w), "warnings");
        if (how == "noControllers")
        {
            match.Learn(expected, actual);
            (expected, actual) = (WithoutControllers(expected), WithoutControllers(actual));
        }

        match.Compare(expected, actual, "", how == "subset", step.Flag("looseMessage") is true, step.Flag("unordered") is true);
        return match;
    }

    private static object? Parse(JsonMap step, string media, string text)
    {
        if (step.Flag("stream") is true)
        {
            // Periodic bookmarks may come at any time; only the one that ends the first events counts.
            return text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonTree.Parse(l))
                .Where(e => (e as JsonMap)?.Text("type") != "BOOKMARK" || JsonTree.Text(e).Contains("initial-events-end", StringComparison.Ordinal)).ToList();
        }

        return media == "application/json" && text.Length > 0 ? JsonTree.Parse(text) : text;
    }

    /// <summary>Without what a controller may have written meanwhile.</summary>
    private static object? WithoutControllers(object? value)
    {
        if (JsonTree.Clone(value) is not JsonMap obj)
        {
            return value;
        }

        obj.Remove("status");
        var metadata = obj.Ensure("metadata");
        metadata.Remove("resourceVersion");
        if (metadata.Map("annotations") is { } annotations)
        {
            foreach (var key in annotations.Keys.Where(k => k.StartsWith("deployment.kubernetes.io/", StringComparison.Ordinal) || k.StartsWith("volume.", StringComparison.Ordinal) || k.StartsWith("pv.kubernetes.io/", StringComparison.Ordinal)).ToList())
            {
                annotations.Remove(key);
            }

            if (annotations.Count == 0)
            {
                metadata.Remove("annotations");
            }
        }

        if (metadata.List("managedFields") is { } managed)
        {
            managed.RemoveAll(m => m is JsonMap map && (map.Text("subresource") == "status" || map.Text("manager") is "kube-controller-manager" or "kube-scheduler" or "kubelet" or "fakelet"));
        }

        return obj;
    }
}
