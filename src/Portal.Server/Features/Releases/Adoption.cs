using Portal.Core.Releases;
using Portal.Helm.Charts;
using Portal.Helm.Templating;
using Portal.Helm.Yaml;

namespace Portal.Server.Features.Releases;

/// <summary>Whether a values file and a source's chart are what a release was made from. Pure.</summary>
internal static class Adoption
{
    /// <summary>The differences, or null when there is none. Secret values are not named.</summary>
    public static AdoptionDifference? Compare(Helm.Releases.Release record, Dictionary<string, object?> values, Chart chart)
    {
        var inValues = new List<string>();
        Compare("", values, record.Config, inValues);
        var inChart = new List<string>();
        if (chart.Metadata.Version != record.Chart.Metadata.Version)
        {
            inChart.Add($"version {chart.Metadata.Version} instead of {record.Chart.Metadata.Version}");
        }

        var ours = chart.Templates.ToDictionary(t => t.Name, t => t.Data, StringComparer.Ordinal);
        var theirs = record.Chart.Templates.ToDictionary(t => t.Name, t => t.Data, StringComparer.Ordinal);
        inChart.AddRange(theirs.Keys.Except(ours.Keys).Order(StringComparer.Ordinal).Select(n => $"{n} is missing in the source's archive"));
        inChart.AddRange(ours.Keys.Except(theirs.Keys).Order(StringComparer.Ordinal).Select(n => $"{n} is only in the source's archive"));
        inChart.AddRange(ours.Keys.Intersect(theirs.Keys).Where(n => !ours[n].Span.SequenceEqual(theirs[n].Span)).Order(StringComparer.Ordinal).Select(n => $"{n} differs"));
        return inValues.Count == 0 && inChart.Count == 0 ? null : new AdoptionDifference(inValues, inChart);
    }

    private static void Compare(string path, object? given, object? recorded, List<string> result)
    {
        if (given is Dictionary<string, object?> a && recorded is Dictionary<string, object?> b)
        {
            foreach (var key in a.Keys.Union(b.Keys).Order(StringComparer.Ordinal))
            {
                var at = path.Length == 0 ? key : $"{path}.{key}";
                if (!a.ContainsKey(key))
                {
                    result.Add($"{at} is missing in the file");
                }
                else if (!b.ContainsKey(key))
                {
                    result.Add($"{at} is only in the file");
                }
                else
                {
                    Compare(at, a[key], b[key], result);
                }
            }

            return;
        }

        if (!GoValue.DeepEqual(given, recorded))
        {
            result.Add($"{path} differs");
        }
    }

    /// <summary>The record's values as YAML: what an adoption without a file begins with.</summary>
    public static string Text(Helm.Releases.Release record) => record.Config.Count == 0 ? "" : GoYaml.Write(record.Config);
}
