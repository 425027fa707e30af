using System.Security.Claims;
using Microsoft.EntityFrameworkCore;
using Portal.Core.Catalog;
using Portal.Server.Data;
using Portal.Server.Features.Access;
using Portal.Server.Features.Catalog;
using Portal.Server.Features.Releases;
using Portal.Server.Web;

namespace Portal.Server.Features.Overview;

/// <summary>DELETE /api/v1/chart-sources/{id}: takes a source and what is known of its charts out of the portal.</summary>
internal static class SourceRemoval
{
    /// <exception cref="ProblemException">404 no such source; 409 a release is made of one of its charts; 422 it is the portal's own.</exception>
    public static async Task<IResult> RemoveAsync(string id, ClaimsPrincipal me, PortalDb db, Audit audit, CancellationToken cancellation)
    {
        var source = await db.Set<ChartSourceRow>().AsNoTracking().FirstOrDefaultAsync(s => s.Id == id, cancellation) ?? throw ProblemException.NotFound("The chart source");
        if (source.Kind is ChartSourceKind.BuiltIn or ChartSourceKind.Upload)
        {
            throw ProblemException.Invalid("The sample and the uploads are the portal's own and stay.");
        }

        await db.Database.CreateExecutionStrategy().ExecuteAsync(async () =>
        {
            await using var transaction = await db.Database.BeginTransactionAsync(cancellation);
            var removed = await db.Set<ChartSourceRow>().Where(s => s.Id == id && !db.Set<ReleaseRow>().Any(r => r.SourceId == id)).ExecuteDeleteAsync(cancellation);
            if (removed == 0)
            {
                var used = await db.Set<ReleaseRow>().Where(r => r.SourceId == id).OrderBy(r => r.Name).Select(r => r.Namespace + "/" + r.Name).Take(5).ToListAsync(cancellation);
                throw new ProblemException(409, "in-use", "The source is in use", $"These releases are made of its charts: {string.Join(", ", used)}.");
            }

            await db.Set<ChartVersionRow>().Where(v => v.SourceId == id).ExecuteDeleteAsync(cancellation);
            await db.Set<ReleaseFeedRow>().Where(f => f.SourceId == id).ExecuteDeleteAsync(cancellation);
            await transaction.CommitAsync(cancellation);
        });
        await audit.RecordAsync(me, "remove chart source", source.Name, source.Url, CancellationToken.None);
        return Results.NoContent();
    }
}
