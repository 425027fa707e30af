using Portal.Helm.Charts;
using Portal.Testing;

namespace Portal.Cli.Tests;

public sealed class PullTests
{
    private static readonly byte[] Archive = ChartArchive.Pack(ChartLoader.LoadDirectory(CommandLine.Chart(("values.yaml", "word: fetched\n"), ("templates/x.yaml", "w: {{ .Values.word }}\n"))));

    private static readonly string Index = $"apiVersion: v1\nentries:\n  small:\n  - name: small\n    version: 1.2.3\n    digest: {ChartArchive.Digest(Archive)}\n    urls:\n    - files/small-1.2.3.tgz\n";

    private static string Folder() => Directory.CreateTempSubdirectory("portal-cli-").FullName;

    private static WebServer Server(string? authorization = null, TestCertificates? certificates = null) => new(
        r => authorization is not null && r.Headers.GetValueOrDefault("Authorization") != authorization ? new WebAnswer(401, [])
            : r.Target switch { "/index.yaml" => WebAnswer.Text(Index), "/files/small-1.2.3.tgz" => new WebAnswer(200, Archive), _ => new WebAnswer(404, []) },
        certificates?.Server);

    // Nothing of the user's own home may matter, and nothing may be left there.
    private static Task<(int Code, string Output, string Error)> RunAsync(params string[] args) =>
        CommandLine.RunAsync([.. args, "--content-cache", Folder(), "--repository-config", Path.Combine(Folder(), "none"), "--registry-config", Path.Combine(Folder(), "none")]);

    [Fact]
    public async Task A_chart_of_a_repository_is_written_beside()
    {
        await using var server = Server();
        var folder = Folder();
        Assert.Equal((0, "", ""), await RunAsync("pull", "small", "--repo", server.Address.AbsoluteUri, "-d", folder));
        Assert.Equal(Archive, await File.ReadAllBytesAsync(Path.Combine(folder, "small-1.2.3.tgz"), TestContext.Current.CancellationToken));
        Assert.Equal((1, "", $"Error: open {folder}/missing/small-1.2.3.tgz: no such file or directory\n"), await RunAsync("pull", "small", "--repo", server.Address.AbsoluteUri, "-d", Path.Combine(folder, "missing")));
        Assert.Equal((1, "", $"Error: chart \"small\" version \"2\" not found in {server.Address} repository\n"), await RunAsync("pull", "small", "--version", "2", "--repo", server.Address.AbsoluteUri));
    }

    [Fact]
    public async Task It_can_be_unpacked_but_not_over_something()
    {
        await using var server = Server();
        var folder = Folder();
        string[] pull = ["pull", "small", "--repo", server.Address.AbsoluteUri, "--untar", "--untardir", "in", "-d", folder];
        Assert.Equal(0, (await RunAsync(pull)).Code);
        Assert.Equal("word: fetched\n", await File.ReadAllTextAsync(Path.Combine(folder, "in", "small", "values.yaml"), TestContext.Current.CancellationToken));
        Assert.Equal((1, "", $"Error: failed to untar: a file or directory with the name {folder}/in/small already exists\n"), await RunAsync(pull));
    }

    [Fact]
    public async Task An_address_is_not_unpacked_twice_either()
    {
        await using var server = Server();
        var folder = Folder();
        string[] pull = ["pull", $"{server.Address}files/small-1.2.3.tgz", "--untar", "-d", folder];
        Assert.Equal((0, "", ""), await RunAsync(pull));
        Assert.Equal((1, "", $"Error: failed to untar: a file or directory with the name {folder}/small-1.2.3.tgz already exists\n"), await RunAsync(pull));
    }

    /// <summary>A slash was added.</summary>
    [Fact]
    public async Task A_repository_is_called_as_the_user_wrote_it()
    {
        await using var server = Server();
        var address = server.Address.AbsoluteUri.TrimEnd('/');
        Assert.Equal($"Error: chart \"none\" not found in {address} repository\n", (await RunAsync("pull", "none", "--repo", address)).Error);
    }

    [Fact]
    public async Task Name_password_and_authority_come_from_flags()
    {
        using var certificates = new TestCertificates();
        await using var server = Server("Basic bWU6c2VjcmV0", certificates);
        var authority = Path.Combine(Folder(), "ca.pem");
        await File.WriteAllTextAsync(authority, certificates.AuthorityPem, TestContext.Current.CancellationToken);
        string[] template = ["template", "small", "--repo", server.Address.AbsoluteUri, "--username", "me", "--password", "secret"];
        Assert.Contains("w: fetched", (await RunAsync([.. template, "--ca-file", authority])).Output, StringComparison.Ordinal);
        Assert.Contains("w: fetched", (await RunAsync([.. template, "--insecure-skip-tls-verify"])).Output, StringComparison.Ordinal);
        Assert.StartsWith($"Error: looks like \"{server.Address}\" is not a valid chart repository or cannot be reached", (await RunAsync(template)).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_repository_that_helm_knows_is_used_by_its_name()
    {
        await using var server = Server("Basic bWU6c2VjcmV0");
        var config = Path.Combine(Folder(), "repositories.yaml");
        await File.WriteAllTextAsync(config, $"repositories:\n- name: mine\n  url: {server.Address}\n  username: me\n  password: secret\n", TestContext.Current.CancellationToken);
        Assert.Equal("word: fetched\n\n", (await CommandLine.RunAsync("show", "values", "mine/small", "--repository-config", config, "--content-cache", Folder())).Output);
        Assert.Equal("Error: repo other not found\n", (await CommandLine.RunAsync("show", "values", "other/small", "--repository-config", config)).Error);
    }

    [Fact]
    public async Task A_registry_gives_the_chart_and_its_digest()
    {
        await using var registry = await DockerRegistry.StartAsync(null, TestContext.Current.CancellationToken);
        var digest = await registry.PushAsync("charts/small", "1.2.3", Archive, null, TestContext.Current.CancellationToken);
        var folder = Folder();
        Assert.Equal((0, $"Pulled: {registry.Host}/charts/small:1.2.3\nDigest: {digest}\n", ""), await RunAsync("pull", $"oci://{registry.Host}/charts/small", "--plain-http", "-d", folder));
        Assert.Equal(Archive, await File.ReadAllBytesAsync(Path.Combine(folder, "small-1.2.3.tgz"), TestContext.Current.CancellationToken));
        var pinned = $"oci://{registry.Host}/charts/small@{digest}";
        var said = $"Pulled: {registry.Host}/charts/small@{digest}\nDigest: {digest}\n";
        Assert.StartsWith(said + "---\n# Source: small/templates/x.yaml\nw: fetched", (await RunAsync("template", pinned, "--plain-http")).Output, StringComparison.Ordinal);
        Assert.Equal((0, said + "word: fetched\n\n", ""), await RunAsync("show", "values", pinned, "--plain-http"));
        Assert.Equal((0, said, ""), await RunAsync("pull", pinned, "--plain-http", "-d", folder));
        Assert.True(File.Exists(Path.Combine(folder, $"small@{digest.Replace(':', '-')}.tgz")));
    }

    [Fact]
    public async Task A_plus_in_a_version_is_an_underscore_in_a_tag_and_a_word_about_it()
    {
        await using var registry = await DockerRegistry.StartAsync(null, TestContext.Current.CancellationToken);
        var digest = await registry.PushAsync("charts/small", "1.2.3_b", Archive, null, TestContext.Current.CancellationToken);
        var folder = Folder();
        var (code, output, error) = await RunAsync("pull", $"oci://{registry.Host}/charts/small", "--version", "1.2.3+b", "--plain-http", "-d", folder);
        var reference = $"{registry.Host}/charts/small:1.2.3_b";
        Assert.Equal((0, ""), (code, error));
        Assert.StartsWith($"Pulled: {reference}\nDigest: {digest}\n{reference} contains an underscore.\n\nOCI artifact references", output, StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(folder, "small-1.2.3+b.tgz")));
    }

    // The pull is by the registry's own login and without a word; a version that is asked for has to be that of the address.
    [Fact]
    public async Task An_index_may_name_a_registry()
    {
        await using var registry = await DockerRegistry.StartAsync(null, TestContext.Current.CancellationToken);
        await registry.PushAsync("charts/small", "1.2.3", Archive, null, TestContext.Current.CancellationToken);
        await using var server = new WebServer(_ => WebAnswer.Text($"apiVersion: v1\nentries:\n  small:\n  - name: small\n    version: 1.2.3\n    urls:\n    - oci://{registry.Host}/charts/small:1.2.3\n"));
        var folder = Folder();
        string[] repo = ["small", "--plain-http", "--repo", server.Address.AbsoluteUri];
        Assert.Equal((0, "", ""), await RunAsync(["pull", .. repo, "-d", folder]));
        Assert.Equal(Archive, await File.ReadAllBytesAsync(Path.Combine(folder, "small-1.2.3.tgz"), TestContext.Current.CancellationToken));
        Assert.Equal((0, "word: fetched\n\n", ""), await RunAsync(["show", "values", .. repo, "--version", "1.2.3"]));
        Assert.Equal((1, "", "Error: chart reference and version mismatch: ^1 is not 1.2.3\n"), await RunAsync(["show", "values", .. repo, "--version", "^1"]));
    }

    [Fact]
    public async Task A_login_that_helm_left_is_used_for_its_registry()
    {
        await using var server = new WebServer(r => r.Headers.GetValueOrDefault("Authorization") == "Basic bWU6c2VjcmV0" ? WebAnswer.Text("""{"tags": []}""") : new WebAnswer(401, [], ("WWW-Authenticate", "Basic realm=\"x\"")));
        var config = Path.Combine(Folder(), "config.json");
        await File.WriteAllTextAsync(config, $$"""{"auths": {"{{server.Address.Authority}}": {"auth": "{{Convert.ToBase64String("me:secret"u8)}}"} } }""", TestContext.Current.CancellationToken);
        Assert.Equal($"Error: unable to locate any tags in provided repository: oci://{server.Address.Authority}/small\n", (await CommandLine.RunAsync("pull", $"oci://{server.Address.Authority}/small", "--plain-http", "--registry-config", config)).Error);
    }

    [Theory]
    [InlineData("Error: non-absolute URLs should be in form of repo_name/path_to_chart, got: small\n", "pull", "small")]
    [InlineData("Error: could not find protocol handler for: ftp\n", "pull", "ftp://example.invalid/small.tgz")]
    [InlineData("Error: --verify is not known here: signatures are not checked, digests are\n", "pull", "a/b", "--verify")]
    public async Task What_cannot_be_fetched_says_why(string error, params string[] args) => Assert.Equal((1, "", error), await RunAsync(args));
}
