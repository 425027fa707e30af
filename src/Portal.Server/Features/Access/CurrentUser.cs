using System.Security.Claims;
using Portal.Core.Access;

namespace Portal.Server.Features.Access;

/// <summary>Questions about the person behind a request.</summary>
public static class CurrentUser
{
    public static string UserId(this ClaimsPrincipal user) => user.FindFirstValue(ClaimTypes.NameIdentifier) ?? "";

    public static string UserName(this ClaimsPrincipal user) => user.Identity?.Name ?? "";

    public static IReadOnlyList<Role> Roles(this ClaimsPrincipal user) => [.. user.FindAll(ClaimTypes.Role).Select(c => Enum.Parse<Role>(c.Value))];

    public static bool Can(this ClaimsPrincipal user, string permission) => user.Roles().Any(r => Permissions.Of(r).Contains(permission));
}
