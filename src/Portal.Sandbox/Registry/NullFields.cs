using Portal.Sandbox.Json;
using Portal.Sandbox.Kinds;

namespace Portal.Sandbox.Registry;

/// <summary>The few fields that the API always writes, as null or empty text when nobody has set them.</summary>
internal static class NullFields
{
    public static void Fill(ResourceKind kind, JsonMap obj)
    {
        switch (kind.Bucket)
        {
            case "rbac.authorization.k8s.io/roles" or "rbac.authorization.k8s.io/clusterroles":
                NullWhenEmpty(obj, "rules");
                break;
            case "apiextensions.k8s.io/customresourcedefinitions" when obj.Map("status") is { } status:
                NullWhenEmpty(status, "conditions");
                break;
            case "apps/statefulsets":
                obj.Map("spec")?.TryAdd("serviceName", "");
                break;
            case "discovery.k8s.io/endpointslices":
                NullWhenEmpty(obj, "endpoints");
                NullWhenEmpty(obj, "ports");
                break;
            case "autoscaling/horizontalpodautoscalers" when kind.Version == "v2" && obj.Map("status") is { } counted:
                NullWhenEmpty(counted, "currentMetrics");
                break;
            case "/events" when kind.Group.Length == 0:
                obj.TryAdd("eventTime", null);
                obj.TryAdd("reportingComponent", "");
                obj.TryAdd("reportingInstance", "");
                break;
            case "/events":
                obj.TryAdd("eventTime", null);
                break;
        }
    }

    /// <summary>The time of a Pod condition's probe, which nobody sets and which has an owner all the same.</summary>
    public static void FillConditions(ResourceKind kind, JsonMap obj)
    {
        if (kind.Bucket == "/pods")
        {
            foreach (var condition in obj.Maps("status", "conditions"))
            {
                condition.TryAdd("lastProbeTime", null);
            }
        }
    }

    private static void NullWhenEmpty(JsonMap obj, string key)
    {
        if (obj.List(key) is not { Count: > 0 })
        {
            obj[key] = null;
        }
    }
}
