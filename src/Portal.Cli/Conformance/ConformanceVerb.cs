using Portal.Cli.Conformance;

namespace Portal.Cli;

/// <summary><c>conformance</c>: runs a folder of cases with Helm's own results and counts what agrees with Helm 4.</summary>
internal static class ConformanceVerb
{
    public static Verb Verb { get; } = new("conformance", "DIR", "compare the engine with a folder of Helm's results", 1, 1,
    [
        new("failures", FlagKind.Switch, "print every case that differs"),
        new("filter", FlagKind.Text, "only cases whose FAMILY/NAME contains this"),
    ], RunAsync);

    private static async Task<int> RunAsync(FlagSet flags, Terminal terminal, CancellationToken cancellation)
    {
        var suite = new Suite(flags.Words[0]);
        var (passed, failed) = (0, 0);
        foreach (var family in suite.Families())
        {
            var (right, wrong) = (0, 0);
            foreach (var item in family.Cases.Where(c => flags.One("filter") is not { } filter || $"{family.Name}/{c.Name}".Contains(filter, StringComparison.Ordinal)))
            {
                cancellation.ThrowIfCancellationRequested();
                var difference = await item.RunAsync(cancellation);
                right += difference is null ? 1 : 0;
                wrong += difference is null ? 0 : 1;
                if (difference is not null && flags.Has("failures"))
                {
                    await terminal.Output.WriteLineAsync($"FAIL {family.Name}/{item.Name}\n{difference}");
                }
            }

            if (right + wrong > 0)
            {
                await terminal.Output.WriteLineAsync($"{family.Name}: {right} passed, {wrong} failed");
            }

            passed += right;
            failed += wrong;
        }

        await terminal.Output.WriteLineAsync($"{passed} passed, {failed} failed");
        return failed == 0 ? 0 : 1;
    }
}
