using Portal.Cli.Conformance;

namespace Portal.Helm.Tests;

/// <summary>Every case of the conformance suite agrees with Helm 4; <c>iomete-portal conformance</c> runs the same code.</summary>
public sealed class ConformanceTests
{
    private static readonly Suite All = new(ConformanceSuite.Root);

    public static IEnumerable<TheoryDataRow<string>> Families => All.Families().Select(f => new TheoryDataRow<string>(f.Name));

    [Theory]
    [MemberData(nameof(Families))]
    public async Task Every_case_renders_as_Helm_renders_it(string family)
    {
        var cases = All.Families().Single(f => f.Name == family).Cases.ToArray();
        var differences = new List<string>();
        foreach (var item in cases)
        {
            if (await item.RunAsync(TestContext.Current.CancellationToken) is { } difference)
            {
                differences.Add($"{item.Name}\n{difference}");
            }
        }

        Assert.NotEmpty(cases);
        Assert.True(differences.Count == 0, $"{family}: {differences.Count} of {cases.Length} differ from Helm:\n{string.Join("\n", differences)}");
    }
}
