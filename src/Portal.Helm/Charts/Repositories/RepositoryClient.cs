using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Portal.Helm.Charts.Repositories;

/// <summary>
/// HTTP for one repository. Credentials go to its own scheme, host and port only, unless <see cref="RepositoryAccess.PassCredentialsToAll"/> says
/// otherwise (pkg/getter/httpgetter.go); redirects are followed here, so that this holds for them as well.
/// </summary>
public sealed class RepositoryClient : IDisposable
{
    private const int MostRedirects = 10;
    private readonly HttpClient _http;
    private readonly Uri _home;
    private readonly RepositoryAccess _access;

    /// <exception cref="RepositoryException">A certificate or key is none.</exception>
    public RepositoryClient(Uri home, RepositoryAccess access)
    {
        _home = home;
        _access = access;
        _http = new HttpClient(Handler(access)) { Timeout = access.Timeout };
        _http.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("iomete-portal", "1.0"));
    }

    /// <summary>The repository's own credentials as a header, or null.</summary>
    public AuthenticationHeaderValue? Credentials =>
        _access.BearerToken is { Length: > 0 } token ? new AuthenticationHeaderValue("Bearer", token)
        : _access.UserName is { Length: > 0 } name ? Basic($"{name}:{_access.Password}")
        : null;

    /// <summary>Ends its connections.</summary>
    public void Dispose() => _http.Dispose();

    /// <summary>The answer to a GET with the repository's credentials, whatever its status is; only its head is read.</summary>
    /// <exception cref="RepositoryException">No answer.</exception>
    public Task<HttpResponseMessage> GetAsync(Uri uri, Action<HttpRequestMessage>? prepare, CancellationToken cancellation) => GetAsync(uri, Credentials, prepare, cancellation);

    /// <summary>The same with other credentials.</summary>
    /// <exception cref="RepositoryException">No answer.</exception>
    public async Task<HttpResponseMessage> GetAsync(Uri uri, AuthenticationHeaderValue? credentials, Action<HttpRequestMessage>? prepare, CancellationToken cancellation)
    {
        var first = uri;
        for (var redirects = 0; ; redirects++)
        {
            CheckHost(uri);
            using var request = new HttpRequestMessage(HttpMethod.Get, uri);
            prepare?.Invoke(request);
            request.Headers.Authorization = _access.PassCredentialsToAll || SameHost(uri, _home) ? credentials : null;
            request.Headers.Authorization ??= UserOf(uri);
            var response = await SendAsync(request, cancellation);
            if ((int)response.StatusCode is not (301 or 302 or 303 or 307 or 308) || response.Headers.Location is not { } location)
            {
                return response;
            }

            response.Dispose();
            uri = redirects < MostRedirects ? new Uri(uri, location) : throw new RepositoryException($"{Shown(first)} redirects more than {MostRedirects} times");
        }
    }

    /// <summary>A token from the server that a registry names; it gets the credentials even where its host is another.</summary>
    /// <exception cref="RepositoryException">No answer.</exception>
    internal async Task<HttpResponseMessage> GetTokenAsync(Uri uri, CancellationToken cancellation)
    {
        CheckHost(uri);
        using var request = new HttpRequestMessage(HttpMethod.Get, uri);
        request.Headers.Authorization = Credentials;
        return await SendAsync(request, cancellation);
    }

    /// <summary>The body of a GET, at most so many bytes.</summary>
    /// <exception cref="RepositoryException">No answer, another status than 200, or too large.</exception>
    public async Task<byte[]> GetBytesAsync(Uri uri, long most, CancellationToken cancellation)
    {
        using var response = await GetAsync(uri, null, cancellation);
        return await ReadAsync(uri, response, most, cancellation);
    }

    internal static async Task<byte[]> ReadAsync(Uri uri, HttpResponseMessage response, long most, CancellationToken cancellation)
    {
        CheckStatus(uri, response);
        using var result = new MemoryStream();
        await CopyAsync(uri, response, result, most, cancellation);
        return result.ToArray();
    }

    internal static async Task CopyAsync(Uri uri, HttpResponseMessage response, Stream target, long most, CancellationToken cancellation)
    {
        try
        {
            await using var stream = await response.Content.ReadAsStreamAsync(cancellation);
            var buffer = new byte[81920];
            long total = 0;
            int read;
            while ((read = await stream.ReadAsync(buffer, cancellation)) > 0)
            {
                total += read;
                if (total > most)
                {
                    throw new RepositoryException($"{Shown(uri)} is larger than {most} bytes");
                }

                await target.WriteAsync(buffer.AsMemory(0, read), cancellation);
            }
        }
        catch (Exception error) when (error is HttpRequestException or HttpIOException)
        {
            throw new RepositoryException($"{Shown(uri)} broke off: {error.Message}", error);
        }
    }

    internal static void CheckStatus(Uri uri, HttpResponseMessage response)
    {
        if (response.StatusCode != HttpStatusCode.OK)
        {
            throw new RepositoryException($"failed to fetch {Shown(uri)} : {(int)response.StatusCode} {response.ReasonPhrase}");
        }
    }

    // Queries may carry signatures, and users passwords: they are not for messages.
    internal static string Shown(Uri uri) => uri.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped);

    // net/http sends the user of an address where nothing else says who asks (Client.do).
    private static AuthenticationHeaderValue? UserOf(Uri uri) =>
        uri.UserInfo.Length == 0 ? null : Basic(Uri.UnescapeDataString(uri.UserInfo));

    private static AuthenticationHeaderValue Basic(string nameAndPassword) => new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(nameAndPassword)));

    private static bool SameHost(Uri a, Uri b) => a.Scheme == b.Scheme && a.Host == b.Host && a.Port == b.Port;

    private void CheckHost(Uri uri)
    {
        if (uri.Scheme is not ("http" or "https"))
        {
            throw new RepositoryException($"{Shown(uri)} is no http address");
        }

        if (_access.HomeOnly && !SameHost(uri, _home) && !_access.OtherHosts.Any(h => h.Equals(uri.Authority, StringComparison.OrdinalIgnoreCase)))
        {
            throw new RepositoryException($"{_home.Authority} refers to {uri.Authority}, which is not configured");
        }
    }

    private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellation)
    {
        try
        {
            return await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
        }
        catch (HttpRequestException error)
        {
            throw new RepositoryException($"{Shown(request.RequestUri!)} cannot be reached: {(error.InnerException ?? error).Message}", error);
        }
        catch (OperationCanceledException error) when (!cancellation.IsCancellationRequested)
        {
            throw new RepositoryException($"{Shown(request.RequestUri!)} does not answer within {_http.Timeout.TotalSeconds:0} s", error);
        }
    }

    private static SocketsHttpHandler Handler(RepositoryAccess access)
    {
        var handler = new SocketsHttpHandler { AllowAutoRedirect = false, PooledConnectionLifetime = TimeSpan.FromMinutes(1), AutomaticDecompression = DecompressionMethods.None };
        if (access.Proxy is not null)
        {
            handler.Proxy = new WebProxy(access.Proxy);
        }

        if (access.SkipTlsVerification)
        {
#pragma warning disable CA5359 // It is what the flag asks for.
            handler.SslOptions.RemoteCertificateValidationCallback = (_, _, _, _) => true;
#pragma warning restore CA5359
        }
        else if (access.CertificateAuthority is { Length: > 0 } pem)
        {
            handler.SslOptions.CertificateChainPolicy = Trusting(pem);
        }

        handler.SslOptions.ClientCertificateContext = ClientCertificate(access);
        return handler;
    }

    private static X509ChainPolicy Trusting(string pem)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        Read("the authorities to trust", () => policy.CustomTrustStore.ImportFromPem(pem));
        return policy.CustomTrustStore.Count > 0 ? policy : throw new RepositoryException("the authorities to trust: no certificate in PEM form");
    }

    // The file may hold the authorities between the client's certificate and one that the server knows: they are sent along (crypto/tls, X509KeyPair).
    private static SslStreamCertificateContext? ClientCertificate(RepositoryAccess access)
    {
        const string What = "the client's certificate and key";
        var (certificate, key) = (access.ClientCertificate ?? "", access.ClientKey ?? "");
        if (certificate.Length == 0 && key.Length == 0)
        {
            return null;
        }

        if (certificate.Length == 0 || key.Length == 0)
        {
            throw new RepositoryException($"{What}: one without the other is of no use");
        }

        SslStreamCertificateContext? context = null;
        Read(What, () =>
        {
            var chain = new X509Certificate2Collection();
            chain.ImportFromPem(certificate);
            context = SslStreamCertificateContext.Create(X509Certificate2.CreateFromPem(certificate, key), chain, offline: true);
        });
        return context;
    }

    private static void Read(string what, Action read)
    {
        try
        {
            read();
        }
        catch (Exception error) when (error is CryptographicException or ArgumentException)
        {
            throw new RepositoryException($"{what}: {error.Message}", error);
        }
    }
}
