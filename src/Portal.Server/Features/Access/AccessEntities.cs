using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Portal.Server.Data;

namespace Portal.Server.Features.Access;

/// <summary>A person who may sign in.</summary>
public sealed class UserRow
{
    public required string Id { get; init; }
    public required string UserName { get; set; }
    public required string DisplayName { get; set; }
    public required string Roles { get; set; }
    public required string PasswordHash { get; set; }

    /// <summary>Changes with password and roles: older cookies end.</summary>
    public required string Stamp { get; set; }
    public bool Disabled { get; set; }
    public int FailedSignIns { get; set; }
    public DateTime? LockedUntil { get; set; }
    public DateTime CreatedAt { get; init; }
    public DateTime? LastSignInAt { get; set; }
}

/// <summary>An API token; only its hash is kept.</summary>
public sealed class TokenRow
{
    public required string Id { get; init; }
    public required string UserId { get; init; }
    public required string Name { get; init; }
    public required string Hash { get; init; }
    public DateTime CreatedAt { get; init; }
    public DateTime? ExpiresAt { get; init; }
    public DateTime? LastUsedAt { get; set; }
}

/// <summary>One thing somebody did or was refused.</summary>
public sealed class AuditRow
{
    public required string Id { get; init; }
    public DateTime At { get; init; }
    public required string Who { get; init; }
    public required string Action { get; init; }
    public required string Target { get; init; }
    public bool Allowed { get; init; }
    public string? Detail { get; init; }
}

/// <summary>Facts about the portal itself: the fingerprint of its key, the keys that protect cookies.</summary>
public sealed class PortalFactRow
{
    public required string Name { get; init; }
    public required byte[] Value { get; set; }
}

internal sealed class AccessConfiguration :
    IEntityTypeConfiguration<UserRow>, IEntityTypeConfiguration<TokenRow>, IEntityTypeConfiguration<AuditRow>, IEntityTypeConfiguration<PortalFactRow>
{
    public void Configure(EntityTypeBuilder<UserRow> builder)
    {
        builder.ToTable("users");
        builder.HasIndex(u => u.UserName).IsUnique();
        builder.Property(u => u.PasswordHash).HasMaxLength(500);
    }

    public void Configure(EntityTypeBuilder<TokenRow> builder)
    {
        builder.ToTable("tokens");
        builder.HasIndex(t => t.Hash).IsUnique();
    }

    public void Configure(EntityTypeBuilder<AuditRow> builder)
    {
        builder.ToTable("audit");
        builder.Property(a => a.Detail).HasMaxLength(4000);
    }

    public void Configure(EntityTypeBuilder<PortalFactRow> builder)
    {
        builder.ToTable("portal_facts");
        builder.HasKey(f => f.Name);
        builder.Property(f => f.Value).IsEncrypted("portal_facts", "value");
    }
}
