namespace Portal.Helm.Linting;

/// <summary>Which names Kubernetes allows for an object of a kind (k8s.io/apimachinery/pkg/api/validation).</summary>
internal static class ObjectNames
{
    private const string Subdomain = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
    private const string Label = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
    private const string Dns1035 = "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";

    /// <summary>What is wrong with a name, in Kubernetes' words, or null.</summary>
    public static string? Problem(string kind, string name) => kind.ToLowerInvariant() switch
    {
        "certificatesigningrequest" => null,
        "role" or "clusterrole" or "rolebinding" or "clusterrolebinding" => Segment(name),
        "service" => name.Length > 63 ? TooLong(63) : IsLabel(name) && char.IsAsciiLetterLower(name[0]) ? null : Dns1035,
        "namespace" => name.Length > 63 ? TooLong(63) : IsLabel(name) ? null : Label,
        _ => name.Length > 253 ? TooLong(253) : name.Split('.').All(IsLabel) ? null : Subdomain,
    };

    private static string? Segment(string name) => name is "." or ".." ? $"may not be '{name}'" : name.Contains('/') ? "may not contain '/'" : name.Contains('%') ? "may not contain '%'" : null;

    private static string TooLong(int most) => $"must be no more than {most} characters";

    private static bool IsLabel(string text) => text.Length > 0 && text[0] != '-' && text[^1] != '-' && text.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-');
}
