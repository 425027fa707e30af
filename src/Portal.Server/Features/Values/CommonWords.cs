using System.Buffers;

namespace Portal.Server.Features.Values;

/// <summary>
/// Passwords that everybody knows are words of the texts around them: hiding "admin" or 3306 wherever it stands would make images, ports and messages unreadable, and protect nothing.
/// They are hidden where something says that they are secret.
/// </summary>
internal static class CommonWords
{
    private const int LongestNumber = 5;

    private static readonly HashSet<string> Known = new(
        ["admin", "administrator", "root", "toor", "rootroot", "test", "testing", "tester", "user", "username", "guest", "master", "public", "private", "default", "secret", "password", "passw0rd", "changeit",
            "changeme", "postgres", "mysql", "mariadb", "mongo", "redis", "rabbitmq", "keycloak", "minio", "minioadmin", "iomete", "info", "debug", "example", "demo", "local", "localhost", "token", "value",
            "string", "none", "null", "true", "false", "data", "name", "production", "staging", "develop", "development", "service", "system", "cluster", "portal", "database", "qwerty", "letmein", "welcome"],
        StringComparer.OrdinalIgnoreCase);

    private static readonly SearchValues<char> Digits = SearchValues.Create("0123456789");

    /// <summary>Whether a secret is one of them, or a number as short as a port or a year.</summary>
    public static bool Contain(string secret) => Known.Contains(secret) || (secret.Length <= LongestNumber && !secret.AsSpan().ContainsAnyExcept(Digits));
}
