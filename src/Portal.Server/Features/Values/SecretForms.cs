using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Portal.Helm.Templating;
using Portal.Helm.Yaml;

namespace Portal.Server.Features.Values;

/// <summary>How a secret may be written somewhere else: by templates (quote, toJson, toYaml, urlquery, b64enc, upper), by writers of YAML and JSON, in messages that quote it. Pure.</summary>
internal static class SecretForms
{
    private const int LeastLine = 8;

    /// <summary>All forms of one secret, itself among them.</summary>
    public static IEnumerable<string> Of(string secret) => Meant(secret).SelectMany(Lines).SelectMany(Cases).SelectMany(Written);

    /// <summary>What a scalar may mean besides its letters: a number that templates print their own way, bytes in base64, a block without its last line break.</summary>
    private static IEnumerable<string> Meant(string secret)
    {
        yield return secret;
        if (secret.TrimEnd('\n') is var line && line.Length < secret.Length)
        {
            yield return line;
        }

        if (secret.Trim() is var trimmed && trimmed.Length < secret.TrimEnd('\n').Length)
        {
            yield return trimmed;
        }

        foreach (var number in Numbers(secret))
        {
            yield return number;
        }

        if (secret.Length >= LeastLine && secret.Length % 4 == 0 && FromBase64(secret) is { } decoded)
        {
            yield return decoded;
        }
    }

    // 12345678 is 1.2345678e+07 in a template, and 0xBEEF is 48879.
    private static IEnumerable<string> Numbers(string secret)
    {
        if (secret.Length > 64 || !(char.IsAsciiDigit(secret[0]) || secret[0] is '-' or '+' or '.'))
        {
            return [];
        }

        try
        {
            var value = GoYaml.Read(secret);
            return value is string or null or bool or Dictionary<string, object?> or List<object?> ? []
                : Convert.ToDouble(value, CultureInfo.InvariantCulture) is var number && double.IsFinite(number) ? [GoFormat.Value(value), GoFormat.Value(number), GoJson.Write(value), number.ToString("F0", CultureInfo.InvariantCulture)] : [];
        }
        catch (Exception error) when (error is YamlException or FormatException or OverflowException)
        {
            return [];
        }
    }

    private static string? FromBase64(string text)
    {
        var bytes = new byte[text.Length];
        if (!Convert.TryFromBase64String(text, bytes, out var length))
        {
            return null;
        }

        try
        {
            return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(bytes, 0, length);
        }
        catch (DecoderFallbackException)
        {
            // It is no text.
            return null;
        }
    }

    // A key of several lines comes indented in YAML, and line by line in a log.
    private static IEnumerable<string> Lines(string secret) => secret.Contains('\n')
        ? secret.Split('\n', StringSplitOptions.TrimEntries).Where(l => l.Length >= LeastLine && !l.StartsWith("-----", StringComparison.Ordinal)).Prepend(secret)
        : [secret];

    // A short word in other letters would hit everywhere.
    private static IEnumerable<string> Cases(string secret) => secret.Length >= LeastLine || (secret.Any(char.IsAsciiDigit) && secret.Any(char.IsAsciiLetter)) ? [secret, secret.ToUpperInvariant(), secret.ToLowerInvariant()] : [secret];

    private static IEnumerable<string> Written(string secret)
    {
        var bytes = Encoding.UTF8.GetBytes(secret);
        var base64 = Convert.ToBase64String(bytes);
        var url = Uri.EscapeDataString(secret);
        var html = WebUtility.HtmlEncode(secret);
        // JSON in a quoted text, and the like.
        return Quoted(secret).Append(html).Append(html.Replace("&quot;", "&#34;", StringComparison.Ordinal)).Distinct(StringComparer.Ordinal).SelectMany(Quoted).Distinct(StringComparer.Ordinal)
            .Concat([base64, base64.TrimEnd('='), url, url.Replace("%20", "+", StringComparison.Ordinal), LowerHex(url, '%', 2)])
            .Concat(InPath(url))
            .Concat(bytes.Length < LeastLine ? [] : Twice(InBase64(bytes)).Concat([Convert.ToHexStringLower(bytes), Convert.ToHexString(bytes)]));
    }

    private static IEnumerable<string> Quoted(string text) => text.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-') ? [text] :
    [
        text, Inside(GoJson.Write(text)), Inside(GoJson.Write(text, escapeHtml: false)), Inside(GoYaml.Write(text).TrimEnd('\n')), text.Replace("'", "''", StringComparison.Ordinal),
        text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "\\'", StringComparison.Ordinal),
        JsonEncodedText.Encode(text).Value, LowerHex(JsonEncodedText.Encode(text).Value, 'u', 4), JsonEncodedText.Encode(text, JavaScriptEncoder.UnsafeRelaxedJsonEscaping).Value,
        // For a shell.
        text.Replace("'", "'\\''", StringComparison.Ordinal), text.Replace("'", "'\"'\"'", StringComparison.Ordinal),
    ];

    // In the path of an address fewer characters are escaped: as a segment, or as several (RFC 3986, Go's url.PathEscape and URL.EscapedPath).
    private static IEnumerable<string> InPath(string url)
    {
        static string Plain(string text, string characters) => characters.Aggregate(text, (shown, c) => shown.Replace(Uri.HexEscape(c), c.ToString(), StringComparison.Ordinal));
        if (url.Contains('%', StringComparison.Ordinal))
        {
            yield return Plain(url, "$&+=:@");
            yield return Plain(url, "$&+=:@/;,");
            yield return Plain(url, "$&+=:@/;,!'()*");
        }
    }

    // Some writers give the digits of an escape in lower case: %2f, \u00e4.
    private static string LowerHex(string text, char mark, int digits) =>
        string.Create(text.Length, (text, mark, digits), static (result, from) =>
        {
            for (var (i, left) = (0, 0); i < result.Length; i++)
            {
                result[i] = left > 0 ? char.ToLowerInvariant(from.text[i]) : from.text[i];
                left = from.text[i] == from.mark && (from.mark == '%' || (i > 0 && from.text[i - 1] == '\\')) ? from.digits : Math.Max(left - 1, 0);
            }
        });

    private static string Inside(string quoted) => quoted.Length > 1 && quoted[0] is '"' or '\'' && quoted[^1] == quoted[0] ? quoted[1..^1] : quoted;

    // The login of a registry is encoded within a file that is encoded itself.
    private static IEnumerable<string> Twice(IEnumerable<string> once) => once.SelectMany(f => InBase64(Encoding.ASCII.GetBytes(f)).Prepend(f));

    // A secret in the middle of something that was encoded as a whole: what stands before it decides how its bytes fall into groups of three. The
    // characters at both ends share bits with its neighbours and stay.
    private static IEnumerable<string> InBase64(byte[] secret)
    {
        for (var shift = 0; shift < 3; shift++)
        {
            var whole = (shift + secret.Length) / 3 * 4;
            yield return Convert.ToBase64String([.. new byte[shift], .. secret])[(shift == 0 ? 0 : 4)..whole];
        }
    }
}
