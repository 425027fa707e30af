using Portal.Helm.Charts;
using Portal.Helm.Releases;
using Portal.Helm.Templating;
using Portal.Helm.Values;

namespace Portal.Helm.Actions;

/// <summary>What becomes of the values of the revision before an upgrade (pkg/action/upgrade.go, reuseValues).</summary>
public enum ValuesReuse
{
    /// <summary>Only the given values count (--reset-values).</summary>
    Reset,

    /// <summary>The old values if none are given, else only the given ones: what Helm does without a flag.</summary>
    Auto,

    /// <summary>The given values over the old ones, over the old chart's defaults (--reuse-values).</summary>
    Reuse,

    /// <summary>The given values over the old ones, over the new chart's defaults (--reset-then-reuse-values).</summary>
    ResetThenReuse,
}

/// <summary>Applies a <see cref="ValuesReuse"/>.</summary>
internal static class ReusedValues
{
    /// <summary>The chart (its defaults may be replaced) and the values that are recorded.</summary>
    public static (Chart Chart, Dictionary<string, object?> Values) Of(DeployRequest request, Release current) => request.Reuse switch
    {
        ValuesReuse.Reuse => (request.Chart with { Values = ChartValues.Coalesce(current.Chart, current.Config) }, Over(current.Config, request.Values)),
        ValuesReuse.ResetThenReuse => (request.Chart, Over(current.Config, request.Values)),
        ValuesReuse.Auto when request.Values.Count == 0 => (request.Chart, current.Config),
        _ => (request.Chart, request.Values),
    };

    private static Dictionary<string, object?> Over(Dictionary<string, object?> old, Dictionary<string, object?> given)
    {
        var result = GoValue.CopyTable(old);
        ValuesFile.Merge(result, given);
        return result;
    }
}
