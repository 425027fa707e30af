using System.Security.Cryptography;
using Portal.Sandbox.Json;

namespace Portal.Sandbox.Registry;

/// <summary>Cluster addresses and node ports of Services.</summary>
internal static class ServiceAddresses
{
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
                address = $"10.96.{RandomNumberGenerator.GetInt32(1, 250)}.{RandomNumberGenerator.GetInt32(1, 250)}";
            }
            while (taken.Contains(address));
            spec["clusterIP"] = address;
        }

        spec["clusterIPs"] = JsonTree.ListOf(spec.Text("clusterIP"));
        spec.Default("ipFamilies", JsonTree.ListOf("IPv4"));
        spec.Default("ipFamilyPolicy", "SingleStack");
        if (type is "NodePort" or "LoadBalancer")
        {
            var taken = others.SelectMany(s => s.Maps("spec", "ports")).Select(p => p.Int("nodePort")).OfType<long>().ToHashSet();
            foreach (var port in spec.Maps("ports").Where(p => p.Int("nodePort") is null or 0))
            {
                long number;
                do
                {
                    number = RandomNumberGenerator.GetInt32(30000, 32768);
                }
                while (!taken.Add(number));
                port["nodePort"] = number;
            }
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

        if (after.Text("type") is "NodePort" or "LoadBalancer")
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
