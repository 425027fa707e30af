using System.Security.Claims;
using Portal.Server.Web;

namespace Portal.Server.Features.Access;

/// <summary>What a route needs. A route without it is refused at the start, so that none is forgotten.</summary>
public sealed record PermissionMetadata(string Permission);

/// <summary>The route answers without a session.</summary>
public sealed record AnonymousMetadata;

/// <summary>One permission per route, checked before the handler.</summary>
public static class PermissionRules
{
    public static TBuilder RequirePermission<TBuilder>(this TBuilder builder, string permission)
        where TBuilder : IEndpointConventionBuilder
    {
        builder.WithMetadata(new PermissionMetadata(permission));
        return builder;
    }

    public static TBuilder Anonymous<TBuilder>(this TBuilder builder)
        where TBuilder : IEndpointConventionBuilder
    {
        builder.WithMetadata(new AnonymousMetadata());
        return builder;
    }

    public static void UsePermissions(this WebApplication app) => app.Use(async (context, next) =>
    {
        var endpoint = context.GetEndpoint();
        var guarded = context.Request.Path.StartsWithSegments("/api") || context.Request.Path.StartsWithSegments("/hubs");
        guarded |= endpoint?.Metadata.GetMetadata<PermissionMetadata>() is not null;
        if (endpoint is not null && guarded && endpoint.Metadata.GetMetadata<AnonymousMetadata>() is null)
        {
            var permission = endpoint.Metadata.GetMetadata<PermissionMetadata>()?.Permission
                ?? throw new InvalidOperationException($"{endpoint.DisplayName} names no permission");
            if (context.User.Identity?.IsAuthenticated != true)
            {
                throw new ProblemException(401, "signed-out", "Sign in first", "There is no session, or it has ended.");
            }

            if (!context.User.Can(permission))
            {
                await context.RequestServices.GetRequiredService<Audit>().DeniedAsync(context.User, context.Request.Method + " " + context.Request.Path, permission);
                throw new ProblemException(403, "not-allowed", "You may not do this", $"This needs the permission {permission}. Ask an admin.");
            }
        }

        await next();
    });
}

/// <summary>Writes down who did what, and who was refused.</summary>
public sealed class Audit(Data.PortalDb db, TimeProvider time)
{
    public async Task RecordAsync(ClaimsPrincipal user, string action, string target, string? detail = null, CancellationToken cancellation = default)
    {
        db.Add(Row(user.UserName(), action, target, allowed: true, detail));
        await db.SaveChangesAsync(cancellation);
    }

    public async Task DeniedAsync(ClaimsPrincipal user, string action, string target)
    {
        db.Add(Row(user.UserName(), action, target, allowed: false, null));
        await db.SaveChangesAsync();
    }

    private AuditRow Row(string who, string action, string target, bool allowed, string? detail) => new()
    {
        Id = Data.PortalDb.NewId(),
        At = time.GetUtcNow().UtcDateTime,
        Who = Data.ColumnText.Fit(who, 60),
        Action = action,
        Target = Data.ColumnText.Fit(target, 250),
        Allowed = allowed,
        Detail = detail,
    };
}
