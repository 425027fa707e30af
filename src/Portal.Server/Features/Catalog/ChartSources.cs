using System.Net.Http.Headers;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Portal.Core.Catalog;
using Portal.Helm.Charts;
using Portal.Helm.Yaml;
using Portal.Server.Data;
using Portal.Server.Web;

namespace Portal.Server.Features.Catalog;

/// <summary>Reads sources: the built-in folder, HTTP repositories with an index.yaml. Requests go to the configured host only.</summary>
public sealed class ChartSources(IDbContextFactory<PortalDb> dbs, SecretBox box, TimeProvider time)
{
    private const long MaximumIndex = 100 * 1024 * 1024;

    /// <summary>Credentials of a source.</summary>
    public sealed record Credentials(string? UserName, string? Password, string? BearerToken);

    /// <summary>Reads what a source has now. An error is kept at the source and does not remove what is known.</summary>
    public async Task<ChartSourceRow> RefreshAsync(string sourceId, CancellationToken cancellation)
    {
        await using var db = await dbs.CreateDbContextAsync(cancellation);
        var source = await db.Set<ChartSourceRow>().FirstOrDefaultAsync(s => s.Id == sourceId, cancellation) ?? throw ProblemException.NotFound("The chart source");
        try
        {
            if (source.Kind == ChartSourceKind.BuiltIn)
            {
                await ReadBuiltInAsync(db, source, cancellation);
            }
            else if (source.Kind == ChartSourceKind.Http)
            {
                await ReadIndexAsync(db, source, cancellation);
            }

            source.RefreshedAt = time.GetUtcNow().UtcDateTime;
            source.Error = null;
        }
        catch (Exception error) when (error is HttpRequestException or YamlException or TaskCanceledException or IOException or ProblemException)
        {
            source.Error = error.Message.Fit(1900);
        }

        await db.SaveChangesAsync(cancellation);
        return source;
    }

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
        using var client = Client(source);
        var text = Encoding.UTF8.GetString(await GetAsync(client, new Uri(source.Url!.TrimEnd('/') + "/index.yaml"), source, MaximumIndex, cancellation));
        var entries = GoYaml.ReadTable(text).GetValueOrDefault("entries") as Dictionary<string, object?>
            ?? throw new ProblemException(422, "index", "This is no chart repository", $"{source.Url} answers, but its index.yaml has no entries.");
        var known = await db.Set<ChartVersionRow>().Where(v => v.SourceId == source.Id).ToDictionaryAsync(v => (v.Name, v.Version), cancellation);
        foreach (var (name, list) in entries)
        {
            foreach (var entry in (list as List<object?> ?? []).OfType<Dictionary<string, object?>>())
            {
                string Text(string key) => entry.GetValueOrDefault(key) as string ?? "";
                var version = Text("version");
                var url = (entry.GetValueOrDefault("urls") as List<object?>)?.FirstOrDefault() as string;
                if (version.Length == 0 || url is null)
                {
                    continue;
                }

                if (known.TryGetValue((name, version), out var before))
                {
                    // A vendor reused the number: what was downloaded is not what the source serves any more, and plans made of it are void.
                    if (Text("digest") is { Length: > 0 } digest && before.Digest.Length > 0 && digest != before.Digest)
                    {
                        (before.Digest, before.Url, before.Archive) = (digest, url, null);
                    }

                    continue;
                }

                var row = new ChartVersionRow
                {
                    Id = PortalDb.NewId(), SourceId = source.Id, Name = name, Version = version, Digest = Text("digest"), AppVersion = Text("appVersion"), Description = Text("description"),
                    Deprecated = entry.GetValueOrDefault("deprecated") is true, Url = url,
                    CreatedAt = DateTimeOffset.TryParse(Text("created"), System.Globalization.CultureInfo.InvariantCulture, out var at) ? at.UtcDateTime : null,
                };
                known[(name, version)] = row;
                db.Add(row);
            }
        }
    }

    /// <summary>The archive of a version, checked against the digest that the index gave.</summary>
    internal async Task<byte[]> DownloadAsync(ChartVersionRow row, CancellationToken cancellation)
    {
        await using var db = await dbs.CreateDbContextAsync(cancellation);
        var source = await db.Set<ChartSourceRow>().FirstAsync(s => s.Id == row.SourceId, cancellation);
        if (source.Kind != ChartSourceKind.Http || row.Url is null)
        {
            throw ProblemException.NotFound($"The archive of {row.Name} {row.Version}");
        }

        try
        {
            using var client = Client(source);
            var archive = await GetAsync(client, new Uri(new Uri(source.Url!.TrimEnd('/') + "/"), row.Url), source, new ChartLimits().TotalBytes, cancellation);
            var digest = ChartArchive.Digest(archive);
            if (row.Digest.Length == 0)
            {
                row.Digest = digest;
            }

            return digest == row.Digest
                ? archive
                : throw new ProblemException(422, "digest-changed", "The archive is not what the index promised", $"{row.Name} {row.Version}: digest {digest[..12]} instead of {row.Digest[..12]}. Ask the vendor before using it.");
        }
        catch (Exception error) when (error is HttpRequestException or IOException || (error is TaskCanceledException && !cancellation.IsCancellationRequested))
        {
            throw new ProblemException(503, "source-unreachable", "The chart source cannot be reached", $"{source.Name}: {error.Message}");
        }
    }

    private HttpClient Client(ChartSourceRow source)
    {
        var handler = new SocketsHttpHandler { AllowAutoRedirect = false, PooledConnectionLifetime = TimeSpan.FromMinutes(1) };
        if (source.CertificateAuthority is { Length: > 0 } pem)
        {
            var authority = X509Certificate2.CreateFromPem(pem);
            handler.SslOptions.CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            handler.SslOptions.CertificateChainPolicy.CustomTrustStore.Add(authority);
        }

        var client = new HttpClient(handler) { Timeout = TimeSpan.FromSeconds(60) };
        if (source.Credentials is { } blob)
        {
            var credentials = JsonSerializer.Deserialize<Credentials>(box.Reveal(blob, ChartSourceRow.Table, source.Id, "credentials"))!;
            client.DefaultRequestHeaders.Authorization = credentials.BearerToken is { Length: > 0 } token
                ? new AuthenticationHeaderValue("Bearer", token)
                : new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{credentials.UserName}:{credentials.Password}")));
        }

        return client;
    }

    // Charts name addresses; only the one an admin configured is asked.
    private static async Task<byte[]> GetAsync(HttpClient client, Uri uri, ChartSourceRow source, long most, CancellationToken cancellation)
    {
        var home = new Uri(source.Url!);
        if (uri.Host != home.Host || uri.Port != home.Port || uri.Scheme != home.Scheme)
        {
            throw new ProblemException(422, "foreign-host", "The source points to another host", $"{source.Name} refers to {uri.Host}, which is not configured. Add that host as a source of its own.");
        }

        using var response = await client.GetAsync(uri, HttpCompletionOption.ResponseHeadersRead, cancellation);
        if (!response.IsSuccessStatusCode)
        {
            throw new HttpRequestException($"{uri.GetLeftPart(UriPartial.Path)} answers {(int)response.StatusCode} {response.ReasonPhrase}");
        }

        await using var stream = await response.Content.ReadAsStreamAsync(cancellation);
        using var result = new MemoryStream();
        var buffer = new byte[81920];
        int read;
        while ((read = await stream.ReadAsync(buffer, cancellation)) > 0)
        {
            result.Write(buffer, 0, read);
            if (result.Length > most)
            {
                throw new HttpRequestException($"{uri.GetLeftPart(UriPartial.Path)} is larger than {most} bytes");
            }
        }

        return result.ToArray();
    }
}
