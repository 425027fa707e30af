using Portal.Helm.Rendering;
using static Portal.Helm.Tests.TextChart;

namespace Portal.Helm.Tests;

/// <summary>What Go's own sprig answered and the engine did not: bytes taken for characters, numbers beyond a decimal's, nil for a map.</summary>
public sealed class SprigCornerTests
{
    [Theory]
    [InlineData("nospace \"éclair\"", "éclair")]
    [InlineData("nospace \"é clair\"", "Ã©clair")]
    [InlineData("ext \"\"", "")]
    [InlineData("osExt \"\"", "")]
    [InlineData("camelcase \"trail  \"", "Trail  ")]
    [InlineData("camelcase \"a__\"", "A__")]
    [InlineData("camelcase \"-\"", "--")]
    [InlineData("camelcase \"userID2 fooBAR\"", "UserID2FooBAR")]
    [InlineData("camelcase \"HTTPServer MixedCASE\"", "HttpserverMixedCASE")]
    [InlineData("snakecase \"v1beta1\"", "v_1beta1")]
    [InlineData("snakecase \"http2xx\"", "http_2xx")]
    [InlineData("snakecase \"Bld4Floor3rd\"", "bld4_floor_3rd")]
    [InlineData("snakecase \"Duration2m3s\"", "duration_2m3s")]
    [InlineData("snakecase \"HTTP20xOK\"", "http_20x_ok")]
    [InlineData("kebabcase \"foo.Bar\"", "foo.bar")]
    [InlineData("wrapWith 4 \"|\" \"éclair\"", "écl|air")]
    [InlineData("wrapWith 4 \"|\" \"straße Größe\"", "stra|ße|Grö|ße")]
    [InlineData("durationRound \"-25h\"", "1d")]
    [InlineData("toDecimal -1", "-1")]
    [InlineData("toDecimal \"+7\"", "7")]
    [InlineData("atoi \"9223372036854775808\"", "9223372036854775807")]
    [InlineData("int \"3.\"", "0")]
    [InlineData("int \"3.00\"", "3")]
    [InlineData("add1f -1", "0")]
    [InlineData("divf 10 3", "3.3333333333333335")]
    [InlineData("addf 0.1 0.2 0.3", "0.6")]
    [InlineData("addf 1e30 1", "1e+30")]
    [InlineData("mulf 1e20 1e20", "1e+40")]
    [InlineData("mulf 1e300 1e300", "+Inf")]
    [InlineData("maxf 1.5 \"NaN\"", "NaN")]
    [InlineData("deepCopy (until 4) | typeOf", "[]int")]
    [InlineData("merge nil (dict \"z\" 1)", "map[z:1]")]
    [InlineData("unset nil \"a\"", "map[]")]
    [InlineData("toDate \"2006-01-02T15:04:05Z07:00\" \"2024-05-06T07:08:09+02:00\"", "2024-05-06 07:08:09 +0200 +0200")]
    public void It_is_what_sprig_answers(string call, string expected) => Assert.Equal(expected, Render($"{{{{ {call} }}}}"));

    [Theory]
    [InlineData("set nil \"k\" 1", "assignment to entry in nil map")]
    [InlineData("addf (float64 \"NaN\") 1", "Cannot create a Decimal from NaN")]
    [InlineData("divf 1 0", "decimal division by 0")]
    [InlineData("genCAWithKey \"ca\" 10 (genPrivateKey \"dsa\")", "x509: only RSA, ECDSA and Ed25519 keys supported")]
    public void It_fails_as_sprig_does(string call, string message) =>
        Assert.Contains(message, Assert.Throws<RenderException>(() => Render($"{{{{ {call} }}}}")).Message, StringComparison.Ordinal);

    /// <summary>A struct was printed by the name that .NET has for it; what stands behind the pointer of .Capabilities has String where it stands, and not as an argument.</summary>
    [Theory]
    [InlineData("{{ .Capabilities.HelmVersion }}", "{v4.2.4   go1.26 v1.36}")]
    [InlineData("{{ .Capabilities.HelmVersion | printf \"%+v\" }}", "{Version:v4.2.4 GitCommit: GitTreeState: GoVersion:go1.26 KubeClientVersion:v1.36}")]
    [InlineData("{{ .Capabilities.HelmVersion | printf \"%#v\" }}", "version.BuildInfo{Version:\"v4.2.4\", GitCommit:\"\", GitTreeState:\"\", GoVersion:\"go1.26\", KubeClientVersion:\"v1.36\"}")]
    [InlineData("{{ .Capabilities.HelmVersion | printf \"%d\" }}", "{%!d(string=v4.2.4) %!d(string=) %!d(string=) %!d(string=go1.26) %!d(string=v1.36)}")]
    [InlineData("{{ .Capabilities }}", "{{v1.36.0-x v1.36.0 1 36} [v1 apps/v1] {v4.2.4   go1.26 v1.36}}")]
    [InlineData("{{ printf \"%v\" .Capabilities }}", "&{{v1.36.0-x v1.36.0 1 36} [v1 apps/v1] {v4.2.4   go1.26 v1.36}}")]
    [InlineData("{{ .Capabilities | toJson }}", "{\"KubeVersion\":{\"Version\":\"v1.36.0-x\",\"Major\":\"1\",\"Minor\":\"36\"},\"APIVersions\":[\"v1\",\"apps/v1\"],\"HelmVersion\":{\"version\":\"v4.2.4\",\"go_version\":\"go1.26\",\"kube_client_version\":\"v1.36\"}}")]
    [InlineData("{{ $v := .Capabilities.KubeVersion }}{{ $v }} {{ .Capabilities.KubeVersion }} {{ .Capabilities.KubeVersion.String }} {{ .Capabilities.Copy.KubeVersion }}", "v1.36.0 v1.36.0 v1.36.0 v1.36.0")]
    [InlineData("{{ .Capabilities.KubeVersion | quote }} {{ list .Capabilities.KubeVersion }}", "\"{v1.36.0-x v1.36.0 1 36}\" [{v1.36.0-x v1.36.0 1 36}]")]
    [InlineData("{{ eq .Capabilities.KubeVersion .Capabilities.KubeVersion }} {{ deepEqual .Capabilities.KubeVersion .Capabilities.KubeVersion }}", "true true")]
    [InlineData("{{ typeOf .Chart.Keywords }} {{ .Chart.Annotations | toJson }} {{ .Chart.Annotations }} {{ dict \"a\" .Chart.Annotations | toYaml }}", "[]interface {} null map[] a: null")]
    public void A_struct_is_printed_as_Go_prints_it(string template, string expected) => Assert.Equal(
        expected, new ChartRenderer().RenderFiles(Of(("templates/x.txt", template)), [], new ReleaseOptions("rel", "ns"), new Capabilities("v1.36.0-x", ["v1", "apps/v1"]) { PrintedKubeVersion = "v1.36.0" })["demo/templates/x.txt"]);
}
