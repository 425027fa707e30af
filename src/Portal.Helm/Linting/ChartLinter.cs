using Portal.Helm.Charts;
using Portal.Helm.Rendering;
using Portal.Helm.Templating;
using Portal.Helm.Yaml;

namespace Portal.Helm.Linting;

/// <summary>What <see cref="ChartLinter"/> takes as given.</summary>
/// <param name="Namespace">The namespace that templates see.</param>
/// <param name="Capabilities">The cluster to check for: its version says which API versions are deprecated.</param>
/// <param name="SkipSchema">Values are not checked against values.schema.json.</param>
public sealed record LintOptions(string Namespace = "default", Capabilities? Capabilities = null, bool SkipSchema = false);

/// <summary>
/// Looks for mistakes in a chart's files, in the order and with the words of Helm (pkg/chart/v2/lint). Works on the files, because what is wrong
/// may be what keeps a chart from being loaded.
/// </summary>
public static class ChartLinter
{
    /// <summary>Everything that is to be said of a chart.</summary>
    /// <param name="files">The chart's files, as they lie in its folder.</param>
    /// <param name="path">How the chart is called in messages that concern it as a whole.</param>
    /// <param name="values">
    /// The user's values. Their tables are filled with the chart's defaults before the templates see them, so that a null in a table takes nothing
    /// away, and a chart linted later with the same values finds them filled: Helm's linter shares them like this (rules/values.go, validateValuesFile).
    /// </param>
    /// <param name="options">What is taken as given.</param>
    public static IReadOnlyList<LintMessage> Lint(IReadOnlyList<ChartFile> files, string path, Dictionary<string, object?> values, LintOptions? options = null)
    {
        options ??= new LintOptions();
        var messages = new List<LintMessage>();
        ChartYamlRules.Check(files, messages);
        Values(files, values, options, messages);
        var chart = Load(files, out var problem);
        Templates(files, chart, problem, values, options, messages);
        Dependencies(chart, problem, path, messages);
        Crds(files, chart, problem, messages);
        return messages;
    }

    // Only the chart's own values against its own schema, as Helm's linter does it; subcharts are checked when the templates are rendered.
    private static void Values(IReadOnlyList<ChartFile> files, Dictionary<string, object?> values, LintOptions options, List<LintMessage> messages)
    {
        const string Name = "values.yaml";
        if (files.FirstOrDefault(f => f.Name == Name) is not { } file)
        {
            messages.Add(new LintMessage(LintSeverity.Info, Name, "file does not exist"));
            return;
        }

        try
        {
            var merged = new Dictionary<string, object?>(values, values.Comparer);
            ChartValues.Tables(merged, GoYaml.ReadTable(Text(file)));
            if (!options.SkipSchema && files.FirstOrDefault(f => f.Name == "values.schema.json") is { Data.Length: > 0 } schema && SchemaValidator.Check(schema.Data, merged) is { Count: > 0 } errors)
            {
                messages.Add(new LintMessage(LintSeverity.Error, Name, SchemaValidator.Text(errors)));
            }
        }
        catch (YamlException error)
        {
            messages.Add(new LintMessage(LintSeverity.Error, Name, $"unable to parse YAML: {error.Message}"));
        }
        catch (ChartException error)
        {
            messages.Add(new LintMessage(LintSeverity.Error, Name, error.Message));
        }
    }

    private static void Templates(IReadOnlyList<ChartFile> files, Chart? chart, string problem, Dictionary<string, object?> values, LintOptions options, List<LintMessage> messages)
    {
        const string Name = "templates/";
        if (!files.Any(f => f.Name.StartsWith(Name, StringComparison.Ordinal)))
        {
            messages.Add(files.Any(f => f.Name == "templates") ? new LintMessage(LintSeverity.Error, Name, "not a directory") : new LintMessage(LintSeverity.Warning, Name, "directory does not exist"));
            return;
        }

        if (chart is null)
        {
            messages.Add(new LintMessage(LintSeverity.Error, Name, problem));
            return;
        }

        IReadOnlyDictionary<string, string> rendered;
        try
        {
            rendered = new ChartRenderer(options: new RenderOptions { SkipSchema = options.SkipSchema, Lint = true }).RenderFiles(chart, values, new ReleaseOptions("test-release", options.Namespace), options.Capabilities);
        }
        catch (ChartException)
        {
            // Missing dependencies are the business of the rule about dependencies.
            return;
        }
        catch (Exception error) when (error is RenderException or TemplateException)
        {
            messages.Add(new LintMessage(LintSeverity.Error, Name, error.Message));
            return;
        }

        ObjectRules.Check(chart, rendered, options.Capabilities ?? Capabilities.Default, messages);
    }

    private static void Dependencies(Chart? chart, string problem, string path, List<LintMessage> messages)
    {
        if (chart is null)
        {
            messages.Add(new LintMessage(LintSeverity.Error, "", $"unable to load chart\n\t{problem}"));
            return;
        }

        var named = chart.Metadata.Dependencies;
        Add(LintSeverity.Error, "chart metadata is missing these dependencies: ", chart.Dependencies.Select(d => d.Name).Where(n => !named.Any(d => d.Name == n)));
        Add(LintSeverity.Error, "multiple dependencies with name or alias: ", named.GroupBy(d => d.Alias.Length > 0 ? d.Alias : d.Name).SelectMany(g => g.Skip(1).Select(_ => g.Key)));
        Add(LintSeverity.Warning, "chart directory is missing these dependencies: ", named.Select(d => d.Name).Where(n => !chart.Dependencies.Any(d => d.Name == n)));

        void Add(LintSeverity severity, string text, IEnumerable<string> names)
        {
            if (string.Join(',', names) is { Length: > 0 } list)
            {
                messages.Add(new LintMessage(severity, path, text + list));
            }
        }
    }

    private static void Crds(IReadOnlyList<ChartFile> files, Chart? chart, string problem, List<LintMessage> messages)
    {
        if (!files.Any(f => f.Name.StartsWith("crds/", StringComparison.Ordinal)))
        {
            return;
        }

        if (chart is null)
        {
            messages.Add(new LintMessage(LintSeverity.Error, "crds/", problem));
            return;
        }

        foreach (var crd in ChartCrds.Of(chart))
        {
            var name = crd.Name[crd.Name.IndexOf("crds/", StringComparison.Ordinal)..];
            try
            {
                foreach (var table in GoYaml.ReadAll(Text(crd)).OfType<Dictionary<string, object?>>())
                {
                    if (table.GetValueOrDefault("apiVersion") as string is not { } version || !version.StartsWith("apiextensions.k8s.io", StringComparison.Ordinal))
                    {
                        messages.Add(new LintMessage(LintSeverity.Error, name, "apiVersion is not in 'apiextensions.k8s.io'"));
                    }

                    if (table.GetValueOrDefault("kind") as string != "CustomResourceDefinition")
                    {
                        messages.Add(new LintMessage(LintSeverity.Error, name, "object kind is not 'CustomResourceDefinition'"));
                    }
                }
            }
            catch (YamlException error)
            {
                messages.Add(new LintMessage(LintSeverity.Error, name, $"unable to parse YAML: {error.Message}"));
                return;
            }
        }
    }

    private static Chart? Load(IReadOnlyList<ChartFile> files, out string problem)
    {
        try
        {
            problem = "";
            return ChartLoader.Load(files);
        }
        catch (Exception error) when (error is ChartException or YamlException)
        {
            problem = error.Message;
            return null;
        }
    }

    private static string Text(ChartFile file) => GoBytes.ToText(file.Data.Span);
}
