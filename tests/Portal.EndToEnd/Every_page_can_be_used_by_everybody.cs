using Deque.AxeCore.Playwright;
using Microsoft.Playwright;
using Portal.Core;
using Portal.Core.Operations;
using Portal.Testing;

namespace Portal.EndToEnd;

/// <summary>Every page, light and dark, wide and narrow: nothing serious for axe, nothing wider than the screen, and a picture to look at.</summary>
[Collection(Walks.Name)]
public sealed class Every_page_can_be_used_by_everybody(BrowserFixture fixture)
{
    [Theory]
    [InlineData(1440, 900, ColorScheme.Light)]
    [InlineData(390, 844, ColorScheme.Dark)]
    public Task Axe_finds_nothing_serious(int width, int height, ColorScheme scheme) => WalkAsync(width, height, scheme);

    [Theory, Trait("Category", "Long")]
    [InlineData(1440, 900, ColorScheme.Dark)]
    [InlineData(390, 844, ColorScheme.Light)]
    public Task Axe_finds_nothing_serious_the_other_way_round(int width, int height, ColorScheme scheme) => WalkAsync(width, height, scheme);

    private async Task WalkAsync(int width, int height, ColorScheme scheme)
    {
        var visitor = await fixture.VisitAsync(width, height, scheme);
        var page = visitor.Page;
        var faults = new List<string>();
        async Task LookAsync(string name)
        {
            await page.WaitForLoadStateAsync(LoadState.NetworkIdle);
            await visitor.ShootAsync($"{name}-{width}-{scheme.ToString().ToLowerInvariant()}");
            var result = await page.RunAxe();
            faults.AddRange(result.Violations.Where(v => v.Impact is "serious" or "critical").Select(v => $"{name}: {v.Id}: {string.Join(" | ", v.Nodes.Take(2).Select(n => n.Html))}"));
            if (await page.EvaluateAsync<int>("document.documentElement.scrollWidth") is var wide && wide > width)
            {
                faults.Add($"{name}: {wide} pixels wide");
            }
        }

        await page.GotoAsync("/");
        await page.GetByLabel("User name").WaitForAsync();
        await LookAsync("sign-in");
        await visitor.SignInAsync("admin", PortalProcess.AdminPassword);
        foreach (var (name, path) in await PagesAsync())
        {
            // Within the page that is open, as a click does.
            await page.EvaluateAsync("url => Blazor.navigateTo(url)", path);
            await page.WaitForFunctionAsync("path => location.pathname + location.search === path", path);
            await page.Locator("h1, .empty strong").First.WaitForAsync();
            // The design page shows what loading looks like.
            await Assertions.Expect(page.GetByLabel("Loading", new() { Exact = true })).ToHaveCountAsync(name == "design" ? 1 : 0, new() { Timeout = 60_000 });
            if (name == "operation")
            {
                await page.Locator(".log-line .n").First.WaitForAsync();
            }

            await LookAsync(name);
        }

        Assert.True(faults.Count == 0, string.Join("\n", faults));
        Assert.DoesNotContain(visitor.Errors, e => !e.Contains("404", StringComparison.Ordinal));
    }

    // Every route of the client, with the sample release where one is asked for.
    private async Task<IEnumerable<(string Name, string Path)>> PagesAsync()
    {
        using var api = await PortalApi.SignInAsync(fixture.Portal);
        var sample = await api.EndedSampleAsync();
        var operation = (await api.GetAsync<Page<Operation>>("operations")).Items.First(o => o.Release == sample.Name && o.EndedAt is not null);
        var release = $"/releases/{sample.Id}";
        return
        [
            ("releases", "/"),
            ("release", release),
            .. new[] { "values", "history", "resources", "policy" }.Select(tab => ($"release-{tab}", $"{release}?tab={tab}")),
            ("upgrade", $"{release}/upgrade"),
            ("rollback", $"{release}/rollback"),
            ("uninstall", $"{release}/uninstall"),
            ("operation", $"/operations/{operation.Id}"),
            ("chart", $"/catalog/{sample.SourceId}/{sample.Chart}"),
            .. new[] { "approvals", "operations", "catalog", "clusters", "settings", "audit", "install", "adopt", "design" }.Select(name => (name, "/" + name)),
            ("unknown-release", "/releases/none"),
            ("not-found", "/no/such/page"),
        ];
    }
}
