using System.Globalization;
using Portal.Core.Plans;
using Portal.Helm.Actions;
using Portal.Helm.Kube;

namespace Portal.Server.Features.Plans.Checks;

/// <summary>
/// Whether the namespace's LimitRanges let the pods and claims in that controllers make of the plan's objects: no dry run asks for them, and a Deployment that is refused its pods only says so in an event. The
/// rules are those of https://kubernetes.io/docs/concepts/policy/limit-range/. Pure.
/// </summary>
internal static class LimitRangeCheck
{
    /// <summary>One finding for each object and rule that it breaks.</summary>
    public static IEnumerable<Finding> Of(IReadOnlyList<(KubeObject Object, DryRunResult Result)> planned, IReadOnlyList<KubeObject> ranges)
    {
        foreach (var (item, _) in planned.Where(p => p.Result != DryRunResult.Unchanged))
        {
            foreach (var range in ranges.Where(r => r.Namespace.Length == 0 || item.Namespace.Length == 0 || r.Namespace == item.Namespace))
            {
                foreach (var (key, what) in Broken(item, range, ranges).DistinctBy(b => b.Key))
                {
                    yield return PlanChecks.Finding(
                        "limit-range", FindingLevel.Warning, $"{item.Kind}/{item.Name}", $"LimitRange/{range.Name} does not let {item.Kind}/{item.Name} in: {what}.",
                        "Change resources in the values, or have the range changed: until then the cluster refuses what is made of it.", key) with { Id = $"limit-range:{range.Name}/{item.Kind}/{item.Name}/{key}" };
                }
            }
        }
    }

    private static IEnumerable<(string Key, string What)> Broken(KubeObject item, KubeObject range, IReadOnlyList<KubeObject> all)
    {
        var pod = PlanChecks.PodOf(item) is { } template ? PodResources.Of(template, all) : null;
        foreach (var limit in range.List("spec", "limits"))
        {
            switch (limit.Text("type"))
            {
                case "Container" when pod is not null:
                    foreach (var found in pod.Containers.SelectMany(c => Between(limit, $"container {c.Name}", r => c.Requests.TryGetValue(r, out var a) ? a : null, r => c.Limits.TryGetValue(r, out var a) ? a : null)))
                    {
                        yield return found;
                    }

                    // A default limit below the container's own request.
                    foreach (var (container, resource) in pod.Containers.SelectMany(c => c.Limits.Where(l => c.Requests.GetValueOrDefault(l.Key) > l.Value).Select(l => (c, l.Key))))
                    {
                        yield return (resource, $"container {container.Name} requests {Quantity.Text(container.Requests[resource], resource)} of {resource}, more than the limit of {Quantity.Text(container.Limits[resource], resource)} that it gets");
                    }

                    break;
                case "Pod" when pod is not null:
                    foreach (var found in Between(limit, "its pod", r => pod.Names.Contains(r) ? pod.Request(r) : null, r => pod.Names.Contains(r) ? pod.Limit(r) : null))
                    {
                        yield return found;
                    }

                    break;
                case "PersistentVolumeClaim":
                    var sizes = item.Kind switch { "PersistentVolumeClaim" => [item], "StatefulSet" => item.List("spec", "volumeClaimTemplates"), _ => Enumerable.Empty<KubeObject>() };
                    foreach (var found in sizes.SelectMany(c => Between(limit, $"claim {c.Name}", _ => Quantity.Of(c["spec", "resources", "requests", "storage"]?.ToString()), _ => Quantity.Of(c["spec", "resources", "requests", "storage"]?.ToString()))))
                    {
                        yield return found;
                    }

                    break;
            }
        }
    }

    private static IEnumerable<(string Key, string What)> Between(KubeObject limit, string who, Func<string, decimal?> request, Func<string, decimal?> most)
    {
        foreach (var (resource, least) in PodResources.Amounts(limit["min"]))
        {
            if (request(resource) is not { } asked || asked < least)
            {
                yield return (resource, $"{who} requests {(request(resource) is { } a ? Quantity.Text(a, resource) : "nothing")} of {resource}, at least {Quantity.Text(least, resource)} is asked for");
            }
        }

        foreach (var (resource, largest) in PodResources.Amounts(limit["max"]))
        {
            if (most(resource) is not { } allowed || allowed > largest)
            {
                yield return (resource, $"{who} has {(most(resource) is { } a ? $"a limit of {Quantity.Text(a, resource)}" : "no limit")} of {resource}, at most {Quantity.Text(largest, resource)} is allowed");
            }
        }

        foreach (var (resource, ratio) in PodResources.Amounts(limit["maxLimitRequestRatio"]))
        {
            if (request(resource) is not > 0 || most(resource) is not { } top || top / request(resource) > ratio)
            {
                yield return (resource, $"{who}: the limit of {resource} may be at most {ratio.ToString(CultureInfo.InvariantCulture)} times the request");
            }
        }
    }
}
