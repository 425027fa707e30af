using Microsoft.Playwright;
using Portal.Helm.Actions;
using Portal.Helm.Charts;
using Portal.Helm.Kube;
using Portal.Helm.Releases;
using Portal.Helm.Yaml;
using Portal.Sandbox;
using Portal.Testing;
using static Microsoft.Playwright.Assertions;

namespace Portal.EndToEnd;

/// <summary>The two ways in: installed from a pasted values file, or adopted as Helm made it on a cluster that is added first.</summary>
[Collection(OnePortal.Name)]
public sealed class When_a_release_comes_under_the_portal(BrowserFixture fixture)
{
    private const string Values = "clusterDomain: pasted.local\nservices:\n  gateway:\n    replicas: 1\n" + SampleValues.Passwords;
    private static readonly string Sample = Path.Combine(PortalProcess.Root, "src", "Portal.Server", "Sample", "iomete-dataplane");

    [Fact]
    public async Task It_is_installed_into_an_empty_namespace_from_a_pasted_values_file()
    {
        var visitor = await fixture.VisitAsync();
        await visitor.SignInAsync("admin", PortalProcess.AdminPassword);
        var page = visitor.Page;
        await page.GetByRole(AriaRole.Link, new() { Name = "Install" }).First.ClickAsync();
        await page.Locator(".monaco-editor").First.WaitForAsync();
        await visitor.ChooseAsync("Cluster", "sandbox");
        await visitor.ChooseAsync("Chart", "iomete-dataplane");
        await visitor.ChooseAsync("Exact version", "1.0.5");
        await page.GetByLabel("Namespace").FillAsync("pasted");
        await page.GetByLabel("Release name").FillAsync("pasted-plane");
        await visitor.PasteAsync(Values);
        await visitor.ShootAsync("install-filled");
        // The chart's settings as a form of the same text, before there is a release.
        await page.GetByText("Form", new() { Exact = true }).ClickAsync();
        await Expect(page.GetByText("clusterDomain").First).ToBeVisibleAsync();
        await visitor.ShootAsync("install-form");
        await page.SetViewportSizeAsync(390, 844);
        await page.GetByText("clusterDomain").First.ScrollIntoViewIfNeededAsync();
        await visitor.ShootAsync("install-form-narrow");
        await page.SetViewportSizeAsync(1440, 900);
        await page.GetByText("Text", new() { Exact = true }).ClickAsync();
        await Expect(page.Locator(".monaco-editor").First).ToContainTextAsync("pasted.local");
        await page.GetByRole(AriaRole.Button, new() { Name = "Next: plan" }).ClickAsync();
        await visitor.StartAsync("A second platform", "Install pasted-plane 1.0.5 on sandbox (Test) now");
        await visitor.SeeEndAsync("Succeeded");
        await page.GetByRole(AriaRole.Link, new() { Name = "pasted-plane" }).First.ClickAsync();
        await Expect(page.GetByText("Healthy").First).ToBeVisibleAsync(new() { Timeout = 60_000 });
        await page.GetByRole(AriaRole.Tab, new() { Name = "Values" }).ClickAsync();
        await Expect(page.GetByText("pasted.local").First).ToBeVisibleAsync();
        Assert.Empty(visitor.Errors);
    }

    [Fact]
    public async Task It_is_adopted_with_its_history_from_a_cluster_that_is_added_first()
    {
        await using var cluster = await SandboxServer.StartAsync(new SandboxOptions());
        await InstallByHelmAsync(cluster.Kubeconfig);
        var visitor = await fixture.VisitAsync();
        await visitor.SignInAsync("admin", PortalProcess.AdminPassword);
        var page = visitor.Page;
        await page.GotoAsync("/clusters");
        await page.GetByRole(AriaRole.Button, new() { Name = "Add a cluster" }).ClickAsync();
        await page.GetByLabel("Name", new() { Exact = true }).FillAsync("elsewhere");
        await page.GetByLabel("Kubeconfig").FillAsync(cluster.Kubeconfig);
        await page.GetByRole(AriaRole.Button, new() { Name = "Add", Exact = true }).ClickAsync();
        await Expect(page.GetByText("Rights on elsewhere")).ToBeVisibleAsync();

        await page.GotoAsync("/adopt");
        await page.Locator(".monaco-editor").First.WaitForAsync();
        await visitor.ChooseAsync("Cluster", "elsewhere");
        await visitor.ChooseAsync("Release that Helm knows there", "by-helm");

        // The wrong file is not taken, and the screen says which key is wrong.
        await Expect(visitor.Select("Exact version")).ToContainTextAsync("1.0.5");
        await visitor.PasteAsync(Values.Replace("pasted.local", "other.local", StringComparison.Ordinal));
        await page.GetByRole(AriaRole.Button, new() { Name = "Adopt", Exact = true }).ClickAsync();
        await Expect(page.GetByText("clusterDomain differs")).ToBeVisibleAsync();
        await visitor.ShootAsync("adopt-differs");
        await visitor.PasteAsync(Values);
        await page.GetByRole(AriaRole.Button, new() { Name = "Adopt", Exact = true }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "by-helm" })).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Tab, new() { Name = "History" }).ClickAsync();
        await Expect(page.GetByText("Made outside the portal")).ToBeVisibleAsync();

        // The browser itself reports the 422 as a failed resource; nothing else may be there.
        Assert.DoesNotContain(visitor.Errors, e => !e.Contains("422", StringComparison.Ordinal));
    }

    private static async Task InstallByHelmAsync(string kubeconfig)
    {
        var cancellation = TestContext.Current.CancellationToken;
        using var kube = KubeClient.FromKubeconfig(kubeconfig);
        var helm = new HelmClient(kube, new SecretReleaseStore(kube, TimeProvider.System), TimeProvider.System);
        var request = new DeployRequest("by-helm", "by-helm", ChartLoader.LoadDirectory(Path.Combine(Sample, "1.0.5")), GoYaml.ReadTable(Values), new ActionOptions { CreateNamespace = true });
        await helm.PerformAsync(await helm.PrepareInstallAsync(request, cancellation), new Nobody(), null, cancellation);
    }

    private sealed class Nobody : IHelmObserver
    {
        public void OnEvent(HelmEvent helmEvent)
        {
        }
    }
}
