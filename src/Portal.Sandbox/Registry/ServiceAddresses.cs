using System.Security.Cryptography;
using Portal.Sandbox.Json;

namespace Portal.Sandbox.Registry;

/// <summary>Cluster addresses and node ports of Services.</summary>
internal static class ServiceAddresses
{
    /// <summary>All cluster addresses begin with this.</summary>
    private const string Range = "10.0.";

    public static void Allocate(ObjectRegistry registry, JsonMap service, JsonMap? current)
    {
        var spec = service.Map("spec")!;
        var type = spec.Text("type");
        if (type == "ExternalName")
        {
            return;
        }

        var others = registry.Store.List("/services").Where(s => s.Text("metadata", "uid") != current?.Text("metadata", "uid")).ToList();
        if (spec.Text("clusterIP") is null or "")
        {
            var taken = others.Select(s => s.Text("spec", "clusterIP")).ToHashSet();
            string address;
            do
            {
                address = $"{Range}{RandomNumberGenerator.GetInt32(1, 250)}.{RandomNumberGenerator.GetInt32(1, 250)}";
            }
            while (taken.Contains(address));
            spec["clusterIP"] = address;
        }
        else if (current is null && spec.Text("clusterIP") is { } wanted and not "None")
        {
            CheckWanted(service, wanted, others);
        }

        // A headless Service without selector may name addresses of any family, so it is of both.
        var any = spec.Text("clusterIP") == "None" && spec.Map("selector") is not { Count: > 0 };
        spec["clusterIPs"] = JsonTree.ListOf(spec.Text("clusterIP"));
        spec.Default("ipFamilies", any ? JsonTree.ListOf("IPv4", "IPv6") : JsonTree.ListOf("IPv4"));
        spec.Default("ipFamilyPolicy", any ? "RequireDualStack" : "SingleStack");
        if (type is "NodePort" or "LoadBalancer")
        {
            var taken = others.SelectMany(s => s.Maps("spec", "ports")).Select(p => p.Int("nodePort"))
                .Concat(others.Select(s => s.Int("spec", "healthCheckNodePort"))).OfType<long>().ToHashSet();
            AllocateNodePorts(service, spec, taken);
        }
    }

    private static void CheckWanted(JsonMap service, string wanted, List<JsonMap> others)
    {
        var why = !wanted.StartsWith(Range, StringComparison.Ordinal) ? "the provided network does not match the current range"
            : others.Any(s => s.Text("spec", "clusterIP") == wanted) ? "provided IP is already allocated" : null;
        if (why is not null)
        {
            var problems = new Problems();
            problems.Invalid("spec.clusterIPs", JsonTree.ListOf(wanted), $"failed to allocate IP {wanted}: {why}");
            throw problems.ToError("", "Service", service.Text("metadata", "name") ?? "");
        }
    }

    private static void AllocateNodePorts(JsonMap service, JsonMap spec, HashSet<long> taken)
    {
        var ports = spec.Maps("ports").ToList();
        for (var i = 0; i < ports.Count; i++)
        {
            if (ports[i].Int("nodePort") is { } wanted and not 0 && taken.Contains(wanted))
            {
                var problems = new Problems();
                problems.Invalid($"spec.ports[{i}].nodePort", wanted, "provided port is already allocated");
                throw problems.ToError("", "Service", service.Text("metadata", "name") ?? "");
            }
        }

        taken.UnionWith(ports.Select(p => p.Int("nodePort")).OfType<long>());
        long Next()
        {
            long number;
            do
            {
                number = RandomNumberGenerator.GetInt32(30000, 32768);
            }
            while (!taken.Add(number));
            return number;
        }

        foreach (var port in ports.Where(p => p.Int("nodePort") is null or 0))
        {
            port["nodePort"] = Next();
        }

        if (spec.Text("type") == "LoadBalancer" && spec.Text("externalTrafficPolicy") == "Local")
        {
            spec.Default("healthCheckNodePort", Next());
        }
    }

    /// <summary>A replaced Service keeps what was allocated for it.</summary>
    public static void Keep(ObjectRegistry registry, JsonMap current, JsonMap proposed)
    {
        var before = current.Map("spec")!;
        var after = proposed.Map("spec")!;
        if (after.Text("type") == "ExternalName")
        {
            foreach (var key in (string[])["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy", "internalTrafficPolicy"])
            {
                after.Remove(key);
            }

            return;
        }

        if (before.Text("type") == "ExternalName")
        {
            Allocate(registry, proposed, current);
            return;
        }

        foreach (var key in (string[])["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy", "healthCheckNodePort"])
        {
            if (before.TryGetValue(key, out var value))
            {
                after.Default(key, JsonTree.Clone(value));
            }
        }

        if (after.Text("type") == "ClusterIP" && before.Text("type") is "NodePort" or "LoadBalancer")
        {
            // What was allocated for the old type goes with it, unless the write says otherwise.
            after.Remove("externalTrafficPolicy");
            after.Remove("healthCheckNodePort");
            after.Remove("allocateLoadBalancerNodePorts");
            foreach (var port in after.Maps("ports"))
            {
                port.Remove("nodePort");
            }
        }
        else if (after.Text("type") is "NodePort" or "LoadBalancer")
        {
            foreach (var port in after.Maps("ports"))
            {
                var same = before.Maps("ports").FirstOrDefault(p => p.Int("port") == port.Int("port") && p.Text("protocol") == (port.Text("protocol") ?? "TCP"));
                if (same?.Int("nodePort") is { } number)
                {
                    port.Default("nodePort", number);
                }
            }
        }
    }
}
