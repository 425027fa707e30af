using System.Text;
using Portal.Server.Data;
using Portal.Server.Features.Values;
using Portal.Server.Web;

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
    [InlineData("adminPasswords: [x1]")]
    [InlineData("tokens.ci: x1")]
    [InlineData("app.credentials.json: x1")]
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
    [InlineData("imagePullSecrets: [{name: registry}]")]
    [InlineData("imagePullSecrets: [registry]")]
    [InlineData("extraSecrets: [{name: db, key: x1}]")]
    [InlineData("credentials.username: anna")]
    public void These_are_not(string line) => Assert.Empty(SecretScalars.Find(Nested(line), None));

    /// <summary>Properties of other systems have dots in their keys, variables have their name beside them, addresses carry logins: viewers read them all.</summary>
    [Theory]
    [InlineData("conf:\n  fs.s3a.secret.key: x1\n", "x1")]
    [InlineData("conf:\n  spark.hadoop.aws.secretAccessKey: x1\n", "x1")]
    [InlineData("conf:\n  fs.s3a.server-side-encryption.key: x1\n", "x1")]
    [InlineData("dbPwd: x1\n", "x1")]
    [InlineData("env:\n  - name: LEVEL\n    value: info\n  - name: DB_PASSWORD\n    value: x1\n", "x1")]
    [InlineData("url: jdbc:mysql://anna:x1@db/portal\n", "x1,mysql://anna:x1@")]
    [InlineData("url: jdbc:mysql://db/portal?user=anna&password=x1&ssl=true\n", "password=x1,x1")]
    [InlineData("conf: |\n  spark.master=k8s\n  spark.hadoop.fs.s3a.secret.key=x1\n", "spark.hadoop.fs.s3a.secret.key=x1,x1")]
    [InlineData("file: |\n  db:\n    password: \"x1\"\n    host: db\n", "password: \"x1,x1")]
    [InlineData("json: '{\"apiKey\": \"x1\", \"level\": \"info\"}'\n", "apiKey\": \"x1,x1")]
    [InlineData("conf: |\n  password=${DB_PASSWORD}\n  existingSecret: db\n  token: null\n", "")]
    [InlineData("url: https://db.example.com:8443/a@b\n", "")]
    [InlineData("conf:\n  aws.key.name: x1\n", "")]
    public void Secrets_stand_in_odd_places(string text, string expected) => Assert.Equal(expected, string.Join(',', SecretScalars.Values(SecretScalars.Find(text, None))));

    /// <summary>A password in the middle of a long text was read by viewers, or hid the whole text from those who edit it.</summary>
    [Fact]
    public void A_part_of_a_text_is_hidden_and_comes_back_while_the_rest_is_edited()
    {
        var secrets = new SecretScalars(new SecretBox(Encoding.ASCII.GetBytes(new string('k', 32))));
        const string text = "conf: |\n  # keep\n  level=info\n  password=x1x1\n  token=y1y1\nurl: mysql://a:z1z1@db\n";
        var masked = secrets.Mask(text, "r", 1, None);
        Assert.DoesNotMatch("x1x1|y1y1|z1z1", masked);
        Assert.StartsWith("conf: |\n  # keep\n  level=info\n  password=__portal_secret:", masked, StringComparison.Ordinal);
        Assert.Equal(text.Replace("info", "debug", StringComparison.Ordinal), secrets.Unmask(masked.Replace("info", "debug", StringComparison.Ordinal), text, "r", 1));
        // Somebody types one of them anew; the other one stays.
        var typed = System.Text.RegularExpressions.Regex.Replace(masked, "token=__portal_secret:[0-9a-f]+__", "token=new");
        Assert.Equal(text.Replace("y1y1", "new", StringComparison.Ordinal), secrets.Unmask(typed, text, "r", 1));
        // What stands for one part stands for nothing else.
        var id = System.Text.RegularExpressions.Regex.Match(masked, "__portal_secret:([0-9a-f]+)__").Groups[1].Value;
        Assert.Equal("x1x1", secrets.Behind(id, text, "r", 1)!.Value);
        Assert.Throws<ProblemException>(() => secrets.Unmask($"other: a __portal_secret:{id}__ b\n", text, "r", 1));
    }

    /// <summary>A report that asked for the path alone showed what the values hid.</summary>
    [Theory]
    [InlineData("spark.jdbcUrl", "jdbc:mysql://iomete:x1@db", true)]
    [InlineData("extra.apiToken", 73190246.0, true)]
    [InlineData("spark.conf", "level=info\npassword=x1", true)]
    [InlineData("auth.createSecret", true, false)]
    [InlineData("spark.level", "info", false)]
    [InlineData("database.password", "", false)]
    public void A_value_is_judged_with_its_path(string path, object value, bool secret) => Assert.Equal(secret, SecretScalars.IsSecret(path, value, None));

    [Fact]
    public void A_schema_may_name_more()
    {
        var schema = SecretScalars.FromSchema(Encoding.UTF8.GetBytes("""{"properties":{"a":{"properties":{"pin":{"format":"password"}}},"b":{"writeOnly":true}}}"""));
        Assert.Equal(["a.pin", "b"], SecretScalars.Find("a:\n  pin: x1\nb: y1\nc: z1\n", schema).Select(s => s.Path));
    }

    [Fact]
    public void A_schema_speaks_through_items_references_and_combinations()
    {
        var schema = SecretScalars.FromSchema(Encoding.UTF8.GetBytes("""
            {"properties":{
              "users":{"items":{"properties":{"pin":{"format":"password"}}}},
              "db":{"allOf":[{"$ref":"#/definitions/login"}]},
              "maps":{"additionalProperties":{"writeOnly":true}}},
             "definitions":{"login":{"properties":{"code":{"writeOnly":true},"again":{"$ref":"#/definitions/login"}}}}}
            """));
        Assert.Equal(["users.0.pin", "users.1.pin", "db.code", "maps.any"], SecretScalars.Find("users:\n  - pin: x1\n    n: a1\n  - pin: x2\ndb:\n  code: y1\n  host: h1\nmaps:\n  any: z1\n", schema).Select(s => s.Path));
    }

    /// <summary>A key of several lines is indented by YAML and printed line by line: searched for as a whole, it was never found.</summary>
    [Fact]
    public void A_secret_of_several_lines_is_taken_out_line_by_line()
    {
        var redactor = new Redactor(["-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\nAQEAqkz1Jw==\n-----END KEY-----\n"]);
        var text = redactor.Redact("data:\n  key: |\n    -----BEGIN KEY-----\n    MIIEvQIBADANBgkqhkiG9w0BAQEFAASC\n    AQEAqkz1Jw==\n    -----END KEY-----\n");
        Assert.DoesNotContain("MIIEvQIB", text, StringComparison.Ordinal);
        Assert.DoesNotContain("AQEAqkz1", text, StringComparison.Ordinal);
        Assert.Contains("BEGIN KEY", text, StringComparison.Ordinal);
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
