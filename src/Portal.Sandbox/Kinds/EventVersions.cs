using Portal.Sandbox.Json;

namespace Portal.Sandbox.Kinds;

/// <summary>Event between v1 and events.k8s.io/v1: the same object under two names.</summary>
internal static class EventVersions
{
    private static readonly (string Core, string New)[] _names =
    [
        ("involvedObject", "regarding"), ("message", "note"), ("source", "deprecatedSource"), ("firstTimestamp", "deprecatedFirstTimestamp"),
        ("lastTimestamp", "deprecatedLastTimestamp"), ("count", "deprecatedCount"), ("reportingComponent", "reportingController"),
    ];

    public static JsonMap ToNew(JsonMap obj)
    {
        var view = Rename(obj, n => n.Core, n => n.New, "events.k8s.io/v1");
        view.SetOrRemove("reportingController", view.GetValueOrDefault("reportingController"));
        view.SetOrRemove("reportingInstance", view.GetValueOrDefault("reportingInstance"));
        return view;
    }

    public static JsonMap ToCore(JsonMap obj) => Rename(obj, n => n.New, n => n.Core, "v1");

    private static JsonMap Rename(JsonMap obj, Func<(string Core, string New), string> from, Func<(string Core, string New), string> to, string apiVersion)
    {
        var view = new JsonMap();
        foreach (var (key, value) in obj)
        {
            var index = Array.FindIndex(_names, n => from(n) == key);
            view[index < 0 ? key : to(_names[index])] = value;
        }

        view["apiVersion"] = apiVersion;
        return view;
    }
}
