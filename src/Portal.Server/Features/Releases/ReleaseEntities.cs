using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Portal.Core.Releases;

namespace Portal.Server.Features.Releases;

/// <summary>A release that the portal looks after. What Helm knows of it is kept as last seen.</summary>
public sealed class ReleaseRow
{
    /// <summary>How long <see cref="FormerCharts"/> may be; the oldest are forgotten.</summary>
    public const int MostFormerCharts = 2000;

    public required string Id { get; init; }
    public required string ClusterId { get; init; }
    public required string Namespace { get; init; }
    public required string Name { get; init; }
    public required string SourceId { get; set; }
    public required string Chart { get; set; }

    /// <summary>The other charts that it was of, comma-separated, the newest last: what their schemas call secret stays secret.</summary>
    public string? FormerCharts { get; set; }
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

    /// <summary>Makes it one of another chart, and keeps in mind which it was of.</summary>
    public void Move(string sourceId, string chart)
    {
        if (chart != Chart)
        {
            var former = Formerly().Where(c => c != Chart).Append(Chart).ToList();
            while (former.Sum(c => c.Length + 1) > MostFormerCharts)
            {
                former.RemoveAt(0);
            }

            FormerCharts = string.Join(',', former);
        }

        (SourceId, Chart) = (sourceId, chart);
    }

    /// <summary>The names of the other charts that it was of.</summary>
    public IReadOnlyList<string> Formerly() => FormerCharts?.Split(',', StringSplitOptions.RemoveEmptyEntries) ?? [];

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
        builder.Property(r => r.FormerCharts).HasMaxLength(ReleaseRow.MostFormerCharts);
        builder.Property(r => r.HealthCause).HasMaxLength(2000);
    }
}
