using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using Portal.Core;
using Portal.Core.Catalog;
using Portal.Core.Clusters;
using Portal.Core.Operations;
using Portal.Core.Plans;
using Portal.Core.Releases;
using Portal.Testing;

namespace Portal.EndToEnd;

/// <summary>A hook writes a hundred lines a second: they are on the screen soon, each once, also for who comes late, and the page stays usable.</summary>
[Collection(Alone.Name)]
public sealed partial class When_a_log_is_fast(BrowserFixture fixture, ITestOutputHelper output)
{
    private const int Rate = 100;
    private const string Chart = "talkative";

    // When each line came into the document, and what kept the page from answering.
    private const string Watch = """
        window.seen = {}; window.doubles = []; window.tasks = [];
        new PerformanceObserver((list) => { if (Object.keys(window.seen).length > 20) window.tasks.push(...list.getEntries().map((e) => Math.round(e.duration))); }).observe({ type: "longtask" });
        new MutationObserver((changes) => {
          for (const row of changes.flatMap((c) => [...c.addedNodes]).flatMap((n) => n.matches?.(".log-line") ? [n] : [...n.querySelectorAll?.(".log-line") ?? []])) {
            const seq = row.querySelector(".n").textContent;
            if (window.seen[seq] && document.querySelectorAll("#" + row.id).length > 1) window.doubles.push(seq);
            window.seen[seq] ??= Date.now() - Date.parse(row.querySelector(".t").title);
          }
        }).observe(document, { childList: true, subtree: true });
        """;

    // Half a second is for a quiet machine. Here the bound tells a page that keeps up, on whatever runs the tests, from one that falls behind with every line.
    [Fact]
    public Task Ten_seconds_of_it_are_on_the_screen_soon() => WatchAsync(10, bound: 4_000);

    [Fact, Trait("Category", "Long")]
    public Task Two_minutes_of_it_are_on_the_screen_within_half_a_second() => WatchAsync(120, bound: 500);

    private async Task WatchAsync(int seconds, double bound)
    {
        var count = seconds * Rate;
        using var api = await PortalApi.SignInAsync(fixture.Portal);
        var release = await InstallAsync(api, $"talks-{seconds}");
        var viewer = await OpenAsync();
        var late = await OpenAsync();
        var operation = await api.StartAsync(release, new CreatePlanRequest(OperationKind.Upgrade, await UploadAsync(api, $"2.0.{seconds}", count)));
        await GoAsync(viewer, operation);
        await Eventually.TrueAsync(async () => (await api.GetAsync<Operation>($"operations/{operation}")).LastSeq > count / 2);
        await GoAsync(late, operation);
        var ended = await api.EndAsync(operation);
        Assert.Equal(OperationState.Succeeded, ended.State);

        foreach (var page in new[] { viewer, late })
        {
            // Shown and hidden lines together are all there are.
            await Eventually.TrueAsync(async () => Numbers().Matches(await page.Locator("section[aria-label=Log] [role=status]").InnerTextAsync()).Sum(m => long.Parse(m.Value, CultureInfo.InvariantCulture)) == ended.LastSeq);
            Assert.Equal("[]", await page.EvaluateAsync<string>("JSON.stringify(window.doubles)"));
        }

        // Who was there from the beginning saw every line of the hook pass by.
        var hook = (await api.LogAsync(operation)).Where(l => l.Source == $"Job/{Chart}").Select(l => l.Seq.ToString(CultureInfo.InvariantCulture)).ToArray();
        Assert.Equal(count, hook.Length);
        var seen = JsonSerializer.Deserialize<Dictionary<string, double>>(await viewer.EvaluateAsync<string>("JSON.stringify(window.seen)"))!;
        Assert.DoesNotContain(hook, n => !seen.ContainsKey(n));
        var delays = hook.Select(n => seen[n]).Order().ToArray();
        var tasks = JsonSerializer.Deserialize<int[]>(await viewer.EvaluateAsync<string>("JSON.stringify(window.tasks)"))!;
        var p95 = delays[delays.Length * 95 / 100];
        output.WriteLine($"{delays.Length} lines at {Rate} a second, pod to document: p50 {delays[delays.Length / 2]:0} ms, p95 {p95:0} ms, most {delays[^1]:0} ms; meanwhile {tasks.Length} tasks over 50 ms: {string.Join(' ', tasks.Order())}");
        Assert.True(p95 < bound, $"p95 {p95:0} ms");
    }

    [GeneratedRegex(@"\d+")]
    private static partial Regex Numbers();

    private async Task<IPage> OpenAsync()
    {
        var visitor = await fixture.VisitAsync();
        await visitor.Page.AddInitScriptAsync(Watch);
        await visitor.SignInAsync("admin", PortalProcess.AdminPassword);
        return visitor.Page;
    }

    // Within the page that is open, as a click does.
    private static Task GoAsync(IPage page, string operation) => page.EvaluateAsync("url => Blazor.navigateTo(url)", $"/operations/{operation}");

    private static async Task<string> InstallAsync(PortalApi api, string name)
    {
        await TestChart.UploadAsync(api.Http, TestChart.Make(Chart, "1.0.0", ("templates/one.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: one}\n")));
        var source = (await api.GetAsync<Page<ChartSource>>("chart-sources")).Items.Single(s => s.Kind == ChartSourceKind.Upload).Id;
        var cluster = (await api.GetAsync<Page<Cluster>>("clusters")).Items.First(c => c.Kind == ClusterKind.Sandbox);
        var release = await api.PostAsync<Release>("releases", new AddReleaseRequest(AddReleaseMode.Prepare, cluster.Id, name, name, source, Chart, "1.0.0", ""));
        await api.PutAsync($"releases/{release.Id}/policy", new ReleasePolicy(ApprovalRequired: false, RollbackOnFailure: true));
        Assert.Equal(OperationState.Succeeded, (await api.EndAsync(await api.StartAsync(release.Id, new CreatePlanRequest(OperationKind.Install, "1.0.0")))).State);
        return release.Id;
    }

    private static async Task<string> UploadAsync(PortalApi api, string version, int lines)
    {
        await TestChart.UploadAsync(api.Http, TestChart.Make(Chart, version, ("templates/one.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: one}\n"), ("templates/hook.yaml", TestChart.LoggingHook(Chart, Rate, lines))));
        return version;
    }
}
