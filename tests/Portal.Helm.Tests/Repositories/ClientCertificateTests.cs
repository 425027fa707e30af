using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Portal.Helm.Charts.Repositories;
using Portal.Testing;

namespace Portal.Helm.Tests.Repositories;

/// <summary>Servers that ask who is there: Kestrel, with an authority for its own certificate and one for those of its clients.</summary>
public sealed class ClientCertificateTests : IAsyncLifetime
{
    private static readonly byte[] Archive = Archives.Pack("demo", "1.2.3");
    private static readonly string Manifest = $$"""
        {"schemaVersion": 2, "config": {"mediaType": "application/vnd.cncf.helm.config.v1+json", "digest": "{{DockerRegistry.Digest([])}}", "size": 0},
         "layers": [{"mediaType": "application/vnd.cncf.helm.chart.content.v1.tar+gzip", "digest": "{{DockerRegistry.Digest(Archive)}}", "size": {{Archive.Length}}}]}
        """;

    private readonly TestCertificates _serverSide = new();
    private readonly Authority _clients = new("clients");
    private WebApplication _server = null!;

    private Uri Address => new(_server.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddRoutingCore();
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(o => o.Listen(IPAddress.Loopback, 0, l => l.UseHttps(_serverSide.Server, https =>
        {
            https.ClientCertificateMode = ClientCertificateMode.RequireCertificate;
            https.ClientCertificateValidation = (certificate, chain, _) => _clients.Signed(certificate, chain);
        })));
        _server = builder.Build();
        _server.MapGet("/repo/index.yaml", () => "apiVersion: v1\nentries:\n  demo:\n  - {name: demo, version: 1.2.3, urls: [demo-1.2.3.tgz]}\n");
        _server.MapGet("/repo/demo-1.2.3.tgz", () => Results.Bytes(Archive));
        _server.MapGet("/v2/demo/manifests/1.2.3", () => Results.Text(Manifest, "application/vnd.oci.image.manifest.v1+json"));
        _server.MapGet($"/v2/demo/blobs/{DockerRegistry.Digest(Archive)}", () => Results.Bytes(Archive));
        await _server.StartAsync(Token);
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _serverSide.Dispose();
        _clients.Dispose();
    }

    private RepositoryAccess Access(Authority signer) => new() { CertificateAuthority = _serverSide.AuthorityPem, ClientCertificate = signer.Client.ExportCertificatePem(), ClientKey = signer.ClientKeyPem };

    [Fact]
    public async Task A_client_with_a_certificate_that_the_server_knows_gets_in() => await GetsInAsync(Access(_clients));

    // The authority of the client's certificate is one that the server does not have: it comes from the client's file.
    [Fact]
    public async Task What_stands_between_the_certificate_and_the_authority_is_sent_along()
    {
        using var between = new Authority("between", _clients);
        await GetsInAsync(Access(between) with { ClientCertificate = between.Client.ExportCertificatePem() + "\n" + between.Own.ExportCertificatePem() });
        await IsRefusedAsync(Access(between), "cannot be reached");
    }

    [Fact]
    public async Task A_client_without_a_certificate_is_refused() => await IsRefusedAsync(new RepositoryAccess { CertificateAuthority = _serverSide.AuthorityPem }, "cannot be reached");

    [Fact]
    public async Task A_client_with_a_certificate_of_somebody_else_is_refused()
    {
        using var others = new Authority("others");
        await IsRefusedAsync(Access(others), "cannot be reached");
    }

    [Fact]
    public async Task A_server_of_another_authority_gets_nothing_from_the_client()
    {
        using var others = new TestCertificates();
        await IsRefusedAsync(Access(_clients) with { CertificateAuthority = others.AuthorityPem }, "certificate");
    }

    [Fact]
    public async Task What_is_no_certificate_or_no_key_of_it_is_said_before_anything_is_sent()
    {
        using var others = new Authority("others");
        const string Pair = "the client's certificate and key: ";
        await IsRefusedAsync(Access(_clients) with { ClientKey = others.ClientKeyPem }, Pair);
        await IsRefusedAsync(Access(_clients) with { ClientKey = "no key" }, Pair);
        await IsRefusedAsync(Access(_clients) with { ClientCertificate = "no certificate" }, Pair);
        await IsRefusedAsync(Access(_clients) with { ClientKey = null }, Pair + "one without the other");
        await IsRefusedAsync(Access(_clients) with { ClientCertificate = null }, Pair + "one without the other");
        await IsRefusedAsync(Access(_clients) with { CertificateAuthority = "no certificate" }, "the authorities to trust: no certificate in PEM form");
        await IsRefusedAsync(Access(_clients) with { CertificateAuthority = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n" }, "the authorities to trust: ");
    }

    private async Task GetsInAsync(RepositoryAccess access)
    {
        using var repository = new HttpRepository(new Uri(Address, "repo"), access);
        Assert.Equal(Archive, await repository.DownloadAsync((await repository.ReadIndexAsync(Token)).Find("demo", "")!, Token));
        using var registry = new OciRegistry(Address.Authority, access);
        Assert.Equal(Archive, (await registry.PullAsync(OciReference.Parse($"oci://{Address.Authority}/demo:1.2.3"), "", Token)).Archive);
    }

    private async Task IsRefusedAsync(RepositoryAccess access, string why)
    {
        async Task Index()
        {
            using var repository = new HttpRepository(new Uri(Address, "repo"), access);
            await repository.ReadIndexAsync(Token);
        }

        async Task Pull()
        {
            using var registry = new OciRegistry(Address.Authority, access);
            await registry.PullAsync(OciReference.Parse($"oci://{Address.Authority}/demo:1.2.3"), "", Token);
        }

        Assert.Contains(why, (await Assert.ThrowsAsync<RepositoryException>(Index)).Message, StringComparison.Ordinal);
        Assert.Contains(why, (await Assert.ThrowsAsync<RepositoryException>(Pull)).Message, StringComparison.Ordinal);
    }

    /// <summary>An authority, and a client's certificate that it signed.</summary>
    private sealed class Authority : IDisposable
    {
        private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

        public Authority(string name, Authority? parent = null)
        {
            var (from, until) = (DateTimeOffset.UtcNow.AddHours(-2), DateTimeOffset.UtcNow.AddHours(2));
            var own = new CertificateRequest($"CN={name}", _key, HashAlgorithmName.SHA256);
            own.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
            Own = parent is null ? own.CreateSelfSigned(from, until) : parent.Sign(own, _key);
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            var client = new CertificateRequest($"CN=client of {name}", key, HashAlgorithmName.SHA256);
            client.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.2")], false));
            Client = Sign(client, null);
            ClientKeyPem = key.ExportECPrivateKeyPem();
        }

        public X509Certificate2 Own { get; }

        public X509Certificate2 Client { get; }

        public string ClientKeyPem { get; }

        public bool Signed(X509Certificate2 certificate, X509Chain? sent)
        {
            using var chain = new X509Chain();
            chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
            chain.ChainPolicy.CustomTrustStore.Add(Own);
            chain.ChainPolicy.ExtraStore.AddRange(sent?.ChainPolicy.ExtraStore ?? []);
            return chain.Build(certificate);
        }

        public void Dispose()
        {
            Own.Dispose();
            Client.Dispose();
            _key.Dispose();
        }

        private X509Certificate2 Sign(CertificateRequest request, ECDsa? key)
        {
            var signed = request.Create(Own, DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddHours(1), RandomNumberGenerator.GetBytes(8));
            return key is null ? signed : signed.CopyWithPrivateKey(key);
        }
    }
}
