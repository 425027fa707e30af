using Portal.Helm.Rendering;
using Portal.Helm.Templating;
using static Portal.Helm.Tests.TextChart;

namespace Portal.Helm.Tests;

public sealed class TemplateCacheTests
{
    private sealed class Answer(string name) : ILookup
    {
        public Dictionary<string, object?> Lookup(string apiVersion, string kind, string ns, string asked) => new(StringComparer.Ordinal) { ["name"] = name };
    }

    private static string Render(ChartRenderer renderer, string template, ILookup? lookup = null) =>
        renderer.Render(Of(("templates/x.yaml", template)), [], new ReleaseOptions("rel", "ns"), lookup: lookup).Documents.Single().Content;

    // Parsed trees are shared, what their functions see is not.
    [Fact]
    public void A_chart_that_was_parsed_asks_the_cluster_of_its_own_render()
    {
        var cache = new TemplateCache();
        const string Template = "a: {{ (lookup \"v1\" \"Pod\" \"\" \"x\").name }}";
        Assert.Equal("a: one", Render(new ChartRenderer(cache: cache), Template, new Answer("one")));
        Assert.Equal("a: two", Render(new ChartRenderer(cache: cache), Template, new Answer("two")));
        Assert.Equal(1, cache.Count);
    }

    [Fact]
    public void A_template_that_changed_is_another()
    {
        var renderer = new ChartRenderer();
        Assert.Equal("a: 1", Render(renderer, "a: 1"));
        Assert.Equal("a: 2", Render(renderer, "a: 2"));
    }

    [Fact]
    public void What_is_used_least_recently_goes_when_there_is_too_much()
    {
        var cache = new TemplateCache(mostCharacters: 10);
        var renderer = new ChartRenderer(cache: cache);
        foreach (var text in new[] { "a: 1", "b: 1", "a: 1", "c: 1", "a: longer than ten" })
        {
            Render(renderer, text);
        }

        Assert.Equal(2, cache.Count);
    }
}
