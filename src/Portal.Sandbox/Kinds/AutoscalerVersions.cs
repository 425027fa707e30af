using Portal.Sandbox.Json;

namespace Portal.Sandbox.Kinds;

/// <summary>HorizontalPodAutoscaler between autoscaling/v1 and v2: a CPU target is a field there and a metric here.</summary>
internal static class AutoscalerVersions
{
    public static JsonMap ToV1(JsonMap obj)
    {
        var view = JsonTree.Clone(obj);
        var spec = view.Ensure("spec");
        if (spec.Remove("metrics", out var metrics) && (metrics as List<object?>)?.OfType<JsonMap>().FirstOrDefault(IsCpu)?.Int("resource", "target", "averageUtilization") is { } percent)
        {
            spec["targetCPUUtilizationPercentage"] = percent;
        }

        spec.Remove("behavior");
        var status = view.Ensure("status");
        status.Remove("currentMetrics");
        status.Remove("conditions");
        status.Default("currentReplicas", 0L);
        return view;
    }

    public static JsonMap ToV2(JsonMap obj)
    {
        var view = JsonTree.Clone(obj);
        var spec = view.Ensure("spec");
        if (spec.Remove("targetCPUUtilizationPercentage", out var percent))
        {
            spec["metrics"] = JsonTree.ListOf(new JsonMap
            {
                ["type"] = "Resource",
                ["resource"] = new JsonMap { ["name"] = "cpu", ["target"] = new JsonMap { ["type"] = "Utilization", ["averageUtilization"] = percent } },
            });
        }

        view.Ensure("status").Default("currentMetrics", null);
        return view;
    }

    private static bool IsCpu(JsonMap metric) => metric.Text("type") == "Resource" && metric.Text("resource", "name") == "cpu";
}
