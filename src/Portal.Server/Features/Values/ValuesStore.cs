using System.Collections.Concurrent;
using Microsoft.EntityFrameworkCore;
using Portal.Helm.Charts;
using Portal.Helm.Yaml;
using Portal.Server.Data;
using Portal.Server.Features.Catalog;
using Portal.Server.Features.Releases;
using Portal.Server.Web;

namespace Portal.Server.Features.Values;

/// <summary>Values revisions in clear, inside the server only.</summary>
public sealed class ValuesStore(IDbContextFactory<PortalDb> dbs, SecretBox box, Catalog.Charts charts, RecordedSecrets records, TimeProvider time) : IFirstValues, IRedaction
{
    // By version and digest: an archive says the same every time.
    private readonly ConcurrentDictionary<string, HashSet<string>> _secretPaths = new(StringComparer.Ordinal);

    // Which values revisions were rendered with a chart, to see what feeds its Secrets: that takes a while. A chart that nobody uses any more takes its entries along.
    private readonly System.Runtime.CompilerServices.ConditionalWeakTable<Chart, ConcurrentDictionary<string, bool>> _feeds = [];

    public sealed record Clear(int Number, string Text, string Hash, string Author, string Message, DateTime CreatedAt);

    public Dictionary<string, object?> Read(string text) => ValuesVerdict.Read(text);

    /// <summary>A revision, or the newest one for null.</summary>
    /// <exception cref="ProblemException">404.</exception>
    public async Task<Clear> GetAsync(string releaseId, int? number, CancellationToken cancellation)
    {
        await using var db = await dbs.CreateDbContextAsync(cancellation);
        var row = await db.Set<ValuesRevisionRow>().Where(v => v.ReleaseId == releaseId && (number == null || v.Number == number)).OrderByDescending(v => v.Number).FirstOrDefaultAsync(cancellation)
            ?? throw ProblemException.NotFound($"Values revision {number}");
        return new Clear(row.Number, box.RevealText(row.Text, ValuesRevisionRow.Table, row.Id, "text"), row.Hash, row.Author, row.Message, row.CreatedAt);
    }

    /// <summary>Tells by a record's values which revision they are: the newest that parses to exactly these; null for none. All revisions are read, once, when it is first asked.</summary>
    public async Task<Func<Dictionary<string, object?>, int?>> MatchAsync(string releaseId, CancellationToken cancellation)
    {
        await using var db = await dbs.CreateDbContextAsync(cancellation);
        var rows = await db.Set<ValuesRevisionRow>().AsNoTracking().Where(v => v.ReleaseId == releaseId).OrderBy(v => v.Number).ToListAsync(cancellation);
        var known = new Lazy<Dictionary<string, int>>(() =>
        {
            var known = new Dictionary<string, int>(StringComparer.Ordinal);
            foreach (var row in rows)
            {
                if (Normal(box.RevealText(row.Text, ValuesRevisionRow.Table, row.Id, "text")) is { } values)
                {
                    known[values] = row.Number;
                }
            }

            return known;
        });
        return tree => known.Value.TryGetValue(GoJson.Write(tree), out var number) ? number : null;
    }

    // A text that an older reader took and this one does not is no revision's values.
    private static string? Normal(string text)
    {
        try
        {
            return GoJson.Write(GoYaml.ReadTable(text));
        }
        catch (YamlException)
        {
            return null;
        }
    }

    /// <summary>A new row; the caller saves it. The unique number makes two writers notice each other.</summary>
    public ValuesRevisionRow New(string releaseId, int number, string text, string author, string message)
    {
        var id = PortalDb.NewId();
        return new ValuesRevisionRow
        {
            Id = id, ReleaseId = releaseId, Number = number, Text = box.Protect(text, ValuesRevisionRow.Table, id, "text"), Hash = box.KeyedHash(text)[..16], Author = author, Message = message, CreatedAt = time.GetUtcNow().UtcDateTime,
        };
    }

    public void Add(PortalDb db, string releaseId, string text, string author, string message) => db.Add(New(releaseId, 1, text, author, message));

    /// <summary>The chart whose schema and defaults speak about a release's values.</summary>
    public async Task<Chart?> ChartAsync(ReleaseRow release, string? version, CancellationToken cancellation)
    {
        var versions = await charts.VersionsAsync(release.SourceId, release.Chart, cancellation);
        var row = versions.FirstOrDefault(v => v.Version == (version ?? release.ChartVersion)) ?? (version is null ? versions.FirstOrDefault() : null);
        return row is null ? null : await charts.LoadAsync(row, cancellation);
    }

    /// <summary>Everything secret that the release's values hold: the newest twenty revisions, the deployed one, the one of a plan when given, and those of Helm's own records.</summary>
    /// <param name="releaseId">Whose values.</param>
    /// <param name="revision">A values revision that is in use as well.</param>
    /// <param name="version">A chart version whose schema has a say beside the installed one's.</param>
    /// <param name="cancellation">Ends the reading.</param>
    /// <param name="sourceId">The source of that version, when it is not the release's.</param>
    /// <param name="chart">The chart of that version, when it is not the release's.</param>
    /// <param name="planned">A record that is about to be written: known without asking the cluster.</param>
    public async Task<Redactor> RedactorAsync(string releaseId, int? revision, string? version, CancellationToken cancellation, string? sourceId = null, string? chart = null, Helm.Releases.Release? planned = null)
    {
        await using var db = await dbs.CreateDbContextAsync(cancellation);
        var release = await db.Set<ReleaseRow>().FirstOrDefaultAsync(r => r.Id == releaseId, cancellation);
        var schema = release is null ? [] : await SecretPathsAsync(release, version, cancellation, sourceId, chart);
        var secrets = new HashSet<string>(StringComparer.Ordinal);
        var newest = await db.Set<ValuesRevisionRow>().Where(v => v.ReleaseId == releaseId).MaxAsync(v => (int?)v.Number, cancellation) ?? 0;
        var deployed = release?.ValuesRevision;
        foreach (var row in await db.Set<ValuesRevisionRow>().Where(v => v.ReleaseId == releaseId && (v.Number > newest - 20 || v.Number == revision || v.Number == deployed)).ToListAsync(cancellation))
        {
            secrets.UnionWith(SecretScalars.Values(SecretScalars.FindStored(box.RevealText(row.Text, ValuesRevisionRow.Table, row.Id, "text"), schema).Secrets));
        }

        if (release is not null)
        {
            secrets.UnionWith(await records.OfAsync(release, schema, cancellation));
        }

        if (planned is not null)
        {
            secrets.UnionWith(records.Of(planned, schema));
        }

        return new Redactor(secrets);
    }

    /// <summary>
    /// The paths that a schema calls secret: those of all versions that are here of the release's chart and of those that it was of before (what one called secret stays
    /// secret when the next one has forgotten it), and of another version when given.
    /// </summary>
    public async Task<HashSet<string>> SecretPathsAsync(ReleaseRow release, string? version, CancellationToken cancellation, string? sourceId = null, string? chart = null)
    {
        var result = new HashSet<string>(StringComparer.Ordinal);
        foreach (var name in new[] { release.Chart, chart }.OfType<string>().Concat(release.Formerly()).Distinct(StringComparer.Ordinal))
        {
            foreach (var row in await charts.HeldAsync(name, cancellation))
            {
                if (!_secretPaths.TryGetValue(row.Id + row.Digest, out var paths))
                {
                    _secretPaths[row.Id + row.Digest] = paths = await PathsOfAsync(row, cancellation);
                }

                result.UnionWith(paths);
            }
        }

        var installed = await ChartAsync(release, null, cancellation);
        var same = version is null || (version == release.ChartVersion && sourceId is null && chart is null);
        var next = same ? null : await ChartAsync(release.Towards(sourceId, chart), version, cancellation);
        result.UnionWith(SecretScalars.FromSchemas(installed, next));
        result.UnionWith(await FedAsync(release, [.. new[] { installed, next }.OfType<Chart>()], cancellation));

        return result;
    }

    /// <summary>What the Secrets of the running release hold, by value: the name and the key of each ("db/password"). Empty when nothing is installed, or when its chart and values are not known.</summary>
    public async Task<IReadOnlyDictionary<string, string>> HeldAsync(ReleaseRow release, CancellationToken cancellation)
    {
        if (release.ValuesRevision is not { } deployed || await ChartAsync(release, null, cancellation) is not { } chart)
        {
            return new Dictionary<string, string>();
        }

        try
        {
            return SecretFeeds.Held(chart, GoYaml.ReadTable((await GetAsync(release.Id, deployed, cancellation)).Text), release.Name, release.Namespace);
        }
        catch (YamlException)
        {
            // A text that an older reader took.
            return new Dictionary<string, string>();
        }
    }

    // What a chart wrote into a Secret once is secret in all revisions, for good: newer values may say the same word elsewhere, or not render at all.
    private async Task<HashSet<string>> FedAsync(ReleaseRow release, IReadOnlyList<Chart> used, CancellationToken cancellation)
    {
        await using var db = await dbs.CreateDbContextAsync(cancellation);
        var rows = await db.Set<ValuesRevisionRow>().Where(v => v.ReleaseId == release.Id).OrderByDescending(v => v.Number).Select(v => new { v.Id, v.Fed }).ToListAsync(cancellation);
        var result = rows.Where(r => r.Fed is not null).SelectMany(r => Paths(r.Fed!)).ToHashSet(StringComparer.Ordinal);
        if (rows is not [var newest, ..])
        {
            return result;
        }

        var due = used.Where(c => !_feeds.GetOrCreateValue(c).ContainsKey(newest.Id)).ToArray();
        if (due.Length > 0)
        {
            var text = await db.Set<ValuesRevisionRow>().Where(v => v.Id == newest.Id).Select(v => v.Text).FirstAsync(cancellation);
            var fed = due.SelectMany(c => Fed(c, box.RevealText(text, ValuesRevisionRow.Table, newest.Id, "text"), release)).Concat(Paths(newest.Fed ?? "")).ToHashSet(StringComparer.Ordinal);
            if (newest.Fed is null || fed.Count > Paths(newest.Fed).Length)
            {
                var lines = string.Join('\n', fed.Order(StringComparer.Ordinal));
                await db.Set<ValuesRevisionRow>().Where(v => v.Id == newest.Id).ExecuteUpdateAsync(s => s.SetProperty(v => v.Fed, lines), cancellation);
            }

            foreach (var chart in due)
            {
                _feeds.GetOrCreateValue(chart).TryAdd(newest.Id, true);
            }

            result.UnionWith(fed);
        }

        return result;
    }

    private static string[] Paths(string lines) => lines.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private static HashSet<string> Fed(Chart chart, string text, ReleaseRow release)
    {
        try
        {
            return SecretFeeds.Of(chart, GoYaml.ReadTable(text), release.Name, release.Namespace);
        }
        catch (YamlException)
        {
            // A text that an older reader took.
            return [];
        }
    }

    private async Task<HashSet<string>> PathsOfAsync(ChartVersionRow row, CancellationToken cancellation)
    {
        try
        {
            return SecretScalars.FromSchemas(await charts.LoadAsync(row, cancellation));
        }
        catch (ChartException)
        {
            // An archive that nobody can install any more names nothing.
            return [];
        }
    }

    public async Task<Func<string, string>> ForAsync(string releaseId, CancellationToken cancellation) => (await RedactorAsync(releaseId, null, null, cancellation)).Redact;
}
