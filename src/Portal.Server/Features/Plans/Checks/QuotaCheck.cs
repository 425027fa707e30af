using System.Text.Json.Nodes;
using Portal.Core.Plans;
using Portal.Helm.Actions;
using Portal.Helm.Kube;

namespace Portal.Server.Features.Plans.Checks;

/// <summary>
/// Whether what comes fits into the namespace's ResourceQuotas: pods and claims are made by controllers, so that no dry run refuses them, and of objects a dry run counts each one alone. The rules are those of
/// https://kubernetes.io/docs/concepts/policy/resource-quotas/.
/// </summary>
internal static class QuotaCheck
{
    // What a quota of these asks each container to say (pkg/quota/v1/evaluator/core/pods.go, Constraints).
    private static readonly string[] Asked = ["cpu", "memory", "requests.cpu", "requests.memory", "limits.cpu", "limits.memory"];

    public static async Task<IReadOnlyList<Finding>> OfAsync(CheckInput input, CancellationToken cancellation)
    {
        var findings = new List<Finding>();
        var quotas = await PlanChecks.ListAsync(input, "v1", "ResourceQuota", input.Namespace, findings, cancellation) ?? [];
        var ranges = await PlanChecks.ListAsync(input, "v1", "LimitRange", input.Namespace, findings, cancellation) ?? [];
        var resources = new Dictionary<string, string>(StringComparer.Ordinal);
        if (quotas.Exists(q => (q["spec", "hard"] as JsonObject ?? []).Any(h => h.Key.StartsWith("count/", StringComparison.Ordinal))))
        {
            foreach (var target in input.Outcomes.Select(o => o.Object).DistinctBy(o => (o.ApiVersion, o.Kind)))
            {
                resources[$"{target.Group}/{target.Kind}"] = await ResourceAsync(input, target, cancellation);
            }
        }

        // Helm writes a Secret for each revision; of a full history it deletes the oldest one first.
        var records = input.Options.HistoryMax > 0 && input.Action.Target.Version > input.Options.HistoryMax ? 0 : 1;
        DryRunOutcome[] here = [.. input.Outcomes.Where(o => o.Object.Namespace == input.Namespace)];
        var nodes = quotas.Count > 0 && here.Any(o => o.Object.Kind == "DaemonSet") ? await PlanChecks.ListAsync(input, "v1", "Node", "", findings, cancellation) : null;
        findings.AddRange(Of(here, quotas, ranges, resources, records, nodes?.Count ?? 0));
        findings.AddRange(OfHooks([.. input.Hooks.Where(h => h.Ref.Namespace == input.Namespace)], quotas, ranges));
        findings.AddRange(LimitRangeCheck.Of([.. input.Planned.Where(p => p.Object.Namespace == input.Namespace)], ranges));
        return findings;
    }

    // Of a kind that comes with this plan the cluster knows no name yet.
    private static async Task<string> ResourceAsync(CheckInput input, ObjectRef target, CancellationToken cancellation)
    {
        try
        {
            return (await input.Kube.ResourceAsync(target.ApiVersion, target.Kind, cancellation)).Resource;
        }
        catch (KubeException error) when (error.Code is 404)
        {
            return "";
        }
    }

    /// <summary>Pure.</summary>
    /// <param name="outcomes">What becomes of the objects.</param>
    /// <param name="quotas">The quotas of the namespace, with what is in use.</param>
    /// <param name="ranges">Its LimitRanges: they give pods defaults.</param>
    /// <param name="resources">"group/Kind" to the plural that quotas count by.</param>
    /// <param name="records">How many Secrets Helm writes for its history.</param>
    /// <param name="nodes">How many pods a new DaemonSet has at most; one that runs says so itself.</param>
    public static IEnumerable<Finding> Of(
        IReadOnlyList<DryRunOutcome> outcomes, IEnumerable<KubeObject> quotas, IReadOnlyList<KubeObject>? ranges = null, IReadOnlyDictionary<string, string>? resources = null, int records = 0, int nodes = 0)
    {
        foreach (var quota in quotas)
        {
            var need = new Need(quota, ranges ?? [], resources ?? new Dictionary<string, string>(), nodes);
            need.Add(records);
            foreach (var outcome in outcomes)
            {
                need.Add(outcome);
            }

            foreach (var (key, hard) in PodResources.Amounts(quota["spec", "hard"]).OrderBy(h => h.Key, StringComparer.Ordinal))
            {
                var used = Quantity.Of(quota["status", "used", key]?.ToString()) ?? 0;
                var (more, surge) = (need.More.GetValueOrDefault(key), need.Surge.GetValueOrDefault(key));
                string Number(decimal number) => Quantity.Text(number, key);
                if (more > 0 && used + more > hard)
                {
                    yield return PlanChecks.Finding(
                        "quota", FindingLevel.Warning, $"ResourceQuota/{quota.Name}", $"ResourceQuota/{quota.Name} allows {quota["spec", "hard", key]} of {key}; {Number(used)} are in use and {Number(more)} more are needed.",
                        "Have the quota raised, or ask for less in the values.", key) with { Id = $"quota:{quota.Name}/{key}" };
                }
                else if (surge > 0 && used + Math.Max(more, 0) + surge > hard)
                {
                    yield return PlanChecks.Finding(
                        "quota", FindingLevel.Warning, $"ResourceQuota/{quota.Name}",
                        $"ResourceQuota/{quota.Name} allows {quota["spec", "hard", key]} of {key}; {Number(used)} are in use, and while {string.Join(", ", need.Surging)} {(need.Surging.Count == 1 ? "is" : "are")} replaced pod by pod {Number(surge)} more are needed: no new pod starts.",
                        "Have the quota raised, or let the strategy stop a pod first (maxUnavailable).", key) with { Id = $"quota:{quota.Name}/{key}/surge" };
                }
            }

            var asked = Asked.Where(a => quota["spec", "hard", a] is not null).ToArray();
            foreach (var (item, pod) in outcomes.Where(o => o.Result is not (DryRunResult.Removed or DryRunResult.Unchanged) && o.After is not null).Select(o => (o.After!, Pod: PlanChecks.PodOf(o.After!))).Where(p => p.Pod is not null))
            {
                var content = PodResources.Of(pod!, ranges ?? []);
                var silent = need.Counts(pod!, content) ? asked.Where(a => content.Containers.Any(c => !(a.StartsWith("limits.", StringComparison.Ordinal) ? c.Limits : c.Requests).ContainsKey(a[(a.IndexOf('.') + 1)..]))).ToArray() : [];
                if (silent.Length > 0)
                {
                    yield return PlanChecks.Finding(
                        "quota", FindingLevel.Warning, $"{item.Kind}/{item.Name}", $"ResourceQuota/{quota.Name} lets in only pods whose containers all say {string.Join(", ", silent)}; those of {item.Kind}/{item.Name} do not, and are refused.",
                        "Set requests and limits in the values, or have a LimitRange give defaults.") with { Id = $"quota:{quota.Name}/{item.Kind}/{item.Name}" };
                }
            }
        }
    }

    /// <summary>Whether the pods of hooks fit beside what is in use now: hooks run one after the other, and a pod that has ended counts no more. Pure.</summary>
    public static IEnumerable<Finding> OfHooks(IReadOnlyList<KubeObject> hooks, IEnumerable<KubeObject> quotas, IReadOnlyList<KubeObject> ranges)
    {
        foreach (var quota in quotas)
        {
            var hard = PodResources.Amounts(quota["spec", "hard"]);
            foreach (var hook in hooks)
            {
                var need = new Need(quota, ranges, new Dictionary<string, string>(), 0);
                need.Add(hook);
                foreach (var (key, more) in need.More.Where(m => m.Value > 0 && hard.ContainsKey(m.Key)).OrderBy(m => m.Key, StringComparer.Ordinal))
                {
                    var used = Quantity.Of(quota["status", "used", key]?.ToString()) ?? 0;
                    if (used + more > hard[key])
                    {
                        yield return PlanChecks.Finding(
                            "quota", FindingLevel.Warning, $"{hook.Kind}/{hook.Name}",
                            $"ResourceQuota/{quota.Name} allows {quota["spec", "hard", key]} of {key}; {Quantity.Text(used, key)} are in use and the hook {hook.Kind}/{hook.Name} needs {Quantity.Text(more, key)} more: it does not start.",
                            "Have the quota raised, or ask for less in the values.", key) with { Id = $"quota:{quota.Name}/{key}/hook/{hook.Name}" };
                    }
                }
            }
        }
    }

    /// <summary>What one quota has to give more of.</summary>
    private sealed class Need(KubeObject quota, IReadOnlyList<KubeObject> ranges, IReadOnlyDictionary<string, string> resources, int nodes)
    {
        private readonly bool _isScoped = quota["spec", "scopes"] is JsonArray { Count: > 0 } || quota["spec", "scopeSelector"] is not null;

        /// <summary>For good.</summary>
        public Dictionary<string, decimal> More { get; } = new(StringComparer.Ordinal);

        /// <summary>While pods are replaced by a strategy that starts the new one first and stops none before.</summary>
        public Dictionary<string, decimal> Surge { get; } = new(StringComparer.Ordinal);

        public List<string> Surging { get; } = [];

        public void Add(int records)
        {
            if (!_isScoped)
            {
                Count(More, "secrets", records);
                Count(More, "count/secrets", records);
            }
        }

        public void Add(DryRunOutcome outcome)
        {
            var after = outcome.Result == DryRunResult.Removed ? null : outcome.After;
            var live = after is null && outcome.Result != DryRunResult.Removed ? null : outcome.Live;
            Object(after, 1);
            Object(live, -1);
            Claims(after, live, outcome.Result);
            Pods(More, after, 1, Replicas(after, live));
            Pods(More, live, -1, Replicas(live, live));
            if (outcome.Object.Kind == "Deployment" && live is not null && after is not null && !JsonNode.DeepEquals(live["spec", "template"], after["spec", "template"]))
            {
                var (extra, gone) = Strategy(after, Replicas(after, live));
                if (extra > 0 && gone == 0 && Replicas(live, live) > 0)
                {
                    Surging.Add(outcome.Object.ToString());
                    Pods(Surge, after, 1, extra);
                }
            }
        }

        /// <summary>The pods that a hook runs.</summary>
        public void Add(KubeObject hook) => Pods(More, hook, 1, Replicas(hook, null));

        /// <summary>Whether the quota counts a pod: all of its scopes fit.</summary>
        public bool Counts(KubeObject pod, PodResources content)
        {
            var scopes = (quota["spec", "scopes"] as JsonArray ?? []).Select(s => (Scope: s?.ToString() ?? "", Operator: "Exists", Values: Array.Empty<string?>()))
                .Concat(quota.List("spec", "scopeSelector", "matchExpressions").Select(e => (Scope: e.Text("scopeName"), Operator: e.Text("operator"), Values: (e["values"] as JsonArray ?? []).Select(v => v?.ToString()).ToArray())));
            return scopes.All(s => s.Scope switch
            {
                "Terminating" => pod["spec", "activeDeadlineSeconds"] is not null,
                "NotTerminating" => pod["spec", "activeDeadlineSeconds"] is null,
                "BestEffort" => content.IsBestEffort,
                "NotBestEffort" => !content.IsBestEffort,
                "PriorityClass" => pod.Text("spec", "priorityClassName") is var name && s.Operator switch { "In" => s.Values.Contains(name), "NotIn" => name.Length > 0 && !s.Values.Contains(name), "DoesNotExist" => name.Length == 0, _ => name.Length > 0 },
                _ => false,
            });
        }

        private static void Count(Dictionary<string, decimal> sum, string key, decimal amount) => sum[key] = sum.GetValueOrDefault(key) + amount;

        private void Object(KubeObject? item, int sign)
        {
            if (item is null || _isScoped)
            {
                return;
            }

            var group = item.Ref.Group;
            if (resources.TryGetValue($"{group}/{item.Kind}", out var plural) && plural.Length > 0)
            {
                Count(More, $"count/{plural}{(group.Length > 0 ? "." + group : "")}", sign);
            }

            switch (item.Kind)
            {
                case "ConfigMap" or "Secret" or "ReplicationController" or "ResourceQuota" when group.Length == 0:
                    Count(More, item.Kind.ToLowerInvariant() + "s", sign);
                    break;
                case "Service" when group.Length == 0:
                    Count(More, "services", sign);
                    Count(More, "services.loadbalancers", item.Text("spec", "type") == "LoadBalancer" ? sign : 0);
                    var opens = item.Text("spec", "type") == "NodePort" || (item.Text("spec", "type") == "LoadBalancer" && item["spec", "allocateLoadBalancerNodePorts"]?.ToJsonString() != "false");
                    Count(More, "services.nodeports", opens ? sign * item.List("spec", "ports").Count() : 0);
                    break;
            }
        }

        // The claims of a StatefulSet stay when pods go.
        private void Claims(KubeObject? after, KubeObject? live, DryRunResult result)
        {
            if (_isScoped)
            {
                return;
            }

            switch ((after ?? live)?.Kind)
            {
                case "PersistentVolumeClaim":
                    Claim(after, 1, isObject: true);
                    Claim(live, -1, isObject: true);
                    break;
                case "StatefulSet" when result != DryRunResult.Removed && after is not null && Math.Max(0, (after.Int("spec", "replicas") ?? 1) - (live is null ? 0 : live.Int("spec", "replicas") ?? 1)) is > 0 and var grown:
                    foreach (var template in after.List("spec", "volumeClaimTemplates"))
                    {
                        Claim(template, grown, isObject: false);
                    }

                    break;
            }
        }

        private void Claim(KubeObject? claim, int count, bool isObject)
        {
            if (claim is null)
            {
                return;
            }

            var size = count * (Quantity.Of(claim["spec", "resources", "requests", "storage"]?.ToString()) ?? 0);
            Count(More, "persistentvolumeclaims", count);
            Count(More, "count/persistentvolumeclaims", isObject ? 0 : count);
            Count(More, "requests.storage", size);
            if (claim.Text("spec", "storageClassName") is { Length: > 0 } name)
            {
                Count(More, $"{name}.storageclass.storage.k8s.io/persistentvolumeclaims", count);
                Count(More, $"{name}.storageclass.storage.k8s.io/requests.storage", size);
            }
        }

        private void Pods(Dictionary<string, decimal> sum, KubeObject? item, int sign, int pods)
        {
            if (item is null || pods == 0 || PlanChecks.PodOf(item) is not { } pod || PodResources.Of(pod, ranges) is not { } content || (_isScoped && !Counts(pod, content)))
            {
                return;
            }

            Count(sum, "pods", sign * pods);
            Count(sum, "count/pods", item.Kind == "Pod" ? 0 : sign * pods);
            foreach (var resource in content.Names)
            {
                Count(sum, resource, sign * pods * content.Request(resource));
                Count(sum, "requests." + resource, sign * pods * content.Request(resource));
                Count(sum, "limits." + resource, sign * pods * content.Limit(resource));
            }
        }

        private int Replicas(KubeObject? item, KubeObject? live) => item?.Kind switch
        {
            "DaemonSet" => live?.Int("status", "desiredNumberScheduled") ?? nodes,
            "Deployment" or "StatefulSet" or "ReplicaSet" or "ReplicationController" => item.Int("spec", "replicas") ?? 1,
            "Job" => item.Int("spec", "parallelism") ?? 1,
            "Pod" => 1,
            _ => 0,
        };

        // 25 % each unless said otherwise; what may be added is rounded up, what may be missing down.
        private static (int Extra, int Gone) Strategy(KubeObject item, int replicas)
        {
            int Amount(string key, bool up) => item["spec", "strategy", "rollingUpdate", key]?.ToString() is { } text && !text.EndsWith('%')
                ? int.TryParse(text, out var number) ? number : 0
                : (int)(up ? Math.Ceiling(replicas * Percent(key) / 100m) : Math.Floor(replicas * Percent(key) / 100m));
            decimal Percent(string key) => Quantity.Of(item["spec", "strategy", "rollingUpdate", key]?.ToString().TrimEnd('%')) ?? 25;
            return item.Text("spec", "strategy", "type") == "Recreate" ? (0, replicas) : (Amount("maxSurge", up: true), Amount("maxUnavailable", up: false));
        }
    }
}
