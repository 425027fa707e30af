using Portal.Helm.Sprig;

namespace Portal.Helm.Charts;

/// <summary>Which subcharts take part: aliases, conditions and tags of Chart.yaml (helm.sh/docs/topics/charts, chart dependencies).</summary>
public static class ChartDependencies
{
    /// <summary>The chart with its enabled subcharts only, each under its alias.</summary>
    /// <exception cref="ChartException">A dependency that Chart.yaml names is not in charts/.</exception>
    public static Chart Process(Chart chart, Dictionary<string, object?> user)
    {
        if (chart.Metadata.Dependencies.Count == 0)
        {
            return chart.Dependencies.Count == 0 ? chart : chart with { Dependencies = [.. chart.Dependencies.Select(d => Process(d, Table(user, d.Name)))] };
        }

        var missing = chart.Metadata.Dependencies.Where(d => !chart.Dependencies.Any(c => c.Name == d.Name)).Select(d => d.Name).ToArray();
        if (missing.Length > 0)
        {
            throw new ChartException($"found in Chart.yaml, but missing in charts/ directory: {string.Join(", ", missing)}");
        }

        var values = ChartValues.Coalesce(chart, user);
        var result = new List<Chart>();
        foreach (var child in chart.Dependencies)
        {
            var named = chart.Metadata.Dependencies.Where(d => d.Name == child.Name && Fits(d.Version, child.Metadata.Version)).ToArray();
            if (named.Length == 0)
            {
                // Subcharts in charts/ that no dependency names are rendered.
                if (!chart.Metadata.Dependencies.Any(d => d.Name == child.Name))
                {
                    result.Add(Process(child, Table(user, child.Name)));
                }

                continue;
            }

            foreach (var dependency in named)
            {
                var name = dependency.Alias.Length > 0 ? dependency.Alias : child.Name;
                if (IsEnabled(dependency, values))
                {
                    var renamed = name == child.Name ? child : child with { Metadata = child.Metadata with { Name = name } };
                    result.Add(Process(renamed, Table(user, name)));
                }
            }
        }

        return chart with { Dependencies = result };
    }

    private static bool Fits(string constraint, string version) =>
        constraint.Length == 0 || SemVersion.TryParse(version) is not { } v || SemConstraint.TryParse(constraint) is not { } c || c.Matches(v);

    // The first condition that is a boolean decides; else the tags; else enabled.
    private static bool IsEnabled(Dependency dependency, Dictionary<string, object?> values)
    {
        foreach (var path in dependency.Condition.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (Find(values, path) is bool enabled)
            {
                return enabled;
            }
        }

        var tags = Table(values, "tags");
        var known = dependency.Tags.Where(t => tags.GetValueOrDefault(t) is bool).Select(t => (bool)tags[t]!).ToArray();
        return known.Length == 0 || known.Contains(true);
    }

    private static object? Find(Dictionary<string, object?> values, string path)
    {
        object? at = values;
        foreach (var key in path.Split('.'))
        {
            if (at is not Dictionary<string, object?> table || !table.TryGetValue(key, out at))
            {
                return null;
            }
        }

        return at;
    }

    private static Dictionary<string, object?> Table(Dictionary<string, object?> values, string key) => values.GetValueOrDefault(key) as Dictionary<string, object?> ?? [];
}
