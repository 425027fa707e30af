using System.Globalization;

namespace Portal.Helm.Templating;

/// <summary>Cuts template text into tokens; trim markers are applied here (pkg.go.dev/text/template#hdr-Text_and_spaces).</summary>
internal sealed class Lexer
{
    private const string LeftDelim = "{{";
    private const string RightDelim = "}}";
    private const int LongestWord = 32;

    private static readonly Dictionary<string, TokenKind> Keywords = new(StringComparer.Ordinal)
    {
        ["."] = TokenKind.Dot, ["block"] = TokenKind.Block, ["break"] = TokenKind.Break, ["continue"] = TokenKind.Continue,
        ["define"] = TokenKind.Define, ["else"] = TokenKind.Else, ["end"] = TokenKind.End, ["if"] = TokenKind.If,
        ["range"] = TokenKind.Range, ["nil"] = TokenKind.Nil, ["template"] = TokenKind.Template, ["with"] = TokenKind.With,
    };

    private readonly string _input;
    private readonly List<Token> _tokens;
    private readonly HashSet<string> _words = new(StringComparer.Ordinal);
    private int _position;
    private int _start;
    private int _line = 1;
    private int _startLine = 1;
    private int _parens;

    private Lexer(string input)
    {
        _input = input;
        // About eight tokens an action.
        _tokens = new List<Token>(1 + (8 * input.AsSpan().Count(LeftDelim)));
    }

    /// <summary>All tokens of a text; the last is Eof or Error.</summary>
    public static List<Token> Tokenize(string input)
    {
        var lexer = new Lexer(input);
        lexer.Run();
        return lexer._tokens;
    }

    private void Run()
    {
        while (LexText())
        {
            if (!LexAction())
            {
                return;
            }
        }
    }

    /// <summary>Text up to the next action. False at the end of the input.</summary>
    private bool LexText()
    {
        var open = _input.IndexOf(LeftDelim, _position, StringComparison.Ordinal);
        if (open < 0)
        {
            Advance(_input.Length);
            if (_position > _start)
            {
                Emit(TokenKind.Text);
            }

            Emit(TokenKind.Eof);
            return false;
        }

        if (open > _position)
        {
            var end = open;
            if (HasLeftTrim(open + LeftDelim.Length))
            {
                while (end > _start && IsSpace(_input[end - 1]))
                {
                    end--;
                }
            }

            Advance(end);
            if (_position > _start)
            {
                Emit(TokenKind.Text);
            }

            Advance(open);
            Ignore();
        }

        return true;
    }

    /// <summary>One action or comment, delimiters included. False after an error.</summary>
    private bool LexAction()
    {
        var trim = HasLeftTrim(_position + LeftDelim.Length);
        var afterMarker = trim ? 2 : 0;
        if (_input.AsSpan(_position + LeftDelim.Length + afterMarker).StartsWith("/*"))
        {
            return LexComment(_position + LeftDelim.Length + afterMarker);
        }

        Advance(_position + LeftDelim.Length);
        Emit(TokenKind.LeftDelim);
        Advance(_position + afterMarker);
        Ignore();
        _parens = 0;
        while (true)
        {
            var (closes, trimRight) = AtRightDelim(_position);
            if (closes)
            {
                if (_parens > 0)
                {
                    return Error("unclosed left paren");
                }

                return CloseAction(trimRight);
            }

            if (_position >= _input.Length)
            {
                return Error("unclosed action");
            }

            if (!LexInside())
            {
                return false;
            }
        }
    }

    private bool CloseAction(bool trimRight)
    {
        if (trimRight)
        {
            Advance(_position + 2);
            Ignore();
        }

        Advance(_position + RightDelim.Length);
        Emit(TokenKind.RightDelim);
        if (trimRight)
        {
            SkipSpace();
        }

        return true;
    }

    private bool LexComment(int at)
    {
        Advance(at);
        Ignore();
        var end = _input.IndexOf("*/", at, StringComparison.Ordinal);
        if (end < 0)
        {
            return Error("unclosed comment");
        }

        Advance(end + 2);
        var (closes, trimRight) = AtRightDelim(_position);
        if (!closes)
        {
            return Error("comment ends before closing delimiter");
        }

        Advance(_position + (trimRight ? 2 : 0) + RightDelim.Length);
        if (trimRight)
        {
            SkipSpace();
        }

        Ignore();
        return true;
    }

    private bool LexInside()
    {
        var c = _input[_position];
        switch (c)
        {
            case ' ' or '\t' or '\r' or '\n':
                return LexSpace();
            case '=':
                return Single(TokenKind.Assign);
            case ':':
                Advance(_position + 1);
                if (_position >= _input.Length || _input[_position] != '=')
                {
                    return Error("expected :=");
                }

                return Single(TokenKind.Declare);
            case '|':
                return Single(TokenKind.Pipe);
            case '"':
                return LexQuote('"', TokenKind.String, "unterminated quoted string");
            case '\'':
                return LexQuote('\'', TokenKind.CharConstant, "unterminated character constant");
            case '`':
                var end = _input.IndexOf('`', _position + 1);
                if (end < 0)
                {
                    return Error("unterminated raw quoted string");
                }

                Advance(end + 1);
                return Emit(TokenKind.RawString);
            case '$':
                Advance(_position + 1);
                return LexNamed(TokenKind.Variable);
            case '.':
                // A dot at the very end is taken for the beginning of a number.
                if (_position + 1 < _input.Length && _input[_position + 1] is < '0' or > '9')
                {
                    Advance(_position + 1);
                    return LexField();
                }

                return LexNumber();
            case '+' or '-' or (>= '0' and <= '9'):
                return LexNumber();
            case '(':
                _parens++;
                return Single(TokenKind.LeftParen);
            case ')':
                if (--_parens < 0)
                {
                    Advance(_position + 1);
                    return Error("unexpected right paren");
                }

                return Single(TokenKind.RightParen);
            default:
                if (IsAlphaNumeric(c))
                {
                    return LexIdentifier();
                }

                if (c is > ' ' and < '\x7f')
                {
                    return Single(TokenKind.Char);
                }

                var rune = char.IsHighSurrogate(c) && _position + 1 < _input.Length ? char.ConvertToUtf32(_input[_position], _input[_position + 1]) : c;
                return Error($"unrecognized character in action: {GoFormat.UnicodeName(rune)}");
        }
    }

    private bool LexSpace()
    {
        while (_position < _input.Length && IsSpace(_input[_position]))
        {
            // A space before the closing trim marker belongs to the marker.
            if (AtRightDelim(_position) is (true, true))
            {
                if (_position == _start)
                {
                    return true;
                }

                break;
            }

            Advance(_position + 1);
        }

        return Emit(TokenKind.Space);
    }

    private bool LexQuote(char quote, TokenKind kind, string unterminated)
    {
        var i = _position + 1;
        while (i < _input.Length && _input[i] != quote)
        {
            if (_input[i] == '\\')
            {
                i++;
                if (i >= _input.Length || _input[i] == '\n')
                {
                    return Error(unterminated);
                }
            }
            else if (_input[i] == '\n')
            {
                return Error(unterminated);
            }

            i++;
        }

        if (i >= _input.Length)
        {
            return Error(unterminated);
        }

        Advance(i + 1);
        return Emit(kind);
    }

    private bool LexIdentifier()
    {
        var i = _position;
        while (i < _input.Length && IsAlphaNumeric(_input[i]))
        {
            i++;
        }

        var word = _input[_position..i];
        Advance(i);
        if (!AtTerminator())
        {
            return Error($"bad character {GoFormat.UnicodeName(RuneHere())}");
        }

        if (Keywords.TryGetValue(word, out var keyword))
        {
            return Emit(keyword);
        }

        return Emit(word is "true" or "false" ? TokenKind.Bool : TokenKind.Identifier);
    }

    /// <summary>After '.': a field, or the dot itself.</summary>
    private bool LexField()
    {
        if (AtTerminator())
        {
            return Emit(TokenKind.Dot);
        }

        return LexNamed(TokenKind.Field);
    }

    private bool LexNamed(TokenKind kind)
    {
        if (kind == TokenKind.Variable && AtTerminator())
        {
            return Emit(TokenKind.Variable);
        }

        var i = _position;
        while (i < _input.Length && IsAlphaNumeric(_input[i]))
        {
            i++;
        }

        Advance(i);
        return AtTerminator() ? Emit(kind) : Error($"bad character {GoFormat.UnicodeName(RuneHere())}");
    }

    private bool LexNumber()
    {
        if (!ScanNumber())
        {
            return Error($"bad number syntax: {GoQuote.Quote(_input[_start.._position])}");
        }

        if (_position < _input.Length && _input[_position] is '+' or '-')
        {
            if (!ScanNumber() || _input[_position - 1] != 'i')
            {
                return Error($"bad number syntax: {GoQuote.Quote(_input[_start.._position])}");
            }

            return Emit(TokenKind.Complex);
        }

        return Emit(TokenKind.Number);
    }

    private bool ScanNumber()
    {
        Accept("+-");
        var digits = "0123456789_";
        if (Accept("0"))
        {
            if (Accept("xX"))
            {
                digits = "0123456789abcdefABCDEF_";
            }
            else if (Accept("oO"))
            {
                digits = "01234567_";
            }
            else if (Accept("bB"))
            {
                digits = "01_";
            }
        }

        AcceptRun(digits);
        if (Accept("."))
        {
            AcceptRun(digits);
        }

        if (digits.Length == 11 && Accept("eE"))
        {
            Accept("+-");
            AcceptRun("0123456789_");
        }

        if (digits.Length == 23 && Accept("pP"))
        {
            Accept("+-");
            AcceptRun("0123456789_");
        }

        Accept("i");
        if (_position < _input.Length && IsAlphaNumeric(_input[_position]))
        {
            Advance(_position + 1);
            return false;
        }

        return true;
    }

    private bool Accept(string set)
    {
        if (_position < _input.Length && set.Contains(_input[_position]))
        {
            _position++;
            return true;
        }

        return false;
    }

    private void AcceptRun(string set)
    {
        while (Accept(set))
        {
        }
    }

    private bool AtTerminator()
    {
        if (_position >= _input.Length)
        {
            return true;
        }

        var c = _input[_position];
        return IsSpace(c) || c is '.' or ',' or '|' or ':' or ')' or '(' || _input.AsSpan(_position).StartsWith(RightDelim);
    }

    private bool HasLeftTrim(int at) => at + 1 < _input.Length && _input[at] == '-' && IsSpace(_input[at + 1]);

    private (bool Closes, bool Trim) AtRightDelim(int at)
    {
        if (at + 3 < _input.Length && IsSpace(_input[at]) && _input[at + 1] == '-' && _input.AsSpan(at + 2).StartsWith(RightDelim))
        {
            return (true, true);
        }

        return (_input.AsSpan(at).StartsWith(RightDelim), false);
    }

    private int RuneHere() =>
        char.IsHighSurrogate(_input[_position]) && _position + 1 < _input.Length ? char.ConvertToUtf32(_input[_position], _input[_position + 1]) : _input[_position];

    private void SkipSpace()
    {
        var i = _position;
        while (i < _input.Length && IsSpace(_input[i]))
        {
            i++;
        }

        Advance(i);
        Ignore();
    }

    private void Advance(int to)
    {
        _line += _input.AsSpan(_position, to - _position).Count('\n');
        _position = to;
    }

    private void Ignore()
    {
        _start = _position;
        _startLine = _line;
    }

    private bool Single(TokenKind kind)
    {
        Advance(_position + 1);
        return Emit(kind);
    }

    private bool Emit(TokenKind kind)
    {
        _tokens.Add(new Token(kind, _start, TextOf(kind), _startLine));
        Ignore();
        return true;
    }

    // A template says the same few words again and again: one string for each.
    private string TextOf(TokenKind kind)
    {
        var text = _input.AsSpan(_start, _position - _start);
        if (kind == TokenKind.Text || text.Length > LongestWord)
        {
            return _input[_start.._position];
        }

        var words = _words.GetAlternateLookup<ReadOnlySpan<char>>();
        if (!words.TryGetValue(text, out var word))
        {
            word = text.ToString();
            _words.Add(word);
        }

        return word;
    }

    private bool Error(string message)
    {
        _tokens.Add(new Token(TokenKind.Error, _start, message, _startLine));
        return false;
    }

    private static bool IsSpace(char c) => c is ' ' or '\t' or '\r' or '\n';

    private static bool IsAlphaNumeric(char c) =>
        c == '_' || char.IsLetterOrDigit(c) || (char.IsSurrogate(c) && char.GetUnicodeCategory(c) is UnicodeCategory.OtherLetter);
}
