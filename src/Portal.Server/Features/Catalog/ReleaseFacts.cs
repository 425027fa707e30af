using Portal.Core.Catalog;
using Portal.Core.Operations;
using Portal.Helm.Charts;
using Portal.Helm.Sprig;
using Portal.Helm.Yaml;

namespace Portal.Server.Features.Catalog;

/// <summary>
/// What is known about the versions of a chart, from four places: the operator's packs, the chart itself (its usual files, then its release-pack.yaml), the release feed of its source,
/// packs that ship with the portal. For each sort of fact (changes, guide, steps, ways back, migrations, stops, checks) the first place that says anything counts. Pure.
/// </summary>
public sealed class ReleaseFacts(IReadOnlyList<ReleasePack> own, IReadOnlyList<ReleasePack> feed, IReadOnlyList<ReleasePack> shipped)
{
    // Each sort of fact asks for it.
    private readonly Dictionary<Chart, Carriage> _carried = new(ReferenceEqualityComparer.Instance);

    private sealed record Carriage(ReleasePack? Pack, IReadOnlyList<VendorCheck> Checks, IReadOnlyList<string> Problems);

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

    /// <summary>What is to be checked before a chart is installed, upgraded to or gone back to.</summary>
    /// <param name="chart">The chart that is gone to.</param>
    /// <param name="kind">How.</param>
    /// <param name="installed">The version that is installed; null for none.</param>
    public DeclaredChecks Checks(Chart chart, OperationKind kind, string? installed)
    {
        bool Counts(VendorCheck check) => check.On.Contains(kind) && (check.Versions is null || InRange(check.Versions, chart.Metadata.Version))
            && (check.Passed is not { } passed || (passed == chart.Metadata.Version && installed is null) || (installed is not null && VersionClasses.IsNewer(installed, passed) && !VersionClasses.IsNewer(chart.Metadata.Version, passed)));
        var carried = Carried(chart);
        var (facts, source, pack) = Find<VendorCheck>(chart, p => [.. p.Checks.Concat(p.Versions.SelectMany(v => v.Checks ?? [])).Where(Counts)], () => [.. carried.Checks.Where(Counts)]);
        var people = string.Join(", ", chart.Metadata.Maintainers.Select(m => m.Name).Where(n => n.Length > 0).Take(2));
        var vendor = (pack ?? carried.Pack)?.Vendor ?? (pack is null ? people : "");
        return new DeclaredChecks(facts, $"{(pack is null ? "chart" : "release pack")} {source ?? chart.Name}{(vendor.Length > 0 ? $" ({vendor})" : "")}", carried.Problems);
    }

    /// <summary>What of the chart's own files of facts cannot be used, with file and line; null when all can, or there are none.</summary>
    public string? Problem(Chart chart) => Carried(chart).Problems is { Count: > 0 } problems ? string.Join("; ", problems) : null;

    private static bool InRange(string range, string version) => SemVersion.TryParse(version) is { } at && SemConstraint.TryParse(range) is { } allowed && (allowed.Matches(at) || allowed.Matches(at with { Prerelease = "" }));

    private (IReadOnlyList<T> Facts, string? Source) First<T>(Chart chart, Func<ReleasePack, IReadOnlyList<T>> ofPack, Func<IReadOnlyList<T>> ofChart)
    {
        var (facts, source, _) = Find(chart, ofPack, ofChart);
        return (facts, source);
    }

    // Pack: null when the chart itself says it.
    private (IReadOnlyList<T> Facts, string? Source, ReleasePack? Pack) Find<T>(Chart chart, Func<ReleasePack, IReadOnlyList<T>> ofPack, Func<IReadOnlyList<T>> ofChart)
    {
        foreach (var (source, facts, pack) in Places())
        {
            if (facts is { Count: > 0 })
            {
                return (facts, source, pack);
            }
        }

        return ([], null, null);

        IEnumerable<(string Source, IReadOnlyList<T> Facts, ReleasePack? Pack)> Places()
        {
            foreach (var pack in own.Where(p => p.Charts.Contains(chart.Name)))
            {
                yield return (pack.Name, ofPack(pack), pack);
            }

            yield return (chart.Name, ofChart(), null);
            if (Carried(chart).Pack is { } carried)
            {
                yield return (chart.Name, ofPack(carried), null);
            }

            foreach (var pack in feed.Concat(shipped).Where(p => p.Charts.Contains(chart.Name)))
            {
                yield return (pack.Name, ofPack(pack), pack);
            }
        }
    }

    private Carriage Carried(Chart chart)
    {
        if (!_carried.TryGetValue(chart, out var carried))
        {
            _carried[chart] = carried = Read(chart);
        }

        return carried;
    }

    // A vendor's slip in a file that Helm does not know must not keep the chart from being used; plans say so.
    private static Carriage Read(Chart chart)
    {
        var problems = new List<string>();
        var pack = Of(ReleasePack.FileName, (text, found) => ReleasePack.Read(text, found));
        var checks = Of(VendorChecks.FileName, VendorChecks.Read);
        Of(ValueMigrations.FileName, (text, found) =>
        {
            var lines = PackShape.Lines(text);
            foreach (var (path, message) in PackShape.Migrations.Problems(GoYaml.ReadTable(text)))
            {
                found.Add(PackShape.Place(lines, path, message));
            }

            return "";
        });
        return new Carriage(pack, checks ?? [], problems);

        T? Of<T>(string file, Func<string, ICollection<PackProblem>, T> read)
            where T : class
        {
            if (chart.Text(file) is not { Length: > 0 } text)
            {
                return null;
            }

            var found = new List<PackProblem>();
            T? result = null;
            try
            {
                result = read(text, found);
            }
            catch (Exception error) when (error is ChartException or YamlException)
            {
                problems.Add(error is YamlException { Line: var line, Reason: var reason } ? $"{file}: line {line}: {reason}" : $"{file}: {error.Message}");
            }

            problems.AddRange(found.OrderBy(p => p.Line).Select(p => $"{file}: {p}"));
            return result;
        }
    }

    private static IEnumerable<PackVersion> Reached(ReleasePack pack, Chart chart) =>
        pack.Versions.Where(v => SemVersion.TryParse(v.Version) is { } at && SemVersion.TryParse(chart.Metadata.Version) is { } reached && at.CompareTo(reached) <= 0);
}
