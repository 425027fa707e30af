using Portal.Core.Catalog;
using Portal.Helm.Charts;
using Portal.Helm.Sprig;
using Portal.Helm.Yaml;

namespace Portal.Server.Features.Catalog;

/// <summary>
/// What is known about the versions of a chart, from four places: the operator's packs, the chart itself (its usual files, then its release-pack.yaml), the release feed of its source,
/// packs that ship with the portal. For each sort of fact (changes, guide, steps, ways back, migrations, stops) the first place that says anything counts. Pure.
/// </summary>
public sealed class ReleaseFacts(IReadOnlyList<ReleasePack> own, IReadOnlyList<ReleasePack> feed, IReadOnlyList<ReleasePack> shipped)
{
    // Each sort of fact asks for it.
    private readonly Dictionary<Chart, (ReleasePack? Pack, string? Problem)> _carried = new(ReferenceEqualityComparer.Instance);

    public IReadOnlyList<ValueMigration> Migrations(Chart chart) => First(chart, p => p.Migrations, () => ValueMigrations.Of(chart)).Facts;

    public IReadOnlyList<UpgradeStop> Stops(Chart chart) => First(chart, p => p.Stops, () => []).Facts;

    /// <summary>The changelog up to the chart's version, newest version first, breaking changes first within one.</summary>
    public (IReadOnlyList<ChangelogEntry> Facts, string? Source) Changes(Chart chart)
    {
        var (facts, source) = First(chart, p => [.. Reached(p, chart).SelectMany(v => v.Changes)], () => ChangelogReader.Read(chart));
        return ([.. facts.OrderBy(e => e.Version, Comparer<string>.Create(VersionClasses.Compare)).ThenBy(e => e.Kind)], source);
    }

    /// <summary>Steps up to the chart's version, in the order in which they are done.</summary>
    public (IReadOnlyList<GuideStep> Facts, string? Source) Steps(Chart chart) => First<GuideStep>(chart, p => [.. Reached(p, chart).SelectMany(v => v.Steps)], () => []);

    /// <summary>What is said about going back below each version, up to the chart's.</summary>
    public IReadOnlyList<WayBack> WaysBack(Chart chart) => First<WayBack>(chart, p => [.. Reached(p, chart).Select(v => v.WayBack).OfType<WayBack>()], () => []).Facts;

    public (string Guide, string? Source) Guide(Chart chart)
    {
        var (facts, source) = First<string>(
            chart, p => [.. Reached(p, chart).Where(v => v.Guide.Length > 0).Reverse().Select(v => $"## To {v.Version}\n\n{v.Guide}")], () => chart.Text("UPGRADE.md") is { Length: > 0 } text ? [text] : []);
        return (string.Join("\n\n", facts), source);
    }

    /// <summary>Why the release pack in the chart cannot be used; null when it can, or there is none.</summary>
    public string? Problem(Chart chart) => Carried(chart).Problem;

    private (IReadOnlyList<T> Facts, string? Source) First<T>(Chart chart, Func<ReleasePack, IReadOnlyList<T>> ofPack, Func<IReadOnlyList<T>> ofChart)
    {
        foreach (var (source, facts) in Places())
        {
            if (facts is { Count: > 0 })
            {
                return (facts, source);
            }
        }

        return ([], null);

        IEnumerable<(string Source, IReadOnlyList<T> Facts)> Places()
        {
            foreach (var pack in own.Where(p => p.Charts.Contains(chart.Name)))
            {
                yield return (pack.Name, ofPack(pack));
            }

            yield return (chart.Name, ofChart());
            if (Carried(chart).Pack is { } carried)
            {
                yield return (chart.Name, ofPack(carried));
            }

            foreach (var pack in feed.Concat(shipped).Where(p => p.Charts.Contains(chart.Name)))
            {
                yield return (pack.Name, ofPack(pack));
            }
        }
    }

    private (ReleasePack? Pack, string? Problem) Carried(Chart chart)
    {
        if (!_carried.TryGetValue(chart, out var carried))
        {
            _carried[chart] = carried = Read(chart);
        }

        return carried;
    }

    private static (ReleasePack? Pack, string? Problem) Read(Chart chart)
    {
        try
        {
            return (chart.Text(ReleasePack.FileName) is { Length: > 0 } text ? ReleasePack.Read(text) : null, null);
        }
        catch (Exception error) when (error is ChartException or YamlException)
        {
            // A vendor's slip in a file that Helm does not know must not keep the chart from being used; plans say so.
            return (null, error.Message);
        }
    }

    private static IEnumerable<PackVersion> Reached(ReleasePack pack, Chart chart) =>
        pack.Versions.Where(v => SemVersion.TryParse(v.Version) is { } at && SemVersion.TryParse(chart.Metadata.Version) is { } reached && at.CompareTo(reached) <= 0);
}
