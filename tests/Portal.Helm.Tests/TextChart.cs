using System.Text;
using Portal.Helm.Charts;
using Portal.Helm.Rendering;
using Portal.Helm.Templating;

namespace Portal.Helm.Tests;

/// <summary>Charts written in a test.</summary>
internal static class TextChart
{
    public static Chart Of(params (string Path, string Text)[] files) => ChartLoader.Load(
        [.. files.Prepend(("Chart.yaml", "apiVersion: v2\nname: demo\nversion: 1.0.0\n")).GroupBy(f => f.Item1).Select(g => new ChartFile(g.Key, Encoding.UTF8.GetBytes(g.Last().Item2)))]);

    /// <summary>What one template renders to.</summary>
    public static string Render(string template, TemplateLimits? limits = null) =>
        new ChartRenderer(limits: limits).RenderFiles(Of(("templates/x.txt", template)), [], new ReleaseOptions("rel", "ns"))["demo/templates/x.txt"];
}
