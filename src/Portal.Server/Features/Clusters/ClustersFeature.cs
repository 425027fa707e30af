using System.Collections.Concurrent;
using System.Security.Claims;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Portal.Core;
using Portal.Core.Access;
using Portal.Core.Clusters;
using Portal.Helm.Actions;
using Portal.Helm.Kube;
using Portal.Helm.Releases;
using Portal.Helm.Rendering;
using Portal.Server.Data;
using Portal.Server.Features.Access;
using Portal.Server.Web;

namespace Portal.Server.Features.Clusters;

/// <summary>A Kubernetes API that the portal may act on.</summary>
public sealed class ClusterRow
{
    public const string Table = "clusters";

    public required string Id { get; init; }
    public required string Name { get; set; }
    public ClusterKind Kind { get; init; }
    public ClusterEnvironment Environment { get; set; }
    public required string Server { get; set; }

    /// <summary>It comes from the server's settings and its credentials stay there.</summary>
    public bool Configured { get; init; }

    /// <summary>The kubeconfig, encrypted.</summary>
    public byte[]? Kubeconfig { get; set; }
    public Reachability Reachability { get; set; }
    public string? KubernetesVersion { get; set; }
    public DateTime? CheckedAt { get; set; }
    public string? Error { get; set; }
    public DateTime CreatedAt { get; init; }
}

internal sealed class ClusterConfiguration : IEntityTypeConfiguration<ClusterRow>
{
    public void Configure(EntityTypeBuilder<ClusterRow> builder)
    {
        builder.ToTable(ClusterRow.Table);
        builder.HasIndex(c => c.Name).IsUnique();
        builder.Property(c => c.Error).HasMaxLength(2000);
        builder.Property(c => c.Kubeconfig).IsEncrypted(ClusterRow.Table, "kubeconfig");
    }
}

/// <summary>One client per cluster, kept while its credentials stay the same.</summary>
public sealed class ClusterConnections(IDbContextFactory<PortalDb> dbs, PortalSettings settings, SecretBox box, TimeProvider time, ChartRenderer renderer) : IDisposable
{
    private readonly ConcurrentDictionary<string, Connection> _connections = new(StringComparer.Ordinal);

    /// <summary>A cluster's client and what is built on it.</summary>
    public sealed record Connection(KubeClient Kube, SecretReleaseStore Store, HelmClient Helm);

    public async Task<Connection> GetAsync(string clusterId, CancellationToken cancellation)
    {
        if (_connections.TryGetValue(clusterId, out var known))
        {
            return known;
        }

        await using var db = await dbs.CreateDbContextAsync(cancellation);
        var row = await db.Set<ClusterRow>().FirstOrDefaultAsync(c => c.Id == clusterId, cancellation) ?? throw ProblemException.NotFound("The cluster");
        return _connections.GetOrAdd(clusterId, _ => Open(row));
    }

    /// <summary>Forgets a cluster's client: its credentials changed.</summary>
    public void Forget(string clusterId)
    {
        if (_connections.TryRemove(clusterId, out var connection))
        {
            connection.Kube.Dispose();
        }
    }

    private Connection Open(ClusterRow row)
    {
        var kube = Client(row);
        var store = new SecretReleaseStore(kube, time);
        return new Connection(kube, store, new HelmClient(kube, store, time, renderer));
    }

    // Credentials that cannot be used (an exec plugin that fails, a file that is gone) are a cluster that cannot be reached.
    private KubeClient Client(ClusterRow row)
    {
        try
        {
            return row switch
            {
                { Configured: true } when settings.Clusters.FirstOrDefault(c => c.Name == row.Name) is not { } => throw new ClusterUnreachableException($"cluster {row.Name} is not in the server's settings any more"),
                { Kind: ClusterKind.InCluster } when !KubeClient.IsInCluster => throw new ClusterUnreachableException("the portal does not run in a pod of this cluster"),
                { Kind: ClusterKind.InCluster } => KubeClient.InCluster(),
                { Configured: true } => KubeClient.FromKubeconfigFile(settings.Clusters.First(c => c.Name == row.Name).Kubeconfig!),
                _ => KubeClient.FromKubeconfig(box.RevealText(row.Kubeconfig!, ClusterRow.Table, row.Id, "kubeconfig")),
            };
        }
        catch (FormatException error)
        {
            throw new ClusterUnreachableException(error.Message, error);
        }
    }

    public void Dispose()
    {
        foreach (var id in _connections.Keys)
        {
            Forget(id);
        }
    }
}

/// <summary>Clusters: add, check, what Helm knows there.</summary>
internal static class ClustersFeature
{
    private static readonly (string Group, string Resource)[] Needed =
    [
        ("", "secrets"), ("", "configmaps"), ("", "services"), ("", "pods"), ("", "persistentvolumeclaims"), ("", "serviceaccounts"),
        ("apps", "deployments"), ("apps", "statefulsets"), ("batch", "jobs"),
    ];

    private static readonly string[] Verbs = ["get", "list", "watch", "create", "patch", "update", "delete"];

    public static IServiceCollection AddClusters(this IServiceCollection services) =>
        // One renderer for all features: it keeps what it parsed.
        services.AddSingleton(p => new ChartRenderer(limits: p.GetRequiredService<PortalSettings>().Templates)).AddSingleton<ClusterConnections>().AddHostedService<ConfiguredClusters>();

    public static void MapClusters(this WebApplication app)
    {
        var api = app.MapGroup($"{Routes.Api}/clusters");
        api.MapGet("/", async (PortalDb db, CancellationToken cancellation) =>
            new Page<Cluster>([.. (await db.Set<ClusterRow>().OrderBy(c => c.Name).ToListAsync(cancellation)).Select(Of)])).RequirePermission(Permissions.ClustersRead);
        api.MapGet("/{id}", async (string id, PortalDb db, CancellationToken cancellation) => Of(await FindAsync(db, id, cancellation))).RequirePermission(Permissions.ClustersRead);
        api.MapPost("/", async (AddClusterRequest request, ClaimsPrincipal me, PortalDb db, SecretBox box, Audit audit, TimeProvider time, CancellationToken cancellation) =>
        {
            var row = Create(request, box, time);
            if (await db.Set<ClusterRow>().AnyAsync(c => c.Name == row.Name, cancellation))
            {
                throw new ProblemException(409, "exists", "The name is taken", $"There is a cluster {row.Name} already.");
            }

            db.Add(row);
            await audit.RecordAsync(me, "add cluster", row.Name, row.Server, cancellation);
            return Results.Created($"{Routes.Api}/clusters/{row.Id}", Of(row));
        }).RequirePermission(Permissions.ClustersWrite);
        api.MapPatch("/{id}", async (string id, UpdateClusterRequest request, ClaimsPrincipal me, PortalDb db, SecretBox box, ClusterConnections connections, Audit audit, CancellationToken cancellation) =>
        {
            var row = await FindAsync(db, id, cancellation);
            if (request.Kubeconfig is { } kubeconfig)
            {
                if (row.Configured || row.Kind != ClusterKind.Kubeconfig)
                {
                    throw ProblemException.Invalid("Only a cluster that was added with a kubeconfig can be given another one.", "kubeconfig");
                }

                (row.Server, row.Kubeconfig) = (ServerOf(kubeconfig), box.Protect(kubeconfig, ClusterRow.Table, id, "kubeconfig"));
            }

            row.Environment = request.Environment ?? row.Environment;
            await audit.RecordAsync(me, "change cluster", row.Name, $"{row.Environment}, {row.Server}{(request.Kubeconfig is null ? "" : ", another kubeconfig")}", CancellationToken.None);
            connections.Forget(id);
            return Of(row);
        }).RequirePermission(Permissions.ClustersWrite);
        api.MapDelete("/{id}", async (string id, ClaimsPrincipal me, PortalDb db, ClusterConnections connections, IKnownReleases known, Audit audit, CancellationToken cancellation) =>
        {
            var row = await FindAsync(db, id, cancellation);
            if (row.Configured || row.Kind == ClusterKind.Sandbox)
            {
                throw ProblemException.Invalid("This cluster comes from the server's settings; take it out there.");
            }

            var releases = await known.IdsAsync(id, cancellation);
            if (releases.Count > 0)
            {
                throw new ProblemException(409, "in-use", "The cluster is in use", $"The portal looks after {string.Join(", ", releases.Keys.Select(r => $"{r.Namespace}/{r.Name}").Order(StringComparer.Ordinal).Take(5))} there.");
            }

            db.Remove(row);
            await audit.RecordAsync(me, "remove cluster", row.Name, row.Server, CancellationToken.None);
            connections.Forget(id);
            return Results.NoContent();
        }).RequirePermission(Permissions.ClustersWrite);
        api.MapPost("/{id}/check", CheckAsync).RequirePermission(Permissions.ClustersRead);
        api.MapGet("/{id}/releases", async (string id, PortalDb db, ClusterConnections connections, IKnownReleases known, CancellationToken cancellation) =>
        {
            await FindAsync(db, id, cancellation);
            var connection = await connections.GetAsync(id, cancellation);
            var ids = await known.IdsAsync(id, cancellation);
            return new Page<FoundRelease>(
            [
                .. (await connection.Helm.ListAsync("", cancellation)).Select(r => new FoundRelease(
                    r.Namespace, r.Name, r.Chart.Name, r.Chart.Metadata.Version, r.Version, r.Info.Status, r.Info.LastDeployed, ids.GetValueOrDefault((r.Namespace, r.Name)))),
            ]);
        }).RequirePermission(Permissions.ClustersRead);
    }

    private static async Task<ClusterCheck> CheckAsync(string id, PortalDb db, ClusterConnections connections, TimeProvider time, CancellationToken cancellation)
    {
        var row = await FindAsync(db, id, cancellation);
        row.CheckedAt = time.GetUtcNow().UtcDateTime;
        var rights = new List<RightCheck>();
        try
        {
            var connection = await connections.GetAsync(id, cancellation);
            row.KubernetesVersion = await connection.Kube.GetVersionAsync(cancellation);
            foreach (var (group, resource) in Needed)
            {
                foreach (var verb in Verbs)
                {
                    rights.Add(new RightCheck(group, resource, verb, "*", await connection.Kube.CanIAsync(group, resource, verb, "", cancellation)));
                }
            }

            row.Reachability = Reachability.Reachable;
            row.Error = null;
        }
        catch (Exception error) when (error is ClusterUnreachableException or KubeException)
        {
            row.Reachability = Reachability.Unreachable;
            row.Error = error.Message.Fit(1900);
        }

        await db.SaveChangesAsync(cancellation);
        return new ClusterCheck(Of(row), rights, Role(rights));
    }

    // What a cluster admin applies so that the portal may do its work.
    private static string? Role(List<RightCheck> rights)
    {
        var missing = rights.Where(r => !r.Allowed).GroupBy(r => r.Group).ToArray();
        if (missing.Length == 0)
        {
            return null;
        }

        var rules = missing.SelectMany(g => g.GroupBy(r => string.Join(", ", g.Where(x => x.Resource == r.Resource).Select(x => x.Verb))).Select(v =>
            $"  - apiGroups: [\"{g.Key}\"]\n    resources: [{string.Join(", ", v.Select(r => r.Resource).Distinct())}]\n    verbs: [{v.Key}]\n"));
        return "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata:\n  name: iomete-portal\nrules:\n" + string.Concat(rules);
    }

    internal static ClusterRow Create(AddClusterRequest request, SecretBox box, TimeProvider time)
    {
        if (request.Name is not { Length: > 0 and <= 60 })
        {
            throw ProblemException.Invalid("A cluster has a name of at most 60 characters.", "name");
        }

        if (request.Kind == ClusterKind.InCluster && !KubeClient.IsInCluster)
        {
            throw ProblemException.Invalid("The portal does not run in a pod of a cluster, or its pod has no service account. Add the cluster with a kubeconfig.", "kind");
        }

        var id = PortalDb.NewId();
        var server = "in-cluster";
        byte[]? kubeconfig = null;
        if (request.Kind != ClusterKind.InCluster)
        {
            server = ServerOf(request.Kubeconfig ?? "");
            kubeconfig = box.Protect(request.Kubeconfig!, ClusterRow.Table, id, "kubeconfig");
        }

        return new ClusterRow
        {
            Id = id, Name = request.Name, Kind = request.Kind, Environment = request.Environment, Server = server, Kubeconfig = kubeconfig, CreatedAt = time.GetUtcNow().UtcDateTime,
        };
    }

    private static string ServerOf(string kubeconfig)
    {
        try
        {
            using var client = KubeClient.FromKubeconfig(kubeconfig);
            return Address(client);
        }
        catch (FormatException error)
        {
            throw ProblemException.Invalid(error.Message, "kubeconfig");
        }
    }

    /// <summary>The API server's address, which everybody may see.</summary>
    /// <exception cref="FormatException">There is something in it that not everybody may see.</exception>
    internal static string Address(KubeClient client) =>
        !Uri.TryCreate(client.Server, UriKind.Absolute, out var server) || (server.UserInfo.Length == 0 && server.Query.Length == 0 && server.Fragment.Length == 0)
            ? client.Server : throw new FormatException("The server's address holds a password or a query. Write user, password or token into the user's entry of the kubeconfig.");

    internal static async Task<ClusterRow> FindAsync(PortalDb db, string id, CancellationToken cancellation) =>
        await db.Set<ClusterRow>().FirstOrDefaultAsync(c => c.Id == id, cancellation) ?? throw ProblemException.NotFound("The cluster");

    private static Cluster Of(ClusterRow c) => new(c.Id, c.Name, c.Kind, c.Environment, c.Server, c.Reachability, c.KubernetesVersion, c.CheckedAt, c.Error);
}

/// <summary>Which releases of a cluster the portal knows; the releases feature answers.</summary>
public interface IKnownReleases
{
    Task<IReadOnlyDictionary<(string Namespace, string Name), string>> IdsAsync(string clusterId, CancellationToken cancellation);
}
