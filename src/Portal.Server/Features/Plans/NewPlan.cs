using System.Text.Json;
using Portal.Core.Operations;
using Portal.Core.Plans;
using Portal.Core.Releases;
using Portal.Helm.Kube;
using Portal.Server.Data;
using Portal.Server.Features.Catalog;
using Portal.Server.Features.Clusters;
using Portal.Server.Features.Releases;
using Portal.Server.Features.Values;
using Portal.Server.Jobs;
using Portal.Server.Web;

namespace Portal.Server.Features.Plans;

/// <summary>Takes a wish for a plan: looks whether it can be planned at all, writes a row, then wakes the planner.</summary>
internal sealed class NewPlan(PortalDb db, Charts charts, ValuesStore values, ClusterConnections connections, WakeUp wakeUp, TimeProvider time)
{
    private static readonly TimeSpan MostAsking = TimeSpan.FromSeconds(10);

    /// <summary>Asks for a plan.</summary>
    /// <param name="releaseId">The release that it is for.</param>
    /// <param name="request">What is to be planned.</param>
    /// <param name="replaces">The plan that it is made in place of.</param>
    /// <param name="userName">Who asks.</param>
    /// <param name="cancellation">Ends the asking.</param>
    /// <exception cref="ProblemException">404 an unknown release, version, values revision or Helm revision; 422 options that cannot be.</exception>
    /// <exception cref="ClusterUnreachableException">The cluster does not answer.</exception>
    public async Task<PlanRow> CreateAsync(string releaseId, CreatePlanRequest request, string? replaces, string userName, CancellationToken cancellation)
    {
        var release = await ReleasesFeature.FindAsync(db, releaseId, cancellation);
        if ((request.Chart ?? request.SourceId) is not null && request is not { Kind: OperationKind.Upgrade, ChartVersion: not null })
        {
            throw ProblemException.Invalid("Only an upgrade goes to another chart, and it says to which version.", "chart");
        }

        if (request.ChartVersion is { } version)
        {
            await charts.UsableAsync(request.SourceId ?? release.SourceId, request.Chart ?? release.Chart, version, cancellation);
        }

        if (request.ValuesRevision is { } number)
        {
            await values.GetAsync(releaseId, number, cancellation);
        }

        var options = Chosen(request.Options ?? new PlanOptionsRequest(), ReleasesFeature.PolicyOf(release)) with { Chart = request.Chart == release.Chart ? null : request.Chart, SourceId = request.SourceId == release.SourceId ? null : request.SourceId };
        if (options.TimeoutSeconds is < 10 or > 86_400 || options.GraceSeconds is < 0 or > 3600)
        {
            throw ProblemException.Invalid("Time-out 10 to 86400 s, grace 0 to 3600 s.", "options");
        }

        await CheckClusterAsync(release, request, cancellation);
        var plan = new PlanRow
        {
            Id = PortalDb.NewId(), ReleaseId = releaseId, Kind = request.Kind, State = PlanState.Pending, ToChartVersion = request.ChartVersion, ValuesRevision = request.ValuesRevision, ToRevision = request.ToRevision,
            Options = JsonSerializer.Serialize(options, Planner.Json), CreatedBy = userName, CreatedAt = time.GetUtcNow().UtcDateTime, ReplacesId = replaces,
        };
        db.Add(plan);
        await db.SaveChangesAsync(cancellation);
        wakeUp.Call<Planner>(p => p.PrepareAsync(plan.Id, CancellationToken.None));
        return plan;
    }

    private static PlanOptions Chosen(PlanOptionsRequest chosen, ReleasePolicy policy)
    {
        var otherwise = new PlanOptions(RollbackOnFailure: policy.RollbackOnFailure, RunTests: policy.RunTests, TimeoutSeconds: policy.TimeoutSeconds, GraceSeconds: policy.GraceSeconds, HistoryMax: policy.HistoryMax);
        return new PlanOptions(
            chosen.Wait ?? otherwise.Wait, chosen.RollbackOnFailure ?? otherwise.RollbackOnFailure, chosen.RunTests ?? otherwise.RunTests, chosen.TimeoutSeconds ?? otherwise.TimeoutSeconds,
            chosen.GraceSeconds ?? otherwise.GraceSeconds, chosen.CreateNamespace ?? otherwise.CreateNamespace, chosen.NoHooks ?? otherwise.NoHooks, chosen.SkipCrds ?? otherwise.SkipCrds,
            chosen.ForceConflicts ?? otherwise.ForceConflicts, chosen.KeepHistory ?? otherwise.KeepHistory, chosen.HistoryMax ?? otherwise.HistoryMax);
    }

    // What cannot be planned at all is said to who asks, not to who looks at the plan later.
    private async Task CheckClusterAsync(ReleaseRow release, CreatePlanRequest request, CancellationToken cancellation)
    {
        var connection = await connections.GetAsync(release.ClusterId, cancellation);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(MostAsking);
        try
        {
            var history = await connection.Helm.HistoryAsync(release.Namespace, release.Name, limit.Token);
            if (request is { Kind: OperationKind.Rollback, ToRevision: not (null or 0) and { } revision } && history.All(r => r.Version != revision))
            {
                throw ProblemException.NotFound($"Revision {revision} of {release.Name}");
            }
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new ClusterUnreachableException($"{connection.Kube.Server} did not answer within {MostAsking.TotalSeconds:0} s");
        }
    }
}
