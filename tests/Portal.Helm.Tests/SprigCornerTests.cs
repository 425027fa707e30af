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
}
