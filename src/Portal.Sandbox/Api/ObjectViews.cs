using Portal.Sandbox.Json;
using Portal.Sandbox.Kinds;
using Portal.Sandbox.Registry;

namespace Portal.Sandbox.Api;

/// <summary>The forms in which objects are given out.</summary>
internal static class ObjectViews
{
    /// <summary>A custom resource as readers see it: a default that came into the definition later shows, though the stored object is as it was.</summary>
    public static JsonMap WithDefaults(JsonMap obj, ResourceKind kind)
    {
        if (kind.Custom is { Schema: { } schema } && CustomSchema.Lacks(obj, schema))
        {
            obj = JsonTree.Clone(obj);
            CustomSchema.Default(obj, schema);
        }

        return obj;
    }

    /// <summary>An object in the version that was asked for.</summary>
    public static JsonMap InVersion(JsonMap obj, ResourceKind kind)
    {
        obj = WithDefaults(obj, kind);
        if (obj.Text("apiVersion") == kind.ApiVersion)
        {
            return obj;
        }

        var view = new JsonMap(obj.Count);
        foreach (var (key, value) in obj)
        {
            view[key] = value;
        }

        view["apiVersion"] = kind.ApiVersion;
        return kind switch
        {
            { Group: "autoscaling", Version: "v1" } => AutoscalerVersions.ToV1(view),
            { Group: "autoscaling", Version: "v2" } => AutoscalerVersions.ToV2(view),
            { Group: "events.k8s.io" } => EventVersions.ToNew(view),
            { Group: "", Plural: "events" } => EventVersions.ToCore(view),
            _ => view,
        };
    }

    /// <summary>An item of a typed list: without kind and apiVersion; custom resources keep them.</summary>
    public static JsonMap Item(JsonMap obj, ResourceKind kind)
    {
        obj = InVersion(obj, kind);
        if (kind.Custom is not null)
        {
            return obj;
        }

        var item = new JsonMap(obj.Count);
        foreach (var (key, value) in obj)
        {
            if (key is not ("kind" or "apiVersion"))
            {
                item[key] = value;
            }
        }

        return item;
    }

    public static JsonMap Partial(JsonMap obj) => new()
    {
        ["kind"] = "PartialObjectMetadata",
        ["apiVersion"] = "meta.k8s.io/v1",
        ["metadata"] = obj.GetValueOrDefault("metadata"),
    };
}
