using Portal.Helm.Rendering;
using Portal.Helm.Yaml;
using Portal.Server.Features.Values;
using Portal.Testing;

namespace Portal.Server.Tests.Values;

/// <summary>Templates write a value in many ways: whatever Helm makes of a secret is found again.</summary>
public sealed class RedactorTests
{
    private const string Template = """
        quoted: {{ .Values.password | quote }}
        plain: {{ printf "p=%v." .Values.password | quote }}
        json: {{ dict "p" .Values.password | toJson | quote }}
        raw: {{ dict "p" .Values.password | toRawJson }}
        url: {{ printf "u=%s" (.Values.password | toString | urlquery) }}
        base64: {{ .Values.password | toString | b64enc }}
        inner: {{ printf "user:%v@" .Values.password | b64enc }}
        upper: {{ .Values.password | toString | upper | quote }}
        html: {{ .Values.password | toString | html | quote }}
        yaml:
          {{- dict "p" .Values.password "list" (list .Values.password) | toYaml | nindent 2 }}
        message: {{ printf "%q does not match" (.Values.password | toString) | quote }}
        """;

    /// <summary>Each of these was shown once: a doubled quote, JSON's \u003c, a plus for a space, a number as 1.2345678e+07, a block's text without its last line break, a text folded at a space.</summary>
    [Theory]
    [InlineData("canary-1234", "canary-1234")]
    [InlineData("\"@it's-Canary9911\"", "Canary9911")]
    [InlineData("Canary<alpha>9911", "alpha")]
    [InlineData("\"Can&ary+alpha'9911\"", "alpha")]
    [InlineData("canary horse battery 9911", "horse")]
    [InlineData("12345678", "2345678")]
    [InlineData("987654321", "87654321")]
    [InlineData("0xDEADBEEF", "735928559")]
    [InlineData("2024-01-01", "2024-01")]
    [InlineData("|\n  hunt7x\n", "hunt7x")]
    [InlineData("!!binary Q2FuYXJ5LTk5MTE=", "Canary-9911")]
    [InlineData("\"C\\\\anary\\\"9911\"", "anary")]
    [InlineData("correct horse battery staple and some more words so that it becomes longer than a line of YAML may be", "staple")]
    [InlineData("\"Canary \\U0001F600 9911\"", "9911")]
    public void What_a_template_makes_of_a_secret_is_hidden(string written, string canary)
    {
        var values = $"password: {written}\n";
        var chart = TestChart.Make("demo", "1.0.0", ("templates/all.yaml", Template));
        var shown = string.Concat(new ChartRenderer().Render(chart, GoYaml.ReadTable(values), new ReleaseOptions("demo", "demo")).Documents.Select(d => GoYaml.Write(GoYaml.Read(d.Content)) + d.Content));
        Assert.Contains(canary, shown, StringComparison.Ordinal);
        var redactor = new Redactor(SecretScalars.Values(SecretFinder.Find(values, new HashSet<string>())));
        Assert.DoesNotContain(canary, redactor.Redact(shown), StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>A registry's login stands in base64 within a file that a Secret holds in base64: whoever decoded twice read it.</summary>
    [Theory]
    [InlineData("canary-9911-pw", "robot:")]
    [InlineData("canary-9911-pw", "robots:")]
    [InlineData("canary-9911-pw", "a-robot:")]
    public void A_secret_that_was_encoded_twice_is_hidden(string secret, string before)
    {
        static string Encoded(string text) => Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(text));
        for (var more = 0; more < 3; more++)
        {
            var twice = Encoded($"{{\"auth\":\"{new string(' ', more)}{Encoded(before + secret)}\"}}");
            var shown = new Redactor([secret]).Redact(twice);
            Assert.Contains("[hidden]", shown, StringComparison.Ordinal);
            // The letters at both ends share bits with what stands beside them.
            Assert.True(shown.Length - "[hidden]".Length <= twice.Length - (secret.Length - 4), shown);
        }
    }
}
