using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Portal.Helm.Charts;
using Portal.Helm.Charts.Repositories;
using Portal.Testing;

namespace Portal.Helm.Tests.Repositories;

public sealed class HttpRepositoryTests
{
    private static readonly byte[] Archive = Archives.Pack("demo", "1.2.3");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static string Index(string digest, string url = "charts/demo-1.2.3.tgz") => $$"""
        apiVersion: v1
        entries:
          demo:
          - {name: demo, version: 1.2.3, appVersion: "7", digest: "{{digest}}", created: "2026-01-02T03:04:05Z", urls: ["{{url}}"], maintainers: [{name: a}]}
          - {name: demo, version: 2.0.0-rc.1, urls: [x.tgz], deprecated: true}
          - {name: demo, version: 1.10.0, urls: [y.tgz], annotations: {a: b} }
          - {name: demo, version: not a version, urls: [z.tgz]}
        generated: "2026-01-02T03:04:05Z"
        """;

    private static WebAnswer Serve(Portal.Testing.WebRequest request, string index) => request.Target switch
    {
        "/repo/index.yaml" => WebAnswer.Text(index),
        "/repo/charts/demo-1.2.3.tgz" => new WebAnswer(200, Archive),
        _ => new WebAnswer(404, []),
    };

    private static ChartCache Cache() => new(Directory.CreateTempSubdirectory("portal-cache-").FullName);

    [Fact]
    public async Task Versions_are_sorted_the_newest_first_and_chosen_by_name_constraint_or_as_the_newest_that_is_none_in_preparation()
    {
        await using var server = new WebServer(r => Serve(r, Index("")));
        using var repository = new HttpRepository(new Uri(server.Address, "repo"));
        var index = await repository.ReadIndexAsync(Token);
        Assert.Equal(["2.0.0-rc.1", "1.10.0", "1.2.3"], index.Versions("demo").Select(v => v.Version));
        Assert.Equal("1.10.0", index.Find("demo", "")?.Version);
        Assert.Equal("1.2.3", index.Find("demo", "~1.2")?.Version);
        Assert.Equal("2.0.0-rc.1", index.Find("demo", ">0.0.0-0")?.Version);
        Assert.Null(index.Find("demo", "3.0.0"));
        Assert.Null(index.Find("other", ""));
        Assert.Equal(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero), index.Find("demo", "1.2.3")!.Created);
    }

    [Fact]
    public async Task An_archive_is_checked_against_the_digest_of_the_index()
    {
        var index = Index(ChartArchive.Digest(Archive));
        await using var server = new WebServer(r => Serve(r, index));
        using var repository = new HttpRepository(new Uri(server.Address, "repo/"));
        var entry = (await repository.ReadIndexAsync(Token)).Find("demo", "1.2.3")!;
        Assert.Equal(Archive, await repository.DownloadAsync(entry, Token));
        var error = await Assert.ThrowsAsync<RepositoryException>(() => repository.DownloadAsync(entry with { Digest = new string('0', 64) }, Token));
        Assert.Contains("is not what the index promises", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_index_that_has_not_changed_is_not_sent_again()
    {
        await using var server = new WebServer(r => r.Headers.GetValueOrDefault("If-None-Match") == "\"one\"" ? new WebAnswer(304, []) : WebAnswer.Text(Index(""), ("ETag", "\"one\"")));
        var cache = Cache();
        for (var i = 0; i < 2; i++)
        {
            using var repository = new HttpRepository(server.Address, cache: cache);
            Assert.Equal(3, (await repository.ReadIndexAsync(Token)).Versions("demo").Count);
        }

        Assert.Equal([null, "\"one\""], server.Requests.Select(r => r.Headers.GetValueOrDefault("If-None-Match")));
    }

    [Fact]
    public async Task A_known_archive_comes_from_the_cache_unless_it_was_damaged_there()
    {
        var folder = Directory.CreateTempSubdirectory("portal-cache-").FullName;
        await using var server = new WebServer(r => Serve(r, Index(ChartArchive.Digest(Archive))));
        using var repository = new HttpRepository(new Uri(server.Address, "repo"), cache: new ChartCache(folder));
        var entry = (await repository.ReadIndexAsync(Token)).Find("demo", "1.2.3")!;
        int Downloads() => server.Requests.Count(r => r.Target.EndsWith(".tgz", StringComparison.Ordinal));
        await repository.DownloadAsync(entry, Token);
        await repository.DownloadAsync(entry, Token);
        Assert.Equal(1, Downloads());
        await File.WriteAllTextAsync(Directory.EnumerateFiles(folder, "*.tgz", SearchOption.AllDirectories).Single(), "broken", Token);
        Assert.Equal(Archive, await repository.DownloadAsync(entry, Token));
        Assert.Equal(2, Downloads());
    }

    [Theory]
    [InlineData("Basic bmFtZTpzZWNyZXQ=", "name", "secret", null)]
    [InlineData("Basic bmFtZTo=", "name", "", null)]
    [InlineData("Basic bmFtZTo=", "name", null, null)]
    [InlineData("Bearer abc", null, null, "abc")]
    public async Task Credentials_are_sent(string header, string? name, string? password, string? token)
    {
        await using var server = new WebServer(r => r.Headers.GetValueOrDefault("Authorization") == header ? Serve(r, Index("")) : new WebAnswer(401, []));
        var address = new Uri(server.Address, "repo");
        using var repository = new HttpRepository(address, new RepositoryAccess { UserName = name, Password = password, BearerToken = token });
        Assert.NotEmpty((await repository.ReadIndexAsync(Token)).Names);
        using var anonymous = new HttpRepository(address);
        Assert.EndsWith("/repo/index.yaml : 401 Status", (await Assert.ThrowsAsync<RepositoryException>(() => anonymous.ReadIndexAsync(Token))).Message, StringComparison.Ordinal);
    }

    /// <summary>A name in the address without a password was sent without the colon between them, which no server takes.</summary>
    [Theory]
    [InlineData("name", "Basic bmFtZTo=")]
    [InlineData("name:", "Basic bmFtZTo=")]
    [InlineData("na%3Ame:p%40ss", "Basic bmE6bWU6cEBzcw==")]
    public async Task The_user_of_an_address_is_sent(string user, string header)
    {
        await using var server = new WebServer(r => r.Headers.GetValueOrDefault("Authorization") == header ? Serve(r, Index("")) : new WebAnswer(401, []));
        using var repository = new HttpRepository(new Uri($"http://{user}@{server.Address.Authority}/repo"));
        Assert.NotEmpty((await repository.ReadIndexAsync(Token)).Names);
    }

    // By net/http's rule a redirect takes credentials along to the same name, whatever its port, and to no other, whoever may be asked first.
    [Theory]
    [InlineData(false, null)]
    [InlineData(true, "Basic bmFtZTpzZWNyZXQ=")]
    public async Task Credentials_stay_at_home_unless_they_may_go_everywhere(bool everywhere, string? expected)
    {
        await using var foreign = new WebServer(r => r.Target.EndsWith("back.tgz", StringComparison.Ordinal) ? new WebAnswer(302, [], ("Location", "http://127.0.0.1:" + r.Headers["Host"].Split(':')[1] + "/end.tgz")) : new WebAnswer(200, Archive));
        var elsewhere = new UriBuilder(foreign.Address) { Host = "localhost" }.Uri;
        await using var server = new WebServer(r => r.Target.EndsWith("same.tgz", StringComparison.Ordinal) ? new WebAnswer(302, [], ("Location", new Uri(foreign.Address, "port.tgz").AbsoluteUri))
            : r.Target.EndsWith("moved.tgz", StringComparison.Ordinal) ? new WebAnswer(302, [], ("Location", new Uri(elsewhere, "there.tgz").AbsoluteUri))
            : r.Target.EndsWith("round.tgz", StringComparison.Ordinal) ? new WebAnswer(302, [], ("Location", new Uri(elsewhere, "back.tgz").AbsoluteUri))
            : Serve(r, Index("", new Uri(foreign.Address, "direct.tgz").AbsoluteUri)));
        using var repository = new HttpRepository(new Uri(server.Address, "repo"), new RepositoryAccess { UserName = "name", Password = "secret", PassCredentialsToAll = everywhere });
        var entry = (await repository.ReadIndexAsync(Token)).Find("demo", "1.2.3")!;
        await repository.DownloadAsync(entry, Token);
        foreach (var place in new[] { "same.tgz", "moved.tgz", "round.tgz" })
        {
            await repository.DownloadAsync(entry with { Urls = [place] }, Token);
        }

        Assert.Equal(["/direct.tgz", "/port.tgz", "/there.tgz", "/back.tgz", "/end.tgz"], foreign.Requests.Select(r => r.Target));
        Assert.Equal([expected, "Basic bmFtZTpzZWNyZXQ=", null, null, null], foreign.Requests.Select(r => r.Headers.GetValueOrDefault("Authorization")));
        Assert.All(server.Requests, r => Assert.True(r.Headers.ContainsKey("Authorization")));
    }

    [Fact]
    public async Task Other_hosts_are_not_asked_where_that_is_forbidden()
    {
        await using var server = new WebServer(r => Serve(r, Index("", "http://127.0.0.1:1/direct.tgz")));
        using var repository = new HttpRepository(new Uri(server.Address, "repo"), new RepositoryAccess { HomeOnly = true });
        var entry = (await repository.ReadIndexAsync(Token)).Find("demo", "1.2.3")!;
        Assert.Contains("which is not configured", (await Assert.ThrowsAsync<RepositoryException>(() => repository.DownloadAsync(entry, Token))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_with_a_certificate_of_an_own_authority_is_trusted_only_with_that_authority()
    {
        using var certificates = new TestCertificates();
        using var others = new TestCertificates();
        await using var server = new WebServer(r => Serve(r, Index("")), certificates.Server);
        var address = new Uri(server.Address, "repo");
        using var trusting = new HttpRepository(address, new RepositoryAccess { CertificateAuthority = others.AuthorityPem + "\n" + certificates.AuthorityPem });
        Assert.NotEmpty((await trusting.ReadIndexAsync(Token)).Names);
        using var careless = new HttpRepository(address, new RepositoryAccess { SkipTlsVerification = true });
        Assert.NotEmpty((await careless.ReadIndexAsync(Token)).Names);
        foreach (var access in new[] { new RepositoryAccess(), new RepositoryAccess { CertificateAuthority = others.AuthorityPem } })
        {
            using var repository = new HttpRepository(address, access);
            Assert.Contains("cannot be reached", (await Assert.ThrowsAsync<RepositoryException>(() => repository.ReadIndexAsync(Token))).Message, StringComparison.Ordinal);
        }
    }

    // crypto/x509 ends a chain at any certificate of the pool: one that another has signed, or the server's own.
    [Fact]
    public async Task A_certificate_below_an_authority_is_trusted_for_itself()
    {
        using var root = Signed("root", null, authority: true);
        using var between = Signed("between", root, authority: true);
        using var leaf = Signed("127.0.0.1", between, authority: false);
        using var other = Signed("other", between, authority: false);
        using var expired = Signed("127.0.0.1", between, authority: false, expired: true);
        using var misnamed = Signed("elsewhere", between, authority: false, name: "elsewhere.example");
        foreach (var (server, trusted, fine) in new[] { (leaf, between, true), (leaf, leaf, true), (leaf, root, false), (leaf, other, false), (expired, between, false), (expired, expired, false), (misnamed, misnamed, false), (misnamed, between, false) })
        {
            await using var web = new WebServer(r => Serve(r, Index("")), server);
            using var repository = new HttpRepository(new Uri(web.Address, "repo"), new RepositoryAccess { CertificateAuthority = trusted.ExportCertificatePem() });
            var error = await Record.ExceptionAsync(() => repository.ReadIndexAsync(Token));
            Assert.True(fine == (error is null), $"{server.Subject} by {trusted.Subject}: {error?.Message}");
        }
    }

    private static X509Certificate2 Signed(string subject, X509Certificate2? issuer, bool authority, bool expired = false, string? name = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={subject}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(authority, false, 0, true));
        if (!authority)
        {
            var names = new SubjectAlternativeNameBuilder();
            if (name is null)
            {
                names.AddIpAddress(IPAddress.Loopback);
            }
            else
            {
                names.AddDnsName(name);
            }

            request.CertificateExtensions.Add(names.Build());
        }

        var (from, until) = (DateTimeOffset.UtcNow.AddHours(-20), DateTimeOffset.UtcNow.AddHours(expired ? -1 : 20));
        using var signed = issuer is null ? request.CreateSelfSigned(from.AddHours(-1), until.AddHours(1)) : request.Create(issuer, from.AddMinutes(authority ? -30 : 0), until.AddMinutes(authority ? 30 : 0), RandomNumberGenerator.GetBytes(8));
        using var owned = signed.HasPrivateKey ? signed : signed.CopyWithPrivateKey(key);
        return X509CertificateLoader.LoadPkcs12(owned.Export(X509ContentType.Pkcs12), null, X509KeyStorageFlags.Exportable);
    }

    [Theory]
    [InlineData("", "http://example.com/", "http://web:1/")]
    [InlineData("", "https://example.com/", "http://secure:2/")]
    [InlineData("", "http://localhost:8080/", null)]
    [InlineData("", "http://127.0.0.9/", null)]
    [InlineData("", "http://[::1]:80/", null)]
    [InlineData("", "http://a.localhost/", "http://web:1/")]
    [InlineData("example.com", "http://example.com/", null)]
    [InlineData("example.com", "http://a.Example.com/", null)]
    [InlineData("example.com", "http://myexample.com/", "http://web:1/")]
    [InlineData(" .example.com , x", "http://example.com/", "http://web:1/")]
    [InlineData(".example.com", "http://a.example.com/", null)]
    [InlineData("*.example.com", "http://a.example.com/", null)]
    [InlineData("*.example.com", "http://example.com/", "http://web:1/")]
    [InlineData("example.com:80", "http://example.com/", null)]
    [InlineData("example.com:80", "https://example.com/", "http://secure:2/")]
    [InlineData("10.0.0.0/8", "http://10.9.8.7/", null)]
    [InlineData("10.1.2.3/8", "http://10.9.8.7/", null)]
    [InlineData("10.0.0.0/8", "http://11.9.8.7/", "http://web:1/")]
    [InlineData("fd00::/8", "http://[fd12::1]/", null)]
    [InlineData("10.0.0.1:81", "http://10.0.0.1/", "http://web:1/")]
    [InlineData("10.0.0.1:80,[fd00::1]:443", "https://[fd00::1]/", null)]
    [InlineData("nothing,*", "http://example.com/", null)]
    public void A_proxy_is_taken_by_the_rules_of_Go(string no, string address, string? proxy) =>
        Assert.Equal(proxy, new EnvironmentProxy("web:1", "http://me:secret@secure:2", no).GetProxy(new Uri(address))?.AbsoluteUri);

    [Fact]
    public void A_proxy_of_the_environment_gets_its_own_name_and_password()
    {
        var proxy = new EnvironmentProxy("", "http://me:se%20cret@secure:2", null);
        Assert.Null(proxy.GetProxy(new Uri("http://example.com/")));
        var credential = proxy.Credentials!.GetCredential(proxy.GetProxy(new Uri("https://example.com/"))!, "Basic")!;
        Assert.Equal(("me", "se cret"), (credential.UserName, credential.Password));
        Assert.Null(proxy.Credentials.GetCredential(new Uri("http://other:2/"), "Basic"));
    }

    [Fact]
    public async Task A_proxy_is_asked_instead_of_the_host()
    {
        await using var proxy = new WebServer(_ => WebAnswer.Text(Index("")));
        using var repository = new HttpRepository(new Uri("http://charts.example.invalid/repo"), new RepositoryAccess { Proxy = proxy.Address });
        Assert.NotEmpty((await repository.ReadIndexAsync(Token)).Names);
        Assert.Equal("http://charts.example.invalid/repo/index.yaml", proxy.Requests.Single().Target);
    }

    [Theory]
    [InlineData("", "is empty")]
    [InlineData("just text", "is no index of charts")]
    [InlineData("entries: {}", "no API version specified")]
    [InlineData("apiVersion: v1\nentries: [", "is no index of charts")]
    [InlineData("apiVersion: v1\nentries:\n  a:\n  - keywords: [a,\n    b]\n", "is no index of charts")]
    public async Task What_is_no_index_is_refused(string text, string why)
    {
        await using var server = new WebServer(_ => WebAnswer.Text(text));
        using var repository = new HttpRepository(server.Address);
        Assert.Contains(why, (await Assert.ThrowsAsync<RepositoryException>(() => repository.ReadIndexAsync(Token))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_index_or_archive_that_is_too_large_is_refused()
    {
        await using var server = new WebServer(r => Serve(r, Index("")));
        var address = new Uri(server.Address, "repo");
        foreach (var cache in new[] { null, Cache() })
        {
            using var small = new HttpRepository(address, new RepositoryAccess { IndexBytes = 100, ArchiveBytes = 100 }, cache);
            Assert.Contains("larger than 100 bytes", (await Assert.ThrowsAsync<RepositoryException>(() => small.ReadIndexAsync(Token))).Message, StringComparison.Ordinal);
            Assert.Contains("larger than 100 bytes", (await Assert.ThrowsAsync<RepositoryException>(() => small.DownloadAsync(new ChartEntry("demo", "1.2.3", "", "", false, null, "", ["charts/demo-1.2.3.tgz"]), Token))).Message, StringComparison.Ordinal);
        }
    }

    // What is left out for speed must not change what is read.
    [Theory]
    [InlineData("  - annotations:\n      digest: wrong\n      version: 9.9.9\n    version: 1.0.0\n    urls:\n    - a.tgz\n")]
    [InlineData("  - version: 1.0.0\n    maintainers:\n    - name: x\n      version: 9.9.9\n    urls: [a.tgz]\n")]
    [InlineData("  - icon: \"two\n\n      lines\"\n    version: 1.0.0\n    urls: [a.tgz]\n")]
    [InlineData("  - keywords: [a,\n      b]\n    version: 1.0.0\n    urls: [a.tgz]\n")]
    [InlineData("  - home: |\n      version: 9.9.9\n\n    version: 1.0.0\n    urls:\n      - a.tgz\n")]
    [InlineData("    - name: a\n      version: 1.0.0\n      home: x\n      urls:\n        - a.tgz\n")]
    [InlineData("  - {name: a, version: 1.0.0, urls: [a.tgz]}\n")]
    [InlineData("  - name: a\r\n    type: application\r\n    version: 1.0.0\r\n    urls:\r\n    - a.tgz\r\n")]
    public void Every_form_of_an_entry_is_read(string entry)
    {
        var read = RepositoryIndexReader.Read(new StringReader("apiVersion: v1\nentries:\n  a:\n" + entry), "index.yaml").Versions("a");
        Assert.Equal(("1.0.0", "a.tgz", ""), (read.Single().Version, read.Single().Urls.Single(), read.Single().Digest));
    }
}
