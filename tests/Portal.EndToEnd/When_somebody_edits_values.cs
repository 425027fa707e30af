using Microsoft.Playwright;
using Portal.Core;
using Portal.Core.Clusters;
using Portal.Core.Releases;
using Portal.Testing;
using static Microsoft.Playwright.Assertions;

namespace Portal.EndToEnd;

/// <summary>The editor knows the chart: it offers keys and values, explains them, and shows the same text as a form.</summary>
[Collection(OnePortal.Name)]
public sealed class When_somebody_edits_values(BrowserFixture fixture)
{
    [Fact]
    public async Task Keys_are_offered_explained_and_set_in_a_form()
    {
        var release = await PrepareAsync();
        var visitor = await fixture.VisitAsync();
        await visitor.SignInAsync("admin", PortalProcess.AdminPassword);
        var page = visitor.Page;
        await page.EvaluateAsync("url => Blazor.navigateTo(url)", $"/releases/{release}?tab=values");
        await page.Locator(".monaco-editor .view-lines").First.WaitForAsync();

        // A key, then its table's key, then a value of the enum.
        await page.Locator(".monaco-editor .view-lines").First.ClickAsync();
        await page.Keyboard.PressAsync("Control+End");
        await page.Keyboard.TypeAsync("spa");
        await page.Keyboard.PressAsync("Control+Space");
        await Expect(page.Locator(".suggest-widget").GetByText("spark", new() { Exact = true }).First).ToBeVisibleAsync();
        await visitor.ShootAsync("values-completion");
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.Locator(".suggest-widget").GetByText("logLevel").First).ToBeVisibleAsync();
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.Locator(".suggest-widget").GetByText("debug", new() { Exact = true }).First).ToBeVisibleAsync();
        await page.Keyboard.PressAsync("Escape");
        await page.Keyboard.TypeAsync("warn");
        Assert.Equal("clusterDomain: saved.local\nspark:\n  logLevel: warn", (await TextAsync(page)).TrimEnd());

        await page.Locator(".view-line").GetByText("logLevel").HoverAsync();
        await Expect(page.Locator(".monaco-hover").GetByText("One of: trace, debug, info, warn, error").First).ToBeVisibleAsync();
        await visitor.ShootAsync("values-hover");

        // The same text as a form: what is typed there stands in the text. The pointer leaves the explanation first.
        await page.Mouse.MoveAsync(5, 5);
        await Expect(page.Locator(".monaco-hover").First).ToBeHiddenAsync();
        await page.GetByText("Form", new() { Exact = true }).ClickAsync();
        var settings = page.GetByRole(AriaRole.Region, new() { Name = "Settings" });
        await settings.GetByLabel("Search settings").FillAsync("replicas");
        await settings.GetByLabel("replicas").First.FillAsync("3");
        await page.Keyboard.PressAsync("Tab");
        await Expect(settings.GetByText("set here").First).ToBeVisibleAsync();
        await settings.GetByLabel("Search settings").FillAsync("");
        await visitor.ShootAsync("values-form");
        await settings.GetByLabel("Only what is set here").CheckAsync();
        await Expect(settings.Locator(".setting")).ToHaveCountAsync(3);
        await settings.GetByRole(AriaRole.Button, new() { Name = "Take spark.logLevel out" }).ClickAsync();
        await Expect(settings.Locator(".setting")).ToHaveCountAsync(2);
        await page.GetByText("Text", new() { Exact = true }).ClickAsync();
        await page.Locator(".monaco-editor .view-lines").First.WaitForAsync();
        Assert.Contains("    replicas: 3", await TextAsync(page), StringComparison.Ordinal);
        Assert.DoesNotContain("spark", await TextAsync(page), StringComparison.Ordinal);
        Assert.Empty(visitor.Errors);
    }

    private static Task<string> TextAsync(IPage page) => page.EvaluateAsync<string>("() => [...portal.editors.values()].at(-1).getValue()");

    private async Task<string> PrepareAsync()
    {
        using var api = await PortalApi.SignInAsync(fixture.Portal);
        var sample = await api.EndedSampleAsync();
        var cluster = (await api.GetAsync<Page<Cluster>>("clusters")).Items.First(c => c.Kind == ClusterKind.Sandbox);
        return (await api.PostAsync<Release>("releases", new AddReleaseRequest(AddReleaseMode.Prepare, cluster.Id, "edited", "edited", sample.SourceId, sample.Chart, "1.1.0", "clusterDomain: saved.local\n"))).Id;
    }
}
