using System.Text.RegularExpressions;

namespace Portal.Server.Features.Values;

/// <summary>Takes known secret values out of any text, in all forms that <see cref="SecretForms"/> knows.</summary>
public sealed class Redactor
{
    private const string Mask = "[hidden]";

    // Values shorter than this would hit everywhere; they are left alone.
    private const int Least = 4;

    // Writers of YAML break longer texts at a space.
    private const int Folded = 40;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private readonly string[] _forms;
    private readonly Regex[] _folded;

    public Redactor(IEnumerable<string> secrets)
    {
        string[] forms = [.. secrets.Where(s => s.Length >= Least).SelectMany(SecretForms.Of).Where(f => f.Length >= Least).Distinct(StringComparer.Ordinal).OrderByDescending(s => s.Length)];
        _folded = [.. forms.Where(f => f.Length >= Folded && f.Contains(' ', StringComparison.Ordinal)).Select(f => new Regex(string.Join(@"\s+", f.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Select(Regex.Escape)), RegexOptions.NonBacktracking | RegexOptions.CultureInvariant, Patience))];
        _forms = forms;
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

        foreach (var folded in _folded)
        {
            text = folded.Replace(text, Mask);
        }

        return text;
    }
}
