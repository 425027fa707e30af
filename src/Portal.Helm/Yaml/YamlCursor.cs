using System.Text;
using YamlDotNet.Core;

namespace Portal.Helm.Yaml;

/// <summary>A place in a YAML text. Lines end as in YAML 1.1: at \n, \r, \r\n, U+0085, U+2028 and U+2029; the end of the text is a zero.</summary>
internal sealed class YamlCursor(string text)
{
    public int Index { get; private set; }

    /// <summary>From 0.</summary>
    public int Line { get; private set; }

    /// <summary>In characters, from 0.</summary>
    public int Column { get; private set; }

    public Mark Mark => new(Index, Line + 1, Column + 1);

    public bool AtEnd => Index >= text.Length;

    public char Peek(int offset = 0) => Index + offset < text.Length ? text[Index + offset] : '\0';

    public static bool IsBreak(char c) => c is '\n' or '\r' or '\u0085' or '\u2028' or '\u2029';

    public static bool IsBlank(char c) => c is ' ' or '\t';

    /// <summary>A blank, a line end, or the end of the text.</summary>
    public bool IsSpace(int offset = 0) => Peek(offset) is var c && (IsBlank(c) || IsBreak(c) || c == '\0');

    public bool IsLineEnd() => Peek() is var c && (IsBreak(c) || c == '\0');

    /// <summary>--- or ... at the beginning of a line.</summary>
    public bool AtDocumentMark(char mark) => Column == 0 && Peek() == mark && Peek(1) == mark && Peek(2) == mark && IsSpace(3);

    public void Skip(int count = 1)
    {
        for (; count > 0 && !AtEnd; count--)
        {
            // The second half of a character is none of its own.
            Column += char.IsLowSurrogate(text[Index]) && Index > 0 && char.IsHighSurrogate(text[Index - 1]) ? 0 : 1;
            Index++;
        }
    }

    public void Read(StringBuilder into)
    {
        into.Append(Peek());
        Skip();
    }

    /// <summary>Steps over a line end, which is \n in the value whatever it is in the text, but for U+2028 and U+2029.</summary>
    public void ReadBreak(StringBuilder? into)
    {
        if (AtEnd)
        {
            return;
        }

        var c = Peek();
        into?.Append(c is '\u2028' or '\u2029' ? c : '\n');
        Index += c == '\r' && Peek(1) == '\n' ? 2 : 1;
        Line++;
        Column = 0;
    }

    public void SkipComment()
    {
        if (Peek() != '#')
        {
            return;
        }

        while (!IsLineEnd())
        {
            Skip();
        }
    }

    public void SkipBlanks()
    {
        while (IsBlank(Peek()))
        {
            Skip();
        }
    }

    /// <summary>The end of a text without a line end counts as a line of its own.</summary>
    public void EndLine()
    {
        if (Column != 0)
        {
            Column = 0;
            Line++;
        }
    }
}
