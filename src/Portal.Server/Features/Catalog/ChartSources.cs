using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Portal.Core.Catalog;
using Portal.Helm.Charts;
using Portal.Helm.Charts.Repositories;
using Portal.Server.Data;
using Portal.Server.Web;

namespace Portal.Server.Features.Catalog;

/// <summary>Reads sources: the built-in folder, HTTP repositories with an index.yaml, charts in OCI registries. Requests go to hosts that an admin named, to no others.</summary>
public sealed class ChartSources(IDbContextFactory<PortalDb> dbs, SecretBox box, PortalSettings settings, TimeProvider time)
{
    private const long MaximumIndex = 100 * 1024 * 1024;
    private static readonly TimeSpan FirstRetry = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan LastRetry = TimeSpan.FromHours(6);

    // Indexes with their tags: one that has not changed is not sent again.
    private readonly ChartCache _cache = new(Path.Combine(settings.DataDirectory, "cache"));

    /// <summary>Credentials of a source.</summary>
    public sealed record Credentials(string? UserName, string? Password, string? BearerToken);

    /// <summary>Reads what a source has now. An error is kept at the source and does not remove what is known; the next try comes later with each one.</summary>
    public async Task<ChartSourceRow> RefreshAsync(string sourceId, CancellationToken cancellation)
    {
        for (var again = false; ; again = true)
        {
            await using var db = await dbs.CreateDbContextAsync(cancellation);
            var source = await db.Set<ChartSourceRow>().FirstOrDefaultAsync(s => s.Id == sourceId, cancellation) ?? throw ProblemException.NotFound("The chart source");
            await ReadAsync(db, source, cancellation);
            try
            {
                await db.SaveChangesAsync(cancellation);
                return source;
            }
            catch (DbUpdateException) when (!again)
            {
                // Somebody else reads it at the same time, and was first: look again.
            }
        }
    }

    private async Task ReadAsync(PortalDb db, ChartSourceRow source, CancellationToken cancellation)
    {
        var now = time.GetUtcNow().UtcDateTime;
        try
        {
            switch (source.Kind)
            {
                case ChartSourceKind.BuiltIn: await ReadBuiltInAsync(db, source, cancellation); break;
                case ChartSourceKind.Http: await ReadIndexAsync(db, source, cancellation); break;
                case ChartSourceKind.Oci: await ReadTagsAsync(db, source, cancellation); break;
            }

            (source.RefreshedAt, source.Error, source.Failures) = (now, null, 0);
        }
        catch (Exception error) when (error is RepositoryException or IOException or ProblemException)
        {
            (source.Error, source.Failures) = (SecretsOf(source).Hide(error.Message).Fit(1900), source.Failures + 1);
        }

        source.NextRefreshAt = source.Kind is ChartSourceKind.Http or ChartSourceKind.Oci && settings.RefreshSources > TimeSpan.Zero ? now + Pause(source.Failures) : null;
    }

    // 5, 10, 20 minutes and so on: a vendor whose server is down is not asked all the time.
    private TimeSpan Pause(int failures) =>
        failures == 0 ? settings.RefreshSources : TimeSpan.FromTicks(Math.Min(LastRetry.Ticks, FirstRetry.Ticks << Math.Min(failures - 1, 10)));

    /// <summary>Adds an uploaded archive to the source of uploads, which the first one makes.</summary>
    public async Task<ChartVersionRow> AddUploadAsync(byte[] archive, CancellationToken cancellation)
    {
        for (var again = false; ; again = true)
        {
            await using var db = await dbs.CreateDbContextAsync(cancellation);
            var source = await db.Set<ChartSourceRow>().FirstOrDefaultAsync(s => s.Kind == ChartSourceKind.Upload, cancellation);
            if (source is null)
            {
                source = new ChartSourceRow { Id = PortalDb.NewId(), Name = "uploads", Kind = ChartSourceKind.Upload };
                db.Add(source);
            }

            try
            {
                return await AddArchiveAsync(db, source, archive, cancellation);
            }
            catch (DbUpdateException) when (!again)
            {
                // Two came at once, and the other one made the source or the version: look again.
            }
        }
    }

    /// <summary>Adds an uploaded archive to a source; the same version with other content is refused.</summary>
    public async Task<ChartVersionRow> AddArchiveAsync(PortalDb db, ChartSourceRow source, byte[] archive, CancellationToken cancellation)
    {
        var chart = ChartLoader.LoadArchive(new MemoryStream(archive));
        var digest = ChartArchive.Digest(archive);
        var row = await db.Set<ChartVersionRow>().FirstOrDefaultAsync(v => v.SourceId == source.Id && v.Name == chart.Name && v.Version == chart.Metadata.Version, cancellation);
        if (row is not null && row.Digest != digest && source.Kind != ChartSourceKind.BuiltIn)
        {
            throw new ProblemException(409, "digest-changed", "The version exists with other content", $"{chart.Name} {chart.Metadata.Version} is known with digest {row.Digest[..12]}, this one is {digest[..12]}. A version number means one content: give it a new number.");
        }

        if (row is null)
        {
            row = new ChartVersionRow { Id = PortalDb.NewId(), SourceId = source.Id, Name = chart.Name, Version = chart.Metadata.Version, Digest = digest, Description = "" };
            db.Add(row);
        }

        row.Digest = digest;
        row.AppVersion = chart.Metadata.AppVersion;
        row.Description = chart.Metadata.Description;
        row.Deprecated = chart.Metadata.Deprecated;
        row.CreatedAt ??= time.GetUtcNow().UtcDateTime;
        row.Archive = archive;
        await db.SaveChangesAsync(cancellation);
        return row;
    }

    private async Task ReadBuiltInAsync(PortalDb db, ChartSourceRow source, CancellationToken cancellation)
    {
        var root = Path.Combine(AppContext.BaseDirectory, "Sample");
        foreach (var folder in Directory.EnumerateDirectories(root).SelectMany(Directory.EnumerateDirectories).Order(StringComparer.Ordinal))
        {
            await AddArchiveAsync(db, source, ChartArchive.Pack(ChartLoader.LoadDirectory(folder)), cancellation);
        }
    }

    private async Task ReadIndexAsync(PortalDb db, ChartSourceRow source, CancellationToken cancellation)
    {
        using var repository = new HttpRepository(new Uri(source.Url!), Access(source), _cache);
        var index = await repository.ReadIndexAsync(cancellation);
        await KeepAsync(db, source, index.Names.SelectMany(index.Versions).Where(e => e.Urls.Count > 0), cancellation);
        await ReleaseFeed.RefreshAsync(db, source.Id, repository, SecretsOf(source), cancellation);
    }

    // A registry lists numbers only: what is behind one is known when it is pulled. Of those that were, the manifest says whether the tag was moved since.
    private async Task ReadTagsAsync(PortalDb db, ChartSourceRow source, CancellationToken cancellation)
    {
        var reference = OciReference.Parse(source.Url!);
        using var registry = new OciRegistry(reference.Host, Access(source));
        var versions = await registry.VersionsAsync(reference.Name, cancellation);
        var pulled = await db.Set<ChartVersionRow>().Where(v => v.SourceId == source.Id && v.Digest != "").Select(v => v.Version).ToListAsync(cancellation);
        var digests = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var version in versions.Intersect(pulled, StringComparer.Ordinal))
        {
            digests[version] = await registry.ArchiveDigestAsync(reference, version, cancellation) ?? "";
        }

        await KeepAsync(db, source, versions.Select(v => new ChartEntry(reference.ChartName, v, "", "", false, null, digests.GetValueOrDefault(v, ""), [])), cancellation);
    }

    // What the source no longer has is kept, for releases may run it, and marked: nobody is offered it.
    private async Task KeepAsync(PortalDb db, ChartSourceRow source, IEnumerable<ChartEntry> entries, CancellationToken cancellation)
    {
        // Without the archives: there may be thousands of versions.
        var known = await db.Set<ChartVersionRow>().Where(v => v.SourceId == source.Id).Select(v => new { v.Id, v.Name, v.Version, v.Digest, v.ServedDigest, v.GoneAt }).ToDictionaryAsync(v => (v.Name, v.Version), cancellation);
        var seen = new HashSet<(string, string)>();
        var secrets = SecretsOf(source);
        foreach (var entry in entries.Where(e => e.Name.Length <= 255 && e.Version.Length <= 100 && seen.Add((e.Name, e.Version))))
        {
            var digest = Plain(entry.Digest);
            if (known.TryGetValue((entry.Name, entry.Version), out var before))
            {
                // A vendor reused the number, or took that back.
                var served = digest.Length > 0 && before.Digest.Length > 0 && digest != before.Digest ? digest : null;
                if (served != before.ServedDigest || before.GoneAt is not null)
                {
                    await db.Set<ChartVersionRow>().Where(v => v.Id == before.Id).ExecuteUpdateAsync(s => s.SetProperty(v => v.ServedDigest, served).SetProperty(v => v.GoneAt, (DateTime?)null), cancellation);
                }

                continue;
            }

            db.Add(new ChartVersionRow
            {
                Id = PortalDb.NewId(), SourceId = source.Id, Name = entry.Name, Version = entry.Version, Digest = digest, AppVersion = secrets.Hide(entry.AppVersion).Fit(255), Description = secrets.Hide(entry.Description).Fit(2000),
                Deprecated = entry.Deprecated, CreatedAt = entry.Created?.UtcDateTime,
            });
        }

        var now = time.GetUtcNow().UtcDateTime;
        foreach (var gone in known.Where(k => !seen.Contains(k.Key) && k.Value.GoneAt is null).Select(k => k.Value.Id).Chunk(500))
        {
            await db.Set<ChartVersionRow>().Where(v => gone.Contains(v.Id)).ExecuteUpdateAsync(s => s.SetProperty(v => v.GoneAt, now), cancellation);
        }
    }

    private static string Plain(string digest) => (digest.StartsWith("sha256:", StringComparison.Ordinal) ? digest["sha256:".Length..] : digest).ToLowerInvariant();

    /// <summary>The archive of a version, checked against the digest that is known of it; one that had none gets it here.</summary>
    /// <exception cref="ProblemException">404 nothing to fetch, 422 other content than promised or a host that nobody named, 503 the source does not answer.</exception>
    internal async Task<byte[]> DownloadAsync(ChartVersionRow row, CancellationToken cancellation)
    {
        await using var db = await dbs.CreateDbContextAsync(cancellation);
        var source = await db.Set<ChartSourceRow>().FirstAsync(s => s.Id == row.SourceId, cancellation);
        if (source.Kind is not (ChartSourceKind.Http or ChartSourceKind.Oci))
        {
            throw ProblemException.NotFound($"The archive of {row.Name} {row.Version}");
        }

        try
        {
            var archive = source.Kind == ChartSourceKind.Oci ? await PullAsync(source, row, cancellation) : await FetchAsync(source, row, cancellation);
            var digest = ChartArchive.Digest(archive);
            if (row.Digest.Length == 0)
            {
                row.Digest = digest;
            }

            return digest == row.Digest
                ? archive
                : throw new ProblemException(422, "digest-changed", "The archive is not what the index promised", $"{row.Name} {row.Version}: digest {digest[..12]} instead of {row.Digest.Fit(12)}. Ask the vendor before using it.");
        }
        catch (RepositoryException error)
        {
            throw new ProblemException(503, "source-unreachable", "The chart source does not give the chart", $"{source.Name}: {SecretsOf(source).Hide(error.Message)}");
        }
    }

    // Where an archive is, the index says when it is wanted: a vendor moves archives, signs addresses for an hour, and may write a password into them, which nobody shall find in the database.
    private async Task<byte[]> FetchAsync(ChartSourceRow source, ChartVersionRow row, CancellationToken cancellation)
    {
        using var repository = new HttpRepository(new Uri(source.Url!), Access(source), _cache);
        var index = await repository.ReadIndexAsync(cancellation);
        var entry = index.Versions(row.Name).FirstOrDefault(e => e.Version == row.Version) ?? throw new RepositoryException($"the index no longer has {row.Name} {row.Version}");
        return await repository.DownloadAsync(entry with { Digest = "" }, cancellation);
    }

    private async Task<byte[]> PullAsync(ChartSourceRow source, ChartVersionRow row, CancellationToken cancellation)
    {
        var reference = OciReference.Parse(source.Url!);
        using var registry = new OciRegistry(reference.Host, Access(source));
        return (await registry.PullAsync(reference, row.Version, cancellation)).Archive;
    }

    private Credentials CredentialsOf(ChartSourceRow source) =>
        source.Credentials is { } blob ? JsonSerializer.Deserialize<Credentials>(box.Reveal(blob, ChartSourceRow.Table, source.Id, "credentials"))! : new Credentials(null, null, null);

    private SourceSecrets SecretsOf(ChartSourceRow source) => new(CredentialsOf(source));

    private RepositoryAccess Access(ChartSourceRow source)
    {
        var credentials = CredentialsOf(source);
        return new RepositoryAccess
        {
            UserName = credentials.UserName, Password = credentials.Password, BearerToken = credentials.BearerToken, CertificateAuthority = source.CertificateAuthority, PlainHttp = source.PlainHttp,
            HomeOnly = true, OtherHosts = HostsOf(source), Timeout = TimeSpan.FromSeconds(60), IndexBytes = MaximumIndex, ArchiveBytes = new ChartLimits().TotalBytes,
        };
    }

    /// <summary>The other hosts that an admin allowed.</summary>
    internal static string[] HostsOf(ChartSourceRow source) => source.Hosts?.Split(',', StringSplitOptions.RemoveEmptyEntries) ?? [];
}
