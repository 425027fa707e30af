using System.Text.Json.Nodes;
using Portal.Core.Plans;
using Portal.Helm.Actions;
using Portal.Helm.Kube;

namespace Portal.Server.Features.Plans.Checks;

/// <summary>PodDisruptionBudgets that never let a Pod go: nodes cannot be drained, and whoever waits for an eviction waits for ever. Pure.</summary>
internal static class DisruptionCheck
{
    public static IEnumerable<Finding> Of(IReadOnlyList<(KubeObject Object, DryRunResult Result)> planned)
    {
        foreach (var (budget, result) in planned.Where(p => p.Object.Kind == "PodDisruptionBudget"))
        {
            foreach (var (workload, _) in planned.Where(p => p.Object.Kind is "Deployment" or "StatefulSet" or "ReplicaSet" && p.Object.Namespace == budget.Namespace && Selects(budget, p.Object)))
            {
                var replicas = workload.Int("spec", "replicas") ?? 1;
                if (replicas > 0 && Allowed(budget, replicas) <= 0)
                {
                    yield return PlanChecks.Finding(
                        "disruption", result == DryRunResult.Unchanged ? FindingLevel.Note : FindingLevel.Warning, $"PodDisruptionBudget/{budget.Name}",
                        $"PodDisruptionBudget/{budget.Name} lets no pod of {workload.Kind}/{workload.Name} ({replicas}) be evicted: their nodes cannot be drained.", "Run more pods, or let one of them be unavailable.") with { Id = $"disruption:{budget.Name}/{workload.Kind}/{workload.Name}" };
                }
            }
        }
    }

    private static int Allowed(KubeObject budget, int replicas) =>
        budget["spec", "maxUnavailable"] is { } most ? Amount(most, replicas) : budget["spec", "minAvailable"] is { } least ? replicas - Amount(least, replicas) : replicas;

    // Kubernetes rounds both up.
    private static int Amount(JsonNode node, int of)
    {
        var text = node.ToString();
        return text.EndsWith('%') && int.TryParse(text[..^1], out var percent) ? (int)Math.Ceiling(of * percent / 100.0) : int.TryParse(text, out var number) ? number : 0;
    }

    private static bool Selects(KubeObject budget, KubeObject workload)
    {
        var labels = PlanChecks.PodOf(workload)?["metadata", "labels"] as JsonObject;
        return budget["spec", "selector", "matchLabels"] is JsonObject { Count: > 0 } wanted && labels is not null && wanted.All(w => labels[w.Key]?.ToString() == w.Value?.ToString());
    }
}
