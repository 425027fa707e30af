using Portal.Core.Plans;
using Portal.Helm.Actions;
using Portal.Helm.Kube;

namespace Portal.Server.Features.Plans.Checks;

/// <summary>Whether what pods and Ingresses name by itself exists or is made by the plan: service accounts, claims, classes. Secrets and ConfigMaps are <see cref="ReferenceCheck"/>'s, storage classes <see cref="StorageCheck"/>'s.</summary>
internal static class NamedObjectsCheck
{
    /// <summary>What names an object, and what becomes of it when the object is not there.</summary>
    public sealed record Named(ObjectRef Target, string By, bool Changes, string Consequence);

    public static async Task<IReadOnlyList<Finding>> OfAsync(CheckInput input, CancellationToken cancellation)
    {
        var planned = input.Planned.ToArray();
        var made = planned.Select(p => (p.Object.Kind, p.Object.Name)).ToHashSet();
        var names = planned.Where(p => p.Object.Namespace == input.Namespace).SelectMany(p => Of(p.Object, input.Namespace, p.Result != DryRunResult.Unchanged)).Where(n => !made.Contains((n.Target.Kind, n.Target.Name))).ToArray();
        var findings = new List<Finding>();
        var found = await PlanChecks.FindAsync(input, names.Select(n => n.Target), findings, cancellation);
        return [.. findings, .. Missing(names.Where(n => found.TryGetValue(n.Target, out var item) && item is null))];
    }

    /// <summary>A finding for each object that is not there. Pure.</summary>
    public static IEnumerable<Finding> Missing(IEnumerable<Named> names)
    {
        foreach (var group in names.GroupBy(n => n.Target).OrderBy(g => g.Key.ToString(), StringComparer.Ordinal))
        {
            var subject = $"{group.Key.Kind}/{group.Key.Name}";
            var by = string.Join(", ", group.Select(n => n.By).Distinct(StringComparer.Ordinal).Take(3));
            yield return PlanChecks.Finding(
                "named-object", group.Any(n => n.Changes) ? FindingLevel.Warning : FindingLevel.Note, subject, $"{subject}, which {by} names, is neither in the cluster nor made by the plan.",
                $"Make it first, or name another one in the values: {group.First().Consequence}.");
        }
    }

    /// <summary>What an object of the release names. Pure. A pod's account that is called default comes with its namespace.</summary>
    public static IEnumerable<Named> Of(KubeObject item, string ns, bool changes)
    {
        Named Of(string apiVersion, string kind, string at, string name, string consequence) => new(new ObjectRef(apiVersion, kind, at, name), $"{item.Kind}/{item.Name}", changes, consequence);
        if (item.Kind == "Ingress" && item.Text("spec", "ingressClassName") is { Length: > 0 } ingress)
        {
            return [Of("networking.k8s.io/v1", "IngressClass", "", ingress, "no controller serves it otherwise")];
        }

        if (PlanChecks.PodOf(item) is not { } pod)
        {
            return [];
        }

        var account = pod.Text("spec", "serviceAccountName") is { Length: > 0 } name ? name : pod.Text("spec", "serviceAccount");
        var claims = pod.List("spec", "volumes").Select(v => v.Text("persistentVolumeClaim", "claimName")).Where(c => c.Length > 0).Distinct(StringComparer.Ordinal);
        return
        [
            .. account is "" or "default" ? (Named[])[] : [Of("v1", "ServiceAccount", ns, account, "the cluster makes no pods without it")],
            .. pod.Text("spec", "priorityClassName") is { Length: > 0 } priority ? [Of("scheduling.k8s.io/v1", "PriorityClass", "", priority, "the cluster refuses the pods without it")] : (Named[])[],
            .. pod.Text("spec", "runtimeClassName") is { Length: > 0 } runtime ? [Of("node.k8s.io/v1", "RuntimeClass", "", runtime, "the cluster refuses the pods without it")] : (Named[])[],
            .. claims.Select(c => Of("v1", "PersistentVolumeClaim", ns, c, "the pods wait for it")),
        ];
    }
}
