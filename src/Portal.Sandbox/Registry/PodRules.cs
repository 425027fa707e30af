using System.Text.RegularExpressions;
using Portal.Sandbox.Json;
using Portal.Sandbox.Schema;

namespace Portal.Sandbox.Registry;

/// <summary>The rules of Pods and of the templates they are made from.</summary>
internal static partial class PodRules
{
    /// <param name="template">The template.</param>
    /// <param name="path">Where it is.</param>
    /// <param name="restart">Always, or Job for templates that end.</param>
    /// <param name="problems">What is found.</param>
    /// <param name="claims">The names of claim templates, which are volumes too.</param>
    public static void Template(JsonMap template, string path, string restart, Problems problems, IEnumerable<string>? claims = null)
    {
        var spec = template.Map("spec") ?? [];
        Spec(spec, path + ".spec", problems, claims);
        if (!spec.Maps("containers").Any())
        {
            return;
        }

        var policy = spec.Text("restartPolicy");
        if (restart == "Always" && policy != "Always")
        {
            problems.Unsupported(path + ".spec.restartPolicy", policy, "Always");
        }
        else if (restart == "Job" && policy == "Always")
        {
            problems.Required(path + ".spec.restartPolicy", "valid values: \"OnFailure\", \"Never\"");
        }
    }

    public static void Spec(JsonMap spec, string path, Problems problems, IEnumerable<string>? claims = null)
    {
        var volumes = Volumes(spec, path, problems);
        volumes.UnionWith(claims ?? []);
        if (!spec.Maps("containers").Any())
        {
            problems.Required(path + ".containers");
        }

        var names = new HashSet<string>();
        Containers(spec, "containers", path, volumes, names, problems);
        Containers(spec, "initContainers", path, volumes, names, problems);
        if (spec.Text("restartPolicy") is not ("Always" or "OnFailure" or "Never"))
        {
            problems.Unsupported(path + ".restartPolicy", spec.Text("restartPolicy"), "Always", "OnFailure", "Never");
        }

        if (spec.Text("dnsPolicy") is not ("ClusterFirst" or "ClusterFirstWithHostNet" or "Default" or "None"))
        {
            problems.Unsupported(path + ".dnsPolicy", spec.Text("dnsPolicy"), "ClusterFirst", "ClusterFirstWithHostNet", "Default", "None");
        }
    }

    private static HashSet<string> Volumes(JsonMap spec, string path, Problems problems)
    {
        var names = new HashSet<string>();
        var volumes = spec.Maps("volumes").ToList();
        for (var i = 0; i < volumes.Count; i++)
        {
            var name = volumes[i].Text("name") ?? "";
            if (name.Length == 0)
            {
                problems.Required($"{path}.volumes[{i}].name");
            }
            else if (!Validation.Label().IsMatch(name))
            {
                problems.Invalid($"{path}.volumes[{i}].name", name, Validation.Label1123);
            }
            else if (!names.Add(name))
            {
                problems.Duplicate($"{path}.volumes[{i}].name", name);
            }

            foreach (var extra in volumes[i].Keys.Where(k => k != "name").Order(StringComparer.Ordinal).Take(volumes[i].Count - 2))
            {
                problems.Forbidden($"{path}.volumes[{i}].{extra}", "may not specify more than 1 volume type");
                names.Remove(name);
            }
        }

        return names;
    }

    private static void Containers(JsonMap spec, string list, string path, HashSet<string> volumes, HashSet<string> names, Problems problems)
    {
        var containers = spec.Maps(list).ToList();
        for (var i = 0; i < containers.Count; i++)
        {
            var at = $"{path}.{list}[{i}]";
            var container = containers[i];
            var name = container.Text("name") ?? "";
            if (name.Length == 0)
            {
                problems.Required($"{at}.name");
            }
            else if (!Validation.Label().IsMatch(name))
            {
                problems.Invalid($"{at}.name", name, Validation.Label1123);
            }
            else if (!names.Add(name))
            {
                problems.Duplicate($"{at}.name", name);
            }

            if (container.Text("image") is not { Length: > 0 })
            {
                problems.Required($"{at}.image");
            }

            Ports(container, at, problems);
            Environment(container, at, problems);
            Mounts(container, at, volumes, problems);
            if (container.Text("imagePullPolicy") is not ("Always" or "IfNotPresent" or "Never"))
            {
                problems.Unsupported($"{at}.imagePullPolicy", container.Text("imagePullPolicy"), "Always", "IfNotPresent", "Never");
            }

            Resources(container, at, problems);
        }
    }

    private static void Ports(JsonMap container, string at, Problems problems)
    {
        var ports = container.Maps("ports").ToList();
        for (var i = 0; i < ports.Count; i++)
        {
            if (ports[i].Text("name") is { Length: > 0 } name)
            {
                if (name.Length > 15)
                {
                    problems.Invalid($"{at}.ports[{i}].name", name, "must be no more than 15 characters");
                }

                if (!PortName().IsMatch(name))
                {
                    problems.Invalid($"{at}.ports[{i}].name", name, "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)");
                }
            }

            var port = ports[i].Int("containerPort") ?? 0;
            if (port == 0)
            {
                problems.Required($"{at}.ports[{i}].containerPort");
            }
            else if (port is < 1 or > 65535)
            {
                problems.Invalid($"{at}.ports[{i}].containerPort", port, "must be between 1 and 65535, inclusive");
            }
        }
    }

    private static void Environment(JsonMap container, string at, Problems problems)
    {
        var env = container.Maps("env").ToList();
        for (var i = 0; i < env.Count; i++)
        {
            if (env[i].Text("name") is not { Length: > 0 })
            {
                problems.Required($"{at}.env[{i}].name");
            }

            if (env[i].Map("valueFrom") is { } from)
            {
                if (from.Count == 0)
                {
                    problems.Invalid($"{at}.env[{i}].valueFrom", "", "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`");
                }
                else if (env[i].Text("value") is { Length: > 0 })
                {
                    problems.Invalid($"{at}.env[{i}].valueFrom", "", "may not be specified when `value` is not empty");
                }
            }
        }
    }

    private static void Mounts(JsonMap container, string at, HashSet<string> volumes, Problems problems)
    {
        var mounts = container.Maps("volumeMounts").ToList();
        var paths = new HashSet<string>();
        for (var i = 0; i < mounts.Count; i++)
        {
            var name = mounts[i].Text("name") ?? "";
            if (name.Length == 0)
            {
                problems.Required($"{at}.volumeMounts[{i}].name");
            }
            else if (!volumes.Contains(name))
            {
                problems.NotFound($"{at}.volumeMounts[{i}].name", name);
            }

            if (mounts[i].Text("mountPath") is not { Length: > 0 } path)
            {
                problems.Required($"{at}.volumeMounts[{i}].mountPath");
            }
            else if (!paths.Add(path))
            {
                problems.Invalid($"{at}.volumeMounts[{i}].mountPath", path, "must be unique");
            }
        }
    }

    private static void Resources(JsonMap container, string at, Problems problems)
    {
        var limits = container.Map("resources", "limits") ?? [];
        foreach (var (name, value) in container.Map("resources", "requests") ?? [])
        {
            if (limits.TryGetValue(name, out var limit) && Quantity.ValueOf(value) > Quantity.ValueOf(limit))
            {
                problems.Invalid($"{at}.resources.requests", value, $"must be less than or equal to {name} limit of {limit}");
            }
        }
    }

    [GeneratedRegex("^([a-z0-9]+-)*[a-z0-9]*[a-z][a-z0-9]*(-[a-z0-9]+)*$|^[a-z0-9]+(-[a-z0-9]+)*$")]
    private static partial Regex PortName();
}
