using Portal.Sandbox.Api;
using Portal.Sandbox.Controllers;
using Portal.Sandbox.Faults;
using Portal.Sandbox.Kinds;
using Portal.Sandbox.Registry;
using Portal.Sandbox.Storage;

namespace Portal.Sandbox;

/// <summary>One simulated cluster: its objects, its API and its controllers.</summary>
internal sealed class SandboxCluster : IAsyncDisposable
{
    private readonly ObjectStore _store;
    private readonly ControllerLoop _controllers;
    private readonly WatchDrops _drops;
    private readonly FaultPlan _faults;
    private readonly ApiServer _api;

    private SandboxCluster(ObjectStore store, ControllerLoop controllers, WatchDrops drops, FaultPlan faults, ApiServer api)
    {
        _store = store;
        _controllers = controllers;
        _drops = drops;
        _faults = faults;
        _api = api;
    }

    public static async Task<SandboxCluster> OpenAsync(SandboxOptions options, string token, string? authorityPem, CancellationToken cancellationToken)
    {
        var store = await Task.Run(() => ObjectStore.Open(options.DataDirectory, options.HistoryLimit), cancellationToken);
        var clock = new SandboxClock(options.Time, options.Speed);
        var faults = new FaultPlan(options.Time);
        var kinds = new KindTable();
        var registry = new ObjectRegistry(store, kinds, clock, new Admission(store, faults));
        var nodes = new Nodes(registry);
        DefinitionController.Publish(registry);
        Seed.Fill(registry, nodes, options.Nodes);
        store.Compact();
        var drops = new WatchDrops();
        var events = new EventRecorder(registry);
        var controllers = new ControllerLoop(
        [
            new DefinitionController(registry),
            new NamespaceController(registry, authorityPem ?? "no authority: plain http\n"),
            new GarbageCollector(registry),
            new QuotaController(registry),
            new DeploymentController(registry, events),
            new ReplicaSetController(registry, events),
            new StatefulSetController(registry, events),
            new DaemonSetController(registry, events),
            new JobController(registry, events),
            new SchedulerController(registry, events),
            new KubeletController(registry, events, faults),
            new ClaimController(registry, events),
            new EndpointsController(registry),
            new DisruptionBudgetController(registry),
        ],
        store, clock);
        var log = new RequestLog(options.Time);
        var admin = new AdminEndpoints(registry, faults, log, drops, nodes);
        var api = new ApiServer(registry, faults, log, drops, admin, new Subresources(registry, new PodLogs(registry)), token, options);
        return new SandboxCluster(store, controllers, drops, faults, api);
    }

    public Task HandleAsync(HttpContext context) => _api.HandleAsync(context);

    /// <summary>The last fault of a controller that should not happen.</summary>
    public Exception? ControllerFault => _controllers.Fault;

    public async ValueTask DisposeAsync()
    {
        _drops.Drop(cut: false);
        await _controllers.DisposeAsync();
        await _store.DisposeAsync();
        _drops.Dispose();
        _faults.Dispose();
    }
}
