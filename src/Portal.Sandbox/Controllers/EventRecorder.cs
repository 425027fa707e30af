using System.Globalization;
using Portal.Sandbox.Json;
using Portal.Sandbox.Registry;

namespace Portal.Sandbox.Controllers;

/// <summary>Writes Events as the parts of a cluster do: the same one again counts up.</summary>
internal sealed class EventRecorder(ObjectRegistry registry)
{
    public void Record(JsonMap about, string type, string reason, string message, string component, string? host = null, string? fieldPath = null)
    {
        var kind = registry.Kinds.BuiltIn("", "events");
        var ns = about.Text("metadata", "namespace") is { Length: > 0 } n ? n : "default";
        var now = registry.Clock.NowText;
        var same = registry.Store.List("/events", ns).LastOrDefault(e => e.Text("involvedObject", "uid") == about.Text("metadata", "uid") && e.Text("reason") == reason
            && e.Text("message") == message && e.Text("source", "component") == component);
        var context = new WriteContext(component) { Internal = true };
        if (same is not null)
        {
            registry.Update(kind, ns, same.Text("metadata", "name")!, e =>
            {
                var next = JsonTree.Clone(e);
                next["count"] = (e.Int("count") ?? 1) + 1;
                next["lastTimestamp"] = now;
                return next;
            }, context);
            return;
        }

        var involved = new JsonMap { ["kind"] = about.Text("kind"), ["name"] = about.Text("metadata", "name"), ["apiVersion"] = about.Text("apiVersion"), ["uid"] = about.Text("metadata", "uid"), ["resourceVersion"] = about.Text("metadata", "resourceVersion") };
        involved.SetOrRemove("namespace", about.Text("metadata", "namespace"));
        involved.SetOrRemove("fieldPath", fieldPath);
        var source = new JsonMap { ["component"] = component };
        source.SetOrRemove("host", host);
        var stamp = registry.Clock.Now.UtcTicks.ToString("x", CultureInfo.InvariantCulture) + (registry.Store.Revision & 0xff).ToString("x2", CultureInfo.InvariantCulture);
        var created = new JsonMap
        {
            ["metadata"] = new JsonMap { ["name"] = $"{about.Text("metadata", "name")}.{stamp}" },
            ["involvedObject"] = involved,
            ["reason"] = reason,
            ["message"] = message,
            ["source"] = source,
            ["firstTimestamp"] = now,
            ["lastTimestamp"] = now,
            ["count"] = 1L,
            ["type"] = type,
            ["reportingComponent"] = component,
            ["reportingInstance"] = host ?? "",
        };
        try
        {
            registry.Create(kind, ns, created, context);
        }
        catch (Api.ApiError x) when (x.Code is 403 or 404)
        {
            // The namespace ends: nobody will read what happens in it.
            return;
        }
    }
}
