using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Portal.Helm.Charts;
using Portal.Helm.Charts.Repositories;
using Portal.Helm.Yaml;
using Portal.Server.Data;

namespace Portal.Server.Features.Catalog;

/// <summary>
/// A release feed (docs/formats/release-packs.md): releases.json beside the index.yaml of an HTTP source, release packs in JSON. It speaks of charts of that source only.
/// </summary>
internal static class ReleaseFeed
{
    public const string FileName = "releases.json";

    public const int MaximumLength = 4 * 1024 * 1024;

    /// <summary>The packs of a feed, each with what it was read from. Strictly: a key that the format does not know is an error.</summary>
    /// <exception cref="ChartException">The text is not in the format; the message says where.</exception>
    public static IReadOnlyList<(ReleasePack Pack, Dictionary<string, object?> Table)> Read(string text) => Read(text, strict: true);

    /// <summary>The same of a feed that was read before: an older portal may have kept what this one knows to be a slip.</summary>
    /// <exception cref="ChartException">The text is not in the format; the message says where.</exception>
    public static IReadOnlyList<(ReleasePack Pack, Dictionary<string, object?> Table)> ReadKept(string text) => Read(text, strict: false);

    private static IReadOnlyList<(ReleasePack Pack, Dictionary<string, object?> Table)> Read(string text, bool strict)
    {
        object? root;
        try
        {
            root = GoJson.Read(text);
        }
        catch (JsonException error)
        {
            throw new ChartException($"it is no JSON: {error.Message}", error);
        }

        if ((root as Dictionary<string, object?>)?.GetValueOrDefault("packs") is not List<object?> packs)
        {
            throw new ChartException("a release feed is an object with a list \"packs\"");
        }

        return [.. packs.Select((pack, i) => pack is Dictionary<string, object?> table ? One(table, i, strict) : throw new ChartException($"pack {i + 1} is no object"))];
    }

    /// <summary>Reads what the repository of a source has now. What cannot be used is said at the source, and what was known before still counts. The caller saves.</summary>
    public static async Task RefreshAsync(PortalDb db, string sourceId, HttpRepository repository, SourceSecrets secrets, CancellationToken cancellation)
    {
        var row = await db.Set<ReleaseFeedRow>().FirstOrDefaultAsync(f => f.SourceId == sourceId, cancellation);
        try
        {
            var found = await repository.ReadTextAsync(FileName, row?.Error is null ? row?.Tag : null, MaximumLength, cancellation);
            if (found is null)
            {
                db.RemoveRange(row is null ? [] : [row]);
                return;
            }

            if (found.Text is null)
            {
                return;
            }

            var text = secrets.Hide(found.Text);
            Read(text);
            row ??= New();
            (row.Text, row.Tag, row.Error) = (text, found.Tag?.Length <= 500 ? found.Tag : null, null);
        }
        catch (Exception error) when (error is RepositoryException or ChartException)
        {
            row ??= New();
            row.Error = $"{FileName}: {secrets.Hide(error.Message)}".Fit(1900);
        }

        ReleaseFeedRow New() => db.Add(new ReleaseFeedRow { Id = PortalDb.NewId(), SourceId = sourceId }).Entity;
    }

    private static (ReleasePack Pack, Dictionary<string, object?> Table) One(Dictionary<string, object?> table, int index, bool strict)
    {
        try
        {
            var problems = new List<PackProblem>();
            var pack = ReleasePack.Of(table, problems);
            return strict && problems.Count > 0 ? throw new ChartException(string.Join("; ", problems.Take(5))) : (pack, table);
        }
        catch (ChartException error)
        {
            throw new ChartException($"pack {index + 1}: {error.Message}", error);
        }
    }
}
