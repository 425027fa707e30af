namespace Portal.Helm.Charts.Repositories;

/// <summary>oci://HOST[:PORT]/NAME[:TAG][@sha256:DIGEST].</summary>
public sealed record OciReference(string Host, string Name, string Tag, string Digest)
{
    /// <summary>What references to registries begin with.</summary>
    public const string Scheme = "oci://";

    /// <summary>The last part of the name: the chart's name.</summary>
    public string ChartName => Name[(Name.LastIndexOf('/') + 1)..];

    /// <summary>Whether a reference is one to a registry.</summary>
    public static bool IsOci(string text) => text.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase);

    /// <summary>Reads a reference.</summary>
    /// <exception cref="RepositoryException">The text is none.</exception>
    public static OciReference Parse(string text)
    {
        var rest = IsOci(text) ? text[Scheme.Length..] : text;
        var slash = rest.IndexOf('/', StringComparison.Ordinal);
        if (slash <= 0)
        {
            throw Invalid(text, "missing registry or repository");
        }

        var host = rest[..slash];
        var name = rest[(slash + 1)..].TrimEnd('/');
        var digest = "";
        var tag = "";
        if (name.IndexOf('@', StringComparison.Ordinal) is >= 0 and var at)
        {
            digest = name[(at + 1)..];
            name = name[..at];
            if (!IsDigest(digest))
            {
                throw Invalid(text, $"invalid digest \"{digest}\"");
            }
        }

        if (name.LastIndexOf(':') is >= 0 and var colon && colon > name.LastIndexOf('/'))
        {
            tag = name[(colon + 1)..];
            name = name[..colon];
            if (tag.Length is 0 or > 128 || !tag.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '-' or '+'))
            {
                throw Invalid(text, $"invalid tag \"{tag}\"");
            }
        }

        if (name.Length == 0 || !name.Split('/').All(part => part.Length > 0 && part.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '.' or '_' or '-') && part is not ("." or "..")))
        {
            throw Invalid(text, $"invalid repository \"{name}\"");
        }

        return new OciReference(host, name, tag, digest);
    }

    internal static bool IsDigest(string text) => text.StartsWith("sha256:", StringComparison.Ordinal) && text.Length == 71 && text.Skip(7).All(char.IsAsciiHexDigitLower);

    /// <summary>Registries allow no + in a tag: Helm writes _ for it.</summary>
    public static string TagOf(string version) => version.Replace('+', '_');

    private static RepositoryException Invalid(string text, string why) => new($"invalid reference \"{text}\": {why}");
}
