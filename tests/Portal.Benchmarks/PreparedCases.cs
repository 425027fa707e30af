using System.Diagnostics;
using System.Globalization;
using Portal.Helm.Charts;
using Portal.Helm.Rendering;
using Portal.Helm.Values;

namespace Portal.Benchmarks;

/// <summary>
/// Renders the charts that a table names (a line: name, chart folder, values file), each several times in this process, and prints the mean of the best times:
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
                times.Add((Best(new ChartRenderer(), chart, values), cells[0]));
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

    private static double Best(ChartRenderer renderer, Chart chart, Dictionary<string, object?> values)
    {
        var best = double.MaxValue;
        for (var i = 0; i < Rounds; i++)
        {
            var watch = Stopwatch.StartNew();
            renderer.Render(chart, values, new ReleaseOptions("rel", "ns"));
            best = Math.Min(best, watch.Elapsed.TotalMilliseconds);
        }

        return best;
    }
}
