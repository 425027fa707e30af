using System.Globalization;
using System.Numerics;

namespace Portal.Helm.Templating;

/// <summary>Go's number literals (go.dev/ref/spec#Integer_literals) and strconv's shortest float texts.</summary>
public static class GoNumber
{
    // Beyond every number that Go has, float64 included.
    private const int MostDigits = 1100;

    private static readonly BigInteger Beyond = BigInteger.Pow(2, MostDigits);

    /// <summary>An integer literal with base prefix and underscores, or null. One of more than a thousand bits is some number beyond all of Go's: nobody asks which.</summary>
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

        if (!AreUnderscoresRight(text))
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

            var digit = char.IsAsciiHexDigit(c) ? HexDigit(c) : 99;
            if (digit >= radix)
            {
                return null;
            }

            value = value < Beyond ? (value * radix) + digit : value;
            any = true;
        }

        return any ? (negative ? -value : value) : null;
    }

    /// <summary>A float literal (decimal or hexadecimal), or null.</summary>
    public static double? ParseFloat(string text)
    {
        if (!AreUnderscoresRight(text))
        {
            return null;
        }

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

    // Underscores stand between digits, or behind the prefix of a base (strconv, underscoreOK).
    private static bool AreUnderscoresRight(string text)
    {
        if (!text.Contains('_'))
        {
            return true;
        }

        var at = text[0] is '+' or '-' ? 1 : 0;
        var hasBase = text.Length >= at + 2 && text[at] == '0' && (text[at + 1] | 0x20) is ('b' or 'o' or 'x');
        var isHex = hasBase && (text[at + 1] | 0x20) == 'x';
        var previous = hasBase ? '0' : '^';
        for (at += hasBase ? 2 : 0; at < text.Length; at++)
        {
            var isDigit = char.IsAsciiDigit(text[at]) || (isHex && char.IsAsciiHexDigit(text[at]));
            if (!isDigit && (text[at] == '_' ? previous != '0' : previous == '_'))
            {
                return false;
            }

            previous = isDigit ? '0' : text[at] == '_' ? '_' : '!';
        }

        return previous != '_';
    }

    private static int HexDigit(char c) => char.IsAsciiDigit(c) ? c - '0' : (c | 0x20) - 'a' + 10;

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

            value = (value * 16) + HexDigit(c);
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

    /// <summary>"1i" or "2+3i", or null when it is neither.</summary>
    public static Complex? ParseComplex(string text)
    {
        var body = text[..^1];
        var split = body.LastIndexOfAny(['+', '-']);
        // The sign of an exponent or of the whole does not part the two.
        split = split > 0 && body[split - 1] is 'e' or 'E' or 'p' or 'P' ? body.LastIndexOfAny(['+', '-'], split - 1) : split;
        var real = split > 0 ? Part(body[..split]) : 0;
        return real is { } x && Part(split > 0 ? body[split..] : body) is { } y ? new Complex(x, y) : null;

        static double? Part(string part) => ParseInteger(part) is { } integer ? (double)integer : ParseFloat(part);
    }

    /// <summary>strconv's format 'b': the mantissa as an integer and the power of two ("6755399441055744p-52").</summary>
    public static string Binary(double value)
    {
        var (mantissa, exponent) = Parts(value);
        return string.Create(CultureInfo.InvariantCulture, $"{(double.IsNegative(value) ? "-" : "")}{mantissa}p{(exponent >= 0 ? "+" : "")}{exponent}");
    }

    /// <summary>strconv's format 'x' ("0x1.8p+00"); <paramref name="precision"/> digits behind the point, or as many as are needed when negative.</summary>
    public static string Hexadecimal(double value, int precision)
    {
        var (mantissa, exponent) = Parts(value);
        exponent = mantissa == 0 ? 0 : exponent + 52;
        while (mantissa != 0 && mantissa < 1L << 52)
        {
            mantissa <<= 1;
            exponent--;
        }

        if (precision is >= 0 and < 13)
        {
            // Half to even, as the digits that stay.
            var dropped = 4 * (13 - precision);
            var half = 1L << (dropped - 1);
            var rest = mantissa & ((1L << dropped) - 1);
            mantissa >>= dropped;
            mantissa += rest > half || (rest == half && (mantissa & 1) == 1) ? 1 : 0;
            mantissa <<= dropped;
            if (mantissa >= 1L << 53)
            {
                mantissa >>= 1;
                exponent++;
            }
        }

        var digits = (mantissa & ((1L << 52) - 1)).ToString("x13", CultureInfo.InvariantCulture);
        digits = precision < 0 ? digits.TrimEnd('0') : digits.PadRight(Math.Max(precision, 13), '0')[..precision];
        var power = Math.Abs(exponent).ToString("00", CultureInfo.InvariantCulture);
        return $"{(double.IsNegative(value) ? "-" : "")}0x{mantissa >> 52}{(digits.Length > 0 ? "." : "")}{digits}p{(exponent < 0 ? '-' : '+')}{power}";
    }

    private static (long Mantissa, int Exponent) Parts(double value)
    {
        var bits = BitConverter.DoubleToInt64Bits(value);
        var mantissa = bits & ((1L << 52) - 1);
        var exponent = (int)((bits >> 52) & 0x7FF);
        return exponent == 0 ? (mantissa, -1074) : (mantissa | (1L << 52), exponent - 1075);
    }
}
