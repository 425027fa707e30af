using Microsoft.EntityFrameworkCore;
using Portal.Core.Operations;
using Portal.Core.Plans;
using Portal.Helm.Actions;
using Portal.Server.Data;
using Portal.Server.Features.Catalog;
using Portal.Server.Features.Clusters;
using Portal.Server.Features.Plans;
using Portal.Server.Features.Releases;
using Portal.Server.Features.Values;

namespace Portal.Server.Features.Operations;

/// <summary>
/// Whether a plan still says what would happen: same values, same chart, same policy, same base, same set of objects, same effects, same Kubernetes and APIs.
/// Resource versions, status, replicas under an autoscaler and what controllers write do not count.
/// </summary>
public sealed class PlanVoid(IDbContextFactory<PortalDb> dbs, SecretBox box, IRedaction redaction)
{
    /// <summary>What differs, in words, or null. A plan that is out of date is marked so.</summary>
    public async Task<string?> CheckAsync(ClusterConnections.Connection connection, PlanRow plan, PreparedAction action, CancellationToken cancellation)
    {
        await using var db = await dbs.CreateDbContextAsync(cancellation);
        var reason = await OfInputsAsync(db, plan, cancellation) ?? await OfPolicyAsync(db, plan, cancellation) ?? await OfClusterAsync(connection, plan, action, cancellation);
        if (reason is not null)
        {
            reason = (await redaction.ForAsync(plan.ReleaseId, cancellation))(reason);
            var text = reason.Length > 2000 ? reason[..2000] : reason;
            await db.Set<PlanRow>().Where(p => p.Id == plan.Id && p.State == PlanState.Ready)
                .ExecuteUpdateAsync(s => s.SetProperty(p => p.State, PlanState.Void).SetProperty(p => p.VoidReason, text), cancellation);
        }

        return reason;
    }

    private static async Task<string?> OfInputsAsync(PortalDb db, PlanRow plan, CancellationToken cancellation)
    {
        if (plan.Kind is not (OperationKind.Install or OperationKind.Upgrade))
        {
            return null;
        }

        var newer = await db.Set<ValuesRevisionRow>().Where(v => v.ReleaseId == plan.ReleaseId && v.Number > plan.ValuesRevision && v.CreatedAt > plan.CreatedAt)
            .OrderByDescending(v => v.Number).Select(v => new { v.Number, v.Author, v.CreatedAt }).FirstOrDefaultAsync(cancellation);
        if (newer is not null)
        {
            return $"values changed by {newer.Author} at {newer.CreatedAt:HH:mm} UTC (revision {newer.Number}, the plan has {plan.ValuesRevision})";
        }

        var release = await PlansFeature.TowardsAsync(db, plan, cancellation);
        var chart = await db.Set<ChartVersionRow>().Where(v => v.SourceId == release.SourceId && v.Name == release.Chart && v.Version == plan.ToChartVersion).Select(v => new { v.Digest, v.ServedDigest }).FirstOrDefaultAsync(cancellation);
        return chart is not null && plan.ChartDigest is not null && (chart.ServedDigest ?? chart.Digest) != plan.ChartDigest
            ? $"chart {release.Chart} {plan.ToChartVersion} is another archive now: its source serves the same number with another digest" : null;
    }

    // Whether an approval is needed is asked when the operation is requested: that one is no part of what runs.
    private async Task<string?> OfPolicyAsync(PortalDb db, PlanRow plan, CancellationToken cancellation)
    {
        if (PlansFeature.Content(plan, box)?.Policy is not { } was)
        {
            return null;
        }

        var now = ReleasesFeature.PolicyOf(await db.Set<ReleaseRow>().FirstAsync(r => r.Id == plan.ReleaseId, cancellation));
        (string Name, object Was, object Now)[] fields =
        [
            ("roll back on failure", was.RollbackOnFailure, now.RollbackOnFailure), ("time-out in seconds", was.TimeoutSeconds, now.TimeoutSeconds), ("grace in seconds", was.GraceSeconds, now.GraceSeconds),
            ("run the chart's tests", was.RunTests, now.RunTests), ("revisions to keep", was.HistoryMax, now.HistoryMax),
        ];
        return fields.FirstOrDefault(f => !f.Was.Equals(f.Now)) is { Name: { } name } field ? $"the release's policy was changed: {name} is {Word(field.Now)} now, it was {Word(field.Was)}" : null;
    }

    private static string Word(object value) => value is bool flag ? flag ? "on" : "off" : $"{value}";

    private async Task<string?> OfClusterAsync(ClusterConnections.Connection connection, PlanRow plan, PreparedAction action, CancellationToken cancellation)
    {
        var capabilities = await connection.Kube.GetCapabilitiesAsync(cancellation);
        if (plan.KubernetesVersion is { } planned && planned != capabilities.KubeVersion)
        {
            return $"the cluster runs Kubernetes {capabilities.KubeVersion} now, the plan was made for {planned}";
        }

        if (PlansFeature.Content(plan, box) is not { Outcomes: { } before } content)
        {
            return "an older version of the portal made the plan, and kept it otherwise";
        }

        if (content.ApiVersions is { } apis && OfApis(apis, capabilities.ApiVersions) is { } other)
        {
            return other;
        }

        var history = await connection.Helm.HistoryAsync(action.Target.Namespace, action.Target.Name, cancellation);
        var last = history.Count > 0 ? history[^1] : null;
        var now = BaseState.Of(last);
        if (now.Revision != action.Base.Revision)
        {
            return last is null ? $"revision {action.Base.Revision} is not there any more" : $"revision {last.Version} was made meanwhile ({last.Info.Description})";
        }

        if (now.Status != action.Base.Status)
        {
            return $"revision {now.Revision} is {now.Status} now, it was {action.Base.Status}";
        }

        if (now != action.Base)
        {
            return $"the record of revision {now.Revision} was changed";
        }

        var after = Planner.Outcomes(await connection.Helm.DryRunAsync(action, cancellation));
        foreach (var key in before.Keys.Union(after.Keys).Order(StringComparer.Ordinal))
        {
            var was = before.GetValueOrDefault(key);
            var becomes = after.GetValueOrDefault(key);
            if (was != becomes)
            {
                return Differs(key.Split(' ')[^1], was, becomes);
            }
        }

        return null;
    }

    private static string? OfApis(IReadOnlyList<string> was, IReadOnlyList<string> now)
    {
        static string? Some(IEnumerable<string> apis, string word) => apis.Order(StringComparer.Ordinal).Take(3).ToArray() is { Length: > 0 } first ? $"{string.Join(", ", first)} {word}" : null;
        var differences = new[] { Some(now.Except(was), "came"), Some(was.Except(now), "went") }.OfType<string>().ToArray();
        return differences.Length == 0 ? null : $"the cluster serves other APIs than when the plan was made: {string.Join("; ", differences)}";
    }

    private static string Differs(string item, string? was, string? becomes) => (was, becomes) switch
    {
        (null, _) => $"{item} would be changed as well; the plan says nothing of it",
        (_, null) => $"{item} would not be touched any more; the plan says so",
        (_, _) when becomes.StartsWith("Created", StringComparison.Ordinal) => $"{item} was deleted meanwhile: it would be created again",
        (_, _) when was.StartsWith("Created", StringComparison.Ordinal) => $"{item} was created meanwhile by somebody else",
        _ => $"{item} was changed meanwhile: the effect would be {becomes}, the plan says {was}",
    };
}
