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
            case "apps/statefulsets":
                obj.Map("spec")?.TryAdd("serviceName", "");
                break;
            case "discovery.k8s.io/endpointslices":
                NullWhenEmpty(obj, "endpoints");
                NullWhenEmpty(obj, "ports");
                break;
            case "autoscaling/horizontalpodautoscalers" when kind.Version == "v2" && obj.Map("status") is { } status:
                NullWhenEmpty(status, "currentMetrics");
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

    private static void NullWhenEmpty(JsonMap obj, string key)
    {
        if (obj.List(key) is not { Count: > 0 })
        {
            obj[key] = null;
        }
    }
}
