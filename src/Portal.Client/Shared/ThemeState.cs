using MudBlazor;

namespace Portal.Client.Shared;

/// <summary>Light or dark, remembered in the browser, and the one theme object.</summary>
public sealed class ThemeState
{
    public bool Dark { get; private set; }

    public event Action? Changed;

    public MudTheme Theme { get; } = new()
    {
        PaletteLight = new PaletteLight
        {
            Primary = "#1f5fbf", AppbarBackground = "#1c2a3a", AppbarText = "#ffffff", Background = "#fbfcfd", BackgroundGray = "#eef1f4", Surface = "#ffffff", DrawerBackground = "#f3f5f7",
            TextPrimary = "#1b2430", TextSecondary = "#526071", LinesDefault = "#d8dee5", LinesInputs = "#7d8a99", Error = "#b3261e", Success = "#17692f", Warning = "#8a5200",
            TextDisabled = "#526071", ActionDisabled = "#526071", ActionDisabledBackground = "#eef1f4",
        },
        PaletteDark = new PaletteDark
        {
            Primary = "#8ab4f8", PrimaryContrastText = "#10151b", AppbarBackground = "#10151b", AppbarText = "#f2f5f8", Background = "#14181d", BackgroundGray = "#232a32", Surface = "#1a1f26", DrawerBackground = "#171c22",
            TextPrimary = "#e6eaef", TextSecondary = "#a9b4c0", LinesDefault = "#333c46", LinesInputs = "#7d8a99", Error = "#ff8a80", ErrorContrastText = "#10151b", Success = "#62c97e", Warning = "#f0b255",
            TextDisabled = "#a9b4c0", ActionDisabled = "#a9b4c0", ActionDisabledBackground = "#232a32",
        },
        Typography = new Typography
        {
            Default = new DefaultTypography { FontFamily = ["system-ui", "-apple-system", "Segoe UI", "Roboto", "Helvetica Neue", "Arial", "sans-serif"], FontSize = "0.9375rem", LetterSpacing = "normal" },
            Button = new ButtonTypography { TextTransform = "none", FontWeight = "500", LetterSpacing = "normal" },
        },
        LayoutProperties = new LayoutProperties { DefaultBorderRadius = "6px", DrawerWidthLeft = "232px" },
    };

    public void Set(bool dark)
    {
        Dark = dark;
        Changed?.Invoke();
    }
}
