using System.Globalization;
using Portal.Helm.Templating;

namespace Portal.Helm.Sprig;

/// <summary>Arithmetic (masterminds.github.io/sprig/math.html): integers are int64, the f-functions decimal.</summary>
internal static class Numbers
{
    public static void Register(FunctionTable table, SprigEnvironment environment)
    {
        table.AddVariadic("add", [GoType.Any], a => a.Aggregate(0L, (sum, v) => unchecked(sum + Casts.ToInt64(v))));
        table.Add("add1", [GoType.Any], a => unchecked(Casts.ToInt64(a[0]) + 1));
        table.Add("sub", [GoType.Any, GoType.Any], a => unchecked(Casts.ToInt64(a[0]) - Casts.ToInt64(a[1])));
        table.Add("div", [GoType.Any, GoType.Any], a => Divide(a, (x, y) => y == -1 ? unchecked(-x) : x / y));
        table.Add("mod", [GoType.Any, GoType.Any], a => Divide(a, (x, y) => y == -1 ? 0 : x % y));
        table.AddVariadic("mul", [GoType.Any, GoType.Any], a => a.Aggregate(1L, (product, v) => unchecked(product * Casts.ToInt64(v))));
        table.AddVariadic("max", [GoType.Any, GoType.Any], a => a.Max(Casts.ToInt64));
        table.AddVariadic("biggest", [GoType.Any, GoType.Any], a => a.Max(Casts.ToInt64));
        table.AddVariadic("min", [GoType.Any, GoType.Any], a => a.Min(Casts.ToInt64));
        table.AddVariadic("maxf", [GoType.Any, GoType.Any], a => a.Max(Casts.ToFloat64));
        table.AddVariadic("minf", [GoType.Any, GoType.Any], a => a.Min(Casts.ToFloat64));
        table.AddVariadic("addf", [GoType.Any], a => a.Skip(1).Aggregate(Casts.ToFloat64(a.FirstOrDefault()), (x, v) => Exact(x, v, decimal.Add)));
        table.AddVariadic("subf", [GoType.Any, GoType.Any], a => a.Skip(1).Aggregate(Casts.ToFloat64(a[0]), (x, v) => Exact(x, v, decimal.Subtract)));
        table.AddVariadic("mulf", [GoType.Any, GoType.Any], a => a.Skip(1).Aggregate(Casts.ToFloat64(a[0]), (x, v) => Exact(x, v, decimal.Multiply)));
        table.AddVariadic("divf", [GoType.Any, GoType.Any], a => a.Skip(1).Aggregate(Casts.ToFloat64(a[0]), (x, v) => Exact(x, v, Quotient)));
        table.Add("add1f", [GoType.Any], a => Exact(Casts.ToFloat64(a[0]), 1.0, decimal.Add));
        table.Add("floor", [GoType.Any], a => System.Math.Floor(Casts.ToFloat64(a[0])));
        table.Add("ceil", [GoType.Any], a => System.Math.Ceiling(Casts.ToFloat64(a[0])));
        table.AddVariadic("round", [GoType.Any, GoType.Int, GoType.Float64], a => Round(Casts.ToFloat64(a[0]), (int)(nint)a[1]!, a.Length > 2 ? (double)a[2]! : 0.5));
        table.Add("randInt", [GoType.Int, GoType.Int], a =>
            (nint)a[1]! - (nint)a[0]! is > 0 and <= int.MaxValue and var span ? (nint)a[0]! + environment.Below((int)span) : throw new FunctionException("invalid argument to Intn"));
    }

    private static long Divide(object?[] a, Func<long, long, long> body) => Casts.ToInt64(a[1]) is var y && y != 0
        ? body(Casts.ToInt64(a[0]), y)
        : throw new FunctionException("runtime error: integer divide by zero");

    private static double Exact(double x, object? other, Func<decimal, decimal, decimal> body)
    {
        var y = Casts.ToFloat64(other);
        if (!double.IsFinite(x) || !double.IsFinite(y) || System.Math.Abs(x) > 1e27 || System.Math.Abs(y) > 1e27)
        {
            throw new FunctionException("the decimal functions take numbers below 10^27");
        }

        if (body == Quotient && y == 0)
        {
            throw new FunctionException("decimal division by 0");
        }

        try
        {
            return (double)body(decimal.Parse(GoNumber.Shortest(x), NumberStyles.Float, CultureInfo.InvariantCulture), decimal.Parse(GoNumber.Shortest(y), NumberStyles.Float, CultureInfo.InvariantCulture));
        }
        catch (OverflowException error)
        {
            throw new FunctionException("the decimal functions take numbers below 10^27", error);
        }
    }

    // shopspring/decimal divides to 16 places.
    private static decimal Quotient(decimal x, decimal y) => decimal.Round(x / y, 16, MidpointRounding.AwayFromZero);

    private static double Round(double value, int places, double up)
    {
        var power = System.Math.Pow(10, places);
        var digit = power * value;
        var fraction = digit - System.Math.Truncate(digit);
        var rounded = fraction >= up ? System.Math.Ceiling(digit) : System.Math.Floor(digit);
        return rounded / power;
    }
}
