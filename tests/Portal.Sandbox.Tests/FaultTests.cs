using System.Diagnostics;
using Portal.Sandbox.Json;

namespace Portal.Sandbox.Tests;

/// <summary>Each admin call that lets the sandbox misbehave, asked as curl would.</summary>
public class FaultTests
{
    private const string Maps = "/api/v1/namespaces/default/configmaps";
    private const string Requests = "/sandbox/faults/requests";
    private const string Refusals = "/sandbox/faults/refusals";

    [Fact]
    public async Task Latency_delays_what_it_names_and_nothing_else()
    {
        await using var sandbox = await SandboxClient.StartAsync();
        await SetAsync(sandbox, Requests, """{"delayMs": 400, "path": "configmaps"}""");
        Assert.InRange(await MillisecondsAsync(sandbox, Maps), 390, 5000);
        Assert.InRange(await MillisecondsAsync(sandbox, "/api/v1/namespaces/default/secrets"), 0, 390);
    }

    [Theory]
    [InlineData(429, "TooManyRequests")]
    [InlineData(500, "InternalError")]
    [InlineData(503, "ServiceUnavailable")]
    public async Task A_status_is_answered_so_many_times_with_its_reason(int status, string reason)
    {
        await using var sandbox = await SandboxClient.StartAsync();
        await SetAsync(sandbox, Requests, $$"""{"status": {{status}}, "method": "get", "path": "configmaps", "times": 2, "retryAfter": 3}""");
        for (var i = 0; i < 2; i++)
        {
            using var answer = await sandbox.Http.GetAsync(Maps, TestContext.Current.CancellationToken);
            Assert.Equal(status, (int)answer.StatusCode);
            Assert.Equal(status == 429 ? 3 : null, answer.Headers.RetryAfter?.Delta?.TotalSeconds);
            Assert.Equal(reason, ((JsonMap)JsonTree.Parse(await answer.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken))!).Text("reason"));
        }

        Assert.Equal(200, (await sandbox.GetAsync(Maps)).Status);
    }

    [Fact]
    public async Task A_dropped_request_ends_without_an_answer()
    {
        await using var sandbox = await SandboxClient.StartAsync();
        await SetAsync(sandbox, Requests, """{"kind": "drop", "times": 1}""");
        // A client library repeats a GET that it may; a POST it must not.
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => sandbox.PostAsync(Maps, """{"metadata":{"name":"a"}}"""));
        Assert.Equal(404, (await sandbox.GetAsync($"{Maps}/a")).Status);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Watches_are_ended_or_cut_off_and_can_be_opened_again(bool cut)
    {
        await using var sandbox = await SandboxClient.StartAsync();
        using var watch = await WatchAsync(sandbox);
        await SetAsync(sandbox, "/sandbox/faults/watches", cut ? """{"cut": true}""" : "");
        Assert.Equal(cut, await BreaksAsync(watch));
        Assert.Equal(200, (await sandbox.GetAsync($"{Maps}?watch=true&timeoutSeconds=1")).Status);
    }

    [Fact]
    public async Task A_server_that_is_down_answers_nobody_cuts_off_what_is_under_way_and_comes_back()
    {
        await using var sandbox = await SandboxClient.StartAsync();
        using var watch = await WatchAsync(sandbox);
        await SetAsync(sandbox, "/sandbox/faults/down", """{"seconds": 2}""");
        Assert.True(await BreaksAsync(watch));
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => sandbox.PostAsync(Maps, """{"metadata":{"name":"a"}}"""));
        Assert.NotNull((await sandbox.GetAsync("/sandbox/faults")).Body.Text("downUntil"));
        await Task.Delay(2100, TestContext.Current.CancellationToken);
        Assert.Equal(200, (await sandbox.GetAsync(Maps)).Status);
    }

    [Fact]
    public async Task A_kind_is_refused_for_the_operations_that_were_named()
    {
        await using var sandbox = await SandboxClient.StartAsync();
        await sandbox.PostAsync(Maps, """{"metadata":{"name":"a"}}""");
        await SetAsync(sandbox, Refusals, """{"kind": "ConfigMap", "operation": "DELETE", "message": "admission webhook \"keep\" denied the request: no"}""");
        var (status, body) = await sandbox.SendAsync(HttpMethod.Delete, $"{Maps}/a");
        Assert.Equal((403, "configmaps \"a\" is forbidden: admission webhook \"keep\" denied the request: no"), (status, body.Text("message")));
        Assert.Equal(201, (await sandbox.PostAsync(Maps, """{"metadata":{"name":"b"}}""")).Status);
        Assert.Equal(200, (await sandbox.SendAsync(HttpMethod.Delete, "/api/v1/namespaces/default/secrets")).Status);

        await sandbox.SendAsync(HttpMethod.Delete, "/sandbox/faults");
        await SetAsync(sandbox, Refusals, """{"kind": "ConfigMap", "status": 500, "times": 1}""");
        (status, body) = await sandbox.PostAsync(Maps, """{"metadata":{"name":"c"}}""");
        Assert.Equal(500, status);
        Assert.Contains("failed calling webhook", body.Text("message"), StringComparison.Ordinal);
        Assert.Equal(201, (await sandbox.PostAsync(Maps, """{"metadata":{"name":"c"}}""")).Status);
    }

    [Fact]
    public async Task What_stands_can_be_read_and_taken_away()
    {
        await using var sandbox = await SandboxClient.StartAsync();
        await SetAsync(sandbox, Requests, """{"status": 429, "path": "pods", "times": 3}""");
        await SetAsync(sandbox, Refusals, """{"kind": "Pod"}""");
        await SetAsync(sandbox, "/sandbox/faults/images", """{"image": "app:2", "times": 2}""");
        var (_, body) = await sandbox.GetAsync("/sandbox/faults");
        Assert.Equal("""{"kind":"status","path":"pods","status":429,"retryAfter":1,"times":3}""", JsonTree.Text(body.Maps("requests").Single()));
        Assert.Equal("Pod", body.Maps("refusals").Single().Text("kind"));
        Assert.Equal(2, body.Maps("images").Single().Int("times"));
        await sandbox.SendAsync(HttpMethod.Delete, "/sandbox/faults");
        (_, body) = await sandbox.GetAsync("/sandbox/faults");
        Assert.Empty(body.Maps("requests").Concat(body.Maps("refusals")).Concat(body.Maps("images")));
    }

    [Theory]
    [InlineData("requests", """{"kind": "explode"}""", "kind must be delay or status or drop")]
    [InlineData("requests", """{"kind": "delay"}""", "delayMs is missing")]
    [InlineData("requests", """{"status": 200}""", "status must be a whole number from 400 to 599")]
    [InlineData("requests", """{"times": 0}""", "times must be a whole number from 1 to 2147483647")]
    [InlineData("requests", """{"stauts": 500}""", "unknown field \"stauts\": faults/requests takes kind, method, path, status, message, retryAfter, delayMs, times, seconds")]
    [InlineData("refusals", """{"kind": 1}""", "kind must be a text")]
    [InlineData("refusals", """{"operation": "PATCH"}""", "operation must be CREATE or UPDATE or DELETE")]
    [InlineData("watches", """{"cut": "yes"}""", "cut must be true or false")]
    [InlineData("images", "{}", "image is missing")]
    [InlineData("down", "[]", "the body must be a JSON object")]
    [InlineData("down", """{"seconds": -1}""", "seconds must be a whole number from 1 to 86400")]
    public async Task A_call_that_is_wrong_is_refused_and_sets_nothing(string call, string json, string message)
    {
        await using var sandbox = await SandboxClient.StartAsync();
        var (status, body) = await sandbox.PostAsync($"/sandbox/faults/{call}", json);
        Assert.Equal((400, message), (status, body.Text("message")));
        Assert.Equal("""{"requests":[],"refusals":[],"images":[],"downUntil":null}""", JsonTree.Text((await sandbox.GetAsync("/sandbox/faults")).Body));
    }

    private static async Task SetAsync(SandboxClient sandbox, string path, string body) => Assert.Equal(200, (await sandbox.PostAsync(path, body)).Status);

    private static async Task<double> MillisecondsAsync(SandboxClient sandbox, string path)
    {
        var start = Stopwatch.GetTimestamp();
        Assert.Equal(200, (await sandbox.GetAsync(path)).Status);
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }

    private static async Task<HttpResponseMessage> WatchAsync(SandboxClient sandbox) =>
        await sandbox.Http.GetAsync($"{Maps}?watch=true", HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);

    // True when the stream broke, false when it ended.
    private static async Task<bool> BreaksAsync(HttpResponseMessage watch)
    {
        try
        {
            await watch.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
            return false;
        }
        catch (Exception error) when (error is HttpRequestException or IOException)
        {
            return true;
        }
    }
}
