using LibGit2Sharp;
using Microsoft.EntityFrameworkCore;
using Portal.Core.Values;
using Portal.Server.Data;
using Portal.Server.Features.Clusters;
using Portal.Server.Features.Releases;

namespace Portal.Server.Features.Values;

/// <summary>
/// Keeps values revisions in Git as well, without their secrets: each is a commit by its author, pushed when a remote is configured. The database stays the truth; what is missing in the
/// repository is added.
/// </summary>
public sealed class GitHistory(IDbContextFactory<PortalDb> dbs, PortalSettings settings, ValuesStore values, TimeProvider time, ILogger<GitHistory> logger) : IDisposable
{
    private static readonly TimeSpan Claim = TimeSpan.FromMinutes(10);

    // A remote that does not answer holds one worker, not one a minute.
    private readonly SemaphoreSlim _here = new(1);

    public void Dispose() => _here.Dispose();

    /// <summary>How it stands.</summary>
    public async Task<GitHistoryStatus> StatusAsync(CancellationToken cancellation)
    {
        if (settings.Git is not { } git)
        {
            return new GitHistoryStatus(false, null, null, null, 0, null, null);
        }

        await using var db = await dbs.CreateDbContextAsync(cancellation);
        var row = await db.Set<GitHistoryRow>().AsNoTracking().FirstOrDefaultAsync(g => g.Id == GitHistoryRow.TheId, cancellation);
        return new GitHistoryStatus(true, git.Remote, git.Branch, row?.Head, await db.Set<ValuesRevisionRow>().CountAsync(v => v.Commit == null, cancellation), row?.Error, row?.At);
    }

    /// <summary>Adds what is missing and pushes it. One replica at a time; a failure is kept for people to see and tried again by the next run.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        if (settings.Git is not { } git || !await _here.WaitAsync(0, cancellation))
        {
            return;
        }

        try
        {
            await using var db = await dbs.CreateDbContextAsync(cancellation);
            if (!await ClaimAsync(db, cancellation))
            {
                return;
            }

            string? head = null, problem = null;
            try
            {
                head = await WriteAsync(db, git, cancellation);
            }
            catch (Exception error) when (error is LibGit2SharpException or IOException or UnauthorizedAccessException)
            {
                problem = error.Message.Fit(1900);
                logger.LogWarning("The Git history of values could not be written: {Reason}", error.Message);
            }

            var now = time.GetUtcNow().UtcDateTime;
            await db.Set<GitHistoryRow>().Where(g => g.Id == GitHistoryRow.TheId)
                .ExecuteUpdateAsync(s => s.SetProperty(g => g.ClaimedUntil, (DateTime?)null).SetProperty(g => g.Error, problem).SetProperty(g => g.Head, g => head ?? g.Head).SetProperty(g => g.At, now), CancellationToken.None);
        }
        finally
        {
            _here.Release();
        }
    }

    private async Task<bool> ClaimAsync(PortalDb db, CancellationToken cancellation)
    {
        var now = time.GetUtcNow().UtcDateTime;
        if (await db.Set<GitHistoryRow>().Where(g => g.Id == GitHistoryRow.TheId && (g.ClaimedUntil == null || g.ClaimedUntil < now)).ExecuteUpdateAsync(s => s.SetProperty(g => g.ClaimedUntil, now + Claim), cancellation) > 0)
        {
            return true;
        }

        if (await db.Set<GitHistoryRow>().AnyAsync(cancellation))
        {
            return false;
        }

        db.Add(new GitHistoryRow { Id = GitHistoryRow.TheId, ClaimedUntil = now + Claim });
        try
        {
            await db.SaveChangesAsync(cancellation);
            return true;
        }
        catch (DbUpdateException)
        {
            // Another replica was first.
            return false;
        }
    }

    private async Task<string?> WriteAsync(PortalDb db, GitSettings git, CancellationToken cancellation)
    {
        using var repository = GitRepository.Open(Path.Combine(settings.DataDirectory, "git"), git);
        repository.Fetch();
        foreach (var (release, row, number) in await MissingAsync(db, repository, cancellation))
        {
            var clear = await values.GetAsync(row.Id, number, cancellation);
            var text = SecretScalars.Hide(clear.Text, await values.SecretPathsAsync(row, null, cancellation), _ => "(secret)");
            var commit = repository.Commit(release, new GitRevision(number, text, clear.Author, clear.Message, new DateTimeOffset(clear.CreatedAt, TimeSpan.Zero)));
            await db.Set<ValuesRevisionRow>().Where(v => v.ReleaseId == row.Id && v.Number == number).ExecuteUpdateAsync(s => s.SetProperty(v => v.Commit, commit), cancellation);
        }

        repository.Push();
        return repository.Head;
    }

    // In the order in which they were saved.
    private static async Task<IReadOnlyList<(GitRelease Release, ReleaseRow Row, int Number)>> MissingAsync(PortalDb db, GitRepository repository, CancellationToken cancellation)
    {
        var clusters = await db.Set<ClusterRow>().ToDictionaryAsync(c => c.Id, c => c.Name, cancellation);
        var rows = await db.Set<ReleaseRow>().AsNoTracking().ToDictionaryAsync(r => r.Id, cancellation);
        var reached = rows.ToDictionary(r => r.Key, r => repository.Reached(Of(r.Value, clusters)));
        var all = await db.Set<ValuesRevisionRow>().OrderBy(v => v.CreatedAt).ThenBy(v => v.Number).Select(v => new { v.ReleaseId, v.Number }).ToListAsync(cancellation);
        return [.. all.Where(v => reached.TryGetValue(v.ReleaseId, out var upTo) && v.Number > upTo).Select(v => (Of(rows[v.ReleaseId], clusters), rows[v.ReleaseId], v.Number))];
    }

    private static GitRelease Of(ReleaseRow row, Dictionary<string, string> clusters)
    {
        var cluster = clusters.GetValueOrDefault(row.ClusterId, row.ClusterId);
        var folder = GitRepository.Folder(cluster);
        if (folder != cluster)
        {
            // Names that differ must not become one folder.
            folder += "-" + row.ClusterId[^8..];
        }

        return new GitRelease($"{folder}/{row.Namespace}/{row.Name}", row.Id, new Dictionary<string, object?>(StringComparer.Ordinal)
        {
            ["cluster"] = cluster, ["namespace"] = row.Namespace, ["release"] = row.Name, ["chart"] = row.Chart,
        });
    }
}
