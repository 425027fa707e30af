using Portal.Sandbox.Json;
using Portal.Sandbox.Kinds;
using Portal.Sandbox.Registry;
using Portal.Sandbox.Storage;

namespace Portal.Sandbox.Controllers;

/// <summary>Keeps the Endpoints and the EndpointSlice of Services with a selector.</summary>
internal sealed class EndpointsController(ObjectRegistry registry) : Controller(registry, "/services")
{
    public override IEnumerable<ObjectKey> Affected(Change change)
    {
        if (change.Key.Bucket == Bucket)
        {
            yield return change.Key;
        }
        else if (change.Key.Bucket == "/pods")
        {
            var labels = ((JsonMap?[])[change.Before, change.After]).OfType<JsonMap>().Select(p => p.Map("metadata", "labels") ?? []).ToList();
            foreach (var service in Store.List(Bucket, change.Key.Namespace))
            {
                if (service.Map("spec", "selector") is { Count: > 0 } selector && labels.Any(l => Selectors.MatchesAll(selector, l)))
                {
                    yield return new ObjectKey(Bucket, change.Key.Namespace, service.Text("metadata", "name")!);
                }
            }
        }
    }

    public override DateTimeOffset? Reconcile(ObjectKey key)
    {
        var slices = Kind("discovery.k8s.io", "endpointslices");
        var endpoints = Kind("", "endpoints");
        var service = Store.Get(key);
        if (service is null)
        {
            Registry.Remove(endpoints, key.Namespace, key.Name);
            return null;
        }

        if (service.Map("spec", "selector") is not { Count: > 0 } selector || service.Text("spec", "type") == "ExternalName" || service.Text("metadata", "deletionTimestamp") is not null)
        {
            return null;
        }

        var pods = Store.List("/pods", key.Namespace).Where(p => Selectors.MatchesAll(selector, p.Map("metadata", "labels") ?? []) && p.Text("status", "podIP") is not null && p.Text("status", "phase") is not ("Succeeded" or "Failed")).ToList();
        WriteSlice(slices, key, service, pods);
        WriteEndpoints(endpoints, key, service, [.. pods.Where(p => p.Text("metadata", "deletionTimestamp") is null)]);
        return null;
    }

    private static object? PortOf(JsonMap port, JsonMap? pod)
    {
        var target = port.GetValueOrDefault("targetPort");
        return target is string name
            ? pod?.Maps("spec", "containers").SelectMany(c => c.Maps("ports")).FirstOrDefault(p => p.Text("name") == name)?.Int("containerPort")
            : target ?? port.Int("port");
    }

    private void WriteSlice(ResourceKind kind, ObjectKey key, JsonMap service, List<JsonMap> pods)
    {
        var publish = service.Flag("spec", "publishNotReadyAddresses") is true;
        var made = new JsonMap
        {
            ["addressType"] = "IPv4",
            ["endpoints"] = pods.Count == 0 ? null : pods.ConvertAll(p =>
            {
                var ending = p.Text("metadata", "deletionTimestamp") is not null;
                var ready = PodTemplates.IsReady(p);
                var endpoint = new JsonMap
                {
                    ["addresses"] = JsonTree.ListOf(p.Text("status", "podIP")),
                    ["conditions"] = new JsonMap { ["ready"] = publish || (ready && !ending), ["serving"] = ready, ["terminating"] = ending },
                };
                endpoint.SetOrRemove("hostname", p.Text("spec", "hostname") is { } host && p.Text("spec", "subdomain") == key.Name ? host : null);
                endpoint["targetRef"] = new JsonMap { ["kind"] = "Pod", ["namespace"] = key.Namespace, ["name"] = p.Text("metadata", "name"), ["uid"] = p.Text("metadata", "uid") };
                endpoint.SetOrRemove("nodeName", p.Text("spec", "nodeName"));
                endpoint.SetOrRemove("zone", p.Text("metadata", "labels", "topology.kubernetes.io/zone"));
                return (object?)endpoint;
            }),
            ["ports"] = pods.Count == 0 ? null : service.Maps("spec", "ports").Select(p => (object?)new JsonMap { ["name"] = p.Text("name") ?? "", ["protocol"] = p.Text("protocol"), ["port"] = PortOf(p, pods.FirstOrDefault()) }).ToList(),
        };
        var labels = JsonTree.Clone(service.Map("metadata", "labels") ?? []);
        labels["endpointslice.kubernetes.io/managed-by"] = "endpointslice-controller.k8s.io";
        labels["kubernetes.io/service-name"] = key.Name;
        if (service.Text("spec", "clusterIP") == "None")
        {
            labels["service.kubernetes.io/headless"] = "";
        }

        var present = Store.List(kind.Bucket, key.Namespace).FirstOrDefault(s => s.Text("metadata", "labels", "kubernetes.io/service-name") == key.Name && s.Text("metadata", "labels", "endpointslice.kubernetes.io/managed-by") == "endpointslice-controller.k8s.io");
        if (present is null)
        {
            made["metadata"] = new JsonMap { ["generateName"] = key.Name + "-", ["labels"] = labels, ["annotations"] = Triggered(null, true, Registry.Clock.NowText), ["ownerReferences"] = OwnedBy(service) };
            Registry.Create(kind, key.Namespace, made, Whole);
            return;
        }

        Registry.Update(kind, key.Namespace, present.Text("metadata", "name")!, s =>
        {
            var next = JsonTree.Clone(s);
            var changed = !JsonTree.Equal(s.List("endpoints"), made["endpoints"]) || !JsonTree.Equal(s.List("ports"), made["ports"]);
            next.Map("metadata")!.SetOrRemove("annotations", Triggered(s.Map("metadata", "annotations"), changed, Registry.Clock.NowText));
            next["endpoints"] = made["endpoints"];
            next["ports"] = made["ports"];
            next.Map("metadata")!["labels"] = labels;
            return next;
        }, Whole);
    }

    /// <summary>Says when that changed from which the addresses are made.</summary>
    private static JsonMap? Triggered(JsonMap? annotations, bool changed, string now)
    {
        if (!changed)
        {
            return annotations;
        }

        var next = JsonTree.Clone(annotations ?? []);
        next["endpoints.kubernetes.io/last-change-trigger-time"] = now;
        return next;
    }

    private void WriteEndpoints(ResourceKind kind, ObjectKey key, JsonMap service, List<JsonMap> pods)
    {
        JsonMap Address(JsonMap pod)
        {
            var address = new JsonMap { ["ip"] = pod.Text("status", "podIP") };
            address.SetOrRemove("nodeName", pod.Text("spec", "nodeName"));
            address["targetRef"] = new JsonMap { ["kind"] = "Pod", ["namespace"] = key.Namespace, ["name"] = pod.Text("metadata", "name"), ["uid"] = pod.Text("metadata", "uid") };
            return address;
        }

        var ready = pods.Where(PodTemplates.IsReady).OrderBy(p => p.Text("status", "podIP"), StringComparer.Ordinal).Select(p => (object?)Address(p)).ToList();
        var rest = pods.Where(p => !PodTemplates.IsReady(p)).OrderBy(p => p.Text("status", "podIP"), StringComparer.Ordinal).Select(p => (object?)Address(p)).ToList();
        var subsets = new List<object?>();
        if (pods.Count > 0)
        {
            var subset = new JsonMap();
            subset.SetOrRemove("addresses", ready);
            subset.SetOrRemove("notReadyAddresses", rest);
            subset["ports"] = service.Maps("spec", "ports").Select(p =>
            {
                var port = new JsonMap();
                port.SetOrRemove("name", p.Text("name"));
                port["port"] = PortOf(p, pods[0]);
                port["protocol"] = p.Text("protocol");
                return (object?)port;
            }).ToList();
            subsets.Add(subset);
        }

        var labels = JsonTree.Clone(service.Map("metadata", "labels") ?? []);
        labels["endpoints.kubernetes.io/managed-by"] = "endpoint-controller";
        if (Registry.Find(kind, key.Namespace, key.Name) is null)
        {
            var made = new JsonMap { ["metadata"] = new JsonMap { ["name"] = key.Name, ["labels"] = labels, ["annotations"] = Triggered(null, true, Registry.Clock.NowText) } };
            made.SetOrRemove("subsets", subsets);
            Registry.Create(kind, key.Namespace, made, Whole);
            return;
        }

        Registry.Update(kind, key.Namespace, key.Name, e =>
        {
            var next = JsonTree.Clone(e);
            next.Map("metadata")!.SetOrRemove("annotations", Triggered(e.Map("metadata", "annotations"), !JsonTree.Equal(e.List("subsets") ?? [], subsets), Registry.Clock.NowText));
            next.SetOrRemove("subsets", subsets);
            next.Map("metadata")!["labels"] = labels;
            return next;
        }, Whole);
    }
}
