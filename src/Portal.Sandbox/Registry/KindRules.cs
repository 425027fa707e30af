using System.Text.RegularExpressions;
using Portal.Sandbox.Json;
using Portal.Sandbox.Kinds;
using Portal.Sandbox.Schema;

namespace Portal.Sandbox.Registry;

/// <summary>The rules of each built-in kind's own fields.</summary>
internal static partial class KindRules
{
    private static readonly string[] AccessModes = ["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"];

    private const string ConfigKeyText = "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";

    public static void Check(ResourceKind kind, JsonMap obj, JsonMap? before, Problems problems)
    {
        var spec = obj.Map("spec") ?? [];
        switch (kind.Bucket)
        {
            case "/configmaps":
                DataKeys(obj.Map("data"), "data", obj.Map("binaryData"), problems);
                DataKeys(obj.Map("binaryData"), "binaryData", null, problems);
                DataSize("[]", problems, obj.Map("data")?.Values.Sum(v => (long)System.Text.Encoding.UTF8.GetByteCount(v as string ?? "")) ?? 0, Decoded(obj.Map("binaryData")));
                break;
            case "/secrets":
                DataKeys(obj.Map("data"), "data", null, problems);
                DataSize("data", problems, Decoded(obj.Map("data")));
                SecretType(obj, problems);
                break;
            case "apps/deployments":
                Replicas(spec, "spec", problems);
                Selector(spec, problems);
                PodRules.Template(spec.Map("template") ?? [], "spec.template", "Always", problems);
                Strategy(spec.Map("strategy") ?? [], problems);
                break;
            case "apps/replicasets" or "apps/statefulsets" or "apps/daemonsets":
                if (kind.Plural != "daemonsets")
                {
                    Replicas(spec, "spec", problems);
                }

                Selector(spec, problems);
                PodRules.Template(spec.Map("template") ?? [], "spec.template", "Always", problems, spec.Maps("volumeClaimTemplates").Select(c => c.Text("metadata", "name")).OfType<string>());
                break;
            case "batch/jobs":
                foreach (var field in (string[])["parallelism", "completions", "backoffLimit"])
                {
                    if (spec.Int(field) is < 0)
                    {
                        problems.Invalid($"spec.{field}", spec.Int(field), "must be greater than or equal to 0");
                    }
                }

                if (spec.Map("selector") is { } jobSelector && !Selectors.Matches(jobSelector, spec.Map("template", "metadata", "labels") ?? []))
                {
                    problems.Invalid("spec.template.metadata.labels", spec.At("template", "metadata", "labels"), "`selector` does not match template `labels`");
                }

                PodRules.Template(spec.Map("template") ?? [], "spec.template", "Job", problems);
                break;
            case "batch/cronjobs":
                var schedule = spec.Text("schedule") ?? "";
                var fields = schedule.Split(' ', StringSplitOptions.RemoveEmptyEntries);
                if (spec.Text("timeZone") is { } zone && !TimeZoneInfo.TryFindSystemTimeZoneById(zone, out _))
                {
                    problems.Invalid("spec.timeZone", zone, $"unknown time zone {zone}");
                }

                if (schedule.Length == 0)
                {
                    problems.Required("spec.schedule");
                }
                else if (schedule.Contains("TZ", StringComparison.Ordinal))
                {
                    problems.Invalid("spec.schedule", schedule, "cannot use TZ or CRON_TZ in schedule, use timeZone field instead");
                }
                else if (fields.Length != 5 && schedule[0] != '@')
                {
                    problems.Invalid("spec.schedule", schedule, $"expected exactly 5 fields, found {fields.Length}: [{string.Join(' ', fields)}]");
                }

                PodRules.Template(spec.Map("jobTemplate", "spec", "template") ?? [], "spec.jobTemplate.spec.template", "Job", problems);
                break;
            case "/pods":
                if (before is null)
                {
                    PodRules.Spec(spec, "spec", problems);
                }

                break;
            case "/services":
                Service(spec, problems);
                break;
            case "networking.k8s.io/ingresses":
                Ingress(spec, problems);
                break;
            case "rbac.authorization.k8s.io/rolebindings":
                RoleReference(obj, problems, "Role", "ClusterRole");
                break;
            case "rbac.authorization.k8s.io/clusterrolebindings":
                RoleReference(obj, problems, "ClusterRole");
                break;
            case "/persistentvolumeclaims" when before is null:
                if (spec.List("accessModes") is null)
                {
                    problems.Required("spec.accessModes", "at least 1 access mode is required");
                }

                foreach (var mode in spec.Texts("accessModes").Except(AccessModes))
                {
                    problems.Unsupported("spec.accessModes", mode, AccessModes);
                }

                if (spec.At("resources", "requests", "storage") is null)
                {
                    problems.Required("spec.resources[storage]");
                }

                break;
            case "autoscaling/horizontalpodautoscalers":
                if (spec.Int("maxReplicas") is null or < 1)
                {
                    problems.Invalid("spec.maxReplicas", spec.Int("maxReplicas") ?? 0, "must be greater than 0");
                }

                if (spec.Int("minReplicas") is { } fewest && (spec.Int("maxReplicas") ?? 0) < fewest)
                {
                    problems.Invalid("spec.maxReplicas", spec.Int("maxReplicas") ?? 0, "must be greater than or equal to `minReplicas`");
                }

                break;
            case "policy/poddisruptionbudgets" when spec.ContainsKey("minAvailable") && spec.ContainsKey("maxUnavailable"):
                problems.Invalid("spec", spec, "minAvailable and maxUnavailable cannot be both set");
                break;
            case "/events" when kind.Group.Length == 0:
                if (obj.Text("involvedObject", "namespace") is { Length: > 0 } ns && ns != obj.Text("metadata", "namespace"))
                {
                    problems.Invalid("involvedObject.namespace", ns, "does not match event.namespace");
                }

                break;
            case "/namespaces":
                if (obj.Text("status", "phase") != "Active" && obj.Text("metadata", "deletionTimestamp") is null)
                {
                    problems.Invalid("status.Phase", obj.Text("status", "phase"), "may only be 'Active' if `deletionTimestamp` is empty");
                }

                break;
            case "/limitranges":
                LimitBounds(spec, problems);
                break;
            case "rbac.authorization.k8s.io/roles" or "rbac.authorization.k8s.io/clusterroles":
                PolicyRules(obj, problems);
                break;
            case "networking.k8s.io/networkpolicies":
                AddressBlocks(spec, "ingress", "from", problems);
                AddressBlocks(spec, "egress", "to", problems);
                break;
            case "apiextensions.k8s.io/customresourcedefinitions":
                DefinitionRules.Check(obj, spec, before, problems);
                break;
        }
    }

    private static void LimitBounds(JsonMap spec, Problems problems)
    {
        var limits = spec.Maps("limits").ToList();
        for (var i = 0; i < limits.Count; i++)
        {
            foreach (var (name, max) in limits[i].Map("max") ?? [])
            {
                foreach (var (field, words) in ((string, string)[])[("defaultRequest", "default request value"), ("default", "default value")])
                {
                    if (limits[i].At(field, name) is { } given && Quantity.ValueOf(given) > Quantity.ValueOf(max))
                    {
                        // For "default" the server shows the bound in the place of the value.
                        problems.Invalid($"spec.limits[{i}].{field}[{name}]", field == "default" ? max : given, $"{words} {given} is greater than max value {max}");
                    }
                }
            }
        }
    }

    private static void PolicyRules(JsonMap role, Problems problems)
    {
        var rules = role.Maps("rules").ToList();
        for (var i = 0; i < rules.Count; i++)
        {
            if (rules[i].List("verbs") is not { Count: > 0 })
            {
                problems.Required($"rules[{i}].verbs", "verbs must contain at least one value");
            }

            if (rules[i].List("nonResourceURLs") is { Count: > 0 })
            {
                continue;
            }

            if (rules[i].List("apiGroups") is not { Count: > 0 })
            {
                problems.Required($"rules[{i}].apiGroups", "resource rules must supply at least one api group");
            }

            if (rules[i].List("resources") is not { Count: > 0 })
            {
                problems.Required($"rules[{i}].resources", "resource rules must supply at least one resource");
            }
        }
    }

    private static void AddressBlocks(JsonMap spec, string direction, string peers, Problems problems)
    {
        var rules = spec.Maps(direction).ToList();
        for (var i = 0; i < rules.Count; i++)
        {
            var given = rules[i].Maps(peers).ToList();
            for (var p = 0; p < given.Count; p++)
            {
                if (given[p].Map("ipBlock") is { } block && !(block.Text("cidr") is { } cidr && System.Net.IPNetwork.TryParse(cidr, out _)))
                {
                    problems.Invalid($"spec.{direction}[{i}].{peers}[{p}].ipBlock.cidr", block.Text("cidr") ?? "", "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)");
                }
            }
        }
    }

    private static void DataKeys(JsonMap? data, string field, JsonMap? other, Problems problems)
    {
        foreach (var key in (data ?? []).Keys.Order(StringComparer.Ordinal))
        {
            if (!ConfigKey().IsMatch(key))
            {
                problems.Invalid($"{field}[{key}]", key, ConfigKeyText);
            }

            if (other?.ContainsKey(key) is true)
            {
                problems.Invalid($"{field}[{key}]", key, "duplicate of key present in binaryData");
            }
        }
    }

    // MaxSecretSize of pkg/apis/core; the keys do not count.
    private static void DataSize(string field, Problems problems, params long[] sizes)
    {
        const int Most = 1024 * 1024;
        if (sizes.Sum() > Most)
        {
            problems.TooLong(field, Most);
        }
    }

    private static long Decoded(JsonMap? base64) => base64?.Values.OfType<string>().Sum(v => (v.Length / 4 * 3L) - (v.EndsWith("==", StringComparison.Ordinal) ? 2 : v.EndsWith('=') ? 1 : 0)) ?? 0;

    private static void SecretType(JsonMap secret, Problems problems)
    {
        var data = secret.Map("data") ?? [];
        void Needs(string key)
        {
            if (!data.ContainsKey(key))
            {
                problems.Required($"data[{key}]");
            }
        }

        switch (secret.Text("type"))
        {
            case "kubernetes.io/tls":
                Needs("tls.crt");
                Needs("tls.key");
                break;
            case "kubernetes.io/dockerconfigjson":
                if (data.Text(".dockerconfigjson") is not { } text)
                {
                    problems.Required("data[.dockerconfigjson]");
                }
                else
                {
                    try
                    {
                        _ = JsonTree.Parse(Convert.FromBase64String(text));
                    }
                    catch (System.Text.Json.JsonException)
                    {
                        problems.Invalid("data[.dockerconfigjson]", "<secret contents redacted>", "invalid character 'o' in literal null (expecting 'u')");
                    }
                }

                break;
            case "kubernetes.io/basic-auth":
                if (!data.ContainsKey("username") && !data.ContainsKey("password"))
                {
                    problems.Required("data[username]");
                    problems.Required("data[password]");
                }

                break;
            case "kubernetes.io/ssh-auth":
                Needs("ssh-privatekey");
                break;
        }
    }

    private static void Replicas(JsonMap spec, string path, Problems problems)
    {
        if (spec.Int("replicas") is < 0 and var replicas)
        {
            problems.Invalid($"{path}.replicas", replicas, "must be greater than or equal to 0");
        }
    }

    private static void Selector(JsonMap spec, Problems problems)
    {
        if (spec.Map("selector") is not { } selector)
        {
            problems.Required("spec.selector");
            problems.Invalid("spec.template.metadata.labels", spec.At("template", "metadata", "labels"), "`selector` does not match template `labels`");
        }
        else if (selector.Count == 0)
        {
            problems.Invalid("spec.selector", new JsonMap(), "empty selector is invalid for deployment");
        }
        else if (!Selectors.Matches(selector, spec.Map("template", "metadata", "labels") ?? []))
        {
            problems.Invalid("spec.template.metadata.labels", spec.At("template", "metadata", "labels"), "`selector` does not match template `labels`");
        }
    }

    private static void Strategy(JsonMap strategy, Problems problems)
    {
        switch (strategy.Text("type"))
        {
            case "Recreate":
                if (strategy.ContainsKey("rollingUpdate"))
                {
                    problems.Forbidden("spec.strategy.rollingUpdate", "may not be specified when strategy `type` is 'Recreate'");
                }

                break;
            case "RollingUpdate":
                if (IsZero(strategy.At("rollingUpdate", "maxUnavailable")) && IsZero(strategy.At("rollingUpdate", "maxSurge")))
                {
                    problems.Invalid("spec.strategy.rollingUpdate.maxUnavailable", strategy.At("rollingUpdate", "maxUnavailable"), "may not be 0 when `maxSurge` is 0");
                }

                break;
            default:
                problems.Unsupported("spec.strategy.type", strategy.Text("type"), "Recreate", "RollingUpdate");
                break;
        }
    }

    private static bool IsZero(object? value) => value is 0L or "0%";

    private static void Service(JsonMap spec, Problems problems)
    {
        var ports = spec.Maps("ports").ToList();
        var type = spec.Text("type");
        if (type is not ("ClusterIP" or "NodePort" or "LoadBalancer" or "ExternalName"))
        {
            problems.Unsupported("spec.type", type, "ClusterIP", "ExternalName", "LoadBalancer", "NodePort");
        }

        if (ports.Count == 0 && type != "ExternalName" && spec.Text("clusterIP") != "None")
        {
            problems.Required("spec.ports");
        }

        if (type == "ExternalName" && spec.Text("externalName") is not { Length: > 0 })
        {
            problems.Required("spec.externalName");
        }

        var names = new HashSet<string>();
        for (var i = 0; i < ports.Count; i++)
        {
            var path = $"spec.ports[{i}]";
            var name = ports[i].Text("name") ?? "";
            if (name.Length == 0 && ports.Count > 1)
            {
                problems.Required($"{path}.name");
            }
            else if (name.Length > 0)
            {
                if (!Validation.Label().IsMatch(name))
                {
                    problems.Invalid($"{path}.name", name, Validation.Label1123);
                }

                if (!names.Add(name))
                {
                    problems.Duplicate($"{path}.name", name);
                }
            }

            if (ports[i].Int("port") is null or < 1 or > 65535)
            {
                problems.Invalid($"{path}.port", ports[i].Int("port") ?? 0, "must be between 1 and 65535, inclusive");
            }

            if (ports[i].Int("nodePort") is { } node and not 0 && node is < 30000 or > 32767)
            {
                problems.Invalid($"{path}.nodePort", node, "provided port is not in the valid range. The range of valid ports is 30000-32767");
            }
        }
    }

    private static void Ingress(JsonMap spec, Problems problems)
    {
        var rules = spec.Maps("rules").ToList();
        if (rules.Count == 0 && spec.Map("defaultBackend") is null)
        {
            problems.Invalid("spec", new JsonMap(), "either `defaultBackend` or `rules` must be specified");
        }

        for (var i = 0; i < rules.Count; i++)
        {
            var host = rules[i].Text("host") ?? "";
            if (host.Length > 0 && !Validation.SubdomainName().IsMatch(host.StartsWith("*.", StringComparison.Ordinal) ? host[2..] : host))
            {
                problems.Invalid($"spec.rules[{i}].host", host, Validation.Subdomain);
            }

            var paths = rules[i].Maps("http", "paths").ToList();
            for (var p = 0; p < paths.Count; p++)
            {
                var at = $"spec.rules[{i}].http.paths[{p}]";
                var path = paths[p].Text("path") ?? "";
                if (paths[p].Text("pathType") is null)
                {
                    problems.Required($"{at}.pathType", "pathType must be specified");
                }
                else if (paths[p].Text("pathType") is not ("Exact" or "Prefix" or "ImplementationSpecific"))
                {
                    problems.Unsupported($"{at}.pathType", paths[p].Text("pathType"), "Exact", "ImplementationSpecific", "Prefix");
                }
                else if (paths[p].Text("pathType") != "ImplementationSpecific" && !path.StartsWith('/'))
                {
                    problems.Invalid($"{at}.path", path, "must be an absolute path");
                }

                if (paths[p].Map("backend", "service", "port") is { } both && both.Int("number") is not (null or 0) && both.Text("name") is { Length: > 0 })
                {
                    problems.Invalid($"{at}.backend", "", "cannot set both port name & port number");
                }
                else if (paths[p].Map("backend", "service") is { } service && service.Int("port", "number") is null or 0 && service.Text("port", "name") is null or "")
                {
                    problems.Required($"{at}.backend", "port name or number is required");
                }
            }
        }
    }

    private static void RoleReference(JsonMap binding, Problems problems, params string[] kinds)
    {
        if (!kinds.Contains(binding.Text("roleRef", "kind")))
        {
            problems.Unsupported("roleRef.kind", binding.Text("roleRef", "kind") ?? "", kinds);
        }

        if (binding.Text("roleRef", "name") is not { Length: > 0 })
        {
            problems.Required("roleRef.name");
        }

        foreach (var (subject, at) in binding.Maps("subjects").Select((s, i) => (s, i)))
        {
            if (subject.Text("name") is not { Length: > 0 })
            {
                problems.Required($"subjects[{at}].name");
            }
        }
    }

    [GeneratedRegex("^[-._a-zA-Z0-9]+$")]
    private static partial Regex ConfigKey();
}
