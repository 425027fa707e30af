using System.Globalization;
using Portal.Sandbox.Json;
using Portal.Sandbox.Registry;
using Portal.Sandbox.Storage;

namespace Portal.Sandbox.Controllers;

/// <summary>Rolls Deployments out through ReplicaSets, within maxSurge and maxUnavailable.</summary>
internal sealed class DeploymentController(ObjectRegistry registry, EventRecorder events) : Controller(registry, "apps/deployments")
{
    private const string Revision = "deployment.kubernetes.io/revision";
    private const string History = "deployment.kubernetes.io/revision-history";
    private const string Desired = "deployment.kubernetes.io/desired-replicas";
    private const string Max = "deployment.kubernetes.io/max-replicas";
    private const string HashLabel = "pod-template-hash";

    public override IEnumerable<ObjectKey> Affected(Change change)
    {
        if (change.Key.Bucket == Bucket)
        {
            return [change.Key];
        }

        if (change.Key.Bucket == "apps/replicasets")
        {
            return OwnersOf(change, "Deployment", Bucket);
        }

        // A Recreate rollout goes on when the last old Pod is gone.
        if (change is { Key.Bucket: "/pods", After: null } && OwnerName(change.Before, "ReplicaSet") is { } set
            && OwnerName(Store.Get(new ObjectKey("apps/replicasets", change.Key.Namespace, set)), "Deployment") is { } owner)
        {
            return [new ObjectKey(Bucket, change.Key.Namespace, owner)];
        }

        return [];
    }

    public override DateTimeOffset? Reconcile(ObjectKey key)
    {
        if (Store.Get(key) is not { } deployment || deployment.Text("metadata", "deletionTimestamp") is not null)
        {
            return null;
        }

        var sets = Sets(deployment);
        var fresh = sets.FirstOrDefault(s => SameTemplate(s, deployment));
        var paused = deployment.Flag("spec", "paused") is true;
        if (fresh is null && !paused)
        {
            fresh = CreateSet(deployment, sets);
        }
        else if (fresh is not null && !paused)
        {
            Renumber(deployment, fresh, sets);
        }

        sets = Sets(deployment);
        if (fresh is not null)
        {
            fresh = sets.FirstOrDefault(s => s.Text("metadata", "name") == fresh.Text("metadata", "name"));
        }

        if (fresh is not null)
        {
            SetRevision(key, fresh.Text("metadata", "annotations", Revision));
        }

        if (fresh is not null && !paused)
        {
            Roll(deployment, fresh, [.. sets.Where(s => s.Text("metadata", "name") != fresh.Text("metadata", "name"))]);
            sets = Sets(deployment);
            fresh = sets.FirstOrDefault(s => s.Text("metadata", "name") == fresh.Text("metadata", "name"));
        }
        else if (paused)
        {
            ScalePaused(deployment, sets, fresh);
            sets = Sets(deployment);
            fresh = fresh is null ? null : sets.FirstOrDefault(s => s.Text("metadata", "name") == fresh.Text("metadata", "name"));
        }

        Trim(deployment, sets, fresh);
        return WriteStatus(key, sets, fresh);
    }

    private List<JsonMap> Sets(JsonMap deployment) =>
        [.. Store.List("apps/replicasets", deployment.Text("metadata", "namespace")).Where(s => IsOwnedBy(s, deployment))];

    private static bool SameTemplate(JsonMap set, JsonMap deployment)
    {
        var template = JsonTree.Clone(set.Map("spec", "template")!);
        template.Map("metadata", "labels")?.Remove(HashLabel);
        return JsonTree.Equal(template, deployment.Map("spec", "template"));
    }

    private static long RevisionOf(JsonMap set) =>
        long.TryParse(set.Text("metadata", "annotations", Revision), NumberStyles.None, CultureInfo.InvariantCulture, out var n) ? n : 0;

    private JsonMap CreateSet(JsonMap deployment, List<JsonMap> sets)
    {
        var hash = PodTemplates.Hash(deployment.Map("spec", "template"));
        var name = $"{deployment.Text("metadata", "name")}-{hash}";
        if (Registry.Find(Kind("apps", "replicasets"), deployment.Text("metadata", "namespace")!, name) is not null)
        {
            hash = PodTemplates.Hash(JsonTree.ListOf(deployment.Map("spec", "template"), Clock.NowText));
            name = $"{deployment.Text("metadata", "name")}-{hash}";
        }

        var template = JsonTree.Clone(deployment.Map("spec", "template")!);
        template.Ensure("metadata", "labels")[HashLabel] = hash;
        var selector = JsonTree.Clone(deployment.Map("spec", "selector")!);
        selector.Ensure("matchLabels")[HashLabel] = hash;
        var replicas = deployment.Int("spec", "replicas") ?? 1;
        var annotations = Inherited(deployment);
        annotations[Revision] = (sets.Select(RevisionOf).DefaultIfEmpty(0).Max() + 1).ToString(CultureInfo.InvariantCulture);
        Sizes(annotations, deployment, replicas);
        var first = NewSize(deployment, 0, [.. sets]);
        var spec = new JsonMap { ["replicas"] = first, ["selector"] = selector, ["template"] = template };
        spec.SetOrRemove("minReadySeconds", deployment.Int("spec", "minReadySeconds"));
        var made = Registry.Create(Kind("apps", "replicasets"), deployment.Text("metadata", "namespace")!, new JsonMap
        {
            ["metadata"] = new JsonMap { ["name"] = name, ["labels"] = JsonTree.Clone(template.At("metadata", "labels")), ["annotations"] = annotations, ["ownerReferences"] = OwnedBy(deployment) },
            ["spec"] = spec,
        }, Whole);
        if (first > 0)
        {
            events.Record(deployment, "Normal", "ScalingReplicaSet", $"Scaled up replica set {name} from 0 to {first}", "deployment-controller");
        }

        return made;
    }

    private static JsonMap Inherited(JsonMap deployment)
    {
        var annotations = new JsonMap();
        foreach (var (key, value) in deployment.Map("metadata", "annotations") ?? [])
        {
            if (key is not ("kubectl.kubernetes.io/last-applied-configuration" or Revision or History or Desired or Max or "deprecated.deployment.rollback.to"))
            {
                annotations[key] = value;
            }
        }

        return annotations;
    }

    private static void Sizes(JsonMap annotations, JsonMap deployment, long replicas)
    {
        annotations[Desired] = replicas.ToString(CultureInfo.InvariantCulture);
        annotations[Max] = (replicas + Surge(deployment)).ToString(CultureInfo.InvariantCulture);
    }

    private static bool IsRolling(JsonMap deployment) => deployment.Text("spec", "strategy", "type") == "RollingUpdate";

    private static long Surge(JsonMap deployment) =>
        IsRolling(deployment) ? PodTemplates.Share(deployment.At("spec", "strategy", "rollingUpdate", "maxSurge"), deployment.Int("spec", "replicas") ?? 1, up: true) : 0;

    private static long Unavailable(JsonMap deployment)
    {
        if (!IsRolling(deployment))
        {
            return 0;
        }

        var replicas = deployment.Int("spec", "replicas") ?? 1;
        var share = PodTemplates.Share(deployment.At("spec", "strategy", "rollingUpdate", "maxUnavailable"), replicas, up: false);
        // Both rounded to nothing would never move: one Pod may then be missing.
        return Math.Min(share == 0 && Surge(deployment) == 0 ? 1 : share, replicas);
    }

    /// <summary>How many Pods the new set may have now.</summary>
    private long NewSize(JsonMap deployment, long current, List<JsonMap> old)
    {
        var wanted = deployment.Int("spec", "replicas") ?? 1;
        if (!IsRolling(deployment))
        {
            var oldPods = old.SelectMany(s => PodTemplates.Of(Store, s)).Any(p => p.Text("status", "phase") is not ("Succeeded" or "Failed"));
            return old.Sum(s => s.Int("spec", "replicas") ?? 0) > 0 || oldPods ? current : wanted;
        }

        var total = current + old.Sum(s => s.Int("spec", "replicas") ?? 0);
        var room = wanted + Surge(deployment) - total;
        return room <= 0 ? Math.Min(current, wanted) : Math.Min(wanted, current + room);
    }

    private void Roll(JsonMap deployment, JsonMap fresh, List<JsonMap> old)
    {
        var wanted = deployment.Int("spec", "replicas") ?? 1;
        var size = fresh.Int("spec", "replicas") ?? 0;
        var target = size > wanted ? wanted : NewSize(deployment, size, old);
        Resize(deployment, fresh, target);
        if (!IsRolling(deployment))
        {
            foreach (var set in old)
            {
                Resize(deployment, set, 0);
            }

            return;
        }

        var minAvailable = wanted - Unavailable(deployment);
        var all = Sets(deployment);
        var total = all.Sum(s => s.Int("spec", "replicas") ?? 0);
        var freshNow = all.First(s => s.Text("metadata", "name") == fresh.Text("metadata", "name"));
        var freshMissing = (freshNow.Int("spec", "replicas") ?? 0) - (freshNow.Int("status", "availableReplicas") ?? 0);
        var mayGo = total - minAvailable - Math.Max(0, freshMissing);
        // First old Pods that do not work, as they keep nobody up.
        foreach (var set in old.OrderBy(s => s.Text("metadata", "creationTimestamp"), StringComparer.Ordinal))
        {
            var has = set.Int("spec", "replicas") ?? 0;
            var broken = Math.Max(0, has - (set.Int("status", "availableReplicas") ?? 0));
            var cut = Math.Min(broken, Math.Max(0, mayGo));
            if (cut > 0)
            {
                Resize(deployment, set, has - cut);
                mayGo -= cut;
            }
        }

        var available = all.Sum(s => s.Int("status", "availableReplicas") ?? 0);
        var spare = available - minAvailable;
        foreach (var set in Sets(deployment).Where(s => s.Text("metadata", "name") != fresh.Text("metadata", "name")).OrderBy(s => s.Text("metadata", "creationTimestamp"), StringComparer.Ordinal))
        {
            var has = set.Int("spec", "replicas") ?? 0;
            var cut = Math.Min(has, Math.Max(0, Math.Min(spare, mayGo)));
            if (cut > 0)
            {
                Resize(deployment, set, has - cut);
                spare -= cut;
                mayGo -= cut;
            }
        }
    }

    /// <summary>A paused Deployment still scales what it has.</summary>
    private void ScalePaused(JsonMap deployment, List<JsonMap> sets, JsonMap? fresh)
    {
        var active = sets.Where(s => s.Int("spec", "replicas") > 0).ToList();
        if ((active.Count == 1 ? active[0] : active.Count == 0 ? fresh : null) is { } only)
        {
            Resize(deployment, only, deployment.Int("spec", "replicas") ?? 1);
        }
    }

    private void Resize(JsonMap deployment, JsonMap set, long size)
    {
        var had = set.Int("spec", "replicas") ?? 0;
        var wanted = deployment.Int("spec", "replicas") ?? 1;
        var name = set.Text("metadata", "name")!;
        Registry.Update(Kind("apps", "replicasets"), set.Text("metadata", "namespace")!, name, s =>
        {
            var next = JsonTree.Clone(s);
            next.Map("spec")!["replicas"] = size;
            Sizes(next.Ensure("metadata", "annotations"), deployment, wanted);
            return next;
        }, Whole);
        if (had != size)
        {
            events.Record(deployment, "Normal", "ScalingReplicaSet", $"Scaled {(size > had ? "up" : "down")} replica set {name} from {had} to {size}", "deployment-controller");
        }
    }

    /// <summary>A set that is used again gets the next revision number.</summary>
    private void Renumber(JsonMap deployment, JsonMap fresh, List<JsonMap> sets)
    {
        var newest = sets.Where(s => s.Text("metadata", "name") != fresh.Text("metadata", "name")).Select(RevisionOf).DefaultIfEmpty(0).Max();
        var own = RevisionOf(fresh);
        var inherited = Inherited(deployment);
        Registry.Update(Kind("apps", "replicasets"), fresh.Text("metadata", "namespace")!, fresh.Text("metadata", "name")!, s =>
        {
            var next = JsonTree.Clone(s);
            var annotations = next.Ensure("metadata", "annotations");
            foreach (var (key, value) in inherited)
            {
                annotations[key] = value;
            }

            if (own <= newest)
            {
                if (own > 0)
                {
                    var history = annotations.Text(History);
                    annotations[History] = history is { Length: > 0 } ? $"{history},{own}" : own.ToString(CultureInfo.InvariantCulture);
                }

                annotations[Revision] = (newest + 1).ToString(CultureInfo.InvariantCulture);
            }

            next.Map("spec")!.SetOrRemove("minReadySeconds", deployment.Int("spec", "minReadySeconds"));
            return next;
        }, Whole);
    }

    private void SetRevision(ObjectKey key, string? revision)
    {
        if (revision is null || Store.Get(key)?.Text("metadata", "annotations", Revision) == revision)
        {
            return;
        }

        Registry.Update(Kind("apps", "deployments"), key.Namespace, key.Name, d =>
        {
            var next = JsonTree.Clone(d);
            next.Ensure("metadata", "annotations")[Revision] = revision;
            return next;
        }, Status);
    }

    private void Trim(JsonMap deployment, List<JsonMap> sets, JsonMap? fresh)
    {
        var limit = (int)(deployment.Int("spec", "revisionHistoryLimit") ?? 10);
        var old = sets.Where(s => s.Text("metadata", "name") != fresh?.Text("metadata", "name")).ToList();
        var idle = old.Where(s => s.Int("spec", "replicas") == 0 && s.Int("status", "replicas") is 0 or null && s.Text("metadata", "deletionTimestamp") is null).OrderBy(RevisionOf).ToList();
        foreach (var set in idle.Take(Math.Max(0, old.Count - limit)))
        {
            Registry.Delete(Kind("apps", "replicasets"), set.Text("metadata", "namespace")!, set.Text("metadata", "name")!, new DeleteRequest { Propagation = "Background" });
        }
    }

    private DateTimeOffset? WriteStatus(ObjectKey key, List<JsonMap> sets, JsonMap? fresh)
    {
        if (Store.Get(key) is not { } deployment)
        {
            return null;
        }

        long Sum(string field) => sets.Sum(s => s.Int("status", field) ?? 0);
        var wanted = deployment.Int("spec", "replicas") ?? 1;
        var total = Sum("replicas");
        var available = Sum("availableReplicas");
        var updated = fresh?.Int("status", "replicas") ?? 0;
        var status = new JsonMap { ["observedGeneration"] = deployment.Int("metadata", "generation") ?? 1 };
        status.SetOrRemove("replicas", total);
        status.SetOrRemove("updatedReplicas", updated);
        status.SetOrRemove("readyReplicas", Sum("readyReplicas"));
        status.SetOrRemove("availableReplicas", available);
        status.SetOrRemove("unavailableReplicas", Math.Max(0, total - available));
        status["terminatingReplicas"] = Sum("terminatingReplicas");
        var conditions = deployment.Maps("status", "conditions").Select(JsonTree.Clone).ToList();
        var enough = available >= wanted - Unavailable(deployment);
        Set(conditions, "Available", enough ? "True" : "False", enough ? "MinimumReplicasAvailable" : "MinimumReplicasUnavailable", enough ? "Deployment has minimum availability." : "Deployment does not have minimum availability.");
        var next = Progress(deployment, conditions, status, sets, fresh, wanted, total, available, updated);
        if (fresh?.Maps("status", "conditions").FirstOrDefault(c => c.Text("type") == "ReplicaFailure") is { } failure)
        {
            Set(conditions, "ReplicaFailure", "True", failure.Text("reason")!, failure.Text("message")!);
        }
        else
        {
            conditions.RemoveAll(c => c.Text("type") == "ReplicaFailure");
        }

        // Available stands before Progressing once both are there, ReplicaFailure last.
        var order = (string[])["Available", "Progressing", "ReplicaFailure"];
        status["conditions"] = conditions.OrderBy(c => Array.IndexOf(order, c.Text("type"))).Select(c => (object?)c).ToList();
        SetStatus(Kind("apps", "deployments"), deployment, status);
        return next;
    }

    private DateTimeOffset? Progress(JsonMap deployment, List<JsonMap> conditions, JsonMap status, List<JsonMap> sets, JsonMap? fresh, long wanted, long total, long available, long updated)
    {
        var present = conditions.FirstOrDefault(c => c.Text("type") == "Progressing");
        if (deployment.Flag("spec", "paused") is true)
        {
            // A rollout that has timed out stays so while it is paused.
            if (!conditions.Any(c => c.Text("type") == "Progressing" && c.Text("reason") == "ProgressDeadlineExceeded"))
            {
                Set(conditions, "Progressing", "Unknown", "DeploymentPaused", "Deployment is paused");
            }

            return null;
        }

        if (fresh is null)
        {
            return null;
        }

        var name = fresh.Text("metadata", "name");
        var complete = updated == wanted && total == wanted && available == wanted;
        if (complete)
        {
            Set(conditions, "Progressing", "True", "NewReplicaSetAvailable", $"ReplicaSet \"{name}\" has successfully progressed.");
            return null;
        }

        var message = $"ReplicaSet \"{name}\" is progressing.";
        var before = deployment.Map("status") ?? [];
        var progressed = present is null || !present.Text("message")!.Contains($"\"{name}\"", StringComparison.Ordinal) || present.Text("reason") is "NewReplicaSetAvailable" or "DeploymentPaused"
            || ((string[])["updatedReplicas", "readyReplicas", "availableReplicas"]).Any(f => (status.Int(f) ?? 0) > (before.Int(f) ?? 0))
            || sets.Where(s => s.Text("metadata", "name") != name).Sum(s => s.Int("status", "replicas") ?? 0) < (before.Int("replicas") ?? 0) - (before.Int("updatedReplicas") ?? 0);
        if (progressed)
        {
            var created = present is null || !present.Text("message")!.Contains($"\"{name}\"", StringComparison.Ordinal);
            Set(conditions, "Progressing", "True", created ? "NewReplicaSetCreated" : "ReplicaSetUpdated", created ? $"Created new replica set \"{name}\"" : message, touch: true);
            present = conditions.First(c => c.Text("type") == "Progressing");
        }

        var deadline = (SandboxClock.Parse(present!.Text("lastUpdateTime")) ?? Clock.Now).AddSeconds(deployment.Int("spec", "progressDeadlineSeconds") ?? 600);
        if (Clock.Now >= deadline)
        {
            Set(conditions, "Progressing", "False", "ProgressDeadlineExceeded", $"ReplicaSet \"{name}\" has timed out progressing.");
            return null;
        }

        return deadline;
    }

    private void Set(List<JsonMap> conditions, string type, string status, string reason, string message, bool touch = false)
    {
        var present = conditions.FirstOrDefault(c => c.Text("type") == type);
        if (present is null)
        {
            present = new JsonMap { ["type"] = type, ["status"] = "", ["lastUpdateTime"] = "", ["lastTransitionTime"] = Clock.NowText, ["reason"] = "", ["message"] = "" };
            conditions.Add(present);
        }

        if (!touch && present.Text("status") == status && present.Text("reason") == reason && present.Text("message") == message)
        {
            return;
        }

        if (present.Text("status") != status)
        {
            present["lastTransitionTime"] = Clock.NowText;
        }

        present["status"] = status;
        present["reason"] = reason;
        present["message"] = message;
        present["lastUpdateTime"] = Clock.NowText;
    }
}
