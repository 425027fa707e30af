using System.Globalization;
using System.Text;
using System.Text.Json;
using Portal.Helm.Templating;

namespace Portal.Helm.Yaml;

/// <summary>encoding/json's grammar and its words for what is wrong: fromJson and mustFromJson show them.</summary>
internal sealed class GoJsonReader(string text)
{
    private const int MaxDepth = 10000;
    private const int StackDepth = 1000;
    private int _at;
    private int _depth;

    /// <summary>The first number that float64 cannot hold, in Go's words: null stands in its place, and the text is read on.</summary>
    public JsonException? OutOfRange { get; private set; }

    public object? Read()
    {
        var value = Value();
        SkipSpace();
        return _at < text.Length ? throw Invalid("after top-level value") : value;
    }

    private object? Value()
    {
        SkipSpace();
        if (_at >= text.Length)
        {
            throw End();
        }

        switch (text[_at])
        {
            case '{': return Nested(Object);
            case '[': return Nested(Array);
            case '"': return String();
            case 't': return Literal("true", true);
            case 'f': return Literal("false", false);
            case 'n': return Literal("null", null);
            case '-' or (>= '0' and <= '9'): return Number();
            default: throw Invalid("looking for beginning of value");
        }
    }

    private object Nested(Func<object> read)
    {
        if (++_depth > Math.Min(MaxDepth, StackDepth))
        {
            throw new JsonException("exceeded max depth");
        }

        _at++;
        var value = read();
        _depth--;
        return value;
    }

    private object Object()
    {
        var table = new Dictionary<string, object?>(StringComparer.Ordinal);
        SkipSpace();
        if (Take('}'))
        {
            return table;
        }

        while (true)
        {
            SkipSpace();
            if (_at >= text.Length)
            {
                throw End();
            }

            if (text[_at] != '"')
            {
                throw Invalid("looking for beginning of object key string");
            }

            var key = String();
            SkipSpace();
            Require(':', "after object key");
            table[key] = Value();
            SkipSpace();
            if (Take('}'))
            {
                return table;
            }

            Require(',', "after object key:value pair");
        }
    }

    private object Array()
    {
        var list = new List<object?>();
        SkipSpace();
        if (Take(']'))
        {
            return list;
        }

        while (true)
        {
            list.Add(Value());
            SkipSpace();
            if (Take(']'))
            {
                return list;
            }

            Require(',', "after array element");
        }
    }

    private string String()
    {
        var result = new StringBuilder();
        for (_at++; _at < text.Length; _at++)
        {
            var c = text[_at];
            switch (c)
            {
                case '"':
                    _at++;
                    return result.ToString();
                case < ' ':
                    throw Invalid("in string literal");
                case '\\':
                    Escape(result);
                    break;
                default:
                    result.Append(c);
                    break;
            }
        }

        throw End();
    }

    private void Escape(StringBuilder result)
    {
        _at++;
        switch (Here("in string escape code"))
        {
            case 'b': result.Append('\b'); break;
            case 'f': result.Append('\f'); break;
            case 'n': result.Append('\n'); break;
            case 'r': result.Append('\r'); break;
            case 't': result.Append('\t'); break;
            case '"' or '\\' or '/': result.Append(text[_at]); break;
            case 'u': result.Append(Unicode()); break;
            default: throw Invalid("in string escape code");
        }
    }

    // A surrogate without its partner becomes U+FFFD.
    private string Unicode()
    {
        var first = Hex();
        if (!char.IsSurrogate(first))
        {
            return first.ToString();
        }

        if (char.IsHighSurrogate(first) && _at + 6 < text.Length && text[_at + 1] == '\\' && text[_at + 2] == 'u')
        {
            var mark = _at;
            _at += 2;
            var second = Hex();
            if (char.IsLowSurrogate(second))
            {
                return new string([first, second]);
            }

            _at = mark;
        }

        return "\uFFFD";
    }

    private char Hex()
    {
        var value = 0;
        for (var i = 0; i < 4; i++)
        {
            _at++;
            if (!char.IsAsciiHexDigit(Here("in \\u hexadecimal character escape")))
            {
                throw Invalid("in \\u hexadecimal character escape");
            }

            value = (value << 4) | Convert.ToInt32(text[_at].ToString(), 16);
        }

        return (char)value;
    }

    private object? Number()
    {
        var start = _at;
        Take('-');
        if (!Take('0'))
        {
            Digits("in numeric literal");
        }

        if (Take('.'))
        {
            Digits("after decimal point in numeric literal");
        }

        if (Take('e') || Take('E'))
        {
            if (!Take('+'))
            {
                Take('-');
            }

            Digits("in exponent of numeric literal");
        }

        var number = double.Parse(text.AsSpan(start, _at - start), NumberStyles.Float, CultureInfo.InvariantCulture);
        if (double.IsFinite(number))
        {
            return number;
        }

        OutOfRange ??= new JsonException($"json: cannot unmarshal number {text[start.._at]} into Go value of type float64");
        return null;
    }

    private void Digits(string where)
    {
        if (!char.IsAsciiDigit(Here(where)))
        {
            throw Invalid(where);
        }

        while (_at < text.Length && char.IsAsciiDigit(text[_at]))
        {
            _at++;
        }
    }

    private object? Literal(string word, object? value)
    {
        for (var i = 0; i < word.Length; i++, _at++)
        {
            var where = $"in literal {word} (expecting '{word[i]}')";
            if (Here(where) != word[i])
            {
                throw Invalid(where);
            }
        }

        return value;
    }

    private bool Take(char c)
    {
        if (_at >= text.Length || text[_at] != c)
        {
            return false;
        }

        _at++;
        return true;
    }

    private void Require(char c, string where)
    {
        if (_at >= text.Length)
        {
            throw End();
        }

        if (!Take(c))
        {
            throw Invalid(where);
        }
    }

    private void SkipSpace()
    {
        while (_at < text.Length && text[_at] is ' ' or '\t' or '\r' or '\n')
        {
            _at++;
        }
    }

    // At its end Go's scanner is given one blank: what may not stand there is what is wrong (scanner.eof).
    private char Here(string where) => _at < text.Length ? text[_at] : throw new JsonException($"invalid character ' ' {where}");

    private static JsonException End() => new("unexpected end of JSON input");

    private JsonException Invalid(string where)
    {
        var c = text[_at];
        var quoted = c switch
        {
            '\'' => "'\\''",
            '"' => "'\"'",
            // Go looks at bytes: of a longer character it names the first.
            _ => "'" + GoQuote.Quote(((char)GoBytes.ToBytes(text.AsSpan(_at, char.IsHighSurrogate(c) && _at + 1 < text.Length ? 2 : 1).ToString())[0]).ToString())[1..^1] + "'",
        };
        return new JsonException($"invalid character {quoted} {where}");
    }
}
