using System.Text;

namespace Portal.Server.Features.Values;

/// <summary>Takes known secret values out of any text, in all forms that <see cref="SecretForms"/> knows.</summary>
public sealed class Redactor
{
    private const string Mask = "[hidden]";

    // Values shorter than this would hit everywhere; they are left alone.
    private const int Least = 4;

    private readonly string[] _forms;
    private readonly string[] _spaced;
    private readonly string[] _common;

    public Redactor(IEnumerable<string> secrets)
    {
        string[] known = [.. secrets.Where(s => s.Length >= Least).Distinct(StringComparer.Ordinal)];
        _common = [.. known.Where(CommonWords.Contain)];
        _forms = [.. known.Where(s => !CommonWords.Contain(s)).SelectMany(SecretForms.Of).Where(f => f.Length >= Least && !CommonWords.Contain(f)).Distinct(StringComparer.Ordinal).OrderByDescending(s => s.Length)];
        _spaced = [.. _forms.Where(f => f.Contains(' ', StringComparison.Ordinal))];
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

        if (_spaced.Length > 0 && text.Contains('\n', StringComparison.Ordinal))
        {
            text = Unfolded(text);
        }

        return _common.Length > 0 && _common.Any(c => text.Contains(c, StringComparison.Ordinal)) ? WithoutCommon(text) : text;
    }

    // Writers of YAML break a text at a space, where a line would become too long.
    private string Unfolded(string text)
    {
        var line = new StringBuilder(text.Length);
        var places = new List<int>(text.Length + 1);
        for (var at = 0; at < text.Length;)
        {
            var end = at;
            while (end < text.Length && char.IsWhiteSpace(text[end]))
            {
                end++;
            }

            if (text.AsSpan(at, end - at).Contains('\n'))
            {
                line.Append(' ');
                places.Add(at);
            }
            else
            {
                end = Math.Max(end, at + 1);
                line.Append(text, at, end - at);
                places.AddRange(Enumerable.Range(at, end - at));
            }

            at = end;
        }

        places.Add(text.Length);
        var read = line.ToString();
        var found = new List<(int Start, int End)>();
        foreach (var form in _spaced)
        {
            for (var at = read.IndexOf(form, StringComparison.Ordinal); at >= 0; at = read.IndexOf(form, at + form.Length, StringComparison.Ordinal))
            {
                found.Add((places[at], places[at + form.Length]));
            }
        }

        return Replaced(text, found);
    }

    // A common word is hidden where it is given to a secret's name.
    private string WithoutCommon(string text) => Replaced(text, SecretParts.Find(text).Where(p => _common.Contains(p.Value)).Select(p => (p.Start, p.End)));

    private static string Replaced(string text, IEnumerable<(int Start, int End)> places)
    {
        var result = new StringBuilder();
        var done = 0;
        foreach (var (start, end) in places.OrderBy(p => p.Start).Where(p => p.Start >= 0))
        {
            if (start >= done)
            {
                result.Append(text, done, start - done).Append(Mask);
                done = end;
            }
        }

        return done == 0 ? text : result.Append(text, done, text.Length - done).ToString();
    }
}
