using Portal.Helm.Sprig;
using Portal.Helm.Templating;

namespace Portal.Helm.Rendering;

/// <summary>What templates may know of the cluster (.Capabilities).</summary>
/// <param name="KubeVersion">"v1.36.0" for example.</param>
/// <param name="ApiVersions">Group/versions and group/version/kinds the cluster serves.</param>
public sealed record Capabilities(string KubeVersion, IReadOnlyList<string> ApiVersions)
{
    /// <summary>The Helm release whose behaviour this engine follows.</summary>
    public const string HelmVersion = "v4.2.4";

    /// <summary>Helm's own answer without a cluster: v1.36.0 and the built-in group/versions.</summary>
    public static Capabilities Default { get; } = new("v1.36.0",
    [
        "admissionregistration.k8s.io/v1", "admissionregistration.k8s.io/v1alpha1", "admissionregistration.k8s.io/v1beta1", "apiextensions.k8s.io/v1", "apiextensions.k8s.io/v1beta1",
        "apps/v1", "apps/v1beta1", "apps/v1beta2", "authentication.k8s.io/v1", "authentication.k8s.io/v1alpha1", "authentication.k8s.io/v1beta1", "authorization.k8s.io/v1",
        "authorization.k8s.io/v1beta1", "autoscaling/v1", "autoscaling/v2", "batch/v1", "batch/v1beta1", "certificates.k8s.io/v1", "certificates.k8s.io/v1alpha1",
        "certificates.k8s.io/v1beta1", "coordination.k8s.io/v1", "coordination.k8s.io/v1alpha2", "coordination.k8s.io/v1beta1", "discovery.k8s.io/v1", "discovery.k8s.io/v1beta1", "events.k8s.io/v1",
        "events.k8s.io/v1beta1", "extensions/v1beta1", "flowcontrol.apiserver.k8s.io/v1", "flowcontrol.apiserver.k8s.io/v1beta1", "flowcontrol.apiserver.k8s.io/v1beta2",
        "flowcontrol.apiserver.k8s.io/v1beta3", "internal.apiserver.k8s.io/v1alpha1", "networking.k8s.io/v1", "networking.k8s.io/v1beta1", "node.k8s.io/v1", "node.k8s.io/v1alpha1", "node.k8s.io/v1beta1",
        "policy/v1", "policy/v1beta1", "rbac.authorization.k8s.io/v1", "rbac.authorization.k8s.io/v1alpha1", "rbac.authorization.k8s.io/v1beta1", "resource.k8s.io/v1", "resource.k8s.io/v1alpha3",
        "resource.k8s.io/v1beta1", "resource.k8s.io/v1beta2", "scheduling.k8s.io/v1", "scheduling.k8s.io/v1alpha1", "scheduling.k8s.io/v1beta1", "storage.k8s.io/v1", "storage.k8s.io/v1alpha1", "storage.k8s.io/v1beta1", "v1",
    ]);

    /// <summary>What <c>{{ .Capabilities.KubeVersion }}</c> prints where that is another text: of a version that was typed, Helm drops what a provider added ("-gke.100").</summary>
    public string? PrintedKubeVersion { get; init; }

    internal IGoObject ToGoObject() => new CapabilitiesObject(this);

    private sealed class CapabilitiesObject(Capabilities capabilities) : IGoStruct
    {
        private readonly KubeVersionObject _kubeVersion = new(capabilities.KubeVersion, capabilities.PrintedKubeVersion ?? capabilities.KubeVersion);
        private readonly VersionSet _versions = new(capabilities.ApiVersions);

        public string GoType => "*common.Capabilities";

        public IReadOnlyDictionary<string, object?> Fields => new Dictionary<string, object?>(Members, StringComparer.Ordinal);

        public IReadOnlyList<KeyValuePair<string, object?>> Members => [new("KubeVersion", _kubeVersion), new("APIVersions", _versions), new("HelmVersion", HelmVersionObject.Instance)];

        public bool TryGetField(string name, out object? value)
        {
            value = name switch
            {
                "KubeVersion" => _kubeVersion,
                "APIVersions" => _versions,
                "HelmVersion" => HelmVersionObject.Instance,
                "Copy" => new CapabilitiesObject(capabilities),
                _ => null,
            };
            return value is not null;
        }

        public bool TryGetMethod(string name, out Function method)
        {
            method = null!;
            return false;
        }
    }

    private class KubeVersionCopy(string version, string printed) : IGoStruct
    {
        private readonly SemVersion? _version = SemVersion.TryParse(version);

        public string GoType => "common.KubeVersion";

        public IReadOnlyDictionary<string, object?> Fields => new Dictionary<string, object?>(Members.Where(m => m.Key != "normalizedVersion"), StringComparer.Ordinal);

        public IReadOnlyList<KeyValuePair<string, object?>> Members => [new("Version", version), new("normalizedVersion", printed), new("Major", Number(_version?.Major)), new("Minor", Number(_version?.Minor))];

        public virtual bool TryGetField(string name, out object? value)
        {
            value = name switch
            {
                "Version" => version,
                "Major" => Number(_version?.Major),
                "Minor" => Number(_version?.Minor),
                _ => null,
            };
            return value is not null;
        }

        public bool TryGetMethod(string name, out Function method)
        {
            method = null!;
            return false;
        }

        private static string? Number(ulong? number) => number?.ToString(System.Globalization.CultureInfo.InvariantCulture);
    }

    private sealed class KubeVersionObject(string version, string printed) : KubeVersionCopy(version, printed), IGoField
    {
        private readonly string _version = version;

        public string Text { get; } = printed;

        public IGoStruct Copy => new KubeVersionCopy(_version, Text);

        public override bool TryGetField(string name, out object? value)
        {
            value = name switch { "GitVersion" => _version, "String" => Text, _ => null };
            return value is not null || base.TryGetField(name, out value);
        }
    }

    private sealed class HelmVersionObject : IGoStruct
    {
        public static readonly HelmVersionObject Instance = new();

        // What the released binary of that version answers (helm version).
        private const string GitCommit = "3900f434fd3ef2b84065dc04508df48f288dba00";
        private const string GitTreeState = "clean";
        private const string GoVersion = "go1.26.5";
        private const string KubeClientVersion = "v1.36";

        public string GoType => "version.BuildInfo";

        // The names are those of its json tags; empty fields are left out.
        public IReadOnlyDictionary<string, object?> Fields => new Dictionary<string, object?>(StringComparer.Ordinal) { ["version"] = HelmVersion, ["git_commit"] = GitCommit, ["git_tree_state"] = GitTreeState, ["go_version"] = GoVersion, ["kube_client_version"] = KubeClientVersion };

        public IReadOnlyList<KeyValuePair<string, object?>> Members { get; } = [new("Version", HelmVersion), new("GitCommit", GitCommit), new("GitTreeState", GitTreeState), new("GoVersion", GoVersion), new("KubeClientVersion", KubeClientVersion)];

        public bool TryGetField(string name, out object? value)
        {
            value = Members.FirstOrDefault(m => m.Key == name).Value;
            return value is not null;
        }

        public bool TryGetMethod(string name, out Function method)
        {
            method = null!;
            return false;
        }
    }

    /// <summary>common.VersionSet: a list of texts with the method Has.</summary>
    private sealed class VersionSet(IReadOnlyList<string> versions) : List<string>(versions), IGoObject
    {
        public string GoType => "common.VersionSet";

        public bool TryGetField(string name, out object? value)
        {
            value = null;
            return false;
        }

        public bool TryGetMethod(string name, out Function method)
        {
            method = new Function("Has", [Templating.GoType.String], false, (_, a) => Contains((string)a[0]!));
            return name == "Has";
        }
    }
}
