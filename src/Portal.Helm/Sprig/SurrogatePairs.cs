using System.Globalization;

namespace Portal.Helm.Sprig;

/// <summary>Characters beyond U+FFFF in patterns for an engine that knows only their halves.</summary>
internal static class SurrogatePairs
{
    public const int First = 0x10000;
    public const int Last = 0x10FFFF;

    /// <summary>The first halves, to be kept out of classes: the second ones carry bytes that are no UTF-8 as well (<see cref="Templating.GoBytes"/>), and stand alone then.</summary>
    public const string Leading = "\\uD800-\\uDBFF";

    /// <summary>Any of them.</summary>
    public const string Any = "[\\uD800-\\uDBFF][\\uDC00-\\uDFFF]";

    /// <summary>One of them as a unit that can be repeated.</summary>
    public static string One(int code) => $"(?:{Pair(code, code)})";

    /// <summary>Everything but a class: a character beyond U+FFFF, or one that the class has not.</summary>
    public static string AllBut(string set) => $"(?:{Any}|[^{set}{Leading}])";

    /// <summary>A class, or what it has not.</summary>
    /// <param name="set">What it has up to U+FFFF, in .NET's words.</param>
    /// <param name="ranges">What it has beyond.</param>
    /// <param name="negated">Whether it is turned round.</param>
    public static string Class(string set, IEnumerable<(int Low, int High)> ranges, bool negated)
    {
        var beyond = string.Join('|', (negated ? Between(ranges) : ranges).Select(r => Pair(r.Low, r.High)));
        var below = negated ? $"[^{set}{Leading}]" : set.Length > 0 ? $"[{set}-[{Leading}]]" : "";
        return $"(?:{string.Join('|', new[] { below, beyond }.Where(p => p.Length > 0))})";
    }

    private static IEnumerable<(int Low, int High)> Between(IEnumerable<(int Low, int High)> ranges)
    {
        var next = First;
        foreach (var (low, high) in ranges.Order())
        {
            if (low > next)
            {
                yield return (next, low - 1);
            }

            next = Math.Max(next, high + 1);
        }

        if (next <= Last)
        {
            yield return (next, Last);
        }
    }

    // The first half decides which second ones fit: all of them between the ends.
    private static string Pair(int low, int high)
    {
        var (a, b) = (char.ConvertFromUtf32(low), char.ConvertFromUtf32(high));
        if (a[0] == b[0])
        {
            return Unit(a[0]) + Range(a[1], b[1]);
        }

        var parts = new List<string> { Unit(a[0]) + Range(a[1], '\uDFFF'), Unit(b[0]) + Range('\uDC00', b[1]) };
        if (b[0] - a[0] > 1)
        {
            parts.Add(Range((char)(a[0] + 1), (char)(b[0] - 1)) + Range('\uDC00', '\uDFFF'));
        }

        return string.Join('|', parts);
    }

    private static string Range(char low, char high) => low == high ? Unit(low) : $"[{Unit(low)}-{Unit(high)}]";

    private static string Unit(char half) => string.Create(CultureInfo.InvariantCulture, $"\\u{(int)half:X4}");
}
