using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Portal.Helm.Charts.Repositories;

/// <summary>
/// HTTP for one repository. Credentials go to its own scheme, host and port only, unless <see cref="RepositoryAccess.PassCredentialsToAll"/> says
/// otherwise (pkg/getter/httpgetter.go); redirects are followed here, by the rule of Go's client.
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
        credentials = _access.PassCredentialsToAll || SameHost(uri, _home) ? credentials : null;
        for (var redirects = 0; ; redirects++)
        {
            CheckHost(uri);
            using var request = new HttpRequestMessage(HttpMethod.Get, uri);
            prepare?.Invoke(request);
            request.Headers.Authorization = credentials ?? UserOf(uri);
            var response = await SendAsync(request, cancellation);
            if ((int)response.StatusCode is not (301 or 302 or 303 or 307 or 308) || response.Headers.Location is not { } location)
            {
                return response;
            }

            response.Dispose();
            uri = redirects < MostRedirects ? new Uri(uri, location) : throw new RepositoryException($"{Shown(first)} redirects more than {MostRedirects} times");
            credentials = KeepsCredentials(first, uri) ? credentials : null;
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
        uri.UserInfo.Length == 0 ? null : Basic(Uri.UnescapeDataString(uri.UserInfo.Contains(':') ? uri.UserInfo : uri.UserInfo + ":"));

    private static AuthenticationHeaderValue Basic(string nameAndPassword) => new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(nameAndPassword)));

    private static bool SameHost(Uri a, Uri b) => a.Scheme == b.Scheme && a.Host == b.Host && a.Port == b.Port;

    // net/http, shouldCopyHeaderOnRedirect: credentials follow to the same name and to names below it, and once left behind they stay there, whoever may
    // be asked first. Go sends them from https to http as well, where anybody on the way reads them: not so here.
    private static bool KeepsCredentials(Uri first, Uri next) =>
        !(first.Scheme == "https" && next.Scheme == "http")
        && (next.IdnHost == first.IdnHost || (next.HostNameType == UriHostNameType.Dns && next.IdnHost.EndsWith("." + first.IdnHost, StringComparison.Ordinal)));

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
        handler.Proxy = access.Proxy is null ? EnvironmentProxy.FromEnvironment() : new WebProxy(access.Proxy);

        if (access.SkipTlsVerification)
        {
#pragma warning disable CA5359 // It is what the flag asks for.
            handler.SslOptions.RemoteCertificateValidationCallback = (_, _, _, _) => true;
#pragma warning restore CA5359
        }
        else if (access.CertificateAuthority is { Length: > 0 } pem)
        {
            var policy = Trusting(pem);
            handler.SslOptions.CertificateChainPolicy = policy;
            handler.SslOptions.RemoteCertificateValidationCallback = (_, _, chain, errors) =>
                (errors & ~SslPolicyErrors.RemoteCertificateChainErrors) == 0 && chain is not null && IsAnchored(chain, policy.CustomTrustStore);
        }

        handler.SslOptions.ClientCertificateContext = ClientCertificate(access);
        return handler;
    }

    private static X509ChainPolicy Trusting(string pem)
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            VerificationFlags = X509VerificationFlags.AllowUnknownCertificateAuthority,
        };
        Read("the authorities to trust", () => policy.CustomTrustStore.ImportFromPem(pem));
        policy.ExtraStore.AddRange(policy.CustomTrustStore);
        return policy.CustomTrustStore.Count > 0 ? policy : throw new RepositoryException("the authorities to trust: no certificate in PEM form");
    }

    // crypto/x509 trusts every certificate that it was given, one that others have signed and the server's own too, and does not ask what stands above it.
    private static bool IsAnchored(X509Chain chain, X509Certificate2Collection trusted)
    {
        const X509ChainStatusFlags Above = X509ChainStatusFlags.UntrustedRoot | X509ChainStatusFlags.PartialChain;
        foreach (var element in chain.ChainElements)
        {
            if (element.ChainElementStatus.Any(s => (s.Status & ~Above) != 0))
            {
                return false;
            }

            if (trusted.Any(t => t.RawDataMemory.Span.SequenceEqual(element.Certificate.RawDataMemory.Span)))
            {
                return true;
            }
        }

        return false;
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
