using System.Globalization;
using System.Text;
using Portal.Helm.Templating;

namespace Portal.Helm.Sprig;

/// <summary>snakecase and kebabcase: a text is cut into words, which are joined in lower case. The rules are those of xstrings' ToSnakeCase.</summary>
internal static class SeparatedWords
{
    private enum Kind
    {
        End,
        Number,
        Upper,
        Alphabet,
        Connector,
        Punctuation,
        Other,
    }

    private readonly record struct Word(Kind Kind, int From, int To);

    /// <summary>The words of a text, joined by a connector.</summary>
    public static string Join(CallContext context, string text, char connector)
    {
        Rune[] runes = [.. text.EnumerateRunes()];
        var words = Cut(context, runes);
        var result = new StringBuilder(text.Length + 8);
        var at = 0;
        while (at < words.Count - 1)
        {
            var kind = words[at].Kind;
            Append(kind, words[at]);
            at++;
            if ((at & 0xFFFF) == 0)
            {
                context.CheckTime();
            }

            if (kind == Kind.Number)
            {
                Run();
                Connect();
            }
            else if (kind is not (Kind.Connector or Kind.Punctuation))
            {
                AfterLetters();
            }
        }

        if (at < words.Count)
        {
            Append(words[at].Kind, words[at]);
        }

        return result.ToString();

        // "Bld4Floor" is bld4_floor, "HTTP2xx" is http_2xx: small letters behind a number belong to it.
        void AfterLetters()
        {
            if (KindAt(at) != Kind.Number)
            {
                Connect();
                return;
            }

            if (at == words.Count - 1)
            {
                return;
            }

            var small = KindAt(at + 1) == Kind.Alphabet;
            if (small)
            {
                result.Append(connector);
            }

            Append(Kind.Number, words[at++]);
            if (small)
            {
                Run();
            }

            Connect();
        }

        // Letters and numbers that follow a number.
        void Run()
        {
            for (; KindAt(at) is Kind.Alphabet or Kind.Number; at++)
            {
                Append(words[at].Kind, words[at]);
            }
        }

        void Connect()
        {
            if (KindAt(at) is not (Kind.End or Kind.Connector or Kind.Punctuation))
            {
                result.Append(connector);
            }
        }

        Kind KindAt(int index) => index < words.Count ? words[index].Kind : Kind.End;

        void Append(Kind kind, Word word)
        {
            foreach (var rune in runes.AsSpan(word.From, word.To - word.From))
            {
                _ = kind switch
                {
                    Kind.Connector => result.Append(connector),
                    Kind.Upper => result.Append(GoCase.Lower(rune)),
                    _ => result.Append(rune),
                };
            }
        }
    }

    private static List<Word> Cut(CallContext context, Rune[] runes)
    {
        var words = new List<Word>();
        for (var from = 0; from < runes.Length;)
        {
            var kind = KindOf(runes[from]);
            var to = kind == Kind.Upper ? EndOfUpper(runes, from) : EndOf(runes, from, kind);
            words.Add(new Word(kind, from, to));
            from = to;
            if ((words.Count & 0xFFFF) == 0)
            {
                context.CheckTime();
            }
        }

        return words;
    }

    private static int EndOf(Rune[] runes, int from, Kind kind)
    {
        var to = from + 1;
        while (to < runes.Length && KindOf(runes[to]) == kind)
        {
            to++;
        }

        return to;
    }

    // "HTTPServer" is HTTP and Server.
    private static int EndOfUpper(Rune[] runes, int from)
    {
        var to = EndOf(runes, from, Kind.Upper);
        if (to == runes.Length || !IsAlphabet(runes[to]))
        {
            return to;
        }

        return to > from + 1 ? to - 1 : EndOf(runes, to, Kind.Alphabet);
    }

    private static Kind KindOf(Rune rune) =>
        rune.Value is '-' or '_' || Rune.IsWhiteSpace(rune) ? Kind.Connector
        : Rune.IsPunctuation(rune) ? Kind.Punctuation
        : Rune.GetUnicodeCategory(rune) == UnicodeCategory.UppercaseLetter ? Kind.Upper
        : IsAlphabet(rune) ? Kind.Alphabet
        : Rune.IsNumber(rune) ? Kind.Number
        : Kind.Other;

    // Chinese, Japanese and Korean characters are no alphabet (xstrings, isAlphabet).
    private static bool IsAlphabet(Rune rune) => Rune.IsLetter(rune) && rune.Value is not ((>= 0x4E00 and <= 0x9FCC) or (>= 0x3400 and <= 0x4D85) or (>= 0x20000 and <= 0x2B81D));
}
