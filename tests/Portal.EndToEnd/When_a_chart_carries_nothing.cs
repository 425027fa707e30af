using System.Net.Http.Headers;
using System.Text;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;
using Portal.Core;
using Portal.Core.Catalog;
using Portal.Core.Operations;
using Portal.Core.Plans;
using Portal.Core.Releases;
using Portal.Helm.Charts;
using Portal.Testing;
using static Microsoft.Playwright.Assertions;

namespace Portal.EndToEnd;

/// <summary>A vendor's chart without changelog, guide or migrations, on a portal without a network: a release pack uploaded in the browser makes its upgrade understandable.</summary>
[Collection(Walks.Name)]
public sealed class When_a_chart_carries_nothing(BrowserFixture fixture)
{
    private const string Chart = "bare-mailer";
    private const string Values = "# where mail goes\nmail:\n  host: smtp.example.com # the relay\n  retries: 5\n";
    private const string Pack = """
        name: bare-mailer
        charts: [bare-mailer]
        migrations:
          - { version: "2.0.0", kind: move, from: "mail.*", to: "smtp.*" }
        versions:
          - version: "2.0.0"
            changes:
              - { kind: breaking, text: "`mail.*` is now called `smtp.*`." }
              - { kind: added, text: "Letters can be coloured." }
            guide: |
              Nobody sends while it **restarts**.
            steps:
              - { kind: admin-only, when: before, text: "Make the Role for the mailer.", check: { apiVersion: rbac.authorization.k8s.io/v1, kind: Role, name: mailer } }
              - { kind: restart, when: after, text: "Restart the mailer." }

        """;

    private static readonly LocatorAssertionsToBeVisibleOptions Patient = new() { Timeout = 60_000 };
    private static readonly LocatorAssertionsToContainTextOptions PatientText = new() { Timeout = 60_000 };

    [Fact]
    public async Task It_becomes_useful_by_a_release_pack_alone()
    {
        using var api = await PortalApi.SignInAsync(fixture.Portal);
        var release = await InstallAsync(api);
        var visitor = await fixture.VisitAsync();
        await visitor.SignInAsync("admin", PortalProcess.AdminPassword);
        var page = visitor.Page;

        // Nothing is known at first.
        await page.GotoAsync($"/releases/{release}/upgrade?version=2.0.0");
        await Expect(page.GetByText("Neither the chart nor a release pack says anything about changes.")).ToBeVisibleAsync(Patient);

        // The operator brings what the vendor told.
        await page.GotoAsync("/catalog");
        var chooser = await page.RunAndWaitForFileChooserAsync(() => page.GetByRole(AriaRole.Button, new() { Name = "Upload a pack" }).ClickAsync());
        await chooser.SetFilesAsync(new FilePayload { Name = "bare-mailer.yaml", MimeType = "application/yaml", Buffer = Encoding.UTF8.GetBytes(Pack) });
        await page.GetByRole(AriaRole.Region, new() { Name = "Release packs" }).GetByRole(AriaRole.Link, new() { Name = "bare-mailer", Exact = true }).ClickAsync(new() { Timeout = 60_000 });
        await page.Locator(".monaco-editor").First.WaitForAsync();
        await visitor.ShootAsync("pack-1440-light");
        await page.GotoAsync("/catalog");
        await Expect(page.GetByRole(AriaRole.Link, new() { Name = "iomete-data-plane", Exact = true })).ToBeVisibleAsync(Patient);
        await visitor.ShootAsync("catalog-packs-1440-light");

        // What concerns the release comes first, because of the keys that it sets.
        await page.GotoAsync($"/releases/{release}/upgrade?version=2.0.0");
        await Expect(page.GetByRole(AriaRole.Region, new() { Name = "Concerns you" })).ToContainTextAsync("because of mail.host, mail.retries", PatientText);
        await Expect(page.GetByText("Letters can be coloured")).ToBeVisibleAsync(Patient);
        await visitor.ShootAsync("briefing-1440-light");

        // The override report proposes the move, and applying it makes a values revision.
        await page.GetByRole(AriaRole.Button, new() { Name = "Next: your values" }).ClickAsync();
        var report = page.GetByRole(AriaRole.Region, new() { Name = "Override report" });
        await Expect(report).ToContainTextAsync("2 keys need your attention.", PatientText);
        await Expect(report).ToContainTextAsync("→ smtp.host", PatientText);
        await Expect(page.GetByText("Nobody sends while it")).ToBeVisibleAsync(Patient);
        await visitor.ShootAsync("overrides-1440-light");
        await page.GetByRole(AriaRole.Button, new() { Name = "Apply 2 proposals" }).ClickAsync();
        await Expect(report).ToContainTextAsync("Nothing of your values needs a change for 2.0.0.", PatientText);
        var saved = await api.GetAsync<Core.Values.ValuesRevision>($"releases/{release}/values/2");
        Assert.Contains("  host: smtp.example.com # the relay", saved.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("mail:", saved.Text, StringComparison.Ordinal);

        // The plan is a checklist; the runbook takes it along.
        await page.GetByRole(AriaRole.Button, new() { Name = "Next: plan" }).ClickAsync();
        var steps = page.GetByRole(AriaRole.Region, new() { Name = "Steps by hand" });
        await Expect(steps).ToContainTextAsync("There is no Role/mailer.", PatientText);
        await Expect(steps).ToContainTextAsync("Restart the mailer.", PatientText);
        await visitor.ShootAsync("plan-steps-1440-light");
        Assert.Contains("- [ ] **cluster admin** (2.0.0) Make the Role for the mailer. There is no Role/mailer.", await ExportAsync(page, "Runbook (Markdown)"), StringComparison.Ordinal);
        Assert.Contains("\"command\":\"helm upgrade bare-mailer", await ExportAsync(page, "Everything (JSON)"), StringComparison.Ordinal);
        Assert.StartsWith("helm upgrade bare-mailer ./bare-mailer-2.0.0.tgz", await ExportAsync(page, "The helm command"), StringComparison.Ordinal);
        Assert.Contains("smtp:", await ExportAsync(page, "Values file without secrets"), StringComparison.Ordinal);

        // A step that is not seen to be done has to be acknowledged by name.
        await page.GetByRole(AriaRole.Button, new() { Name = "Next: request" }).ClickAsync();
        await page.GetByLabel("Reason").FillAsync("The vendor told us");
        var go = page.GetByRole(AriaRole.Button, new() { Name = "Upgrade bare-mailer to 2.0.0 on sandbox (Test) now" });
        await Expect(go).ToBeDisabledAsync();
        await page.GetByLabel("I know: Before 2.0.0: Make the Role for the mailer.").CheckAsync();
        foreach (var box in await page.GetByRole(AriaRole.Checkbox).AllAsync())
        {
            await box.CheckAsync();
        }

        await visitor.ShootAsync("acknowledge-1440-light");
        await go.ClickAsync();
        await page.GetByRole(AriaRole.Log).WaitForAsync();
        await visitor.SeeEndAsync("Succeeded");
        Assert.Empty(visitor.Errors);
    }

    [Theory]
    [InlineData(1440, 900, ColorScheme.Light)]
    [InlineData(390, 844, ColorScheme.Dark)]
    public async Task Its_screens_can_be_used_by_everybody(int width, int height, ColorScheme scheme)
    {
        using var api = await PortalApi.SignInAsync(fixture.Portal);
        var sample = await api.EndedSampleAsync();
        var values = "dataPlane:\n  adminUser:\n    email: ana@example.com\n    temporaryPassword: own-password-1\nranger:\n  enabled: true\nclusterDomain: other.local\n" + SampleValues.Services + SampleValues.Database;
        var name = $"packed-{width}";
        var release = (await api.PostAsync<Release>("releases", new AddReleaseRequest(AddReleaseMode.Prepare, sample.ClusterId, name, name, sample.SourceId, sample.Chart, "1.0.5", values))).Id;
        await api.EndAsync(await api.StartAsync(release, new CreatePlanRequest(OperationKind.Install, "1.0.5", Options: new PlanOptionsRequest(Wait: false))));

        var visitor = await fixture.VisitAsync(width, height, scheme);
        await visitor.SignInAsync("admin", PortalProcess.AdminPassword);
        var page = visitor.Page;
        var shot = $"{width}-{scheme.ToString().ToLowerInvariant()}";
        var faults = new List<string>();
        async Task LookAsync(string screen)
        {
            await page.WaitForLoadStateAsync(LoadState.NetworkIdle);
            await visitor.ShootAsync($"{screen}-{shot}");
            var result = await page.RunAxe();
            faults.AddRange(result.Violations.Where(v => v.Impact is "serious" or "critical").Select(v => $"{screen}: {v.Id}: {string.Join(" | ", v.Nodes.Take(2).Select(n => n.Html))}"));
        }

        await page.GotoAsync("/catalog/packs/iomete-data-plane");
        await page.Locator(".monaco-editor .view-lines").First.WaitForAsync();
        await LookAsync("shipped-pack");
        await page.GotoAsync($"/releases/{release}/upgrade?version=2.0.0");
        await page.GetByRole(AriaRole.Region, new() { Name = "Concerns you" }).WaitForAsync();
        await LookAsync("sample-briefing");
        await page.GetByRole(AriaRole.Button, new() { Name = "Next: your values" }).ClickAsync();
        await page.GetByText("keys need your attention").WaitForAsync();
        await LookAsync("sample-overrides");
        await page.GetByRole(AriaRole.Button, new() { Name = "Next: plan" }).ClickAsync();
        await page.GetByText("plan digest").WaitForAsync(new() { Timeout = 120_000 });
        await LookAsync("sample-plan");
        await page.GetByRole(AriaRole.Button, new() { Name = "Check from the cluster…" }).ClickAsync();
        await page.GetByLabel("Addresses, one a line").FillAsync("db.example.com:3306");
        await page.GetByRole(AriaRole.Button, new() { Name = "Check now" }).ClickAsync();
        await page.GetByRole(AriaRole.Cell, new() { Name = "db.example.com:3306" }).WaitForAsync(new() { Timeout = 90_000 });
        await LookAsync("reachability");

        // The same report stands beside the editor, for whoever prepares an upgrade.
        await page.GotoAsync($"/releases/{release}?tab=values");
        await page.Locator(".monaco-editor .view-lines").First.WaitForAsync();
        await visitor.ChooseAsync("Check your overrides against version", "2.0.0");
        await page.GetByText("keys need your attention").WaitForAsync();
        await LookAsync("values-overrides");
        Assert.True(faults.Count == 0, string.Join("\n", faults));
        Assert.Empty(visitor.Errors);
    }

    private static async Task<string> ExportAsync(IPage page, string format)
    {
        await page.GetByRole(AriaRole.Button, new() { Name = "Export the plan" }).ClickAsync();
        var download = await page.RunAndWaitForDownloadAsync(() => page.GetByRole(AriaRole.Menuitem, new() { Name = format }).Or(page.GetByText(format, new() { Exact = true })).First.ClickAsync());
        return await File.ReadAllTextAsync(await download.PathAsync());
    }

    private static async Task<string> InstallAsync(PortalApi api)
    {
        foreach (var (version, key) in new[] { ("1.0.0", "mail"), ("2.0.0", "smtp") })
        {
            (string Path, string Text)[] files =
            [
                ("Chart.yaml", $"apiVersion: v2\nname: {Chart}\nversion: {version}\n"),
                ("values.yaml", $"{key}:\n  host: localhost\n  retries: 3\n"),
                ("templates/config.yaml", $"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: mailer\ndata:\n  host: {{{{ .Values.{key}.host | quote }}}}\n  retries: {{{{ .Values.{key}.retries | quote }}}}\n"),
            ];
            var content = new ByteArrayContent(ChartArchive.Pack(ChartLoader.Load([.. files.Select(f => new ChartFile(f.Path, Encoding.UTF8.GetBytes(f.Text)))])));
            content.Headers.ContentType = new MediaTypeHeaderValue("application/gzip");
            Assert.True((await api.Http.PostAsync(new Uri("/api/v1/charts/uploads", UriKind.Relative), content)).IsSuccessStatusCode);
        }

        var uploads = (await api.GetAsync<Page<ChartSource>>("chart-sources")).Items.Single(s => s.Kind == ChartSourceKind.Upload).Id;
        var cluster = (await api.GetAsync<Page<Core.Clusters.Cluster>>("clusters")).Items.Single(c => c.Name == "sandbox").Id;
        var release = (await api.PostAsync<Release>("releases", new AddReleaseRequest(AddReleaseMode.Prepare, cluster, Chart, Chart, uploads, Chart, "1.0.0", Values))).Id;
        await api.EndAsync(await api.StartAsync(release, new CreatePlanRequest(OperationKind.Install, "1.0.0")));
        return release;
    }
}
