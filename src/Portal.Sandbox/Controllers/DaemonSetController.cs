using System.Globalization;
using Portal.Sandbox.Json;
using Portal.Sandbox.Kinds;
using Portal.Sandbox.Registry;
using Portal.Sandbox.Storage;

namespace Portal.Sandbox.Controllers;

/// <summary>Keeps one Pod of a DaemonSet on every node that fits.</summary>
internal sealed class DaemonSetController(ObjectRegistry registry, EventRecorder events) : Controller(registry, "apps/daemonsets")
{
    private const string RevisionLabel = "controller-revision-hash";

    public override IEnumerable<ObjectKey> Affected(Change change) => change.Key.Bucket switch
    {
        "apps/daemonsets" => [change.Key],
        "/pods" => OwnersOf(change, "DaemonSet", Bucket),
        "/nodes" => Store.List(Bucket).Select(d => new ObjectKey(Bucket, d.Text("metadata", "namespace")!, d.Text("metadata", "name")!)),
        _ => [],
    };

    public override DateTimeOffset? Reconcile(ObjectKey key)
    {
        if (Store.Get(key) is not { } set || set.Text("metadata", "deletionTimestamp") is not null)
        {
            return null;
        }

        var hash = Revisions.Ensure(Registry, set, OwnedBy(set), Whole)[(key.Name.Length + 1)..];
        var nodes = Store.List("/nodes").Where(n => Selectors.MatchesAll(set.Map("spec", "template", "spec", "nodeSelector") ?? [], n.Map("metadata", "labels") ?? [])).Select(n => n.Text("metadata", "name")!).ToList();
        var pods = PodTemplates.Of(Store, set);
        string NodeOf(JsonMap pod) => pod.Maps("spec", "affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms")
            .SelectMany(t => t.Maps("matchFields")).SelectMany(f => f.Texts("values")).FirstOrDefault() ?? pod.Text("spec", "nodeName") ?? "";
        foreach (var node in nodes.Where(n => pods.All(p => NodeOf(p) != n)))
        {
            Create(key, set, node, hash);
        }

        foreach (var pod in pods.Where(p => p.Text("metadata", "deletionTimestamp") is null && (p.Text("status", "phase") == "Failed" || !nodes.Contains(NodeOf(p)))))
        {
            Registry.Delete(Kind("", "pods"), key.Namespace, pod.Text("metadata", "name")!, new DeleteRequest());
        }

        Roll(key, set, pods, hash, nodes.Count);
        WriteStatus(key, hash, nodes.Count);
        return null;
    }

    private void Create(ObjectKey key, JsonMap set, string node, string hash)
    {
        var pod = PodTemplates.Make(set, set.Map("spec", "template")!, null, OwnedBy(set));
        var labels = pod.Ensure("metadata", "labels");
        labels[RevisionLabel] = hash;
        labels["pod-template-generation"] = set.Text("metadata", "annotations", "deprecated.daemonset.template.generation") ?? (set.Int("metadata", "generation") ?? 1).ToString(CultureInfo.InvariantCulture);
        var spec = pod.Map("spec")!;
        spec.Ensure("affinity", "nodeAffinity")["requiredDuringSchedulingIgnoredDuringExecution"] = new JsonMap
        {
            ["nodeSelectorTerms"] = JsonTree.ListOf(new JsonMap { ["matchFields"] = JsonTree.ListOf(new JsonMap { ["key"] = "metadata.name", ["operator"] = "In", ["values"] = JsonTree.ListOf(node) }) }),
        };
        var tolerations = spec.List("tolerations") ?? [];
        foreach (var (taint, effect) in ((string, string)[])[("not-ready", "NoExecute"), ("unreachable", "NoExecute"), ("disk-pressure", "NoSchedule"), ("memory-pressure", "NoSchedule"), ("pid-pressure", "NoSchedule"), ("unschedulable", "NoSchedule")])
        {
            tolerations.Add(new JsonMap { ["key"] = $"node.kubernetes.io/{taint}", ["operator"] = "Exists", ["effect"] = effect });
        }

        spec["tolerations"] = tolerations;
        var made = Registry.Create(Kind("", "pods"), key.Namespace, pod, Whole);
        events.Record(set, "Normal", "SuccessfulCreate", $"Created pod: {made.Text("metadata", "name")}", "daemonset-controller");
    }

    private void Roll(ObjectKey key, JsonMap set, List<JsonMap> pods, string hash, int nodes)
    {
        if (set.Text("spec", "updateStrategy", "type") != "RollingUpdate")
        {
            return;
        }

        var may = Math.Max(1, PodTemplates.Share(set.At("spec", "updateStrategy", "rollingUpdate", "maxUnavailable"), nodes, up: true));
        var down = pods.Count(p => p.Text("metadata", "deletionTimestamp") is not null || (!PodTemplates.IsReady(p) && p.Text("metadata", "labels", RevisionLabel) == hash)) + Math.Max(0, nodes - pods.Count);
        foreach (var pod in pods.Where(p => p.Text("metadata", "labels", RevisionLabel) != hash && p.Text("metadata", "deletionTimestamp") is null).OrderBy(p => PodTemplates.IsReady(p) ? 1 : 0).Take((int)Math.Max(0, may - down)).ToList())
        {
            Registry.Delete(Kind("", "pods"), key.Namespace, pod.Text("metadata", "name")!, new DeleteRequest());
        }
    }

    private void WriteStatus(ObjectKey key, string hash, long nodes)
    {
        if (Store.Get(key) is not { } set)
        {
            return;
        }

        var pods = PodTemplates.Of(Store, set).Where(p => p.Text("metadata", "deletionTimestamp") is null).ToList();
        long ready = pods.Count(PodTemplates.IsReady);
        var status = new JsonMap
        {
            ["currentNumberScheduled"] = (long)pods.Count(p => p.Text("spec", "nodeName") is not null),
            ["numberMisscheduled"] = 0L,
            ["desiredNumberScheduled"] = nodes,
            ["numberReady"] = ready,
            ["observedGeneration"] = set.Int("metadata", "generation") ?? 1,
        };
        status.SetOrRemove("updatedNumberScheduled", (long)pods.Count(p => p.Text("metadata", "labels", RevisionLabel) == hash));
        status.SetOrRemove("numberAvailable", ready);
        status.SetOrRemove("numberUnavailable", nodes - ready);
        SetStatus(Kind("apps", "daemonsets"), set, status);
    }
}
