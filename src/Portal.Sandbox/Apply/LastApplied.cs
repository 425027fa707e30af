using Portal.Sandbox.Json;
using Portal.Sandbox.Schema;

namespace Portal.Sandbox.Apply;

/// <summary>
/// kubectl's move from client-side to server-side apply: fields of its last-applied annotation are its own, and the
/// annotation is kept up to date.
/// </summary>
internal static class LastApplied
{
    private const string Annotation = "kubectl.kubernetes.io/last-applied-configuration";

    /// <summary>True when all conflicts of an apply by kubectl are about fields it applied on the client side before.</summary>
    public static bool Covers(JsonMap live, ManagedFields managed, JsonMap config, Shape shape, Writer writer)
    {
        if (writer.Manager != "kubectl" || Read(live) is not { } before)
        {
            return false;
        }

        var own = FieldSet.OfApplied(before, shape);
        var conflicts = ServerSideApply.ConflictsOf(live, config, shape, managed, writer);
        return conflicts.Count > 0 && conflicts.All(c =>
        {
            var rest = c.Clone();
            rest.Remove(own);
            return rest.IsEmpty;
        });
    }

    /// <summary>Writes the new configuration into the annotation, if the object has one.</summary>
    public static void Refresh(JsonMap live, JsonMap merged, JsonMap config, Writer writer)
    {
        if (writer.Manager == "kubectl" && Read(live) is not null && merged.Map("metadata", "annotations") is { } annotations)
        {
            annotations[Annotation] = JsonTree.Text(JsonTree.Sorted(config)) + "\n";
        }
    }

    private static JsonMap? Read(JsonMap live)
    {
        if (live.Text("metadata", "annotations", Annotation) is not { } text)
        {
            return null;
        }

        try
        {
            return JsonTree.Parse(text) as JsonMap;
        }
        catch (System.Text.Json.JsonException)
        {
            // Someone else wrote the annotation: then it says nothing.
            return null;
        }
    }
}
