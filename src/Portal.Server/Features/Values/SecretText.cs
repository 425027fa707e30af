using Portal.Helm.Yaml;

namespace Portal.Server.Features.Values;

/// <summary>A whole scalar, a part of a longer text, or the same word as another secret.</summary>
public enum SecretKind { Whole, Part, Repetition }

/// <summary>One secret of a text.</summary>
/// <param name="Place">Where it stands: the path of its scalar ("#" in a comment), and the place of the scalar or of a part of it; the value without quotes and escapes.</param>
/// <param name="Key">What it is called: the path, items of lists by their name where they have one, and for a part what it is called there.</param>
/// <param name="Others">How many nameless others stand beside it: with one more or less its number means something else.</param>
/// <param name="Kind">How it is one.</param>
/// <param name="Context">The scalar, or what a part stands in ("password=x", "mysql://user:x@").</param>
public sealed record SecretText(YamlScalar Place, string Key, string Others, SecretKind Kind, string Context)
{
    public string Path => Place.Path;

    /// <summary>It is the whole scalar.</summary>
    public bool Whole => Kind == SecretKind.Whole;
}
