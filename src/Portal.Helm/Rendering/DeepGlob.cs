using System.Text;
using System.Text.RegularExpressions;

namespace Portal.Helm.Rendering;

/// <summary>
/// gobwas/glob as .Files.Glob uses it: * and ? stay within a folder, ** crosses, {a,b} are alternatives, [abc], [a-c], [!abc] characters. Braces may stay open; of a pattern
/// that is none, every file is what it names (pkg/engine/files.go).
/// </summary>
internal sealed class DeepGlob
{
    private readonly Regex? _regex;

    /// <param name="pattern">What is looked for.</param>
    public DeepGlob(string pattern) => _regex = Compile(pattern) is { } regex ? new Regex(regex, RegexOptions.NonBacktracking | RegexOptions.Singleline) : null;

    /// <summary>Whether a path is one of those.</summary>
    public bool Matches(string path) => _regex is null || _regex.IsMatch(path);

    private static string? Compile(string pattern)
    {
        var regex = new StringBuilder("^");
        var braces = 0;
        for (var i = 0; i < pattern.Length; i++)
        {
            switch (pattern[i])
            {
                case '*' when i + 1 < pattern.Length && pattern[i + 1] == '*':
                    regex.Append(".*");
                    i++;
                    break;
                case '*': regex.Append("[^/]*"); break;
                case '?': regex.Append("[^/]"); break;
                case '{': regex.Append("(?:"); braces++; break;
                case '}' when braces > 0: regex.Append(')'); braces--; break;
                case ',' when braces > 0: regex.Append('|'); break;
                case '[':
                    if (Characters(pattern, ref i) is not { } set)
                    {
                        return null;
                    }

                    regex.Append(set);
                    break;
                // What is escaped stands for itself; at the end nothing does.
                case '\\': regex.Append(i + 1 < pattern.Length ? Regex.Escape(pattern[++i].ToString()) : ""); break;
                default: regex.Append(Regex.Escape(pattern[i].ToString())); break;
            }
        }

        return regex.Append(')', braces).Append("\\z").ToString();
    }

    // One range, or a list of characters up to the bracket (syntax/lexer, fetchRange).
    private static string? Characters(string pattern, ref int i)
    {
        i++;
        var negated = i < pattern.Length && pattern[i] == '!' ? "^" : "";
        i += negated.Length;
        if (i + 1 < pattern.Length && pattern[i + 1] == '-')
        {
            if (i + 3 >= pattern.Length || pattern[i + 3] != ']' || pattern[i] > pattern[i + 2])
            {
                return null;
            }

            i += 3;
            return $"[{negated}{Unit(pattern[i - 3])}-{Unit(pattern[i - 1])}]";
        }

        var set = new StringBuilder();
        for (; i < pattern.Length && pattern[i] != ']'; i++)
        {
            if (pattern[i] == '\\')
            {
                i++;
            }

            set.Append(i < pattern.Length ? Unit(pattern[i]) : "");
        }

        return i >= pattern.Length || set.Length == 0 ? null : $"[{negated}{set}]";
    }

    private static string Unit(char c) => $"\\u{(int)c:X4}";
}
