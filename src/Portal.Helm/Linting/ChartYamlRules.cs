using Portal.Helm.Charts;
using Portal.Helm.Sprig;
using Portal.Helm.Templating;
using Portal.Helm.Yaml;

namespace Portal.Helm.Linting;

/// <summary>Rules about Chart.yaml (pkg/chart/v2/lint/rules/chartfile.go).</summary>
internal static class ChartYamlRules
{
    private const string Name = "Chart.yaml";

    // The fields of chart.Metadata, of a maintainer and of a dependency.
    private static readonly string[] Known =
        ["name", "home", "sources", "version", "description", "keywords", "maintainers", "icon", "apiVersion", "condition", "tags", "appVersion", "deprecated", "annotations", "kubeVersion", "dependencies", "type"];

    public static void Check(IReadOnlyList<ChartFile> files, List<LintMessage> messages)
    {
        var text = GoBytes.ToText(files.First(f => f.Name == Name).Data.Span);
        Dictionary<string, object?> table;
        try
        {
            table = GoYaml.ReadTable(text);
        }
        catch (YamlException error)
        {
            messages.Add(new LintMessage(LintSeverity.Error, Name, $"unable to parse YAML\n\t{error.Message}"));
            return;
        }

        foreach (var field in table.Keys.Where(k => !Known.Contains(k)).Order(StringComparer.Ordinal).Take(1))
        {
            Add(LintSeverity.Warning, $"failed to strictly parse chart metadata file\n\terror unmarshaling JSON: while decoding JSON: json: unknown field {GoQuote.Quote(field)}");
        }

        var chart = MetadataReader.Read(text);
        Error(ChartName(chart));
        Error(chart.ApiVersion switch
        {
            "" => "apiVersion is required. The value must be either \"v1\" or \"v2\"",
            "v1" or "v2" => null,
            var other => $"apiVersion '{other}' is not valid. The value must be either \"v1\" or \"v2\"",
        });
        Error(TextType(table, "version"));
        Error(Version(chart.Version));
        Error(TextType(table, "appVersion"));
        Error(chart.Maintainers.Select(Maintainer).FirstOrDefault(m => m is not null));
        Error(chart.Sources.Where(s => !IsAddress(s)).Select(s => $"invalid source URL '{s}'").FirstOrDefault());
        if (chart.Icon.Length == 0)
        {
            Add(LintSeverity.Info, "icon is recommended");
        }
        else if (!IsAddress(chart.Icon))
        {
            Error($"invalid icon URL '{chart.Icon}'");
        }

        Error(chart.Type.Length > 0 && chart.ApiVersion != "v2" ? $"chart type is not valid in apiVersion '{chart.ApiVersion}'. It is valid in apiVersion 'v2'" : null);
        Error(chart.Dependencies.Count > 0 && chart.ApiVersion != "v2" ? $"dependencies are not valid in the Chart file with apiVersion '{chart.ApiVersion}'. They are valid in apiVersion 'v2'" : null);
        if (SemVersion.TryParse(chart.Version) is not { } version || version.ToString() != chart.Version)
        {
            Add(LintSeverity.Warning, $"version '{chart.Version}' is not a valid SemVerV2");
        }

        void Error(string? message)
        {
            if (message is not null)
            {
                Add(LintSeverity.Error, message);
            }
        }

        void Add(LintSeverity severity, string message) => messages.Add(new LintMessage(severity, Name, message));
    }

    private static string? ChartName(Metadata chart) => chart.Name.Length == 0 ? "name is required" : chart.Name.Contains('/') ? $"chart name {GoQuote.Quote(chart.Name)} is invalid" : null;

    private static string? TextType(Dictionary<string, object?> table, string key) =>
        !table.TryGetValue(key, out var value) || value is string ? null : $"{key} should be of type string but it's of type {(value is null ? "<nil>" : GoFormat.Printf("%T", [value]))}";

    private static string? Version(string text) => text.Length == 0 ? "version is required"
        : SemVersion.TryParse(text) is not { } version ? $"version '{text}' is not a valid SemVer"
        : version is { Major: 0, Minor: 0, Patch: 0, Prerelease: "" or "0" } && version.Prerelease.Length > 0 ? $"version {text} is less than or equal to 0.0.0-0"
        : null;

    private static string? Maintainer(Maintainer maintainer) =>
        maintainer.Name.Length == 0 ? "each maintainer requires a name"
        : maintainer.Email.Length > 0 && !System.Net.Mail.MailAddress.TryCreate(maintainer.Email, out _) ? $"invalid email '{maintainer.Email}' for maintainer '{maintainer.Name}'"
        : maintainer.Url.Length > 0 && !IsAddress(maintainer.Url.Contains("://", StringComparison.Ordinal) ? maintainer.Url : "http://" + maintainer.Url) ? $"invalid url '{maintainer.Url}' for maintainer '{maintainer.Name}'"
        : null;

    private static bool IsAddress(string text) => Uri.TryCreate(text, UriKind.Absolute, out var uri) && text.Contains("://", StringComparison.Ordinal) && uri.Host.Length > 0;
}
