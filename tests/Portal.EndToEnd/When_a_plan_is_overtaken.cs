using Microsoft.Playwright;
using Portal.Core;
using Portal.Core.Clusters;
using Portal.Core.Operations;
using Portal.Core.Plans;
using Portal.Core.Releases;
using Portal.Testing;
using static Microsoft.Playwright.Assertions;

namespace Portal.EndToEnd;

/// <summary>A password leaves the values, and a plan that somebody else's values overtook gets a new one that says what differs.</summary>
[Collection(OnePortal.Name)]
public sealed class When_a_plan_is_overtaken(BrowserFixture fixture)
{
    private const string Values =
        "clusterDomain: one.local\ndatabase:\n  password: hush-of-the-database # rotate in May\nkeycloak:\n  adminPassword: hush-of-keycloak\njupyter:\n  authToken: hush-of-jupyter\nstorage:\n  settings:\n    secretKey: hush-of-storage\n"
        + "dataPlane:\n  adminUser:\n    temporaryPassword: hush-of-the-admin\n";

    [Fact]
    public async Task A_password_moves_into_a_Secret_and_a_new_plan_says_what_differs()
    {
        using var api = await PortalApi.SignInAsync(fixture.Portal);
        var release = await InstallAsync(api);
        var visitor = await fixture.VisitAsync();
        await visitor.SignInAsync("admin", PortalProcess.AdminPassword);
        var page = visitor.Page;

        await page.GotoAsync($"/releases/{release}?tab=values");
        await page.GetByRole(AriaRole.Button, new() { Name = "Move database.password into a Kubernetes Secret" }).ClickAsync();
        await Expect(page.GetByLabel("Name of the Secret")).ToHaveValueAsync("overtaken-database-password");
        await visitor.ShootAsync("values-move-secret");
        await page.GetByRole(AriaRole.Button, new() { Name = "Create the Secret and save" }).ClickAsync();
        await Expect(page.GetByText("Values revision 2 refers to Secret overtaken-database-password")).ToBeVisibleAsync();
        await Expect(page.Locator(".monaco-editor .view-line").GetByText("passwordSecret").First).ToBeVisibleAsync();
        await visitor.ShootAsync("values-secret-moved");

        await page.GotoAsync($"/releases/{release}/upgrade?version=1.1.0");
        await page.GetByRole(AriaRole.Button, new() { Name = "Next: your values" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Next: plan" }).ClickAsync();
        await page.GetByText("plan digest").WaitForAsync(new() { Timeout = 120_000 });
        await page.GetByRole(AriaRole.Button, new() { Name = "Next: request" }).ClickAsync();
        await page.GetByLabel("Reason").FillAsync("the May release");
        foreach (var box in await page.GetByRole(AriaRole.Checkbox).AllAsync())
        {
            await box.CheckAsync();
        }

        // Somebody else saves in between.
        var text = (await api.GetAsync<Core.Values.ValuesRevision>($"releases/{release}/values/2")).Text;
        await api.SaveValuesAsync(release, 2, text.Replace("one.local", "two.local", StringComparison.Ordinal));
        await page.GetByRole(AriaRole.Button, new() { Name = "Upgrade overtaken" }).ClickAsync();
        await Expect(page.GetByText("This plan is out of date")).ToBeVisibleAsync();
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Next: request" })).ToBeDisabledAsync();
        await visitor.ShootAsync("plan-out-of-date");

        await page.GetByRole(AriaRole.Button, new() { Name = "Make a new plan" }).ClickAsync();
        var differences = page.GetByRole(AriaRole.Region, new() { Name = "What differs from the plan before" });
        await Expect(differences.GetByText("Values revision")).ToBeVisibleAsync(new() { Timeout = 120_000 });
        await Expect(differences.GetByText("Secret/data-plane").First).ToBeVisibleAsync();
        await Expect(page.GetByText("This plan is out of date")).ToBeHiddenAsync();
        await visitor.ShootAsync("plan-differences");
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Next: request" })).ToBeEnabledAsync();
        Assert.All(visitor.Errors, e => Assert.Contains("409", e, StringComparison.Ordinal));
    }

    private static async Task<string> InstallAsync(PortalApi api)
    {
        var sample = await api.EndedSampleAsync();
        var cluster = (await api.GetAsync<Page<Cluster>>("clusters")).Items.First(c => c.Kind == ClusterKind.Sandbox);
        var id = (await api.PostAsync<Release>("releases", new AddReleaseRequest(AddReleaseMode.Prepare, cluster.Id, "overtaken", "overtaken", sample.SourceId, sample.Chart, "1.0.5", Values))).Id;
        var operation = await api.EndAsync(await api.StartAsync(id, new CreatePlanRequest(OperationKind.Install, "1.0.5", Options: new PlanOptionsRequest(Wait: false, NoHooks: true))));
        Assert.Equal(OperationState.Succeeded, operation.State);
        return id;
    }
}
