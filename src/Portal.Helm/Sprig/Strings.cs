using System.Globalization;
using System.Text;
using Portal.Helm.Templating;

namespace Portal.Helm.Sprig;

/// <summary>Text functions (masterminds.github.io/sprig/strings.html).</summary>
internal static class Strings
{
    private const string Letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    private const string Digits = "0123456789";

    public static void Register(FunctionTable table, SprigEnvironment environment)
    {
        void One(string name, Func<string, object?> body) => table.Add(name, [GoType.String], a => body((string)a[0]!));
        void Two(string name, Func<string, string, object?> body) => table.Add(name, [GoType.String, GoType.String], a => body((string)a[0]!, (string)a[1]!));

        One("trim", s => s.Trim(Blanks));
        One("upper", GoCase.Upper);
        One("lower", GoCase.Lower);
        One("title", Title);
        One("untitle", Untitle);
        One("swapcase", SwapCase);
        One("nospace", NoSpace);
        One("initials", Initials);
        One("camelcase", CamelCase);
        table.Add(new Function("snakecase", [GoType.String], false, (c, a) => SeparatedWords.Join(c, (string)a[0]!, '_')));
        table.Add(new Function("kebabcase", [GoType.String], false, (c, a) => SeparatedWords.Join(c, (string)a[0]!, '-')));
        One("hello", _ => "Hello!");
        table.Add("hello", [], _ => "Hello!");
        Two("trimAll", (cut, s) => cut.Length == 0 ? s : s.Trim(cut.ToCharArray()));
        Two("trimall", (cut, s) => cut.Length == 0 ? s : s.Trim(cut.ToCharArray()));
        Two("trimSuffix", (end, s) => end.Length > 0 && s.EndsWith(end, StringComparison.Ordinal) ? s[..^end.Length] : s);
        Two("trimPrefix", (start, s) => start.Length > 0 && s.StartsWith(start, StringComparison.Ordinal) ? s[start.Length..] : s);
        Two("hasSuffix", (end, s) => s.EndsWith(end, StringComparison.Ordinal));
        Two("hasPrefix", (start, s) => s.StartsWith(start, StringComparison.Ordinal));
        Two("contains", (part, s) => s.Contains(part, StringComparison.Ordinal));
        table.Add("repeat", [GoType.Int, GoType.String], a => Repeat((string)a[1]!, (long)(nint)a[0]!));
        table.Add("replace", [GoType.String, GoType.String, GoType.String], a => Replace((string)a[2]!, (string)a[0]!, (string)a[1]!));
        table.Add("substr", [GoType.Int, GoType.Int, GoType.String], a => Substring((nint)a[0]!, (nint)a[1]!, (string)a[2]!));
        table.Add("trunc", [GoType.Int, GoType.String], a => Truncate((nint)a[0]!, (string)a[1]!));
        table.Add("abbrev", [GoType.Int, GoType.String], a => Abbreviate((string)a[1]!, 0, (nint)a[0]!));
        table.Add("abbrevboth", [GoType.Int, GoType.Int, GoType.String], a => Abbreviate((string)a[2]!, (nint)a[0]!, (nint)a[1]!));
        table.Add("wrap", [GoType.Int, GoType.String], a => Wrap((string)a[1]!, Small(a[0]), "", false));
        table.Add("wrapWith", [GoType.Int, GoType.String, GoType.String], a => Wrap((string)a[2]!, Small(a[0]), (string)a[1]!, true));
        table.AddVariadic("quote", [GoType.Any], a => BoundedText.Join(" ", a.Where(v => v is not null).Select(v => GoQuote.Quote(Casts.ToText(v)))));
        table.AddVariadic("squote", [GoType.Any], a => BoundedText.Join(" ", a.Where(v => v is not null).Select(v => $"'{GoFormat.Value(v)}'")));
        table.AddVariadic("cat", [GoType.Any], a => BoundedText.Join(" ", a.Where(v => v is not null).Select(GoFormat.Value)));
        table.Add("indent", [GoType.Int, GoType.String], a => Indent(Small(a[0]), (string)a[1]!));
        table.Add("nindent", [GoType.Int, GoType.String], a => "\n" + Indent(Small(a[0]), (string)a[1]!));
        table.Add("plural", [GoType.String, GoType.String, GoType.Int], a => (nint)a[2]! == 1 ? a[0] : a[1]);
        table.Add(new Function("shuffle", [GoType.String], false, (c, a) => Shuffle(c, (string)a[0]!, environment)));
        table.Add("randAlphaNum", [GoType.Int], a => Pick(environment, Small(a[0]), Letters + Digits));
        table.Add("randAlpha", [GoType.Int], a => Pick(environment, Small(a[0]), Letters));
        table.Add("randNumeric", [GoType.Int], a => Pick(environment, Small(a[0]), Digits));
        table.Add("randAscii", [GoType.Int], a => Pick(environment, Small(a[0]), string.Concat(Enumerable.Range(32, 95).Select(c => (char)c))));
        table.Add("randBytes", [GoType.Int], a => (nint)a[0]! is >= 0 and <= 1_000_000 and var count ? Convert.ToBase64String(environment.Random((int)count)) : throw new FunctionException("runtime error: makeslice: len out of range"));
        table.Add("split", [GoType.String, GoType.String], a => SplitMap(Split((string)a[1]!, (string)a[0]!, -1)));
        table.Add("splitn", [GoType.String, GoType.Int, GoType.String], a => SplitMap(Split((string)a[2]!, (string)a[0]!, Small(a[1]))));
        table.Add("splitList", [GoType.String, GoType.String], a => SplitList((string)a[0]!, (string)a[1]!));
        table.Add("join", [GoType.String, GoType.Any], a => BoundedText.Join((string)a[0]!, Casts.ToTexts(a[1])));
        table.Add("sortAlpha", [GoType.Any], a => (a[0] is null ? ["<nil>"] : Casts.ToTexts(a[0])).Order(Comparer<string>.Create(GoBytes.Compare)).ToList());
    }

    // Where a count beyond every text's length means the same as the longest.
    private static int Small(object? count) => (int)Math.Clamp((long)(nint)count!, int.MinValue, int.MaxValue);

    private static readonly char[] Blanks = ['\t', '\n', '\v', '\f', '\r', ' ', '\u0085', '\u00A0', '\u1680', '\u2028', '\u2029', '\u202f', '\u205f', '\u3000', .. Enumerable.Range(0x2000, 11).Select(c => (char)c)];

    private static string Repeat(string text, long count) => count < 0
        ? throw new FunctionException("strings: negative Repeat count")
        : text.Length == 0 ? ""
        : count > 0 && text.Length > BoundedText.Most / count ? throw BoundedText.Full("repeat") : new StringBuilder().Insert(0, text, (int)count).ToString();

    private static string Replace(string text, string old, string with)
    {
        if (old.Length > 0)
        {
            BoundedText.Check("replace", text.Length + (text.AsSpan().Count(old) * (long)(with.Length - old.Length)));
            return text.Replace(old, with, StringComparison.Ordinal);
        }

        // Go puts the new text before every rune and at the end.
        var result = BoundedText.New().Append(with);
        foreach (var rune in text.EnumerateRunes())
        {
            result.Append(rune).Append(with);
        }

        return result.ToString();
    }

    private static string Substring(long start, long end, string text)
    {
        var length = GoBytes.Length(text);
        if (start < 0)
        {
            return end >= 0 && end <= length ? GoBytes.Slice(text, 0, (int)end) : throw new FunctionException($"runtime error: slice bounds out of range [:{end}]{(end < 0 ? "" : $" with length {length}")}");
        }

        end = end < 0 || end > length ? length : end;
        return start > end ? throw new FunctionException($"runtime error: slice bounds out of range [{start}:{end}]") : GoBytes.Slice(text, (int)start, (int)end);
    }

    private static string Truncate(nint count, string text)
    {
        var length = GoBytes.Length(text);
        return count < 0 && length + count > 0 ? GoBytes.Slice(text, (int)(length + count), length) : count >= 0 && length > count ? GoBytes.Slice(text, 0, (int)count) : text;
    }

    private static string Abbreviate(string text, long offset, long width)
    {
        long length = GoBytes.Length(text);
        if (offset == 0 ? width < 4 : width < 4 || (offset > 0 && width < 7))
        {
            return text;
        }

        if (length <= width)
        {
            return text;
        }

        offset = System.Math.Min(offset, length);
        if (unchecked(length - offset) < width - 3)
        {
            offset = length - (width - 3);
        }

        if (offset <= 4)
        {
            return GoBytes.Slice(text, 0, (int)width - 3) + "...";
        }

        return offset + width - 3 < length
            ? "..." + Abbreviate(GoBytes.Slice(text, (int)offset, (int)length), 0, width - 3)
            : "..." + GoBytes.Slice(text, (int)(length - (width - 3)), (int)length);
    }

    private static string Indent(int count, string text)
    {
        if (count < 0)
        {
            throw new FunctionException("strings: negative Repeat count");
        }

        BoundedText.Check("indent", text.Length + ((text.AsSpan().Count('\n') + 1L) * count));
        var pad = new string(' ', count);
        return pad + text.Replace("\n", "\n" + pad, StringComparison.Ordinal);
    }

    private static string Title(string text)
    {
        var previous = new Rune(' ');
        return GoCase.Map(text, rune =>
        {
            var separator = !(Rune.IsLetterOrDigit(previous) || previous.Value == '_') && (previous.Value < 0x80 || Rune.IsWhiteSpace(previous));
            previous = rune;
            return separator ? GoCase.Title(rune) : rune;
        });
    }

    private static string Untitle(string text)
    {
        var start = true;
        return GoCase.Map(text, rune =>
        {
            var first = start;
            start = Rune.IsWhiteSpace(rune);
            return first ? GoCase.Lower(rune) : rune;
        });
    }

    private static string SwapCase(string text)
    {
        var start = true;
        return GoCase.Map(text, rune =>
        {
            var first = start;
            var title = Rune.GetUnicodeCategory(rune) == UnicodeCategory.TitlecaseLetter;
            start = Rune.IsWhiteSpace(rune);
            return Rune.IsUpper(rune) || title ? GoCase.Lower(rune) : !Rune.IsLower(rune) ? rune : first ? GoCase.Title(rune) : GoCase.Upper(rune);
        });
    }

    // goutils takes bytes for characters; a text without blanks comes back as it is.
    private static string NoSpace(string text)
    {
        var result = new StringBuilder(text.Length);
        var bytes = GoBytes.ToBytes(text);
        foreach (var b in bytes)
        {
            if (!char.IsWhiteSpace((char)b))
            {
                result.Append((char)b);
            }
        }

        return result.Length == bytes.Length ? text : result.ToString();
    }

    private static string Initials(string text)
    {
        var result = new StringBuilder();
        var start = true;
        foreach (var b in GoBytes.ToBytes(text))
        {
            var blank = char.IsWhiteSpace((char)b);
            if (!blank && start)
            {
                result.Append((char)b);
            }

            start = blank;
        }

        return result.ToString();
    }

    // xstrings.ToPascalCase (1.5): of several connectors one goes; a word that begins in upper case is lowered up to its first other letter, and kept from there.
    private static string CamelCase(string text)
    {
        static bool Connector(char c) => c is '_' or '-' || char.IsWhiteSpace(c);
        var lead = 0;
        while (lead < text.Length && Connector(text[lead]))
        {
            lead++;
        }

        // Where the text ends in more than one connector, and where there is nothing else, xstrings writes the last one twice.
        if (lead == text.Length)
        {
            return lead == 0 ? "" : text + text[^1];
        }

        var beganUpper = false;
        var result = new StringBuilder(text, 0, lead, Math.Max(text.Length, 16));
        for (var i = lead; i < text.Length; i++)
        {
            var c = text[i];
            var previous = i == lead ? '_' : text[i - 1];
            if (Connector(c))
            {
                // The last one goes, where it is not the end of the text.
                if (i > lead && Connector(previous))
                {
                    result.Append(previous);
                }

                if (i == text.Length - 1)
                {
                    result.Append(c);
                }
            }
            else if (Connector(previous))
            {
                beganUpper = char.IsUpper(c);
                result.Append(GoCase.Upper(c));
            }
            else
            {
                beganUpper &= char.IsUpper(c);
                result.Append(beganUpper ? GoCase.Lower(c) : c);
            }
        }

        return result.ToString();
    }

    // goutils counts bytes, and breaks between those of one character.
    private static string Wrap(string text, int width, string separator, bool breakWords)
    {
        if (!GoBytes.IsAscii(text))
        {
            static string AsBytes(string text) => System.Text.Encoding.Latin1.GetString(GoBytes.ToBytes(text));
            return GoBytes.ToText(System.Text.Encoding.Latin1.GetBytes(WrapBytes(AsBytes(text), width, AsBytes(separator), breakWords)));
        }

        return WrapBytes(text, width, separator, breakWords);
    }

    private static string WrapBytes(string text, int width, string separator, bool breakWords)
    {
        separator = separator.Length == 0 ? "\n" : separator;
        width = System.Math.Max(width, 1);
        var result = BoundedText.New();
        var offset = 0;
        while (text.Length - offset > width)
        {
            if (text[offset] == ' ')
            {
                offset++;
                continue;
            }

            var at = text.LastIndexOf(' ', offset + width, width + 1);
            if (at >= offset)
            {
                result.Append(text, offset, at - offset).Append(separator);
                offset = at + 1;
            }
            else if (breakWords)
            {
                result.Append(text, offset, width).Append(separator);
                offset += width;
            }
            else
            {
                at = text.IndexOf(' ', offset + width);
                if (at < 0)
                {
                    break;
                }

                result.Append(text, offset, at - offset).Append(separator);
                offset = at + 1;
            }
        }

        return result.Append(text, offset, text.Length - offset).ToString();
    }

    private static Dictionary<string, string> SplitMap(string[] parts)
    {
        var result = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var i = 0; i < parts.Length; i++)
        {
            result["_" + i.ToString(CultureInfo.InvariantCulture)] = parts[i];
        }

        return result;
    }

    private static List<string> SplitList(string separator, string text) => [.. Split(text, separator, -1)];

    // strings.SplitN: without a separator text falls into its runes; 0 gives nothing, a negative count all.
    private static string[] Split(string text, string separator, int count)
    {
        if (count == 0)
        {
            return [];
        }

        if (separator.Length > 0)
        {
            return count < 0 ? text.Split(separator) : text.Split(separator, count);
        }

        var runes = text.EnumerateRunes().Select(r => r.ToString()).ToArray();
        return count < 0 || runes.Length <= count ? runes : [.. runes[..(count - 1)], string.Concat(runes[(count - 1)..])];
    }

    private static string Shuffle(CallContext context, string text, SprigEnvironment environment)
    {
        var runes = text.EnumerateRunes().ToArray();
        // One call for each place of a long text takes longer than all the rest.
        const int Few = 4096;
        byte[] many = [];
        for (var i = runes.Length - 1; i > 0; i--)
        {
            var at = i % Few * sizeof(ulong);
            if (i > Few && (many.Length == 0 || at == (Few - 1) * sizeof(ulong)))
            {
                context.CheckTime();
                many = environment.Random(Few * sizeof(ulong));
            }

            var j = i > Few ? (int)(BitConverter.ToUInt64(many, at) % (ulong)(i + 1)) : environment.Below(i + 1);
            (runes[i], runes[j]) = (runes[j], runes[i]);
        }

        var result = new StringBuilder(text.Length);
        foreach (var rune in runes)
        {
            result.Append(rune);
        }

        return result.ToString();
    }

    private static string Pick(SprigEnvironment environment, int count, string alphabet) => count < 0 ? "" : count > 1_000_000
        ? throw new FunctionException($"cannot make {count} random characters")
        : string.Create(count, (environment, alphabet), static (span, state) =>
        {
            for (var i = 0; i < span.Length; i++)
            {
                span[i] = state.alphabet[state.environment.Below(state.alphabet.Length)];
            }
        });
}
