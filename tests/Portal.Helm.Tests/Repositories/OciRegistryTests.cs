using System.Net.Http.Headers;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using Portal.Helm.Charts;
using Portal.Helm.Charts.Repositories;
using Portal.Helm.Rendering;
using Portal.Testing;

namespace Portal.Helm.Tests.Repositories;

/// <summary>Against a real registry (Debian's docker-registry), but for what a real one does not do.</summary>
public sealed class OciRegistryTests
{
    private static readonly RepositoryAccess Http = new() { PlainHttp = true };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Versions_are_the_tags_that_are_full_versions_the_newest_first()
    {
        await using var server = await DockerRegistry.StartAsync(null, Token);
        foreach (var tag in new[] { "1.2.3", "1.10.0", "2.0.0-rc.1", "1.2.3_build.1", "latest", "1.2" })
        {
            await server.PushAsync("charts/demo", tag, Archives.Pack("demo", "1.2.3"), null, Token);
        }

        using var registry = new OciRegistry(server.Host, Http);
        Assert.Equal(["2.0.0-rc.1", "1.10.0"], (await registry.VersionsAsync("charts/demo", Token)).Take(2));
        Assert.Equal(["1.2.3", "1.2.3+build.1"], (await registry.VersionsAsync("charts/demo", Token)).Skip(2).Order(StringComparer.Ordinal));
        Assert.Contains("404", (await Assert.ThrowsAsync<RepositoryException>(() => registry.VersionsAsync("charts/none", Token))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_chart_is_pulled_by_tag_by_digest_by_constraint_or_as_the_newest()
    {
        await using var server = await DockerRegistry.StartAsync(null, Token);
        var (one, two) = (Archives.Pack("demo", "1.2.3"), Archives.Pack("demo", "1.3.0+x"));
        var digest = await server.PushAsync("demo", "1.2.3", one, null, Token);
        await server.PushAsync("demo", "1.3.0_x", two, null, Token);
        using var registry = new OciRegistry(server.Host, Http);
        Task<OciChart> Pull(string rest, string version = "") => registry.PullAsync(OciReference.Parse($"oci://{server.Host}/demo{rest}"), version, Token);

        Assert.Equal(one, (await Pull(":1.2.3")).Archive);
        Assert.Equal(one, (await Pull("", "1.2.3")).Archive);
        Assert.Equal(one, (await Pull("", "~1.2")).Archive);
        Assert.Equal(two, (await Pull("")).Archive);
        Assert.Equal(two, (await Pull("", "1.3.0+x")).Archive);
        Assert.Equal($"{server.Host}/demo@{digest}", (await Pull("@" + digest)).Reference);
        Assert.Equal(digest, (await Pull(":1.2.3@" + digest)).Digest);
        async Task Fails(string why, string rest, string version = "") => Assert.Contains(why, (await Assert.ThrowsAsync<RepositoryException>(() => Pull(rest, version))).Message, StringComparison.Ordinal);
        await Fails("chart reference and version mismatch: 2.0.0 is not 1.2.3", ":1.2.3", "2.0.0");
        await Fails("chart reference digest mismatch", "@" + digest, "1.3.0+x");
        await Fails("could not locate a version matching provided version string >2", "", ">2");
        await Fails("not found", ":9.9.9");
    }

    [Fact]
    public async Task Content_that_is_not_what_its_digest_says_is_refused()
    {
        await using var server = await DockerRegistry.StartAsync(null, Token);
        var archive = Archives.Pack("demo", "1.2.3");
        await server.PushAsync("demo", "1.2.3", archive, null, Token);
        var other = (byte[])archive.Clone();
        other[^20] ^= 1;
        server.Damage(archive, other);
        using var registry = new OciRegistry(server.Host, Http);
        Assert.Contains("is not what its manifest promises", (await Assert.ThrowsAsync<RepositoryException>(() => registry.PullAsync(OciReference.Parse($"{server.Host}/demo:1.2.3"), "", Token))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_manifest_that_is_not_the_one_asked_for_is_refused()
    {
        await using var server = new WebServer(_ => WebAnswer.Text("{}"));
        using var registry = new OciRegistry(server.Address.Authority, Http);
        Assert.Contains("is not what was promised", (await Assert.ThrowsAsync<RepositoryException>(() => registry.PullAsync(OciReference.Parse($"{server.Address.Authority}/demo@sha256:{new string('a', 64)}"), "", Token))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_image_is_no_chart()
    {
        await using var server = await DockerRegistry.StartAsync(null, Token);
        await server.PushAsync("image", "1.0.0", [1, 2, 3], null, Token, "application/vnd.oci.image.config.v1+json");
        using var registry = new OciRegistry(server.Host, Http);
        Assert.Contains("is no Helm chart", (await Assert.ThrowsAsync<RepositoryException>(() => registry.PullAsync(OciReference.Parse($"{server.Host}/image:1.0.0"), "", Token))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_layer_in_the_cache_is_not_fetched_again()
    {
        var archive = Archives.Pack("demo", "1.2.3");
        var cache = new ChartCache(Directory.CreateTempSubdirectory("portal-cache-").FullName);
        await using var server = await DockerRegistry.StartAsync(null, Token);
        await server.PushAsync("demo", "1.2.3", archive, null, Token);
        using var registry = new OciRegistry(server.Host, Http, cache);
        await registry.PullAsync(OciReference.Parse($"{server.Host}/demo:1.2.3"), "", Token);
        // Were it fetched again it would be refused.
        server.Damage(archive, [0]);
        Assert.Equal(archive, (await registry.PullAsync(OciReference.Parse($"{server.Host}/demo:1.2.3"), "", Token)).Archive);
    }

    [Fact]
    public async Task Name_and_password_are_given_when_the_registry_asks_for_them()
    {
        var line = Render("{{ htpasswd \"me\" \"secret\" }}");
        await using var server = await DockerRegistry.StartAsync(
            folder =>
            {
                File.WriteAllText(Path.Combine(folder, "htpasswd"), line + "\n");
                return $"auth:\n  htpasswd: {{realm: test, path: {folder}/htpasswd}}\n";
            }, Token);
        var archive = Archives.Pack("demo", "1.2.3");
        await server.PushAsync("demo", "1.2.3", archive, new AuthenticationHeaderValue("Basic", Convert.ToBase64String("me:secret"u8)), Token);
        using var mine = new OciRegistry(server.Host, Http with { UserName = "me", Password = "secret" });
        Assert.Equal(archive, (await mine.PullAsync(OciReference.Parse($"{server.Host}/demo:1.2.3"), "", Token)).Archive);
        foreach (var access in new[] { Http, Http with { UserName = "me", Password = "wrong" } })
        {
            using var registry = new OciRegistry(server.Host, access);
            Assert.Contains("401", (await Assert.ThrowsAsync<RepositoryException>(() => registry.VersionsAsync("demo", Token))).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_token_is_fetched_from_the_server_that_the_registry_names()
    {
        using var certificates = new TestCertificates();
        await using var tokens = new WebServer(r => r.Headers.GetValueOrDefault("Authorization") == "Basic bWU6c2VjcmV0"
            ? WebAnswer.Text($$"""{"token": "{{Jwt(certificates, r.Target.Contains("push", StringComparison.Ordinal) ? ["pull", "push"] : ["pull"])}}"}""") : new WebAnswer(401, []));
        await using var server = await DockerRegistry.StartAsync(
            folder =>
            {
                File.WriteAllText(Path.Combine(folder, "root.pem"), certificates.AuthorityPem);
                return $"auth:\n  token: {{realm: \"{tokens.Address}token\", service: test-registry, issuer: test-issuer, rootcertbundle: {folder}/root.pem}}\n";
            }, Token);
        var archive = Archives.Pack("demo", "1.2.3");
        await server.PushAsync("demo", "1.2.3", archive, new AuthenticationHeaderValue("Bearer", Jwt(certificates, ["pull", "push"])), Token);

        using var mine = new OciRegistry(server.Host, Http with { UserName = "me", Password = "secret" });
        Assert.Equal(archive, (await mine.PullAsync(OciReference.Parse($"{server.Host}/demo:1.2.3"), "", Token)).Archive);
        Assert.Contains("service=test-registry&scope=repository%3Ademo%3Apull", tokens.Requests.Single().Target, StringComparison.Ordinal);
        using var anonymous = new OciRegistry(server.Host, Http);
        Assert.Contains("401", (await Assert.ThrowsAsync<RepositoryException>(() => anonymous.VersionsAsync("demo", Token))).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("oci://reg.example.com/a/b", "reg.example.com", "a/b", "", "")]
    [InlineData("oci://reg.example.com:5000/b:1.2.3", "reg.example.com:5000", "b", "1.2.3", "")]
    [InlineData("reg/b@sha256:0123456789012345678901234567890123456789012345678901234567890123", "reg", "b", "", "sha256:0123456789012345678901234567890123456789012345678901234567890123")]
    public void References_are_read(string text, string host, string name, string tag, string digest) => Assert.Equal(new OciReference(host, name, tag, digest), OciReference.Parse(text));

    [Theory]
    [InlineData("oci://reg.example.com")]
    [InlineData("oci:///b")]
    [InlineData("oci://reg/UPPER")]
    [InlineData("oci://reg/../etc")]
    [InlineData("oci://reg/b:")]
    [InlineData("oci://reg/b:t/../x?y")]
    [InlineData("oci://reg/b@sha256:zz")]
    public void Wrong_references_are_refused(string text) => Assert.Throws<RepositoryException>(() => OciReference.Parse(text));

    private static string Render(string template) => new ChartRenderer().RenderFiles(
        ChartLoader.Load([new ChartFile("Chart.yaml", "apiVersion: v2\nname: x\nversion: 1.0.0\n"u8.ToArray()), new ChartFile("templates/x.txt", Encoding.UTF8.GetBytes(template))]), [], new ReleaseOptions("x", "x"))["x/templates/x.txt"];

    // A JSON Web Token as the distribution's token authentication wants it, with the certificate of its signer.
    private static string Jwt(TestCertificates certificates, string[] actions)
    {
        var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        var head = JsonSerializer.Serialize(new { typ = "JWT", alg = "ES256", x5c = new[] { Convert.ToBase64String(certificates.Authority.Export(X509ContentType.Cert)) } });
        var claims = JsonSerializer.Serialize(new { iss = "test-issuer", sub = "me", aud = "test-registry", exp = now + 300, nbf = now - 10, iat = now, jti = "1", access = new[] { new { type = "repository", name = "demo", actions } } });
        var signed = $"{Base64Url(Encoding.UTF8.GetBytes(head))}.{Base64Url(Encoding.UTF8.GetBytes(claims))}";
        return $"{signed}.{Base64Url(certificates.Sign(Encoding.UTF8.GetBytes(signed)))}";
    }

    private static string Base64Url(byte[] data) => Convert.ToBase64String(data).TrimEnd('=').Replace('+', '-').Replace('/', '_');
}
