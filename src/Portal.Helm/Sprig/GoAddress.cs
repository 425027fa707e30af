using System.Globalization;

namespace Portal.Helm.Sprig;

/// <summary>Addresses as net.ParseIP reads them: four decimal numbers without leading zeros, or groups of at most four hexadecimal digits; no zone, no brackets, no port.</summary>
internal static class GoAddress
{
    /// <summary>The four or sixteen bytes of an address, or null. An IPv4 address within IPv6 is one of four bytes (net.IP, To4).</summary>
    public static byte[]? Parse(string text)
    {
        if (text.AsSpan().IndexOfAny('.', ':') is var first && (first < 0 || text[first] == '.'))
        {
            return Version4(text);
        }

        return Version6(text) is not { } bytes ? null : bytes.AsSpan(0, 12).SequenceEqual((ReadOnlySpan<byte>)[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]) ? bytes[12..] : bytes;
    }

    private static byte[]? Version4(string text)
    {
        var parts = text.Split('.');
        return parts.Length == 4 && parts.All(IsByte) ? [.. parts.Select(p => byte.Parse(p, NumberStyles.None, CultureInfo.InvariantCulture))] : null;
    }

    private static bool IsByte(string part) =>
        part.Length is > 0 and <= 3 && part.All(char.IsAsciiDigit) && (part.Length == 1 || part[0] != '0') && byte.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out _);

    private static byte[]? Version6(string text)
    {
        var gap = text.IndexOf("::", StringComparison.Ordinal);
        if (gap < 0)
        {
            return Groups(text, isLast: true) is { Count: 16 } whole ? [.. whole] : null;
        }

        if (Groups(text[..gap], isLast: false) is not { } head || Groups(text[(gap + 2)..], isLast: true) is not { } tail || head.Count + tail.Count > 14)
        {
            return null;
        }

        return [.. head, .. new byte[16 - head.Count - tail.Count], .. tail];
    }

    private static List<byte>? Groups(string text, bool isLast)
    {
        var result = new List<byte>();
        var parts = text.Length == 0 ? [] : text.Split(':');
        for (var i = 0; i < parts.Length; i++)
        {
            if (isLast && i == parts.Length - 1 && parts[i].Contains('.'))
            {
                if (Version4(parts[i]) is not { } four)
                {
                    return null;
                }

                result.AddRange(four);
            }
            else if (parts[i].Length is > 0 and <= 4 && parts[i].All(char.IsAsciiHexDigit))
            {
                var group = ushort.Parse(parts[i], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
                result.AddRange([(byte)(group >> 8), (byte)group]);
            }
            else
            {
                return null;
            }
        }

        return result.Count <= 16 ? result : null;
    }
}
