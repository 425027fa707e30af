using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Portal.Core.Catalog;
using Portal.Server.Data;

namespace Portal.Server.Features.Catalog;

/// <summary>A place charts come from.</summary>
public sealed class ChartSourceRow
{
    public const string Table = "chart_sources";

    public required string Id { get; init; }
    public required string Name { get; set; }
    public ChartSourceKind Kind { get; init; }
    public string? Url { get; set; }

    /// <summary>User name, password, token as JSON, encrypted.</summary>
    public byte[]? Credentials { get; set; }
    public string? CertificateAuthority { get; set; }

    /// <summary>An OCI registry without TLS.</summary>
    public bool PlainHttp { get; init; }

    /// <summary>Other hosts that may be asked for it, comma-separated.</summary>
    public string? Hosts { get; set; }
    public DateTime? RefreshedAt { get; set; }

    /// <summary>When it is read again by itself.</summary>
    public DateTime? NextRefreshAt { get; set; }

    /// <summary>How often in a row it could not be read.</summary>
    public int Failures { get; set; }
    public string? Error { get; set; }
}

/// <summary>One version of a chart, pinned by its digest. The archive is kept once it was needed.</summary>
public sealed class ChartVersionRow
{
    public required string Id { get; init; }
    public required string SourceId { get; init; }
    public required string Name { get; init; }
    public required string Version { get; init; }
    public required string Digest { get; set; }

    /// <summary>Another archive that the source has under the same number now: an alarm, until somebody accepts it.</summary>
    public string? ServedDigest { get; set; }

    /// <summary>Since when its source no longer has it: it is told of and not offered. Null while it has.</summary>
    public DateTime? GoneAt { get; set; }
    public string? AppVersion { get; set; }
    public required string Description { get; set; }
    public bool Deprecated { get; set; }
    public DateTime? CreatedAt { get; set; }
    public byte[]? Archive { get; set; }
}

/// <summary>A release pack that an operator uploaded or wrote.</summary>
public sealed class ReleasePackRow
{
    public required string Id { get; init; }
    public required string Name { get; init; }
    public required string Text { get; set; }
    public required string UpdatedBy { get; set; }
    public DateTime UpdatedAt { get; set; }
}

/// <summary>The release feed that an HTTP source has beside its index.</summary>
public sealed class ReleaseFeedRow
{
    public required string Id { get; init; }
    public required string SourceId { get; init; }

    /// <summary>What was read last and could be used; null: nothing yet.</summary>
    public string? Text { get; set; }
    public string? Tag { get; set; }

    /// <summary>Why what the source has now cannot be used.</summary>
    public string? Error { get; set; }
}

internal sealed class CatalogConfiguration : IEntityTypeConfiguration<ChartSourceRow>, IEntityTypeConfiguration<ChartVersionRow>, IEntityTypeConfiguration<ReleasePackRow>, IEntityTypeConfiguration<ReleaseFeedRow>
{
    public void Configure(EntityTypeBuilder<ReleaseFeedRow> builder)
    {
        builder.ToTable("release_feeds");
        builder.HasIndex(f => f.SourceId).IsUnique();
        builder.Property(f => f.Text).HasColumnType("longtext").HasMaxLength(ReleaseFeed.MaximumLength);
        builder.Property(f => f.Tag).HasMaxLength(500);
        builder.Property(f => f.Error).HasMaxLength(2000);
    }

    public void Configure(EntityTypeBuilder<ReleasePackRow> builder)
    {
        builder.ToTable("release_packs");
        builder.HasIndex(p => p.Name).IsUnique();
        builder.Property(p => p.Name).HasMaxLength(100);
        builder.Property(p => p.UpdatedAt).IsConcurrencyToken();
        builder.Property(p => p.Text).HasColumnType("longtext").HasMaxLength(1_048_576);
    }

    public void Configure(EntityTypeBuilder<ChartSourceRow> builder)
    {
        builder.ToTable(ChartSourceRow.Table);
        builder.HasIndex(s => s.Name).IsUnique();
        builder.Property(s => s.Credentials).IsEncrypted(ChartSourceRow.Table, "credentials");
        builder.Property(s => s.Url).HasMaxLength(2000);
        builder.Property(s => s.Hosts).HasMaxLength(2000);
        builder.Property(s => s.Error).HasMaxLength(2000);
        builder.Property(s => s.CertificateAuthority).HasMaxLength(20_000);
    }

    public void Configure(EntityTypeBuilder<ChartVersionRow> builder)
    {
        builder.ToTable("chart_versions");
        builder.HasIndex(v => new { v.SourceId, v.Name, v.Version }).IsUnique();
        builder.Property(v => v.Version).HasMaxLength(100);
        builder.Property(v => v.Description).HasMaxLength(2000);
    }
}
