namespace Portal.Core.Access;

/// <summary>What a person may do, from least to most. A role includes nothing of another: <see cref="Permissions"/> lists what each may do.</summary>
public enum Role { Viewer, Operator, Approver, Admin }

/// <summary>POST /api/v1/session.</summary>
public sealed record SignInRequest(string UserName, string Password);

/// <summary>GET /api/v1/session: who am I and what may I do.</summary>
public sealed record Session(string UserId, string UserName, string DisplayName, IReadOnlyList<Role> Roles, IReadOnlyList<string> Permissions);

/// <summary>POST /api/v1/session/password.</summary>
public sealed record ChangePasswordRequest(string CurrentPassword, string NewPassword);

/// <summary>A person as GET /api/v1/users shows it.</summary>
public sealed record User(string Id, string UserName, string DisplayName, IReadOnlyList<Role> Roles, bool Disabled, DateTimeOffset CreatedAt, DateTimeOffset? LastSignInAt);

/// <summary>POST /api/v1/users. The password must have at least 10 characters.</summary>
public sealed record CreateUserRequest(string UserName, string DisplayName, IReadOnlyList<Role> Roles, string Password);

/// <summary>PATCH /api/v1/users/{id}: absent members stay as they are.</summary>
public sealed record UpdateUserRequest(string? DisplayName = null, IReadOnlyList<Role>? Roles = null, bool? Disabled = null, string? NewPassword = null);

/// <summary>An API token; its secret is shown once, in <see cref="CreatedToken"/>.</summary>
public sealed record ApiToken(string Id, string Name, string UserName, DateTimeOffset CreatedAt, DateTimeOffset? ExpiresAt, DateTimeOffset? LastUsedAt);

/// <summary>POST /api/v1/tokens. At most 365 days.</summary>
public sealed record CreateTokenRequest(string Name, int? ExpiresInDays = null);

/// <summary>The answer to POST /api/v1/tokens.</summary>
public sealed record CreatedToken(ApiToken Token, string Secret);
