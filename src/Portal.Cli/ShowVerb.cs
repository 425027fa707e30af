using System.Text;
using Portal.Cli.JsonPaths;
using Portal.Helm.Charts;
using Portal.Helm.Templating;
using Portal.Helm.Yaml;

namespace Portal.Cli;

/// <summary><c>show</c>: parts of a chart as it was packed (pkg/action/show.go).</summary>
internal static class ShowVerb
{
    private static readonly string[] Readmes = ["readme.md", "readme.txt", "readme"];

    public static IEnumerable<Verb> Verbs { get; } =
    [
        new("show values", "[CHART]", "print a chart's values.yaml", 1, 1, [new("jsonpath", FlagKind.Text, "print what a JSONPath template finds in the values"), .. ChartLocator.Flags], ValuesAsync),
        Of("chart", "print what Chart.yaml says", About),
        Of("readme", "print a chart's README", Readme),
        Of("crds", "print the files of crds/", Crds),
        Of("all", "print all of these", chart => All(chart)),
    ];

    private static Verb Of(string what, string help, Func<Chart, string> print) => new($"show {what}", "[CHART]", help, 1, 1, ChartLocator.Flags, async (flags, terminal, cancellation) =>
    {
        await terminal.Output.WriteAsync(print(await new ChartLocator(flags, terminal.Output).LoadAsync(flags.Words[0], cancellation)));
        return 0;
    });

    private static async Task<int> ValuesAsync(FlagSet flags, Terminal terminal, CancellationToken cancellation)
    {
        var chart = await new ChartLocator(flags, terminal.Output).LoadAsync(flags.Words[0], cancellation);
        await terminal.Output.WriteAsync(flags.One("jsonpath") is { Length: > 0 } template ? Found(chart, template, terminal) : Values(chart));
        return 0;
    }

    // What does not fit the values prints nothing, and is no error to Helm either: it does not look at what client-go answers. The warning is ours.
    private static string Found(Chart chart, string template, Terminal terminal)
    {
        try
        {
            var nodes = JsonPathParser.Parse(template);
            return chart.Raw.Any(f => f.Name == "values.yaml") ? JsonPath.Apply(nodes, chart.Values) : "";
        }
        catch (JsonPathException error) when (error.IsAboutValues)
        {
            terminal.Warn($"jsonpath {template}: {error.Message}");
            return "";
        }
        catch (JsonPathException error)
        {
            throw new UsageException($"error parsing jsonpath {template}: {error.Message}");
        }
    }

    private static string All(Chart chart)
    {
        static string Section(string text) => text.Length > 0 ? "---\n" + text : "";
        return About(chart) + Section(Values(chart)) + Section(Readme(chart)) + Crds(chart);
    }

    // An empty file is an empty line, no file is nothing.
    private static string Values(Chart chart) => string.Concat(chart.Raw.Where(f => f.Name == "values.yaml").Select(f => Text(f) + "\n"));

    private static string Readme(Chart chart) => chart.Files.FirstOrDefault(f => Readmes.Contains(f.Name.ToLowerInvariant())) is { } file ? Text(file) + "\n" : "";

    private static string Crds(Chart chart)
    {
        var result = new StringBuilder();
        foreach (var text in ChartCrds.Of(chart).Select(Text))
        {
            result.Append(text.StartsWith("---", StringComparison.Ordinal) ? "" : "---\n").Append(text).Append('\n');
        }

        return result.ToString();
    }

    // Helm writes what it understood, not the file: sorted, without comments and without what is empty.
    private static string About(Chart chart)
    {
        var m = chart.Metadata;
        return GoYaml.Write(Table(
            ("name", m.Name), ("home", m.Home), ("sources", m.Sources.ToList<object?>()), ("version", m.Version), ("description", m.Description), ("keywords", m.Keywords.ToList<object?>()),
            ("maintainers", m.Maintainers.Select(p => (object?)Table(("name", p.Name), ("email", p.Email), ("url", p.Url))).ToList()),
            ("icon", m.Icon), ("apiVersion", m.ApiVersion), ("condition", m.Condition), ("tags", m.Tags), ("appVersion", m.AppVersion), ("deprecated", m.Deprecated),
            ("annotations", m.Annotations.ToDictionary(a => a.Key, a => (object?)a.Value, StringComparer.Ordinal)), ("kubeVersion", m.KubeVersion),
            ("dependencies", m.Dependencies.Select(d => (object?)About(d)).ToList()), ("type", m.Type))) + "\n";
    }

    private static Dictionary<string, object?> About(Dependency d)
    {
        var table = Table(
            ("name", d.Name), ("version", d.Version), ("condition", d.Condition), ("tags", d.Tags.ToList<object?>()), ("enabled", d.Enabled), ("import-values", d.ImportValues.ToList()), ("alias", d.Alias));
        // The one field that stays when it is empty.
        table["repository"] = d.Repository;
        return table;
    }

    private static Dictionary<string, object?> Table(params (string Key, object? Value)[] fields) =>
        fields.Where(f => f.Value is not ("" or false or List<object?> { Count: 0 } or Dictionary<string, object?> { Count: 0 })).ToDictionary(f => f.Key, f => f.Value, StringComparer.Ordinal);

    private static string Text(ChartFile file) => GoBytes.ToText(file.Data.Span);
}
