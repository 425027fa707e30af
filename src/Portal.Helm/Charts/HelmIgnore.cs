namespace Portal.Helm.Charts;

/// <summary>.helmignore: one pattern a line, last match wins, "!" negates, "/" at the end means folders only (helm.sh/docs/chart_template_guide/helm_ignore_file).</summary>
internal sealed class HelmIgnore
{
    private readonly List<Rule> _rules = [];

    private sealed record Rule(string Pattern, bool Negated, bool FolderOnly, bool Rooted, bool Deep);

    public static HelmIgnore Parse(string text)
    {
        var result = new HelmIgnore();
        // Helm adds this rule itself.
        result.Add("templates/.?*");
        foreach (var line in text.Split('\n'))
        {
            var rule = line.TrimEnd('\r').Trim();
            if (rule.Length > 0 && !rule.StartsWith('#'))
            {
                result.Add(rule);
            }
        }

        return result;
    }

    private void Add(string rule)
    {
        if (rule.Contains("**", StringComparison.Ordinal))
        {
            throw new ChartException($"double-star (**) syntax is not supported: {rule}");
        }

        var negated = rule.StartsWith('!');
        rule = negated ? rule[1..] : rule;
        var folder = rule.EndsWith('/');
        rule = folder ? rule[..^1] : rule;
        var rooted = rule.StartsWith('/');
        rule = rooted ? rule[1..] : rule;
        _rules.Add(new Rule(rule, negated, folder, rooted, rule.Contains('/')));
    }

    /// <summary>Whether a path (relative, forward slashes) is left out. A negated rule ignores all that does not match it, as Helm does.</summary>
    public bool Ignores(string path, bool isFolder)
    {
        foreach (var rule in _rules)
        {
            var matches = Glob(rule.Pattern, rule.Rooted || rule.Deep ? path : path[(path.LastIndexOf('/') + 1)..]);
            if (rule.Negated)
            {
                if (rule.FolderOnly && !isFolder)
                {
                    return true;
                }

                if (!matches)
                {
                    return true;
                }

                continue;
            }

            if (rule.FolderOnly && !isFolder)
            {
                continue;
            }

            if (matches)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>path.Match: * and ? do not cross a slash, [a-z] and [^a-z], backslash escapes.</summary>
    internal static bool Glob(string pattern, string name)
    {
        return Match(0, 0);

        bool Match(int p, int n)
        {
            while (p < pattern.Length)
            {
                switch (pattern[p])
                {
                    case '*':
                        for (var i = n; i <= name.Length; i++)
                        {
                            if (Match(p + 1, i))
                            {
                                return true;
                            }

                            if (i < name.Length && name[i] == '/')
                            {
                                return false;
                            }
                        }

                        return false;
                    case '?':
                        if (n >= name.Length || name[n] == '/')
                        {
                            return false;
                        }

                        break;
                    case '[':
                        var close = pattern.IndexOf(']', p + 1);
                        if (close < 0 || n >= name.Length || name[n] == '/')
                        {
                            return false;
                        }

                        if (!Class(pattern[(p + 1)..close], name[n]))
                        {
                            return false;
                        }

                        p = close;
                        break;
                    default:
                        var c = pattern[p] == '\\' && p + 1 < pattern.Length ? pattern[++p] : pattern[p];
                        if (n >= name.Length || name[n] != c)
                        {
                            return false;
                        }

                        break;
                }

                p++;
                n++;
            }

            return n == name.Length;
        }
    }

    private static bool Class(string set, char c)
    {
        var negated = set.StartsWith('^');
        var found = false;
        for (var i = negated ? 1 : 0; i < set.Length; i++)
        {
            if (i + 2 < set.Length && set[i + 1] == '-')
            {
                found |= c >= set[i] && c <= set[i + 2];
                i += 2;
            }
            else
            {
                found |= set[i] == c;
            }
        }

        return found != negated;
    }
}
