using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Portal.Server.Data;

namespace Portal.Server.Features.Access;

/// <summary>Authorization: Bearer TOKEN, for programs. The same rights as the token's owner.</summary>
internal sealed class TokenAuthentication(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder, IDbContextFactory<PortalDb> dbs, TimeProvider time)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    public const string Scheme_ = "token";

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        var header = Request.Headers.Authorization.ToString();
        if (!header.StartsWith("Bearer ", StringComparison.Ordinal))
        {
            return AuthenticateResult.NoResult();
        }

        var hash = Accounts.HashToken(header["Bearer ".Length..].Trim());
        var now = time.GetUtcNow().UtcDateTime;
        await using var db = await dbs.CreateDbContextAsync(Context.RequestAborted);
        var token = await db.Set<TokenRow>().FirstOrDefaultAsync(t => t.Hash == hash, Context.RequestAborted);
        var user = token is null || token.ExpiresAt < now ? null : await db.Set<UserRow>().FirstOrDefaultAsync(u => u.Id == token.UserId && !u.Disabled, Context.RequestAborted);
        if (user is null)
        {
            return AuthenticateResult.Fail("unknown token");
        }

        if (token!.LastUsedAt is null || now - token.LastUsedAt > TimeSpan.FromMinutes(1))
        {
            token.LastUsedAt = now;
            await db.SaveChangesAsync(Context.RequestAborted);
        }

        return AuthenticateResult.Success(new AuthenticationTicket(Accounts.Principal(user, Scheme.Name), Scheme.Name));
    }
}
