using Bunit;
using MudBlazor;
using MudBlazor.Services;
using Portal.Client.Api;
using Portal.Client.Features.Operations;
using Portal.Client.Features.Plans;
using Portal.Client.Shared;
using Portal.Core.Clusters;
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
    [InlineData(0, 17, 0, 6, 0, 0, "Objects: 17 changed; Effect: 6 restarts, No down-time, Nothing refused by the cluster; Findings: 1 warning, 2 notes")]
    [InlineData(1, 1, 2, 1, 1, 1, "Objects: 1 added, 1 changed, 2 removed; Effect: 1 restart, No down-time, 1 the cluster would refuse, 1 conflict; Findings: 1 warning, 2 notes")]
    [InlineData(0, 0, 0, 0, 0, 0, "Objects: No changes; Effect: No restarts, No down-time, Nothing refused by the cluster; Findings: 1 warning, 2 notes")]
    public void A_plan_is_summed_up_without_saying_anything_twice(int added, int changed, int removed, int restarts, int refused, int conflicts, string summary) =>
        Assert.Equal(summary, string.Join("; ", PlanView.Summary(new PlanSummary(added, changed, removed, 3, restarts, refused, conflicts), [], [Finding(FindingLevel.Note), Finding(FindingLevel.Warning), Finding(FindingLevel.Note)])
            .Select(g => $"{g.What}: {string.Join(", ", g.Looks.Select(l => l.Word))}")));

    /// <summary>Whether going back is safe was said below what it would change, and its finding said it again.</summary>
    [Fact]
    public void A_plan_that_goes_back_says_first_whether_that_is_safe_and_says_it_once()
    {
        var plan = new Plan(
            "p", "r", OperationKind.Rollback, PlanState.Ready, "d", null, null, "1.1.0", "1.0.5", null, 2, 1, 1, 1, new PlanOptions(), new PlanSummary(0, 1, 0, 0, 1, 0, 0),
            [new("1", "rollback", FindingLevel.Warning, null, null, "A hook ran. Data changed.", "Check the databases.")], [], [], new RollbackVerdict(RollbackSafety.Unknown, ["A hook ran.", "Data changed."]), "ana", DateTimeOffset.UnixEpoch, null);
        var view = Render<PlanView>(p => p.Add(v => v.Plan, plan).Add(v => v.Changes, []));
        Assert.Equal(["Going back", "Summary", "Objects"], view.FindAll("section").Select(s => s.GetAttribute("aria-label")));
        var verdict = view.Find("[aria-label='Going back']");
        Assert.Contains("Check the databases.", verdict.TextContent, StringComparison.Ordinal);
        Assert.NotNull(verdict.QuerySelector("svg"));
    }

    private static Finding Finding(FindingLevel level) => new("1", "code", level, null, null, "message", "remedy");

    /// <summary>Every line is looked at once: the whole log used to be filtered four times for every batch.</summary>
    [Fact]
    public void A_log_counts_what_it_shows_while_lines_arrive()
    {
        var lines = new List<LogLine> { Line(1, LogLevel.Info), Line(2, LogLevel.Debug) };
        Render<MudPopoverProvider>();
        var log = Render<LogView>(p => p.Add(l => l.Lines, lines));
        Assert.Contains("1 line from Info up, 1 hidden by the filter", log.Find("[role=status]").TextContent, StringComparison.Ordinal);
        lines.AddRange([Line(3, LogLevel.Error), Line(4, LogLevel.Debug)]);
        log.Render(p => p.Add(l => l.Lines, lines));
        Assert.Contains("2 lines from Info up, 2 hidden by the filter", log.Find("[role=status]").TextContent, StringComparison.Ordinal);
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

    /// <summary>Evidence was a box of 200 pixels that began with "Normal Scheduled" and cut the line that mattered.</summary>
    [Fact]
    public void Evidence_begins_with_warnings_and_ends_with_the_last_lines_of_the_log()
    {
        string[] lines = ["Normal Scheduled: assigned", "Warning BackOff: restarting", .. Enumerable.Range(1, 20).Select(i => $"log: 2026-11-25T10:11:{i:00}.123456789Z line {i}")];
        var list = Render<EvidenceList>(p => p.Add(e => e.Lines, lines));
        var first = list.FindAll(".evidence")[0].Children.Select(c => c.TextContent).ToArray();
        Assert.Equal(["Warning BackOff: restarting", .. Enumerable.Range(16, 5).Select(i => $"log: 10:11:{i:00} line {i}")], first);
        Assert.Equal("Show all 22", list.Find("summary").TextContent);
        Assert.Equal(lines, list.FindAll("details .evidence li").Select(l => l.TextContent));
    }

    [Fact]
    public void Short_evidence_is_shown_whole() =>
        Assert.Empty(Render<EvidenceList>(p => p.Add(e => e.Lines, ["Warning BackOff: restarting"])).FindAll("details"));

    /// <summary>One click on "Stop and roll back" used to do it, without a word about where.</summary>
    [Fact]
    public async Task Stopping_names_release_environment_and_revision_before_anything_happens()
    {
        Render<MudPopoverProvider>();
        var dialogs = Render<MudDialogProvider>();
        var chosen = new List<CancelChoice>();
        Render<StopDialog>(p => p.Add(d => d.Operation, Running).Add(d => d.Visible, true).Add(d => d.OnlyRollBack, true).Add(d => d.OnChosen, chosen.Add));
        var text = dialogs.Find(".mud-dialog").TextContent;
        Assert.Contains("data-plane", text, StringComparison.Ordinal);
        Assert.Contains("Production", text, StringComparison.Ordinal);
        Assert.Contains("revision 4", text, StringComparison.Ordinal);
        Assert.Empty(chosen);
        await dialogs.FindAll("button").Single(b => b.TextContent.Contains("Stop and roll back to revision 4", StringComparison.Ordinal)).ClickAsync();
        Assert.Equal([CancelChoice.RollBack], chosen);
    }

    /// <summary>An approver's page called a refusal a decision.</summary>
    [Fact]
    public void A_decision_is_called_by_its_name()
    {
        var decided = Running with { DecidedBy = "ada", DecidedAt = DateTimeOffset.UnixEpoch };
        Assert.Null(Look.Decision(Running));
        Assert.Equal("Approved by ada", Look.Decision(decided));
        Assert.Equal("Rejected by ada", Look.Decision(decided with { State = OperationState.Cancelled, EndedAt = DateTimeOffset.UnixEpoch.AddMilliseconds(2), StartedAt = null }));
        Assert.Equal("Approved by ada", Look.Decision(decided with { State = OperationState.Cancelled, EndedAt = DateTimeOffset.UnixEpoch.AddMinutes(2), StartedAt = null }));
    }

    private static readonly Operation Running = new(
        "o", OperationKind.Upgrade, OperationState.Running, "r", "data-plane", "main", ClusterEnvironment.Production, false, "iomete-system", "p", "", "1.0.5", "1.1.0", 4, null, null, "why", "ana", DateTimeOffset.UnixEpoch,
        null, null, null, null, DateTimeOffset.UnixEpoch, null, [], [], null, true, 0, null);

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
