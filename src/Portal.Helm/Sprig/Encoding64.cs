using System.Text;
using Portal.Helm.Templating;

namespace Portal.Helm.Sprig;

/// <summary>Base 64 and base 32 as Go's encoding packages read them: line ends are skipped, an error names the byte.</summary>
internal static class Encoding64
{
    private const string Alphabet64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    private const string Alphabet32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

    /// <summary>The bytes of a base 64 text, or null where it is none.</summary>
    public static byte[]? Decode(string text)
    {
        try
        {
            return text.AsSpan().ContainsAny(' ', '\t') ? null : Convert.FromBase64String(text.Replace("\n", "", StringComparison.Ordinal).Replace("\r", "", StringComparison.Ordinal));
        }
        catch (FormatException)
        {
            return null;
        }
    }

    /// <summary>Go's words for a text that is no base 64.</summary>
    public static string Error(string text) => $"illegal base64 data at input byte {Corrupt(text, Alphabet64, 4)}";

    public static string Encode32(byte[] bytes)
    {
        var result = new StringBuilder();
        for (var i = 0; i < bytes.Length; i += 5)
        {
            ulong group = 0;
            var count = Math.Min(5, bytes.Length - i);
            for (var j = 0; j < 5; j++)
            {
                group = (group << 8) | (j < count ? bytes[i + j] : (byte)0);
            }

            var characters = ((count * 8) + 4) / 5;
            for (var j = 0; j < 8; j++)
            {
                result.Append(j < characters ? Alphabet32[(int)(group >> (35 - (5 * j))) & 31] : '=');
            }
        }

        return result.ToString();
    }

    /// <summary>The bytes of a base 32 text, or null with the place of the error (encoding/base32, decode). What stands behind the padding is not looked at.</summary>
    public static byte[]? Decode32(string text, out int corruptAt)
    {
        // Places are those of bytes.
        var source = GoBytes.ToBytes(text);
        source = Array.FindAll(source, b => b is not ((byte)'\n' or (byte)'\r'));
        var result = new List<byte>((source.Length / 8 * 5) + 5);
        for (var at = 0; at < source.Length;)
        {
            if (Quantum(source, ref at, out var digits, out var value) is { } fault)
            {
                corruptAt = fault;
                return null;
            }

            value <<= 5 * (8 - digits);
            for (var i = 0; i < digits * 5 / 8; i++)
            {
                result.Add((byte)(value >> (32 - (8 * i))));
            }

            if (digits < 8)
            {
                break;
            }
        }

        corruptAt = 0;
        return [.. result];
    }

    // Eight digits, or fewer and padding; the place of the fault, or null.
    private static int? Quantum(byte[] source, ref int at, out int digits, out ulong value)
    {
        (digits, value) = (0, 0);
        while (digits < 8)
        {
            if (at == source.Length)
            {
                return source.Length - digits;
            }

            var left = source.Length - at - 1;
            if (source[at] == '=' && digits >= 2 && left < 8)
            {
                at++;
                if (left + digits < 7)
                {
                    return source.Length;
                }

                for (var k = 0; k < 7 - digits; k++)
                {
                    if (left > k && source[at + k] != '=')
                    {
                        return at + k - 1;
                    }
                }

                return digits is 3 or 6 ? at - 1 : null;
            }

            var digit = Alphabet32.IndexOf((char)source[at++], StringComparison.Ordinal);
            if (digit < 0)
            {
                return at - 1;
            }

            value = (value << 5) | (uint)digit;
            digits++;
        }

        return null;
    }

    // encoding/base64 reports the first byte that does not belong; where the text ends too early, its length so far.
    private static int Corrupt(string text, string alphabet, int group)
    {
        var digits = 0;
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] is '\n' or '\r')
            {
                continue;
            }

            if (text[i] == '=')
            {
                var inGroup = digits % group;
                if (inGroup < 2)
                {
                    return i;
                }

                var next = i + 1;
                while (next < text.Length && text[next] is '\n' or '\r')
                {
                    next++;
                }

                if (inGroup == 2)
                {
                    if (next >= text.Length)
                    {
                        return text.Length;
                    }

                    if (text[next] != '=')
                    {
                        return next;
                    }

                    next++;
                }

                return next;
            }

            if (!alphabet.Contains(text[i]))
            {
                return i;
            }

            digits++;
        }

        return text.Length - (digits % group);
    }
}
