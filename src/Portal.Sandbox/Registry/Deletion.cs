using Portal.Sandbox.Json;
using Portal.Sandbox.Kinds;

namespace Portal.Sandbox.Registry;

/// <summary>What deleting means for the kinds that do not just go.</summary>
internal static class Deletion
{
    /// <summary>Seconds that an object stays while it ends; only Pods that run somewhere have them.</summary>
    public static long GraceOf(ResourceKind kind, JsonMap obj, long? asked)
    {
        if (kind.Bucket != "/pods" || obj.Text("spec", "nodeName") is null or "" || obj.Text("status", "phase") is "Succeeded" or "Failed")
        {
            return 0;
        }

        var grace = asked ?? obj.Int("spec", "terminationGracePeriodSeconds") ?? 30;
        return grace < 0 ? 1 : grace;
    }

    /// <summary>Shows in the object that it is being deleted.</summary>
    public static void Mark(ResourceKind kind, JsonMap obj, string now)
    {
        if (kind.Bucket == "/namespaces")
        {
            obj.Ensure("status")["phase"] = "Terminating";
        }
        else if (kind.Kind == "CustomResourceDefinition" && obj.Maps("status", "conditions").All(c => c.Text("type") != "Terminating"))
        {
            obj.Ensure("status").Default("conditions", new List<object?>());
            obj.List("status", "conditions")!.Add(new JsonMap
            {
                ["type"] = "Terminating",
                ["status"] = "True",
                ["lastTransitionTime"] = now,
                ["reason"] = "InstanceDeletionPending",
                ["message"] = "CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon",
            });
        }
    }
}
