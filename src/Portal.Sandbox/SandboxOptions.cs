namespace Portal.Sandbox;

/// <summary>How a sandbox is started: where it keeps its objects, where it listens and how fast its clock runs.</summary>
public sealed record SandboxOptions
{
    /// <summary>The folder for objects, token and certificate; null keeps everything in memory only.</summary>
    public string? DataDirectory { get; init; }

    /// <summary>The port on 127.0.0.1; 0 takes any free one.</summary>
    public int Port { get; init; }

    /// <summary>The clock behind all times and timers.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>How many simulated seconds pass in one second of <see cref="Time"/>.</summary>
    public double Speed { get; init; } = 1;

    /// <summary>
    /// True serves https with a certificate of its own; false serves plain http. Clients built on client-go send
    /// their token over https only.
    /// </summary>
    public bool Tls { get; init; } = true;

    /// <summary>True refuses requests without the bearer token of the kubeconfig (401).</summary>
    public bool RequireToken { get; init; } = true;

    /// <summary>How many nodes the cluster starts with.</summary>
    public int Nodes { get; init; } = 2;

    /// <summary>How many past changes a watch may resume from before it is answered with 410 Gone.</summary>
    public int HistoryLimit { get; init; } = 20_000;
}
