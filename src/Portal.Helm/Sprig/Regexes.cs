using System.Collections;
using System.Collections.Concurrent;
using System.Text.RegularExpressions;
using Portal.Helm.Templating;

namespace Portal.Helm.Sprig;

/// <summary>Regular expressions on .NET's engine without backtracking, which is what RE2 promises as well.</summary>
internal static class Regexes
{
    private const int Remembered = 500;

    public static void Register(FunctionTable table)
    {
        var compiled = new ConcurrentDictionary<string, Re2>(StringComparer.Ordinal);
        Re2 Compile(object? pattern)
        {
            if (compiled.TryGetValue((string)pattern!, out var known))
            {
                return known;
            }

            var regex = Re2.Parse((string)pattern!);
            if (compiled.Count < Remembered)
            {
                compiled[(string)pattern!] = regex;
            }

            return regex;
        }

        foreach (var must in new[] { false, true })
        {
            string Name(string n) => must ? Lists.Must(n) : n;
            Func<object?, Re2> compile = must ? Compile : pattern => MustCompile(Compile, pattern);
            table.Add(Name("regexMatch"), [GoType.String, GoType.String], a => Match(Compile, a, must));
            table.Add(Name("regexFind"), [GoType.String, GoType.String], a => Find(compile(a[0]), (string)a[1]!));
            table.Add(Name("regexFindAll"), [GoType.String, GoType.String, GoType.Int], a => FindAll(compile(a[0]), (string)a[1]!, (nint)a[2]!));
            table.Add(Name("regexReplaceAll"), [GoType.String, GoType.String, GoType.String], a => Replace(compile(a[0]), (string)a[1]!, m => Expand((string)a[2]!, m)));
            table.Add(Name("regexReplaceAllLiteral"), [GoType.String, GoType.String, GoType.String], a => Replace(compile(a[0]), (string)a[1]!, _ => (string)a[2]!));
            table.Add(Name("regexSplit"), [GoType.String, GoType.String, GoType.Int], a => Split(compile(a[0]), (string)a[1]!, (nint)a[2]!));
        }

        table.Add("regexQuoteMeta", [GoType.String], a => QuoteMeta((string)a[0]!));
    }

    // regexp.MustCompile: sprig's functions without "must" panic with the pattern.
    private static Re2 MustCompile(Func<object?, Re2> compile, object? pattern)
    {
        try
        {
            return compile(pattern);
        }
        catch (FunctionException error)
        {
            var quoted = (string)pattern! is var text && (text.AsSpan().IndexOfAny('`', '\uFEFF', '\u007F') >= 0 || text.Any(c => c < ' ' && c != '\t') || GoBytes.HasLoneSurrogate(text)) ? GoQuote.Quote(text) : $"`{pattern}`";
            throw new FunctionException($"regexp: Compile({quoted}): {error.Message}", error);
        }
    }

    private static string Find(Re2 regex, string text) => regex.Matches(text).FirstOrDefault()?.Value ?? "";

    // Go takes no empty match that touches the one before.
    private static IEnumerable<Match> Matches(Re2 regex, string text)
    {
        var end = -1;
        foreach (var match in regex.Matches(text))
        {
            if (match.Length > 0 || match.Index != end)
            {
                end = match.Index + match.Length;
                yield return match;
            }
        }
    }

    private static string Replace(Re2 regex, string text, Func<Match, string> with)
    {
        var result = BoundedText.New();
        var start = 0;
        foreach (var match in Matches(regex, text))
        {
            result.Append(text, start, match.Index - start).Append(with(match));
            start = match.Index + match.Length;
        }

        return result.Append(text, start, text.Length - start).ToString();
    }

    private static bool Match(Func<object?, Re2> compile, object?[] a, bool must)
    {
        try
        {
            return compile(a[0]).IsMatch((string)a[1]!);
        }
        catch (FunctionException) when (!must)
        {
            // sprig's regexMatch ignores a bad pattern.
            return false;
        }
    }

    // No match is a nil slice, which JSON shows as null.
    private static IList FindAll(Re2 regex, string text, nint most)
    {
        var found = new List<string>();
        foreach (var match in Matches(regex, text).Take(most < 0 ? int.MaxValue : (int)Math.Min(most, int.MaxValue)))
        {
            Add(found, match.Value);
        }

        return found.Count > 0 ? found : new GoNilList("[]string");
    }

    private static void Add(List<string> parts, string part)
    {
        if (parts.Count >= 1_000_000)
        {
            throw new TemplateLimitException("an expression has more than a million matches");
        }

        parts.Add(part);
    }

    // regexp.Split keeps the rest of the text in the last part and has no groups.
    private static IList Split(Re2 regex, string text, long most)
    {
        if (most == 0)
        {
            return new GoNilList("[]string");
        }

        var result = new List<string>();
        var start = 0;
        foreach (var match in Matches(regex, text))
        {
            if (most > 0 && result.Count == most - 1)
            {
                break;
            }

            if (match.Length == 0 && (match.Index == 0 || match.Index == text.Length))
            {
                continue;
            }

            Add(result, text[start..match.Index]);
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
