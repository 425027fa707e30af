using System.Net;
using System.Net.Http.Headers;
using System.Text;

namespace Portal.Helm.Charts.Repositories;

/// <summary>A text of a repository with its ETag; without the text when it is still the known one.</summary>
public sealed record RepositoryText(string? Text, string? Tag);

/// <summary>A chart repository: a web server with an index.yaml (helm.sh/docs/topics/chart_repository).</summary>
public sealed class HttpRepository : IDisposable
{
    private readonly RepositoryClient _client;
    private readonly RepositoryAccess _access;
    private readonly ChartCache? _cache;
    private readonly Uri _home;

    /// <summary>A repository at an address. Nothing is asked yet.</summary>
    public HttpRepository(Uri address, RepositoryAccess? access = null, ChartCache? cache = null)
    {
        _access = access ?? new RepositoryAccess();
        _cache = cache;
        _home = new UriBuilder(address) { Path = address.AbsolutePath.TrimEnd('/') + "/" }.Uri;
        _client = new RepositoryClient(_home, _access);
    }

    /// <summary>Ends its connections.</summary>
    public void Dispose() => _client.Dispose();

    /// <summary>The index as it is now. With a cache an index that has not changed is not sent again.</summary>
    /// <exception cref="RepositoryException">No answer, or no index.</exception>
    public async Task<RepositoryIndex> ReadIndexAsync(CancellationToken cancellation)
    {
        var uri = new UriBuilder(_home) { Path = _home.AbsolutePath + "index.yaml" }.Uri;
        var tag = _cache?.IndexTag(uri);
        using var response = await _client.GetAsync(uri, r => Ask(r, tag), cancellation);
        if (_cache is null)
        {
            RepositoryClient.CheckStatus(uri, response);
            using var text = new StreamReader(new BoundedStream(await response.Content.ReadAsStreamAsync(cancellation), _access.IndexBytes, RepositoryClient.Shown(uri)));
            return RepositoryIndexReader.Read(text, RepositoryClient.Shown(uri));
        }

        if (response.StatusCode != HttpStatusCode.NotModified || tag is null)
        {
            RepositoryClient.CheckStatus(uri, response);
            await _cache.KeepIndexAsync(uri, response.Headers.ETag?.ToString(), file => RepositoryClient.CopyAsync(uri, response, file, _access.IndexBytes, cancellation));
        }

        using var kept = new StreamReader(_cache.IndexPath(uri));
        return RepositoryIndexReader.Read(kept, RepositoryClient.Shown(uri));
    }

    /// <summary>A text beside the index as it is now, in UTF-8; null when the repository has none.</summary>
    /// <param name="name">The file's name.</param>
    /// <param name="tag">The ETag of the text that is known: when that has not changed, it is not sent again.</param>
    /// <param name="most">How many bytes it may have.</param>
    /// <param name="cancellation">Ends the request.</param>
    /// <exception cref="RepositoryException">No answer, or too large.</exception>
    public async Task<RepositoryText?> ReadTextAsync(string name, string? tag, long most, CancellationToken cancellation)
    {
        var uri = new UriBuilder(_home) { Path = _home.AbsolutePath + name }.Uri;
        using var response = await _client.GetAsync(uri, r => Ask(r, tag), cancellation);
        if (response.StatusCode == HttpStatusCode.NotModified && tag is not null)
        {
            return new RepositoryText(null, tag);
        }

        // A bucket that nobody may list answers 403 for what is not there; a web application shows its page.
        if (response.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.Forbidden or HttpStatusCode.Gone || response.Content.Headers.ContentType?.MediaType == "text/html")
        {
            return null;
        }

        return new RepositoryText(Encoding.UTF8.GetString(await RepositoryClient.ReadAsync(uri, response, most, cancellation)), response.Headers.ETag?.ToString());
    }

    /// <summary>Where the archive of an entry is.</summary>
    /// <exception cref="RepositoryException">The entry names no place.</exception>
    public Uri Address(ChartEntry entry)
    {
        if (entry.Urls.Count == 0 || !Uri.TryCreate(_home, entry.Urls[0], out var uri))
        {
            throw new RepositoryException($"chart \"{entry.Name}\" version \"{entry.Version}\" has no downloadable URLs");
        }

        // A query of the repository's address (a signature) belongs to relative addresses too.
        return Uri.TryCreate(entry.Urls[0], UriKind.Absolute, out var absolute) && absolute.Scheme is "http" or "https" ? uri : new UriBuilder(uri) { Query = _home.Query }.Uri;
    }

    /// <summary>The archive of an entry, checked against the digest that the index gives, if it gives one.</summary>
    /// <exception cref="RepositoryException">No answer, or other content than the index promises.</exception>
    public async Task<byte[]> DownloadAsync(ChartEntry entry, CancellationToken cancellation)
    {
        var digest = entry.Digest.StartsWith("sha256:", StringComparison.Ordinal) ? entry.Digest["sha256:".Length..] : entry.Digest;
        if (digest.Length > 0 && _cache?.Archive(digest) is { } kept)
        {
            return kept;
        }

        var archive = await _client.GetBytesAsync(Address(entry), _access.ArchiveBytes, cancellation);
        var found = ChartArchive.Digest(archive);
        if (digest.Length > 0 && !digest.Equals(found, StringComparison.OrdinalIgnoreCase))
        {
            throw new RepositoryException($"{entry.Name} {entry.Version} is not what the index promises: digest {found} instead of {digest}");
        }

        _cache?.Keep(archive);
        return archive;
    }

    private static void Ask(HttpRequestMessage request, string? tag)
    {
        if (tag is not null && EntityTagHeaderValue.TryParse(tag, out var known))
        {
            request.Headers.IfNoneMatch.Add(known);
        }
    }
}
