using Portal.Core;
using Portal.Core.Access;
using Portal.Core.Catalog;
using Portal.Helm.Charts;
using Portal.Helm.Rendering;
using Portal.Helm.Templating;
using Portal.Helm.Yaml;
using Portal.Server.Data;
using Portal.Server.Features.Access;
using Portal.Server.Features.Catalog;
using Portal.Server.Features.Releases;
using Portal.Server.Web;

namespace Portal.Server.Features.Values;

/// <summary>What lies between a release's version and another one: the way there, changes with what they mean to this release, steps.</summary>
public sealed class UpgradeBriefings(Charts charts, ReleasePackStore packs, ValuesStore values, ChartRenderer renderer)
{
    /// <summary>The briefing; <paramref name="from"/> is what runs unless it is given, and <paramref name="towards"/> the release with the chart that it goes to, if that is another one.</summary>
    /// <exception cref="ProblemException">404: no such version. 409: nothing is installed and no version was given.</exception>
    public async Task<UpgradeBriefing> OfAsync(ReleaseRow release, string? from, string to, int? valuesRevision, CancellationToken cancellation, ReleaseRow? towards = null)
    {
        var goal = towards ?? release;
        var installed = from ?? release.ChartVersion ?? throw new ProblemException(409, "not-installed", "Nothing is installed", "Say with ?from= which version to start from.");
        var row = await charts.FindAsync(goal.SourceId, goal.Chart, to, cancellation);
        var target = await charts.LoadAsync(row, cancellation);
        var available = (await charts.VersionsAsync(goal.SourceId, goal.Chart, cancellation)).Where(v => v.GoneAt is null || v.Version == to).Select(v => v.Version).ToArray();
        var facts = await packs.FactsAsync(goal.SourceId, cancellation);
        var (changes, changesFrom) = await charts.ChangesAsync(row, installed, cancellation);
        var (steps, stepsFrom) = facts.Steps(target);
        var (guide, guideFrom) = facts.Guide(target);
        var tree = GoYaml.ReadTable((await values.GetAsync(release.Id, valuesRevision, cancellation)).Text);
        var (images, kinds) = Running(await values.ChartAsync(release, installed, cancellation), release, tree);
        return new UpgradeBriefing(
            installed, to, UpgradePaths.Of(installed, to, available, facts.Stops(target)), Concerns.Of(changes, [.. ValuesPath.Leaves(tree).Select(l => l.Path)], images, kinds),
            [.. steps.Where(s => VersionClasses.IsNewer(installed, s.Version))], guide, [.. new[] { changesFrom, stepsFrom, guideFrom }.OfType<string>().Distinct(StringComparer.Ordinal)],
            facts.Problem(target));
    }

    // What the installed chart renders with these values; a chart that does not render concerns nobody by its images.
    private (IReadOnlyCollection<string> Images, IReadOnlyCollection<string> Kinds) Running(Chart? chart, ReleaseRow release, Dictionary<string, object?> tree)
    {
        if (chart is null)
        {
            return ([], []);
        }

        try
        {
            var rendered = renderer.Render(chart, tree, new ReleaseOptions(release.Name, release.Namespace));
            return (rendered.Documents.SelectMany(d => CatalogFeature.ImagesOf(d.Content)).ToHashSet(StringComparer.Ordinal), rendered.Documents.Select(d => d.Kind).ToHashSet(StringComparer.Ordinal));
        }
        catch (Exception error) when (error is RenderException or TemplateException or ChartException)
        {
            return ([], []);
        }
    }
}

/// <summary>The briefing of a release.</summary>
internal static class UpgradeBriefingEndpoints
{
    public static void MapUpgradeBriefings(this WebApplication app) =>
        app.MapGet($"{Routes.Api}/releases/{{id}}/upgrade", async (string id, string? from, string to, int? revision, string? chart, string? source, PortalDb db, UpgradeBriefings briefings, CancellationToken cancellation) =>
        {
            var release = await ReleasesFeature.FindAsync(db, id, cancellation);
            return await briefings.OfAsync(release, from, to, revision, cancellation, release.Towards(source, chart));
        }).RequirePermission(Permissions.ValuesRead);
}
