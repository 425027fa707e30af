using Deque.AxeCore.Playwright;
using Microsoft.Playwright;

namespace Portal.EndToEnd;

/// <summary>Every page, light and dark, wide and narrow: nothing serious for axe, and a picture to look at.</summary>
[Collection(OnePortal.Name)]
public sealed class Every_page_can_be_used_by_everybody(BrowserFixture fixture)
{
    private static readonly string[] Pages = ["/", "/approvals", "/operations", "/catalog", "/clusters", "/settings", "/audit", "/install"];

    [Theory]
    [InlineData(1440, 900, ColorScheme.Light)]
    [InlineData(390, 844, ColorScheme.Dark)]
    public async Task Axe_finds_nothing_serious(int width, int height, ColorScheme scheme)
    {
        var visitor = await fixture.VisitAsync(width, height, scheme);
        await visitor.SignInAsync("admin", PortalProcess.AdminPassword);
        var faults = new List<string>();
        foreach (var path in Pages)
        {
            await visitor.Page.GotoAsync(path);
            await visitor.Page.Locator("h1").First.WaitForAsync();
            await visitor.Page.WaitForLoadStateAsync(LoadState.NetworkIdle);
            await visitor.ShootAsync($"{(path == "/" ? "releases" : path[1..])}-{width}-{scheme.ToString().ToLowerInvariant()}");
            var result = await visitor.Page.RunAxe();
            faults.AddRange(result.Violations.Where(v => v.Impact is "serious" or "critical").Select(v => $"{path}: {v.Id}: {string.Join(" | ", v.Nodes.Take(2).Select(n => n.Html))}"));
        }

        Assert.True(faults.Count == 0, string.Join("\n", faults));
        Assert.Empty(visitor.Errors);
    }
}
