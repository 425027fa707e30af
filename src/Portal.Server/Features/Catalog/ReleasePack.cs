using System.Globalization;
using Portal.Core.Catalog;
using Portal.Core.Plans;
using Portal.Helm.Charts;
using Portal.Helm.Sprig;
using Portal.Helm.Yaml;

namespace Portal.Server.Features.Catalog;

/// <summary>What a release pack says of one version of a chart.</summary>
public sealed record PackVersion(string Version, IReadOnlyList<ChangelogEntry> Changes, string Guide, IReadOnlyList<GuideStep> Steps, WayBack? WayBack = null, IReadOnlyList<VendorCheck>? Checks = null);

/// <summary>
/// Facts about versions of a chart (docs/formats/release-packs.md): changes, guides, steps, ways back, migrations of values, required stops, checks. For charts whose vendor publishes them nowhere; a
/// vendor may also put one into the chart.
/// </summary>
public sealed record ReleasePack(
    string Name, IReadOnlyList<string> Charts, IReadOnlyList<PackVersion> Versions, IReadOnlyList<ValueMigration> Migrations, IReadOnlyList<UpgradeStop> Stops, IReadOnlyList<VendorCheck> Checks, string? Vendor = null)
{
    /// <summary>The file of a chart that carries its own.</summary>
    public const string FileName = "release-pack.yaml";

    /// <summary>Reads a pack, strictly: a key that the format does not know is an error.</summary>
    /// <exception cref="ChartException">The text is not in the format; the message says where.</exception>
    public static ReleasePack Read(string text)
    {
        var problems = new List<PackProblem>();
        var pack = Read(text, problems);
        return problems.Count == 0 ? pack : throw new ChartException(string.Join("; ", problems.Take(5)));
    }

    /// <summary>Reads a pack as far as it can be used: keys that the format does not know and checks that cannot be made are left out, and go to <paramref name="problems"/> with their lines.</summary>
    /// <exception cref="ChartException">The rest of the text is not in the format; the message says where.</exception>
    /// <exception cref="YamlException">It is not YAML.</exception>
    public static ReleasePack Read(string text, ICollection<PackProblem> problems) => Of(GoYaml.ReadTable(text), new Lazy<IReadOnlyDictionary<string, int>>(() => PackShape.Lines(text)), problems);

    /// <summary>The same from what was read already.</summary>
    /// <param name="root">The pack.</param>
    /// <param name="problems">Takes what is left out; there are no lines.</param>
    /// <exception cref="ChartException">It is not in the format; the message says where.</exception>
    public static ReleasePack Of(Dictionary<string, object?> root, ICollection<PackProblem> problems) => Of(root, new Lazy<IReadOnlyDictionary<string, int>>(new Dictionary<string, int>()), problems);

    private static ReleasePack Of(Dictionary<string, object?> root, Lazy<IReadOnlyDictionary<string, int>> lines, ICollection<PackProblem> problems)
    {
        var found = new List<(string Path, string Message)>(PackShape.Pack.Problems(root));
        var checks = VendorChecks.Of(root.GetValueOrDefault("checks"), "checks", null, found);
        var inVersions = Tables(root.GetValueOrDefault("versions")).Select((t, i) => VendorChecks.Of(t.GetValueOrDefault("checks"), $"versions.{i.ToString(CultureInfo.InvariantCulture)}.checks", t.GetValueOrDefault("version") as string ?? "", found)).ToArray();
        foreach (var (path, message) in found)
        {
            problems.Add(PackShape.Place(lines.Value, path, message));
        }

        var name = root.GetValueOrDefault("name") as string ?? throw new ChartException(Wrong("a release pack has a name", problems));
        var charts = Texts(root.GetValueOrDefault("charts"));
        if (charts.Count == 0)
        {
            throw new ChartException(Wrong("a release pack names the charts that it speaks of", problems));
        }

        var versions = Tables(root.GetValueOrDefault("versions")).Select((t, i) => One(t, i) with { Checks = inVersions[i] }).OrderBy(v => SemVersion.TryParse(v.Version)).ToArray();
        var migrations = root.GetValueOrDefault("migrations") is not null ? ValueMigrations.Of(root) : [];
        var stops = Tables(root.GetValueOrDefault("stops")).Select((t, i) => new UpgradeStop(Version(t, $"stop {i + 1}"), t.GetValueOrDefault("required") is true, t.GetValueOrDefault("from") as string, t.GetValueOrDefault("note") as string ?? "")).ToArray();
        if (stops.FirstOrDefault(s => s.From is not null && SemConstraint.TryParse(s.From) is null) is { } wrong)
        {
            throw new ChartException($"stop {wrong.Version}: {wrong.From} is no range of versions");
        }

        return new ReleasePack(name, charts, versions, migrations, stops, checks, root.GetValueOrDefault("vendor") as string);
    }

    // A name that is misspelt is both: an unknown key and a missing one.
    private static string Wrong(string message, IEnumerable<PackProblem> problems) => string.Join("; ", problems.Where(p => !p.Key.Contains('.', StringComparison.Ordinal)).Select(p => p.ToString()).Append(message));

    private static PackVersion One(Dictionary<string, object?> table, int index)
    {
        var version = Version(table, $"version {index + 1}");
        var changes = Tables(table.GetValueOrDefault("changes")).Select(c => new ChangelogEntry(version, Kind<ChangeKind>(c, version), Text(c, version))).OrderBy(c => c.Kind).ToArray();
        var steps = Tables(table.GetValueOrDefault("steps")).Select(s => Step(s, version)).ToArray();
        return new PackVersion(version, changes, table.GetValueOrDefault("guide") as string ?? "", steps, Back(table, version));
    }

    // A point of no return is the short word for the most frequent case.
    private static WayBack? Back(Dictionary<string, object?> table, string version)
    {
        if (table.TryGetValue("pointOfNoReturn", out var why))
        {
            return table.ContainsKey("wayBack")
                ? throw new ChartException($"{version}: pointOfNoReturn and wayBack say the same thing; keep one of them")
                : new WayBack(version, RollbackSafety.NeedsRestore, why is string { Length: > 0 } words ? words : throw new ChartException($"{version}: pointOfNoReturn says why in words"));
        }

        if (!table.TryGetValue("wayBack", out var node))
        {
            return null;
        }

        var way = node as Dictionary<string, object?> ?? [];
        var safety = way.GetValueOrDefault("safety") switch
        {
            "safe" => RollbackSafety.Safe,
            "steps" => RollbackSafety.SafeWithSteps,
            "restore" => RollbackSafety.NeedsRestore,
            "impossible" => RollbackSafety.Impossible,
            _ => throw new ChartException($"{version}: safety of wayBack is one of safe, steps, restore, impossible"),
        };
        var text = way.GetValueOrDefault("text") as string ?? "";
        return safety == RollbackSafety.Safe || text.Length > 0 ? new WayBack(version, safety, text) : throw new ChartException($"{version}: a way back that is not safe says why in text");
    }

    private static GuideStep Step(Dictionary<string, object?> table, string version)
    {
        var when = table.GetValueOrDefault("when") switch
        {
            "before" => GuideStepTime.Before,
            "after" or null => GuideStepTime.After,
            _ => throw new ChartException($"{version}: when is before or after"),
        };
        return new GuideStep(version, Kind<GuideStepKind>(table, version), when, Text(table, version), table.GetValueOrDefault("manifest") as string, table.GetValueOrDefault("check") is { } check ? Check(check, version) : null);
    }

    private static StepCheck Check(object node, string version)
    {
        var table = node as Dictionary<string, object?> ?? [];
        string? Optional(string key) => table.GetValueOrDefault(key) as string;
        string Needed(string key) => Optional(key) ?? throw new ChartException($"{version}: a check has apiVersion, kind and name");
        var verbs = table.ContainsKey("verbs") ? Texts(table["verbs"]) : null;
        return (Optional("resource") is null) == (verbs is null)
            ? new StepCheck(Needed("apiVersion"), Needed("kind"), Needed("name"), Optional("namespace"), Optional("servesVersion"), Optional("group"), Optional("resource"), verbs)
            : throw new ChartException($"{version}: a check of a Role has resource and verbs");
    }

    private static string Version(Dictionary<string, object?> table, string where)
    {
        var version = table.GetValueOrDefault("version") as string;
        return version is not null && SemVersion.TryParse(version) is not null ? version : throw new ChartException($"{where}: version is missing or no version (write it in quotes)");
    }

    private static T Kind<T>(Dictionary<string, object?> table, string version)
        where T : struct, Enum
    {
        var word = (table.GetValueOrDefault("kind") as string ?? "").Replace("-", "", StringComparison.Ordinal);
        return Enum.GetNames<T>().FirstOrDefault(n => n.Equals(word, StringComparison.OrdinalIgnoreCase)) is { } name
            ? Enum.Parse<T>(name)
            : throw new ChartException($"{version}: kind is one of {string.Join(", ", Enum.GetNames<T>())}");
    }

    private static string Text(Dictionary<string, object?> table, string version) => table.GetValueOrDefault("text") as string ?? throw new ChartException($"{version}: text is missing");

    private static IEnumerable<Dictionary<string, object?>> Tables(object? node) => (node as List<object?> ?? []).Select(t => t as Dictionary<string, object?> ?? []);

    private static List<string> Texts(object? node) => [.. (node as List<object?> ?? []).OfType<string>()];
}
