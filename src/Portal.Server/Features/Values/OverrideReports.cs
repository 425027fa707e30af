using System.Globalization;
using System.Security.Claims;
using Portal.Core;
using Portal.Core.Access;
using Portal.Core.Values;
using Portal.Helm.Charts;
using Portal.Helm.Kube;
using Portal.Helm.Rendering;
using Portal.Server.Data;
using Portal.Server.Features.Access;
using Portal.Server.Features.Catalog;
using Portal.Server.Features.Clusters;
using Portal.Server.Features.Releases;
using Portal.Server.Web;

namespace Portal.Server.Features.Values;

/// <summary>Makes override reports for releases: finds the two charts, the values and what is declared about them.</summary>
public sealed class OverrideReports(Charts charts, ReleasePackStore packs, ValuesStore values, ClusterConnections connections, ChartRenderer renderer)
{
    /// <summary>
    /// The report on a release's values under another version of its chart, or of <paramref name="towards"/>'s; <paramref name="from"/> is what runs unless it is given.
    /// </summary>
    /// <exception cref="ProblemException">404: no such version or values revision.</exception>
    internal async Task<OverrideResult> OfAsync(ReleaseRow release, string? from, string to, int? valuesRevision, CancellationToken cancellation, ReleaseRow? towards = null)
    {
        var target = towards ?? release;
        var now = await charts.LoadAsync(await charts.FindAsync(target.SourceId, target.Chart, to, cancellation), cancellation);
        var old = from is not null ? await charts.LoadAsync(await charts.FindAsync(release.SourceId, release.Chart, from, cancellation), cancellation)
            : release.ChartVersion is null ? now
            : await values.ChartAsync(release, release.ChartVersion, cancellation) ?? await RecordedAsync(release, cancellation) ?? now;
        return await OfAsync(release, old, now, target.SourceId, valuesRevision, await CapabilitiesAsync(release, cancellation), cancellation);
    }

    /// <summary>The same with charts that are at hand; <paramref name="sourceId"/> is where the new one is from.</summary>
    internal async Task<OverrideResult> OfAsync(ReleaseRow release, Chart old, Chart now, string sourceId, int? valuesRevision, Capabilities capabilities, CancellationToken cancellation)
    {
        var text = await values.GetAsync(release.Id, valuesRevision, cancellation);
        var migrations = ValueMigrations.Between((await packs.FactsAsync(sourceId, cancellation)).Migrations(now), old.Metadata.Version, now.Metadata.Version);
        var input = new OverrideInput(old, now, text.Text, text.Number, migrations, new ReleaseOptions(release.Name, release.Namespace, (release.Revision ?? 0) + 1, release.Revision is not null), capabilities, renderer);
        var result = await Task.Run(() => OverrideRules.Of(input), cancellation);
        // The rules show no secret by themselves; what a person typed elsewhere may still be quoted.
        var redactor = await values.RedactorAsync(release.Id, text.Number, null, cancellation);
        string? Clean(string? shown) => shown is null ? null : redactor.Redact(shown);
        return result with
        {
            Report = result.Report with
            {
                RenderError = Clean(result.Report.RenderError),
                Keys = [.. result.Report.Keys.Select(e => e with { Message = redactor.Redact(e.Message), Evidence = [.. e.Evidence.Select(redactor.Redact)], Value = Clean(e.Value), OldDefault = Clean(e.OldDefault), NewDefault = Clean(e.NewDefault) })],
            },
        };
    }

    // The source may not have what runs any more: Helm's own record does.
    private async Task<Chart?> RecordedAsync(ReleaseRow release, CancellationToken cancellation) =>
        (await (await connections.GetAsync(release.ClusterId, cancellation)).Helm.HistoryAsync(release.Namespace, release.Name, cancellation)).LastOrDefault(r => r.Version == release.Revision)?.Chart;

    private async Task<Capabilities> CapabilitiesAsync(ReleaseRow release, CancellationToken cancellation)
    {
        try
        {
            return await (await connections.GetAsync(release.ClusterId, cancellation)).Kube.GetCapabilitiesAsync(cancellation);
        }
        catch (Exception error) when (error is ClusterUnreachableException or KubeException)
        {
            // Values can be looked at while the cluster is away: then as Helm does without one.
            return Capabilities.Default;
        }
    }
}

/// <summary>The override report of a release, and its proposals applied to the text.</summary>
internal static class OverrideEndpoints
{
    public static void MapOverrides(this WebApplication app)
    {
        var api = app.MapGroup($"{Routes.Api}/releases/{{id}}/values/overrides");
        api.MapGet("/", async (string id, string? from, string to, int? revision, string? chart, string? source, PortalDb db, OverrideReports reports, CancellationToken cancellation) =>
        {
            var release = await ReleasesFeature.FindAsync(db, id, cancellation);
            return (await reports.OfAsync(release, from, to, revision, cancellation, release.Towards(source, chart))).Report;
        }).RequirePermission(Permissions.ValuesRead);
        api.MapPost("/", ApplyAsync).RequirePermission(Permissions.ValuesWrite);
    }

    private static async Task<IResult> ApplyAsync(
        string id, ApplyOverridesRequest request, HttpRequest http, ClaimsPrincipal me, PortalDb db, OverrideReports reports, ValuesStore store, SecretScalars secrets, Audit audit, CancellationToken cancellation)
    {
        var release = await ReleasesFeature.FindAsync(db, id, cancellation);
        var newest = await ValuesFeature.NewestAsync(http, release, store, secrets, cancellation);

        var edits = (await reports.OfAsync(release, request.From, request.To, newest.Number, cancellation, release.Towards(request.SourceId, request.Chart))).Edits;
        if (request.Ids is not { Count: > 0 } || request.Ids.Any(i => i is null || !edits.ContainsKey(i)))
        {
            throw ProblemException.Invalid("Name proposals of the newest report.", "ids");
        }

        // In clear: a secret that moves keeps its value and gets its new mask with the new revision.
        var text = request.Ids.Distinct().Aggregate(newest.Text, (t, i) => edits[i](t));
        if (text == newest.Text)
        {
            throw ProblemException.Invalid($"Nothing is different from values revision {newest.Number}.", "ids");
        }

        // Whoever writes release packs may name any key.
        if (SecretScalars.Shows(text, newest.Text, await store.SecretPathsAsync(release, request.To, cancellation, request.SourceId, request.Chart)))
        {
            throw new ProblemException(422, "secret-shown", "A hidden value would be shown", "One of these proposals takes a secret to a key that everybody may read. Choose the others, and write this one by hand.");
        }

        var message = request.Message is { Length: > 0 and <= 500 } ? request.Message : string.Create(CultureInfo.InvariantCulture, $"Values for {request.To}: {request.Ids.Count} keys moved or removed");
        return await ValuesFeature.AddAsync(release, newest, text, message, me, db, store, secrets, audit, cancellation);
    }
}
