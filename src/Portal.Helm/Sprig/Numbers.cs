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
        table.AddVariadic("maxf", [GoType.Any, GoType.Any], a => a.Select(Casts.ToFloat64).Aggregate(System.Math.Max));
        table.AddVariadic("minf", [GoType.Any, GoType.Any], a => a.Select(Casts.ToFloat64).Aggregate(System.Math.Min));
        table.AddVariadic("addf", [GoType.Any], a => Decimal(a, GoDecimal.Add));
        table.AddVariadic("subf", [GoType.Any, GoType.Any], a => Decimal(a, GoDecimal.Subtract));
        table.AddVariadic("mulf", [GoType.Any, GoType.Any], a => Decimal(a, GoDecimal.Multiply));
        table.AddVariadic("divf", [GoType.Any, GoType.Any], a => Decimal(a, GoDecimal.Divide));
        table.Add("add1f", [GoType.Any], a => Decimal([a[0], 1.0], GoDecimal.Add));
        table.Add("floor", [GoType.Any], a => System.Math.Floor(Casts.ToFloat64(a[0])));
        table.Add("ceil", [GoType.Any], a => System.Math.Ceiling(Casts.ToFloat64(a[0])));
        table.AddVariadic("round", [GoType.Any, GoType.Int, GoType.Float64], a => Round(Casts.ToFloat64(a[0]), (nint)a[1]!, a.Length > 2 ? (double)a[2]! : 0.5));
        table.Add("randInt", [GoType.Int, GoType.Int], a => (nint)Between(environment, (nint)a[0]!, (nint)a[1]!));
    }

    // A span that runs over is negative (math/rand, Intn).
    private static long Between(SprigEnvironment environment, long low, long high) => unchecked(high - low) is > 0 and var span
        ? low + (span <= int.MaxValue ? environment.Below((int)span) : (long)(BitConverter.ToUInt64(environment.Random(8)) % (ulong)span))
        : throw new FunctionException("invalid argument to Intn");

    private static long Divide(object?[] a, Func<long, long, long> body) => Casts.ToInt64(a[1]) is var y && y != 0
        ? body(Casts.ToInt64(a[0]), y)
        : throw new FunctionException("runtime error: integer divide by zero");

    private static double Decimal(object?[] a, Func<GoDecimal, GoDecimal, GoDecimal> body) =>
        a.Skip(1).Aggregate(GoDecimal.From(Casts.ToFloat64(a.FirstOrDefault())), (x, v) => body(x, GoDecimal.From(Casts.ToFloat64(v)))).ToFloat64();

    private static double Round(double value, long places, double up)
    {
        var power = System.Math.Pow(10, places);
        var digit = power * value;
        var fraction = digit - System.Math.Truncate(digit);
        var rounded = fraction >= up ? System.Math.Ceiling(digit) : System.Math.Floor(digit);
        return rounded / power;
    }
}
