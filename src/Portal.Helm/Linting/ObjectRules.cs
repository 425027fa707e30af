using Portal.Helm.Charts;
using Portal.Helm.Rendering;
using Portal.Helm.Templating;
using Portal.Helm.Yaml;

namespace Portal.Helm.Linting;

/// <summary>Rules about what templates render to (pkg/chart/v2/lint/rules/template.go).</summary>
internal static class ObjectRules
{
    private static readonly string[] Workloads = ["Deployment", "ReplicaSet", "DaemonSet", "StatefulSet"];

    public static void Check(Chart chart, IReadOnlyDictionary<string, string> rendered, Capabilities capabilities, List<LintMessage> messages)
    {
        foreach (var name in chart.Templates.Select(t => t.Name))
        {
            var extension = Path.GetExtension(name);
            if (extension is not (".yaml" or ".yml" or ".tpl" or ".txt"))
            {
                messages.Add(new LintMessage(LintSeverity.Error, name, $"file extension '{extension}' not valid. Valid extensions are .yaml, .yml, .tpl, or .txt"));
            }

            if (extension.ToLowerInvariant() is not (".yaml" or ".yml") || !rendered.TryGetValue($"{chart.Name}/{name}", out var text) || text.AsSpan().Trim().IsEmpty)
            {
                continue;
            }

            if (text.Split('\n').FirstOrDefault(l => l.AsSpan().Trim().Length > 0) is { } first && first[0] is ' ' or '\t')
            {
                messages.Add(new LintMessage(LintSeverity.Warning, name, $"document starts with an illegal indent: {GoQuote.Quote(first.TrimEnd('\r'))}, which may cause parsing problems"));
            }

            try
            {
                foreach (var table in YamlDocuments.Cut(text).Select(d => GoYaml.Read(d.Text)).OfType<Dictionary<string, object?>>())
                {
                    Object(name, text, table, capabilities, messages);
                }
            }
            catch (YamlException error)
            {
                // Helm stops here: what comes after cannot be told from the broken file.
                messages.Add(new LintMessage(LintSeverity.Error, name, $"unable to parse YAML: {error.Message}"));
                return;
            }
        }
    }

    private static void Object(string file, string text, Dictionary<string, object?> table, Capabilities capabilities, List<LintMessage> messages)
    {
        var kind = table.GetValueOrDefault("kind") as string ?? "";
        var name = (table.GetValueOrDefault("metadata") as Dictionary<string, object?>)?.GetValueOrDefault("name") as string ?? "";
        if (ObjectNames.Problem(kind, name) is { } problem)
        {
            messages.Add(new LintMessage(LintSeverity.Warning, file, $"object name does not conform to Kubernetes naming requirements: {GoQuote.Quote(name)}: metadata.name: Invalid value: {GoQuote.Quote(name)}: {problem}"));
        }

        if (DeprecatedApis.Warning(table.GetValueOrDefault("apiVersion") as string ?? "", kind, capabilities.KubeVersion) is { } deprecated)
        {
            messages.Add(new LintMessage(LintSeverity.Warning, file, deprecated));
        }

        if (Workloads.Contains(kind) && !text.Contains("matchLabels", StringComparison.Ordinal) && !text.Contains("matchExpressions", StringComparison.Ordinal))
        {
            messages.Add(new LintMessage(LintSeverity.Error, file, $"a {kind} must contain matchLabels or matchExpressions, and {GoQuote.Quote(name)} does not"));
        }

        if (kind == "List" && table.GetValueOrDefault("items") is List<object?> items && items.Exists(KeepsItself))
        {
            messages.Add(new LintMessage(LintSeverity.Error, file, "annotation 'helm.sh/resource-policy' within List objects are ignored"));
        }
    }

    private static bool KeepsItself(object? item) =>
        ((item as Dictionary<string, object?>)?.GetValueOrDefault("metadata") as Dictionary<string, object?>)?.GetValueOrDefault("annotations") is Dictionary<string, object?> annotations
        && annotations.ContainsKey("helm.sh/resource-policy");
}
