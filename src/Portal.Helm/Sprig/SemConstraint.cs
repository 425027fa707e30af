using System.Globalization;

namespace Portal.Helm.Sprig;

/// <summary>A constraint as Masterminds/semver checks it: "&gt;=1.19-0 &lt;2, ^3 || ~1.2.x". Alternatives by ||, conditions by blank or comma.</summary>
public sealed class SemConstraint
{
    private readonly List<List<Condition>> _alternatives = [];

    private sealed record Condition(string Operator, SemVersion Version, int Parts);

    /// <summary>The constraint of a text, or null when it is none.</summary>
    public static SemConstraint? TryParse(string text)
    {
        var result = new SemConstraint();
        foreach (var alternative in text.Split("||"))
        {
            var conditions = new List<Condition>();
            if (alternative.Split(',') is { Length: > 1 } parts && parts.Any(string.IsNullOrWhiteSpace))
            {
                return null;
            }

            var words = Hyphens(alternative.Replace(',', ' '));
            for (var i = 0; i < words.Count; i++)
            {
                var word = words[i];
                var digits = word.AsSpan().IndexOfAnyInRange('0', '9');
                var star = word.IndexOfAny(['*', 'x', 'X']);
                var start = digits < 0 ? star : star < 0 ? digits : Math.Min(digits, star);
                if (start > 0 && word[start - 1] == 'v')
                {
                    start--;
                }

                var symbol = start < 0 ? word : word[..start];
                var version = start < 0 ? "" : word[start..];
                if (version.Length == 0 && i + 1 < words.Count)
                {
                    version = words[++i];
                }

                if (symbol is not ("" or "=" or "!=" or ">" or "<" or ">=" or "=>" or "<=" or "=<" or "~" or "~>" or "^") || Parse(version) is not var (parsed, known))
                {
                    return null;
                }

                conditions.Add(new Condition(symbol, parsed, known));
            }

            if (conditions.Count == 0)
            {
                return null;
            }

            result._alternatives.Add(conditions);
        }

        return result;
    }

    // "1.2 - 2.0" is ">=1.2 <=2.0".
    private static List<string> Hyphens(string text)
    {
        var words = text.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).ToList();
        for (var i = 1; i + 1 < words.Count; i++)
        {
            if (words[i] == "-")
            {
                words[i - 1] = ">=" + words[i - 1];
                words[i + 1] = "<=" + words[i + 1];
                words.RemoveAt(i);
            }
        }

        return words;
    }

    private static (SemVersion Version, int Parts)? Parse(string text)
    {
        var body = text.StartsWith('v') ? text[1..] : text;
        var end = body.IndexOfAny(['-', '+']);
        var numbers = (end < 0 ? body : body[..end]).Split('.');
        var known = 0;
        while (known < numbers.Length && numbers[known] is not ("x" or "X" or "*" or ""))
        {
            known++;
        }

        if (numbers.Length > 3)
        {
            return null;
        }

        var full = string.Join('.', Enumerable.Range(0, 3).Select(i => i < known ? numbers[i] : "0")) + (end < 0 ? "" : body[end..]);
        return SemVersion.TryParse(full) is { } version ? (version, known) : null;
    }

    /// <summary>Whether a version satisfies the constraint. Without a prerelease in an alternative, prereleases never satisfy it.</summary>
    public bool Matches(SemVersion version) => _alternatives.Exists(a =>
        (version.Prerelease.Length == 0 || a.Exists(c => c.Version.Prerelease.Length > 0)) && a.TrueForAll(c => Matches(c, version)));

    private static bool Matches(Condition condition, SemVersion version)
    {
        var wanted = condition.Version;
        var order = version.CompareTo(wanted);
        var dirty = condition.Parts < 3;
        return condition.Operator switch
        {
            "" or "=" => dirty ? Tilde(condition, version) : order == 0,
            "!=" => dirty ? !Tilde(condition, version) : order != 0,
            ">" => !dirty ? order > 0 : condition.Parts switch
            {
                0 => false,
                1 => version.Major > wanted.Major,
                _ => (version.Major, version.Minor).CompareTo((wanted.Major, wanted.Minor)) > 0,
            },
            "<" => order < 0,
            ">=" or "=>" => order >= 0,
            "<=" or "=<" => !dirty ? order <= 0 : condition.Parts == 0 || (condition.Parts == 1 ? version.Major <= wanted.Major : (version.Major, version.Minor).CompareTo((wanted.Major, wanted.Minor)) <= 0),
            "^" => order >= 0 && Caret(condition, version),
            _ => Tilde(condition, version),
        };
    }

    private static bool Tilde(Condition condition, SemVersion version) => condition.Parts == 0
        || (version.CompareTo(condition.Version) >= 0 && version.Major == condition.Version.Major && (condition.Parts == 1 || version.Minor == condition.Version.Minor));

    private static bool Caret(Condition condition, SemVersion version)
    {
        var wanted = condition.Version;
        if (wanted.Major > 0 || condition.Parts <= 1)
        {
            return version.Major == wanted.Major;
        }

        if (version.Major > 0)
        {
            return false;
        }

        return wanted.Minor > 0 || condition.Parts == 2 ? version.Minor == wanted.Minor : version.Minor == 0 && version.Patch == wanted.Patch;
    }

    /// <summary>The constraint in one spelling: alternatives joined by "||", their parts by blanks.</summary>
    public override string ToString() => string.Join(" || ", _alternatives.Select(a => string.Join(' ', a.Select(c => string.Create(CultureInfo.InvariantCulture, $"{c.Operator}{c.Version}")))));
}
