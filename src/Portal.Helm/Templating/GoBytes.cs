using System.Buffers;
using System.Text;

namespace Portal.Helm.Templating;

/// <summary>
/// Go's strings are bytes, .NET's are UTF-16. A byte that is not part of valid UTF-8 is carried as a lone surrogate
/// U+DC80..U+DCFF, so that nothing is lost between reading, cutting and writing.
/// </summary>
public static class GoBytes
{
    /// <summary>Whether every character is ASCII: then characters and bytes are the same.</summary>
    public static bool IsAscii(string text) => System.Text.Ascii.IsValid(text);

    /// <summary>The number of bytes Go counts for this text.</summary>
    public static int Length(string text) => IsAscii(text) ? text.Length : ToBytes(text).Length;

    /// <summary>The bytes of a text.</summary>
    public static byte[] ToBytes(string text)
    {
        if (!HasLoneSurrogate(text))
        {
            return Encoding.UTF8.GetBytes(text);
        }

        var result = new ArrayBufferWriter<byte>(text.Length * 3);
        Span<byte> buffer = stackalloc byte[4];
        foreach (var rune in Runes(text))
        {
            if (rune is >= 0xDC80 and <= 0xDCFF)
            {
                result.Write([(byte)(rune - 0xDC00)]);
            }
            else
            {
                var count = new Rune(rune is >= 0xD800 and <= 0xDFFF ? 0xFFFD : rune).EncodeToUtf8(buffer);
                result.Write(buffer[..count]);
            }
        }

        return result.WrittenSpan.ToArray();
    }

    /// <summary>The text of bytes; what is not UTF-8 is kept byte by byte.</summary>
    public static string ToText(ReadOnlySpan<byte> bytes)
    {
        if (System.Text.Ascii.IsValid(bytes) || System.Text.Unicode.Utf8.IsValid(bytes))
        {
            return Encoding.UTF8.GetString(bytes);
        }

        var result = new StringBuilder(bytes.Length);
        while (bytes.Length > 0)
        {
            if (Rune.DecodeFromUtf8(bytes, out var rune, out var used) == OperationStatus.Done)
            {
                result.Append(rune.ToString());
                bytes = bytes[used..];
            }
            else
            {
                result.Append((char)(0xDC00 + bytes[0]));
                bytes = bytes[1..];
            }
        }

        return result.ToString();
    }

    /// <summary>Code points as Go's range over a string sees them; an invalid byte comes as U+DC80..U+DCFF.</summary>
    public static IEnumerable<int> Runes(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
            {
                yield return char.ConvertToUtf32(text[i], text[i + 1]);
                i++;
            }
            else
            {
                yield return text[i];
            }
        }
    }

    /// <summary>The bytes from..to of a text, as Go's s[from:to].</summary>
    public static string Slice(string text, int from, int to) =>
        IsAscii(text) ? text[from..to] : ToText(ToBytes(text).AsSpan(from, to - from));

    /// <summary>The order of Go's strings: by bytes.</summary>
    public static int Compare(string? a, string? b)
    {
        a ??= "";
        b ??= "";
        var length = Math.Min(a.Length, b.Length);
        for (var i = 0; i < length; i++)
        {
            if (a[i] != b[i])
            {
                // Ordinal comparison puts surrogate pairs before U+E000..U+FFFF; in UTF-8 they come after.
                var x = char.IsSurrogate(a[i]) ? a[i] + 0x10000 : a[i];
                var y = char.IsSurrogate(b[i]) ? b[i] + 0x10000 : b[i];
                return x.CompareTo(y);
            }
        }

        return a.Length.CompareTo(b.Length);
    }

    /// <summary>Sorts keys as Go sorts them.</summary>
    public static IEnumerable<KeyValuePair<string, object?>> Sorted(IEnumerable<KeyValuePair<string, object?>> map)
    {
        var items = map.ToArray();
        Array.Sort(items, (a, b) => Compare(a.Key, b.Key));
        return items;
    }

    /// <summary>Whether a text carries bytes that are no UTF-8.</summary>
    public static bool HasLoneSurrogate(string text) => LoneSurrogate(text) >= 0;

    /// <summary>Where the first byte of a text is that is no UTF-8; -1 where there is none.</summary>
    public static int LoneSurrogate(string text)
    {
        for (var i = text.AsSpan().IndexOfAnyInRange('\uD800', '\uDFFF'); i >= 0 && i < text.Length; i++)
        {
            if (!char.IsSurrogate(text[i]))
            {
                continue;
            }

            if (char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
            {
                i++;
                continue;
            }

            return i;
        }

        return -1;
    }
}
