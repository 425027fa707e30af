using Portal.Helm.Charts;
using Portal.Helm.Charts.Repositories;

namespace Portal.Cli;

/// <summary>An archive that was fetched and the name of its file.</summary>
internal sealed record FetchedChart(string FileName, byte[] Archive);

/// <summary>Finds a chart as Helm does: a local path, an address, oci://, REPO/NAME that "helm repo add" made known, or a name in --repo (pkg/action/install.go, LocateChart).</summary>
internal sealed class ChartLocator(FlagSet flags, TextWriter output)
{
    public static readonly Flag[] Flags =
    [
        new("version", FlagKind.Text, "version or constraint (1.2.3, ^2.0.0); the newest without it"),
        new("devel", FlagKind.Switch, "take development versions too; the same as --version '>0.0.0-0'"),
        new("repo", FlagKind.Text, "address of the chart repository"),
        new("username", FlagKind.Text, "name for the repository"),
        new("password", FlagKind.Text, "password for the repository"),
        new("ca-file", FlagKind.Text, "authorities to trust (PEM)"),
        new("cert-file", FlagKind.Text, "the client's certificate (PEM)"),
        new("key-file", FlagKind.Text, "the key of that certificate (PEM)"),
        new("insecure-skip-tls-verify", FlagKind.Switch, "do not check the server's certificate"),
        new("plain-http", FlagKind.Switch, "speak http with a registry"),
        new("pass-credentials", FlagKind.Switch, "send name and password to every host that an index names"),
        new("verify", FlagKind.Switch, ""),
        new("keyring", FlagKind.Text, ""),
    ];

    private readonly HelmHome _home = new(flags);

    // One mistake less: a chart whose signature was not looked at must not look verified.
    private string Version => flags.Has("verify") ? throw new UsageException("--verify is not known here: signatures are not checked, digests are")
        : flags.One("version")?.Trim() is { Length: > 0 } version ? version
        : flags.Has("devel") ? ">0.0.0-0" : "";

    private RepositoryAccess Access => new()
    {
        UserName = flags.One("username"),
        Password = flags.One("password"),
        CertificateAuthority = Pem("ca-file"),
        ClientCertificate = Pem("cert-file"),
        ClientKey = Pem("key-file"),
        SkipTlsVerification = flags.Has("insecure-skip-tls-verify"),
        PlainHttp = flags.Has("plain-http"),
        PassCredentialsToAll = flags.Has("pass-credentials"),
    };

    /// <summary>The chart that a reference names.</summary>
    public async Task<Chart> LoadAsync(string reference, CancellationToken cancellation)
    {
        reference = reference.Trim();
        var version = Version;
        if (!flags.Given("repo"))
        {
            if (Directory.Exists(reference))
            {
                return ChartLoader.LoadDirectory(reference);
            }

            if (File.Exists(reference))
            {
                using var file = ArchiveFile.Open(reference);
                return ChartLoader.LoadArchive(file);
            }

            if (Path.IsPathRooted(reference) || reference.StartsWith('.'))
            {
                throw new UsageException($"path \"{reference}\" not found");
            }
        }

        var fetched = await FetchAsync(reference, version, cancellation);
        return ChartLoader.LoadArchive(new MemoryStream(fetched.Archive));
    }

    /// <summary>The archive that a reference names; local paths are none.</summary>
    public Task<FetchedChart> FetchAsync(string reference, CancellationToken cancellation) => FetchAsync(reference, Version, cancellation);

    /// <summary>A file at an address, with the command line's credentials.</summary>
    public async Task<byte[]> GetAsync(Uri address, CancellationToken cancellation)
    {
        using var client = new RepositoryClient(address, Access);
        return await client.GetBytesAsync(address, Access.ArchiveBytes, cancellation);
    }

    private async Task<FetchedChart> FetchAsync(string reference, string version, CancellationToken cancellation)
    {
        if (flags.One("repo") is { Length: > 0 } repo)
        {
            return await FromRepositoryAsync(Address(repo), Access, reference, version, version, cancellation);
        }

        if (OciReference.IsOci(reference))
        {
            var (chart, pulled) = await FromRegistryAsync(reference, Access, version, cancellation);
            await SayPulledAsync(pulled);
            return chart;
        }

        if (reference.Contains("://", StringComparison.Ordinal))
        {
            var address = Address(reference);
            return new FetchedChart(Path.GetFileName(address.AbsolutePath), await GetAsync(address, cancellation));
        }

        var slash = reference.IndexOf('/', StringComparison.Ordinal);
        if (slash <= 0)
        {
            throw new UsageException($"non-absolute URLs should be in form of repo_name/path_to_chart, got: {reference}");
        }

        var known = _home.Repository(reference[..slash], Access) ?? throw new UsageException($"repo {reference[..slash]} not found");
        return await FromRepositoryAsync(known.Address, known.Access, reference[(slash + 1)..], version, "", cancellation);
    }

    // What Helm's registry client writes to its output; a tag has _ for +, and whoever sees one is told (pkg/registry/client.go).
    private async Task SayPulledAsync(OciChart chart)
    {
        var shown = OciReference.TagOf(chart.Reference);
        await output.WriteLineAsync($"Pulled: {shown}\nDigest: {chart.Digest}");
        if (shown.Contains('_', StringComparison.Ordinal))
        {
            await output.WriteLineAsync($"""
                {shown} contains an underscore.

                OCI artifact references (e.g. tags) do not support the plus sign (+). To support
                storing semantic versions, Helm adopts the convention of changing plus (+) to
                an underscore (_) in chart version tags when pushing to a registry and back to
                a plus (+) when pulling from a registry.
                """);
        }
    }

    // A digest names the file where it names the chart, whatever tag stands before it.
    private async Task<(FetchedChart Chart, OciChart Pulled)> FromRegistryAsync(string reference, RepositoryAccess access, string version, CancellationToken cancellation)
    {
        var oci = OciReference.Parse(reference);
        using var registry = new OciRegistry(oci.Host, _home.Registry(oci.Host, access), _home.Cache);
        var chart = await registry.PullAsync(oci, version, cancellation);
        var name = oci.Digest.Length > 0 ? $"{oci.ChartName}@{oci.Digest.Replace(':', '-')}" : $"{oci.ChartName}-{chart.Reference[(chart.Reference.LastIndexOf(':') + 1)..]}";
        return (new FetchedChart(name + ".tgz", chart.Archive), chart);
    }

    private async Task<FetchedChart> FromRepositoryAsync(Uri address, RepositoryAccess access, string name, string version, string pulled, CancellationToken cancellation)
    {
        using var repository = new HttpRepository(address, access, _home.Cache);
        RepositoryIndex index;
        try
        {
            index = await repository.ReadIndexAsync(cancellation);
        }
        catch (RepositoryException error)
        {
            throw new RepositoryException($"looks like \"{address.OriginalString}\" is not a valid chart repository or cannot be reached: {error.Message}", error);
        }

        var wanted = version.Length > 0 ? $"chart \"{name}\" version \"{version}\"" : $"chart \"{name}\"";
        var entry = index.Find(name, version) ?? throw new RepositoryException($"{wanted} not found in {address.OriginalString} repository");
        var place = repository.Address(entry);
        if (OciReference.IsOci(place.AbsoluteUri))
        {
            // Name and password are the repository's: the registry has a login of its own (OCIGetter), and the pull is not spoken of.
            return (await FromRegistryAsync(entry.Urls[0], access with { UserName = null, Password = null }, pulled, cancellation)).Chart;
        }

        return new FetchedChart(Path.GetFileName(place.AbsolutePath), await repository.DownloadAsync(entry, cancellation));
    }

    private static Uri Address(string text) => Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"
        ? uri
        : throw new UsageException(uri is null ? $"could not find protocol handler for: {text}" : $"could not find protocol handler for: {uri.Scheme}");

    private string? Pem(string flag) => flags.One(flag) is { Length: > 0 } path ? LocalFile.Read(path) : null;
}
