namespace Portal.Helm.Charts;

/// <summary>The files of crds/, of a chart and its subcharts (pkg/chart/v2/chart.go, CRDObjects).</summary>
public static class ChartCrds
{
    /// <summary>The files; each name begins with the path of its chart: "demo/charts/sub/crds/x.yaml".</summary>
    public static IEnumerable<ChartFile> Of(Chart chart) => Of(chart, chart.Name);

    private static IEnumerable<ChartFile> Of(Chart chart, string path) => chart.Files
        .Where(f => f.Name.StartsWith("crds/", StringComparison.Ordinal) && Path.GetExtension(f.Name).ToLowerInvariant() is ".yaml" or ".yml" or ".json")
        .Select(f => f with { Name = $"{path}/{f.Name}" })
        .Concat(chart.Dependencies.SelectMany(d => Of(d, $"{path}/charts/{d.Name}")));
}
