namespace Portal.Helm.Releases;

/// <summary>Which names a release may have: the name becomes part of a Secret's name and of labels (pkg/chart/v2/util/validate_name.go).</summary>
public static class ReleaseNames
{
    private const string Pattern = @"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$";

    /// <summary>Whether Helm allows a name: <c>^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$</c>, at most 53 characters.</summary>
    public static bool IsValid(string name) => name.Length <= 53 && name.Split('.').All(part =>
        part.Length > 0 && part.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-') && part[0] != '-' && part[^1] != '-');

    /// <summary>What Helm says of a name that a new release may not have.</summary>
    public static string Refusal(string name) => name.Length == 0
        ? "release name check failed: release name \"\": no name provided"
        : $"release name check failed: release name \"{name}\": invalid release name, must match regex {Pattern} and the length must not be longer than 53";
}
