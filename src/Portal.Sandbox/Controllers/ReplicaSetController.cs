using Portal.Sandbox.Api;
using Portal.Sandbox.Json;
using Portal.Sandbox.Registry;
using Portal.Sandbox.Storage;

namespace Portal.Sandbox.Controllers;

/// <summary>Keeps as many Pods as a ReplicaSet wants.</summary>
internal sealed class ReplicaSetController(ObjectRegistry registry, EventRecorder events) : Controller(registry, "apps/replicasets")
{
    private static readonly TimeSpan _retry = TimeSpan.FromSeconds(2);

    public override IEnumerable<ObjectKey> Affected(Change change)
    {
        if (change.Key.Bucket == Bucket)
        {
            return [change.Key];
        }

        return change.Key.Bucket == "/pods" ? OwnersOf(change, "ReplicaSet", Bucket) : [];
    }

    public override DateTimeOffset? Reconcile(ObjectKey key)
    {
        if (Store.Get(key) is not { } set)
        {
            return null;
        }

        var pods = PodTemplates.Of(Store, set);
        var active = pods.Where(PodTemplates.IsActive).ToList();
        var wanted = set.Int("spec", "replicas") ?? 1;
        string? failure = null;
        if (set.Text("metadata", "deletionTimestamp") is null)
        {
            var kind = Kind("", "pods");
            for (var i = active.Count; i < wanted && failure is null; i++)
            {
                try
                {
                    var pod = Registry.Create(kind, key.Namespace, PodTemplates.Make(set, set.Map("spec", "template")!, null, OwnedBy(set)), Whole);
                    active.Add(pod);
                    events.Record(set, "Normal", "SuccessfulCreate", $"Created pod: {pod.Text("metadata", "name")}", "replicaset-controller");
                }
                catch (ApiError x)
                {
                    failure = x.Message;
                    events.Record(set, "Warning", "FailedCreate", $"Error creating: {x.Message}", "replicaset-controller");
                }
            }

            // First those that do least: without a node, not ready, then the youngest.
            foreach (var pod in active.OrderBy(p => p.Text("spec", "nodeName") is null ? 0 : 1).ThenBy(p => PodTemplates.IsReady(p) ? 1 : 0)
                .ThenByDescending(p => p.Text("metadata", "creationTimestamp"), StringComparer.Ordinal).Take((int)Math.Max(0, active.Count - wanted)).ToList())
            {
                Registry.Delete(kind, key.Namespace, pod.Text("metadata", "name")!, new DeleteRequest());
                active.Remove(pod);
                events.Record(set, "Normal", "SuccessfulDelete", $"Deleted pod: {pod.Text("metadata", "name")}", "replicaset-controller");
            }
        }

        var minReady = set.Int("spec", "minReadySeconds") ?? 0;
        var templateLabels = set.Map("spec", "template", "metadata", "labels") ?? [];
        var status = new JsonMap { ["replicas"] = (long)active.Count };
        status.SetOrRemove("fullyLabeledReplicas", (long)active.Count(p => Kinds.Selectors.MatchesAll(templateLabels, p.Map("metadata", "labels") ?? [])));
        status.SetOrRemove("readyReplicas", (long)active.Count(PodTemplates.IsReady));
        status.SetOrRemove("availableReplicas", (long)active.Count(p => PodTemplates.IsAvailable(p, minReady, Clock.Now)));
        status["terminatingReplicas"] = (long)pods.Count(p => p.Text("metadata", "deletionTimestamp") is not null && p.Text("status", "phase") is not ("Succeeded" or "Failed"));
        status.SetOrRemove("observedGeneration", set.Int("metadata", "generation"));
        if (failure is not null)
        {
            // The first failure stays: each message names another pod, and a status that changed would be looked at again at once.
            status["conditions"] = JsonTree.ListOf(set.Maps("status", "conditions").FirstOrDefault(c => c.Text("type") == "ReplicaFailure") ?? new JsonMap
            {
                ["type"] = "ReplicaFailure",
                ["status"] = "True",
                ["lastTransitionTime"] = Clock.NowText,
                ["reason"] = "FailedCreate",
                ["message"] = failure,
            });
        }

        if (Store.Get(key) is { } now)
        {
            SetStatus(Kind("apps", "replicasets"), now, status);
        }

        var soon = minReady > 0 ? active.Select(PodTemplates.ReadySince).OfType<DateTimeOffset>().Select(s => s.AddSeconds(minReady)).Where(d => d > Clock.Now).Cast<DateTimeOffset?>().Min() : null;
        return failure is not null ? Clock.Now + _retry : soon;
    }
}
