using Microsoft.Playwright;
using Portal.Testing;

namespace Portal.EndToEnd;

/// <summary>The stories that share one portal and one browser; each keeps to releases of its own.</summary>
[CollectionDefinition(Name)]
public sealed class OnePortal : ICollectionFixture<BrowserFixture>
{
    public const string Name = "one portal";
}

/// <summary>Walks through pages, with a portal of their own: stories and walks go side by side.</summary>
[CollectionDefinition(Name)]
public sealed class Walks : ICollectionFixture<BrowserFixture>
{
    public const string Name = "walks";
}

/// <summary>What is measured is the portal, and not the stories and kills beside it.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Alone : ICollectionFixture<BrowserFixture>
{
    public const string Name = "alone";
}

/// <summary>One browser and one portal.</summary>
public sealed class BrowserFixture : IAsyncLifetime
{
    private IPlaywright? _playwright;

    public PortalProcess Portal { get; private set; } = null!;

    public IBrowser Browser { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        // Two stories at a time on two cores: what takes a second alone may take many.
        Assertions.SetDefaultExpectTimeout(20_000);
        Portal = await PortalProcess.StartAsync();
        _playwright = await Playwright.CreateAsync();
        Browser = await _playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = Environment.GetEnvironmentVariable("PORTAL_TEST_CHROMIUM") ?? "/usr/bin/chromium",
            Args = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
        });
    }

    /// <summary>A page of a new visitor. What the console calls an error fails the test at its end.</summary>
    public async Task<Visitor> VisitAsync(int width = 1440, int height = 900, ColorScheme scheme = ColorScheme.Light)
    {
        var context = await Browser.NewContextAsync(new BrowserNewContextOptions { BaseURL = Portal.Url, ViewportSize = new ViewportSize { Width = width, Height = height }, ColorScheme = scheme, Permissions = ["clipboard-read", "clipboard-write"] });
        context.SetDefaultTimeout(60_000);
        return new Visitor(await context.NewPageAsync());
    }

    public async ValueTask DisposeAsync()
    {
        await Browser.CloseAsync();
        _playwright?.Dispose();
        await Portal.DisposeAsync();
    }
}

/// <summary>A browser page with the steps that stories share.</summary>
public sealed class Visitor
{
    private readonly List<string> _errors = [];

    public Visitor(IPage page)
    {
        Page = page;
        page.Console += (_, message) =>
        {
            // The first question "who am I" is answered with 401 by design.
            if (message.Type == "error" && !message.Text.Contains("401", StringComparison.Ordinal))
            {
                _errors.Add(message.Text);
            }
        };
        page.PageError += (_, error) => _errors.Add(error);
    }

    public IPage Page { get; }

    public IReadOnlyList<string> Errors => _errors;

    public async Task SignInAsync(string userName, string password)
    {
        await Page.GotoAsync("/");
        await Page.GetByLabel("User name").FillAsync(userName);
        await Page.GetByLabel("Password").FillAsync(password);
        await Page.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
        await Page.GetByRole(AriaRole.Heading, new() { Name = "Releases", Exact = true }).WaitForAsync();
    }

    /// <summary>A list that opens on a click; it shows what is chosen.</summary>
    public ILocator Select(string label) => Page.Locator(".mud-input-control.mud-select").Filter(new() { Has = Page.GetByLabel(label, new() { Exact = true }) });

    /// <summary>Chooses an entry of a list that opens on a click.</summary>
    public async Task ChooseAsync(string label, string entry)
    {
        await Select(label).ClickAsync();
        await Page.Locator(".mud-popover-open .mud-list-item").Filter(new() { HasText = entry }).First.ClickAsync();
    }

    /// <summary>Pastes into the editor, in place of what is there.</summary>
    public async Task PasteAsync(string text)
    {
        await Page.Locator(".monaco-editor .view-lines").First.ClickAsync();
        await Page.Keyboard.PressAsync("Control+A");
        // By the clipboard: what is typed the editor sets in by its own rules.
        await Page.EvaluateAsync("text => navigator.clipboard.writeText(text)", text);
        await Page.Keyboard.PressAsync("Control+V");
    }

    /// <summary>From the plan to the running operation: reason, every warning acknowledged, go.</summary>
    public async Task StartAsync(string reason, string button)
    {
        await Page.GetByText("plan digest").WaitForAsync(new() { Timeout = 120_000 });
        await Page.GetByRole(AriaRole.Button, new() { Name = "Next: request" }).ClickAsync();
        await Page.GetByLabel("Reason").FillAsync(reason);
        foreach (var box in await Page.GetByRole(AriaRole.Checkbox).AllAsync())
        {
            await box.CheckAsync();
        }

        await Page.GetByRole(AriaRole.Button, new() { Name = button }).ClickAsync();
        await Page.GetByRole(AriaRole.Log).WaitForAsync();
    }

    /// <summary>Waits until the operation on the screen has ended so.</summary>
    public Task SeeEndAsync(string state) => Assertions.Expect(Page.Locator(".page-head .chip").First).ToHaveTextAsync(state, new() { Timeout = 150_000 });

    /// <summary>A picture of the whole page in artifacts/screenshots.</summary>
    public async Task ShootAsync(string name)
    {
        var folder = Path.Combine(Environment.GetEnvironmentVariable("PORTAL_ARTIFACTS") ?? Path.Combine(PortalProcess.Root, "artifacts"), "screenshots");
        Directory.CreateDirectory(folder);
        await Page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(folder, name + ".png") });
    }
}
