namespace Portal.Cli;

/// <summary>Which release names Helm allows: ^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$, at most 53 characters.</summary>
internal static class ReleaseName
{
    public static bool IsValid(string name) => name.Length <= 53 && name.Split('.').All(part =>
        part.Length > 0 && part.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-') && part[0] != '-' && part[^1] != '-');
}
