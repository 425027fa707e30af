namespace Portal.Helm.Charts.Repositories;

/// <summary>How a repository or registry is reached: who asks, whom to trust, which way.</summary>
public sealed record RepositoryAccess
{
    /// <summary>The name for basic authentication.</summary>
    public string? UserName { get; init; }

    /// <summary>The password for basic authentication.</summary>
    public string? Password { get; init; }

    /// <summary>Sent as a bearer token instead of name and password.</summary>
    public string? BearerToken { get; init; }

    /// <summary>PEM text of the authorities to trust instead of the system's.</summary>
    public string? CertificateAuthority { get; init; }

    /// <summary>PEM texts of a client's certificate and its key.</summary>
    public string? ClientCertificate { get; init; }

    /// <summary>The key of that certificate, PEM.</summary>
    public string? ClientKey { get; init; }

    /// <summary>The server's certificate is not checked.</summary>
    public bool SkipTlsVerification { get; init; }

    /// <summary>A registry speaks http (--plain-http).</summary>
    public bool PlainHttp { get; init; }

    /// <summary>Credentials go to every host that an index names (--pass-credentials), not only to the repository's own.</summary>
    public bool PassCredentialsToAll { get; init; }

    /// <summary>No other host is asked, whatever an index, a redirect or a challenge says.</summary>
    public bool HomeOnly { get; init; }

    /// <summary>Hosts ("name" or "name:port") that <see cref="HomeOnly"/> allows as well: where a registry's tokens and blobs are, or a repository's archives.</summary>
    public IReadOnlyCollection<string> OtherHosts { get; init; } = [];

    /// <summary>The proxy to use; null means HTTP_PROXY, HTTPS_PROXY and NO_PROXY.</summary>
    public Uri? Proxy { get; init; }

    /// <summary>How long one answer may take.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(120);

    /// <summary>How large an index may be.</summary>
    public long IndexBytes { get; init; } = 256 * 1024 * 1024;

    /// <summary>How large an archive may be.</summary>
    public long ArchiveBytes { get; init; } = 100 * 1024 * 1024;
}
