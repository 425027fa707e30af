using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Portal.Server.Features.Values;

/// <summary>Takes known secret values out of any text: in clear, in base64 (also inside of something longer), in capitals, escaped for URLs and JSON.</summary>
public sealed class Redactor
{
    private const string Mask = "[hidden]";
    private readonly string[] _forms;

    /// <summary>Values shorter than four characters would hit everywhere; they are left alone.</summary>
    public Redactor(IEnumerable<string> secrets)
    {
        _forms =
        [
            .. secrets.Where(s => s.Length >= 4).SelectMany(s => Lines(s).Prepend(s)).SelectMany(Forms).Distinct(StringComparer.Ordinal).OrderByDescending(s => s.Length),
        ];
    }

    // A key of several lines comes indented in YAML, and line by line in a log.
    private static IEnumerable<string> Lines(string secret) => secret.Contains('\n')
        ? secret.Split('\n', StringSplitOptions.TrimEntries).Where(l => l.Length >= 8 && !l.StartsWith("-----", StringComparison.Ordinal))
        : [];

    private static IEnumerable<string> Forms(string secret)
    {
        var bytes = Encoding.UTF8.GetBytes(secret);
        var base64 = Convert.ToBase64String(bytes);
        string[] forms = [secret, base64, base64.TrimEnd('='), Uri.EscapeDataString(secret), JsonEncodedText.Encode(secret).Value, JsonEncodedText.Encode(secret, JavaScriptEncoder.UnsafeRelaxedJsonEscaping).Value];
        return bytes.Length < 8 ? forms : [.. forms, secret.ToUpperInvariant(), secret.ToLowerInvariant(), .. Inside(bytes)];
    }

    // A secret in the middle of something that was encoded as a whole: what stands before it decides how its bytes fall into groups of three. The
    // characters at both ends share bits with its neighbours and stay.
    private static IEnumerable<string> Inside(byte[] secret)
    {
        for (var shift = 0; shift < 3; shift++)
        {
            var whole = (shift + secret.Length) / 3 * 4;
            yield return Convert.ToBase64String([.. new byte[shift], .. secret])[(shift == 0 ? 0 : 4)..whole];
        }
    }

    public string Redact(string text)
    {
        foreach (var form in _forms)
        {
            if (text.Contains(form, StringComparison.Ordinal))
            {
                text = text.Replace(form, Mask, StringComparison.Ordinal);
            }
        }

        return text;
    }
}
