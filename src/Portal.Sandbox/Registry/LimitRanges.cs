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
        foreach (var range in store.List("/limitranges", ns))
        {
            foreach (var limit in range.Maps("spec", "limits").Where(l => l.Text("type") == "Container"))
            {
                foreach (var container in pod.Map("spec")!.Maps("containers").Concat(pod.Map("spec")!.Maps("initContainers")))
                {
                    Fill(limit.Map("default"), container, "limits");
                    Fill(limit.Map("defaultRequest"), container, "requests");
                    Bounds(limit, container, problems);
                }
            }
        }

        if (problems.Count > 0)
        {
            throw ApiError.Forbidden("", "pods", pod.Text("metadata", "name") ?? "", problems.Count == 1 ? problems[0] : $"[{string.Join(", ", problems)}]");
        }
    }

    private static void Fill(JsonMap? defaults, JsonMap container, string part)
    {
        foreach (var (name, value) in defaults ?? [])
        {
            container.Ensure("resources", part).Default(name, value);
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
