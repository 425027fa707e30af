namespace Portal.Helm.Tests;

/// <summary>Where the conformance suite lies (see its README).</summary>
internal static class ConformanceSuite
{
    public static string Root { get; } = Path.Combine(AppContext.BaseDirectory, "Conformance");
}
