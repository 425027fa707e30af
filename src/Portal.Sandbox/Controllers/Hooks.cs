using Portal.Sandbox.Json;
using Portal.Sandbox.Storage;

namespace Portal.Sandbox.Controllers;

/// <summary>Whether a Pod belongs to a hook of a chart.</summary>
internal static class Hooks
{
    private const string Annotation = "helm.sh/hook";

    public static bool IsHook(ObjectStore store, string ns, JsonMap pod)
    {
        if (pod.Text("metadata", "annotations", Annotation) is not null)
        {
            return true;
        }

        var job = pod.Maps("metadata", "ownerReferences").FirstOrDefault(o => o.Text("kind") == "Job")?.Text("name");
        return job is not null && store.Get(new ObjectKey("batch/jobs", ns, job))?.Text("metadata", "annotations", Annotation) is not null;
    }
}
