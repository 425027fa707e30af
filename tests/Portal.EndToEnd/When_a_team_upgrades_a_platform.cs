using Microsoft.Playwright;
using Portal.Testing;
using static Microsoft.Playwright.Assertions;

namespace Portal.EndToEnd;

/// <summary>The main job: look, edit values, see the difference, plan, get it approved, upgrade, watch, roll back.</summary>
[Collection(OnePortal.Name)]
public sealed class When_a_team_upgrades_a_platform(BrowserFixture fixture)
{
    private static readonly LocatorAssertionsToBeVisibleOptions Patient = new() { Timeout = 120_000 };

    [Fact]
    public async Task The_whole_story_works_in_a_browser()
    {
        var admin = await fixture.VisitAsync();
        await admin.SignInAsync("admin", PortalProcess.AdminPassword);
        var page = admin.Page;

        // The sample is installed by an ordinary operation of the first start.
        await page.GetByRole(AriaRole.Link, new() { Name = "data-plane", Exact = true }).ClickAsync();
        await Expect(page.GetByText("Healthy").First).ToBeVisibleAsync(Patient);
        await Expect(page.GetByText("iom-gateway").First).ToBeVisibleAsync(Patient);
        await admin.ShootAsync("release");

        // Edit the values; the difference of the two revisions is shown by key.
        await page.GetByRole(AriaRole.Tab, new() { Name = "Values" }).ClickAsync();
        await page.Locator(".monaco-editor").First.WaitForAsync();
        await Expect(page.GetByText("__portal_secret").First).ToBeVisibleAsync();
        await page.Locator(".monaco-editor .view-lines").First.ClickAsync();
        await page.Keyboard.PressAsync("Control+End");
        await page.Keyboard.PressAsync("Enter");
        // The editor indents like the line above.
        await page.Keyboard.PressAsync("Shift+Tab");
        await page.Keyboard.TypeAsync("clusterDomain: example.local");
        await page.GetByRole(AriaRole.Button, new() { Name = "Save values…" }).ClickAsync();
        await page.GetByLabel("What did you change?").FillAsync("Another cluster domain");
        await admin.ShootAsync("values-save");
        await page.GetByRole(AriaRole.Button, new() { Name = "Save revision 2" }).ClickAsync();
        await Expect(page.GetByText("Values revision 2 saved")).ToBeVisibleAsync();

        // A second person approves from now on.
        await page.GetByRole(AriaRole.Tab, new() { Name = "Policy" }).ClickAsync();
        await page.GetByLabel("A second person approves every change").CheckAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Save policy" }).ClickAsync();
        await Expect(page.GetByText("Policy saved")).ToBeVisibleAsync();
        await AddApproverAsync(page);

        // Plan the upgrade to 1.1.0 and ask for it.
        await page.GotoAsync("/");
        await page.GetByRole(AriaRole.Link, new() { Name = "data-plane", Exact = true }).ClickAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Upgrade" }).First.ClickAsync();
        await page.GetByRole(AriaRole.Radio, new() { Name = "1.1.0" }).CheckAsync();
        await Expect(page.GetByText("Ingress for the gateway").First).ToBeVisibleAsync();
        await admin.ShootAsync("upgrade-version");
        await page.GetByRole(AriaRole.Button, new() { Name = "Next: your values" }).ClickAsync();
        await admin.ShootAsync("upgrade-values");
        await page.GetByRole(AriaRole.Button, new() { Name = "Next: plan" }).ClickAsync();
        await Expect(page.GetByText("plan digest")).ToBeVisibleAsync(Patient);
        await admin.ShootAsync("upgrade-plan");
        await page.GetByRole(AriaRole.Button, new() { Name = "Next: request" }).ClickAsync();
        await page.GetByLabel("Reason").FillAsync("The gateway drops requests while it restarts");
        await AcknowledgeAsync(page);
        await admin.ShootAsync("upgrade-request");
        await page.GetByRole(AriaRole.Button, new() { Name = "Request approval: upgrade data-plane to 1.1.0" }).ClickAsync();
        await Expect(page.GetByText("Awaiting approval").First).ToBeVisibleAsync();
        var operation = page.Url;

        // Never one's own request.
        await page.GetByRole(AriaRole.Link, new() { Name = "See the request" }).ClickAsync();
        await Expect(page.GetByText("This is your own request")).ToBeVisibleAsync();

        var approver = await fixture.VisitAsync();
        await approver.SignInAsync("ada", "another-long-password");
        await approver.Page.GotoAsync("/approvals");
        await approver.Page.GetByRole(AriaRole.Link, new() { Name = "Upgrade to 1.1.0" }).ClickAsync();
        await approver.ShootAsync("approval");
        await approver.Page.GetByLabel("Comment").FillAsync("Go ahead");
        await approver.Page.GetByRole(AriaRole.Button, new() { Name = "Approve" }).ClickAsync();

        // The log arrives line by line; the new revision is in the history.
        await page.GotoAsync(operation);
        await Expect(page.Locator(".log-line").First).ToBeVisibleAsync(Patient);
        await admin.ShootAsync("operation-running");
        await Expect(page.Locator(".page-head .chip").First).ToHaveTextAsync("Succeeded", new() { Timeout = 120_000 });
        await admin.ShootAsync("operation-done");
        await page.GetByRole(AriaRole.Link, new() { Name = "data-plane" }).First.ClickAsync();
        await page.GetByRole(AriaRole.Tab, new() { Name = "History" }).ClickAsync();
        await Expect(page.GetByText("approved by ada")).ToBeVisibleAsync();
        await admin.ShootAsync("history");

        // Back again, approved as well.
        await page.GetByRole(AriaRole.Link, new() { Name = "Roll back to 1" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Next: plan" }).ClickAsync();
        await Expect(page.GetByText("plan digest")).ToBeVisibleAsync(Patient);
        await admin.ShootAsync("rollback-plan");
        await page.GetByRole(AriaRole.Button, new() { Name = "Next: request" }).ClickAsync();
        await page.GetByLabel("Reason").FillAsync("Back to what we know");
        await AcknowledgeAsync(page);
        await page.GetByRole(AriaRole.Button, new() { Name = "Request approval: roll back data-plane to revision 1" }).ClickAsync();
        await Expect(page.GetByText("Awaiting approval").First).ToBeVisibleAsync();
        var rollback = page.Url;
        await approver.Page.GotoAsync(rollback.Replace("/operations/", "/approvals/", StringComparison.Ordinal));
        await approver.Page.GetByRole(AriaRole.Button, new() { Name = "Approve" }).ClickAsync();
        await page.GotoAsync(rollback);
        await Expect(page.Locator(".page-head .chip").First).ToHaveTextAsync("Succeeded", new() { Timeout = 120_000 });

        Assert.Empty(admin.Errors);
        Assert.Empty(approver.Errors);
    }

    private static async Task AddApproverAsync(IPage page)
    {
        await page.GotoAsync("/settings");
        await page.GetByRole(AriaRole.Button, new() { Name = "Add a user" }).ClickAsync();
        await page.GetByLabel("New user name").FillAsync("ada");
        await page.GetByLabel("First password").FillAsync("another-long-password");
        await page.GetByLabel("Approver").CheckAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Add", Exact = true }).ClickAsync();
        await Expect(page.GetByText("ada").First).ToBeVisibleAsync();
    }

    private static async Task AcknowledgeAsync(IPage page)
    {
        foreach (var box in await page.GetByRole(AriaRole.Checkbox).AllAsync())
        {
            await box.CheckAsync();
        }
    }
}
