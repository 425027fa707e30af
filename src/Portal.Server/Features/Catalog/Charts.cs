using System.Collections.Concurrent;
using Microsoft.EntityFrameworkCore;
using Portal.Core.Catalog;
using Portal.Helm.Charts;
using Portal.Server.Data;
using Portal.Server.Web;

namespace Portal.Server.Features.Catalog;

/// <summary>Finds chart versions and loads them; loaded charts are kept by their digest.</summary>
public sealed class Charts(IDbContextFactory<PortalDb> dbs, ChartSources sources, ReleasePackStore packs)
{
    private readonly ConcurrentDictionary<string, Chart> _loaded = new(StringComparer.Ordinal);

    /// <summary>One version's row.</summary>
    /// <exception cref="ProblemException">404.</exception>
    public async Task<ChartVersionRow> FindAsync(string sourceId, string name, string version, CancellationToken cancellation)
    {
        await using var db = await dbs.CreateDbContextAsync(cancellation);
        return await db.Set<ChartVersionRow>().FirstOrDefaultAsync(v => v.SourceId == sourceId && v.Name == name && v.Version == version, cancellation)
            ?? throw new ProblemException(404, "unknown-version", "There is no such version", $"{name} {version} is not in this source. Refresh the source, or choose a version that it has.");
    }

    /// <summary>One version's row, to make a plan of.</summary>
    /// <exception cref="ProblemException">404; 409 its source has another archive under the number, and nobody has accepted that; or no longer has it, and its archive is not here.</exception>
    public async Task<ChartVersionRow> UsableAsync(string sourceId, string name, string version, CancellationToken cancellation)
    {
        var row = await FindAsync(sourceId, name, version, cancellation);
        if (row is { GoneAt: { } gone, Archive: null })
        {
            throw new ProblemException(409, "version-gone", "The source no longer has this version", $"{name} {version} is not in its source since {gone:yyyy-MM-dd HH:mm} UTC, and the portal holds no copy. Choose another version, or upload the archive.");
        }

        return row.ServedDigest is not { } served ? row : throw new ProblemException(
            409, "chart-alarm", "The version number means another archive now", $"{name} {version} was {row.Digest.Fit(12)}, and its source serves {served.Fit(12)} under the same number. Ask the vendor why; then accept it in the catalog, or choose another version.");
    }

    /// <summary>A source that has this version: the preferred one, else any; null when none has.</summary>
    public async Task<string?> SourceAsync(string name, string version, string preferred, CancellationToken cancellation)
    {
        await using var db = await dbs.CreateDbContextAsync(cancellation);
        var sources = await db.Set<ChartVersionRow>().Where(v => v.Name == name && v.Version == version).Select(v => v.SourceId).Distinct().ToListAsync(cancellation);
        return sources.Contains(preferred) ? preferred : sources.Order(StringComparer.Ordinal).FirstOrDefault();
    }

    /// <summary>The versions of a chart, newest first, without their archives.</summary>
    public async Task<IReadOnlyList<ChartVersionRow>> VersionsAsync(string sourceId, string name, CancellationToken cancellation)
    {
        await using var db = await dbs.CreateDbContextAsync(cancellation);
        var rows = await db.Set<ChartVersionRow>().Where(v => v.SourceId == sourceId && v.Name == name)
            .Select(v => new ChartVersionRow
            {
                Id = v.Id, SourceId = v.SourceId, Name = v.Name, Version = v.Version, Digest = v.Digest, AppVersion = v.AppVersion, Description = v.Description, Deprecated = v.Deprecated, CreatedAt = v.CreatedAt, ServedDigest = v.ServedDigest, GoneAt = v.GoneAt,
            }).ToListAsync(cancellation);
        return [.. rows.OrderBy(v => v.Version, Comparer<string>.Create(VersionClasses.Compare))];
    }

    /// <summary>The versions of a chart, of any source, whose archives are here; without these.</summary>
    public async Task<IReadOnlyList<ChartVersionRow>> HeldAsync(string name, CancellationToken cancellation)
    {
        await using var db = await dbs.CreateDbContextAsync(cancellation);
        return await db.Set<ChartVersionRow>().Where(v => v.Name == name && v.Archive != null)
            .Select(v => new ChartVersionRow { Id = v.Id, SourceId = v.SourceId, Name = v.Name, Version = v.Version, Digest = v.Digest, Description = v.Description }).ToListAsync(cancellation);
    }

    /// <summary>The chart itself; fetched from its source when it is not here yet, and checked against the digest.</summary>
    public async Task<Chart> LoadAsync(ChartVersionRow row, CancellationToken cancellation) => (await LoadAsync(row, fetch: true, cancellation))!;

    // Null when it is not here and may not be fetched.
    private async Task<Chart?> LoadAsync(ChartVersionRow row, bool fetch, CancellationToken cancellation)
    {
        // An index may give no digest; then only the archive says which chart this is.
        if (row.Digest.Length > 0 && _loaded.TryGetValue(row.Digest, out var chart))
        {
            return chart;
        }

        await using var db = await dbs.CreateDbContextAsync(cancellation);
        var stored = await db.Set<ChartVersionRow>().FirstAsync(v => v.Id == row.Id, cancellation);
        if (stored.Archive is null && !fetch)
        {
            return null;
        }

        if (stored.Archive is null)
        {
            stored.Archive = await sources.DownloadAsync(stored, cancellation);
            await db.SaveChangesAsync(cancellation);
        }

        chart = ChartLoader.LoadArchive(new MemoryStream(stored.Archive));
        if (_loaded.Count > 200)
        {
            _loaded.Clear();
        }

        return _loaded[stored.Digest] = chart;
    }

    /// <summary>
    /// The versions newer than an installed one: the newest of each class, with the risk of everything between. For lists that are asked for all the time:
    /// nothing is fetched, and of a chart that is not here yet no risk is known.
    /// </summary>
    public async Task<IReadOnlyList<Core.Releases.NewerVersion>> NewerAsync(string sourceId, string name, string installed, CancellationToken cancellation)
    {
        var versions = (await VersionsAsync(sourceId, name, cancellation)).Where(v => v.GoneAt is null).ToArray();
        var result = new List<Core.Releases.NewerVersion>();
        foreach (var kind in new[] { VersionClass.Patch, VersionClass.Minor, VersionClass.Major })
        {
            var newest = versions.FirstOrDefault(v => VersionClasses.Of(installed, v.Version) == kind && !v.Version.Contains('-'));
            if (newest is not null)
            {
                result.Add(new Core.Releases.NewerVersion(newest.Version, kind, await ChangesAsync(newest, installed, fetch: false, cancellation) is { } known ? VersionClasses.Risk(known.Changes) : null));
            }
        }

        return result;
    }

    /// <summary>The changelog of everything above an installed version up to a candidate, and who says so.</summary>
    public async Task<(IReadOnlyList<ChangelogEntry> Changes, string? Source)> ChangesAsync(ChartVersionRow candidate, string? installed, CancellationToken cancellation) =>
        (await ChangesAsync(candidate, installed, fetch: true, cancellation))!.Value;

    private async Task<(IReadOnlyList<ChangelogEntry> Changes, string? Source)?> ChangesAsync(ChartVersionRow candidate, string? installed, bool fetch, CancellationToken cancellation)
    {
        if (await LoadAsync(candidate, fetch, cancellation) is not { } chart)
        {
            return null;
        }

        var (entries, source) = (await packs.FactsAsync(candidate.SourceId, cancellation)).Changes(chart);
        if (installed is null)
        {
            return (entries, source);
        }

        var all = entries.Where(e => VersionClasses.IsNewer(installed, e.Version)).ToList();
        if (source == chart.Name && chart.Text("CHANGELOG.md").Length == 0)
        {
            // An annotation speaks of its own version only: those between say theirs themselves.
            foreach (var between in (await VersionsAsync(candidate.SourceId, candidate.Name, cancellation)).Where(v => VersionClasses.IsNewer(installed, v.Version) && VersionClasses.IsNewer(v.Version, candidate.Version)))
            {
                if (await LoadAsync(between, fetch, cancellation) is { } earlier)
                {
                    all.AddRange(ChangelogReader.Read(earlier).Where(e => !all.Contains(e)));
                }
            }

            all = [.. all.OrderBy(e => e.Version, Comparer<string>.Create(VersionClasses.Compare)).ThenBy(e => e.Kind)];
        }

        return (all, source);
    }
}
