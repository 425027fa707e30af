using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Portal.Core.Releases;

namespace Portal.Server.Features.Releases;

/// <summary>A release that the portal looks after. What Helm knows of it is kept as last seen.</summary>
public sealed class ReleaseRow
{
    public required string Id { get; init; }
    public required string ClusterId { get; init; }
    public required string Namespace { get; init; }
    public required string Name { get; init; }
    public required string SourceId { get; set; }
    public required string Chart { get; set; }
    public string? ChartVersion { get; set; }
    public string? AppVersion { get; set; }
    public int? Revision { get; set; }
    public string? Status { get; set; }
    public Health Health { get; set; }
    public DateTime? HealthSince { get; set; }
    public string? HealthCause { get; set; }
    public DateTime? ObservedAt { get; set; }

    /// <summary>The values revision of what is deployed.</summary>
    public int? ValuesRevision { get; set; }
    public bool ApprovalRequired { get; set; }
    public bool RollbackOnFailure { get; set; } = true;
    public int TimeoutSeconds { get; set; } = 300;
    public int GraceSeconds { get; set; } = 60;
    public bool RunTests { get; set; }
    public int HistoryMax { get; set; } = 10;
    public DateTime CreatedAt { get; init; }

    /// <summary>A copy as it would be with another chart (null: the same), for what speaks of where an upgrade goes. Nothing saves it.</summary>
    public ReleaseRow Towards(string? sourceId, string? chart)
    {
        var copy = (ReleaseRow)MemberwiseClone();
        (copy.SourceId, copy.Chart) = (sourceId ?? SourceId, chart ?? Chart);
        return copy;
    }
}

internal sealed class ReleaseConfiguration : IEntityTypeConfiguration<ReleaseRow>
{
    public void Configure(EntityTypeBuilder<ReleaseRow> builder)
    {
        builder.ToTable("releases");
        builder.HasIndex(r => new { r.ClusterId, r.Namespace, r.Name }).IsUnique();
        builder.Property(r => r.Namespace).HasMaxLength(63);
        builder.Property(r => r.Name).HasMaxLength(53);
        builder.Property(r => r.HealthCause).HasMaxLength(2000);
    }
}
