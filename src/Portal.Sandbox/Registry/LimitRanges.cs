using Portal.Sandbox.Api;
using Portal.Sandbox.Json;
using Portal.Sandbox.Schema;
using Portal.Sandbox.Storage;

namespace Portal.Sandbox.Registry;

/// <summary>LimitRange: the defaults and bounds of a namespace's containers.</summary>
internal static class LimitRanges
{
    public static void Apply(ObjectStore store, string ns, JsonMap pod)
    {
        var problems = new List<string>();
        var filled = new List<string>();
        foreach (var range in store.List("/limitranges", ns))
        {
            foreach (var limit in range.Maps("spec", "limits").Where(l => l.Text("type") == "Container"))
            {
                foreach (var container in pod.Map("spec")!.Maps("containers").Concat(pod.Map("spec")!.Maps("initContainers")))
                {
                    Fill(limit.Map("defaultRequest"), container, "requests", filled);
                    Fill(limit.Map("default"), container, "limits", filled);
                    Bounds(limit, container, problems);
                }
            }
        }

        if (filled.Count > 0)
        {
            pod.Ensure("metadata", "annotations")["kubernetes.io/limit-ranger"] = "LimitRanger plugin set: " + string.Join("; ", filled);
        }

        if (problems.Count > 0)
        {
            throw ApiError.Forbidden("", "pods", pod.Text("metadata", "name") ?? "", problems.Count == 1 ? problems[0] : $"[{string.Join(", ", problems)}]");
        }
    }

    /// <summary>Bounds the storage that a claim may ask for.</summary>
    public static void CheckClaim(ObjectStore store, string ns, JsonMap claim)
    {
        var problems = new List<string>();
        foreach (var limit in store.List("/limitranges", ns).SelectMany(r => r.Maps("spec", "limits")).Where(l => l.Text("type") == "PersistentVolumeClaim"))
        {
            if (claim.Text("spec", "resources", "requests", "storage") is not { } asked)
            {
                continue;
            }

            if (limit.At("min", "storage") is { } min && Quantity.Parse(asked) < Quantity.ValueOf(min))
            {
                problems.Add($"minimum storage usage per PersistentVolumeClaim is {min}, but request is {asked}");
            }

            if (limit.At("max", "storage") is { } max && Quantity.Parse(asked) > Quantity.ValueOf(max))
            {
                problems.Add($"maximum storage usage per PersistentVolumeClaim is {max}, but request is {asked}");
            }
        }

        if (problems.Count > 0)
        {
            throw ApiError.Forbidden("", "persistentvolumeclaims", claim.Text("metadata", "name") ?? "", problems.Count == 1 ? problems[0] : $"[{string.Join(", ", problems)}]");
        }
    }

    private static void Fill(JsonMap? defaults, JsonMap container, string part, List<string> filled)
    {
        var missing = (defaults ?? []).Where(d => container.At("resources", part, d.Key) is null).ToList();
        foreach (var (name, value) in missing)
        {
            container.Ensure("resources", part)[name] = value;
        }

        if (missing.Count > 0)
        {
            filled.Add($"{string.Join(", ", missing.Select(m => m.Key).Order(StringComparer.Ordinal))} {part[..^1]} for container {container.Text("name")}");
        }
    }

    private static void Bounds(JsonMap limit, JsonMap container, List<string> problems)
    {
        foreach (var (name, min) in limit.Map("min") ?? [])
        {
            var request = container.Text("resources", "requests", name) ?? container.Text("resources", "limits", name);
            if (request is null)
            {
                problems.Add($"minimum {name} usage per Container is {min}.  No request is specified");
            }
            else if (Quantity.Parse(request) < Quantity.ValueOf(min))
            {
                problems.Add($"minimum {name} usage per Container is {min}, but request is {request}");
            }
        }

        foreach (var (name, max) in limit.Map("max") ?? [])
        {
            var given = container.Text("resources", "limits", name);
            if (given is null)
            {
                problems.Add($"maximum {name} usage per Container is {max}.  No limit is specified");
            }
            else if (Quantity.Parse(given) > Quantity.ValueOf(max))
            {
                problems.Add($"maximum {name} usage per Container is {max}, but limit is {given}");
            }
        }
    }
}
