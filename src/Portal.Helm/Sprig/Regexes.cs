using System.Text.RegularExpressions;
using Portal.Helm.Templating;

namespace Portal.Helm.Sprig;

/// <summary>Regular expressions on .NET's engine without backtracking, which is what RE2 promises as well.</summary>
internal static class Regexes
{
    public static void Register(FunctionTable table)
    {
        foreach (var must in new[] { false, true })
        {
            string Name(string n) => must ? Lists.Must(n) : n;
            table.Add(Name("regexMatch"), [GoType.String, GoType.String], a => Match(a, must));
            table.Add(Name("regexFind"), [GoType.String, GoType.String], a => Compile(a[0]).Match((string)a[1]!).Value);
            table.Add(Name("regexFindAll"), [GoType.String, GoType.String, GoType.Int], a => FindAll(Compile(a[0]), (string)a[1]!, (nint)a[2]!));
            table.Add(Name("regexReplaceAll"), [GoType.String, GoType.String, GoType.String], a => Compile(a[0]).Replace((string)a[1]!, m => Expand((string)a[2]!, m)));
            table.Add(Name("regexReplaceAllLiteral"), [GoType.String, GoType.String, GoType.String], a => Compile(a[0]).Replace((string)a[1]!, _ => (string)a[2]!));
            table.Add(Name("regexSplit"), [GoType.String, GoType.String, GoType.Int], a => Split(Compile(a[0]), (string)a[1]!, (int)(nint)a[2]!));
        }

        table.Add("regexQuoteMeta", [GoType.String], a => QuoteMeta((string)a[0]!));
    }

    private static Regex Compile(object? pattern)
    {
        try
        {
            var text = ((string)pattern!).Replace("(?P<", "(?<", StringComparison.Ordinal).Replace("\\z", "\\z", StringComparison.Ordinal);
            return new Regex(text, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant | RegexOptions.ECMAScript & 0, TimeSpan.FromSeconds(2));
        }
        catch (Exception error) when (error is ArgumentException or NotSupportedException)
        {
            throw new FunctionException($"error parsing regexp: {error.Message}", error);
        }
    }

    private static bool Match(object?[] a, bool must)
    {
        try
        {
            return Compile(a[0]).IsMatch((string)a[1]!);
        }
        catch (FunctionException) when (!must)
        {
            // sprig's regexMatch ignores a bad pattern.
            return false;
        }
    }

    private static List<string> FindAll(Regex regex, string text, nint most) =>
        [.. regex.Matches(text).Take(most < 0 ? int.MaxValue : (int)most).Select(m => m.Value)];

    // regexp.Split keeps the rest of the text in the last part and has no groups.
    private static List<string> Split(Regex regex, string text, int most)
    {
        var result = new List<string>();
        if (most == 0)
        {
            return result;
        }

        var start = 0;
        foreach (Match match in regex.Matches(text))
        {
            if (most > 0 && result.Count == most - 1)
            {
                break;
            }

            if (match.Length == 0 && (match.Index == 0 || match.Index == text.Length))
            {
                continue;
            }

            result.Add(text[start..match.Index]);
            start = match.Index + match.Length;
        }

        result.Add(text[start..]);
        return result;
    }

    // regexp.Expand: $1, ${1}, $name; the longest name wins, an unknown one is empty.
    private static string Expand(string template, Match match)
    {
        var result = new System.Text.StringBuilder();
        for (var i = 0; i < template.Length; i++)
        {
            if (template[i] != '$' || i + 1 >= template.Length)
            {
                result.Append(template[i]);
                continue;
            }

            if (template[i + 1] == '$')
            {
                result.Append('$');
                i++;
                continue;
            }

            var brace = template[i + 1] == '{';
            var start = i + (brace ? 2 : 1);
            var end = start;
            while (end < template.Length && (char.IsLetterOrDigit(template[end]) || template[end] == '_'))
            {
                end++;
            }

            if (end == start || (brace && (end >= template.Length || template[end] != '}')))
            {
                result.Append('$');
                continue;
            }

            result.Append(match.Groups[template[start..end]].Value);
            i = brace ? end : end - 1;
        }

        return result.ToString();
    }

    private static string QuoteMeta(string text)
    {
        var result = new System.Text.StringBuilder();
        foreach (var c in text)
        {
            if ("\\.+*?()|[]{}^$".Contains(c))
            {
                result.Append('\\');
            }

            result.Append(c);
        }

        return result.ToString();
    }
}
