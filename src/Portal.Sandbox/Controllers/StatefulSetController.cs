using System.Globalization;
using Portal.Sandbox.Json;
using Portal.Sandbox.Registry;
using Portal.Sandbox.Storage;

namespace Portal.Sandbox.Controllers;

/// <summary>Keeps the numbered Pods of a StatefulSet, one after another, each with its own claims.</summary>
internal sealed class StatefulSetController(ObjectRegistry registry, EventRecorder events) : Controller(registry, "apps/statefulsets")
{
    private const string RevisionLabel = "controller-revision-hash";

    public override IEnumerable<ObjectKey> Affected(Change change)
    {
        if (change.Key.Bucket == Bucket)
        {
            return [change.Key];
        }

        return change.Key.Bucket == "/pods" ? OwnersOf(change, "StatefulSet", Bucket) : [];
    }

    public override DateTimeOffset? Reconcile(ObjectKey key)
    {
        if (Store.Get(key) is not { } set || set.Text("metadata", "deletionTimestamp") is not null)
        {
            return null;
        }

        var update = Revisions.Ensure(Registry, set, OwnedBy(set), Whole);
        var current = set.Text("status", "currentRevision") ?? update;
        var pods = PodTemplates.Of(Store, set);
        var wanted = set.Int("spec", "replicas") ?? 1;
        var first = set.Int("spec", "ordinals", "start") ?? 0;
        var parallel = set.Text("spec", "podManagementPolicy") == "Parallel";
        DateTimeOffset? due = null;
        var blocked = false;
        for (var i = first; i < first + wanted && !blocked; i++)
        {
            var pod = pods.FirstOrDefault(p => p.Text("metadata", "name") == $"{key.Name}-{i}");
            if (pod is null)
            {
                // A missing Pod below the partition would come back as it was; the sandbox keeps one template only.
                Create(key, set, i, update);
                blocked = !parallel;
            }
            else if (pod.Text("status", "phase") is "Failed" or "Succeeded" && pod.Text("metadata", "deletionTimestamp") is null)
            {
                Registry.Delete(Kind("", "pods"), key.Namespace, pod.Text("metadata", "name")!, new DeleteRequest());
                blocked = !parallel;
            }
            else if (!parallel && (!PodTemplates.IsReady(pod) || pod.Text("metadata", "deletionTimestamp") is not null))
            {
                blocked = true;
            }
        }

        if (!blocked || parallel)
        {
            var extra = pods.Where(p => Ordinal(p) >= first + wanted || Ordinal(p) < first).OrderByDescending(Ordinal).ToList();
            foreach (var pod in (parallel ? extra : extra.Take(1)).Where(p => p.Text("metadata", "deletionTimestamp") is null))
            {
                Registry.Delete(Kind("", "pods"), key.Namespace, pod.Text("metadata", "name")!, new DeleteRequest());
                events.Record(set, "Normal", "SuccessfulDelete", $"delete Pod {pod.Text("metadata", "name")} in StatefulSet {key.Name} successful", "statefulset-controller");
            }

            if (extra.Count == 0)
            {
                Roll(key, set, pods, update, first, wanted);
            }
        }
        else
        {
            // A Pod that never gets ready with an old template is replaced, or the rollout could not be repaired.
            var stuck = pods.Where(p => p.Text("metadata", "labels", RevisionLabel) != update && !PodTemplates.IsReady(p) && PodTemplates.IsActive(p)).OrderByDescending(Ordinal).FirstOrDefault();
            if (stuck is not null && set.Text("spec", "updateStrategy", "type") == "RollingUpdate")
            {
                Registry.Delete(Kind("", "pods"), key.Namespace, stuck.Text("metadata", "name")!, new DeleteRequest());
            }
        }

        WriteStatus(key, current, update, wanted);
        return due;
    }

    private static long Ordinal(JsonMap pod)
    {
        var name = pod.Text("metadata", "name")!;
        return long.TryParse(name.AsSpan(name.LastIndexOf('-') + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var n) ? n : -1;
    }

    private void Create(ObjectKey key, JsonMap set, long ordinal, string revision)
    {
        var name = $"{key.Name}-{ordinal}";
        var pod = PodTemplates.Make(set, set.Map("spec", "template")!, name, OwnedBy(set));
        var labels = pod.Ensure("metadata", "labels");
        labels["statefulset.kubernetes.io/pod-name"] = name;
        labels["apps.kubernetes.io/pod-index"] = ordinal.ToString(CultureInfo.InvariantCulture);
        labels[RevisionLabel] = revision;
        var spec = pod.Map("spec")!;
        spec["hostname"] = name;
        spec.SetOrRemove("subdomain", set.Text("spec", "serviceName"));
        foreach (var template in set.Maps("spec", "volumeClaimTemplates"))
        {
            var claimName = $"{template.Text("metadata", "name")}-{name}";
            var claims = Kind("", "persistentvolumeclaims");
            if (Registry.Find(claims, key.Namespace, claimName) is null)
            {
                var metadata = JsonTree.Clone(template.Map("metadata") ?? []);
                metadata["name"] = claimName;
                var claimLabels = metadata.Ensure("labels");
                foreach (var (label, value) in set.Map("spec", "selector", "matchLabels") ?? [])
                {
                    claimLabels[label] = value;
                }

                Registry.Create(claims, key.Namespace, new JsonMap { ["metadata"] = metadata, ["spec"] = JsonTree.Clone(template.Map("spec")!) }, Whole);
                events.Record(set, "Normal", "SuccessfulCreate", $"create Claim {claimName} Pod {name} in StatefulSet {key.Name} success", "statefulset-controller");
            }

            var volumes = spec.List("volumes") ?? [];
            volumes.RemoveAll(v => v is JsonMap map && map.Text("name") == template.Text("metadata", "name"));
            volumes.Add(new JsonMap { ["name"] = template.Text("metadata", "name"), ["persistentVolumeClaim"] = new JsonMap { ["claimName"] = claimName } });
            spec["volumes"] = volumes;
        }

        Registry.Create(Kind("", "pods"), key.Namespace, pod, Whole);
        events.Record(set, "Normal", "SuccessfulCreate", $"create Pod {name} in StatefulSet {key.Name} successful", "statefulset-controller");
    }

    private void Roll(ObjectKey key, JsonMap set, List<JsonMap> pods, string update, long first, long wanted)
    {
        if (set.Text("spec", "updateStrategy", "type") != "RollingUpdate" || pods.Any(p => !PodTemplates.IsReady(p) || p.Text("metadata", "deletionTimestamp") is not null) || pods.Count < wanted)
        {
            return;
        }

        var partition = set.Int("spec", "updateStrategy", "rollingUpdate", "partition") ?? 0;
        var old = pods.Where(p => Ordinal(p) >= first + partition && p.Text("metadata", "labels", RevisionLabel) != update).OrderByDescending(Ordinal).FirstOrDefault();
        if (old is not null)
        {
            Registry.Delete(Kind("", "pods"), key.Namespace, old.Text("metadata", "name")!, new DeleteRequest());
            events.Record(set, "Normal", "SuccessfulDelete", $"delete Pod {old.Text("metadata", "name")} in StatefulSet {key.Name} successful", "statefulset-controller");
        }
    }

    private void WriteStatus(ObjectKey key, string current, string update, long wanted)
    {
        if (Store.Get(key) is not { } set)
        {
            return;
        }

        var pods = PodTemplates.Of(Store, set).Where(p => p.Text("metadata", "deletionTimestamp") is null).ToList();
        var updated = pods.Count(p => p.Text("metadata", "labels", RevisionLabel) == update);
        var ready = pods.Count(PodTemplates.IsReady);
        if (updated == pods.Count && pods.Count == wanted && ready == wanted)
        {
            current = update;
        }

        var status = new JsonMap { ["observedGeneration"] = set.Int("metadata", "generation") ?? 1, ["replicas"] = (long)pods.Count };
        status.SetOrRemove("readyReplicas", (long)ready);
        status.SetOrRemove("currentReplicas", (long)pods.Count(p => p.Text("metadata", "labels", RevisionLabel) == current));
        status.SetOrRemove("updatedReplicas", (long)updated);
        status["currentRevision"] = current;
        status["updateRevision"] = update;
        status["collisionCount"] = 0L;
        status["availableReplicas"] = (long)ready;
        SetStatus(Kind("apps", "statefulsets"), set, status);
    }
}
