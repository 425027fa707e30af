using System.Security.Claims;
using Microsoft.EntityFrameworkCore;
using Portal.Core;
using Portal.Core.Access;
using Portal.Core.Catalog;
using Portal.Helm.Rendering;
using Portal.Helm.Templating;
using Portal.Helm.Yaml;
using Portal.Server.Data;
using Portal.Server.Features.Access;
using Portal.Server.Jobs;
using Portal.Server.Web;

namespace Portal.Server.Features.Catalog;

/// <summary>What chart sources hold: charts, their versions, uploads.</summary>
internal static class CatalogFeature
{
    public const string BuiltInName = "sample";

    public static IServiceCollection AddCatalog(this IServiceCollection services) => services
        .AddSingleton<ChartSources>().AddSingleton<Charts>().AddSingleton<ReleasePackStore>().AddSingleton<SourceRefresh>()
        .AddEveryMinute<SourceRefresh>("refresh-chart-sources", r => r.RunAsync(CancellationToken.None));

    /// <summary>The built-in source exists while the sandbox does.</summary>
    public static async Task EnsureBuiltInAsync(IServiceProvider services)
    {
        await using var scope = services.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<PortalDb>();
        var source = await db.Set<ChartSourceRow>().FirstOrDefaultAsync(s => s.Kind == ChartSourceKind.BuiltIn);
        if (source is null)
        {
            source = new ChartSourceRow { Id = PortalDb.NewId(), Name = BuiltInName, Kind = ChartSourceKind.BuiltIn };
            db.Add(source);
            await db.SaveChangesAsync();
        }

        await scope.ServiceProvider.GetRequiredService<ChartSources>().RefreshAsync(source.Id, CancellationToken.None);
    }

    private static async Task<Stream?> FileOfAsync(HttpRequest request, CancellationToken cancellation)
    {
        try
        {
            return (await request.ReadFormAsync(cancellation)).Files.FirstOrDefault()?.OpenReadStream();
        }
        catch (InvalidDataException error)
        {
            // No boundary, or a part that is too large.
            throw new ProblemException(400, "bad-request", "The form cannot be read", error.Message);
        }
    }

    public static void MapCatalog(this WebApplication app)
    {
        app.MapReleasePacks();
        app.MapChartSources();
        var api = app.MapGroup(Routes.Api);
        api.MapPost("/charts/uploads", async (HttpRequest request, ClaimsPrincipal me, ChartSources sources, Audit audit, CancellationToken cancellation) =>
        {
            using var body = new MemoryStream();
            var file = request.HasFormContentType ? await FileOfAsync(request, cancellation) : request.Body;
            await (file ?? throw ProblemException.Invalid("Send a chart archive (.tgz).", "file")).CopyToAsync(body, cancellation);
            var row = await sources.AddUploadAsync(body.ToArray(), cancellation);
            await audit.RecordAsync(me, "upload chart", $"{row.Name} {row.Version}", row.Digest, cancellation);
            return new ChartVersionSummary(row.Version, row.AppVersion, row.Digest, row.CreatedAt, row.Version.Contains('-'), row.Deprecated, null, null);
        }).RequirePermission(Permissions.SourcesWrite).DisableAntiforgery();
        api.MapGet("/charts", async (PortalDb db, CancellationToken cancellation) =>
        {
            var sources = await db.Set<ChartSourceRow>().ToDictionaryAsync(s => s.Id, cancellation);
            var versions = await db.Set<ChartVersionRow>().Select(v => new { v.SourceId, v.Name, v.Version, v.AppVersion, v.Description, v.Deprecated, v.GoneAt }).ToListAsync(cancellation);
            return new Page<ChartSummary>(
            [
                .. versions.GroupBy(v => (v.SourceId, v.Name)).OrderBy(g => g.Key.Name, StringComparer.Ordinal).Select(g =>
                {
                    // Of a chart that is gone as a whole the last version that there was.
                    var newest = g.OrderBy(v => v.GoneAt is not null).ThenBy(v => v.Version, Comparer<string>.Create(VersionClasses.Compare)).First();
                    return new ChartSummary(g.Key.SourceId, sources[g.Key.SourceId].Name, g.Key.Name, newest.Description, newest.Version, newest.AppVersion, g.Count(v => v.GoneAt is null), newest.Deprecated);
                }),
            ]);
        }).RequirePermission(Permissions.CatalogRead);
        api.MapGet("/charts/{source}/{name}/versions", async (string source, string name, string? installed, Charts charts, CancellationToken cancellation) =>
        {
            var versions = await charts.VersionsAsync(source, Uri.UnescapeDataString(name), cancellation);
            var result = new List<ChartVersionSummary>();
            foreach (var v in versions)
            {
                var kind = installed is null ? (VersionClass?)null : VersionClasses.Of(installed, v.Version);
                var risk = v.GoneAt is null && installed is not null && VersionClasses.IsNewer(installed, v.Version) ? VersionClasses.Risk((await charts.ChangesAsync(v, installed, cancellation)).Changes) : null;
                result.Add(new ChartVersionSummary(v.Version, v.AppVersion, v.Digest, v.CreatedAt, v.Version.Contains('-'), v.Deprecated, kind, risk, v.ServedDigest, v.GoneAt));
            }

            return result.Count == 0 ? throw ProblemException.NotFound($"The chart {name}") : new Page<ChartVersionSummary>(result);
        }).RequirePermission(Permissions.CatalogRead);
        api.MapPost("/charts/{source}/{name}/versions/{version}/digest", async (string source, string name, string version, AcceptDigestRequest request, ClaimsPrincipal me, Charts charts, PortalDb db, Audit audit, CancellationToken cancellation) =>
        {
            if (string.IsNullOrEmpty(request.Digest))
            {
                throw ProblemException.Invalid("Say which digest you accept.", "digest");
            }

            var row = await charts.FindAsync(source, Uri.UnescapeDataString(name), version, cancellation);
            var accepted = await db.Set<ChartVersionRow>().Where(v => v.Id == row.Id && v.ServedDigest == request.Digest && v.Digest != request.Digest)
                .ExecuteUpdateAsync(s => s.SetProperty(v => v.Digest, request.Digest).SetProperty(v => v.ServedDigest, (string?)null).SetProperty(v => v.Archive, (byte[]?)null), cancellation);
            if (accepted == 0)
            {
                throw new ProblemException(409, "digest-differs", "This is not what the source serves", $"The source serves {row.ServedDigest ?? row.Digest} under {row.Name} {row.Version}.");
            }

            await audit.RecordAsync(me, "accept another archive", $"{row.Name} {row.Version}", $"{request.Digest} instead of {row.Digest}", CancellationToken.None);
            return Results.NoContent();
        }).RequirePermission(Permissions.SourcesWrite);
        api.MapGet("/charts/{source}/{name}/versions/{version}", async (string source, string name, string version, string? installed, Charts charts, ReleasePackStore packs, ChartRenderer renderer, CancellationToken cancellation) =>
        {
            var row = await charts.FindAsync(source, Uri.UnescapeDataString(name), version, cancellation);
            var chart = await charts.LoadAsync(row, cancellation);
            return new ChartVersion(
                source, row.Name, row.Version, row.AppVersion, row.Digest, chart.Metadata.Description, chart.Metadata.KubeVersion, chart.Text("README.md"), chart.ValuesText, chart.Text("values.schema.json"),
                (await charts.ChangesAsync(row, installed, cancellation)).Changes, (await packs.FactsAsync(source, cancellation)).Guide(chart).Guide, Images(chart, renderer));
        }).RequirePermission(Permissions.CatalogRead);
    }

    // What the chart runs with its defaults; a chart that needs values first has none to show.
    private static IReadOnlyList<string> Images(Helm.Charts.Chart chart, ChartRenderer renderer)
    {
        try
        {
            var result = renderer.Render(chart, [], new ReleaseOptions(chart.Name, "default"));
            return [.. result.Documents.Select(d => d.Content).Concat(result.Hooks.Select(h => h.Manifest)).SelectMany(ImagesOf).Distinct().Order(StringComparer.Ordinal)];
        }
        catch (Exception error) when (error is RenderException or TemplateException)
        {
            return [];
        }
    }

    internal static IEnumerable<string> ImagesOf(string content) => content.Contains("image", StringComparison.Ordinal)
        ? YamlTree.Tables(GoYaml.Read(content)).Where(t => t.ContainsKey("name")).Select(t => t.GetValueOrDefault("image")).OfType<string>()
        : [];
}
