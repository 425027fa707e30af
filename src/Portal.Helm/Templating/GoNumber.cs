using System.Globalization;
using System.Numerics;

namespace Portal.Helm.Templating;

/// <summary>Go's number literals (go.dev/ref/spec#Integer_literals) and strconv's shortest float texts.</summary>
public static class GoNumber
{
    /// <summary>An integer literal with base prefix and underscores, or null.</summary>
    public static BigInteger? ParseInteger(string text)
    {
        var negative = text.StartsWith('-');
        var digits = text.TrimStart('+', '-');
        if (text.Length - digits.Length > 1 || digits.Length == 0)
        {
            return null;
        }

        var radix = 10;
        if (digits.Length > 1 && digits[0] == '0')
        {
            (radix, var skip) = digits[1] switch
            {
                'x' or 'X' => (16, 2),
                'b' or 'B' => (2, 2),
                'o' or 'O' => (8, 2),
                _ => (8, 1),
            };
            digits = digits[skip..];
        }

        if (digits.EndsWith('_') || digits.Contains("__", StringComparison.Ordinal))
        {
            return null;
        }

        var value = BigInteger.Zero;
        var any = false;
        foreach (var c in digits)
        {
            if (c == '_')
            {
                continue;
            }

            var digit = char.IsAsciiHexDigit(c) ? Convert.ToInt32(c.ToString(), 16) : 99;
            if (digit >= radix)
            {
                return null;
            }

            value = (value * radix) + digit;
            any = true;
        }

        return any ? (negative ? -value : value) : null;
    }

    /// <summary>A float literal (decimal or hexadecimal), or null.</summary>
    public static double? ParseFloat(string text)
    {
        var clean = text.Replace("_", "", StringComparison.Ordinal);
        var body = clean.TrimStart('+', '-');
        if (clean.Length - body.Length > 1)
        {
            return null;
        }

        if (body.StartsWith("0x", StringComparison.OrdinalIgnoreCase))
        {
            return ParseHexFloat(body[2..]) is { } hex ? (clean[0] == '-' ? -hex : hex) : null;
        }

        const NumberStyles Styles = NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent | NumberStyles.AllowLeadingSign;
        return body.Length > 0 && (char.IsAsciiDigit(body[0]) || body[0] == '.')
            && double.TryParse(clean, Styles, CultureInfo.InvariantCulture, out var value) && !double.IsInfinity(value)
            ? value : null;
    }

    private static double? ParseHexFloat(string text)
    {
        var exponentAt = text.IndexOfAny(['p', 'P']);
        if (exponentAt < 0 || !int.TryParse(text[(exponentAt + 1)..], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var exponent))
        {
            return null;
        }

        double value = 0;
        var fraction = -1;
        foreach (var c in text[..exponentAt])
        {
            if (c == '.')
            {
                fraction = 0;
                continue;
            }

            if (!char.IsAsciiHexDigit(c))
            {
                return null;
            }

            value = (value * 16) + Convert.ToInt32(c.ToString(), 16);
            if (fraction >= 0)
            {
                fraction++;
            }
        }

        return Math.ScaleB(value, exponent - (4 * Math.Max(fraction, 0)));
    }

    /// <summary>
    /// strconv.FormatFloat with the shortest precision: 'e', 'f', or 'g', which switches to 'e' for exponents below -4 or from
    /// <paramref name="eprec"/>: 6 where the precision is the shortest.
    /// </summary>
    public static string Shortest(double value, char format = 'g', int eprec = 6)
    {
        if (double.IsNaN(value))
        {
            return "NaN";
        }

        if (double.IsInfinity(value))
        {
            return value > 0 ? "+Inf" : "-Inf";
        }

        var (negative, digits, exponent) = Digits(value);
        var sign = negative ? "-" : "";
        if (format == 'e' || (format == 'g' && (exponent - 1 < -4 || exponent - 1 >= eprec)))
        {
            return sign + Scientific(digits, exponent - 1);
        }

        return sign + Positional(digits, exponent);
    }

    /// <summary>Shortest digits (without zeros at the ends) and the place of the point: 0.DIGITS x 10^exponent.</summary>
    internal static (bool Negative, string Digits, int Exponent) Digits(double value)
    {
        var negative = value < 0 || (value == 0 && double.IsNegative(value));
        if (value == 0)
        {
            return (negative, "0", 1);
        }

        var text = Math.Abs(value).ToString("E16", CultureInfo.InvariantCulture);
        var shortest = Math.Abs(value).ToString("R", CultureInfo.InvariantCulture);
        _ = text;
        var exponent = 0;
        var e = shortest.IndexOf('E', StringComparison.Ordinal);
        if (e >= 0)
        {
            exponent = int.Parse(shortest.AsSpan(e + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
            shortest = shortest[..e];
        }

        var point = shortest.IndexOf('.', StringComparison.Ordinal);
        var whole = point < 0 ? shortest : shortest[..point];
        var all = whole + (point < 0 ? "" : shortest[(point + 1)..]);
        exponent += whole.Length;
        var trimmed = all.TrimStart('0');
        exponent -= all.Length - trimmed.Length;
        trimmed = trimmed.TrimEnd('0');
        return (negative, trimmed.Length == 0 ? "0" : trimmed, exponent);
    }

    private static string Scientific(string digits, int exponent)
    {
        var mantissa = digits.Length == 1 ? digits : digits[0] + "." + digits[1..];
        return string.Create(CultureInfo.InvariantCulture, $"{mantissa}e{(exponent < 0 ? '-' : '+')}{Math.Abs(exponent):00}");
    }

    private static string Positional(string digits, int exponent)
    {
        if (exponent <= 0)
        {
            return "0." + new string('0', -exponent) + digits;
        }

        return digits.Length <= exponent ? digits + new string('0', exponent - digits.Length) : digits[..exponent] + "." + digits[exponent..];
    }
}
