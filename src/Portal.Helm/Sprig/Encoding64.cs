using System.Text;

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

    /// <summary>The bytes of a base 32 text, or null with the place of the error.</summary>
    public static byte[]? Decode32(string text, out int corruptAt)
    {
        corruptAt = 0;
        var clean = text.Replace("\n", "", StringComparison.Ordinal).Replace("\r", "", StringComparison.Ordinal);
        var body = clean.TrimEnd('=');
        var bits = 0;
        var buffer = 0;
        var result = new List<byte>();
        for (var i = 0; i < body.Length; i++)
        {
            var value = Alphabet32.IndexOf(body[i], StringComparison.Ordinal);
            if (value < 0)
            {
                corruptAt = i;
                return null;
            }

            buffer = ((buffer << 5) | value) & 0xFFFF;
            bits += 5;
            if (bits >= 8)
            {
                bits -= 8;
                result.Add((byte)(buffer >> bits));
            }
        }

        if (clean.Length % 8 != 0 || body.Length % 8 is 1 or 3 or 6)
        {
            corruptAt = body.Length;
            return null;
        }

        return [.. result];
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
