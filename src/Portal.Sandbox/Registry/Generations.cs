using Portal.Sandbox.Json;
using Portal.Sandbox.Kinds;

namespace Portal.Sandbox.Registry;

/// <summary>When metadata.generation counts up.</summary>
internal static class Generations
{
    public static bool SpecChanged(ResourceKind kind, JsonMap before, JsonMap after)
    {
        var keys = before.Keys.Union(after.Keys).Where(k => k is not ("metadata" or "apiVersion" or "kind") && !(k == "status" && (kind.HasStatus || kind.Custom is null)));
        return keys.Any(k => !JsonTree.Equal(before.GetValueOrDefault(k), after.GetValueOrDefault(k)))
            || (kind.Kind is "Deployment" && AnnotationsChanged(before, after));
    }

    /// <summary>A Deployment's annotations count too: its controller copies them to the ReplicaSets.</summary>
    private static bool AnnotationsChanged(JsonMap before, JsonMap after) =>
        !JsonTree.Equal(before.Map("metadata", "annotations") ?? [], after.Map("metadata", "annotations") ?? []);
}
