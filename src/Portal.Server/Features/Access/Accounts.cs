using System.Security.Claims;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Portal.Core.Access;
using Portal.Server.Data;
using Portal.Server.Web;

namespace Portal.Server.Features.Access;

/// <summary>Users, passwords and tokens.</summary>
public sealed class Accounts(PortalDb db, TimeProvider time)
{
    public const string StampClaim = "stamp";
    private const int MaximumFailures = 5;
    private static readonly TimeSpan LockTime = TimeSpan.FromMinutes(1);
    private static readonly PasswordHasher<UserRow> Hasher = new();

    // Verified against when the name is unknown: the time must not tell which names exist.
    private static readonly string Decoy = Hasher.HashPassword(null!, "a password nobody has");

    /// <summary>The user with this name and password, or null. Five wrong ones lock the name for a minute.</summary>
    public async Task<UserRow?> SignInAsync(string userName, string password, CancellationToken cancellation)
    {
        var now = time.GetUtcNow().UtcDateTime;
        var user = await db.Set<UserRow>().FirstOrDefaultAsync(u => u.UserName == userName, cancellation);
        var result = Hasher.VerifyHashedPassword(user!, user?.PasswordHash ?? Decoy, password);
        if (user is null || user.Disabled || user.LockedUntil > now)
        {
            return null;
        }

        if (result == PasswordVerificationResult.Failed)
        {
            // Counted by the database: tries at the same moment are tries too.
            var mine = db.Set<UserRow>().Where(u => u.Id == user.Id);
            await mine.ExecuteUpdateAsync(s => s.SetProperty(u => u.FailedSignIns, u => u.FailedSignIns + 1), cancellation);
            await mine.Where(u => u.FailedSignIns >= MaximumFailures).ExecuteUpdateAsync(s => s.SetProperty(u => u.LockedUntil, now + LockTime).SetProperty(u => u.FailedSignIns, 0), cancellation);
            return null;
        }

        user.FailedSignIns = 0;
        user.LockedUntil = null;
        user.LastSignInAt = now;
        await db.SaveChangesAsync(cancellation);
        return user;
    }

    public UserRow Create(string userName, string displayName, IReadOnlyList<Role> roles, string password)
    {
        CheckPassword(password);
        if (userName.Length is < 2 or > 60 || !userName.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_' or '@'))
        {
            throw ProblemException.Invalid("A user name has 2 to 60 letters, digits, '.', '-', '_' or '@'.", "userName");
        }

        var user = new UserRow
        {
            Id = PortalDb.NewId(),
            UserName = userName,
            DisplayName = displayName.Length == 0 ? userName : displayName,
            Roles = Join(roles),
            PasswordHash = "",
            Stamp = "",
            CreatedAt = time.GetUtcNow().UtcDateTime,
        };
        SetPassword(user, password);
        db.Add(user);
        return user;
    }

    public static void SetPassword(UserRow user, string password)
    {
        CheckPassword(password);
        user.PasswordHash = Hasher.HashPassword(user, password);
        user.Stamp = PortalDb.NewId();
        user.FailedSignIns = 0;
        user.LockedUntil = null;
    }

    public static bool IsPassword(UserRow user, string password) => Hasher.VerifyHashedPassword(user, user.PasswordHash, password) != PasswordVerificationResult.Failed;

    public static string Join(IReadOnlyList<Role> roles) => string.Join(',', roles.Distinct().Order());

    public static IReadOnlyList<Role> RolesOf(UserRow user) => [.. user.Roles.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(Enum.Parse<Role>)];

    public static string HashToken(string secret) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(secret)));

    /// <summary>Who this is, for the rest of the request.</summary>
    public static ClaimsPrincipal Principal(UserRow user, string scheme)
    {
        var identity = new ClaimsIdentity(scheme, ClaimTypes.Name, ClaimTypes.Role);
        identity.AddClaim(new Claim(ClaimTypes.NameIdentifier, user.Id));
        identity.AddClaim(new Claim(ClaimTypes.Name, user.UserName));
        identity.AddClaim(new Claim(StampClaim, user.Stamp));
        foreach (var role in RolesOf(user))
        {
            identity.AddClaim(new Claim(ClaimTypes.Role, role.ToString()));
        }

        return new ClaimsPrincipal(identity);
    }

    /// <summary>Whether who signed in may go on: a changed password or role, a sign-out, or a disabled user ends the session.</summary>
    public static Task<bool> StillInAsync(PortalDb db, ClaimsPrincipal? me, CancellationToken cancellation)
    {
        var (id, stamp) = (me?.FindFirstValue(ClaimTypes.NameIdentifier), me?.FindFirstValue(StampClaim));
        return db.Set<UserRow>().AnyAsync(u => u.Id == id && u.Stamp == stamp && !u.Disabled, cancellation);
    }

    private static void CheckPassword(string password)
    {
        if (password.Length < 10)
        {
            throw ProblemException.Invalid("A password has at least 10 characters.", "password");
        }
    }
}
