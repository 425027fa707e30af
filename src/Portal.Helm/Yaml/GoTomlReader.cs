using System.Buffers;
using System.Globalization;
using System.Text;
using Portal.Helm.Sprig;
using Portal.Helm.Templating;

namespace Portal.Helm.Yaml;

/// <summary>A text that is not TOML; the message is that of BurntSushi/toml.</summary>
public sealed class TomlException(string message) : Exception(message);

/// <summary>TOML 1.0 as BurntSushi/toml reads it, with its complaints (lex.go, parse.go): "toml: line 2 (last key \"a\"): ...".</summary>
internal sealed class GoTomlReader
{
    private const int MaxDepth = 200;
    private const int Eof = -1;
    private static readonly SearchValues<char> Hex = SearchValues.Create("0123456789abcdefABCDEF");

    private readonly string _text;
    private readonly Dictionary<string, object?> _root = new(StringComparer.Ordinal);

    // Tables that only a deeper header or a dotted key has made so far: their own header may still come.
    private readonly HashSet<object> _implicit = new(ReferenceEqualityComparer.Instance);
    private readonly HashSet<object> _arrays = new(ReferenceEqualityComparer.Instance);
    private readonly HashSet<object> _closed = new(ReferenceEqualityComparer.Instance);
    private int _at;
    private int _textStart;
    private int _depth;
    private string _lastKey = "";

    public GoTomlReader(string text) => _text = text.StartsWith('\uFEFF') ? text[1..] : text;

    /// <exception cref="TomlException">The text is not TOML.</exception>
    public Dictionary<string, object?> Read()
    {
        string[] header = [];
        var table = _root;
        while (true)
        {
            SkipLines();
            switch (Peek())
            {
                case Eof:
                    return _root;
                case '[':
                    var isArray = _at + 1 < _text.Length && _text[_at + 1] == '[';
                    _at += isArray ? 2 : 1;
                    header = HeaderKey();
                    if (isArray && !Take(']'))
                    {
                        throw Error($"expected end of table array name delimiter ']', but got {Shown()} instead");
                    }

                    // What goes wrong with a header is told of the table around it.
                    _lastKey = string.Join('.', header[..^1]);
                    table = isArray ? Append(header) : Enter(header);
                    _lastKey = string.Join('.', header);
                    break;
                default:
                    KeyValue(table, header);
                    _lastKey = string.Join('.', header);
                    break;
            }

            EndOfLine();
        }
    }

    // [a.b."c d"]
    private string[] HeaderKey()
    {
        var parts = new List<string>();
        while (true)
        {
            SkipBlanks();
            switch (Peek())
            {
                case ']' or Eof:
                    throw Error("unexpected end of table name (table names cannot be empty)");
                case '.':
                    throw Error("unexpected table separator (table names cannot be empty)");
            }

            parts.Add(SimpleKey());
            SkipBlanks();
            if (Take('.'))
            {
                continue;
            }

            return Take(']') ? [.. parts] : throw Error($"expected '.' or ']' to end table name, but got {Shown()} instead");
        }
    }

    private void KeyValue(Dictionary<string, object?> table, string[] context)
    {
        var line = Line(_at);
        var parts = new List<string>();
        while (true)
        {
            switch (Peek())
            {
                case '=':
                    throw Error(parts.Count == 0 ? "unexpected '=': key name appears blank" : "unexpected '='");
                case '.':
                    throw Error(parts.Count == 0 ? "unexpected '.': keys cannot start with a '.'" : "unexpected '.'");
            }

            parts.Add(SimpleKey());
            SkipBlanks();
            if (Take('.'))
            {
                SkipBlanks();
                continue;
            }

            if (Take('='))
            {
                break;
            }

            throw Peek() == Eof ? Error("unexpected EOF; expected key separator '='") : Error($"expected '.' or '=', but got {Shown()} instead");
        }

        _lastKey = string.Join('.', context.Concat(parts));
        for (var i = 0; i < parts.Count - 1; i++)
        {
            table = Deeper(table, parts[i], string.Join('.', context.Concat(parts.Take(i + 1))), line);
        }

        SkipBlanks();
        var value = Value();
        if (_closed.Contains(table) || !table.TryAdd(parts[^1], value))
        {
            // A table that only a dotted key has made takes the place of a value without a word, once.
            if (table.GetValueOrDefault(parts[^1]) is { } present && _implicit.Remove(present))
            {
                return;
            }

            throw Error($"Key '{_lastKey}' has already been defined.", line);
        }
    }

    private Dictionary<string, object?> Deeper(Dictionary<string, object?> table, string key, string path, int line)
    {
        if (!table.TryGetValue(key, out var present))
        {
            var made = new Dictionary<string, object?>(StringComparer.Ordinal);
            _implicit.Add(made);
            table[key] = made;
            return made;
        }

        return present is Dictionary<string, object?> next && !_closed.Contains(next) ? next : throw Error($"Key '{path}' has already been defined.", line);
    }

    private Dictionary<string, object?> Enter(string[] header)
    {
        var parent = Parent(header);
        if (!parent.TryGetValue(header[^1], out var present))
        {
            var made = new Dictionary<string, object?>(StringComparer.Ordinal);
            parent[header[^1]] = made;
            return made;
        }

        return present is Dictionary<string, object?> table && _implicit.Remove(table) ? table : throw Error($"Key '{string.Join('.', header)}' has already been defined.", Line(_at));
    }

    private Dictionary<string, object?> Append(string[] header)
    {
        var parent = Parent(header);
        if (!parent.TryGetValue(header[^1], out var present))
        {
            present = new GoTypedList("[]map[string]interface {}", []);
            _arrays.Add(present);
            parent[header[^1]] = present;
        }

        if (present is not GoTypedList list || !_arrays.Contains(list))
        {
            throw Error($"Key '{string.Join('.', header)}' was already created and cannot be used as an array.", Line(_at));
        }

        var made = new Dictionary<string, object?>(StringComparer.Ordinal);
        list.Add(made);
        return made;
    }

    private Dictionary<string, object?> Parent(string[] header)
    {
        var table = _root;
        for (var i = 0; i < header.Length - 1; i++)
        {
            var part = header[i];
            if (!table.TryGetValue(part, out var present))
            {
                var made = new Dictionary<string, object?>(StringComparer.Ordinal);
                _implicit.Add(made);
                table[part] = present = made;
            }

            table = present switch
            {
                Dictionary<string, object?> next when !_closed.Contains(next) => next,
                GoTypedList list when _arrays.Contains(list) => (Dictionary<string, object?>)list[^1]!,
                _ => null!,
            };
            if (table is null)
            {
                _lastKey = "";
                throw Error($"Key '{string.Join('.', header[..(i + 1)])}' was already created as a hash.", Line(_at));
            }
        }

        return table;
    }

    private string SimpleKey()
    {
        switch (Peek())
        {
            case '"' or '\'':
                return (string)Text(multiline: false);
        }

        var start = _at;
        while (_at < _text.Length && (char.IsAsciiLetterOrDigit(_text[_at]) || _text[_at] is '_' or '-'))
        {
            _at++;
        }

        return _at > start ? _text[start.._at] : throw Error(Peek() == Eof ? "unexpected EOF; expected key separator '='" : $"expected '.' or '=', but got {Shown()} instead");
    }

    private object? Value()
    {
        switch (Peek())
        {
            case Eof:
                throw Error("unexpected EOF; expected value");
            case '"' or '\'':
                return Text(multiline: true);
            case '[':
                return Nested(List);
            case '{':
                return Nested(Inline);
            case '.':
                throw Error("floats must start with a digit, not '.'");
        }

        var start = _at;
        if (Peek() is '+' or '-' && _at + 1 < _text.Length && _text[_at + 1] == '.')
        {
            throw Error("floats must start with a digit, not '.'");
        }

        if (Peek() is '+' or '-' && (_at + 1 < _text.Length ? _text[_at + 1] : '\0') is not ('i' or 'n' or '.' or (>= '0' and <= '9')) and var other)
        {
            throw Error($"expected a digit but got {GoFormat.Printf("%q", [(int)other])}");
        }

        while (_at < _text.Length && (char.IsAsciiLetterOrDigit(_text[_at]) || _text[_at] is '+' or '-' or '.' or ':' or '_'))
        {
            _at++;
        }

        // A date and its time may be parted by a blank.
        if (_at - start == 10 && _text[start + 4] == '-' && _at + 2 < _text.Length && _text[_at] == ' ' && char.IsAsciiDigit(_text[_at + 1]) && char.IsAsciiDigit(_text[_at + 2]))
        {
            _at++;
            while (_at < _text.Length && (char.IsAsciiLetterOrDigit(_text[_at]) || _text[_at] is '+' or '-' or '.' or ':'))
            {
                _at++;
            }
        }

        var word = _text[start.._at];
        return word switch
        {
            "" => throw Error($"expected value but found {Shown()} instead"),
            _ when word[0] == '_' => throw Error("expected value but found '_' instead"),
            "true" => true,
            "false" => false,
            "inf" or "+inf" => double.PositiveInfinity,
            "-inf" => double.NegativeInfinity,
            "nan" or "+nan" or "-nan" => double.NaN,
            _ when char.IsAsciiLetter(word[0]) => throw Error($"expected value but found {GoQuote.Quote(word)} instead"),
            _ => Number(word),
        };
    }

    private object Nested(Func<object> read)
    {
        if (++_depth > MaxDepth)
        {
            throw Error($"exceeds maximum array depth of {MaxDepth}");
        }

        var value = read();
        _depth--;
        return value;
    }

    private List<object?> List()
    {
        _at++;
        var list = new List<object?>();
        while (true)
        {
            SkipLines();
            if (Take(']'))
            {
                return list;
            }

            if (Peek() == ',')
            {
                throw Error("unexpected comma");
            }

            list.Add(Value());
            SkipLines();
            if (!Take(',') && Peek() != ']')
            {
                throw Error($"expected a comma (',') or array terminator (']'), but got {ShownOrEof()}");
            }
        }
    }

    private Dictionary<string, object?> Inline()
    {
        _at++;
        var outer = _lastKey;
        var table = new Dictionary<string, object?>(StringComparer.Ordinal);
        SkipLines();
        while (!Take('}'))
        {
            if (Peek() == ',')
            {
                throw Error("unexpected comma");
            }

            KeyValue(table, outer.Length == 0 ? [] : [outer]);
            SkipLines();
            if (!Take(',') && Peek() != '}')
            {
                throw Error($"expected a comma or an inline table terminator '}}', but got {ShownOrEof()} instead");
            }

            SkipLines();
        }

        _lastKey = outer;
        _closed.Add(table);
        return table;
    }

    private object Number(string word)
    {
        var digits = word.TrimStart('+', '-');
        var after = word.AsSpan().IndexOfAnyExceptInRange('0', '9');
        if (after > 0 && word[after] is '-' or ':')
        {
            return Moment(word);
        }

        if (digits.StartsWith('_') || digits.EndsWith('_') || digits.Contains("__", StringComparison.Ordinal))
        {
            throw Error($"Invalid {(digits.AsSpan().IndexOfAny(".eE") >= 0 ? "float" : "integer")} {GoQuote.Quote(word)}: underscores must be surrounded by digits");
        }

        var plain = word.Replace("_", "", StringComparison.Ordinal);
        if (digits.Length > 1 && digits[0] == '0' && digits[1] is 'x' or 'o' or 'b')
        {
            var first = digits.Length > 2 ? digits[2] : '\0';
            if (digits[1] switch { 'x' => !char.IsAsciiHexDigit(first), 'o' => first is < '0' or > '7', _ => first is not ('0' or '1') })
            {
                throw Error($"not {digits[1] switch { 'x' => "a hexadecimal", 'o' => "an octal", _ => "a binary" }} number: '{digits[..2]}{first}'");
            }

            return GoNumber.ParseInteger(plain) is { } based && based >= long.MinValue && based <= long.MaxValue ? (long)based : throw Error($"expected value but found {GoQuote.Quote(word)} instead");
        }

        var isFloat = digits.AsSpan().IndexOfAny(".eE") >= 0;
        if (digits.Length > 1 && digits[0] == '0' && char.IsAsciiDigit(digits[1]))
        {
            throw Error($"Invalid {(isFloat ? "float" : "integer")} {GoQuote.Quote(word)}: cannot have leading zeroes");
        }

        if (!isFloat)
        {
            return long.TryParse(plain, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var integer) ? integer
                : digits.All(c => char.IsAsciiDigit(c) || c == '_') ? throw Error($"{word} is out of range for int64")
                : throw Error($"expected a top-level item to end with a newline, comment, or EOF, but got {GoQuote.Quote(digits.First(c => !char.IsAsciiDigit(c)).ToString()).Replace('"', '\'')} instead");
        }

        var dot = digits.IndexOf('.', StringComparison.Ordinal);
        if (dot >= 0 && (dot + 1 >= digits.Length || !char.IsAsciiDigit(digits[dot + 1])))
        {
            throw Error($"Invalid float {GoQuote.Quote(word)}: '.' must be followed by one or more digits");
        }

        return double.TryParse(plain, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            ? double.IsFinite(number) ? number : throw Error($"{word} is out of range for float64")
            : throw Error($"Invalid float value: {GoQuote.Quote(word)}");
    }

    private GoMoment Moment(string word) => TomlMoments.TryRead(word) ?? throw BadDate(word);

    private TomlException BadDate(string word) => Error($"invalid datetime: {GoQuote.Quote(word)}");

    private string Text(bool multiline)
    {
        var quote = _text[_at];
        var triple = new string(quote, 3);
        var isLong = multiline && string.CompareOrdinal(_text, _at, triple, 0, 3) == 0;
        var end = isLong ? triple : quote.ToString();
        _at += end.Length;
        _textStart = _at;
        if (isLong)
        {
            // A newline right behind the quotes does not count.
            _ = Take('\r');
            _ = Take('\n');
        }

        var result = new StringBuilder();
        while (true)
        {
            if (_at >= _text.Length)
            {
                throw Error($"unexpected EOF; expected {(quote == '"' ? $"'{end}'" : $"\"{end}\"")}");
            }

            if (string.CompareOrdinal(_text, _at, end, 0, end.Length) == 0)
            {
                // Up to two more quotes belong to the text.
                while (isLong && _at + 3 < _text.Length && _text[_at + 3] == quote)
                {
                    result.Append(quote);
                    _at++;
                }

                _at += end.Length;
                return result.ToString();
            }

            var c = _text[_at++];
            CheckByte(_at - 1);
            if (c is '\n' or '\r' && !isLong && (c == '\n' || Peek() == '\n'))
            {
                _at--;
                throw Error("strings cannot contain newlines");
            }

            if (c == '\\' && quote == '"')
            {
                Escape(result, isLong);
            }
            else if (c is < ' ' and not ('\t' or '\n' or '\r') or '\u007F')
            {
                throw Error($"control characters are not allowed inside strings: '0x{(int)c:x2}'");
            }
            else
            {
                result.Append(c);
            }
        }
    }

    private void Escape(StringBuilder result, bool isLong)
    {
        var c = _at < _text.Length ? _text[_at++] : '\0';
        switch (c)
        {
            case 'b': result.Append('\b'); break;
            case 't': result.Append('\t'); break;
            case 'n': result.Append('\n'); break;
            case 'f': result.Append('\f'); break;
            case 'r': result.Append('\r'); break;
            case 'e': result.Append('\u001B'); break;
            case '"': result.Append('"'); break;
            case '\\': result.Append('\\'); break;
            case 'x': Code(result, 2, "two"); break;
            case 'u': Code(result, 4, "four"); break;
            case 'U': Code(result, 8, "eight"); break;
            case ' ' or '\t' or '\n' or '\r' when isLong:
                // A backslash at the end of a line takes the newline and all blanks behind it away.
                while (_at < _text.Length && _text[_at] is ' ' or '\t' or '\n' or '\r')
                {
                    _at++;
                }

                break;
            default:
                throw Error($"invalid escape in string '\\{c}'");
        }
    }

    private void Code(StringBuilder result, int length, string word)
    {
        var digits = _text.AsSpan(_at, Math.Min(length, _text.Length - _at));
        if (digits.Length < length || !int.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code))
        {
            throw Error($"expected {word} hexadecimal digits after '\\{_text[_at - 1]}', but got {GoQuote.Quote(_text[_textStart..Math.Min(_text.Length, _at + HexDigits(digits) + 1)])} instead");
        }

        if (!Rune.IsValid(code))
        {
            throw Error($"Escaped character '\\u{digits}' is not valid UTF-8.");
        }

        result.Append(new Rune(code).ToString());
        _at += length;
    }

    private static int HexDigits(ReadOnlySpan<char> text) => text.IndexOfAnyExcept(Hex) is >= 0 and var end ? end : text.Length;

    // A byte that is no UTF-8, as GoBytes carries it: half a pair without the other half.
    private void CheckByte(int at)
    {
        if (_text[at] is >= '\uDC80' and <= '\uDCFF' && (at == 0 || !char.IsHighSurrogate(_text[at - 1])))
        {
            throw Error($"invalid UTF-8 byte: 0x{_text[at] - 0xDC00:x2}");
        }
    }

    private void EndOfLine()
    {
        SkipBlanks();
        if (Peek() == '#')
        {
            SkipComment();
        }

        _ = Take('\r');
        if (!Take('\n') && Peek() != Eof)
        {
            throw Error($"expected a top-level item to end with a newline, comment, or EOF, but got {Shown()} instead");
        }
    }

    private void SkipLines()
    {
        while (true)
        {
            while (Peek() is ' ' or '\t' or '\r' or '\n')
            {
                _at++;
            }

            if (Peek() != '#')
            {
                return;
            }

            SkipComment();
        }
    }

    private void SkipComment()
    {
        for (; _at < _text.Length && _text[_at] != '\n'; _at++)
        {
            CheckByte(_at);
        }
    }

    private void SkipBlanks()
    {
        while (Peek() is ' ' or '\t')
        {
            _at++;
        }
    }

    private int Peek()
    {
        if (_at >= _text.Length)
        {
            return Eof;
        }

        CheckByte(_at);
        return _text[_at];
    }

    private bool Take(char c)
    {
        if (Peek() != c)
        {
            return false;
        }

        _at++;
        return true;
    }

    private string Shown() => GoFormat.Printf("%q", [_at < _text.Length ? (int)_text[_at] : 0]);

    private string ShownOrEof() => Peek() == Eof ? "end of file" : Shown();

    private int Line(int at) => 1 + _text.AsSpan(0, Math.Min(at, _text.Length)).Count('\n');

    // At the end of the text the line is that of the last character.
    private TomlException Error(string message) => Error(message, _at >= _text.Length && _text.EndsWith('\n') ? Line(_at) - 1 : Line(_at));

    private TomlException Error(string message, int line) =>
        new(string.Create(CultureInfo.InvariantCulture, $"toml: line {line}{(_lastKey.Length > 0 ? $" (last key {GoQuote.Quote(_lastKey)})" : "")}: {message}"));
}
