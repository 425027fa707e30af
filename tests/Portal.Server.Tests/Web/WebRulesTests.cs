using System.Net;
using Portal.Core;

namespace Portal.Server.Tests.Web;

public sealed class WebRulesTests(PortalServer portal)
{
    [Fact]
    public async Task The_first_page_comes_with_a_strict_policy()
    {
        using var client = portal.Anonymous();
        var answer = await client.GetAsync("/");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var policy = Assert.Single(answer.Headers.GetValues("Content-Security-Policy"));
        Assert.Contains("script-src 'self' 'wasm-unsafe-eval';", policy, StringComparison.Ordinal);
        Assert.Contains("frame-ancestors 'none'", policy, StringComparison.Ordinal);
        Assert.Equal("nosniff", Assert.Single(answer.Headers.GetValues("X-Content-Type-Options")));
    }

    [Fact]
    public async Task An_address_of_the_API_that_is_not_there_is_a_problem_and_no_page() =>
        await PortalServer.ProblemAsync(await portal.Viewer.GetAsync($"{Routes.Api}/nothing/here"), 404, "not-found");

    [Fact]
    public async Task A_page_of_the_client_is_answered_with_the_shell()
    {
        using var client = portal.Anonymous();
        var answer = await client.GetAsync("/releases/anything");
        Assert.Equal("text/html", answer.Content.Headers.ContentType?.MediaType);
    }

    [Fact]
    public async Task The_description_of_the_API_needs_a_session()
    {
        using var client = portal.Anonymous();
        Assert.Equal(HttpStatusCode.Unauthorized, (await client.GetAsync("/openapi/v1.json")).StatusCode);
        Assert.Contains("/api/v1/releases", await portal.Viewer.GetStringAsync("/openapi/v1.json"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Health_and_metrics_answer()
    {
        using var client = portal.Anonymous();
        Assert.Equal("ok", await client.GetStringAsync("/healthz/ready"));
        // A request is counted after it was answered, and a reading of the metrics is kept for a moment.
        await PortalServer.UntilAsync(async () => (await client.GetStringAsync("/metrics")).Contains("http_server_request_duration_seconds", StringComparison.Ordinal));
    }
}
