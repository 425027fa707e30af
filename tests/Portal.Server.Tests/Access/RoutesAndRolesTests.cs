using System.Text;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Portal.Core.Access;
using Portal.Server.Features.Access;

namespace Portal.Server.Tests.Access;

public sealed partial class RoutesAndRolesTests(PortalServer portal)
{
    [GeneratedRegex(@"\{(\**)(\w+)(:\w+)?\}")]
    private static partial Regex Parameter();

    private IEnumerable<(string Method, string Path, string? Permission)> Routes() =>
        from endpoint in portal.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
        let pattern = "/" + endpoint.RoutePattern.RawText!.TrimStart('/')
        where pattern.StartsWith("/api/", StringComparison.Ordinal) && !pattern.Contains("{**", StringComparison.Ordinal)
        from method in endpoint.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods
        select (method, Parameter().Replace(pattern, m => m.Groups[3].Value == ":int" ? "1" : "x"), endpoint.Metadata.GetMetadata<AnonymousMetadata>() is null ? endpoint.Metadata.GetMetadata<PermissionMetadata>()?.Permission ?? "" : null);

    private static HttpRequestMessage Request(string method, string path) =>
        new(new HttpMethod(method), path) { Content = method == "GET" ? null : new StringContent("{}", Encoding.UTF8, "application/json") };

    [Fact]
    public void Every_route_names_a_permission_that_exists()
    {
        var routes = Routes().ToArray();
        Assert.True(routes.Length > 40, $"only {routes.Length} routes were found");
        Assert.All(routes.Where(r => r.Permission is not null), r => Assert.Contains(r.Permission, Permissions.All));
    }

    [Fact]
    public void Only_signing_in_and_out_needs_no_session() =>
        Assert.Equal(["DELETE /api/v1/session", "POST /api/v1/session"], Routes().Where(r => r.Permission is null).Select(r => $"{r.Method} {r.Path}").Order(StringComparer.Ordinal));

    [Fact]
    public async Task Without_a_session_every_route_answers_401()
    {
        using var nobody = portal.Anonymous();
        foreach (var (method, path, _) in Routes().Where(r => r.Permission is not null))
        {
            using var answer = await nobody.SendAsync(Request(method, path));
            Assert.True((int)answer.StatusCode == 401, $"{method} {path} answers {(int)answer.StatusCode}");
        }
    }

    [Theory]
    [InlineData(Role.Viewer)]
    [InlineData(Role.Operator)]
    [InlineData(Role.Approver)]
    public async Task A_role_is_refused_exactly_what_it_may_not(Role role)
    {
        var refused = 0;
        foreach (var (method, path, permission) in Routes().Where(r => r.Permission is not null))
        {
            var may = Permissions.Of(role).Contains(permission);
            if (may && method != "GET")
            {
                continue;
            }

            using var answer = await portal.As(role).SendAsync(Request(method, path));
            Assert.True(((int)answer.StatusCode == 403) == !may, $"{role}: {method} {path} ({permission}) answers {(int)answer.StatusCode}");
            refused += may ? 0 : 1;
        }

        Assert.True(refused > 3);
    }
}
