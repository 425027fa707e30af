using System.Globalization;

namespace Portal.Sandbox.Schema;

/// <summary>Kubernetes' resource quantities: their value and their one canonical spelling.</summary>
/// <remarks>Source: the grammar and the rules of canonical form in the documentation of resource.Quantity.</remarks>
internal static class Quantity
{
    private const string Pattern = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
    private static readonly string[] _binary = ["Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
    private static readonly string[] _decimal = ["k", "M", "G", "T", "P", "E"];

    /// <exception cref="FormatException">The text is not a quantity; the message is Kubernetes' own.</exception>
    public static decimal Parse(string text) => Split(text).Value;

    /// <summary>The value, or 0 where the text is missing.</summary>
    public static decimal ValueOf(object? value) => value is string text ? Parse(text) : value is long number ? number : 0;

    /// <summary>The canonical spelling: no fraction and the largest suffix that fits.</summary>
    public static string Canonical(string text)
    {
        var (value, suffix) = Split(text);
        return suffix switch
        {
            [_, 'i'] when value == decimal.Truncate(value) && Math.Abs(value) >= 1024 => Whole(value, 1024, _binary),
            ['e' or 'E', _, ..] => Exponent(value),
            _ => Decimal(value),
        };
    }

    /// <summary>Writes a value with decimal suffixes.</summary>
    public static string Decimal(decimal value)
    {
        if (value == decimal.Truncate(value))
        {
            return Whole(value, 1000, _decimal);
        }

        foreach (var (suffix, factor) in ((string, decimal)[])[("m", 1_000m), ("u", 1_000_000m), ("n", 1_000_000_000m)])
        {
            var scaled = value * factor;
            if (scaled == decimal.Truncate(scaled))
            {
                return Print(scaled) + suffix;
            }
        }

        return Print(decimal.Ceiling(value * 1_000_000_000m)) + "n";
    }

    private static string Whole(decimal value, int step, string[] suffixes)
    {
        var used = -1;
        while (value != 0 && used + 1 < suffixes.Length && value % step == 0)
        {
            value /= step;
            used++;
        }

        return Print(value) + (used < 0 ? "" : suffixes[used]);
    }

    private static string Exponent(decimal value)
    {
        var power = 0;
        while (value != 0 && value % 1000 == 0)
        {
            value /= 1000;
            power += 3;
        }

        return Print(value) + (power == 0 ? "" : "e" + power.ToString(CultureInfo.InvariantCulture));
    }

    private static string Print(decimal value) => decimal.Truncate(value).ToString("0", CultureInfo.InvariantCulture);

    private static (decimal Value, string Suffix) Split(string text)
    {
        var end = 0;
        while (end < text.Length && (char.IsAsciiDigit(text[end]) || text[end] == '.' || (end == 0 && text[end] is '+' or '-')))
        {
            end++;
        }

        var suffix = text[end..];
        if (end == 0 || !decimal.TryParse(text.AsSpan(0, end), NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number))
        {
            throw new FormatException(Pattern);
        }

        if (Array.IndexOf(_binary, suffix) is >= 0 and var b)
        {
            return (number * (decimal)Math.Pow(1024, b + 1), suffix);
        }

        if (Array.IndexOf(_decimal, suffix) is >= 0 and var d)
        {
            return (number * (decimal)Math.Pow(1000, d + 1), suffix);
        }

        switch (suffix)
        {
            case "": return (number, "");
            case "m": return (number / 1_000m, suffix);
            case "u": return (number / 1_000_000m, suffix);
            case "n": return (number / 1_000_000_000m, suffix);
        }

        return suffix[0] is 'e' or 'E' && int.TryParse(suffix.AsSpan(1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var power) && Math.Abs(power) < 20
            ? (number * (decimal)Math.Pow(10, power), suffix)
            : throw new FormatException(Pattern);
    }
}
