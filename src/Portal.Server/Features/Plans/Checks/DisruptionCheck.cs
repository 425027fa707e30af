using System.Text.Json.Nodes;
using Portal.Core.Plans;
using Portal.Helm.Actions;
using Portal.Helm.Kube;

namespace Portal.Server.Features.Plans.Checks;

/// <summary>PodDisruptionBudgets that never let a Pod go: nodes cannot be drained, and whoever waits for an eviction waits for ever. Those of the release, and others of its namespace that choose its pods.</summary>
internal static class DisruptionCheck
{
    public static async Task<IReadOnlyList<Finding>> OfAsync(CheckInput input, CancellationToken cancellation)
    {
        var findings = new List<Finding>();
        var planned = input.Planned.ToArray();
        var own = input.Outcomes.Where(o => o.Object.Kind == "PodDisruptionBudget").Select(o => o.Object.Name).ToHashSet(StringComparer.Ordinal);
        var others = planned.Any(p => IsWorkload(p.Object)) ? await PlanChecks.ListAsync(input, "policy/v1", "PodDisruptionBudget", input.Namespace, findings, cancellation) ?? [] : [];
        findings.AddRange(Of([.. planned, .. others.Where(o => !own.Contains(o.Name)).Select(o => (Named(o), DryRunResult.Unchanged))]));
        return findings;
    }

    /// <summary>Pure.</summary>
    public static IEnumerable<Finding> Of(IReadOnlyList<(KubeObject Object, DryRunResult Result)> planned)
    {
        var budgets = planned.Where(p => p.Object.Kind == "PodDisruptionBudget").ToArray();
        foreach (var (workload, result) in planned.Where(p => IsWorkload(p.Object) && (p.Object.Int("spec", "replicas") ?? 1) > 0))
        {
            var replicas = workload.Int("spec", "replicas") ?? 1;
            var choosing = budgets.Where(b => b.Object.Namespace == workload.Namespace && Selects(b.Object, workload)).ToArray();
            foreach (var (budget, made) in choosing.Where(b => Allowed(b.Object, replicas) <= 0))
            {
                yield return PlanChecks.Finding(
                    "disruption", made == DryRunResult.Unchanged ? FindingLevel.Note : FindingLevel.Warning, $"PodDisruptionBudget/{budget.Name}",
                    $"PodDisruptionBudget/{budget.Name} lets no pod of {workload.Kind}/{workload.Name} ({replicas}) be evicted: their nodes cannot be drained.", "Run more pods, or let one of them be unavailable.") with { Id = $"disruption:{budget.Name}/{workload.Kind}/{workload.Name}" };
            }

            if (choosing.Length > 1)
            {
                // The eviction API refuses a pod that two budgets choose (pkg/registry/core/pod/storage/eviction.go).
                yield return PlanChecks.Finding(
                    "disruption", choosing.All(c => c.Result == DryRunResult.Unchanged) && result == DryRunResult.Unchanged ? FindingLevel.Note : FindingLevel.Warning, $"{workload.Kind}/{workload.Name}",
                    $"{string.Join(", ", choosing.Select(c => $"PodDisruptionBudget/{c.Object.Name}"))} all choose the pods of {workload.Kind}/{workload.Name}: Kubernetes evicts no pod that several budgets choose.", "Let one budget choose them.");
            }
        }
    }

    private static bool IsWorkload(KubeObject item) => item.Kind is "Deployment" or "StatefulSet" or "ReplicaSet" or "ReplicationController";

    // Items of a list carry no kind.
    private static KubeObject Named(KubeObject item)
    {
        var json = (JsonObject)item.Json.DeepClone();
        json["kind"] = "PodDisruptionBudget";
        json["apiVersion"] = "policy/v1";
        return new KubeObject(json);
    }

    private static int Allowed(KubeObject budget, int replicas) =>
        budget["spec", "maxUnavailable"] is { } most ? Amount(most, replicas) : budget["spec", "minAvailable"] is { } least ? replicas - Amount(least, replicas) : replicas;

    // Kubernetes rounds both up.
    private static int Amount(JsonNode node, int of)
    {
        var text = node.ToString();
        return text.EndsWith('%') && int.TryParse(text[..^1], out var percent) ? (int)Math.Ceiling(of * percent / 100.0) : int.TryParse(text, out var number) ? number : 0;
    }

    // Of policy/v1beta1 an empty selector chose nothing.
    private static bool Selects(KubeObject budget, KubeObject workload) =>
        LabelSelector.Matches(budget["spec", "selector"], PlanChecks.PodOf(workload)?["metadata", "labels"] as JsonObject)
        && (budget.ApiVersion != "policy/v1beta1" || ((JsonObject)budget["spec", "selector"]!).Any(s => s.Value is JsonObject { Count: > 0 } or JsonArray { Count: > 0 }));
}
