using System.Globalization;
using Portal.Sandbox.Api;
using Portal.Sandbox.Json;
using Portal.Sandbox.Kinds;
using Portal.Sandbox.Schema;
using Portal.Sandbox.Storage;

namespace Portal.Sandbox.Registry;

/// <summary>ResourceQuota: what a namespace may hold.</summary>
internal static class Quotas
{
    /// <exception cref="ApiError">403: the object would exceed a quota.</exception>
    public static void Check(ObjectStore store, ResourceKind kind, string ns, JsonMap obj)
    {
        foreach (var quota in store.List("/resourcequotas", ns))
        {
            var hard = quota.Map("status", "hard");
            if (hard is null)
            {
                continue;
            }

            var name = quota.Text("metadata", "name");
            var asked = Usage(kind, obj, hard.Keys);
            if (kind.Bucket == "/pods")
            {
                var missing = hard.Keys.Where(k => k is "requests.cpu" or "requests.memory" or "limits.cpu" or "limits.memory" or "cpu" or "memory")
                    .Where(k => !asked.ContainsKey(k)).Order(StringComparer.Ordinal).ToList();
                if (missing.Count > 0)
                {
                    var who = string.Join(",", obj.Map("spec")!.Maps("containers").Select(c => c.Text("name")));
                    throw ApiError.Forbidden("", "pods", obj.Text("metadata", "name") ?? "", $"failed quota: {name}: must specify {string.Join("; ", missing.Select(m => $"{m} for: {who}"))}");
                }
            }

            var over = asked.Where(a => a.Value > 0 && Quantity.ValueOf(quota.At("status", "used", a.Key)) + a.Value > Quantity.ValueOf(hard[a.Key]))
                .Select(a => a.Key).Order(StringComparer.Ordinal).ToList();
            if (over.Count > 0)
            {
                string Line(Func<string, string> value) => string.Join(",", over.Select(k => $"{k}={value(k)}"));
                throw ApiError.Forbidden(kind.Group, kind.Plural, obj.Text("metadata", "name") ?? "",
                    $"exceeded quota: {name}, requested: {Line(k => Quantity.Decimal(asked[k]))}, used: {Line(k => quota.Text("status", "used", k) ?? "0")}, limited: {Line(k => JsonTree.Print(hard[k]))}");
            }
        }
    }

    public static void Charge(ObjectStore store, ResourceKind kind, string ns, JsonMap obj)
    {
        foreach (var quota in store.List("/resourcequotas", ns))
        {
            if (quota.Map("status", "hard") is not { } hard)
            {
                continue;
            }

            var asked = Usage(kind, obj, hard.Keys);
            if (asked.Values.All(v => v == 0))
            {
                continue;
            }

            var next = JsonTree.Clone(quota);
            var used = next.Ensure("status", "used");
            foreach (var (key, value) in asked)
            {
                used[key] = Quantity.Decimal(Quantity.ValueOf(used.GetValueOrDefault(key)) + value);
            }

            store.Put(new ObjectKey("/resourcequotas", ns, quota.Text("metadata", "name")!), next);
        }
    }

    /// <summary>How much of the tracked resources an object takes.</summary>
    public static Dictionary<string, decimal> Usage(ResourceKind kind, JsonMap obj, IEnumerable<string> tracked)
    {
        var usage = new Dictionary<string, decimal>(StringComparer.Ordinal);
        foreach (var key in tracked)
        {
            if (key == kind.Plural && kind.Group.Length == 0 || key == $"count/{kind.QualifiedPlural}")
            {
                usage[key] = 1;
            }
            else if (kind.Bucket == "/services" && key == "services.nodeports")
            {
                usage[key] = obj.Text("spec", "type") is "NodePort" or "LoadBalancer" ? obj.Maps("spec", "ports").Count() : 0;
            }
            else if (kind.Bucket == "/services" && key == "services.loadbalancers")
            {
                usage[key] = obj.Text("spec", "type") == "LoadBalancer" ? 1 : 0;
            }
            else if (kind.Bucket == "/persistentvolumeclaims" && key == "requests.storage")
            {
                usage[key] = Quantity.ValueOf(obj.At("spec", "resources", "requests", "storage"));
            }
            else if (kind.Bucket == "/pods" && obj.Text("status", "phase") is not ("Succeeded" or "Failed"))
            {
                var (part, resource) = key.StartsWith("limits.", StringComparison.Ordinal) ? ("limits", key[7..]) : key.StartsWith("requests.", StringComparison.Ordinal) ? ("requests", key[9..]) : ("requests", key);
                if (resource is not ("cpu" or "memory"))
                {
                    continue;
                }

                var containers = obj.Map("spec")!.Maps("containers").ToList();
                if (containers.All(c => c.At("resources", part, resource) is not null))
                {
                    usage[key] = containers.Sum(c => Quantity.ValueOf(c.At("resources", part, resource)));
                }
            }
        }

        return usage;
    }

    /// <summary>The whole use of a namespace, as the quota controller writes it.</summary>
    public static JsonMap Status(ObjectStore store, KindTable kinds, JsonMap quota)
    {
        var ns = quota.Text("metadata", "namespace")!;
        var hard = quota.Map("spec", "hard") ?? [];
        var used = hard.Keys.ToDictionary(k => k, _ => 0m);
        foreach (var kind in kinds.All.Where(k => k.Namespaced).GroupBy(k => k.Bucket).Select(g => g.First()))
        {
            foreach (var obj in store.List(kind.Bucket, ns))
            {
                foreach (var (key, value) in Usage(kind, obj, hard.Keys))
                {
                    used[key] += value;
                }
            }
        }

        var status = new JsonMap { ["hard"] = JsonTree.Clone(hard), ["used"] = new JsonMap() };
        foreach (var (key, value) in used)
        {
            var text = value.ToString(CultureInfo.InvariantCulture);
            status.Map("used")![key] = key.Contains("memory", StringComparison.Ordinal) || key.Contains("storage", StringComparison.Ordinal) ? Binary(value) : text.Length == 0 ? "0" : Quantity.Decimal(value);
        }

        return status;
    }

    private static string Binary(decimal value) =>
        value == decimal.Truncate(value) && value >= 1024 ? Quantity.Canonical((value / 1024).ToString(CultureInfo.InvariantCulture) + "Ki") : Quantity.Decimal(value);
}
