using System.Text;
using System.Text.RegularExpressions;

namespace Portal.Helm.Rendering;

/// <summary>gobwas/glob as .Files.Glob uses it: * and ? stay within a folder, ** crosses, {a,b} are alternatives.</summary>
internal static class DeepGlob
{
    public static bool Matches(string pattern, string path)
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
                    var close = pattern.IndexOf(']', i);
                    if (close < 0)
                    {
                        return false;
                    }

                    regex.Append('[').Append(pattern[(i + 1)..close].Replace("!", "^", StringComparison.Ordinal).Replace("\\", "\\\\", StringComparison.Ordinal)).Append(']');
                    i = close;
                    break;
                case '\\' when i + 1 < pattern.Length: regex.Append(Regex.Escape(pattern[++i].ToString())); break;
                default: regex.Append(Regex.Escape(pattern[i].ToString())); break;
            }
        }

        return braces == 0 && Regex.IsMatch(path, regex.Append('$').ToString(), RegexOptions.NonBacktracking | RegexOptions.Singleline);
    }
}
