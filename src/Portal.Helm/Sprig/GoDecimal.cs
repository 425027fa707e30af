using System.Globalization;
using System.Numerics;
using Portal.Helm.Templating;

namespace Portal.Helm.Sprig;

/// <summary>A decimal number of any size, as shopspring/decimal has it for sprig's addf, subf, mulf and divf.</summary>
internal readonly record struct GoDecimal(BigInteger Digits, int Exponent)
{
    private const int DivisionPrecision = 16;

    /// <summary>The shortest decimal that is read as this float64.</summary>
    /// <exception cref="FunctionException">It is no finite number.</exception>
    public static GoDecimal From(double value)
    {
        if (!double.IsFinite(value))
        {
            throw new FunctionException($"Cannot create a Decimal from {GoFormat.Value(value)}");
        }

        var text = GoNumber.Shortest(value);
        var e = text.IndexOf('e', StringComparison.OrdinalIgnoreCase);
        var exponent = e < 0 ? 0 : int.Parse(text.AsSpan(e + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        var mantissa = e < 0 ? text : text[..e];
        var point = mantissa.IndexOf('.', StringComparison.Ordinal);
        return new GoDecimal(
            BigInteger.Parse(mantissa.Replace(".", "", StringComparison.Ordinal), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture), exponent - (point < 0 ? 0 : mantissa.Length - point - 1));
    }

    public static GoDecimal Add(GoDecimal x, GoDecimal y)
    {
        var exponent = Math.Min(x.Exponent, y.Exponent);
        return new GoDecimal(x.At(exponent) + y.At(exponent), exponent);
    }

    public static GoDecimal Subtract(GoDecimal x, GoDecimal y) => Add(x, y with { Digits = -y.Digits });

    public static GoDecimal Multiply(GoDecimal x, GoDecimal y) => new(x.Digits * y.Digits, x.Exponent + y.Exponent);

    /// <summary>To 16 places, half away from zero (DivRound).</summary>
    public static GoDecimal Divide(GoDecimal x, GoDecimal y)
    {
        if (y.Digits.IsZero)
        {
            throw new FunctionException("decimal division by 0");
        }

        var shift = x.Exponent - y.Exponent + DivisionPrecision;
        var (above, below) = shift >= 0 ? (x.Digits * BigInteger.Pow(10, shift), y.Digits) : (x.Digits, y.Digits * BigInteger.Pow(10, -shift));
        var quotient = BigInteger.DivRem(above, below, out var rest);
        return new GoDecimal(BigInteger.Abs(rest) * 2 < BigInteger.Abs(below) ? quotient : quotient + (above.Sign * below.Sign), -DivisionPrecision);
    }

    /// <summary>The nearest float64; zero has no sign.</summary>
    public double ToFloat64() => Digits.IsZero ? 0 : double.Parse($"{Digits.ToString(CultureInfo.InvariantCulture)}e{Exponent.ToString(CultureInfo.InvariantCulture)}", NumberStyles.Float, CultureInfo.InvariantCulture);

    private BigInteger At(int exponent) => Digits * BigInteger.Pow(10, Exponent - exponent);
}
