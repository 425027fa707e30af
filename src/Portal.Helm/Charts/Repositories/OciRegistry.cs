using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text.Json;
using Portal.Helm.Sprig;

namespace Portal.Helm.Charts.Repositories;

/// <summary>A chart as a registry gave it: HOST/NAME:TAG or HOST/NAME@DIGEST, the digest of its manifest ("sha256:..."), and the archive.</summary>
public sealed record OciChart(string Reference, string Digest, byte[] Archive);

/// <summary>Charts in an OCI registry (helm.sh/docs/topics/registries; the distribution specification). Everything is checked against its digest.</summary>
public sealed class OciRegistry : IDisposable
{
    private const string ManifestType = "application/vnd.oci.image.manifest.v1+json";
    private const string ConfigType = "application/vnd.cncf.helm.config.v1+json";
    private const long MostManifestBytes = 4 * 1024 * 1024;
    private const int MostPages = 1000;
    private static readonly string[] ChartTypes = ["application/vnd.cncf.helm.chart.content.v1.tar+gzip", "application/tar+gzip"];

    private readonly RepositoryClient _client;
    private readonly RepositoryAccess _access;
    private readonly ChartCache? _cache;
    private readonly Uri _home;
    private AuthenticationHeaderValue? _authorization;

    /// <summary>A registry by its host ("name" or "name:port"). Nothing is asked yet.</summary>
    public OciRegistry(string host, RepositoryAccess? access = null, ChartCache? cache = null)
    {
        _access = access ?? new RepositoryAccess();
        _cache = cache;
        _home = new Uri($"{(_access.PlainHttp ? "http" : "https")}://{host}/");
        _client = new RepositoryClient(_home, _access);
        // A fixed token is sent at once; name and password only when the registry says how it wants them.
        _authorization = _access.BearerToken is { Length: > 0 } ? _client.Credentials : null;
    }

    /// <summary>Ends its connections.</summary>
    public void Dispose() => _client.Dispose();

    /// <summary>The versions of a chart, the newest first. Tags that are no versions are left out.</summary>
    /// <exception cref="RepositoryException">No answer, or no such chart.</exception>
    public async Task<IReadOnlyList<string>> VersionsAsync(string name, CancellationToken cancellation)
    {
        var versions = new List<SemVersion>();
        Uri? next = new(_home, $"v2/{name}/tags/list?n=1000");
        for (var page = 0; next is not null; page++)
        {
            if (page == MostPages)
            {
                throw new RepositoryException($"{_home.Authority}/{name} has more than {MostPages} pages of tags");
            }

            using var response = await GetAsync(next, name, null, cancellation);
            using var body = Json(await RepositoryClient.ReadAsync(next, response, MostManifestBytes, cancellation), next);
            if (body.RootElement.TryGetProperty("tags", out var tags) && tags.ValueKind == JsonValueKind.Array)
            {
                versions.AddRange(tags.EnumerateArray().Where(t => t.ValueKind == JsonValueKind.String)
                    .Select(t => SemVersion.TryParse(t.GetString()!.Replace('_', '+'))).Where(v => v is not null && IsStrict(v)).Select(v => v!));
            }

            next = NextPage(next, response);
        }

        return [.. versions.OrderDescending().Select(v => v.Original)];
    }

    /// <summary>A chart by tag, by digest, or the newest that a constraint allows.</summary>
    /// <exception cref="RepositoryException">No answer, no such chart or version, or content that is not what its digest says.</exception>
    public async Task<OciChart> PullAsync(OciReference reference, string version, CancellationToken cancellation)
    {
        if (reference.Tag.Length > 0 && version.Length > 0 && reference.Tag != version)
        {
            throw new RepositoryException($"chart reference and version mismatch: {version} is not {reference.Tag}");
        }

        version = version.Length > 0 ? version : reference.Tag;
        var (tag, digest) = ("", reference.Digest);
        if (digest.Length == 0)
        {
            tag = await ResolveAsync(reference, version, cancellation);
        }
        else if (version.Length > 0 && await FindManifestAsync(reference.Name, OciReference.TagOf(version), cancellation) is { } tagged && tagged.Digest != digest)
        {
            throw new RepositoryException($"chart reference digest mismatch: {tagged.Digest} is not {digest}");
        }

        var manifest = await FindManifestAsync(reference.Name, digest.Length > 0 ? digest : OciReference.TagOf(tag), cancellation)
            ?? throw new RepositoryException($"{reference.Host}/{reference.Name}{(digest.Length > 0 ? "@" + digest : ":" + tag)}: not found");
        var archive = await BlobAsync(reference.Name, ChartLayer(manifest), cancellation);
        return new OciChart($"{reference.Host}/{reference.Name}{(tag.Length > 0 ? ":" + tag : "@" + digest)}", manifest.Digest, archive);
    }

    /// <summary>The digest ("sha256:...") of the archive that a version's tag stands for now, by its manifest alone; null when there is no such tag.</summary>
    /// <exception cref="RepositoryException">No answer, or the tag is no chart.</exception>
    public async Task<string?> ArchiveDigestAsync(OciReference reference, string version, CancellationToken cancellation) =>
        await FindManifestAsync(reference.Name, OciReference.TagOf(version), cancellation) is { } manifest ? ChartLayer(manifest) : null;

    private async Task<string> ResolveAsync(OciReference reference, string version, CancellationToken cancellation)
    {
        if (SemVersion.TryParse(version) is not null)
        {
            return version;
        }

        var versions = await VersionsAsync(reference.Name, cancellation);
        if (versions.Count == 0)
        {
            throw new RepositoryException($"unable to locate any tags in provided repository: {OciReference.Scheme}{reference.Host}/{reference.Name}");
        }

        var constraint = SemConstraint.TryParse(version.Length > 0 ? version : "*", out var fault) ?? throw new RepositoryException(fault);
        return versions.FirstOrDefault(v => constraint.Matches(SemVersion.TryParse(v)!)) ?? throw new RepositoryException($"could not locate a version matching provided version string {version}");
    }

    private sealed record Manifest(string Digest, byte[] Body);

    private async Task<Manifest?> FindManifestAsync(string name, string tagOrDigest, CancellationToken cancellation)
    {
        var uri = new Uri(_home, $"v2/{name}/manifests/{tagOrDigest}");
        using var response = await GetAsync(uri, name, ManifestType, cancellation);
        if (response.StatusCode == HttpStatusCode.NotFound)
        {
            return null;
        }

        var body = await RepositoryClient.ReadAsync(uri, response, MostManifestBytes, cancellation);
        var digest = Digest(body);
        var promised = OciReference.IsDigest(tagOrDigest) ? tagOrDigest : response.Headers.TryGetValues("Docker-Content-Digest", out var values) ? values.First() : digest;
        return promised == digest ? new Manifest(digest, body) : throw new RepositoryException($"the manifest of {_home.Authority}/{name} is not what was promised: digest {digest} instead of {promised}");
    }

    // The one layer that is the chart; the config says that the manifest is a chart's at all.
    private static string ChartLayer(Manifest manifest)
    {
        using var json = Json(manifest.Body, null);
        var root = json.RootElement;
        if (Text(root, "config", "mediaType") != ConfigType)
        {
            throw new RepositoryException($"manifest {manifest.Digest} is no Helm chart (config {Text(root, "config", "mediaType")})");
        }

        foreach (var layer in root.TryGetProperty("layers", out var layers) && layers.ValueKind == JsonValueKind.Array ? layers.EnumerateArray() : default)
        {
            if (ChartTypes.Contains(Text(layer, "mediaType")) && OciReference.IsDigest(Text(layer, "digest")))
            {
                return Text(layer, "digest");
            }
        }

        throw new RepositoryException($"manifest {manifest.Digest} does not contain a layer with mediatype {ChartTypes[0]}");
    }

    private async Task<byte[]> BlobAsync(string name, string digest, CancellationToken cancellation)
    {
        if (_cache?.Archive(digest["sha256:".Length..]) is { } kept)
        {
            return kept;
        }

        var uri = new Uri(_home, $"v2/{name}/blobs/{digest}");
        using var response = await GetAsync(uri, name, null, cancellation);
        var blob = await RepositoryClient.ReadAsync(uri, response, _access.ArchiveBytes, cancellation);
        if (Digest(blob) != digest)
        {
            throw new RepositoryException($"a layer of {_home.Authority}/{name} is not what its manifest promises: digest {Digest(blob)} instead of {digest}");
        }

        _cache?.Keep(blob);
        return blob;
    }

    // A registry answers 401 and says what it wants: name and password, or a token from another address (distribution specification, token authentication).
    private async Task<HttpResponseMessage> GetAsync(Uri uri, string name, string? accept, CancellationToken cancellation)
    {
        void Prepare(HttpRequestMessage request)
        {
            if (accept is not null)
            {
                request.Headers.Accept.ParseAdd(accept);
            }
        }

        var response = await _client.GetAsync(uri, _authorization, Prepare, cancellation);
        if (response.StatusCode != HttpStatusCode.Unauthorized)
        {
            return response;
        }

        using (response)
        {
            _authorization = await AnswerAsync(response.Headers.WwwAuthenticate, name, cancellation)
                ?? throw new RepositoryException($"{_home.Authority} asks for a name and a password: 401 Unauthorized");
        }

        return await _client.GetAsync(uri, _authorization, Prepare, cancellation);
    }

    private async Task<AuthenticationHeaderValue?> AnswerAsync(IEnumerable<AuthenticationHeaderValue> challenges, string name, CancellationToken cancellation)
    {
        foreach (var challenge in challenges)
        {
            if (challenge.Scheme.Equals("Basic", StringComparison.OrdinalIgnoreCase))
            {
                return _client.Credentials;
            }

            var parameters = OciChallenge.Parameters(challenge.Parameter ?? "");
            if (challenge.Scheme.Equals("Bearer", StringComparison.OrdinalIgnoreCase) && parameters.GetValueOrDefault("realm") is { } realm && Uri.TryCreate(realm, UriKind.Absolute, out var server))
            {
                var scope = parameters.GetValueOrDefault("scope") ?? $"repository:{name}:pull";
                var query = $"{(server.Query.Length > 0 ? server.Query + "&" : "?")}service={Uri.EscapeDataString(parameters.GetValueOrDefault("service") ?? "")}&scope={Uri.EscapeDataString(scope)}";
                var uri = new UriBuilder(server) { Query = query }.Uri;
                using var response = await _client.GetTokenAsync(uri, cancellation);
                using var json = Json(await RepositoryClient.ReadAsync(uri, response, MostManifestBytes, cancellation), uri);
                var token = Text(json.RootElement, "token") is { Length: > 0 } t ? t : Text(json.RootElement, "access_token");
                return token.Length > 0 ? new AuthenticationHeaderValue("Bearer", token) : null;
            }
        }

        return null;
    }

    // Link: </v2/name/tags/list?n=1000&last=x>; rel="next"
    private static Uri? NextPage(Uri page, HttpResponseMessage response)
    {
        var link = response.Headers.TryGetValues("Link", out var values) ? values.First() : "";
        var end = link.IndexOf('>', StringComparison.Ordinal);
        return link.StartsWith('<') && end > 0 && link.Contains("next", StringComparison.Ordinal) ? new Uri(page, link[1..end]) : null;
    }

    // Helm takes full versions only: tags such as 1.2 or v1 move.
    private static bool IsStrict(SemVersion version) => version.ToString() == version.Original;

    private static string Digest(byte[] data) => "sha256:" + Convert.ToHexStringLower(SHA256.HashData(data));

    private static string Text(JsonElement element, params ReadOnlySpan<string> path)
    {
        foreach (var name in path)
        {
            if (element.ValueKind != JsonValueKind.Object || !element.TryGetProperty(name, out element))
            {
                return "";
            }
        }

        return element.ValueKind == JsonValueKind.String ? element.GetString()! : "";
    }

    private static JsonDocument Json(byte[] body, Uri? source)
    {
        try
        {
            return JsonDocument.Parse(body);
        }
        catch (JsonException error)
        {
            throw new RepositoryException($"{(source is null ? "the manifest" : RepositoryClient.Shown(source))} is no JSON: {error.Message}", error);
        }
    }
}
