using Portal.Sandbox.Json;
using Portal.Sandbox.Kinds;
using Portal.Sandbox.Schema;

namespace Portal.Sandbox.Api;

/// <summary>Objects as the Table that kubectl prints.</summary>
internal static class TableView
{
    private sealed record Column(string Name, string Type, int Priority, Func<JsonMap, object?> Cell, string? Description = null);

    /// <summary>The descriptions of columns.schema by "resource | column".</summary>
    private static readonly Dictionary<string, string> Descriptions = SchemaFile.Lines("columns.schema")
        .Select(l => l.Split(" | ", 3)).ToDictionary(p => $"{p[0]} | {p[1]}", p => p[2].Replace("\\n", "\n", StringComparison.Ordinal), StringComparer.Ordinal);

    /// <summary>Makes a Table.</summary>
    /// <param name="kind">The resource.</param>
    /// <param name="objects">The rows.</param>
    /// <param name="revision">The list's or object's resourceVersion.</param>
    /// <param name="include">None, Metadata or Object: what each row carries.</param>
    /// <param name="listMetadata">The metadata of a paged list.</param>
    /// <param name="now">The cluster's time, for ages.</param>
    public static JsonMap Of(ResourceKind kind, IEnumerable<JsonMap> objects, string revision, string? include, JsonMap? listMetadata, DateTimeOffset now)
    {
        if (include is not (null or "" or "None" or "Metadata" or "Object"))
        {
            throw ApiError.BadRequest($"Unable to convert to Table as requested: includeObject: Invalid value: \"{include}\": must be 'Metadata', 'Object', 'None', or empty");
        }

        var columns = Columns(kind, now);
        return new JsonMap
        {
            ["kind"] = "Table",
            ["apiVersion"] = "meta.k8s.io/v1",
            ["metadata"] = listMetadata ?? new JsonMap { ["resourceVersion"] = revision },
            ["columnDefinitions"] = columns.ConvertAll(c => (object?)new JsonMap
            {
                ["name"] = c.Name,
                ["type"] = c.Type,
                ["format"] = c.Name == "Name" ? "name" : "",
                ["description"] = c.Description ?? Descriptions.GetValueOrDefault($"{kind.Bucket} | {c.Name}") ?? Descriptions.GetValueOrDefault($"* | {c.Name}") ?? "",
                ["priority"] = (long)c.Priority,
            }),
            ["rows"] = objects.Select(o => (object?)Row(o, kind, columns, include)).ToList(),
        };
    }

    private static JsonMap Row(JsonMap obj, ResourceKind kind, List<Column> columns, string? include)
    {
        var shown = ObjectViews.InVersion(obj, kind);
        var row = new JsonMap { ["cells"] = columns.ConvertAll(c => c.Cell(shown)) };
        if (kind.Bucket == "/pods" && obj.Text("status", "phase") is "Succeeded" or "Failed")
        {
            var phase = obj.Text("status", "phase")!;
            row["conditions"] = JsonTree.ListOf(new JsonMap
            {
                ["type"] = "Completed",
                ["status"] = "True",
                ["reason"] = phase,
                ["message"] = phase == "Succeeded" ? "The pod has completed successfully." : "The pod failed.",
            });
        }

        row["object"] = include switch { "None" => null, "Object" => shown, _ => Partial(obj, kind) };

        return row;
    }

    private static JsonMap Partial(JsonMap obj, ResourceKind kind)
    {
        var partial = ObjectViews.Partial(obj);
        if (kind.Bucket == "apps/daemonsets" && partial.Map("metadata", "annotations") is { } annotations && annotations.ContainsKey("deprecated.daemonset.template.generation"))
        {
            // The server makes this annotation of a field when it writes a DaemonSet; a row's object is made before that.
            partial = JsonTree.Clone(partial);
            var rest = partial.Map("metadata", "annotations")!;
            rest.Remove("deprecated.daemonset.template.generation");
            if (rest.Count == 0)
            {
                partial.Map("metadata")!.Remove("annotations");
            }
        }

        return partial;
    }

    private static List<Column> Columns(ResourceKind kind, DateTimeOffset now)
    {
        var name = new Column("Name", "string", 0, o => o.Text("metadata", "name"));
        var age = new Column("Age", "string", 0, o => Age(o.Text("metadata", "creationTimestamp"), now));
        if (kind.Custom is { } custom)
        {
            return custom.Columns.Count == 0
                ? [name, age with { Type = "date" }]
                : [name, .. custom.Columns.Select(c => new Column(c.Text("name")!, c.Text("type")!, (int)(c.Int("priority") ?? 0), o => CustomCell(o, c, now),
                    c.Text("description") is { Length: > 0 } text ? text : $"Custom resource definition column (in JSONPath format): {c.Text("jsonPath")}"))];
        }

        Column Text(string title, Func<JsonMap, object?> cell, int priority = 0, string type = "string") => new(title, type, priority, cell);
        Column Number(string title, params string[] path) => new(title, "integer", 0, o => o.Int(path) ?? 0);
        Column[] containers = [Text("Containers", o => Containers(o, "name"), 1), Text("Images", o => Containers(o, "image"), 1)];
        var selector = Text("Selector", o => o.Map("spec", "selector") is { } s ? Selectors.Text(s) : "<none>", 1);
        return kind.Bucket switch
        {
            "/pods" =>
            [
                name, Text("Ready", o => $"{o.Maps("status", "containerStatuses").Count(c => c.Flag("ready") is true)}/{o.Maps("spec", "containers").Count()}"), Text("Status", PodStatusText.Of),
                Text("Restarts", o => PodStatusText.Restarts(o, now)), age, Text("IP", o => o.Text("status", "podIP") ?? "<none>", 1), Text("Node", o => o.Text("spec", "nodeName") ?? "<none>", 1),
                Text("Nominated Node", _ => "<none>", 1), Text("Readiness Gates", _ => "<none>", 1),
            ],
            "apps/deployments" =>
            [
                name, Text("Ready", o => $"{o.Int("status", "readyReplicas") ?? 0}/{o.Int("spec", "replicas") ?? 0}"), Text("Up-to-date", o => o.Int("status", "updatedReplicas") ?? 0),
                Text("Available", o => o.Int("status", "availableReplicas") ?? 0), age, .. containers, selector,
            ],
            "apps/replicasets" or "/replicationcontrollers" =>
            [
                name, Number("Desired", "spec", "replicas"), Number("Current", "status", "replicas"), Number("Ready", "status", "readyReplicas"), age, .. containers, selector,
            ],
            "apps/statefulsets" => [name, Text("Ready", o => $"{o.Int("status", "readyReplicas") ?? 0}/{o.Int("spec", "replicas") ?? 0}"), age, .. containers],
            "apps/daemonsets" =>
            [
                name, Number("Desired", "status", "desiredNumberScheduled"), Number("Current", "status", "currentNumberScheduled"), Number("Ready", "status", "numberReady"),
                Number("Up-to-date", "status", "updatedNumberScheduled"), Number("Available", "status", "numberAvailable"),
                Text("Node Selector", o => Pairs(o.Map("spec", "template", "spec", "nodeSelector"))), age, .. containers, selector,
            ],
            "batch/jobs" =>
            [
                name, Text("Status", JobStatus), Text("Completions", o => $"{o.Int("status", "succeeded") ?? 0}/{o.Int("spec", "completions") ?? 1}"), Text("Duration", o => Duration(o, now)), age, .. containers, selector,
            ],
            "batch/cronjobs" =>
            [
                name, Text("Schedule", o => o.Text("spec", "schedule")), Text("Timezone", o => o.Text("spec", "timeZone") ?? "<none>"), Text("Suspend", o => o.Flag("spec", "suspend") is true ? "True" : "False", 0, "boolean"),
                Text("Active", o => (long)o.Maps("status", "active").Count(), 0, "integer"), Text("Last Schedule", o => o.Text("status", "lastScheduleTime") is { } t ? Age(t, now) : "<none>"), age,
                Text("Containers", o => Containers(o.Map("spec", "jobTemplate") ?? [], "name"), 1), Text("Images", o => Containers(o.Map("spec", "jobTemplate") ?? [], "image"), 1), Text("Selector", _ => "<none>", 1),
            ],
            "/services" =>
            [
                name, Text("Type", o => o.Text("spec", "type")), Text("Cluster-IP", o => o.Text("spec", "clusterIP") ?? "<none>"), Text("External-IP", ExternalAddress),
                Text("Port(s)", Ports), age, Text("Selector", o => Pairs(o.Map("spec", "selector")), 1),
            ],
            "/secrets" => [name, Text("Type", o => o.Text("type")), Text("Data", o => (long)(o.Map("data")?.Count ?? 0)), age],
            "/configmaps" => [name, Text("Data", o => (long)((o.Map("data")?.Count ?? 0) + (o.Map("binaryData")?.Count ?? 0))), age],
            "/namespaces" => [name, Text("Status", o => o.Text("status", "phase")), age],
            "/nodes" =>
            [
                name, Text("Status", NodeStatus), Text("Roles", NodeRoles), age,
                Text("Version", o => o.Text("status", "nodeInfo", "kubeletVersion")), Text("Internal-IP", o => o.Maps("status", "addresses").FirstOrDefault(a => a.Text("type") == "InternalIP")?.Text("address") ?? "<none>", 1),
                Text("External-IP", _ => "<none>", 1), Text("OS-Image", o => o.Text("status", "nodeInfo", "osImage"), 1), Text("Kernel-Version", o => o.Text("status", "nodeInfo", "kernelVersion"), 1),
                Text("Container-Runtime", o => o.Text("status", "nodeInfo", "containerRuntimeVersion"), 1),
            ],
            "/persistentvolumeclaims" =>
            [
                name, Text("Status", o => o.Text("metadata", "deletionTimestamp") is null ? o.Text("status", "phase") : "Terminating"), Text("Volume", o => o.Text("spec", "volumeName") ?? ""), Text("Capacity", o => o.Text("status", "capacity", "storage") ?? ""),
                Text("Access Modes", o => string.Join(",", o.Texts("status", "accessModes").Select(AccessMode))), Text("StorageClass", o => o.Text("spec", "storageClassName") ?? ""),
                Text("VolumeAttributesClass", o => o.Text("spec", "volumeAttributesClassName") ?? "<unset>"), age, Text("VolumeMode", o => o.Text("spec", "volumeMode"), 1),
            ],
            "networking.k8s.io/ingresses" =>
            [
                name, Text("Class", o => o.Text("spec", "ingressClassName") ?? "<none>"), Text("Hosts", o => Joined(o.Maps("spec", "rules").Select(r => r.Text("host")).Where(h => h is { Length: > 0 }), "*")),
                Text("Address", o => string.Join(",", o.Maps("status", "loadBalancer", "ingress").Select(i => i.Text("ip") ?? i.Text("hostname")))), Text("Ports", o => o.List("spec", "tls") is { Count: > 0 } ? "80, 443" : "80"), age,
            ],
            "autoscaling/horizontalpodautoscalers" =>
            [
                name, Text("Reference", o => $"{o.Text("spec", "scaleTargetRef", "kind")}/{o.Text("spec", "scaleTargetRef", "name")}"), Text("Targets", Targets),
                Text("MinPods", o => JsonTree.Print(o.At("spec", "minReplicas") ?? "<unset>")), Text("MaxPods", o => o.Int("spec", "maxReplicas") ?? 0), Text("Replicas", o => o.Int("status", "currentReplicas") ?? 0), age,
            ],
            "policy/poddisruptionbudgets" =>
            [
                name, Text("Min Available", o => JsonTree.Print(o.At("spec", "minAvailable") ?? "N/A")), Text("Max Unavailable", o => JsonTree.Print(o.At("spec", "maxUnavailable") ?? "N/A")),
                Number("Allowed Disruptions", "status", "disruptionsAllowed"), age,
            ],
            "rbac.authorization.k8s.io/roles" or "rbac.authorization.k8s.io/clusterroles" => [name, Text("Created At", o => o.Text("metadata", "creationTimestamp"), 0, "date")],
            "rbac.authorization.k8s.io/rolebindings" or "rbac.authorization.k8s.io/clusterrolebindings" => [name, Text("Role", o => $"{o.Text("roleRef", "kind")}/{o.Text("roleRef", "name")}"), age],
            "discovery.k8s.io/endpointslices" =>
            [
                name, Text("AddressType", o => o.Text("addressType")), Text("Ports", o => Joined(o.Maps("ports").Select(p => JsonTree.Print(p.Int("port"))), "<unset>")),
                Text("Endpoints", o => Joined(o.Maps("endpoints").SelectMany(e => e.Texts("addresses")), "<unset>")), age,
            ],
            "/endpoints" => [name, Text("Endpoints", o => Joined(o.Maps("subsets").SelectMany(s => s.Maps("addresses").SelectMany(a => s.Maps("ports").Select(p => $"{a.Text("ip")}:{p.Int("port")}"))), "<none>")), age],
            "storage.k8s.io/storageclasses" =>
            [
                new Column("Name", "string", 0, o => o.Text("metadata", "name") + (o.Text("metadata", "annotations", "storageclass.kubernetes.io/is-default-class") == "true" ? " (default)" : "")),
                Text("Provisioner", o => o.Text("provisioner")), Text("ReclaimPolicy", o => o.Text("reclaimPolicy")), Text("VolumeBindingMode", o => o.Text("volumeBindingMode")),
                Text("AllowVolumeExpansion", o => o.Flag("allowVolumeExpansion") ?? false), age,
            ],
            "apiextensions.k8s.io/customresourcedefinitions" => [name, Text("Created At", o => o.Text("metadata", "creationTimestamp"), 0, "date")],
            "/events" =>
            [
                Text("Last Seen", o => Age(o.Text("lastTimestamp") ?? o.Text("eventTime") ?? o.Text("metadata", "creationTimestamp"), now)), Text("Type", o => o.Text("type")), Text("Reason", o => o.Text("reason")),
                Text("Object", o => $"{o.Text("involvedObject", "kind")?.ToLowerInvariant()}/{o.Text("involvedObject", "name")}"), Text("Subobject", o => o.Text("involvedObject", "fieldPath") ?? "", 1),
                Text("Source", o => o.Text("source", "component") ?? o.Text("reportingComponent") ?? "", 1), Text("Message", o => o.Text("message")?.Trim()), Text("First Seen", o => Age(o.Text("firstTimestamp"), now), 1),
                Text("Count", o => o.Int("count") ?? 1, 1), new Column("Name", "string", 1, o => o.Text("metadata", "name")),
            ],
            "/persistentvolumes" =>
            [
                name, Text("Capacity", o => o.Text("spec", "capacity", "storage") ?? ""), Text("Access Modes", o => string.Join(",", o.Texts("spec", "accessModes").Select(AccessMode))),
                Text("Reclaim Policy", o => o.Text("spec", "persistentVolumeReclaimPolicy")), Text("Status", o => o.Text("metadata", "deletionTimestamp") is null ? o.Text("status", "phase") : "Terminating"),
                Text("Claim", o => o.Map("spec", "claimRef") is { } c ? $"{c.Text("namespace")}/{c.Text("name")}" : ""), Text("StorageClass", o => o.Text("spec", "storageClassName") ?? ""),
                Text("VolumeAttributesClass", o => o.Text("spec", "volumeAttributesClassName") ?? "<unset>"), Text("Reason", o => o.Text("status", "reason") ?? ""), age, Text("VolumeMode", o => o.Text("spec", "volumeMode") ?? "<unset>", 1),
            ],
            "/resourcequotas" => [name, Text("Request", o => Counts(o, limits: false)), Text("Limit", o => Counts(o, limits: true)), age],
            "/limitranges" => [name, Text("Created At", o => o.Text("metadata", "creationTimestamp"), 0, "date")],
            "/podtemplates" => [name, containers[0] with { Priority = 0, Cell = o => Contained(o, "name") }, containers[1] with { Priority = 0, Cell = o => Contained(o, "image") }, Text("Pod Labels", o => Pairs(o.Map("template", "metadata", "labels")))],
            "apps/controllerrevisions" => [name, Text("Controller", o => Owner(o)), Number("Revision", "revision"), age],
            "scheduling.k8s.io/priorityclasses" =>
            [
                name, Number("Value", "value"), Text("Global-Default", o => o.Flag("globalDefault") is true, 0, "boolean"), age, Text("PreemptionPolicy", o => o.Text("preemptionPolicy") ?? ""),
            ],
            "networking.k8s.io/networkpolicies" => [name, Text("Pod-Selector", o => o.Map("spec", "podSelector") is { Count: > 0 } s ? Selectors.Text(s) : "<none>"), age],
            "networking.k8s.io/ingressclasses" => [name, Text("Controller", o => o.Text("spec", "controller")), Text("Parameters", o => o.Map("spec", "parameters") is { } p ? $"{p.Text("kind")}{(p.Text("apiGroup") is { Length: > 0 } g ? "." + g : "")}/{p.Text("name")}" : "<none>"), age],
            "coordination.k8s.io/leases" => [name, Text("Holder", o => o.Text("spec", "holderIdentity") ?? ""), age],
            "admissionregistration.k8s.io/validatingwebhookconfigurations" or "admissionregistration.k8s.io/mutatingwebhookconfigurations" => [name, Text("Webhooks", o => (long)o.Maps("webhooks").Count(), 0, "integer"), age],
            "node.k8s.io/runtimeclasses" => [name, Text("Handler", o => o.Text("handler")), age],
            _ => [name, age],
        };
    }

    private static string NodeStatus(JsonMap node)
    {
        var ready = node.Maps("status", "conditions").FirstOrDefault(c => c.Text("type") == "Ready");
        return (ready is null ? "Unknown" : ready.Text("status") == "True" ? "Ready" : "NotReady") + (node.Flag("spec", "unschedulable") is true ? ",SchedulingDisabled" : "");
    }

    private static string NodeRoles(JsonMap node)
    {
        const string Prefix = "node-role.kubernetes.io/";
        var labels = node.Map("metadata", "labels") ?? [];
        return Joined(labels.Select(l => l.Key.StartsWith(Prefix, StringComparison.Ordinal) ? l.Key[Prefix.Length..] : l.Key == "kubernetes.io/role" ? l.Value as string : null)
            .Where(r => r is { Length: > 0 }).Distinct().Order(StringComparer.Ordinal), "<none>");
    }

    // "pods: 1/2, requests.cpu: 0/1"; what begins with "limits." has its own column.
    private static string Counts(JsonMap quota, bool limits) => string.Join(", ", (quota.Map("status", "hard") ?? []).Where(h => h.Key.StartsWith("limits.", StringComparison.Ordinal) == limits)
        .OrderBy(h => h.Key, StringComparer.Ordinal).Select(h => $"{h.Key}: {quota.Text("status", "used", h.Key) ?? "0"}/{h.Value}"));

    private static string Contained(JsonMap template, string field) => string.Join(",", template.Maps("template", "spec", "containers").Select(c => c.Text(field)));

    private static string Owner(JsonMap obj)
    {
        if (obj.Maps("metadata", "ownerReferences").FirstOrDefault(o => o.Flag("controller") is true) is not { } owner)
        {
            return "<none>";
        }

        var group = owner.Text("apiVersion")!.Split('/') is [var named, _] ? "." + named : "";
        return $"{owner.Text("kind")!.ToLowerInvariant()}{group}/{owner.Text("name")}";
    }

    // What was found in the form of the column's type; text shows whatever it is, the others nothing that is of another type (apiextensions, tableconvertor).
    private static object? CustomCell(JsonMap obj, JsonMap column, DateTimeOffset now) => (column.Text("type"), ColumnPath.First(obj, column.Text("jsonPath") ?? "")) switch
    {
        (_, null) => null,
        ("date", string time) => Age(time, now),
        ("string", string text) => text,
        ("string", var value) => JsonTree.Text(value),
        ("integer", long number) => number,
        ("integer", double number) => (long)number,
        ("number", long or double) and (_, var number) => number,
        ("boolean", bool flag) => flag,
        _ => null,
    };

    /// <summary>A span as kubectl shortens it.</summary>
    public static string Age(string? time, DateTimeOffset now) => SandboxClock.Parse(time) is { } at ? Span(now - at) : "<unknown>";

    public static string Span(TimeSpan span)
    {
        if (span < TimeSpan.FromSeconds(-1))
        {
            return "<invalid>";
        }

        var seconds = Math.Max(0, (long)span.TotalSeconds);
        string Two(long major, string a, long minor, string b) => minor == 0 ? $"{major}{a}" : $"{major}{a}{minor}{b}";
        return seconds switch
        {
            < 120 => $"{seconds}s",
            < 600 => Two(seconds / 60, "m", seconds % 60, "s"),
            < 10800 => $"{seconds / 60}m",
            < 28800 => Two(seconds / 3600, "h", seconds / 60 % 60, "m"),
            < 172800 => $"{seconds / 3600}h",
            < 691200 => Two(seconds / 86400, "d", seconds / 3600 % 24, "h"),
            < 63072000 => $"{seconds / 86400}d",
            _ => $"{seconds / 31536000}y",
        };
    }

    private static string Containers(JsonMap obj, string field) => string.Join(",", obj.Maps("spec", "template", "spec", "containers").Select(c => c.Text(field)));

    private static string Pairs(JsonMap? map) => map is null || map.Count == 0 ? "<none>" : string.Join(",", map.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => $"{p.Key}={p.Value}"));

    private static string Joined(IEnumerable<string?> parts, string none) => string.Join(",", parts) is { Length: > 0 } text ? text : none;

    private static string ExternalAddress(JsonMap service) => service.Text("spec", "type") switch
    {
        "ExternalName" => service.Text("spec", "externalName") ?? "",
        "LoadBalancer" => Joined(service.Maps("status", "loadBalancer", "ingress").Select(i => i.Text("ip") ?? i.Text("hostname")), "<pending>"),
        _ => Joined(service.Texts("spec", "externalIPs"), "<none>"),
    };

    private static string Ports(JsonMap service) => Joined(service.Maps("spec", "ports").Select(p =>
        p.Int("nodePort") is { } node and > 0 ? $"{p.Int("port")}:{node}/{p.Text("protocol")}" : $"{p.Int("port")}/{p.Text("protocol")}"), "<none>");

    private static string AccessMode(string mode) => mode switch { "ReadWriteOnce" => "RWO", "ReadOnlyMany" => "ROX", "ReadWriteMany" => "RWX", "ReadWriteOncePod" => "RWOP", _ => mode };

    private static string JobStatus(JsonMap job)
    {
        bool Has(string type) => job.Maps("status", "conditions").Any(c => c.Text("type") == type && c.Text("status") == "True");
        return Has("Complete") ? "Complete" : Has("Failed") ? "Failed" : job.Text("metadata", "deletionTimestamp") is not null ? "Terminating" : Has("Suspended") ? "Suspended" : Has("FailureTarget") ? "FailureTarget" : Has("SuccessCriteriaMet") ? "SuccessCriteriaMet" : "Running";
    }

    private static string Duration(JsonMap job, DateTimeOffset now)
    {
        if (SandboxClock.Parse(job.Text("status", "startTime")) is not { } start)
        {
            return "";
        }

        return Span((SandboxClock.Parse(job.Text("status", "completionTime")) ?? now) - start);
    }

    private static string Targets(JsonMap autoscaler)
    {
        if (autoscaler.Int("spec", "targetCPUUtilizationPercentage") is { } percent)
        {
            return $"cpu: <unknown>/{percent}%";
        }

        return Joined(autoscaler.Maps("spec", "metrics").Where(m => m.Text("type") == "Resource").Select(m =>
            $"{m.Text("resource", "name")}: <unknown>/{(m.Int("resource", "target", "averageUtilization") is { } average ? average + "%" : m.Text("resource", "target", "averageValue"))}"), "<none>");
    }
}
