using System.Security.Claims;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Portal.Core;
using Portal.Core.Access;
using Portal.Core.Catalog;
using Portal.Helm.Charts.Repositories;
using Portal.Server.Data;
using Portal.Server.Features.Access;
using Portal.Server.Web;

namespace Portal.Server.Features.Catalog;

/// <summary>Chart sources: which there are, add one, change it, read it again now. Removing one asks releases first: Overview.</summary>
internal static class ChartSourceEndpoints
{
    public static void MapChartSources(this WebApplication app)
    {
        var api = app.MapGroup($"{Routes.Api}/chart-sources");
        api.MapGet("/", async (PortalDb db, CancellationToken cancellation) =>
        {
            var counts = (await db.Set<ChartVersionRow>().Select(v => new { v.SourceId, v.Name }).Distinct().GroupBy(v => v.SourceId).Select(g => new { g.Key, Count = g.Count() }).ToListAsync(cancellation)).ToDictionary(g => g.Key, g => g.Count);
            var alarms = (await db.Set<ChartVersionRow>().Where(v => v.ServedDigest != null).GroupBy(v => v.SourceId).Select(g => new { g.Key, Count = g.Count() }).ToListAsync(cancellation)).ToDictionary(g => g.Key, g => g.Count);
            var feeds = await db.Set<ReleaseFeedRow>().Where(f => f.Error != null).Select(f => new { f.SourceId, f.Error }).ToDictionaryAsync(f => f.SourceId, f => f.Error, cancellation);
            return new Page<ChartSource>([.. (await db.Set<ChartSourceRow>().OrderBy(s => s.Name).ToListAsync(cancellation)).Select(s => Of(s, counts.GetValueOrDefault(s.Id), alarms.GetValueOrDefault(s.Id), feeds.GetValueOrDefault(s.Id)))]);
        }).RequirePermission(Permissions.CatalogRead);
        api.MapPost("/", AddAsync).RequirePermission(Permissions.SourcesWrite);
        api.MapPatch("/{id}", ChangeAsync).RequirePermission(Permissions.SourcesWrite);
        api.MapPost("/{id}/refresh", async (string id, ChartSources sources, PortalDb db, CancellationToken cancellation) =>
            await OfAsync(db, await sources.RefreshAsync(id, cancellation), cancellation)).RequirePermission(Permissions.SourcesWrite);
    }

    private static async Task<IResult> AddAsync(AddChartSourceRequest request, ClaimsPrincipal me, PortalDb db, SecretBox box, ChartSources sources, Audit audit, CancellationToken cancellation)
    {
        if (request.Kind is not (ChartSourceKind.Http or ChartSourceKind.Oci))
        {
            throw ProblemException.Invalid("HTTP repositories and OCI registries can be added; archives are uploaded.", "kind");
        }

        if (request.Name is not { Length: > 0 and <= 60 })
        {
            throw ProblemException.Invalid("A source has a name of at most 60 characters.", "name");
        }

        CheckUrl(request.Kind, request.Url);
        if (await db.Set<ChartSourceRow>().AnyAsync(s => s.Name == request.Name, cancellation))
        {
            throw new ProblemException(409, "exists", "The name is taken", $"There is a source {request.Name} already.");
        }

        var id = PortalDb.NewId();
        var row = new ChartSourceRow
        {
            Id = id, Name = request.Name, Kind = request.Kind, Url = request.Url, CertificateAuthority = request.CertificateAuthority, Hosts = Hosts(request.Hosts), PlainHttp = request.PlainHttp,
            Credentials = Protect(box, id, request.UserName, request.Password, request.BearerToken),
        };
        db.Add(row);
        await audit.RecordAsync(me, "add chart source", row.Name, row.Url, cancellation);
        return Results.Created($"{Routes.Api}/chart-sources/{id}", await OfAsync(db, await sources.RefreshAsync(id, cancellation), cancellation));
    }

    private static async Task<ChartSource> ChangeAsync(string id, UpdateChartSourceRequest request, ClaimsPrincipal me, PortalDb db, SecretBox box, ChartSources sources, Audit audit, CancellationToken cancellation)
    {
        var row = await db.Set<ChartSourceRow>().FirstOrDefaultAsync(s => s.Id == id, cancellation) ?? throw ProblemException.NotFound("The chart source");
        if (row.Kind is not (ChartSourceKind.Http or ChartSourceKind.Oci))
        {
            throw ProblemException.Invalid("Only an HTTP repository or an OCI registry can be changed.");
        }

        if (request.Url is { } url)
        {
            CheckUrl(row.Kind, url);
            if (url != row.Url)
            {
                // Another vendor may be there.
                await db.Set<ReleaseFeedRow>().Where(f => f.SourceId == id).ExecuteDeleteAsync(cancellation);
            }

            row.Url = url;
        }

        var credentials = request.UserName is not null || request.Password is not null || request.BearerToken is not null;
        if (credentials)
        {
            row.Credentials = Protect(box, id, request.UserName, request.Password, request.BearerToken);
        }

        row.CertificateAuthority = request.CertificateAuthority is { } authority ? authority.Length == 0 ? null : authority : row.CertificateAuthority;
        row.Hosts = request.Hosts is null ? row.Hosts : Hosts(request.Hosts);
        await audit.RecordAsync(me, "change chart source", row.Name, $"{row.Url}, other hosts: {row.Hosts ?? "none"}{(credentials ? ", other credentials" : "")}", cancellation);
        return await OfAsync(db, await sources.RefreshAsync(id, cancellation), cancellation);
    }

    private static void CheckUrl(ChartSourceKind kind, string? url)
    {
        if (kind == ChartSourceKind.Oci)
        {
            try
            {
                if (!OciReference.IsOci(url ?? "") || OciReference.Parse(url!) is not { Tag: "", Digest: "" } reference || reference.Host.Contains('@'))
                {
                    throw ProblemException.Invalid("An OCI source is one chart without a tag, like oci://registry.example.com/charts/data-plane.", "url");
                }
            }
            catch (RepositoryException error)
            {
                throw ProblemException.Invalid(error.Message, "url");
            }
        }
        else if (!Uri.TryCreate(url, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https") || uri.UserInfo.Length > 0)
        {
            throw ProblemException.Invalid("An HTTP source has an http(s) address without user or password in it.", "url");
        }

        // Everybody who may read the catalog sees the address.
        if (url!.Contains('?', StringComparison.Ordinal) || url.Contains('#', StringComparison.Ordinal))
        {
            throw ProblemException.Invalid("An address has no query: a key or token in it would be seen by everybody. Use the fields for user, password or token.", "url");
        }

        if (url!.Length > 1900)
        {
            throw ProblemException.Invalid("An address has at most 1900 characters.", "url");
        }
    }

    private static string? Hosts(IReadOnlyList<string>? hosts)
    {
        var named = (hosts ?? []).Select(h => h.Trim()).Where(h => h.Length > 0).ToArray();
        if (named.FirstOrDefault(h => !Uri.TryCreate($"https://{h}/", UriKind.Absolute, out var uri) || !uri.Authority.Equals(h, StringComparison.OrdinalIgnoreCase)) is { } odd)
        {
            throw ProblemException.Invalid($"{odd.Fit(100)} is no host: write a name, or name:port.", "hosts");
        }

        var text = string.Join(',', named);
        return text.Length switch { 0 => null, > 1900 => throw ProblemException.Invalid("These are too many hosts.", "hosts"), _ => text };
    }

    private static byte[]? Protect(SecretBox box, string id, string? userName, string? password, string? token) => userName is not { Length: > 0 } && token is not { Length: > 0 }
        ? null : box.Protect(JsonSerializer.SerializeToUtf8Bytes(new ChartSources.Credentials(userName, password, token)), ChartSourceRow.Table, id, "credentials");

    private static async Task<ChartSource> OfAsync(PortalDb db, ChartSourceRow row, CancellationToken cancellation) => Of(
        row, await db.Set<ChartVersionRow>().Where(v => v.SourceId == row.Id).Select(v => v.Name).Distinct().CountAsync(cancellation), await db.Set<ChartVersionRow>().CountAsync(v => v.SourceId == row.Id && v.ServedDigest != null, cancellation),
        await db.Set<ReleaseFeedRow>().Where(f => f.SourceId == row.Id).Select(f => f.Error).FirstOrDefaultAsync(cancellation));

    private static ChartSource Of(ChartSourceRow s, int charts, int alarms, string? feedError) => new(s.Id, s.Name, s.Kind, s.Url, charts, s.RefreshedAt, s.Error, s.NextRefreshAt, alarms, ChartSources.HostsOf(s), s.PlainHttp, feedError);
}
