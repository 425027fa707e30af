using Portal.Core.Clusters;

namespace Portal.Server;

/// <summary>A cluster that the server's settings name: Clusters__0__Name, Clusters__0__Kubeconfig (a file; "in-cluster" for the pod's own account), Clusters__0__Environment.</summary>
/// <param name="Name">As people see it.</param>
/// <param name="Kubeconfig">A file, or null for the pod's own service account.</param>
/// <param name="Environment">Test or Production.</param>
public sealed record ConfiguredCluster(string Name, string? Kubeconfig, ClusterEnvironment Environment)
{
    /// <exception cref="SettingsException">What is missing or wrong, in one line.</exception>
    public static ConfiguredCluster Read(IConfigurationSection section)
    {
        var kubeconfig = section["Kubeconfig"] ?? throw new SettingsException($"Clusters__{section.Key}__Kubeconfig is missing: a file, or \"in-cluster\"");
        var inCluster = kubeconfig.Equals("in-cluster", StringComparison.OrdinalIgnoreCase);
        if (!inCluster && !File.Exists(kubeconfig))
        {
            throw new SettingsException($"Clusters__{section.Key}__Kubeconfig: there is no file {kubeconfig}");
        }

        var environment = section["Environment"] ?? nameof(ClusterEnvironment.Production);
        return new ConfiguredCluster(
            section["Name"] ?? (inCluster ? "in-cluster" : $"cluster-{section.Key}"),
            inCluster ? null : Path.GetFullPath(kubeconfig),
            Enum.TryParse<ClusterEnvironment>(environment, ignoreCase: true, out var known) ? known : throw new SettingsException($"Clusters__{section.Key}__Environment must be Test or Production"));
    }
}
