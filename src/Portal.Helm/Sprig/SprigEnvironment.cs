using System.Security.Cryptography;

namespace Portal.Helm.Sprig;

/// <summary>The doors through which template functions see the world, so that results can be repeated.</summary>
public sealed record SprigEnvironment
{
    /// <summary>The clock of now, date and certificates.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>The local zone of dates.</summary>
    public GoLocation Zone { get; init; } = GoLocation.Local;

    /// <summary>Random bytes.</summary>
    public Func<int, byte[]> Random { get; init; } = RandomNumberGenerator.GetBytes;

    /// <summary>A random number from 0 below a bound.</summary>
    public Func<int, int> Below { get; init; } = RandomNumberGenerator.GetInt32;

    /// <summary>Looks a host name up; Helm's default answers "" (--enable-dns is off).</summary>
    public Func<string, string> Resolve { get; init; } = _ => "";
}
