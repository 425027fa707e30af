using Microsoft.EntityFrameworkCore;
using Portal.Core.Operations;
using Portal.Server.Data;
using Portal.Server.Features.Clusters;
using Portal.Server.Features.Plans;
using Portal.Server.Features.Releases;
using Portal.Server.Web;

namespace Portal.Server.Features.Operations;

/// <summary>Operations and their lines, for endpoints and hub.</summary>
public sealed class OperationReader
{
    /// <exception cref="ProblemException">404.</exception>
    public async Task<Operation> FindAsync(PortalDb db, string id, CancellationToken cancellation) =>
        (await ListAsync(db, q => q.Where(o => o.Id == id), 1, cancellation)).FirstOrDefault() ?? throw ProblemException.NotFound("The operation");

    public async Task<IReadOnlyList<Operation>> ListAsync(PortalDb db, Func<IQueryable<OperationRow>, IQueryable<OperationRow>> filter, int limit, CancellationToken cancellation)
    {
        var rows = await filter(db.Set<OperationRow>().AsNoTracking()).OrderByDescending(o => o.Id).Take(limit).ToListAsync(cancellation);
        var releaseIds = rows.Select(o => o.ReleaseId).Distinct().ToArray();
        var planIds = rows.Select(o => o.PlanId).Distinct().ToArray();
        var releases = await db.Set<ReleaseRow>().AsNoTracking().Where(r => releaseIds.Contains(r.Id)).ToDictionaryAsync(r => r.Id, cancellation);
        var plans = await db.Set<PlanRow>().AsNoTracking().Where(p => planIds.Contains(p.Id))
            .Select(p => new PlanRow { Id = p.Id, ReleaseId = p.ReleaseId, FromChartVersion = p.FromChartVersion, ToChartVersion = p.ToChartVersion, FromRevision = p.FromRevision, ToRevision = p.ToRevision, Options = p.Options, CreatedBy = p.CreatedBy })
            .ToDictionaryAsync(p => p.Id, cancellation);
        var clusters = await db.Set<ClusterRow>().AsNoTracking().ToDictionaryAsync(c => c.Id, cancellation);
        // Asked for in the moment when its release was removed: it never ran, and is nobody's any more.
        return [.. rows.Where(o => releases.ContainsKey(o.ReleaseId)).Select(o => OperationView.Of(o, releases[o.ReleaseId], clusters[releases[o.ReleaseId].ClusterId], plans[o.PlanId]))];
    }

    internal static async Task<IReadOnlyList<LogLine>> LinesAsync(PortalDb db, string id, long after, int limit, CancellationToken cancellation) =>
        [.. (await db.Set<LogLineRow>().AsNoTracking().Where(l => l.OperationId == id && l.Seq > after).OrderBy(l => l.Seq).Take(limit).ToListAsync(cancellation)).Select(l => new LogLine(l.Seq, l.At, l.Step, l.Level, l.Source, l.Text))];
}
