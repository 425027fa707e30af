using System.Globalization;
using Portal.Core.Plans;
using Portal.Helm.Charts;
using Portal.Helm.Releases;
using Portal.Helm.Rendering;
using Portal.Helm.Sprig;

namespace Portal.Server.Features.Plans.Checks;

/// <summary>
/// Whether the cluster's version suits what is sent: the chart's kubeVersion (Helm refuses to render without it, and does not ask on a rollback), and APIs that Kubernetes removes. The table is that of
/// https://kubernetes.io/docs/reference/using-api/deprecation-guide/ and is kept in this file.
/// </summary>
internal static class KubernetesCheck
{
    /// <summary>An API that is gone from a minor version on. Kinds: blank-separated, or "*".</summary>
    private sealed record RemovedApi(string ApiVersion, string Kinds, int Minor, string Instead);

    private static readonly RemovedApi[] Removed =
    [
        new("extensions/v1beta1", "Deployment DaemonSet ReplicaSet", 16, "apps/v1"),
        new("extensions/v1beta1", "NetworkPolicy", 16, "networking.k8s.io/v1"),
        new("extensions/v1beta1", "PodSecurityPolicy", 16, "Pod Security Admission"),
        new("apps/v1beta1", "*", 16, "apps/v1"),
        new("apps/v1beta2", "*", 16, "apps/v1"),
        new("admissionregistration.k8s.io/v1beta1", "MutatingWebhookConfiguration ValidatingWebhookConfiguration", 22, "admissionregistration.k8s.io/v1"),
        new("apiextensions.k8s.io/v1beta1", "CustomResourceDefinition", 22, "apiextensions.k8s.io/v1"),
        new("apiregistration.k8s.io/v1beta1", "APIService", 22, "apiregistration.k8s.io/v1"),
        new("authentication.k8s.io/v1beta1", "TokenReview", 22, "authentication.k8s.io/v1"),
        new("authorization.k8s.io/v1beta1", "*", 22, "authorization.k8s.io/v1"),
        new("certificates.k8s.io/v1beta1", "CertificateSigningRequest", 22, "certificates.k8s.io/v1"),
        new("coordination.k8s.io/v1beta1", "Lease", 22, "coordination.k8s.io/v1"),
        new("extensions/v1beta1", "Ingress", 22, "networking.k8s.io/v1"),
        new("networking.k8s.io/v1beta1", "Ingress IngressClass", 22, "networking.k8s.io/v1"),
        new("rbac.authorization.k8s.io/v1beta1", "*", 22, "rbac.authorization.k8s.io/v1"),
        new("scheduling.k8s.io/v1beta1", "PriorityClass", 22, "scheduling.k8s.io/v1"),
        new("storage.k8s.io/v1beta1", "CSIDriver CSINode StorageClass VolumeAttachment", 22, "storage.k8s.io/v1"),
        new("batch/v1beta1", "CronJob", 25, "batch/v1"),
        new("discovery.k8s.io/v1beta1", "EndpointSlice", 25, "discovery.k8s.io/v1"),
        new("events.k8s.io/v1beta1", "Event", 25, "events.k8s.io/v1"),
        new("autoscaling/v2beta1", "HorizontalPodAutoscaler", 25, "autoscaling/v2"),
        new("policy/v1beta1", "PodDisruptionBudget", 25, "policy/v1"),
        new("policy/v1beta1", "PodSecurityPolicy", 25, "Pod Security Admission"),
        new("node.k8s.io/v1beta1", "RuntimeClass", 25, "node.k8s.io/v1"),
        new("flowcontrol.apiserver.k8s.io/v1beta1", "*", 26, "flowcontrol.apiserver.k8s.io/v1"),
        new("autoscaling/v2beta2", "HorizontalPodAutoscaler", 26, "autoscaling/v2"),
        new("storage.k8s.io/v1beta1", "CSIStorageCapacity", 27, "storage.k8s.io/v1"),
        new("flowcontrol.apiserver.k8s.io/v1beta2", "*", 29, "flowcontrol.apiserver.k8s.io/v1"),
        new("flowcontrol.apiserver.k8s.io/v1beta3", "*", 32, "flowcontrol.apiserver.k8s.io/v1"),
    ];

    public static IEnumerable<Finding> Of(Release target, string kubernetes)
    {
        if (SemVersion.TryParse(kubernetes) is not { } version)
        {
            yield break;
        }

        foreach (var chart in All(target.Chart).Where(c => !Allows(c, version)).DistinctBy(c => c.Name))
        {
            yield return PlanChecks.Finding(
                "kube-version", FindingLevel.Blocker, null, $"{chart.Name} {chart.Metadata.Version} is made for Kubernetes {chart.Metadata.KubeVersion}, the cluster runs {kubernetes}.", "Take a version of the chart that is made for this cluster, or update the cluster first.",
                ReferenceEquals(chart, target.Chart) ? null : chart.Name);
        }

        var documents = ManifestSplitter.Parse(target.Manifest).Select(d => (d.ApiVersion, d.Kind, d.Name)).Concat(target.Hooks.SelectMany(h => ManifestSplitter.Parse(h.Manifest)).Select(d => (d.ApiVersion, d.Kind, d.Name)));
        foreach (var (apiVersion, kind, name) in documents.Distinct())
        {
            if (Removed.FirstOrDefault(r => r.ApiVersion == apiVersion && (r.Kinds == "*" || r.Kinds.Split(' ').Contains(kind))) is not { } removed)
            {
                continue;
            }

            var gone = version.Major > 1 || (int)version.Minor >= removed.Minor;
            var since = string.Create(CultureInfo.InvariantCulture, $"1.{removed.Minor}");
            yield return PlanChecks.Finding(
                "api-removed", gone ? FindingLevel.Blocker : (int)version.Minor + 1 == removed.Minor ? FindingLevel.Warning : FindingLevel.Note, $"{kind}/{name}",
                gone ? $"{kind}/{name} is written as {apiVersion}, which Kubernetes does not serve since {since}; the cluster runs {kubernetes}." : $"{kind}/{name} is written as {apiVersion}, which Kubernetes {since} does not serve any more.",
                $"Take a version of the chart that uses {removed.Instead}.");
        }
    }

    /// <summary>Whether a chart and all charts inside it are made for the cluster's version.</summary>
    public static bool Fits(Chart chart, string kubernetes) => SemVersion.TryParse(kubernetes) is not { } version || All(chart).All(c => Allows(c, version));

    /// <summary>A copy that says nothing about Kubernetes.</summary>
    public static Chart ForAny(Chart chart) => chart with { Metadata = chart.Metadata with { KubeVersion = "" }, Dependencies = [.. chart.Dependencies.Select(ForAny)] };

    private static IEnumerable<Chart> All(Chart chart) => [chart, .. chart.Dependencies.SelectMany(All)];

    // Distributions add a suffix that is no prerelease (v1.31.2-gke.100): it does not count here, nor does it for Helm.
    private static bool Allows(Chart chart, SemVersion version) =>
        chart.Metadata.KubeVersion.Length == 0 || (SemConstraint.TryParse(chart.Metadata.KubeVersion) is { } range && (range.Matches(version) || range.Matches(version with { Prerelease = "" })));

    /// <summary>Whether the cluster cannot take this at all: then it is not even asked.</summary>
    public static bool IsRefused(Release target, string kubernetes) => Of(target, kubernetes).Any(f => f is { Code: "api-removed", Level: FindingLevel.Blocker });
}
