using Portal.Core.Operations;
using Portal.Core.Plans;
using Portal.Helm.Charts;
using Portal.Helm.Yaml;
using Portal.Server.Features.Values;

namespace Portal.Server.Features.Plans.Checks;

/// <summary>Secrets that everybody knows. Pure.</summary>
internal static class DefaultPasswords
{
    private static readonly HashSet<string> Known = new(
        ["changeit", "changeme", "change-me", "change_me", "changethis", "admin", "administrator", "password", "passw0rd", "p@ssw0rd", "pass", "secret", "root", "toor", "test", "default", "postgres", "mysql", "minio", "minioadmin", "minio123", "guest", "1234", "12345", "123456", "12345678", "123456789", "qwerty", "letmein", "admin123", "password1", "password123", "welcome", "welcome1", "iomete"],
        StringComparer.OrdinalIgnoreCase);

    /// <summary>
    /// They stop an install, whoever wrote them, and warn on an upgrade: a release that was taken over may run like that for years. A default of the chart is a note where it is not used: below something
    /// that is switched off, or beside a Secret that is named instead. Also in lists, beside a name ({name: DB_PASSWORD, value: ...}) and inside of addresses.
    /// </summary>
    public static IEnumerable<Finding> Of(OperationKind kind, Chart chart, Dictionary<string, object?> values)
    {
        var all = ChartValues.Coalesce(chart, values);
        var found = SecretFinder.Find(GoYaml.Write(all), SecretScalars.FromSchemas(chart)).Where(s => s.Kind != SecretKind.Repetition && Known.Contains(s.Place.Value)).Select(s => s.Place.Path).Distinct(StringComparer.Ordinal);
        foreach (var path in found.Where(p => p != "#"))
        {
            var mine = ValuesPath.TryFind(values, path, out _);
            var used = mine || IsUsed(all, path);
            yield return PlanChecks.Finding(
                "default-password", !used ? FindingLevel.Note : kind == OperationKind.Install ? FindingLevel.Blocker : FindingLevel.Warning, null,
                mine ? $"{path} holds a password that everybody knows." : $"{path} keeps the chart's default, a password that everybody knows.",
                mine ? "Choose another one; where the software keeps it in a database, change it there first." : used ? "Set it in your values; where the software keeps it in a database, change it there first." : "What it belongs to is switched off, or takes it from a Secret: set it before you change that.", path);
        }
    }

    private static bool IsUsed(Dictionary<string, object?> all, string path)
    {
        object? at = all;
        foreach (var key in ValuesPath.Split(path))
        {
            if (at is not Dictionary<string, object?> table)
            {
                return true;
            }

            if (table.GetValueOrDefault("enabled") is false || table.Any(p => p.Key != key && NamesSecret(p.Key, p.Value, key)))
            {
                return false;
            }

            at = table.GetValueOrDefault(key);
        }

        return true;
    }

    // "passwordSecret: {name, key}" beside password, "existingSecret: x" beside any.
    private static bool NamesSecret(string key, object? value, string beside) =>
        (value is string { Length: > 0 } || (value is Dictionary<string, object?> table && (table.GetValueOrDefault("name") ?? table.GetValueOrDefault("secretName")) is string { Length: > 0 }))
        && (key.StartsWith("existing", StringComparison.OrdinalIgnoreCase) || key.StartsWith(beside, StringComparison.OrdinalIgnoreCase)) && key.Contains("secret", StringComparison.OrdinalIgnoreCase);
}
