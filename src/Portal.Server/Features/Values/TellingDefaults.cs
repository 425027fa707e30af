using System.Text.RegularExpressions;
using Portal.Helm.Templating;

namespace Portal.Server.Features.Values;

/// <summary>How much it says that two keys have the same default. Pure.</summary>
internal static partial class TellingDefaults
{
    /// <summary>What a text says that hardly another key would have.</summary>
    public const double Own = 1;

    // Words that many keys have as their default.
    private static readonly HashSet<string> Usual = new(StringComparer.OrdinalIgnoreCase)
    {
        "admin", "administrator", "root", "user", "guest", "default", "standard", "changeit", "changeme", "password", "secret", "public", "private", "internal", "external", "enabled", "disabled", "always", "never", "ifnotpresent",
        "local", "localhost", "memory", "filesystem", "production", "development", "staging", "latest", "stable", "debug", "info", "warn", "warning", "error", "trace", "text", "json", "yaml", "nginx", "traefik", "http", "https",
        "clusterip", "nodeport", "loadbalancer", "cluster.local", "minio", "postgres", "postgresql", "mysql", "redis", "kubernetes", "readwriteonce", "recreate", "rollingupdate", "prefer", "require", "required", "optional", "docker.io", "quay.io", "ghcr.io",
    };

    /// <summary>0 for what says nothing (true, "", 0, 1), 0.6 for what several keys may have (a number, a size, a time, a usual word), 1 for a text of its own.</summary>
    public static double Weight(object? value) => value switch
    {
        null or bool or "" or List<object?> { Count: 0 } or Dictionary<string, object?> { Count: 0 } => 0,
        string text => Usual.Contains(text) || text.Length < 6 || Measure().IsMatch(text) ? 0.6 : Own,
        double number => number is 0 or 1 ? 0 : 0.6,
        _ => GoValue.TryInt(value, out var number) ? number is 0 or 1 ? 0 : 0.6 : Own,
    };

    // 10, "8Gi", "500m", "1h30m", "8.1.2", "/".
    [GeneratedRegex(@"^[vV]?[\d.]+\s?[A-Za-z%]{0,3}$|^(?:\d+[a-z]{1,2})+$|^\W+$")]
    private static partial Regex Measure();
}
