using System.Globalization;

namespace Portal.Server.Features.Plans;

/// <summary>Kubernetes quantities ("500m", "10Gi") as numbers.</summary>
internal static class Quantity
{
    private static readonly Dictionary<string, decimal> Units = new(StringComparer.Ordinal)
    {
        ["n"] = 0.000000001m, ["u"] = 0.000001m, ["m"] = 0.001m, [""] = 1, ["k"] = 1e3m, ["M"] = 1e6m, ["G"] = 1e9m, ["T"] = 1e12m, ["P"] = 1e15m, ["E"] = 1e18m,
        ["Ki"] = 1L << 10, ["Mi"] = 1L << 20, ["Gi"] = 1L << 30, ["Ti"] = 1L << 40, ["Pi"] = 1L << 50, ["Ei"] = 1L << 60,
    };

    /// <summary>The number, or null when the text is no quantity.</summary>
    public static decimal? Of(string? text)
    {
        if (text is null)
        {
            return null;
        }

        var end = text.Length;
        while (end > 0 && char.IsAsciiLetter(text[end - 1]))
        {
            end--;
        }

        return Units.TryGetValue(text[end..], out var unit) && decimal.TryParse(text[..end], NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? Times(number, unit)
            : decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var whole) ? whole : null;
    }

    /// <summary>An amount of a resource as people write it: "1.5Gi" of memory, "1.5" of cpu.</summary>
    public static string Text(decimal number, string resource) => resource.EndsWith("memory", StringComparison.Ordinal) || resource.EndsWith("storage", StringComparison.Ordinal)
        ? number >= 1L << 30 ? (number / (1L << 30)).ToString("0.##", CultureInfo.InvariantCulture) + "Gi" : (number / (1L << 20)).ToString("0.##", CultureInfo.InvariantCulture) + "Mi"
        : number.ToString("0.###", CultureInfo.InvariantCulture);

    // Larger than anything there is: as good as no quantity.
    private static decimal? Times(decimal number, decimal unit) => Math.Abs(number) > decimal.MaxValue / Math.Max(unit, 1) ? null : number * unit;
}
