namespace Portal.Helm.Tests;

/// <summary>What must not get worse: the cases that agree with Helm 4, family by family.</summary>
public sealed class ConformanceTests
{
    public static IEnumerable<TheoryDataRow<string>> Families => ConformanceSuite.SnippetFamilies.Select(f => new TheoryDataRow<string>(f));

    [Theory]
    [MemberData(nameof(Families))]
    public void Snippets_render_as_Helm_renders_them(string family)
    {
        var outcomes = ConformanceSuite.RunSnippets(family);
        Report(family, outcomes);
    }

    [Fact]
    public void Charts_render_as_Helm_renders_them() => Report("charts", [.. ConformanceSuite.RunCharts()]);

    private static void Report(string family, List<ConformanceSuite.Outcome> outcomes)
    {
        var known = KnownDifferences.Load(family);
        var failed = outcomes.Where(o => !o.Passed && !known.Contains(o.Name)).ToArray();
        if (Environment.GetEnvironmentVariable("PORTAL_WRITE_DIFFERENCES") is { Length: > 0 } folder)
        {
            File.WriteAllText(Path.Combine(folder, family + ".txt"), string.Join("\n", outcomes.Where(o => !o.Passed).Select(o => $"### {o.Name}\n{o.Detail}")));
        }

        Assert.True(failed.Length == 0, $"{family}: {outcomes.Count(o => o.Passed)} of {outcomes.Count} as Helm; new differences:\n{string.Join("\n", failed.Select(f => $"{f.Name}\n{f.Detail}"))}");
    }
}
