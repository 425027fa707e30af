using Portal.Core.Releases;
using Portal.Helm.Charts;
using Portal.Helm.Rendering;
using Portal.Helm.Templating;
using Portal.Helm.Yaml;

namespace Portal.Server.Features.Releases;

/// <summary>
/// Whether a values file and a source's chart are what a release was made from. Pure. A record holds everything of its chart but the subcharts; of those it
/// tells which templates made objects.
/// </summary>
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

        var processed = ChartDependencies.Process(chart, record.Config);
        CompareMetadata(chart.Metadata, processed.Metadata, record.Chart.Metadata, inChart);
        CompareFiles(chart.Templates, record.Chart.Templates, inChart);
        CompareFiles(chart.Files, record.Chart.Files, inChart);
        CompareDefaults(chart, processed, record.Chart, inChart);
        if (!(chart.Schema ?? default).Span.SequenceEqual((record.Chart.Schema ?? default).Span))
        {
            inChart.Add("values.schema.json differs");
        }

        if (!Equals(chart.Lock?.GetValueOrDefault("digest"), record.Chart.Lock?.GetValueOrDefault("digest")))
        {
            inChart.Add("Chart.lock differs");
        }

        var templates = Templates(processed, processed.Name).ToHashSet(StringComparer.Ordinal);
        inChart.AddRange(ManifestSplitter.Parse(record.Manifest).Select(d => d.Path).Concat(record.Hooks.Select(h => h.Path)).Where(p => p.Contains("/charts/", StringComparison.Ordinal) && !templates.Contains(p))
            .Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).Select(p => $"{p} is missing in the source's archive"));
        return inValues.Count == 0 && inChart.Count == 0 ? null : new AdoptionDifference(inValues, inChart);
    }

    private static void CompareMetadata(Metadata archive, Metadata processed, Metadata recorded, List<string> result)
    {
        (string Name, string Ours, string Theirs)[] fields =
        [
            ("apiVersion", archive.ApiVersion, recorded.ApiVersion), ("appVersion", archive.AppVersion, recorded.AppVersion), ("type", archive.Type, recorded.Type), ("kubeVersion", archive.KubeVersion, recorded.KubeVersion),
        ];
        result.AddRange(fields.Where(f => f.Ours != f.Theirs).Select(f => $"Chart.yaml: {f.Name} {Word(f.Ours)} instead of {Word(f.Theirs)}"));
        // Helm's own records name the dependencies that took part, under their aliases; ours name all of Chart.yaml.
        static string[] Names(Metadata m) => [.. m.Dependencies.Select(d => $"{d.Name} {d.Version}").Order(StringComparer.Ordinal)];
        if (!Names(recorded).SequenceEqual(Names(processed)) && !Names(recorded).SequenceEqual(Names(archive)))
        {
            result.Add($"Chart.yaml: dependencies {Word(string.Join(", ", Names(processed)))} instead of {Word(string.Join(", ", Names(recorded)))}");
        }
    }

    private static string Word(string text) => text.Length == 0 ? "(none)" : text;

    private static void CompareFiles(IReadOnlyList<ChartFile> archive, IReadOnlyList<ChartFile> recorded, List<string> result)
    {
        var ours = archive.ToDictionary(t => t.Name, t => t.Data, StringComparer.Ordinal);
        var theirs = recorded.ToDictionary(t => t.Name, t => t.Data, StringComparer.Ordinal);
        result.AddRange(theirs.Keys.Except(ours.Keys).Order(StringComparer.Ordinal).Select(n => $"{n} is missing in the source's archive"));
        result.AddRange(ours.Keys.Except(theirs.Keys).Order(StringComparer.Ordinal).Select(n => $"{n} is only in the source's archive"));
        result.AddRange(ours.Keys.Intersect(theirs.Keys).Where(n => !ours[n].Span.SequenceEqual(theirs[n].Span)).Order(StringComparer.Ordinal).Select(n => $"{n} differs"));
    }

    // Helm records the defaults after the subcharts' were laid under them, where Chart.yaml names dependencies; the portal records them as they are.
    private static void CompareDefaults(Chart chart, Chart processed, Chart recorded, List<string> result)
    {
        if (GoValue.DeepEqual(processed.Values, recorded.Values))
        {
            return;
        }

        var differences = new List<string>();
        Compare("", chart.Values, recorded.Values, differences);
        result.AddRange(differences.Select(d => $"values.yaml: {d.Replace(" in the file", " in the source's archive", StringComparison.Ordinal)}"));
    }

    private static IEnumerable<string> Templates(Chart chart, string path) =>
        chart.Templates.Select(t => $"{path}/{t.Name}").Concat(chart.Dependencies.SelectMany(d => Templates(d, $"{path}/charts/{d.Name}")));

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
