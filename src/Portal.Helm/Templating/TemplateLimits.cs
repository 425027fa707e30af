namespace Portal.Helm.Templating;

/// <summary>How much a template may do. Charts are other people's code.</summary>
public sealed record TemplateLimits
{
    /// <summary>How deep templates may call each other (include, template, tpl). Helm allows 1000 includes of one name, Go 100,000 levels.</summary>
    public int Depth { get; init; } = 3000;

    /// <summary>How many nodes may be evaluated in one render.</summary>
    public long Steps { get; init; } = 50_000_000;

    /// <summary>How many characters one render may write.</summary>
    public long Output { get; init; } = 64 * 1024 * 1024;

    /// <summary>How long one text may be that a function gives.</summary>
    public int Text { get; init; } = 64 * 1024 * 1024;

    /// <summary>How many items one list or table may have that a function gives.</summary>
    public int Items { get; init; } = 1_000_000;

    /// <summary>How much all functions may give in one render, in characters.</summary>
    public long Made { get; init; } = 1024L * 1024 * 1024;

    /// <summary>How long one render may take.</summary>
    public TimeSpan Time { get; init; } = TimeSpan.FromSeconds(60);
}
