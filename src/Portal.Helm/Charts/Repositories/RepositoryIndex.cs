using Portal.Helm.Sprig;

namespace Portal.Helm.Charts.Repositories;

/// <summary>One version of a chart as index.yaml lists it. The digest is the archive's SHA-256 in hexadecimal digits, or empty; the addresses may be relative to the index.</summary>
public sealed record ChartEntry(string Name, string Version, string AppVersion, string Description, bool Deprecated, DateTimeOffset? Created, string Digest, IReadOnlyList<string> Urls);

/// <summary>What a repository has: chart name to its versions, the newest first (pkg/repo/v1/index.go).</summary>
public sealed class RepositoryIndex
{
    private readonly Dictionary<string, ChartEntry[]> _charts;

    internal RepositoryIndex(Dictionary<string, List<ChartEntry>> charts) => _charts = charts.ToDictionary(c => c.Key, c => Sorted(c.Value), StringComparer.Ordinal);

    /// <summary>The names of all charts.</summary>
    public IReadOnlyCollection<string> Names => _charts.Keys;

    /// <summary>The versions of a chart, the newest first; empty when there is no such chart.</summary>
    public IReadOnlyList<ChartEntry> Versions(string name) => _charts.GetValueOrDefault(name) ?? [];

    /// <summary>The version that is named exactly, else the newest that the constraint allows; without one the newest that is no prerelease. Null when there is none.</summary>
    public ChartEntry? Find(string name, string version)
    {
        var versions = Versions(name);
        if (version.Length > 0 && versions.FirstOrDefault(v => v.Version == version) is { } exact)
        {
            return exact;
        }

        var constraint = SemConstraint.TryParse(version.Length > 0 ? version : "*");
        return constraint is null ? null : versions.FirstOrDefault(v => constraint.Matches(SemVersion.TryParse(v.Version)!));
    }

    // Entries without a valid version are left out, as Helm leaves them out.
    private static ChartEntry[] Sorted(List<ChartEntry> entries) =>
        [.. entries.Select(e => (Entry: e, Version: SemVersion.TryParse(e.Version))).Where(e => e.Version is not null).OrderByDescending(e => e.Version).Select(e => e.Entry)];
}
