using System.Security.Claims;
using Microsoft.EntityFrameworkCore;
using Portal.Server.Data;
using Portal.Server.Features.Access;
using Portal.Server.Features.Operations;
using Portal.Server.Features.Plans;
using Portal.Server.Features.Releases;
using Portal.Server.Features.Values;
using Portal.Server.Web;

namespace Portal.Server.Features.Overview;

/// <summary>DELETE /api/v1/releases/{id}: takes a release that was added by mistake out of the portal. The cluster is not asked and not changed.</summary>
internal static class ReleaseRemoval
{
    /// <exception cref="ProblemException">404 no such release; 409 something was asked for or done to it: that stays known.</exception>
    public static async Task<IResult> RemoveAsync(string id, ClaimsPrincipal me, PortalDb db, Audit audit, CancellationToken cancellation)
    {
        var release = await ReleasesFeature.FindAsync(db, id, cancellation);
        await db.Database.CreateExecutionStrategy().ExecuteAsync(async () =>
        {
            await using var transaction = await db.Database.BeginTransactionAsync(cancellation);
            if (await db.Set<ReleaseRow>().Where(r => r.Id == id && !db.Set<OperationRow>().Any(o => o.ReleaseId == id)).ExecuteDeleteAsync(cancellation) == 0)
            {
                throw new ProblemException(409, "has-history", "The release has a history", $"Operations were asked for on {release.Name}, and what was done stays known. Uninstall it if it is not needed any more.");
            }

            await db.Set<PlanRow>().Where(p => p.ReleaseId == id).ExecuteDeleteAsync(cancellation);
            await db.Set<ValuesDraftRow>().Where(d => d.ReleaseId == id).ExecuteDeleteAsync(cancellation);
            await db.Set<ValuesRevisionRow>().Where(v => v.ReleaseId == id).ExecuteDeleteAsync(cancellation);
            await transaction.CommitAsync(cancellation);
        });
        db.ChangeTracker.Clear();
        await audit.RecordAsync(me, "remove release", $"{release.Namespace}/{release.Name}", release.Chart, CancellationToken.None);
        return Results.NoContent();
    }
}
