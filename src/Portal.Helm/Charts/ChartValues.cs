using Portal.Helm.Templating;

namespace Portal.Helm.Charts;

/// <summary>
/// A user's values over a chart's defaults, through the tree of subcharts (pkg/chart/common/util/coalesce.go).
/// Coalescing drops nulls, merging keeps them for a later round.
/// </summary>
public static class ChartValues
{
    private const string Global = "global";

    /// <summary>The values that the templates of a chart see: the user's win, a user's null removes a default, globals reach every subchart.</summary>
    /// <exception cref="ChartException">The values of a subchart are no table.</exception>
    public static Dictionary<string, object?> Coalesce(Chart chart, Dictionary<string, object?> user)
    {
        var values = GoValue.CopyTable(user);
        Fill(chart, values, keepNulls: false);
        return values;
    }

    /// <summary>The defaults of a chart and its subcharts as one tree, nulls kept.</summary>
    internal static Dictionary<string, object?> Merge(Chart chart)
    {
        var values = new Dictionary<string, object?>(StringComparer.Ordinal);
        Fill(chart, values, keepNulls: true);
        return values;
    }

    private static void Fill(Chart chart, Dictionary<string, object?> values, bool keepNulls)
    {
        Defaults(chart, values, keepNulls);
        foreach (var subchart in chart.Dependencies)
        {
            if (!values.TryGetValue(subchart.Name, out var own))
            {
                values[subchart.Name] = own = new Dictionary<string, object?>(StringComparer.Ordinal);
            }

            if (own is not Dictionary<string, object?> table)
            {
                throw new ChartException($"type mismatch on {subchart.Name}: {GoFormat.Printf("%t", [own])}");
            }

            Globals(table, values);
            Fill(subchart, table, keepNulls);
        }
    }

    private static void Defaults(Chart chart, Dictionary<string, object?> values, bool keepNulls)
    {
        foreach (var (key, fallback) in GoValue.CopyTable(chart.Values))
        {
            if (!values.TryGetValue(key, out var present))
            {
                if (!keepNulls && fallback is null)
                {
                    continue;
                }

                if (!keepNulls && fallback is Dictionary<string, object?> table)
                {
                    DropNulls(table);
                }

                values[key] = fallback;
            }
            else if (present is null && !keepNulls)
            {
                values.Remove(key);
            }
            else if (present is Dictionary<string, object?> table && fallback is Dictionary<string, object?> defaults)
            {
                // The nulls of a subchart's table are for the subchart's own round.
                var keep = keepNulls || chart.Dependencies.Any(d => d.Name == key);
                if (!keep)
                {
                    DropNulls(defaults);
                }

                Tables(table, defaults, keep);
            }
        }
    }

    /// <summary>Fills what a table lacks from the defaults, which are used up by it. Unless nulls are kept, a null of the table removes a default.</summary>
    internal static void Tables(Dictionary<string, object?> table, Dictionary<string, object?> defaults, bool keepNulls = false)
    {
        foreach (var (key, fallback) in defaults)
        {
            if (!table.TryGetValue(key, out var present))
            {
                table[key] = fallback;
            }
            else if (present is null)
            {
                if (!keepNulls && fallback is not null)
                {
                    table.Remove(key);
                }
            }
            else if (present is Dictionary<string, object?> inner && fallback is Dictionary<string, object?> other && !ReferenceEquals(inner, other))
            {
                Tables(inner, other, keepNulls);
            }
        }
    }

    // The chart's own defaults hold no nulls for a template, at any depth of tables.
    private static void DropNulls(Dictionary<string, object?> table)
    {
        foreach (var (key, value) in table.ToArray())
        {
            if (value is null)
            {
                table.Remove(key);
            }
            else if (value is Dictionary<string, object?> inner)
            {
                DropNulls(inner);
            }
        }
    }

    // The parent's globals win over the subchart's. Tables below the first level are shared with the parent, as in Helm.
    private static void Globals(Dictionary<string, object?> child, Dictionary<string, object?> parent)
    {
        if (child.TryGetValue(Global, out var own) && own is not Dictionary<string, object?>)
        {
            return;
        }

        if (parent.TryGetValue(Global, out var above) && above is not Dictionary<string, object?>)
        {
            return;
        }

        var target = own as Dictionary<string, object?> ?? new Dictionary<string, object?>(StringComparer.Ordinal);
        foreach (var (key, value) in above as Dictionary<string, object?> ?? [])
        {
            var known = target.TryGetValue(key, out var present);
            if (value is not Dictionary<string, object?> table)
            {
                if (present is not Dictionary<string, object?>)
                {
                    target[key] = value;
                }
            }
            else if (!known)
            {
                target[key] = new Dictionary<string, object?>(table, StringComparer.Ordinal);
            }
            else if (present is Dictionary<string, object?> inner)
            {
                var copy = new Dictionary<string, object?>(table, StringComparer.Ordinal);
                Tables(copy, inner, keepNulls: true);
                target[key] = copy;
            }
        }

        child[Global] = target;
    }
}
