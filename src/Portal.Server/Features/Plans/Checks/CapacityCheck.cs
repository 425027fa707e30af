using System.Text.Json.Nodes;
using Portal.Core.Plans;
using Portal.Helm.Actions;
using Portal.Helm.Kube;

namespace Portal.Server.Features.Plans.Checks;

/// <summary>
/// Whether the nodes are large enough for the pods that come: each pod for one node, all of the release for all nodes. What other releases use is not counted, so what passes here may still have to wait.
/// </summary>
internal static class CapacityCheck
{
    private static readonly string[] Resources = ["cpu", "memory"];

    public static async Task<IReadOnlyList<Finding>> OfAsync(CheckInput input, CancellationToken cancellation)
    {
        var findings = new List<Finding>();
        if (await PlanChecks.ListAsync(input, "v1", "Node", "", findings, cancellation) is { Count: > 0 } nodes)
        {
            findings.AddRange(Of([.. input.Planned], nodes));
        }

        return findings;
    }

    /// <summary>Pure. Nodes that take no new pods do not count.</summary>
    public static IEnumerable<Finding> Of(IReadOnlyList<(KubeObject Object, DryRunResult Result)> planned, IEnumerable<KubeObject> nodes)
    {
        var open = Open(nodes).ToArray();
        // The scheduler looks at requests. Defaults of LimitRanges are left out: they differ by namespace and only make pods larger.
        var pods = planned.Select(p => (p.Object, p.Result, Pod: PlanChecks.PodOf(p.Object))).Where(p => p.Pod is not null).Select(p => (p.Object, p.Result, Content: PodResources.Of(p.Pod!, []), Selector: p.Pod!["spec", "nodeSelector"] as JsonObject)).ToArray();
        foreach (var (item, _, _, labels) in pods.Where(p => p.Result != DryRunResult.Unchanged && open.Length > 0))
        {
            if (labels is { Count: > 0 } && !open.Any(n => labels.All(l => n.Text("metadata", "labels", l.Key) == l.Value?.ToString())))
            {
                var wanted = string.Join(", ", labels.Select(l => $"{l.Key}={l.Value}"));
                yield return PlanChecks.Finding("node-selector", FindingLevel.Warning, $"{item.Kind}/{item.Name}", $"{item.Kind}/{item.Name} wants a node with {wanted}; no node that takes pods has {(labels.Count > 1 ? "all of these" : "this")}.", "Its pods stay Pending: label a node, add one, or change the selector in the values.");
            }
        }

        foreach (var resource in Resources)
        {
            decimal[] allocatable = [.. open.Select(n => Quantity.Of(n["status", "allocatable", resource]?.ToString())).OfType<decimal>()];
            if (allocatable.Length == 0)
            {
                continue;
            }

            foreach (var (item, _, content, _) in pods.Where(p => p.Result != DryRunResult.Unchanged))
            {
                if (content.Request(resource) is var request && request > allocatable.Max())
                {
                    yield return PlanChecks.Finding(
                        "capacity", FindingLevel.Warning, $"{item.Kind}/{item.Name}", $"A pod of {item.Kind}/{item.Name} requests {Quantity.Text(request, resource)} of {resource}; the largest node has {Quantity.Text(allocatable.Max(), resource)}.",
                        "It stays Pending: ask for less in the values, or add a larger node.", resource) with { Id = $"capacity:{item.Kind}/{item.Name}/{resource}" };
                }
            }

            var all = pods.Sum(p => p.Content.Request(resource) * (p.Object.Kind switch { "DaemonSet" => open.Length, "Job" or "CronJob" => p.Object.Int("spec", "parallelism") ?? 1, "Pod" => 1, _ => p.Object.Int("spec", "replicas") ?? 1 }));
            if (all > allocatable.Sum())
            {
                yield return PlanChecks.Finding(
                    "capacity", FindingLevel.Warning, null, $"The pods of the release request {Quantity.Text(all, resource)} of {resource} together; all nodes have {Quantity.Text(allocatable.Sum(), resource)}.",
                    "Some stay Pending unless the cluster adds nodes by itself.", resource);
            }
        }
    }

    /// <summary>The nodes that take new pods.</summary>
    public static IEnumerable<KubeObject> Open(IEnumerable<KubeObject> nodes) => nodes.Where(n => n["spec", "unschedulable"]?.GetValueKind() != System.Text.Json.JsonValueKind.True);
}
