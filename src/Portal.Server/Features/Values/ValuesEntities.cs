using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Portal.Server.Data;

namespace Portal.Server.Features.Values;

/// <summary>One immutable version of a release's values. The text is encrypted.</summary>
public sealed class ValuesRevisionRow
{
    public const string Table = "values_revisions";

    public required string Id { get; init; }
    public required string ReleaseId { get; init; }
    public int Number { get; init; }
    public required byte[] Text { get; init; }

    /// <summary>Keyed hash of the text.</summary>
    public required string Hash { get; init; }
    public required string Author { get; init; }
    public required string Message { get; init; }
    public DateTime CreatedAt { get; init; }

    /// <summary>The Git commit that holds it without its secrets; null: none does yet.</summary>
    public string? Commit { get; set; }

    /// <summary>The paths (one a line) whose values a chart wrote into Secrets while this was the newest revision: they stay secret. Null: nobody looked yet.</summary>
    public string? Fed { get; set; }
}

/// <summary>How the Git history stands; one row for all replicas.</summary>
public sealed class GitHistoryRow
{
    /// <summary>The id of the row.</summary>
    public const string TheId = "values";

    public required string Id { get; init; }

    /// <summary>While one replica writes, no other one does; if it dies, another one may after this time.</summary>
    public DateTime? ClaimedUntil { get; set; }

    /// <summary>The newest commit, pushed if a remote is configured.</summary>
    public string? Head { get; set; }
    public string? Error { get; set; }
    public DateTime? At { get; set; }
}

/// <summary>What somebody is writing; one per user and release.</summary>
public sealed class ValuesDraftRow
{
    public const string Table = "values_drafts";

    public required string Id { get; init; }
    public required string ReleaseId { get; init; }
    public required string UserId { get; init; }
    public required byte[] Text { get; set; }
    public int BaseRevision { get; set; }
    public DateTime UpdatedAt { get; set; }
}

internal sealed class ValuesConfiguration : IEntityTypeConfiguration<ValuesRevisionRow>, IEntityTypeConfiguration<ValuesDraftRow>, IEntityTypeConfiguration<GitHistoryRow>
{
    public void Configure(EntityTypeBuilder<GitHistoryRow> builder)
    {
        builder.ToTable("git_history");
        builder.Property(g => g.Head).HasMaxLength(64);
        builder.Property(g => g.Error).HasMaxLength(2000);
    }

    public void Configure(EntityTypeBuilder<ValuesRevisionRow> builder)
    {
        builder.ToTable(ValuesRevisionRow.Table);
        builder.Property(v => v.Text).IsEncrypted(ValuesRevisionRow.Table, "text");
        builder.HasIndex(v => new { v.ReleaseId, v.Number }).IsUnique();
        builder.Property(v => v.Message).HasMaxLength(500);
        builder.Property(v => v.Commit).HasMaxLength(64);
        builder.Property(v => v.Fed).HasColumnType("longtext").HasMaxLength(1_000_000);
    }

    public void Configure(EntityTypeBuilder<ValuesDraftRow> builder)
    {
        builder.ToTable(ValuesDraftRow.Table);
        builder.Property(d => d.Text).IsEncrypted(ValuesDraftRow.Table, "text");
        builder.HasIndex(d => new { d.ReleaseId, d.UserId }).IsUnique();
    }
}
