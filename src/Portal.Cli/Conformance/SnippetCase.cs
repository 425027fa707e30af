using System.Text.RegularExpressions;
using Portal.Helm.Charts;
using Portal.Helm.Rendering;
using Portal.Helm.Templating;
using Portal.Helm.Yaml;

namespace Portal.Cli.Conformance;

/// <summary>A template in the chart fixture/demo, and the text that it renders to.</summary>
internal static class SnippetCase
{
    public static string? Run(Chart demo, Dictionary<string, object?> item)
    {
        string output;
        var (expect, error) = Suite.Wanted(item);
        try
        {
            output = Render(demo, item);
        }
        catch (Exception failure) when (failure is RenderException or TemplateException or ChartException or YamlException)
        {
            return error is not null && failure.Message.Contains(error, StringComparison.Ordinal) ? null : $"got error: {failure.Message}\nwant {(error is null ? "" : "error")}: {error ?? expect}";
        }

        if (error is not null)
        {
            return $"got : {output}\nwant error: {error}";
        }

        if (expect is null && item.GetValueOrDefault("matches") is string pattern)
        {
            return Regex.IsMatch(output, pattern, RegexOptions.None, TimeSpan.FromSeconds(5)) ? null : $"got : {output}\nwant like: {pattern}";
        }

        var wanted = item.GetValueOrDefault("expectBase64") is string base64 ? GoBytes.ToText(Convert.FromBase64String(base64)) : expect;
        return output == wanted as string ? null : $"got : {output}\nwant: {wanted}";
    }

    private static string Render(Chart demo, Dictionary<string, object?> item)
    {
        var templates = demo.Templates.Where(t => t.Name is not ("templates/case.txt" or "templates/_helpers.tpl")).ToList();
        templates.Add(new ChartFile("templates/case.txt", GoBytes.ToBytes((string)item["template"]!)));
        if (item.GetValueOrDefault("helpers") is string helpers)
        {
            templates.Add(new ChartFile("templates/_helpers.tpl", GoBytes.ToBytes(helpers)));
        }

        var values = item.GetValueOrDefault("valuesText") is string text ? GoYaml.ReadTable(text) : item.GetValueOrDefault("values") as Dictionary<string, object?> ?? [];
        return new ChartRenderer().RenderFiles(demo with { Templates = templates }, values, new ReleaseOptions("rel", "ns"), Capabilities.Default with { KubeVersion = "v1.31.2" })["demo/templates/case.txt"];
    }
}
