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
        var compiled = new ConcurrentDictionary<string, Regex>(StringComparer.Ordinal);
        Regex Compile(object? pattern)
        {
            if (compiled.TryGetValue((string)pattern!, out var known))
            {
                return known;
            }

            var regex = Build((string)pattern!);
            if (compiled.Count < Remembered)
            {
                compiled[(string)pattern!] = regex;
            }

            return regex;
        }

        foreach (var must in new[] { false, true })
        {
            string Name(string n) => must ? Lists.Must(n) : n;
            Func<object?, Regex> compile = must ? Compile : pattern => MustCompile(Compile, pattern);
            table.Add(Name("regexMatch"), [GoType.String, GoType.String], a => Match(Compile, a, must));
            table.Add(Name("regexFind"), [GoType.String, GoType.String], a => compile(a[0]).Match((string)a[1]!).Value);
            table.Add(Name("regexFindAll"), [GoType.String, GoType.String, GoType.Int], a => FindAll(compile(a[0]), (string)a[1]!, (nint)a[2]!));
            table.Add(Name("regexReplaceAll"), [GoType.String, GoType.String, GoType.String], a => Replace(compile(a[0]), (string)a[1]!, m => Expand((string)a[2]!, m)));
            table.Add(Name("regexReplaceAllLiteral"), [GoType.String, GoType.String, GoType.String], a => Replace(compile(a[0]), (string)a[1]!, _ => (string)a[2]!));
            table.Add(Name("regexSplit"), [GoType.String, GoType.String, GoType.Int], a => Split(compile(a[0]), (string)a[1]!, (int)(nint)a[2]!));
        }

        table.Add("regexQuoteMeta", [GoType.String], a => QuoteMeta((string)a[0]!));
    }

    // regexp.MustCompile: sprig's functions without "must" panic with the pattern.
    private static Regex MustCompile(Func<object?, Regex> compile, object? pattern)
    {
        try
        {
            return compile(pattern);
        }
        catch (FunctionException error)
        {
            var quoted = ((string)pattern!).Contains('`') ? GoQuote.Quote((string)pattern) : $"`{pattern}`";
            throw new FunctionException($"regexp: Compile({quoted}): {error.Message}", error);
        }
    }

    /// <summary>A pattern of RE2's, in .NET's engine without backtracking.</summary>
    /// <exception cref="FunctionException">The pattern is none.</exception>
    internal static Regex Build(string pattern)
    {
        try
        {
            return new Regex(Re2Syntax.Translate(pattern), RegexOptions.NonBacktracking | RegexOptions.CultureInvariant, TimeSpan.FromSeconds(2));
        }
        catch (RegexParseException error)
        {
            throw new FunctionException($"error parsing regexp: {Reason(error, pattern)}", error);
        }
        catch (Exception error) when (error is ArgumentException or NotSupportedException)
        {
            throw new FunctionException($"error parsing regexp: {error.Message}", error);
        }
    }

    // What is wrong, in RE2's words. The offset is that of the pattern for .NET, which is as long as RE2's up to the fault in these cases.
    private static string Reason(RegexParseException error, string pattern)
    {
        var at = Math.Clamp(error.Offset, 1, Math.Max(pattern.Length, 1));
        return error.Error switch
        {
            RegexParseError.InsufficientClosingParentheses => $"missing closing ): `{pattern}`",
            RegexParseError.InsufficientOpeningParentheses => $"unexpected ): `{pattern}`",
            RegexParseError.NestedQuantifiersNotParenthesized when at >= 2 => $"invalid nested repetition operator: `{pattern[(at - 2)..at]}`",
            RegexParseError.QuantifierAfterNothing => $"missing argument to repetition operator: `{pattern[(at - 1)..at]}`",
            RegexParseError.ReversedCharacterRange when at >= 4 => $"invalid character class range: `{pattern[(at - 4 + 1)..at]}`",
            _ => error.Message,
        };
    }

    // Go takes no empty match that touches the one before.
    private static IEnumerable<Match> Matches(Regex regex, string text)
    {
        var end = -1;
        for (var match = regex.Match(text); match.Success; match = match.NextMatch())
        {
            if (match.Length > 0 || match.Index != end)
            {
                end = match.Index + match.Length;
                yield return match;
            }
        }
    }

    private static string Replace(Regex regex, string text, Func<Match, string> with)
    {
        var result = new System.Text.StringBuilder();
        var start = 0;
        foreach (var match in Matches(regex, text))
        {
            result.Append(text, start, match.Index - start).Append(with(match));
            start = match.Index + match.Length;
        }

        return result.Append(text, start, text.Length - start).ToString();
    }

    private static bool Match(Func<object?, Regex> compile, object?[] a, bool must)
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
    private static IList FindAll(Regex regex, string text, nint most)
    {
        List<string> found = [.. Matches(regex, text).Take(most < 0 ? int.MaxValue : (int)most).Select(m => m.Value)];
        return found.Count > 0 ? found : new GoNilList("[]string");
    }

    // regexp.Split keeps the rest of the text in the last part and has no groups.
    private static IList Split(Regex regex, string text, int most)
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
