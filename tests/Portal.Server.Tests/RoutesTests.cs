using System.Net;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Portal.Core.Access;
using Portal.Server.Features.Access;

namespace Portal.Server.Tests;

public sealed class RoutesTests(RunningPortal portal)
{
    [Fact]
    public void Every_route_of_the_api_names_its_permission()
    {
        var unnamed = Endpoints().Where(e => e.Metadata.GetMetadata<PermissionMetadata>() is null && e.Metadata.GetMetadata<AnonymousMetadata>() is null).Select(e => e.RoutePattern.RawText);
        Assert.Empty(unnamed);
    }

    [Fact]
    public void Only_the_session_is_open_to_everybody() =>
        Assert.All(Endpoints().Where(e => e.Metadata.GetMetadata<AnonymousMetadata>() is not null), e => Assert.True(e.RoutePattern.RawText is "/api/v1/session" or "/api/{**rest}", e.RoutePattern.RawText));

    [Theory]
    [InlineData(Role.Viewer)]
    [InlineData(Role.Operator)]
    [InlineData(Role.Approver)]
    public async Task A_role_is_let_in_where_its_permissions_say_and_nowhere_else(Role role)
    {
        using var client = await portal.SignInAsAsync(role);
        foreach (var endpoint in Endpoints().Where(e => e.Metadata.GetMetadata<PermissionMetadata>() is not null && e.RoutePattern.RawText!.StartsWith("/api/", StringComparison.Ordinal)))
        {
            var method = endpoint.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods[0];
            var path = System.Text.RegularExpressions.Regex.Replace(endpoint.RoutePattern.RawText!, @"\{[^}]*:int\}", "1");
            path = System.Text.RegularExpressions.Regex.Replace(path, @"\{[^}]*\}", "none").TrimEnd('/');
            using var request = new HttpRequestMessage(new HttpMethod(method), path);
            if (method != "GET")
            {
                request.Content = new StringContent("{}", System.Text.Encoding.UTF8, "application/json");
            }

            var answer = await client.SendAsync(request);
            var allowed = Permissions.Of(role).Contains(endpoint.Metadata.GetMetadata<PermissionMetadata>()!.Permission);
            Assert.True(answer.StatusCode == HttpStatusCode.Forbidden != allowed, $"{method} {path} as {role}: {(int)answer.StatusCode}");
        }
    }

    [Fact]
    public async Task A_request_of_another_site_is_refused()
    {
        using var client = await portal.SignInAsync();
        using var request = new HttpRequestMessage(HttpMethod.Delete, "/api/v1/session");
        request.Headers.Add("Origin", "https://elsewhere.example");
        Assert.Equal(HttpStatusCode.Forbidden, (await client.SendAsync(request)).StatusCode);
    }

    private IEnumerable<RouteEndpoint> Endpoints() => portal.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
        .Where(e => e.RoutePattern.RawText!.StartsWith("/api", StringComparison.Ordinal) || e.RoutePattern.RawText.StartsWith("/hubs", StringComparison.Ordinal));
}
