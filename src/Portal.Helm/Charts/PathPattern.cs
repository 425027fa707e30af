namespace Portal.Helm.Charts;

/// <summary>Go's path.Match: * and ? do not cross a slash, [a-z] and [^a-z], a backslash takes the next character as it is.</summary>
public static class PathPattern
{
    /// <summary>Whether a path is one that the pattern means. A pattern that is none matches nothing.</summary>
    public static bool Matches(string pattern, string path) => HelmIgnore.Glob(pattern, path);
}
