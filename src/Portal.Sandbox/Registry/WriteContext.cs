namespace Portal.Sandbox.Registry;

/// <summary>Who writes, through which door and under which conditions.</summary>
/// <param name="Manager">The field manager.</param>
internal sealed record WriteContext(string Manager)
{
    /// <summary>status, scale or another subresource; empty for the object itself.</summary>
    public string Subresource { get; init; } = "";

    /// <summary>Everything is checked and nothing is written.</summary>
    public bool DryRun { get; init; }

    /// <summary>The parts of the cluster itself, which may write what users may not.</summary>
    public bool Internal { get; init; }

    /// <summary>The write leaves no trace in the owners and the generation, as a binding.</summary>
    public bool Silent { get; init; }

    /// <summary>Is told what becomes a Warning header.</summary>
    public Action<string>? Warn { get; init; }
}
