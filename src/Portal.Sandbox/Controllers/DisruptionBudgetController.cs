using Portal.Sandbox.Json;
using Portal.Sandbox.Kinds;
using Portal.Sandbox.Registry;
using Portal.Sandbox.Storage;

namespace Portal.Sandbox.Controllers;

/// <summary>Counts how many Pods of a PodDisruptionBudget may be missing.</summary>
internal sealed class DisruptionBudgetController(ObjectRegistry registry) : Controller(registry, "policy/poddisruptionbudgets")
{
    public override IEnumerable<ObjectKey> Affected(Change change)
    {
        if (change.Key.Bucket == Bucket)
        {
            yield return change.Key;
        }
        else if (change.Key.Bucket == "/pods")
        {
            foreach (var budget in Store.List(Bucket, change.Key.Namespace))
            {
                yield return new ObjectKey(Bucket, change.Key.Namespace, budget.Text("metadata", "name")!);
            }
        }
    }

    public override DateTimeOffset? Reconcile(ObjectKey key)
    {
        if (Store.Get(key) is not { } budget)
        {
            return null;
        }

        var pods = Store.List("/pods", key.Namespace).Where(p => PodTemplates.IsActive(p) && budget.Map("spec", "selector") is { } s && Selectors.Matches(s, p.Map("metadata", "labels") ?? [])).ToList();
        long expected = pods.Count;
        long healthy = pods.Count(PodTemplates.IsReady);
        var desired = budget.At("spec", "maxUnavailable") is { } max
            ? Math.Max(0, expected - PodTemplates.Share(max, expected, up: true))
            : PodTemplates.Share(budget.At("spec", "minAvailable") ?? 1L, expected, up: true);
        var allowed = expected == 0 ? 0 : Math.Max(0, healthy - desired);
        var reason = allowed > 0 ? "SufficientPods" : "InsufficientPods";
        var present = budget.Maps("status", "conditions").FirstOrDefault(c => c.Text("type") == "DisruptionAllowed");
        var status = new JsonMap
        {
            ["observedGeneration"] = budget.Int("metadata", "generation") ?? 1,
            ["disruptionsAllowed"] = allowed,
            ["currentHealthy"] = healthy,
            ["desiredHealthy"] = desired,
            ["expectedPods"] = expected,
            ["conditions"] = JsonTree.ListOf(new JsonMap
            {
                ["type"] = "DisruptionAllowed",
                ["status"] = allowed > 0 ? "True" : "False",
                ["observedGeneration"] = budget.Int("metadata", "generation") ?? 1,
                ["lastTransitionTime"] = present?.Text("reason") == reason ? present.Text("lastTransitionTime") : Clock.NowText,
                ["reason"] = reason,
                ["message"] = "",
            }),
        };
        SetStatus(Kind("policy", "poddisruptionbudgets"), budget, status);
        return null;
    }
}
