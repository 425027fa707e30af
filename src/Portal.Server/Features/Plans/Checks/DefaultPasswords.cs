using Portal.Core.Operations;
using Portal.Core.Plans;
using Portal.Helm.Charts;
using Portal.Server.Features.Values;

namespace Portal.Server.Features.Plans.Checks;

/// <summary>Secrets that everybody knows. Pure.</summary>
internal static class DefaultPasswords
{
    private static readonly HashSet<string> Known = new(
        ["changeit", "changeme", "change-me", "change_me", "changethis", "admin", "administrator", "password", "passw0rd", "p@ssw0rd", "pass", "secret", "root", "toor", "test", "default", "postgres", "mysql", "minio", "minioadmin", "minio123", "guest", "1234", "12345", "123456", "12345678", "123456789", "qwerty", "letmein", "admin123", "password1", "password123", "welcome", "welcome1", "iomete"],
        StringComparer.OrdinalIgnoreCase);

    /// <summary>
    /// What an operator wrote stops an install and warns on an upgrade: a release that was taken over may run like that for years. A default of the chart warns on an install; later it is a
    /// note, for what it belongs to may be switched off.
    /// </summary>
    public static IEnumerable<Finding> Of(OperationKind kind, Chart chart, Dictionary<string, object?> values)
    {
        var schema = SecretScalars.FromSchemas(chart);
        var own = ValuesPath.Leaves(values).Select(l => l.Path).ToHashSet(StringComparer.Ordinal);
        foreach (var (path, value) in ValuesPath.Leaves(ChartValues.Coalesce(chart, values)))
        {
            if (Text(value) is not { } text || !Known.Contains(text) || !SecretFinder.IsSecret(path, schema))
            {
                continue;
            }

            var mine = own.Contains(path);
            yield return PlanChecks.Finding(
                "default-password", (kind, mine) switch { (OperationKind.Install, true) => FindingLevel.Blocker, (OperationKind.Install, false) or (_, true) => FindingLevel.Warning, _ => FindingLevel.Note }, null,
                mine ? $"{path} is a password that everybody knows." : $"{path} keeps the chart's default, a password that everybody knows.",
                mine ? "Choose another one; where the software keeps it in a database, change it there first." : "Set it in your values, unless what it belongs to is switched off.", path);
        }
    }

    // A number is a password as well.
    private static string? Text(object? value) => value is null or bool or Dictionary<string, object?> or List<object?> ? null : value as string ?? Helm.Templating.GoFormat.Value(value is double number && number % 1 == 0 && Math.Abs(number) < long.MaxValue ? (long)number : value);
}
