using System.Text;
using Portal.Helm.Templating;

namespace Portal.Helm.Sprig;

/// <summary>Upper, lower and title case of Go's package unicode: by letter, in every language alike. .NET leaves out what is not the same in Turkish, and has no title case.</summary>
internal static class GoCase
{
    /// <summary>strings.ToUpper.</summary>
    public static string Upper(string text) => GoBytes.IsAscii(text) ? text.ToUpperInvariant() : Map(text, Upper);

    /// <summary>strings.ToLower.</summary>
    public static string Lower(string text) => GoBytes.IsAscii(text) ? text.ToLowerInvariant() : Map(text, Lower);

    /// <summary>unicode.ToUpper.</summary>
    public static Rune Upper(Rune rune) => rune.Value switch
    {
        0x131 => new Rune('I'),
        0x17F => new Rune('S'),
        _ => Known(rune, Rune.ToUpperInvariant(rune)),
    };

    /// <summary>unicode.ToLower.</summary>
    public static Rune Lower(Rune rune) => rune.Value == 0x130 ? new Rune('i') : Known(rune, Rune.ToLowerInvariant(rune));

    /// <summary>unicode.ToTitle: the digraphs have a case of their own, and Georgian letters have none.</summary>
    public static Rune Title(Rune rune) => rune.Value switch
    {
        >= 0x1C4 and <= 0x1C6 => new Rune(0x1C5),
        >= 0x1C7 and <= 0x1C9 => new Rune(0x1C8),
        >= 0x1CA and <= 0x1CC => new Rune(0x1CB),
        >= 0x1F1 and <= 0x1F3 => new Rune(0x1F2),
        >= 0x10D0 and <= 0x10FF => rune,
        _ => Upper(rune),
    };

    /// <summary>unicode.ToUpper of one of the first 65,536.</summary>
    public static char Upper(char c) => Rune.TryCreate(c, out var rune) ? (char)Upper(rune).Value : c;

    /// <summary>unicode.ToLower of one of the first 65,536.</summary>
    public static char Lower(char c) => Rune.TryCreate(c, out var rune) ? (char)Lower(rune).Value : c;

    /// <summary>strings.Map: a byte that is no text becomes U+FFFD.</summary>
    public static string Map(string text, Func<Rune, Rune> of)
    {
        var result = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            result.Append(of(rune));
        }

        return result.ToString();
    }

    // Go has the letters of Unicode 15.
    private static Rune Known(Rune rune, Rune other) => IsLater(rune.Value) || IsLater(other.Value) ? rune : other;

    private static bool IsLater(int value) => value is 0x1C89 or 0x1C8A or (>= 0xA7CB and <= 0xA7CD) or (>= 0xA7DA and <= 0xA7DC) or (>= 0x10D50 and <= 0x10D85);
}
