using System.Collections;
using System.Globalization;
using System.Numerics;
using Portal.Helm.Templating;

namespace Portal.Helm.Sprig;

/// <summary>Conversions as spf13/cast does them for sprig: int, int64, float64, toString, toStrings, toDecimal, atoi.</summary>
internal static class Casts
{
    public static void Register(FunctionTable table)
    {
        table.Add("int", [GoType.Any], a => (nint)ToInt64(a[0]));
        table.Add("int64", [GoType.Any], a => ToInt64(a[0]));
        table.Add("float64", [GoType.Any], a => ToFloat64(a[0]));
        // strconv.Atoi gives the nearest number along with its error, and sprig ignores the error.
        table.Add("atoi", [GoType.String], a => (nint)Atoi((string)a[0]!));
        table.Add("toString", [GoType.Any], a => ToText(a[0]));
        table.Add("toStrings", [GoType.Any], a => ToTexts(a[0]));
        table.Add("toDecimal", [GoType.Any], a => ToDecimal(a[0]));
    }

    private static long Atoi(string text)
    {
        var digits = text.Length > 0 && text[0] is '+' or '-' ? text.AsSpan(1) : text;
        if (digits.Length == 0 || digits.ContainsAnyExceptInRange('0', '9'))
        {
            return 0;
        }

        return long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number
            : text[0] == '-' ? long.MinValue : long.MaxValue;
    }

    /// <summary>sprig's strval.</summary>
    public static string ToText(object? value) => value switch
    {
        string s => s,
        byte[] bytes => GoBytes.ToText(bytes),
        _ => GoFormat.Value(value),
    };

    /// <summary>sprig's strslice: nulls are left out of a list, another value becomes a list of one.</summary>
    public static List<string> ToTexts(object? value) => value switch
    {
        null => [],
        List<string> texts => texts,
        string[] texts => [.. texts],
        byte[] bytes => [GoBytes.ToText(bytes)],
        IList list => [.. list.Cast<object?>().Where(i => i is not null).Select(ToText)],
        _ => [ToText(value)],
    };

    public static long ToInt64(object? value) => value switch
    {
        null => 0,
        bool b => b ? 1 : 0,
        double d => double.IsNaN(d) ? long.MinValue : d >= 9.2233720368547758e18 ? long.MinValue : d <= -9.2233720368547758e18 ? long.MinValue : (long)d,
        string s => FromText(s),
        // spf13/cast knows months and days of the week, and no durations.
        GoDuration => 0,
        _ when GoValue.TryInt(value, out var i) => i,
        _ when GoValue.TryUint(value, out var u) => (long)u,
        _ => 0,
    };

    private static long FromText(string text)
    {
        // cast trims a fraction of zeros (a point alone is none), then strconv.ParseInt with base 0.
        var trimmed = text;
        var point = text.IndexOf('.', StringComparison.Ordinal);
        if (point > 0 && point < text.Length - 1 && text[(point + 1)..].All(c => c == '0'))
        {
            trimmed = text[..point];
        }

        return GoNumber.ParseInteger(trimmed) is { } integer && integer >= long.MinValue && integer <= long.MaxValue ? (long)integer : 0;
    }

    public static double ToFloat64(object? value) => value switch
    {
        null => 0,
        bool b => b ? 1 : 0,
        double d => d,
        string s => GoNumber.ParseFloat(s) ?? (s.Length > 9 ? 0 : s.ToUpperInvariant() switch
        {
            "INF" or "+INF" or "INFINITY" or "+INFINITY" => double.PositiveInfinity,
            "-INF" or "-INFINITY" => double.NegativeInfinity,
            "NAN" => double.NaN,
            _ => 0,
        }),
        GoDuration => 0,
        _ when GoValue.TryInt(value, out var i) => i,
        _ when GoValue.TryUint(value, out var u) => u,
        _ => 0,
    };

    private static long ToDecimal(object? value)
    {
        // strconv.ParseInt in base 8, whose error sprig takes for 0.
        var text = GoFormat.Value(value);
        var digits = text.Length > 0 && text[0] is '+' or '-' ? text[1..] : text;
        BigInteger result = 0;
        foreach (var c in digits)
        {
            if (c is < '0' or > '7' || result > long.MaxValue)
            {
                return 0;
            }

            result = (result * 8) + c - '0';
        }

        result = text.StartsWith('-') ? -result : result;
        return result >= long.MinValue && result <= long.MaxValue ? (long)result : 0;
    }
}
