using System.Diagnostics;
using System.Globalization;
using Portal.Helm.Charts;
using Portal.Helm.Rendering;
using Portal.Helm.Values;

namespace Portal.Benchmarks;

/// <summary>
/// Renders the charts that a table names (a line: name, chart folder, values file, --api-versions and --kube-version), each several times in this process, and prints the mean of the best times:
/// charts that are not part of the project, and are too many for a benchmark each.
/// </summary>
internal static class PreparedCases
{
    private const int Rounds = 7;

    public static void Run(string table)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(table))!;
        var times = new List<(double Best, string Name)>();
        var refused = 0;
        foreach (var cells in File.ReadLines(table).Select(l => l.Split('\t')))
        {
            try
            {
                var chart = ChartLoader.LoadDirectory(Path.Combine(folder, cells[1]));
                var values = cells[2].Length > 0 ? ValuesFile.Read(File.ReadAllText(Path.Combine(folder, cells[2]))) : [];
                times.Add((Best(new ChartRenderer(), chart, values, Of(cells.ElementAtOrDefault(3) ?? "")), cells[0]));
            }
            catch (Exception error) when (error is ChartException or RenderException)
            {
                refused++;
            }
        }

        foreach (var (best, name) in times.OrderDescending().Take(10))
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{best,8:F1} ms  {name}"));
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{times.Count} cases, mean {times.Average(t => t.Best):F1} ms; {refused} refused"));
    }

    private static Capabilities Of(string arguments)
    {
        var given = arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries).Chunk(2).ToLookup(pair => pair[0], pair => pair[^1]);
        var result = Capabilities.Default;
        return result with
        {
            ApiVersions = [.. result.ApiVersions, .. given["--api-versions"]],
            KubeVersion = given["--kube-version"].Select(v => "v" + v).LastOrDefault(result.KubeVersion),
        };
    }

    private static double Best(ChartRenderer renderer, Chart chart, Dictionary<string, object?> values, Capabilities capabilities)
    {
        var best = double.MaxValue;
        for (var i = 0; i < Rounds; i++)
        {
            var watch = Stopwatch.StartNew();
            renderer.Render(chart, values, new ReleaseOptions("rel", "ns"), capabilities);
            best = Math.Min(best, watch.Elapsed.TotalMilliseconds);
        }

        return best;
    }
}
