using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Portal.Core.Operations;
using Portal.Core.Plans;
using Portal.Core.Releases;
using Portal.Server.Data;

namespace Portal.Server.Features.Plans;

/// <summary>What would happen, with its rendering: what was approved is what runs.</summary>
public sealed class PlanRow
{
    public const string Table = "plans";

    public required string Id { get; init; }
    public required string ReleaseId { get; init; }
    public OperationKind Kind { get; init; }
    public PlanState State { get; set; }
    public string? Digest { get; set; }
    public string? VoidReason { get; set; }
    public string? Error { get; set; }
    public string? FromChartVersion { get; set; }
    public string? ToChartVersion { get; set; }
    public string? ChartDigest { get; set; }
    public int? FromRevision { get; set; }
    public int? ToRevision { get; set; }
    public int? ValuesRevision { get; set; }
    public int? FromValuesRevision { get; set; }
    public required string Options { get; init; }

    /// <summary>What the cluster said it runs when this was rendered ("v1.33.2").</summary>
    public string? KubernetesVersion { get; set; }

    /// <summary>PreparedAction.ToBytes, encrypted.</summary>
    public byte[]? Prepared { get; set; }

    /// <summary>PlanContent as JSON, encrypted: changes, findings, images, hooks, verdict.</summary>
    public byte[]? Content { get; set; }

    public required string CreatedBy { get; init; }
    public DateTime CreatedAt { get; init; }

    /// <summary>The plan that this one was made in place of, with one click; null for most.</summary>
    public string? ReplacesId { get; init; }
}

/// <summary>What a plan shows, masked; and what it was made under, for the comparison at the start (absent in plans of older portals).</summary>
internal sealed record PlanContent(
    PlanSummary Summary, IReadOnlyList<Finding> Findings, IReadOnlyList<ImageChange> Images, IReadOnlyList<PlannedHook> Hooks, RollbackVerdict? Verdict, IReadOnlyList<ObjectChange> Changes,
    ReleasePolicy? Policy = null, IReadOnlyList<string>? ApiVersions = null, IReadOnlyList<PlannedStep>? Steps = null, IReadOnlyDictionary<string, string>? Outcomes = null);

internal sealed class PlanConfiguration : IEntityTypeConfiguration<PlanRow>
{
    public void Configure(EntityTypeBuilder<PlanRow> builder)
    {
        builder.ToTable(PlanRow.Table);
        builder.HasIndex(p => p.ReleaseId);
        builder.HasIndex(p => p.State);
        // A plan is made once: of two that make it the first counts.
        builder.Property(p => p.State).IsConcurrencyToken();
        builder.Property(p => p.Prepared).IsEncrypted(PlanRow.Table, "prepared");
        builder.Property(p => p.Content).IsEncrypted(PlanRow.Table, "content");
        builder.Property(p => p.VoidReason).HasMaxLength(2000);
        builder.Property(p => p.Error).HasMaxLength(4000);
        builder.Property(p => p.Options).HasMaxLength(2000);
    }
}
