using System.Text.RegularExpressions;

namespace Portal.Helm.Sprig;

/// <summary>Letters with more than two forms (Go's unicode.SimpleFold): under (?i) each of them stands for all. .NET knows only those that differ by case.</summary>
internal static class CaseOrbits
{
    private static readonly string[] All =
    [
        "Kk\u212A", "Ss\u017F", "\u00B5\u039C\u03BC", "\u00C5\u00E5\u212B", "\u00DF\u1E9E", "\u01C4\u01C5\u01C6", "\u01C7\u01C8\u01C9", "\u01CA\u01CB\u01CC", "\u01F1\u01F2\u01F3",
        "\u0345\u0399\u03B9\u1FBE", "\u0392\u03B2\u03D0", "\u0395\u03B5\u03F5", "\u0398\u03B8\u03D1\u03F4", "\u039A\u03BA\u03F0", "\u03A0\u03C0\u03D6", "\u03A1\u03C1\u03F1", "\u03A3\u03C2\u03C3",
        "\u03A6\u03C6\u03D5", "\u03A9\u03C9\u2126", "\u0412\u0432\u1C80", "\u0414\u0434\u1C81", "\u041E\u043E\u1C82", "\u0421\u0441\u1C83", "\u0422\u0442\u1C84\u1C85", "\u042A\u044A\u1C86",
        "\u0462\u0463\u1C87", "\u1C88\uA64A\uA64B", "\u1E60\u1E61\u1E9B",
    ];

    /// <summary>All forms of a letter, or null when it has no more than two.</summary>
    public static string? Of(char letter) => All.FirstOrDefault(o => o.Contains(letter));

    /// <summary>All forms of the letters that a class (in .NET's words) has one of.</summary>
    public static string Touching(string set)
    {
        var regex = new Regex(set, RegexOptions.CultureInvariant);
        return string.Concat(All.Where(o => regex.IsMatch(o)));
    }
}
