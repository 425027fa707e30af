using System.Security.Cryptography;
using System.Text;
using Microsoft.EntityFrameworkCore;
using Portal.Core.Catalog;
using Portal.Helm.Charts;
using Portal.Helm.Yaml;
using Portal.Server.Data;
using Portal.Server.Web;

namespace Portal.Server.Features.Catalog;

/// <summary>The operator's release packs and those of release feeds (database), and those that ship with the portal (files).</summary>
public sealed class ReleasePackStore(IDbContextFactory<PortalDb> dbs, TimeProvider time, ILogger<ReleasePackStore> logger)
{
    private const int MaximumLength = 1024 * 1024;

    private static readonly Lazy<IReadOnlyList<(ReleasePack Pack, string Text)>> ShippedFiles = new(() =>
        [.. Directory.EnumerateFiles(Path.Combine(AppContext.BaseDirectory, "Packs"), "*.yaml").Order(StringComparer.Ordinal).Select(File.ReadAllText).Select(t => (ReleasePack.Read(t), t))]);

    private static readonly Lazy<IReadOnlyList<ReleasePack>> ShippedPacks = new(() => [.. ShippedFiles.Value.Select(f => f.Pack)]);

    internal static IReadOnlyList<ReleasePack> Shipped => ShippedPacks.Value;

    /// <summary>What is known now about charts of a source.</summary>
    public async Task<ReleaseFacts> FactsAsync(string sourceId, CancellationToken cancellation)
    {
        await using var db = await dbs.CreateDbContextAsync(cancellation);
        var feeds = await FeedsAsync(db.Set<ReleaseFeedRow>().Where(f => f.SourceId == sourceId), cancellation);
        return new ReleaseFacts([.. (await RowsAsync(db, cancellation)).Select(r => r.Pack)], [.. feeds.Select(f => f.Pack)], Shipped);
    }

    public async Task<IReadOnlyList<ReleasePackSummary>> ListAsync(CancellationToken cancellation)
    {
        await using var db = await dbs.CreateDbContextAsync(cancellation);
        var sources = await db.Set<ChartSourceRow>().ToDictionaryAsync(s => s.Id, s => s.Name, cancellation);
        return
        [
            .. (await RowsAsync(db, cancellation)).Select(r => Of(r.Pack, PackOrigin.Operator, r.Row.UpdatedBy, r.Row.UpdatedAt)),
            .. (await FeedsAsync(db.Set<ReleaseFeedRow>(), cancellation)).Where(f => sources.ContainsKey(f.SourceId)).Select(f => Of(f.Pack, PackOrigin.Feed, null, null) with { Source = sources[f.SourceId] })
                .OrderBy(s => s.Source, StringComparer.Ordinal),
            .. Shipped.Select(p => Of(p, PackOrigin.Shipped, null, null)),
        ];
    }

    /// <exception cref="ProblemException">404.</exception>
    public async Task<ReleasePackText> GetAsync(string name, CancellationToken cancellation)
    {
        await using var db = await dbs.CreateDbContextAsync(cancellation);
        if (await db.Set<ReleasePackRow>().FirstOrDefaultAsync(p => p.Name == name, cancellation) is { } row)
        {
            return new ReleasePackText(row.Name, PackOrigin.Operator, row.Text, Edition(row.Text));
        }

        // Of packs that say the same name the first one; a feed is read, not edited.
        if ((await FeedsAsync(db.Set<ReleaseFeedRow>().OrderBy(f => f.SourceId), cancellation)).FirstOrDefault(f => f.Pack.Name == name) is { Table: { } table })
        {
            // As a person would write it.
            var feed = GoYaml.Write(table);
            return new ReleasePackText(name, PackOrigin.Feed, feed, Edition(feed));
        }

        return ShippedFiles.Value.FirstOrDefault(f => f.Pack.Name == name) is { Text: { } text } ? new ReleasePackText(name, PackOrigin.Shipped, text, Edition(text)) : throw ProblemException.NotFound($"The release pack {name}");
    }

    /// <summary>Makes the operator's pack of this name, or replaces the one of which <paramref name="edited"/> is the edition. The caller saves.</summary>
    /// <exception cref="ProblemException">422: not in the format; the message says where. 428, 412: there is one, and it is not said or not true which.</exception>
    internal async Task<ReleasePackSummary> PutAsync(PortalDb db, string name, string? text, string? edited, string by, CancellationToken cancellation)
    {
        if (text is not { Length: > 0 and <= MaximumLength })
        {
            throw ProblemException.Invalid($"A release pack is a text of at most {MaximumLength} characters.", "text");
        }

        ReleasePack pack;
        var problems = new List<PackProblem>();
        try
        {
            pack = ReleasePack.Read(text, problems);
        }
        catch (ChartException error)
        {
            throw ProblemException.Invalid($"This is no release pack: {error.Message}.", "text");
        }

        if (problems.OrderBy(p => p.Line).ToArray() is [var first, ..] all)
        {
            throw new ProblemException(
                422, "invalid", "This cannot be used", $"This is no release pack: {string.Join("; ", all.Take(5))}{(all.Length > 5 ? $"; and {all.Length - 5} more" : "")}.",
                new Dictionary<string, object?> { ["field"] = "text", ["line"] = first.Line, ["key"] = first.Key });
        }

        if (pack.Name != name || name.Length > 100)
        {
            throw ProblemException.Invalid($"The text names the pack {pack.Name}, the address {name}; a name has at most 100 characters.", "text");
        }

        var row = await db.Set<ReleasePackRow>().FirstOrDefaultAsync(p => p.Name == name, cancellation);
        if (row is null)
        {
            row = new ReleasePackRow { Id = PortalDb.NewId(), Name = name, Text = text, UpdatedBy = by };
            db.Add(row);
        }
        else
        {
            Check(row, edited);
        }

        (row.Text, row.UpdatedBy, row.UpdatedAt) = (text, by, time.GetUtcNow().UtcDateTime);
        return Of(pack, PackOrigin.Operator, by, row.UpdatedAt);
    }

    /// <summary>Removes the operator's pack of which <paramref name="edited"/> is the edition. The caller saves.</summary>
    /// <exception cref="ProblemException">404; 428, 412 as for a change.</exception>
    internal static async Task RemoveAsync(PortalDb db, string name, string? edited, CancellationToken cancellation)
    {
        var row = await db.Set<ReleasePackRow>().FirstOrDefaultAsync(p => p.Name == name, cancellation) ?? throw ProblemException.NotFound($"The release pack {name}");
        Check(row, edited);
        db.Remove(row);
    }

    internal static ProblemException Stale(string name) => new(412, "stale", "Somebody else saved in the meantime", $"The release pack {name} is another one by now. Load it again, and make your change in that text.");

    private static void Check(ReleasePackRow row, string? edited)
    {
        if (string.IsNullOrEmpty(edited))
        {
            throw new ProblemException(428, "if-match", "Say what you edited", "Send If-Match with the edition of the release pack that this text comes from.");
        }

        if (edited != Edition(row.Text))
        {
            throw Stale(row.Name);
        }
    }

    private static string Edition(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..16];

    // Read each time, so that every replica sees what was saved a moment ago.
    private async Task<List<(ReleasePackRow Row, ReleasePack Pack)>> RowsAsync(PortalDb db, CancellationToken cancellation)
    {
        var result = new List<(ReleasePackRow, ReleasePack)>();
        foreach (var row in await db.Set<ReleasePackRow>().AsNoTracking().OrderBy(p => p.Name).ToListAsync(cancellation))
        {
            try
            {
                // An older portal may have kept what this one knows to be a slip: the rest counts as it did.
                result.Add((row, ReleasePack.Read(row.Text, [])));
            }
            catch (Exception error) when (error is ChartException or YamlException)
            {
                // Saved by a portal of another version: the others still count.
                logger.LogWarning("The release pack {Pack} cannot be used: {Reason}", row.Name, error.Message);
            }
        }

        return result;
    }

    private async Task<List<(string SourceId, ReleasePack Pack, Dictionary<string, object?> Table)>> FeedsAsync(IQueryable<ReleaseFeedRow> rows, CancellationToken cancellation)
    {
        var result = new List<(string, ReleasePack, Dictionary<string, object?>)>();
        foreach (var row in await rows.AsNoTracking().Where(f => f.Text != null).ToListAsync(cancellation))
        {
            try
            {
                result.AddRange(ReleaseFeed.ReadKept(row.Text!).Select(p => (row.SourceId, p.Pack, p.Table)));
            }
            catch (ChartException error)
            {
                // Read by a portal of another version.
                logger.LogWarning("The release feed of source {Source} cannot be used: {Reason}", row.SourceId, error.Message);
            }
        }

        return result;
    }

    private static ReleasePackSummary Of(ReleasePack pack, PackOrigin origin, string? by, DateTime? at) => new(pack.Name, origin, pack.Charts, pack.Versions.Count, pack.Migrations.Count, pack.Stops.Count, by, at, Checks: pack.Checks.Count + pack.Versions.Sum(v => v.Checks?.Count ?? 0));
}
