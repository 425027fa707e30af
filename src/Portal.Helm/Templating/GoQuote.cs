using System.Globalization;
using System.Text;

namespace Portal.Helm.Templating;

/// <summary>Go's string literals: quoting as strconv.Quote does it, unquoting as strconv.Unquote (go.dev/ref/spec#String_literals).</summary>
public static class GoQuote
{
    /// <summary>The text in double quotes with Go's escapes. <paramref name="ascii"/>: escape everything above U+007F.</summary>
    public static string Quote(string text, bool ascii = false)
    {
        var result = new StringBuilder(text.Length + 2).Append('"');
        foreach (var rune in GoBytes.Runes(text))
        {
            Append(result, rune, '"', ascii);
        }

        return result.Append('"').ToString();
    }

    /// <summary>A rune in single quotes with Go's escapes.</summary>
    public static string QuoteRune(int rune, bool ascii = false)
    {
        var result = new StringBuilder().Append('\'');
        Append(result, rune is < 0 or > 0x10FFFF or (>= 0xD800 and <= 0xDFFF) ? 0xFFFD : rune, '\'', ascii);
        return result.Append('\'').ToString();
    }

    private static void Append(StringBuilder result, int rune, char quote, bool ascii)
    {
        // A byte that is no UTF-8 (see GoBytes).
        if (rune is >= 0xDC80 and <= 0xDCFF)
        {
            result.Append("\\x").Append((rune - 0xDC00).ToString("x2", CultureInfo.InvariantCulture));
            return;
        }

        if (rune == quote || rune == '\\')
        {
            result.Append('\\').Append((char)rune);
            return;
        }

        if (ascii ? rune is >= 0x20 and < 0x7F : IsPrint(rune))
        {
            result.Append(char.ConvertFromUtf32(rune));
            return;
        }

        switch (rune)
        {
            case '\a': result.Append("\\a"); break;
            case '\b': result.Append("\\b"); break;
            case '\f': result.Append("\\f"); break;
            case '\n': result.Append("\\n"); break;
            case '\r': result.Append("\\r"); break;
            case '\t': result.Append("\\t"); break;
            case '\v': result.Append("\\v"); break;
            case < 0x20 or 0x7F: result.Append("\\x").Append(rune.ToString("x2", CultureInfo.InvariantCulture)); break;
            case < 0x10000: result.Append("\\u").Append(rune.ToString("x4", CultureInfo.InvariantCulture)); break;
            default: result.Append("\\U").Append(rune.ToString("x8", CultureInfo.InvariantCulture)); break;
        }
    }

    /// <summary>Go's strconv.IsPrint: letters, marks, numbers, punctuation, symbols and the ASCII blank.</summary>
    public static bool IsPrint(int rune)
    {
        if (rune is >= 0x20 and < 0x7F)
        {
            return true;
        }

        if (rune < 0xA1 || rune > 0x10FFFF || rune is >= 0xD800 and <= 0xDFFF || rune == 0xAD)
        {
            return false;
        }

        return CharUnicodeInfo.GetUnicodeCategory(rune) switch
        {
            UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse
                or UnicodeCategory.OtherNotAssigned or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
                or UnicodeCategory.SpaceSeparator => false,
            _ => true,
        };
    }

    /// <summary>The value of a Go literal in double quotes, single quotes or back quotes; false when it is none.</summary>
    public static bool TryUnquote(string literal, out string value) =>
        TryUnquoteText(literal, out value) && (literal[0] != '\'' || GoBytes.Runes(value).Count() == 1);

    /// <summary>The same, but single quotes hold a text of any length (client-go's UnquoteExtend).</summary>
    public static bool TryUnquoteText(string literal, out string value)
    {
        value = "";
        if (literal.Length < 2 || literal[0] != literal[^1])
        {
            return false;
        }

        var quote = literal[0];
        var inner = literal.AsSpan(1, literal.Length - 2);
        if (quote == '`')
        {
            value = inner.ToString().Replace("\r", "", StringComparison.Ordinal);
            return !inner.Contains('`');
        }

        if (quote is not ('"' or '\'') || inner.Contains('\n'))
        {
            return false;
        }

        var result = new StringBuilder(inner.Length);
        var bytes = new List<byte>();
        for (var i = 0; i < inner.Length;)
        {
            var c = inner[i];
            if (c == quote)
            {
                return false;
            }

            if (c != '\\')
            {
                Flush(bytes, result);
                result.Append(c);
                i++;
                continue;
            }

            if (++i >= inner.Length)
            {
                return false;
            }

            c = inner[i++];
            switch (c)
            {
                case 'a': bytes.Add(7); break;
                case 'b': bytes.Add(8); break;
                case 'f': bytes.Add(12); break;
                case 'n': bytes.Add(10); break;
                case 'r': bytes.Add(13); break;
                case 't': bytes.Add(9); break;
                case 'v': bytes.Add(11); break;
                case '\\': bytes.Add((byte)'\\'); break;
                case '\'' or '"':
                    if (c != quote)
                    {
                        return false;
                    }

                    bytes.Add((byte)c);
                    break;
                case 'x' or 'u' or 'U':
                    var digits = c == 'x' ? 2 : c == 'u' ? 4 : 8;
                    if (i + digits > inner.Length || !uint.TryParse(inner.Slice(i, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code))
                    {
                        return false;
                    }

                    i += digits;
                    if (c == 'x')
                    {
                        bytes.Add((byte)code);
                        break;
                    }

                    if (code > 0x10FFFF || code is >= 0xD800 and <= 0xDFFF)
                    {
                        return false;
                    }

                    Flush(bytes, result);
                    result.Append(char.ConvertFromUtf32((int)code));
                    break;
                case >= '0' and <= '7':
                    if (i + 2 > inner.Length || inner[i] is < '0' or > '7' || inner[i + 1] is < '0' or > '7')
                    {
                        return false;
                    }

                    var octal = ((c - '0') * 64) + ((inner[i] - '0') * 8) + inner[i + 1] - '0';
                    i += 2;
                    if (octal > 255)
                    {
                        return false;
                    }

                    bytes.Add((byte)octal);
                    break;
                default:
                    return false;
            }
        }

        Flush(bytes, result);
        value = result.ToString();
        return true;
    }

    private static void Flush(List<byte> bytes, StringBuilder result)
    {
        if (bytes.Count > 0)
        {
            result.Append(GoBytes.ToText(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(bytes)));
            bytes.Clear();
        }
    }
}
