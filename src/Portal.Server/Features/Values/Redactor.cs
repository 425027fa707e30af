using System.Text;

namespace Portal.Server.Features.Values;

/// <summary>Takes known secret values, in clear and in base64, out of any text.</summary>
public sealed class Redactor
{
    private const string Mask = "[hidden]";
    private readonly string[] _forms;

    /// <summary>Values shorter than four characters would hit everywhere; they are left alone.</summary>
    public Redactor(IEnumerable<string> secrets)
    {
        _forms =
        [
            .. secrets.Where(s => s.Length >= 4).SelectMany(s => new[] { s, Convert.ToBase64String(Encoding.UTF8.GetBytes(s)), Convert.ToBase64String(Encoding.UTF8.GetBytes(s)).TrimEnd('='), Uri.EscapeDataString(s) })
                .Distinct(StringComparer.Ordinal).OrderByDescending(s => s.Length),
        ];
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
