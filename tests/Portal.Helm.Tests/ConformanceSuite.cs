using System.Text.RegularExpressions;
using Portal.Helm.Charts;
using Portal.Helm.Rendering;
using Portal.Helm.Templating;
using Portal.Helm.Values;
using Portal.Helm.Yaml;

namespace Portal.Helm.Tests;

/// <summary>Runs the cases of the conformance suite (see its README) and says which differ from Helm 4.</summary>
internal static class ConformanceSuite
{
    public static string Root { get; } = Path.Combine(AppContext.BaseDirectory, "Conformance");

    public sealed record Outcome(string Name, bool Passed, string Detail);

    public static IEnumerable<string> SnippetFamilies => Directory.EnumerateFiles(Path.Combine(Root, "snippets"), "*.yaml").Select(p => Path.GetFileNameWithoutExtension(p)).Order(StringComparer.Ordinal);

    public static List<Outcome> RunSnippets(string family)
    {
        var cases = (List<object?>)GoYaml.Read(File.ReadAllText(Path.Combine(Root, "snippets", family + ".yaml")))!;
        return cases.ConvertAll(c => RunSnippet((Dictionary<string, object?>)c!));
    }

    private static Outcome RunSnippet(Dictionary<string, object?> item)
    {
        var name = (string)item["name"]!;
        string? output;
        string? error;
        try
        {
            (output, error) = Render(item);
        }
        catch (Exception crash)
        {
            // Whatever a template does, the engine answers with its own errors.
            return new Outcome(name, false, $"crash: {crash}");
        }

        var expect = item.GetValueOrDefault("expect4") ?? (item.ContainsKey("error4") ? null : item.GetValueOrDefault("expect"));
        var wanted = item.GetValueOrDefault("error4") ?? (item.ContainsKey("expect4") ? null : item.GetValueOrDefault("error"));
        if (item.GetValueOrDefault("matches") is string pattern && expect is null && wanted is null)
        {
            return new Outcome(name, output is not null && Regex.IsMatch(output, pattern), output ?? error!);
        }

        if (item.GetValueOrDefault("expectBase64") is string base64)
        {
            return new Outcome(name, output is not null && Convert.ToBase64String(GoBytes.ToBytes(output)) == base64, output ?? error!);
        }

        return wanted is string text
            ? new Outcome(name, error?.Contains(text, StringComparison.Ordinal) == true, error is null ? $"rendered: {output}" : error.Contains(text, StringComparison.Ordinal) ? "" : $"error: {error}\nwant : {text}")
            : new Outcome(name, output == (string?)expect, $"got : {output ?? error}\nwant: {expect}");
    }

    private static (string? Output, string? Error) Render(Dictionary<string, object?> item)
    {
        try
        {
            var chart = ChartLoader.LoadDirectory(Path.Combine(Root, "fixture", "demo"));
            var templates = chart.Templates.ToList();
            templates.RemoveAll(t => t.Name is "templates/case.txt" or "templates/_helpers.tpl");
            templates.Add(new ChartFile("templates/case.txt", GoBytes.ToBytes((string)item["template"]!)));
            if (item.GetValueOrDefault("helpers") is string helpers)
            {
                templates.Add(new ChartFile("templates/_helpers.tpl", GoBytes.ToBytes(helpers)));
            }

            chart = chart with { Templates = templates };
            var values = item.GetValueOrDefault("valuesText") is string text ? GoYaml.ReadTable(text) : item.GetValueOrDefault("values") as Dictionary<string, object?> ?? [];
            var files = new ChartRenderer().RenderFiles(chart, values, new ReleaseOptions("rel", "ns"), Capabilities.Default with { KubeVersion = "v1.31.2" });
            return (files["demo/templates/case.txt"], null);
        }
        catch (Exception error) when (error is RenderException or TemplateException or ChartException or YamlException)
        {
            return (null, error.Message);
        }
    }

    public static IEnumerable<Outcome> RunCharts()
    {
        foreach (var chartFolder in Directory.EnumerateDirectories(Path.Combine(Root, "charts")).Order(StringComparer.Ordinal))
        {
            foreach (var caseFolder in Directory.EnumerateDirectories(Path.Combine(chartFolder, "cases")).Order(StringComparer.Ordinal))
            {
                if (!File.Exists(Path.Combine(caseFolder, "args.txt")))
                {
                    yield return RunChart(chartFolder, caseFolder);
                }
            }
        }
    }

    private static Outcome RunChart(string chartFolder, string caseFolder)
    {
        var name = $"{Path.GetFileName(chartFolder)}/{Path.GetFileName(caseFolder)}";
        string? Expected(string four, string three) => Path.Combine(caseFolder, four) is var f && File.Exists(f) ? File.ReadAllText(f)
            : Path.Combine(caseFolder, three) is var t && File.Exists(t) ? File.ReadAllText(t) : null;
        var wantError = File.Exists(Path.Combine(caseFolder, "expected4-error.txt")) || (File.Exists(Path.Combine(caseFolder, "expected-error.txt")) && !File.Exists(Path.Combine(caseFolder, "expected4.yaml")));
        try
        {
            var chart = ChartLoader.LoadDirectory(Path.Combine(chartFolder, "chart"));
            var values = ValuesFile.Read(File.ReadAllText(Path.Combine(caseFolder, "values.yaml")));
            var result = new ChartRenderer().Render(chart, values, new ReleaseOptions("rel", "ns"));
            // The command trims the manifest as a whole, not the hooks.
            var output = (result.Manifest.Trim() is { Length: > 0 } manifest ? manifest + "\n" : "") + string.Concat(result.Hooks.Select(h => $"---\n# Source: {h.Path}\n{h.Manifest}\n"));
            return new Outcome(name, !wantError && output == Expected("expected4.yaml", "expected.yaml"), wantError ? "rendered, but Helm fails" : output);
        }
        catch (Exception error)
        {
            return new Outcome(name, wantError && error is RenderException or TemplateException or ChartException or YamlException, error.Message);
        }
    }
}
