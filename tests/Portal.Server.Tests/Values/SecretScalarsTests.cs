using System.Text;
using Portal.Server.Features.Values;

namespace Portal.Server.Tests.Values;

public sealed class SecretScalarsTests
{
    private static readonly HashSet<string> None = [];

    [Theory]
    [InlineData("database.password: x1")]
    [InlineData("storage.secretKey: x1")]
    [InlineData("auth.clientSecret: x1")]
    [InlineData("auth.secret: x1")]
    [InlineData("api.accessToken: x1")]
    [InlineData("ADMIN_PASSWORD: x1")]
    [InlineData("pin.password: 1234")]
    public void These_are_secret(string line) => Assert.Single(SecretScalars.Find(Nested(line), None));

    [Theory]
    [InlineData("pod.automountServiceAccountToken: true")]
    [InlineData("auth.existingSecret: my-secret")]
    [InlineData("image.pullSecret: registry")]
    [InlineData("tls.secretName: cert")]
    [InlineData("database.passwordSecretRef.name: db")]
    [InlineData("auth.createSecret: false")]
    [InlineData("auth.token: null")]
    [InlineData("auth.password: ''")]
    [InlineData("database.host: mysql")]
    public void These_are_not(string line) => Assert.Empty(SecretScalars.Find(Nested(line), None));

    [Fact]
    public void A_schema_may_name_more()
    {
        var schema = SecretScalars.FromSchema(Encoding.UTF8.GetBytes("""{"properties":{"a":{"properties":{"pin":{"format":"password"}}},"b":{"writeOnly":true}}}"""));
        Assert.Equal(["a.pin", "b"], SecretScalars.Find("a:\n  pin: x1\nb: y1\nc: z1\n", schema).Select(s => s.Path));
    }

    [Fact]
    public void A_known_secret_is_taken_out_in_clear_and_in_base64()
    {
        var redactor = new Redactor(["canary-1234"]);
        var text = $"a canary-1234 b {Convert.ToBase64String(Encoding.UTF8.GetBytes("canary-1234"))} c";
        Assert.Equal("a [hidden] b [hidden] c", redactor.Redact(text));
    }

    private static string Nested(string line)
    {
        var keys = line[..line.IndexOf(':', StringComparison.Ordinal)].Split('.');
        return string.Concat(keys.Select((k, i) => $"{new string(' ', 2 * i)}{k}:{(i == keys.Length - 1 ? line[line.IndexOf(':', StringComparison.Ordinal)..][1..] : "")}\n"));
    }
}
