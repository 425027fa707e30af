using Portal.Core.Plans;
using Portal.Helm.Actions;
using Portal.Helm.Kube;

namespace Portal.Server.Features.Plans.Checks;

/// <summary>Whether the storage classes exist that new volumes ask for, by claims and by the claim templates of StatefulSets.</summary>
internal static class StorageCheck
{
    private const string IsDefault = "storageclass.kubernetes.io/is-default-class";

    public static async Task<IReadOnlyList<Finding>> OfAsync(CheckInput input, CancellationToken cancellation)
    {
        var findings = new List<Finding>();
        var claims = input.Planned.SelectMany(p => Claims(p.Object).Select(c => (p.Object, p.Result, Class: c))).ToArray();
        if (claims.Length > 0 && await PlanChecks.ListAsync(input, "storage.k8s.io/v1", "StorageClass", "", findings, cancellation) is { } classes)
        {
            findings.AddRange(Of(claims, [.. classes, .. input.Planned.Where(p => p.Object.Kind == "StorageClass").Select(p => p.Object)]));
        }

        return findings;
    }

    /// <summary>Pure. A volume that exists needs its class no more; a new one waits for it, so that it is no more than a warning.</summary>
    public static IEnumerable<Finding> Of(IEnumerable<(KubeObject Object, DryRunResult Result, string? Class)> claims, IReadOnlyCollection<KubeObject> classes)
    {
        foreach (var (item, _, name) in claims.Where(c => c.Result == DryRunResult.Created || (c.Object.Kind == "StatefulSet" && c.Result == DryRunResult.Changed)))
        {
            var subject = $"{item.Kind}/{item.Name}";
            if (name is null && !classes.Any(c => c.Annotation(IsDefault) == "true"))
            {
                yield return PlanChecks.Finding("storage-class", FindingLevel.Warning, subject, $"{subject} names no storage class, and the cluster has no default one: its volume comes only if somebody makes it.", "Name a storage class in the values.");
            }
            else if (name is { Length: > 0 } && classes.All(c => c.Name != name))
            {
                yield return PlanChecks.Finding(
                    "storage-class", FindingLevel.Warning, subject, $"{subject} asks for storage class {name}, which the cluster does not have.",
                    classes.Count == 0 ? "The cluster has no storage classes at all: have one made." : $"There are {string.Join(", ", classes.Select(c => c.Name).Order(StringComparer.Ordinal).Take(8))}.") with { Id = $"storage-class:{subject}/{name}" };
            }
        }
    }

    // An empty class says that no class is wanted.
    private static IEnumerable<string?> Claims(KubeObject item) => item.Kind switch
    {
        "PersistentVolumeClaim" when item.Text("spec", "volumeName").Length == 0 => [item["spec", "storageClassName"]?.ToString()],
        "StatefulSet" => item.List("spec", "volumeClaimTemplates").Select(t => t["spec", "storageClassName"]?.ToString()).Distinct(),
        _ => [],
    };
}
