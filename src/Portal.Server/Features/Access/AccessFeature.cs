using System.Security.Claims;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.EntityFrameworkCore;
using Portal.Core;
using Portal.Core.Access;
using Portal.Server.Data;
using Portal.Server.Web;

namespace Portal.Server.Features.Access;

/// <summary>Who may do what: users, sessions, tokens, permissions, audit.</summary>
internal static class AccessFeature
{
    private const string Either = "either";

    public static IServiceCollection AddAccess(this IServiceCollection services)
    {
        services.AddScoped<Accounts>();
        services.AddScoped<Audit>();
        services.AddAuthentication(Either)
            .AddPolicyScheme(Either, null, o => o.ForwardDefaultSelector = c => c.Request.Headers.ContainsKey("Authorization") ? TokenAuthentication.Scheme_ : CookieAuthenticationDefaults.AuthenticationScheme)
            .AddScheme<AuthenticationSchemeOptions, TokenAuthentication>(TokenAuthentication.Scheme_, null)
            .AddCookie(o =>
            {
                o.Cookie.Name = "portal-session";
                o.Cookie.HttpOnly = true;
                o.Cookie.SameSite = SameSiteMode.Strict;
                o.Cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
                o.ExpireTimeSpan = TimeSpan.FromHours(12);
                o.SlidingExpiration = true;
                o.Events.OnValidatePrincipal = ValidateAsync;
                // An API answers; it does not send people to another page.
                o.Events.OnRedirectToLogin = c => Task.CompletedTask;
                o.Events.OnRedirectToAccessDenied = c => Task.CompletedTask;
            });
        return services;
    }

    private static async Task ValidateAsync(CookieValidatePrincipalContext context)
    {
        await using var db = await context.HttpContext.RequestServices.GetRequiredService<IDbContextFactory<PortalDb>>().CreateDbContextAsync();
        if (!await Accounts.StillInAsync(db, context.Principal, context.HttpContext.RequestAborted))
        {
            context.RejectPrincipal();
        }
    }

    /// <summary>Makes the first admin and says its password once.</summary>
    public static async Task EnsureAdminAsync(IServiceProvider services, PortalSettings settings, Action<string> say)
    {
        await using var scope = services.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<PortalDb>();
        if (await db.Set<UserRow>().AnyAsync())
        {
            return;
        }

        var password = settings.AdminPassword ?? Convert.ToBase64String(RandomNumberGenerator.GetBytes(12)).Replace('+', 'x').Replace('/', 'y');
        scope.ServiceProvider.GetRequiredService<Accounts>().Create("admin", "Administrator", [Role.Admin], password);
        try
        {
            await db.SaveChangesAsync();
        }
        catch (DbUpdateException)
        {
            // Another replica was first.
            return;
        }

        if (settings.AdminPassword is null)
        {
            say($"Sign in as admin with the password {password} (shown once)");
        }
    }

    /// <summary>The command "admin reset-password USER": a new password, printed; ends the user's sessions.</summary>
    public static async Task<int> ResetPasswordAsync(IServiceProvider services, string userName)
    {
        await using var scope = services.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<PortalDb>();
        var user = await db.Set<UserRow>().FirstOrDefaultAsync(u => u.UserName == userName);
        if (user is null)
        {
            Console.Error.WriteLine($"there is no user {userName}");
            return 1;
        }

        var password = Convert.ToBase64String(RandomNumberGenerator.GetBytes(12)).Replace('+', 'x').Replace('/', 'y');
        Accounts.SetPassword(user, password);
        user.Disabled = false;
        await db.SaveChangesAsync();
        Console.WriteLine($"The new password of {userName} is {password}");
        return 0;
    }

    public static void MapAccess(this WebApplication app)
    {
        var api = app.MapGroup(Routes.Api);
        api.MapPost("/session", async (SignInRequest request, Accounts accounts, Audit audit, HttpContext context, CancellationToken cancellation) =>
        {
            if (await accounts.SignInAsync(request.UserName ?? "", request.Password ?? "", cancellation) is not { } user)
            {
                await audit.DeniedAsync(new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.Name, request.UserName ?? "")], "none")), "sign in", request.UserName ?? "");
                throw new ProblemException(401, "wrong-password", "Not signed in", "User name or password is wrong, or the name is locked for a minute after five wrong passwords.");
            }

            var principal = Accounts.Principal(user, CookieAuthenticationDefaults.AuthenticationScheme);
            await context.SignInAsync(CookieAuthenticationDefaults.AuthenticationScheme, principal);
            await audit.RecordAsync(principal, "sign in", user.UserName, cancellation: cancellation);
            return SessionOf(principal, user);
        }).Anonymous();
        api.MapDelete("/session", async (ClaimsPrincipal me, PortalDb db, HttpContext context, CancellationToken cancellation) =>
        {
            // A cookie is only as good as its stamp: with a new one no copy of it is good any more, in no browser of this person.
            if (me.Identity?.IsAuthenticated == true && me.FindFirstValue(ClaimTypes.NameIdentifier) is { } id)
            {
                var stamp = PortalDb.NewId();
                await db.Set<UserRow>().Where(u => u.Id == id).ExecuteUpdateAsync(s => s.SetProperty(u => u.Stamp, stamp), cancellation);
            }

            await context.SignOutAsync(CookieAuthenticationDefaults.AuthenticationScheme);
            return Results.NoContent();
        }).Anonymous();
        api.MapGet("/session", async (ClaimsPrincipal me, PortalDb db, CancellationToken cancellation) =>
            SessionOf(me, await db.Set<UserRow>().FirstAsync(u => u.Id == me.UserId(), cancellation))).RequirePermission(Permissions.SessionUse);
        api.MapPost("/session/password", async (ChangePasswordRequest request, ClaimsPrincipal me, PortalDb db, Audit audit, HttpContext context, CancellationToken cancellation) =>
        {
            var user = await db.Set<UserRow>().FirstAsync(u => u.Id == me.UserId(), cancellation);
            if (!Accounts.IsPassword(user, request.CurrentPassword ?? ""))
            {
                throw ProblemException.Invalid("The current password is wrong.", "currentPassword");
            }

            Accounts.SetPassword(user, request.NewPassword ?? "");
            await audit.RecordAsync(me, "change password", user.UserName, cancellation: cancellation);
            await context.SignInAsync(CookieAuthenticationDefaults.AuthenticationScheme, Accounts.Principal(user, CookieAuthenticationDefaults.AuthenticationScheme));
            return Results.NoContent();
        }).RequirePermission(Permissions.SessionUse);

        api.MapGet("/users", async (PortalDb db, CancellationToken cancellation) =>
            new Page<User>([.. (await db.Set<UserRow>().OrderBy(u => u.UserName).ToListAsync(cancellation)).Select(UserOf)])).RequirePermission(Permissions.UsersRead);
        api.MapPost("/users", async (CreateUserRequest request, ClaimsPrincipal me, PortalDb db, Accounts accounts, Audit audit, CancellationToken cancellation) =>
        {
            if (request.Roles is not { Count: > 0 })
            {
                throw ProblemException.Invalid("A user has at least one role.", "roles");
            }

            // Two names that differ in case only would be taken for one person.
            if ((await db.Set<UserRow>().Select(u => u.UserName).ToListAsync(cancellation)).Contains(request.UserName, StringComparer.OrdinalIgnoreCase))
            {
                throw new ProblemException(409, "exists", "The name is taken", $"There is a user {request.UserName} already.");
            }

            var user = accounts.Create(request.UserName ?? "", request.DisplayName ?? "", request.Roles ?? [], request.Password ?? "");
            await audit.RecordAsync(me, "create user", user.UserName, user.Roles, cancellation);
            return Results.Created($"{Routes.Api}/users/{user.Id}", UserOf(user));
        }).RequirePermission(Permissions.UsersWrite);
        api.MapPatch("/users/{id}", async (string id, UpdateUserRequest request, ClaimsPrincipal me, PortalDb db, Audit audit, CancellationToken cancellation) =>
        {
            var user = await db.Set<UserRow>().FirstOrDefaultAsync(u => u.Id == id, cancellation) ?? throw ProblemException.NotFound("The user");
            if (user.Id == me.UserId() && (request.Disabled == true || (request.Roles is { } mine && !mine.Contains(Role.Admin))))
            {
                throw ProblemException.Invalid("You cannot take your own admin rights or disable yourself.", "roles");
            }

            if (request.Roles is { Count: 0 })
            {
                throw ProblemException.Invalid("A user needs a role. To keep somebody out, disable the user.", "roles");
            }

            user.DisplayName = request.DisplayName ?? user.DisplayName;
            if (request.Roles is { } roles && Accounts.Join(roles) != user.Roles)
            {
                user.Roles = Accounts.Join(roles);
                user.Stamp = PortalDb.NewId();
            }

            if (request.NewPassword is { } password)
            {
                Accounts.SetPassword(user, password);
            }

            user.Disabled = request.Disabled ?? user.Disabled;
            await audit.RecordAsync(me, "change user", user.UserName, $"roles {user.Roles}, disabled {user.Disabled}", cancellation);
            return UserOf(user);
        }).RequirePermission(Permissions.UsersWrite);

        api.MapGet("/tokens", async (ClaimsPrincipal me, PortalDb db, CancellationToken cancellation) =>
            new Page<ApiToken>([.. (await db.Set<TokenRow>().Where(t => t.UserId == me.UserId()).OrderBy(t => t.Id).ToListAsync(cancellation)).Select(t => TokenOf(t, me.UserName()))])).RequirePermission(Permissions.TokensWrite);
        api.MapPost("/tokens", async (CreateTokenRequest request, ClaimsPrincipal me, PortalDb db, Audit audit, TimeProvider time, CancellationToken cancellation) =>
        {
            if (request.Name is not { Length: > 0 and < 100 } || request.ExpiresInDays is < 1 or > 365)
            {
                throw ProblemException.Invalid("A token has a name, and a life of 1 to 365 days.", "name");
            }

            var secret = "iop_" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(24));
            var now = time.GetUtcNow().UtcDateTime;
            var token = new TokenRow { Id = PortalDb.NewId(), UserId = me.UserId(), Name = request.Name, Hash = Accounts.HashToken(secret), CreatedAt = now, ExpiresAt = now.AddDays(request.ExpiresInDays ?? 90) };
            db.Add(token);
            await audit.RecordAsync(me, "create token", token.Name, cancellation: cancellation);
            return Results.Created($"{Routes.Api}/tokens/{token.Id}", new CreatedToken(TokenOf(token, me.UserName()), secret));
        }).RequirePermission(Permissions.TokensWrite);
        api.MapDelete("/tokens/{id}", async (string id, ClaimsPrincipal me, PortalDb db, Audit audit, CancellationToken cancellation) =>
        {
            var token = await db.Set<TokenRow>().FirstOrDefaultAsync(t => t.Id == id && t.UserId == me.UserId(), cancellation) ?? throw ProblemException.NotFound("The token");
            db.Remove(token);
            await audit.RecordAsync(me, "delete token", token.Name, cancellation: cancellation);
            return Results.NoContent();
        }).RequirePermission(Permissions.TokensWrite);
    }

    private static Session SessionOf(ClaimsPrincipal me, UserRow user) => new(
        user.Id, user.UserName, user.DisplayName, me.Roles(), [.. me.Roles().SelectMany(Permissions.Of).Distinct().Order(StringComparer.Ordinal)]);

    private static User UserOf(UserRow user) => new(user.Id, user.UserName, user.DisplayName, Accounts.RolesOf(user), user.Disabled, user.CreatedAt, user.LastSignInAt);

    private static ApiToken TokenOf(TokenRow token, string userName) => new(token.Id, token.Name, userName, token.CreatedAt, token.ExpiresAt, token.LastUsedAt);
}
