using Portal.Helm.Charts;

namespace Portal.Cli;

/// <summary>What Chart.yaml asks for and charts/ does not have (pkg/action/install.go, CheckDependencies): names alone count.</summary>
internal static class MissingDependencies
{
    /// <summary>Refuses a chart that lacks some. With --dependency-update Helm would fetch them then, and only then.</summary>
    /// <exception cref="ChartException">Some are missing.</exception>
    public static void Refuse(Chart chart, FlagSet flags)
    {
        var missing = chart.Metadata.Dependencies.Where(d => !chart.Dependencies.Any(c => c.Name == d.Name)).Select(d => d.Name).ToArray();
        if (missing.Length == 0)
        {
            return;
        }

        var names = string.Join(", ", missing);
        throw new ChartException(flags.Has("dependency-update")
            ? $"--dependency-update: iomete-portal fetches no dependencies, and these are missing in charts/ directory: {names}. Put them there first"
            : $"an error occurred while checking for chart dependencies. You may need to run 'helm dependency build' to fetch missing dependencies: found in Chart.yaml, but missing in charts/ directory: {names}");
    }
}
