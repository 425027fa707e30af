using Portal.Helm.Templating;

namespace Portal.Helm.Charts;

/// <summary>A user's values over a chart's defaults, through the tree of subcharts (pkg/chart/common/util, CoalesceValues).</summary>
public static class ChartValues
{
    /// <summary>The values that the templates of a chart see: the user's win, a user's null removes a default, globals reach every subchart.</summary>
    public static Dictionary<string, object?> Coalesce(Chart chart, Dictionary<string, object?> user)
    {
        var values = GoValue.CopyTable(user);
        return Chart(chart, values);
    }

    private static Dictionary<string, object?> Chart(Chart chart, Dictionary<string, object?> values)
    {
        foreach (var (key, fallback) in chart.Values)
        {
            if (!values.TryGetValue(key, out var present))
            {
                if (fallback is not null)
                {
                    values[key] = Clean(GoValue.DeepCopy(fallback));
                }
            }
            else if (present is null)
            {
                values.Remove(key);
            }
            else if (present is Dictionary<string, object?> table && fallback is Dictionary<string, object?> defaults)
            {
                Tables(table, defaults);
            }
        }

        foreach (var subchart in chart.Dependencies)
        {
            if (values.TryGetValue(subchart.Name, out var own) && own is not Dictionary<string, object?> && own is not null)
            {
                throw new ChartException($"type mismatch on {subchart.Name}: {GoValue.TypeName(own)}");
            }

            var table = own as Dictionary<string, object?> ?? [];
            values[subchart.Name] = table;
            Globals(table, values);
            Chart(subchart, table);
        }

        return values;
    }

    /// <summary>Fills what the user's table lacks from the defaults; a null of the user removes the key.</summary>
    internal static void Tables(Dictionary<string, object?> table, Dictionary<string, object?> defaults)
    {
        foreach (var (key, fallback) in defaults)
        {
            if (!table.TryGetValue(key, out var present))
            {
                if (fallback is not null)
                {
                    table[key] = Clean(GoValue.DeepCopy(fallback));
                }
            }
            else if (present is null)
            {
                table.Remove(key);
            }
            else if (present is Dictionary<string, object?> inner && fallback is Dictionary<string, object?> other)
            {
                Tables(inner, other);
            }
        }
    }

    // Helm 4: a null in the chart's own defaults is no key.
    private static object? Clean(object? value)
    {
        if (value is Dictionary<string, object?> table)
        {
            foreach (var key in table.Where(p => p.Value is null).Select(p => p.Key).ToArray())
            {
                table.Remove(key);
            }

            foreach (var item in table.Values)
            {
                Clean(item);
            }
        }

        return value;
    }

    private static void Globals(Dictionary<string, object?> child, Dictionary<string, object?> parent)
    {
        var source = parent.GetValueOrDefault("global") as Dictionary<string, object?> ?? [];
        var target = child.GetValueOrDefault("global") as Dictionary<string, object?> ?? [];
        foreach (var (key, value) in source)
        {
            if (value is Dictionary<string, object?> table)
            {
                var merged = GoValue.CopyTable(table);
                if (target.GetValueOrDefault(key) is Dictionary<string, object?> own)
                {
                    Tables(own, merged);
                }
                else
                {
                    target[key] = merged;
                }
            }
            else
            {
                target[key] = value;
            }
        }

        child["global"] = target;
    }
}
