using Microsoft.Playwright;
using Portal.Core;
using Portal.Core.Access;
using Portal.Core.Clusters;
using Portal.Core.Releases;
using Portal.Testing;
using static Microsoft.Playwright.Assertions;

namespace Portal.EndToEnd;

/// <summary>A cluster or a release that was mistyped stayed for ever; a dialog with an error could not be left by the keyboard; a session's end looked like a page that was lost.</summary>
[Collection(OnePortal.Name)]
public sealed class When_something_was_added_by_mistake(BrowserFixture fixture)
{
    private const string Kubeconfig = """
        apiVersion: v1
        kind: Config
        current-context: x
        contexts: [{ name: x, context: { cluster: c, user: u } }]
        clusters: [{ name: c, cluster: { server: "https://127.0.0.1:1" } }]
        users: [{ name: u, user: { token: t } }]
        """;

    private static readonly LocatorAssertionsToBeVisibleOptions Patient = new() { Timeout = 60_000 };

    [Fact]
    public async Task A_cluster_is_refused_added_changed_and_removed()
    {
        var visitor = await fixture.VisitAsync();
        await visitor.SignInAsync("admin", PortalProcess.AdminPassword);
        var page = visitor.Page;
        var dialog = page.GetByRole(AriaRole.Dialog);
        await page.EvaluateAsync("Blazor.navigateTo('/clusters')");
        await page.GetByRole(AriaRole.Button, new() { Name = "Add a cluster" }).ClickAsync();
        await page.GetByLabel("Name", new() { Exact = true }).FillAsync("mistyped");
        await page.GetByLabel("Kubeconfig").FillAsync("not a kubeconfig");
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Add", Exact = true }).ClickAsync();
        await Expect(dialog.GetByRole(AriaRole.Alert)).ToBeVisibleAsync(Patient);
        await visitor.ShootAsync("cluster-refused");
        await page.Keyboard.PressAsync("Escape");
        await Expect(dialog).ToBeHiddenAsync();

        await page.GetByRole(AriaRole.Button, new() { Name = "Add a cluster" }).ClickAsync();
        await page.GetByLabel("Name", new() { Exact = true }).FillAsync("mistyped");
        await page.GetByLabel("Kubeconfig").FillAsync(Kubeconfig);
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Add", Exact = true }).ClickAsync();
        var row = page.GetByRole(AriaRole.Row).Filter(new() { HasText = "mistyped" });
        await Expect(row).ToContainTextAsync("cannot be reached", new() { Timeout = 90_000, IgnoreCase = true });

        await page.GetByRole(AriaRole.Button, new() { Name = "Edit mistyped" }).ClickAsync();
        await Expect(dialog).ToContainTextAsync("Edit mistyped");
        await visitor.ShootAsync("cluster-change");
        await page.GetByRole(AriaRole.Button, new() { Name = "Remove mistyped" }).ClickAsync();
        await Expect(row).ToBeHiddenAsync(new() { Timeout = 60_000 });
        // The first kubeconfig was refused with 422, which the browser counts as an error.
        Assert.DoesNotContain(visitor.Errors, e => !e.Contains("422", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_release_that_nothing_was_done_to_is_removed()
    {
        using var api = await PortalApi.SignInAsync(fixture.Portal);
        var sample = await api.EndedSampleAsync();
        var cluster = (await api.GetAsync<Page<Cluster>>("clusters")).Items.First(c => c.Kind == ClusterKind.Sandbox);
        var release = await api.PostAsync<Release>("releases", new AddReleaseRequest(AddReleaseMode.Prepare, cluster.Id, "mistaken", "mistaken", sample.SourceId, sample.Chart, "1.0.5", ""));
        var visitor = await fixture.VisitAsync();
        await visitor.SignInAsync("admin", PortalProcess.AdminPassword);
        var page = visitor.Page;
        await page.EvaluateAsync("url => Blazor.navigateTo(url)", $"/releases/{release.Id}");
        await page.GetByRole(AriaRole.Button, new() { Name = "More" }).ClickAsync();
        await page.GetByText("Remove from the portal").ClickAsync();
        await Expect(page.GetByRole(AriaRole.Dialog)).ToContainTextAsync("Nothing of it is installed.");
        await visitor.ShootAsync("release-remove");
        await page.GetByRole(AriaRole.Button, new() { Name = "Remove mistaken" }).ClickAsync();
        await page.GetByRole(AriaRole.Heading, new() { Name = "Releases", Exact = true }).WaitForAsync();
        await Expect(page.GetByText("data-plane").First).ToBeVisibleAsync(Patient);
        await Expect(page.GetByText("mistaken")).ToBeHiddenAsync();
        Assert.Empty(visitor.Errors);
    }

    [Fact]
    public async Task Whose_session_ends_is_told_so_and_goes_on_where_he_was()
    {
        using var api = await PortalApi.SignInAsync(fixture.Portal);
        await api.PostAsync<User>("users", new CreateUserRequest("leaver", "Leaver", [Role.Viewer], PortalProcess.AdminPassword));
        var visitor = await fixture.VisitAsync();
        await visitor.SignInAsync("leaver", PortalProcess.AdminPassword);
        var page = visitor.Page;
        await page.EvaluateAsync("Blazor.navigateTo('/catalog')");
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Catalog", Exact = true })).ToBeVisibleAsync();
        // Signed out in another window.
        await page.EvaluateAsync("fetch('/api/v1/session', { method: 'DELETE' })");
        await Expect(page.GetByText("Your session has ended.")).ToBeVisibleAsync(Patient);
        await visitor.ShootAsync("session-ended");
        await page.GetByLabel("User name").FillAsync("leaver");
        await page.GetByLabel("Password").FillAsync(PortalProcess.AdminPassword);
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Catalog", Exact = true })).ToBeVisibleAsync(Patient);
    }
}
