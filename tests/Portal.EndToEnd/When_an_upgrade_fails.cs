using Microsoft.Playwright;
using Portal.Core;
using Portal.Core.Clusters;
using Portal.Core.Operations;
using Portal.Core.Plans;
using Portal.Core.Releases;
using Portal.Testing;
using static Microsoft.Playwright.Assertions;

namespace Portal.EndToEnd;

/// <summary>The screen names the object and the reason, and says what was done about it.</summary>
[Collection(OnePortal.Name)]
public sealed class When_an_upgrade_fails(BrowserFixture fixture)
{
    private const string Broken = "name: broken\n" + SampleValues.Administrator + SampleValues.Services;

    [Theory]
    [InlineData("image", "1.1.1", null, "cannot pull image", "iom-")]
    [InlineData("secret", "1.1.0", "database:\n  passwordSecret:\n    name: data-plane\n    key: pasword\n", "couldn't find key pasword in Secret", "Deployment/")]
    [InlineData("hook", "1.1.0", "docker:\n  initImage: registry.example.com/iomete/init-fail:1\n", "data-plane-init", "Job/")]
    public async Task The_cause_is_on_the_screen_and_the_release_is_rolled_back(string name, string version, string? values, string reason, string nameOfObject)
    {
        var release = await InstallAsync(name, values);
        var visitor = await fixture.VisitAsync();
        await visitor.SignInAsync("admin", PortalProcess.AdminPassword);
        var page = visitor.Page;
        await page.GotoAsync($"/releases/{release}/upgrade?version={version}");
        await page.GetByRole(AriaRole.Button, new() { Name = "Next: your values" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Next: plan" }).ClickAsync();
        await visitor.StartAsync("To see it fail", $"Upgrade fails-{name} to {version} on sandbox (Test) now");
        var panel = page.GetByRole(AriaRole.Alert).Filter(new() { HasText = reason });
        await Expect(panel).ToBeVisibleAsync(new() { Timeout = 120_000 });
        await visitor.SeeEndAsync("Rolled back");
        await Expect(panel).ToContainTextAsync(nameOfObject);
        await Expect(panel).ToContainTextAsync("revision 1");
        // A long line is cut by the box alone, and the box can be scrolled to its end.
        Assert.True(await page.EvaluateAsync<bool>("[...document.querySelectorAll('.log-line')].every(l => l.scrollWidth <= l.clientWidth)"), "a line is wider than the space it has");
        await visitor.ShootAsync($"failed-{name}");
        Assert.Empty(visitor.Errors);
    }

    // A release of its own, and the values of the upgrade as its second values revision.
    private async Task<string> InstallAsync(string name, string? values)
    {
        using var api = await PortalApi.SignInAsync(fixture.Portal);
        var sample = await api.EndedSampleAsync();
        var cluster = (await api.GetAsync<Page<Cluster>>("clusters")).Items.First(c => c.Kind == ClusterKind.Sandbox);
        var release = await api.PostAsync<Release>("releases", new AddReleaseRequest(AddReleaseMode.Prepare, cluster.Id, $"fails-{name}", $"fails-{name}", sample.SourceId, sample.Chart, "1.0.5", Broken + SampleValues.Database));
        await api.PutAsync($"releases/{release.Id}/policy", new ReleasePolicy(ApprovalRequired: false, RollbackOnFailure: true, GraceSeconds: 5));
        var installed = await api.EndAsync(await api.StartAsync(release.Id, new CreatePlanRequest(OperationKind.Install, "1.0.5")));
        Assert.Equal(OperationState.Succeeded, installed.State);
        if (values is not null)
        {
            await api.SaveValuesAsync(release.Id, editedFrom: 1, Broken + (values.StartsWith("database:", StringComparison.Ordinal) ? values : SampleValues.Database + values));
        }

        return release.Id;
    }
}
