namespace Portal.Sandbox.Registry;

/// <summary>How an object is to be deleted.</summary>
internal sealed record DeleteRequest
{
    public long? GracePeriodSeconds { get; init; }

    /// <summary>Background, Foreground, Orphan; null for the kind's own default.</summary>
    public string? Propagation { get; init; }

    public string? Uid { get; init; }

    public string? ResourceVersion { get; init; }

    public bool DryRun { get; init; }

    /// <summary>Admission may refuse it: a client asks, no controller.</summary>
    public bool Reviewed { get; init; }
}
