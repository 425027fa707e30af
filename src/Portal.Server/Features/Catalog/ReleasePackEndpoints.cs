using System.Security.Claims;
using Microsoft.EntityFrameworkCore;
using Portal.Core;
using Portal.Core.Access;
using Portal.Core.Catalog;
using Portal.Server.Data;
using Portal.Server.Features.Access;

namespace Portal.Server.Features.Catalog;

/// <summary>Release packs: list, read, save, delete.</summary>
internal static class ReleasePackEndpoints
{
    public static void MapReleasePacks(this WebApplication app)
    {
        var api = app.MapGroup($"{Routes.Api}/release-packs");
        api.MapGet("/", async (ReleasePackStore packs, CancellationToken cancellation) => new Page<ReleasePackSummary>(await packs.ListAsync(cancellation))).RequirePermission(Permissions.CatalogRead);
        api.MapGet("/{name}", (string name, ReleasePackStore packs, CancellationToken cancellation) => packs.GetAsync(name, cancellation)).RequirePermission(Permissions.CatalogRead);
        api.MapPut("/{name}", async (string name, SaveReleasePackRequest request, HttpRequest http, ClaimsPrincipal me, PortalDb db, ReleasePackStore packs, Audit audit, CancellationToken cancellation) =>
        {
            var saved = await packs.PutAsync(db, name, request.Text, Edited(http), me.UserName(), cancellation);
            await SaveAsync(name, () => audit.RecordAsync(me, "save release pack", name, string.Join(", ", saved.Charts), cancellation));
            return saved;
        }).RequirePermission(Permissions.PacksWrite);
        api.MapDelete("/{name}", async (string name, HttpRequest http, ClaimsPrincipal me, PortalDb db, Audit audit, CancellationToken cancellation) =>
        {
            await ReleasePackStore.RemoveAsync(db, name, Edited(http), cancellation);
            await SaveAsync(name, () => audit.RecordAsync(me, "delete release pack", name, cancellation: cancellation));
            return Results.NoContent();
        }).RequirePermission(Permissions.PacksWrite);
    }

    private static string Edited(HttpRequest http) => http.Headers.IfMatch.ToString().Trim('"');

    // Two at the same moment: the second one sees that the row is another one, or that there is one by now.
    private static async Task SaveAsync(string name, Func<Task> save)
    {
        try
        {
            await save();
        }
        catch (DbUpdateException)
        {
            throw ReleasePackStore.Stale(name);
        }
    }
}
