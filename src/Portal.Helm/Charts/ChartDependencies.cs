using Portal.Helm.Sprig;
using Portal.Helm.Templating;

namespace Portal.Helm.Charts;

/// <summary>Which subcharts take part, and what a chart takes over from them (helm.sh/docs/topics/charts, chart dependencies; pkg/chart/v2/util/dependencies.go).</summary>
public static class ChartDependencies
{
    /// <summary>
    /// The chart with its enabled subcharts only, each under its alias; <see cref="Dependency.Enabled"/> is set, and the
    /// values that <c>import-values</c> names stand among the chart's own defaults.
    /// </summary>
    /// <exception cref="ChartException">A dependency that Chart.yaml names is not in charts/, or a subchart's values are no table.</exception>
    public static Chart Process(Chart chart, Dictionary<string, object?> user)
    {
        var missing = chart.Metadata.Dependencies.Where(d => !chart.Dependencies.Any(c => c.Name == d.Name)).Select(d => d.Name).ToArray();
        if (missing.Length > 0)
        {
            throw new ChartException($"found in Chart.yaml, but missing in charts/ directory: {string.Join(", ", missing)}");
        }

        return Import(Enable(chart, user, ""));
    }

    // Helm gives a subchart the values of the whole tree and looks its conditions up below the path of the subchart; tags are always the root's.
    private static Chart Enable(Chart chart, Dictionary<string, object?> values, string path)
    {
        var named = chart.Metadata.Dependencies;
        if (named.Count == 0)
        {
            return chart;
        }

        // Subcharts that no dependency names come first, then the named ones in the order of Chart.yaml.
        var present = chart.Dependencies.Where(c => !named.Any(d => Fits(d, c))).ToList();
        foreach (var dependency in named)
        {
            if (chart.Dependencies.FirstOrDefault(c => Fits(dependency, c)) is { } found)
            {
                present.Add(dependency.Alias.Length > 0 ? found with { Metadata = found.Metadata with { Name = dependency.Alias } } : found);
            }
        }

        var all = ChartValues.Coalesce(chart with { Dependencies = present }, values);
        var decided = named
            .Select(d => d.Alias.Length > 0 ? d with { Name = d.Alias } : d)
            .Select(d => d with { Enabled = IsEnabled(d, all, path) })
            .ToList();
        var disabled = decided.Where(d => !d.Enabled).Select(d => d.Name).ToHashSet(StringComparer.Ordinal);
        return chart with
        {
            Metadata = chart.Metadata with { Dependencies = [.. decided.Where(d => !disabled.Contains(d.Name))] },
            Dependencies = [.. present.Where(c => !disabled.Contains(c.Name)).Select(c => Enable(c, all, path + c.Name + "."))],
        };
    }

    private static bool Fits(Dependency dependency, Chart chart) => dependency.Name == chart.Name && FitsVersion(dependency.Version, chart.Metadata.Version);

    private static bool FitsVersion(string constraint, string version) =>
        constraint.Length == 0 || (SemVersion.TryParse(version) is { } v && SemConstraint.TryParse(constraint) is { } c && c.Matches(v));

    // The first condition that is a boolean decides; else the tags; else enabled.
    private static bool IsEnabled(Dependency dependency, Dictionary<string, object?> values, string path)
    {
        foreach (var condition in dependency.Condition.Trim().Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            if (Find(values, path + condition) is bool enabled)
            {
                return enabled;
            }
        }

        var tags = values.GetValueOrDefault("tags") as Dictionary<string, object?> ?? [];
        var known = dependency.Tags.Select(t => tags.GetValueOrDefault(t)).OfType<bool>().ToArray();
        return known.Length == 0 || known.Contains(true);
    }

    // From the leaves up: a chart imports what its subcharts have imported already. The parent's own values win.
    private static Chart Import(Chart chart)
    {
        if (chart.Dependencies.Count > 0)
        {
            chart = chart with { Dependencies = [.. chart.Dependencies.Select(Import)] };
        }

        if (chart.Metadata.Dependencies.Count == 0)
        {
            return chart;
        }

        var own = ChartValues.Merge(chart);
        var imported = new Dictionary<string, object?>(StringComparer.Ordinal);
        foreach (var dependency in chart.Metadata.Dependencies)
        {
            foreach (var import in dependency.ImportValues)
            {
                var (child, parent) = import is Dictionary<string, object?> pair
                    ? (GoFormat.Value(pair.GetValueOrDefault("child")), GoFormat.Value(pair.GetValueOrDefault("parent")))
                    : ("exports." + GoFormat.Value(import), ".");
                if (Find(own, $"{dependency.Name}.{child}") is Dictionary<string, object?> table)
                {
                    ChartValues.Tables(imported, At(parent, GoValue.CopyTable(table)), keepNulls: true);
                }
            }
        }

        ChartValues.Tables(own, imported, keepNulls: true);
        return chart with { Values = own };
    }

    private static Dictionary<string, object?> At(string path, Dictionary<string, object?> table) =>
        path == "." ? table : path.Split('.').Reverse().Aggregate(table, (inner, key) => new Dictionary<string, object?>(StringComparer.Ordinal) { [key] = inner });

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
}
