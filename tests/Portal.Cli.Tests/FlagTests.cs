using static Portal.Cli.Tests.CommandLine;

namespace Portal.Cli.Tests;

/// <summary>The flags of Helm 4.2.4, as its source declares them: each is known here, done or refused with a reason.</summary>
public sealed class FlagTests
{
    private const string Global = "burst-limit color colour content-cache debug kube-apiserver kube-as-group kube-as-user kube-ca-file kube-context kube-insecure-skip-tls-verify kube-tls-server-name kube-token kubeconfig namespace qps registry-config repository-cache repository-config";

    [Theory]
    [InlineData("template", "api-versions atomic ca-file cert-file create-namespace dependency-update description devel disable-openapi-validation dry-run enable-dns force force-conflicts force-replace generate-name hide-notes include-crds insecure-skip-tls-verify is-upgrade key-file keyring kube-version labels name-template no-hooks output-dir pass-credentials password plain-http post-renderer post-renderer-args release-name render-subchart-notes replace repo rollback-on-failure server-side set set-file set-json set-literal set-string show-only skip-crds skip-schema-validation skip-tests take-ownership timeout username validate values verify version wait wait-for-jobs", "a f g l n s")]
    [InlineData("show values", "ca-file cert-file devel insecure-skip-tls-verify jsonpath key-file keyring pass-credentials password plain-http repo username verify version", "n")]
    [InlineData("show chart", "ca-file cert-file devel insecure-skip-tls-verify key-file keyring pass-credentials password plain-http repo username verify version", "n")]
    [InlineData("show all", "ca-file cert-file devel insecure-skip-tls-verify key-file keyring pass-credentials password plain-http repo username verify version", "n")]
    [InlineData("pull", "ca-file cert-file destination devel insecure-skip-tls-verify key-file keyring pass-credentials password plain-http prov repo untar untardir username verify version", "d n")]
    [InlineData("lint", "kube-version quiet set set-file set-json set-literal set-string skip-schema-validation strict values with-subcharts", "f n")]
    [InlineData("dependency list", "max-col-width", "n")]
    public async Task Every_flag_of_Helm_is_known(string verb, string names, string letters)
    {
        foreach (var flag in names.Split(' ').Concat(Global.Split(' ')).Select(n => "--" + n).Concat(letters.Split(' ').Select(l => "-" + l)))
        {
            // With --help nothing is done: a flag that wants a value takes the last word.
            var (_, _, error) = await RunAsync([.. verb.Split(' '), "--help", flag]);
            Assert.DoesNotContain("unknown", error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_post_renderer_is_refused_since_it_is_a_plugin()
    {
        var chart = Chart(("templates/x.yaml", ConfigMap("x")));
        var (code, output, error) = await RunAsync("template", "rel", chart, "--post-renderer", "kustomize");
        Assert.Equal((1, ""), (code, output));
        Assert.Contains("\"kustomize\" for \"--post-renderer\" flag: it names a plugin of Helm's, and iomete-portal runs no plugins", error, StringComparison.Ordinal);
        Assert.Equal(0, (await RunAsync("template", "rel", chart, "--post-renderer-args", "x")).Code);
    }
}
