using System.Security.Claims;
using Microsoft.EntityFrameworkCore;
using Portal.Core;
using Portal.Core.Access;
using Portal.Core.Releases;
using Portal.Helm.Yaml;
using Portal.Server.Data;
using Portal.Server.Features.Access;
using Portal.Server.Features.Catalog;
using Portal.Server.Features.Clusters;
using Portal.Server.Web;

namespace Portal.Server.Features.Releases;

/// <summary>Takes the first values of a release; the values feature keeps them.</summary>
public interface IFirstValues
{
    /// <summary>What a text says.</summary>
    /// <exception cref="YamlException">It is not YAML, or no table.</exception>
    Dictionary<string, object?> Read(string text);

    /// <summary>Adds revision 1 to the context, without saving.</summary>
    void Add(PortalDb db, string releaseId, string text, string author, string message);
}

/// <summary>Releases: prepare, adopt, policy, what the cluster says.</summary>
internal static class ReleasesFeature
{
    public static IServiceCollection AddReleases(this IServiceCollection services) => services
        .AddSingleton<ReleaseObserver>()
        .AddHostedService(p => p.GetRequiredService<ReleaseObserver>())
        .AddScoped<IKnownReleases, KnownReleases>();

    public static void MapReleases(this WebApplication app)
    {
        var api = app.MapGroup($"{Routes.Api}/releases");
        api.MapPost("/", AddAsync).RequirePermission(Permissions.ReleasesWrite);
        api.MapGet("/{id}/policy", async (string id, PortalDb db, CancellationToken cancellation) => PolicyOf(await FindAsync(db, id, cancellation))).RequirePermission(Permissions.ReleasesRead);
        api.MapPut("/{id}/policy", async (string id, SetReleasePolicyRequest request, ClaimsPrincipal me, PortalDb db, Audit audit, CancellationToken cancellation) =>
        {
            var row = await FindAsync(db, id, cancellation);
            var policy = new ReleasePolicy(
                request.ApprovalRequired ?? row.ApprovalRequired, request.RollbackOnFailure ?? row.RollbackOnFailure, request.TimeoutSeconds ?? row.TimeoutSeconds, request.GraceSeconds ?? row.GraceSeconds,
                request.RunTests ?? row.RunTests, request.HistoryMax ?? row.HistoryMax);
            if (policy.TimeoutSeconds is < 10 or > 86_400 || policy.GraceSeconds is < 0 or > 3600 || policy.HistoryMax is < 0 or > 1000)
            {
                throw ProblemException.Invalid("Time-out 10 to 86400 s, grace 0 to 3600 s, history 0 (all) to 1000.", "timeoutSeconds");
            }

            (row.ApprovalRequired, row.RollbackOnFailure, row.TimeoutSeconds, row.GraceSeconds, row.RunTests, row.HistoryMax) =
                (policy.ApprovalRequired, policy.RollbackOnFailure, policy.TimeoutSeconds, policy.GraceSeconds, policy.RunTests, policy.HistoryMax);
            await audit.RecordAsync(me, "change policy", row.Name, $"approval {(policy.ApprovalRequired ? "required" : "not required")}, {(policy.RollbackOnFailure ? "rolls back" : "stays as it is")} on failure", cancellation);
            return PolicyOf(row);
        }).RequirePermission(Permissions.PolicyWrite);
        api.MapGet("/{id}/status", async (string id, PortalDb db, ReleaseObserver observer, IRedaction redaction, CancellationToken cancellation) =>
        {
            await FindAsync(db, id, cancellation);
            var redact = await redaction.ForAsync(id, cancellation);
            var snapshot = await observer.ObserveAsync(id, cancellation);
            db.ChangeTracker.Clear();
            var row = await FindAsync(db, id, cancellation);
            return new ReleaseStatusReport(
                row.Status, row.Revision, HealthOf(row),
                snapshot is null ? [] : [.. ReleaseHealthRules.Workloads(snapshot).Select(w => w with { Images = [.. w.Images.Select(redact)] })],
                snapshot is null ? [] : ReleaseHealthRules.Tree(snapshot), snapshot is null ? [] : [.. ReleaseHealthRules.Events(snapshot).Select(e => e with { Message = redact(e.Message) })]);
        }).RequirePermission(Permissions.ReleasesRead);
        api.MapGet("/{id}/pods/{pod}/log", async (string id, string pod, string? container, int? tail, PortalDb db, ClusterConnections connections, IRedaction redaction, ReleaseObserver observer, CancellationToken cancellation) =>
        {
            var row = await FindAsync(db, id, cancellation);
            if (await observer.ObserveAsync(id, cancellation) is not { } snapshot || !ReleaseHealthRules.Tree(snapshot).Any(n => n.Kind == "Pod" && n.Name == pod))
            {
                throw ProblemException.NotFound($"Pod {pod} of this release");
            }

            var kube = (await connections.GetAsync(row.ClusterId, cancellation)).Kube;
            var redact = await redaction.ForAsync(id, cancellation);
            var lines = new List<string>();
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            limit.CancelAfter(TimeSpan.FromSeconds(30));
            await foreach (var line in kube.LogsAsync(row.Namespace, pod, container, follow: false, tail: Math.Clamp(tail ?? 200, 1, 5000), cancellation: limit.Token))
            {
                lines.Add(redact(line));
            }

            return Results.Text(string.Join('\n', lines), "text/plain");
        }).RequirePermission(Permissions.ReleasesRead);
    }

    private static async Task<IResult> AddAsync(
        AddReleaseRequest request, ClaimsPrincipal me, PortalDb db, Charts charts, ClusterConnections connections, IFirstValues values, ReleaseObserver observer, Audit audit, TimeProvider time, CancellationToken cancellation)
    {
        await ClustersFeature.FindAsync(db, request.ClusterId, cancellation);
        CheckNames(request);
        if (await db.Set<ReleaseRow>().AnyAsync(r => r.ClusterId == request.ClusterId && r.Namespace == request.Namespace && r.Name == request.Name, cancellation))
        {
            throw new ProblemException(409, "exists", "The release is known", $"The portal looks after {request.Name} in {request.Namespace} already.");
        }

        var text = request.Values ?? "";
        var tree = values.Read(text);
        var row = new ReleaseRow
        {
            Id = PortalDb.NewId(), ClusterId = request.ClusterId, Namespace = request.Namespace, Name = request.Name, SourceId = request.SourceId, Chart = request.Chart, CreatedAt = time.GetUtcNow().UtcDateTime,
        };
        if (request.Mode == AddReleaseMode.Adopt)
        {
            var connection = await connections.GetAsync(request.ClusterId, cancellation);
            var history = await connection.Helm.HistoryAsync(request.Namespace, request.Name, cancellation);
            var record = history.LastOrDefault(h => h.Info.Status == Helm.Releases.ReleaseStatus.Deployed) ?? history.LastOrDefault()
                ?? throw ProblemException.NotFound($"A Helm release {request.Name} in {request.Namespace}");
            var chart = await charts.LoadAsync(await charts.FindAsync(request.SourceId, request.Chart, request.ChartVersion ?? record.Chart.Metadata.Version, cancellation), cancellation);
            if (request.Values is null)
            {
                text = Adoption.Text(record);
                tree = record.Config;
            }

            if (Adoption.Compare(record, tree, chart) is { } difference)
            {
                throw new ProblemException(422, "adoption-differs", "This is not what the release was made from", "The values file must say exactly what the release's record holds, and the chart must be the same.", new Dictionary<string, object?> { ["difference"] = difference });
            }

            row.ChartVersion = record.Chart.Metadata.Version;
            // Both of the newest one, as everywhere: it may have failed on top of the one that is deployed.
            row.Status = history[^1].Info.Status;
            row.Revision = history[^1].Version;
            row.ValuesRevision = 1;
        }
        else
        {
            _ = await charts.VersionsAsync(request.SourceId, request.Chart, cancellation) is { Count: > 0 } ? true : throw ProblemException.NotFound($"The chart {request.Chart}");
        }

        db.Add(row);
        values.Add(db, row.Id, text, me.UserName(), request.Mode == AddReleaseMode.Adopt ? "Adopted" : "First values");
        await audit.RecordAsync(me, request.Mode == AddReleaseMode.Adopt ? "adopt release" : "prepare release", $"{row.Namespace}/{row.Name}", row.Chart, cancellation);
        if (request.Mode == AddReleaseMode.Adopt)
        {
            await observer.ObserveAsync(row.Id, cancellation);
        }

        return Results.Created($"{Routes.Api}/releases/{row.Id}", new { row.Id });
    }

    private static void CheckNames(AddReleaseRequest request)
    {
        static bool Label(string text, int most) => text.Length > 0 && text.Length <= most && char.IsAsciiLetterOrDigit(text[0]) && char.IsAsciiLetterOrDigit(text[^1]) && text.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-');
        if (!Label(request.Namespace ?? "", 63))
        {
            throw ProblemException.Invalid("A namespace has lower-case letters, digits and '-', at most 63.", "namespace");
        }

        if (!Label(request.Name ?? "", 53))
        {
            throw ProblemException.Invalid("A release name has lower-case letters, digits and '-', at most 53.", "name");
        }
    }

    internal static async Task<ReleaseRow> FindAsync(PortalDb db, string id, CancellationToken cancellation) =>
        await db.Set<ReleaseRow>().FirstOrDefaultAsync(r => r.Id == id, cancellation) ?? throw ProblemException.NotFound("The release");

    internal static ReleasePolicy PolicyOf(ReleaseRow r) => new(r.ApprovalRequired, r.RollbackOnFailure, r.TimeoutSeconds, r.GraceSeconds, r.RunTests, r.HistoryMax);

    internal static ReleaseHealth HealthOf(ReleaseRow r) => new(r.Health, r.HealthSince, r.HealthCause, r.ObservedAt);

    private sealed class KnownReleases(PortalDb db) : IKnownReleases
    {
        public async Task<IReadOnlyDictionary<(string Namespace, string Name), string>> IdsAsync(string clusterId, CancellationToken cancellation) =>
            (await db.Set<ReleaseRow>().Where(r => r.ClusterId == clusterId).ToListAsync(cancellation)).ToDictionary(r => (r.Namespace, r.Name), r => r.Id);
    }
}

/// <summary>Gives a function that takes a release's secrets out of any text; the values feature knows them.</summary>
public interface IRedaction
{
    Task<Func<string, string>> ForAsync(string releaseId, CancellationToken cancellation);
}
