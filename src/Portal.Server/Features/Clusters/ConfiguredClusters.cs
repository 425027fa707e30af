using Microsoft.EntityFrameworkCore;
using Portal.Core.Clusters;
using Portal.Helm.Kube;
using Portal.Server.Data;

namespace Portal.Server.Features.Clusters;

/// <summary>
/// Writes the clusters of the settings (Clusters__0__Kubeconfig, ...) into the database at the start, by their names. One that is not named any more stays, with its
/// releases, but has no credentials.
/// </summary>
internal sealed class ConfiguredClusters(PortalSettings settings, IDbContextFactory<PortalDb> dbs, TimeProvider time, ILogger<ConfiguredClusters> logger) : IHostedService
{
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var cluster in settings.Clusters)
        {
            await using var db = await dbs.CreateDbContextAsync(cancellationToken);
            var row = await db.Set<ClusterRow>().FirstOrDefaultAsync(c => c.Name == cluster.Name, cancellationToken);
            if (row is { Configured: false })
            {
                throw new SettingsException($"Clusters: {cluster.Name} is the name of a cluster that was added in the portal; choose another name");
            }

            if (row is null)
            {
                row = new ClusterRow
                {
                    Id = PortalDb.NewId(), Name = cluster.Name, Kind = cluster.Kubeconfig is null ? ClusterKind.InCluster : ClusterKind.Kubeconfig, Server = "", Configured = true, CreatedAt = time.GetUtcNow().UtcDateTime,
                };
                db.Add(row);
            }

            row.Environment = cluster.Environment;
            row.Server = Server(cluster);
            try
            {
                await db.SaveChangesAsync(cancellationToken);
            }
            catch (DbUpdateException error)
            {
                // Another replica with the same settings was first.
                logger.LogInformation("Cluster {Cluster} was written by another replica: {Message}", cluster.Name, error.GetBaseException().Message);
            }
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private static string Server(ConfiguredCluster cluster)
    {
        if (cluster.Kubeconfig is null)
        {
            return "in-cluster";
        }

        try
        {
            using var client = KubeClient.FromKubeconfigFile(cluster.Kubeconfig);
            return ClustersFeature.Address(client);
        }
        catch (FormatException error)
        {
            throw new SettingsException($"Clusters: {cluster.Name}: {error.Message}");
        }
    }
}
