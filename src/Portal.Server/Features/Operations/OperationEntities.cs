using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Portal.Core.Operations;
using LogLevel = Portal.Core.Operations.LogLevel;

namespace Portal.Server.Features.Operations;

/// <summary>One execution: the truth about it. The queue is only a wake-up.</summary>
public sealed class OperationRow
{
    public const string Table = "operations";

    public required string Id { get; init; }
    public OperationKind Kind { get; init; }
    public OperationState State { get; set; }
    public required string ReleaseId { get; init; }

    /// <summary>The release while Queued or Running, null otherwise; unique: one active operation per release.</summary>
    public string? ActiveReleaseId { get; set; }
    public required string PlanId { get; init; }
    public required string PlanDigest { get; init; }
    public required string Reason { get; init; }
    public required string RequestedBy { get; init; }
    public DateTime RequestedAt { get; init; }
    public string? IdempotencyKey { get; init; }
    public string? DecidedBy { get; set; }
    public DateTime? DecidedAt { get; set; }
    public string? DecisionComment { get; set; }
    public DateTime? ScheduleAt { get; set; }
    public DateTime? StartedAt { get; set; }
    public DateTime? EndedAt { get; set; }

    /// <summary>Which process runs it, until when, and how often it was taken over.</summary>
    public string? Owner { get; set; }
    public DateTime? LeaseUntil { get; set; }
    public long Fence { get; set; }

    /// <summary>Step[] as JSON.</summary>
    public required string Steps { get; set; }

    /// <summary>WaitRow[] as JSON.</summary>
    public required string Waiting { get; set; }

    /// <summary>OperationFailure as JSON.</summary>
    public string? Failure { get; set; }

    /// <summary>ActionProgress as JSON: how far the change of the cluster came, kept before each part of it begins.</summary>
    public string? Progress { get; set; }
    public int? ResultRevision { get; set; }
    public string? BackupId { get; set; }
    public long LastSeq { get; set; }

    /// <summary>Asked for while it runs: Leave or RollBack.</summary>
    public CancelChoice? CancelRequested { get; set; }
    public string? CancelledBy { get; set; }

    /// <summary>The trace of the click that asked for it.</summary>
    public string? TraceParent { get; init; }
}

/// <summary>One line of an operation's log.</summary>
public sealed class LogLineRow
{
    public required string OperationId { get; init; }
    public long Seq { get; init; }
    public DateTime At { get; init; }
    public StepName? Step { get; init; }
    public LogLevel Level { get; init; }
    public required string Source { get; init; }
    public required string Text { get; init; }
}

internal sealed class OperationConfiguration : IEntityTypeConfiguration<OperationRow>, IEntityTypeConfiguration<LogLineRow>
{
    public void Configure(EntityTypeBuilder<OperationRow> builder)
    {
        builder.ToTable(OperationRow.Table);
        builder.HasIndex(o => o.ActiveReleaseId).IsUnique();
        builder.HasIndex(o => o.IdempotencyKey).IsUnique();
        builder.HasIndex(o => new { o.ReleaseId, o.RequestedAt });
        builder.HasIndex(o => o.State);
        // Who decides, cancels or takes up what another one has changed meanwhile is told so, and nothing is overwritten.
        builder.Property(o => o.State).IsConcurrencyToken();
        builder.Property(o => o.Reason).HasMaxLength(1000);
        builder.Property(o => o.DecisionComment).HasMaxLength(1000);
        builder.Property(o => o.Steps).HasMaxLength(8000);
        builder.Property(o => o.Waiting).HasMaxLength(1_000_000);
        builder.Property(o => o.Failure).HasMaxLength(1_000_000);
        builder.Property(o => o.Progress).HasMaxLength(1_000_000);
    }

    public void Configure(EntityTypeBuilder<LogLineRow> builder)
    {
        builder.ToTable("operation_log");
        builder.HasKey(l => new { l.OperationId, l.Seq });
        builder.Property(l => l.Text).HasMaxLength(1_000_000);
    }
}
