using Microsoft.Playwright;
using Portal.Core;
using Portal.Core.Clusters;
using Portal.Core.Releases;
using Portal.Testing;
using static Microsoft.Playwright.Assertions;

namespace Portal.EndToEnd;

/// <summary>What was typed used to be gone with the next click on a tab.</summary>
[Collection(OnePortal.Name)]
public sealed class When_somebody_leaves_unsaved_values(BrowserFixture fixture)
{
    [Fact]
    public async Task The_text_is_asked_for_kept_and_offered_again()
    {
        var release = await PrepareAsync();
        var visitor = await fixture.VisitAsync();
        await visitor.SignInAsync("admin", PortalProcess.AdminPassword);
        var page = visitor.Page;
        await page.EvaluateAsync("url => Blazor.navigateTo(url)", $"/releases/{release}?tab=values");
        await page.Locator(".monaco-editor .view-lines").First.WaitForAsync();
        await visitor.PasteAsync("clusterDomain: typed.local\n");
        await Expect(page.GetByText("Not saved", new() { Exact = true })).ToBeVisibleAsync();

        // Another tab is not opened behind somebody's back; staying keeps the text.
        await page.GetByRole(AriaRole.Tab, new() { Name = "Policy" }).ClickAsync();
        await Expect(page.GetByText("Leave without saving?")).ToBeVisibleAsync();
        await visitor.ShootAsync("values-leave");
        await page.GetByRole(AriaRole.Button, new() { Name = "Stay" }).ClickAsync();
        await Expect(page.GetByText("typed.local").First).ToBeVisibleAsync();

        await page.GetByRole(AriaRole.Tab, new() { Name = "Policy" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Keep a draft and leave" }).ClickAsync();
        await Expect(page.GetByLabel("A second person approves every change")).ToBeVisibleAsync();

        await page.GetByRole(AriaRole.Tab, new() { Name = "Values" }).ClickAsync();
        await Expect(page.GetByText("You have a text that is not saved")).ToBeVisibleAsync();
        await page.Locator(".monaco-editor .view-lines").First.WaitForAsync();
        await visitor.ShootAsync("values-draft");
        await page.GetByRole(AriaRole.Button, new() { Name = "Continue it" }).ClickAsync();
        await Expect(page.GetByText("typed.local").First).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Save values…" }).ClickAsync();
        await page.GetByLabel("What did you change?").FillAsync("The text of the draft");
        await page.GetByRole(AriaRole.Button, new() { Name = "Save revision 2" }).ClickAsync();
        await Expect(page.GetByText("Values revision 2 saved")).ToBeVisibleAsync();
        await Expect(page.GetByText("You have a text that is not saved")).ToBeHiddenAsync();
        Assert.Empty(visitor.Errors);
    }

    /// <summary>The browser's Back left the whole change, with all that had been chosen.</summary>
    [Fact]
    public async Task Back_and_forward_go_through_the_steps_of_a_change()
    {
        var visitor = await fixture.VisitAsync();
        await visitor.SignInAsync("admin", PortalProcess.AdminPassword);
        using var api = await PortalApi.SignInAsync(fixture.Portal);
        var page = visitor.Page;
        await page.EvaluateAsync("url => Blazor.navigateTo(url)", $"/releases/{(await api.EndedSampleAsync()).Id}/upgrade");
        await page.GetByRole(AriaRole.Button, new() { Name = "Next: your values" }).ClickAsync();
        await Expect(page.Locator("[aria-current=step]")).ToContainTextAsync("Your values");
        await Expect(page.GetByRole(AriaRole.Region, new() { Name = "Your values", Exact = true }).First).ToBeFocusedAsync();
        await page.GoBackAsync();
        await Expect(page.Locator("[aria-current=step]")).ToContainTextAsync("Version");
        await page.GoForwardAsync();
        await Expect(page.Locator("[aria-current=step]")).ToContainTextAsync("Your values");
        Assert.Empty(visitor.Errors);
    }

    private async Task<string> PrepareAsync()
    {
        using var api = await PortalApi.SignInAsync(fixture.Portal);
        var sample = await api.EndedSampleAsync();
        var cluster = (await api.GetAsync<Page<Cluster>>("clusters")).Items.First(c => c.Kind == ClusterKind.Sandbox);
        return (await api.PostAsync<Release>("releases", new AddReleaseRequest(AddReleaseMode.Prepare, cluster.Id, "drafts", "drafts", sample.SourceId, sample.Chart, "1.0.5", "clusterDomain: saved.local\n"))).Id;
    }
}
