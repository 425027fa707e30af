using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Portal.Helm.Charts;
using Portal.Helm.Releases;
using Portal.Helm.Yaml;

namespace Portal.Cli.Releases;

/// <summary>A release in words, as "helm status" and "helm get" print it (pkg/cmd/status.go).</summary>
internal static partial class ReleaseText
{
    /// <summary>"Mon Jan  2 15:04:05 2006": Go's ANSIC.</summary>
    public static string Ansic(DateTimeOffset? time) => time is { } at ? string.Create(CultureInfo.InvariantCulture, $"{at:ddd MMM} {at.Day,2} {at:HH:mm:ss yyyy}") : "";

    /// <summary>"2026-11-23 04:59:54.592584277 +0000 UTC": how Go prints a time.</summary>
    public static string GoTime(DateTimeOffset? time) => time is { } at
        ? at.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss.FFFFFFF", CultureInfo.InvariantCulture) + " +0000 UTC"
        : "-";

    public static string ChartName(Chart chart) => $"{chart.Metadata.Name}-{chart.Metadata.Version}";

    /// <summary>What install, upgrade, status, test and get all print.</summary>
    public static string Of(Release release, bool metadata = false, bool values = false, bool rendered = false, bool hideNotes = false, bool hideSecrets = false, string resources = "")
    {
        var text = new StringBuilder();
        void Line(string name, object? value) => text.Append(CultureInfo.InvariantCulture, $"{name}: {value}\n");
        Line("NAME", release.Name);
        if (release.Info.LastDeployed is { } deployed)
        {
            Line("LAST DEPLOYED", Ansic(deployed));
        }

        Line("NAMESPACE", release.Namespace);
        Line("STATUS", release.Info.Status);
        Line("REVISION", release.Version);
        if (metadata)
        {
            Line("CHART", release.Chart.Metadata.Name);
            Line("VERSION", release.Chart.Metadata.Version);
            Line("APP_VERSION", release.Chart.Metadata.AppVersion);
        }

        Line("DESCRIPTION", release.Info.Description);
        text.Append(resources).Append(Tests(release));
        if (values)
        {
            text.Append("USER-SUPPLIED VALUES:\n").Append(Given(release.Config)).Append("\nCOMPUTED VALUES:\n").Append(GoYaml.Write(ChartValues.Coalesce(release.Chart, release.Config))).Append('\n');
        }

        if (rendered)
        {
            text.Append("HOOKS:\n").Append(Hooks(release)).Append("MANIFEST:\n").Append(hideSecrets ? WithoutSecrets(release.Manifest) : release.Manifest).Append('\n');
        }

        if (!hideNotes && release.Info.Notes.Length > 0)
        {
            text.Append("NOTES:\n").Append(release.Info.Notes.Trim()).Append('\n');
        }

        return text.ToString();
    }

    // Each document begins with "---" and its source (pkg/action, renderResources).
    private static string WithoutSecrets(string manifest) => string.Concat(manifest.Split("---\n", StringSplitOptions.RemoveEmptyEntries).Select(document => "---\n" + (
        Secret().IsMatch(document) ? document[..(document.IndexOf('\n', StringComparison.Ordinal) + 1)] + "# HIDDEN: The Secret output has been suppressed\n" : document)));

    [GeneratedRegex("^kind: [\"']?Secret[\"']?[ \t]*$", RegexOptions.Multiline)]
    private static partial Regex Secret();

    public static string Hooks(Release release) => string.Concat(release.Hooks.Select(h => $"---\n# Source: {h.Path}\n{h.Manifest}\n"));

    /// <summary>The values that were given, as YAML; where none were, the record has none, and Helm prints "null".</summary>
    public static string Given(Dictionary<string, object?> values) => values.Count == 0 ? "null\n" : GoYaml.Write(values);

    private static string Tests(Release release)
    {
        var tests = release.Hooks.Where(h => h.Events.Contains("test")).ToList();
        return tests.Count == 0 ? "TEST SUITE: None\n" : string.Concat(tests.Where(t => t.LastRun?.StartedAt is not null).Select(t =>
            $"TEST SUITE:     {t.Name}\nLast Started:   {Ansic(t.LastRun!.StartedAt)}\nLast Completed: {Ansic(t.LastRun.CompletedAt)}\nPhase:          {t.LastRun.Phase}\n"));
    }
}
