using Portal.Helm.Charts;

namespace Portal.Cli;

/// <summary>Where a verb writes: results to <paramref name="Output"/>, warnings to <paramref name="Error"/>; <paramref name="Input"/> is what <c>-f -</c> reads.</summary>
internal sealed record Terminal(TextReader Input, TextWriter Output, TextWriter Error)
{
    /// <summary>A warning as Helm 4 logs it: one line, quoted as Go's slog quotes.</summary>
    public void Warn(string text) => Error.WriteLine($"level=WARN msg=\"{text.Replace(@"\", @"\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", @"\n", StringComparison.Ordinal)}\"");

    /// <summary>What Helm says of a dry run on a server that does not have the definitions of crds/ yet (pkg/action/install.go).</summary>
    public void WarnOfDefinitions(IReadOnlyCollection<ChartFile> crds)
    {
        if (crds.Count > 0)
        {
            Warn("This chart or one of its subcharts contains CRDs. Rendering may fail or contain inaccuracies.");
        }
    }
}

/// <summary>One verb of the command: the words that name it, what follows them, how many words it takes, its flags and what it does.</summary>
internal sealed record Verb(string Name, string Arguments, string Help, int Least, int Most, IReadOnlyList<Flag> Flags, Func<FlagSet, Terminal, CancellationToken, Task<int>> Run)
{
    public string Use => $"iomete-portal {Name}{(Arguments.Length > 0 ? " " + Arguments : "")} [flags]";

    /// <summary>Refuses too few or too many words, with Helm's text.</summary>
    /// <exception cref="UsageException">The number of words is wrong.</exception>
    public void CheckWords(int count)
    {
        static string Words(int n) => $"{n} argument{(n == 1 ? "" : "s")}";
        var wrong = count < Least && Least == Most || count > Most && Least == Most ? Most == 0 ? "accepts no arguments" : $"requires {Words(Most)}"
            : count < Least ? $"requires at least {Words(Least)}"
            : count > Most ? $"accepts at most {Words(Most)}"
            : null;
        if (wrong is not null)
        {
            throw new UsageException($"\"iomete-portal {Name}\" {wrong}\n\nUsage:  {Use}");
        }
    }
}
