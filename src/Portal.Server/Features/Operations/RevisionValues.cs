using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Portal.Helm.Releases;
using Portal.Server.Data;
using Portal.Server.Features.Plans;
using Portal.Server.Features.Values;

namespace Portal.Server.Features.Operations;

/// <summary>Which values revision a Helm revision was made of.</summary>
internal static class RevisionValues
{
    private const string RollbackTo = "Rollback to ";

    /// <summary>The operation that made a revision, from the annotation on its record; null when somebody else made it.</summary>
    public static string? OperationOf(StoredRelease revision) => revision.Annotations.TryGetValue("portal.iomete.com/operation", out var operation) ? operation.Split('@')[0] : null;

    // The revision whose values this one has: itself, or the one that it went back to (Helm's description says which), as far as the history reaches.
    private static StoredRelease Origin(StoredRelease revision, IReadOnlyList<StoredRelease> history)
    {
        while (GoneBackTo(revision.Release) is { } number && number < revision.Release.Version && history.FirstOrDefault(h => h.Release.Version == number) is { } earlier)
        {
            revision = earlier;
        }

        return revision;
    }

    /// <summary>
    /// The values revision of a Helm revision of a release: the one of the plan that made it, else the newest that parses to exactly the record's values
    /// (a revision from before the adoption, or made by `helm`). Null when the portal does not have them.
    /// </summary>
    public static async Task<int?> OfAsync(PortalDb db, ValuesStore values, string releaseId, StoredRelease revision, IReadOnlyList<StoredRelease> history, CancellationToken cancellation)
    {
        var rows = await (from o in db.Set<OperationRow>() join p in db.Set<PlanRow>() on o.PlanId equals p.Id where o.ReleaseId == releaseId select new { o.Id, p.ValuesRevision }).ToDictionaryAsync(x => x.Id, x => x.ValuesRevision, StringComparer.Ordinal, cancellation);
        return Of(revision, history, id => rows.GetValueOrDefault(id), await values.MatchAsync(releaseId, cancellation));
    }

    /// <summary>The same by what is known already.</summary>
    /// <param name="revision">Whose values are asked for.</param>
    /// <param name="history">All records of the release.</param>
    /// <param name="planned">The values revision of an operation's plan, by the operation's id; null for an unknown one.</param>
    /// <param name="match">The values revision that parses to these values.</param>
    public static int? Of(StoredRelease revision, IReadOnlyList<StoredRelease> history, Func<string, int?> planned, Func<Dictionary<string, object?>, int?> match)
    {
        // What a rollback's own plan says counts for nothing: the values are those of where it went.
        var origin = Origin(revision, history);
        return (GoneBackTo(origin.Release) is null && OperationOf(origin) is { } id ? planned(id) : null) ?? match(origin.Release.Config);
    }

    private static int? GoneBackTo(Release revision) =>
        revision.Info.Description.StartsWith(RollbackTo, StringComparison.Ordinal) && int.TryParse(revision.Info.Description.AsSpan(RollbackTo.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
