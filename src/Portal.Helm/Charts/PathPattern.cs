namespace Portal.Helm.Charts;

/// <summary>Go's path.Match: * and ? do not cross a slash, [a-z] and [^a-z], a backslash takes the next character as it is.</summary>
public static class PathPattern
{
    public static bool Matches(string pattern, string path) => HelmIgnore.Glob(pattern, path);
}
