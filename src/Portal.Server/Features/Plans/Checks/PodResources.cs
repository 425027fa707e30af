using System.Text.Json.Nodes;
using Portal.Helm.Kube;

namespace Portal.Server.Features.Plans.Checks;

/// <summary>What the containers of a pod ask for, after the API server filled in: a limit is the request where none is given, and LimitRanges give defaults. Pure.</summary>
internal sealed class PodResources
{
    private PodResources(IReadOnlyList<Container> containers) => Containers = containers;

    /// <summary>One container. IsInit: it ends before the others start; a sidecar (an init container that restarts always) counts as one of the others.</summary>
    public sealed record Container(string Name, bool IsInit, IReadOnlyDictionary<string, decimal> Requests, IReadOnlyDictionary<string, decimal> Limits);

    public IReadOnlyList<Container> Containers { get; }

    /// <summary>Of a pod or its template, in a namespace with these LimitRanges.</summary>
    public static PodResources Of(KubeObject pod, IEnumerable<KubeObject> limitRanges)
    {
        var defaults = limitRanges.SelectMany(r => r.List("spec", "limits")).Where(l => l.Text("type") == "Container").ToArray();
        Container One(KubeObject container, bool isInit)
        {
            var (requests, limits) = (Amounts(container["resources", "requests"]), Amounts(container["resources", "limits"]));
            // A given limit is the request before any default (pkg/apis/core/v1/defaults.go), a default one after it (plugin/pkg/admission/limitranger).
            foreach (var (resource, amount) in limits)
            {
                requests.TryAdd(resource, amount);
            }

            foreach (var limit in defaults)
            {
                var most = Amounts(limit["default"]);
                foreach (var (resource, amount) in Amounts(limit["max"]))
                {
                    most.TryAdd(resource, amount);
                }

                var least = Amounts(limit["defaultRequest"]);
                foreach (var (resource, amount) in most.Concat(Amounts(limit["min"])))
                {
                    least.TryAdd(resource, amount);
                }

                foreach (var (resource, amount) in most)
                {
                    limits.TryAdd(resource, amount);
                }

                foreach (var (resource, amount) in least)
                {
                    requests.TryAdd(resource, amount);
                }
            }

            return new Container(container.Text("name"), isInit, requests, limits);
        }

        return new PodResources([.. pod.List("spec", "containers").Select(c => One(c, false)), .. pod.List("spec", "initContainers").Select(c => One(c, c.Text("restartPolicy") != "Always"))]);
    }

    /// <summary>What the pod as a whole requests of a resource: the containers together, or an init container that needs more than they do.</summary>
    public decimal Request(string resource) => Whole(c => c.Requests.GetValueOrDefault(resource));

    /// <summary>The same of limits.</summary>
    public decimal Limit(string resource) => Whole(c => c.Limits.GetValueOrDefault(resource));

    /// <summary>Every resource that a container names.</summary>
    public IEnumerable<string> Names => Containers.SelectMany(c => c.Requests.Keys.Concat(c.Limits.Keys)).Distinct(StringComparer.Ordinal);

    /// <summary>Whether nothing is asked for: the quality of service "BestEffort".</summary>
    public bool IsBestEffort => Containers.All(c => c.Requests.Count == 0 && c.Limits.Count == 0);

    /// <summary>The amounts of a table ({cpu: 500m}).</summary>
    public static Dictionary<string, decimal> Amounts(JsonNode? node) => (node as JsonObject ?? [])
        .Select(p => (p.Key, Amount: Quantity.Of(p.Value?.ToString()))).Where(p => p.Amount is not null).ToDictionary(p => p.Key, p => p.Amount!.Value, StringComparer.Ordinal);

    private decimal Whole(Func<Container, decimal> amount) =>
        Math.Max(Containers.Where(c => !c.IsInit).Sum(amount), Containers.Where(c => c.IsInit).Select(amount).DefaultIfEmpty().Max());
}
