using System.Text.Json.Nodes;
using Portal.Helm.Kube;

namespace Portal.Server.Features.Plans.Checks;

/// <summary>What the containers of a pod ask for, after the API server filled in: a limit is the request where none is given, and LimitRanges give defaults. Pure.</summary>
internal sealed class PodResources
{
    // What a pod asks for as a whole stands before what its containers ask for (spec.resources, Kubernetes 1.34).
    private readonly Dictionary<string, decimal> _requests;
    private readonly Dictionary<string, decimal> _limits;

    private PodResources(IReadOnlyList<Container> containers, JsonNode? whole)
    {
        Containers = containers;
        (_requests, _limits) = (Amounts(whole?["requests"]), Amounts(whole?["limits"]));
    }

    /// <summary>One container. IsInit: it ends before the others start; a sidecar (an init container that restarts always) counts as one of the others.</summary>
    public sealed record Container(string Name, bool IsInit, IReadOnlyDictionary<string, decimal> Requests, IReadOnlyDictionary<string, decimal> Limits);

    /// <summary>In the order in which they start.</summary>
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

        return new PodResources([.. pod.List("spec", "initContainers").Select(c => One(c, c.Text("restartPolicy") != "Always")), .. pod.List("spec", "containers").Select(c => One(c, false))], pod["spec", "resources"]);
    }

    /// <summary>What the pod as a whole requests of a resource: the containers together, or an init container that needs more than they do.</summary>
    public decimal Request(string resource) => _requests.TryGetValue(resource, out var whole) ? whole : Whole(c => c.Requests.GetValueOrDefault(resource));

    /// <summary>The same of limits.</summary>
    public decimal Limit(string resource) => _limits.TryGetValue(resource, out var whole) ? whole : Whole(c => c.Limits.GetValueOrDefault(resource));

    /// <summary>Every resource that the pod or a container names.</summary>
    public IEnumerable<string> Names => Containers.SelectMany(c => c.Requests.Keys.Concat(c.Limits.Keys)).Concat(_requests.Keys).Concat(_limits.Keys).Distinct(StringComparer.Ordinal);

    /// <summary>Whether nothing is asked for: the quality of service "BestEffort".</summary>
    public bool IsBestEffort => !Names.Any();

    /// <summary>The amounts of a table ({cpu: 500m}).</summary>
    public static Dictionary<string, decimal> Amounts(JsonNode? node) => (node as JsonObject ?? [])
        .Select(p => (p.Key, Amount: Quantity.Of(p.Value?.ToString()))).Where(p => p.Amount is not null).ToDictionary(p => p.Key, p => p.Amount!.Value, StringComparer.Ordinal);

    // An init container runs beside the sidecars that were started before it (component-helpers: resource/helpers.go, AggregateContainerRequests).
    private decimal Whole(Func<Container, decimal> amount)
    {
        var (running, most) = (0m, 0m);
        foreach (var container in Containers)
        {
            if (container.IsInit)
            {
                most = Math.Max(most, running + amount(container));
            }
            else
            {
                running += amount(container);
            }
        }

        return Math.Max(most, running);
    }
}
