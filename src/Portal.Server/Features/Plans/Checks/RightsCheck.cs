using System.Collections.Concurrent;
using System.Text;
using Portal.Core.Operations;
using Portal.Core.Plans;
using Portal.Helm.Actions;
using Portal.Helm.Kube;

namespace Portal.Server.Features.Plans.Checks;

/// <summary>One thing that the portal's account must be allowed. Namespace is empty for what lives outside of namespaces.</summary>
internal sealed record Right(string Group, string Resource, string Verb, string Namespace);

/// <summary>Whether the portal's account may do what the plan does, for every verb on every kind that it touches (SelfSubjectAccessReview).</summary>
internal static class RightsCheck
{
    private const int Width = 8;

    public static async Task<Finding?> OfAsync(CheckInput input, CancellationToken cancellation)
    {
        var coming = new CrdKinds(input.Action.Crds);
        var needed = await NeededAsync(input, (apiVersion, kind, stop) => coming.ResourceAsync(input.Kube, apiVersion, kind, stop), cancellation);
        var missing = new ConcurrentBag<Right>();
        await Parallel.ForEachAsync(needed, new ParallelOptions { MaxDegreeOfParallelism = Width, CancellationToken = cancellation }, async (right, stop) =>
        {
            if (!await input.Kube.CanIAsync(right.Group, right.Resource, right.Verb, right.Namespace, stop))
            {
                missing.Add(right);
            }
        });
        return Missing([.. missing], input.Action.Target.Name);
    }

    /// <summary>Everything that the plan needs to be allowed, without doubles.</summary>
    public static async Task<IReadOnlyCollection<Right>> NeededAsync(CheckInput input, Func<string, string, CancellationToken, Task<(string Resource, bool Namespaced)>> resourceOf, CancellationToken cancellation)
    {
        // The record of the release.
        var needed = new HashSet<Right>(((string[])["get", "list", "create", "update", "delete"]).Select(v => new Right("", "secrets", v, input.Namespace)));
        if (input.Action.Crds.Count > 0)
        {
            needed.UnionWith(((string[])["get", "create"]).Select(v => new Right("apiextensions.k8s.io", "customresourcedefinitions", v, "")));
        }

        async Task AddAsync(ObjectRef target, params string[] verbs)
        {
            var (resource, namespaced) = await resourceOf(target.ApiVersion, target.Kind, cancellation);
            needed.UnionWith(verbs.Select(v => new Right(target.Group, resource, v, namespaced ? target.Namespace : "")));
        }

        foreach (var outcome in input.Outcomes)
        {
            await AddAsync(outcome.Object, "get");
            await (outcome switch
            {
                { Result: DryRunResult.Kept } => Task.CompletedTask,
                { Result: DryRunResult.Removed } => AddAsync(outcome.Object, "delete"),
                { Live: null } when input.Kind == OperationKind.Install || input.Options.RollbackOnFailure => AddAsync(outcome.Object, "create", "patch", "delete"),
                { Live: null } => AddAsync(outcome.Object, "create", "patch"),
                _ => AddAsync(outcome.Object, "patch"),
            });
            if (input.Options.Wait && outcome.Object.Kind is "Deployment" or "StatefulSet" or "DaemonSet" or "Job")
            {
                await AddAsync(outcome.Object, "list", "watch");
            }
        }

        foreach (var hook in input.Hooks)
        {
            await AddAsync(hook.Ref, "get", "create", "delete");
        }

        if (input.Hooks.Any(h => h.Kind is "Job" or "Pod") || (input.Options.Wait && input.Outcomes.Count > 0))
        {
            needed.UnionWith(((string[])["get", "list", "watch"]).Select(v => new Right("", "pods", v, input.Namespace)));
        }

        return needed;
    }

    /// <summary>One finding with the Role that is missing, or null.</summary>
    public static Finding? Missing(IReadOnlyCollection<Right> missing, string release) => missing.Count == 0 ? null : PlanChecks.Finding(
        "rights", FindingLevel.Blocker, null,
        "The portal's account may not " + string.Join("; ", missing.GroupBy(r => r.Resource, StringComparer.Ordinal).OrderBy(g => g.Key, StringComparer.Ordinal).Select(g => $"{string.Join(", ", g.Select(r => r.Verb).Distinct().Order(StringComparer.Ordinal))} {g.Key}")) + ".",
        "Have a cluster admin apply this and bind it to the portal's account:\n" + Role(missing, release));

    private static string Role(IEnumerable<Right> missing, string release)
    {
        var text = new StringBuilder();
        foreach (var ns in missing.GroupBy(r => r.Namespace, StringComparer.Ordinal).OrderBy(g => g.Key, StringComparer.Ordinal))
        {
            text.Append(text.Length == 0 ? "" : "---\n").Append($"apiVersion: rbac.authorization.k8s.io/v1\nkind: {(ns.Key.Length == 0 ? "ClusterRole" : "Role")}\nmetadata:\n  name: iomete-portal-{release}\n");
            text.Append(ns.Key.Length == 0 ? "" : $"  namespace: {ns.Key}\n").Append("rules:\n");
            foreach (var rule in ns.GroupBy(r => (r.Group, r.Resource)).Select(g => (g.Key.Group, g.Key.Resource, Verbs: string.Join(", ", g.Select(r => r.Verb).Distinct().Order(StringComparer.Ordinal))))
                .GroupBy(r => (r.Group, r.Verbs)).OrderBy(g => g.Key.Group, StringComparer.Ordinal))
            {
                text.Append($"  - apiGroups: [\"{rule.Key.Group}\"]\n    resources: [{string.Join(", ", rule.Select(r => r.Resource).Order(StringComparer.Ordinal))}]\n    verbs: [{rule.Key.Verbs}]\n");
            }
        }

        return text.ToString();
    }
}
