using Bunit;
using MudBlazor;
using MudBlazor.Services;
using Portal.Client.Api;
using Portal.Client.Features.Operations;
using Portal.Client.Features.Plans;
using Portal.Client.Shared;
using Portal.Core.Operations;
using Portal.Core.Plans;

namespace Portal.Client.Tests;

public sealed class ComponentTests : BunitContext
{
    public ComponentTests()
    {
        Services.AddMudServices();
        JSInterop.Mode = JSRuntimeMode.Loose;
    }

    [Fact]
    public void An_error_says_what_and_names_its_request()
    {
        var panel = Render<ErrorPanel>(p => p.Add(e => e.Error, new ApiException(409, "busy", "The release is busy", "Operation 17 is running on it.", "request-1")));
        Assert.Contains("The release is busy", panel.Markup, StringComparison.Ordinal);
        Assert.Contains("Operation 17 is running on it.", panel.Markup, StringComparison.Ordinal);
        Assert.Contains("request-1", panel.Markup, StringComparison.Ordinal);
        Assert.Equal("alert", panel.Find(".panel-bad").GetAttribute("role"));
    }

    [Theory]
    [InlineData("<script>alert(1)</script>")]
    [InlineData("[x](javascript:alert(1))")]
    [InlineData("![x](https://elsewhere.example/x.png)")]
    public void Text_of_a_chart_brings_no_script_and_no_foreign_image(string text)
    {
        var html = Markdown.ToHtml(text);
        Assert.DoesNotContain("<script", html, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("href=\"javascript", html, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("<img", html, StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData(0, 17, 0, 6, 0, 0, "17 objects change. 6 workloads restart, the cluster would refuse 0, 0 conflicts with other managers.")]
    [InlineData(1, 1, 2, 1, 1, 1, "1 object is added, 1 object changes, 2 objects are removed. 1 workload restarts, the cluster would refuse 1, 1 conflict with other managers.")]
    [InlineData(0, 0, 0, 0, 0, 0, "No object changes. 0 workloads restart, the cluster would refuse 0, 0 conflicts with other managers.")]
    public void A_plan_is_summed_up_without_saying_anything_twice(int added, int changed, int removed, int restarts, int refused, int conflicts, string sentence) =>
        Assert.Equal(sentence, PlanView.Sentence(new PlanSummary(added, changed, removed, 3, restarts, refused, conflicts)));

    /// <summary>Every line is looked at once: the whole log used to be filtered four times for every batch.</summary>
    [Fact]
    public void A_log_counts_what_it_shows_while_lines_arrive()
    {
        var lines = new List<LogLine> { Line(1, LogLevel.Info), Line(2, LogLevel.Debug) };
        Render<MudPopoverProvider>();
        var log = Render<LogView>(p => p.Add(l => l.Lines, lines));
        Assert.Contains("1 of 2 lines", log.Find("[role=status]").TextContent, StringComparison.Ordinal);
        lines.AddRange([Line(3, LogLevel.Error), Line(4, LogLevel.Debug)]);
        log.Render(p => p.Add(l => l.Lines, lines));
        Assert.Contains("2 of 4 lines", log.Find("[role=status]").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void What_a_container_writes_stays_text()
    {
        Render<MudPopoverProvider>();
        var log = Render<LogView>(p => p.Add(l => l.Lines, [Line(1, LogLevel.Info) with { Source = "<b>\"", Text = "<script>alert(1)</script> & more" }]));
        Assert.Empty(log.FindAll("script, .log-line b"));
        Assert.Equal("<script>alert(1)</script> & more", log.Find(".log-line .x").TextContent);
        Assert.Equal("<b>\"", log.Find(".log-line .s").TextContent);
    }

    private static LogLine Line(long seq, LogLevel level) => new(seq, DateTimeOffset.UnixEpoch, StepName.Apply, level, "helm", $"line {seq}");

    [Fact]
    public void A_difference_shows_changed_lines_with_some_around()
    {
        var from = string.Join('\n', Enumerable.Range(1, 30).Select(i => $"line {i}"));
        var lines = LineDiff.Of(from, from.Replace("line 15", "line fifteen", StringComparison.Ordinal)).ToList();
        Assert.Contains(("del", "line 15"), lines);
        Assert.Contains(("add", "line fifteen"), lines);
        Assert.DoesNotContain(lines, l => l.Line == "line 1");
    }
}
