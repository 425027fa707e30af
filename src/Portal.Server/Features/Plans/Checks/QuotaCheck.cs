using System.Globalization;
using Portal.Core.Plans;
using Portal.Helm.Actions;
using Portal.Helm.Kube;

namespace Portal.Server.Features.Plans.Checks;

/// <summary>Whether the pods that come fit into the namespace's ResourceQuotas: controllers make them, so no dry run refuses them.</summary>
internal static class QuotaCheck
{
    public static async Task<IReadOnlyList<Finding>> OfAsync(CheckInput input, CancellationToken cancellation)
    {
        var findings = new List<Finding>();
        if (await PlanChecks.ListAsync(input, "v1", "ResourceQuota", input.Namespace, findings, cancellation) is { Count: > 0 } quotas)
        {
            findings.AddRange(Of(input.Outcomes, quotas));
        }

        return findings;
    }

    /// <summary>Pure. Quotas with a scope count some pods only; they are left out.</summary>
    public static IEnumerable<Finding> Of(IReadOnlyList<DryRunOutcome> outcomes, IEnumerable<KubeObject> quotas)
    {
        var more = new Dictionary<string, decimal>(StringComparer.Ordinal);
        foreach (var outcome in outcomes)
        {
            Add(more, outcome.Result is DryRunResult.Removed ? null : outcome.After, 1);
            Add(more, outcome.After is null && outcome.Result is not DryRunResult.Removed ? null : outcome.Live, -1);
        }

        foreach (var quota in quotas.Where(q => q["spec", "scopes"] is null && q["spec", "scopeSelector"] is null))
        {
            foreach (var (key, need) in more.Where(m => m.Value > 0).OrderBy(m => m.Key, StringComparer.Ordinal))
            {
                if (Quantity.Of(quota["spec", "hard", key]?.ToString()) is { } hard && (Quantity.Of(quota["status", "used", key]?.ToString()) ?? 0) is var used && used + need > hard)
                {
                    yield return PlanChecks.Finding(
                        "quota", FindingLevel.Warning, $"ResourceQuota/{quota.Name}",
                        $"ResourceQuota/{quota.Name} allows {quota["spec", "hard", key]} of {key}; {Number(used)} are in use and {Number(need)} more are needed.", "Have the quota raised, or ask for less in the values.", key) with { Id = $"quota:{quota.Name}/{key}" };
                }
            }
        }
    }

    private static void Add(Dictionary<string, decimal> sum, KubeObject? item, int sign)
    {
        var pods = item?.Kind switch { "Deployment" or "StatefulSet" or "ReplicaSet" => item.Int("spec", "replicas") ?? 1, "Job" => item.Int("spec", "parallelism") ?? 1, "Pod" => 1, _ => 0 };
        if (item is null || pods == 0 || PlanChecks.PodOf(item) is not { } pod)
        {
            return;
        }

        void Count(string key, decimal amount) => sum[key] = sum.GetValueOrDefault(key) + sign * pods * amount;
        Count("pods", 1);
        foreach (var container in pod.List("spec", "containers"))
        {
            foreach (var resource in new[] { "cpu", "memory" })
            {
                var limit = Quantity.Of(container["resources", "limits", resource]?.ToString());
                // Without a request the limit is the request.
                var request = Quantity.Of(container["resources", "requests", resource]?.ToString()) ?? limit ?? 0;
                Count(resource, request);
                Count("requests." + resource, request);
                Count("limits." + resource, limit ?? 0);
            }
        }
    }

    private static string Number(decimal number) => number.ToString("0.###", CultureInfo.InvariantCulture);
}
