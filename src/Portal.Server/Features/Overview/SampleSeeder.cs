using Microsoft.EntityFrameworkCore;
using Portal.Core.Clusters;
using Portal.Core.Operations;
using Portal.Core.Plans;
using Portal.Sandbox;
using Portal.Server.Data;
using Portal.Server.Features.Access;
using Portal.Server.Features.Catalog;
using Portal.Server.Features.Clusters;
using Portal.Server.Features.Operations;
using Portal.Server.Features.Plans;
using Portal.Server.Features.Releases;

namespace Portal.Server.Features.Overview;

/// <summary>Starts the sandbox, makes it known as a cluster, and on the first start installs the sample by an ordinary operation.</summary>
internal sealed class SampleSeeder(PortalSettings settings, IServiceProvider services, ClusterConnections connections, SecretBox box, TimeProvider time, ILogger<SampleSeeder> logger) : IHostedService, IAsyncDisposable
{
    private const string Name = "data-plane";

    // Says that the sample was installed once: whoever uninstalls it does not get it back with the next start.
    private const string Done = "sample-installed";

    internal const string Values = """
        # Values of the sample data plane. Edit them, look at the difference, then upgrade.
        dataPlane:
          adminUser:
            username: "admin"
            email: "admin@example.com" # needed to reset the password
            temporaryPassword: "change-me-soon-1"
        spark:
          logLevel: warn
        keycloak:
          adminUser: "kc_admin"
          adminPassword: "kc-sample-password"
        storage:
          lakehouse_bucket_name: "lakehouse"
          settings:
            endpoint: "http://minio.default.svc.cluster.local:9000"
            accessKey: "sample"
            secretKey: "sample-storage-key"
        database:
          host: "mysql"
          user: "iomete_user"
          password: "sample-database-password"
          prefix: "iomete_"
        ranger:
          enabled: true
        """;

    private SandboxServer? _sandbox;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (!settings.SandboxEnabled)
        {
            return;
        }

        _sandbox = await SandboxServer.StartAsync(new SandboxOptions { DataDirectory = Path.Combine(settings.DataDirectory, "sandbox") }, cancellationToken);
        await using var scope = services.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<PortalDb>();
        var cluster = await db.Set<ClusterRow>().FirstOrDefaultAsync(c => c.Kind == ClusterKind.Sandbox, cancellationToken);
        if (cluster is null)
        {
            cluster = new ClusterRow { Id = PortalDb.NewId(), Name = "sandbox", Kind = ClusterKind.Sandbox, Environment = ClusterEnvironment.Test, Server = "", CreatedAt = time.GetUtcNow().UtcDateTime };
            db.Add(cluster);
        }

        // Address and token are new with every start.
        cluster.Server = _sandbox.Url.ToString().TrimEnd('/');
        cluster.Kubeconfig = box.Protect(_sandbox.Kubeconfig, ClusterRow.Table, cluster.Id, "kubeconfig");
        (cluster.Reachability, cluster.CheckedAt) = (Reachability.Reachable, time.GetUtcNow().UtcDateTime);
        await db.SaveChangesAsync(cancellationToken);
        connections.Forget(cluster.Id);
        await CatalogFeature.EnsureBuiltInAsync(services);
        if (!await db.Set<PortalFactRow>().AnyAsync(f => f.Name == Done, cancellationToken))
        {
            await InstallAsync(scope.ServiceProvider, db, cluster, cancellationToken);
            db.Add(new PortalFactRow { Name = Done, Value = [] });
            await db.SaveChangesAsync(cancellationToken);
        }
    }

    private async Task InstallAsync(IServiceProvider scope, PortalDb db, ClusterRow cluster, CancellationToken cancellation)
    {
        var source = await db.Set<ChartSourceRow>().FirstAsync(s => s.Kind == Core.Catalog.ChartSourceKind.BuiltIn, cancellation);
        // A first start that was killed half-way goes on with what it made.
        var release = await db.Set<ReleaseRow>().FirstOrDefaultAsync(r => r.ClusterId == cluster.Id && r.Name == Name, cancellation);
        if (release is null)
        {
            release = new ReleaseRow { Id = PortalDb.NewId(), ClusterId = cluster.Id, Namespace = "iomete-system", Name = Name, SourceId = source.Id, Chart = "iomete-dataplane", CreatedAt = time.GetUtcNow().UtcDateTime };
            db.Add(release);
            scope.GetRequiredService<IFirstValues>().Add(db, release.Id, Values, "portal", "Values of the sample");
        }
        else if (await db.Set<OperationRow>().AnyAsync(o => o.ReleaseId == release.Id, cancellation))
        {
            return;
        }

        var plan = new PlanRow
        {
            Id = PortalDb.NewId(), ReleaseId = release.Id, Kind = OperationKind.Install, State = PlanState.Pending, ToChartVersion = "1.0.5", ValuesRevision = 1, CreatedBy = "portal", CreatedAt = time.GetUtcNow().UtcDateTime,
            Options = OperationView.Write(new PlanOptions()),
        };
        db.Add(plan);
        await db.SaveChangesAsync(cancellation);
        await scope.GetRequiredService<Planner>().PrepareAsync(plan.Id, cancellation);
        db.ChangeTracker.Clear();
        plan = await PlansFeature.FindAsync(db, plan.Id, cancellation);
        if (plan.State != PlanState.Ready)
        {
            logger.LogError("The sample cannot be installed: {Error}", plan.Error);
            return;
        }

        var findings = PlansFeature.Content(plan, box)!.Findings;
        var start = scope.GetRequiredService<StartOperation>();
        await start.FromPlanAsync(plan.Id, new StartOperationRequest("First start: the sample platform", [.. findings.Select(f => f.Id)]), "portal", null, cancellation);
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        if (_sandbox is not null)
        {
            await _sandbox.DisposeAsync();
        }
    }
}
