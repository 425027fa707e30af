using System.Globalization;
using System.Text;
using YamlDotNet.Core;
using YamlDotNet.Core.Tokens;

namespace Portal.Helm.Yaml;

/// <summary>Scalars of all five styles in a YAML text, in a block of this indentation.</summary>
internal sealed class YamlScalarScanner(YamlCursor cursor, int blockIndent)
{
    private readonly Mark _start = cursor.Mark;
    private readonly StringBuilder _value = new();

    // Line ends that are not yet part of the value: the first one may become a blank.
    private readonly StringBuilder _firstBreak = new();
    private readonly StringBuilder _moreBreaks = new();
    private readonly StringBuilder _blanks = new();

    /// <summary>A text in quotes. Its lines may stand at any column.</summary>
    public Scalar Quoted(char quote)
    {
        cursor.Skip();
        while (true)
        {
            if (cursor.AtDocumentMark('-') || cursor.AtDocumentMark('.'))
            {
                throw Wrong("found unexpected document indicator");
            }

            if (cursor.AtEnd)
            {
                throw Wrong("found unexpected end of stream");
            }

            var overLines = false;
            while (!cursor.IsSpace() && !overLines)
            {
                if (quote == '\'' && cursor.Peek() == '\'' && cursor.Peek(1) == '\'')
                {
                    _value.Append('\'');
                    cursor.Skip(2);
                }
                else if (cursor.Peek() == quote)
                {
                    break;
                }
                else if (quote == '"' && cursor.Peek() == '\\' && YamlCursor.IsBreak(cursor.Peek(1)))
                {
                    cursor.Skip();
                    cursor.ReadBreak(null);
                    overLines = true;
                }
                else if (quote == '"' && cursor.Peek() == '\\')
                {
                    Escape();
                }
                else
                {
                    cursor.Read(_value);
                }
            }

            if (!overLines && cursor.Peek() == quote)
            {
                cursor.Skip();
                return new Scalar(_value.ToString(), quote == '"' ? ScalarStyle.DoubleQuoted : ScalarStyle.SingleQuoted, _start, cursor.Mark);
            }

            Spaces(ref overLines);
            Fold(overLines);
        }
    }

    /// <summary>A text without quotes; overLines says that a line end follows it, where a key may begin.</summary>
    public Scalar Plain(bool inFlow, out bool overLines)
    {
        var indent = blockIndent + 1;
        var end = _start;
        overLines = false;
        while (!cursor.AtDocumentMark('-') && !cursor.AtDocumentMark('.') && cursor.Peek() != '#')
        {
            while (!cursor.IsSpace())
            {
                var c = cursor.Peek();
                if (c == ':' && cursor.IsSpace(1) || inFlow && c is ',' or '?' or '[' or ']' or '{' or '}')
                {
                    break;
                }

                if (overLines || _blanks.Length > 0)
                {
                    Fold(overLines);
                    overLines = false;
                }

                cursor.Read(_value);
                end = cursor.Mark;
            }

            if (cursor.AtEnd || !cursor.IsSpace())
            {
                break;
            }

            Spaces(ref overLines, indent);
            if (!inFlow && cursor.Column < indent)
            {
                break;
            }
        }

        return new Scalar(_value.ToString(), ScalarStyle.Plain, _start, end);
    }

    /// <summary>A literal (|) or folded (>) text.</summary>
    public Scalar Block(bool isLiteral)
    {
        cursor.Skip();
        var (keep, indent) = Header();
        cursor.SkipBlanks();
        cursor.SkipComment();
        if (!cursor.IsLineEnd())
        {
            throw Wrong("did not find expected comment or line break");
        }

        cursor.ReadBreak(null);
        indent = indent == 0 ? 0 : Math.Max(blockIndent, 0) + indent;
        var end = BlankLines(ref indent);
        var afterBlank = false;
        while (cursor.Column == indent && !cursor.AtEnd)
        {
            var blank = YamlCursor.IsBlank(cursor.Peek());
            if (!isLiteral && !afterBlank && !blank && _firstBreak.Length > 0 && _firstBreak[0] == '\n')
            {
                if (_moreBreaks.Length == 0)
                {
                    _value.Append(' ');
                }
            }
            else
            {
                _value.Append(_firstBreak);
            }

            _firstBreak.Clear();
            _value.Append(_moreBreaks);
            _moreBreaks.Clear();
            afterBlank = blank;
            while (!cursor.IsLineEnd())
            {
                cursor.Read(_value);
            }

            cursor.ReadBreak(_firstBreak);
            end = BlankLines(ref indent);
        }

        if (keep >= 0)
        {
            _value.Append(_firstBreak);
        }

        if (keep > 0)
        {
            _value.Append(_moreBreaks);
        }

        return new Scalar(_value.ToString(), isLiteral ? ScalarStyle.Literal : ScalarStyle.Folded, _start, end);
    }

    private YamlScanException Wrong(string problem) => new(_start, cursor.Mark, problem);

    // Blanks within a line belong to the value, those around line ends do not. A tab does not reach the indentation of a block.
    private void Spaces(ref bool overLines, int indent = 0)
    {
        while (!cursor.AtEnd && cursor.IsSpace())
        {
            if (!YamlCursor.IsBlank(cursor.Peek()))
            {
                if (!overLines)
                {
                    _blanks.Clear();
                }

                cursor.ReadBreak(overLines ? _moreBreaks : _firstBreak);
                overLines = true;
            }
            else if (overLines)
            {
                if (cursor.Peek() == '\t' && cursor.Column < indent)
                {
                    throw Wrong("found a tab character that violates indentation");
                }

                cursor.Skip();
            }
            else
            {
                cursor.Read(_blanks);
            }
        }
    }

    // One line end is a blank, more are one less.
    private void Fold(bool overLines)
    {
        if (!overLines)
        {
            _value.Append(_blanks);
            _blanks.Clear();
            return;
        }

        if (_firstBreak.Length > 0 && _firstBreak[0] == '\n')
        {
            if (_moreBreaks.Length == 0)
            {
                _value.Append(' ');
            }
        }
        else
        {
            _value.Append(_firstBreak);
        }

        _value.Append(_moreBreaks);
        _firstBreak.Clear();
        _moreBreaks.Clear();
        _blanks.Clear();
    }

    private void Escape()
    {
        var c = cursor.Peek(1);
        var digits = c switch { 'x' => 2, 'u' => 4, 'U' => 8, _ => 0 };
        if (digits == 0)
        {
            _value.Append(c switch
            {
                '0' => '\0',
                'a' => '\a',
                'b' => '\b',
                't' or '\t' => '\t',
                'n' => '\n',
                'v' => '\v',
                'f' => '\f',
                'r' => '\r',
                'e' => '\u001B',
                ' ' or '"' or '\'' or '\\' => c,
                'N' => '\u0085',
                '_' => '\u00A0',
                'L' => '\u2028',
                'P' => '\u2029',
                _ => throw Wrong("found unknown escape character"),
            });
            cursor.Skip(2);
            return;
        }

        cursor.Skip(2);
        Span<char> number = stackalloc char[digits];
        for (var i = 0; i < digits; i++)
        {
            number[i] = char.IsAsciiHexDigit(cursor.Peek(i)) ? cursor.Peek(i) : throw Wrong("did not find expected hexdecimal number");
        }

        var code = uint.Parse(number, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
        _value.Append(Rune.IsValid(code) ? new Rune(code).ToString() : throw Wrong("found invalid Unicode character escape code"));
        cursor.Skip(digits);
    }

    // "|2-": how deep the text stands below its block, and what becomes of the line ends at its end.
    private (int Keep, int Indent) Header()
    {
        var keep = Chomping();
        var indent = 0;
        if (char.IsAsciiDigit(cursor.Peek()))
        {
            indent = cursor.Peek() - '0';
            if (indent == 0)
            {
                throw Wrong("found an indentation indicator equal to 0");
            }

            cursor.Skip();
            keep = keep == 0 ? Chomping() : keep;
        }

        return (keep, indent);
    }

    private int Chomping()
    {
        var keep = cursor.Peek() switch { '+' => 1, '-' => -1, _ => 0 };
        cursor.Skip(Math.Abs(keep));
        return keep;
    }

    // The blank lines before the text, or in it. Without a header's number the deepest of them or the first line of the text says how deep it stands.
    private Mark BlankLines(ref int indent)
    {
        var end = cursor.Mark;
        var deepest = 0;
        while (true)
        {
            while (cursor.Peek() == ' ' && (indent == 0 || cursor.Column < indent))
            {
                cursor.Skip();
            }

            deepest = Math.Max(deepest, cursor.Column);
            if (cursor.Peek() == '\t' && (indent == 0 || cursor.Column < indent))
            {
                throw Wrong("found a tab character where an indentation space is expected");
            }

            if (!YamlCursor.IsBreak(cursor.Peek()))
            {
                break;
            }

            cursor.ReadBreak(_moreBreaks);
            end = cursor.Mark;
        }

        indent = indent > 0 ? indent : Math.Max(deepest, Math.Max(blockIndent + 1, 1));
        return end;
    }
}
