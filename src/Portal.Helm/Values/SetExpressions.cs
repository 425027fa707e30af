using System.Globalization;
using System.Text;
using System.Text.Json;
using Portal.Helm.Templating;
using Portal.Helm.Yaml;

namespace Portal.Helm.Values;

/// <summary>
/// Expressions such as <c>a.b[0]=x,c={1,2}</c> set into a table, with the grammar of Helm's pkg/strvals. The table is changed in place, also
/// by the part of an expression before an error: give a copy where that matters.
/// </summary>
public static class SetExpressions
{
    /// <summary>--set: integers, true, false and null are typed, everything else is text.</summary>
    /// <exception cref="SetException">The expression is wrong, or a key on its way is no table or list.</exception>
    public static void Set(string expression, Dictionary<string, object?> values) => new SetParser(expression, Typed).Run(values);

    /// <summary>--set-string: every value is text.</summary>
    /// <exception cref="SetException">The expression is wrong, or a key on its way is no table or list.</exception>
    public static void SetString(string expression, Dictionary<string, object?> values) => new SetParser(expression, text => text).Run(values);

    /// <summary>--set-file: every value is the name of a file; <paramref name="read"/> gives its text.</summary>
    /// <exception cref="SetException">The expression is wrong, or a key on its way is no table or list.</exception>
    public static void SetFile(string expression, Dictionary<string, object?> values, Func<string, string> read) => new SetParser(expression, read).Run(values);

    /// <summary>--set-json: every value is JSON; an empty one is null.</summary>
    /// <exception cref="SetException">The expression or its JSON is wrong, or a key on its way is no table or list.</exception>
    public static void SetJson(string expression, Dictionary<string, object?> values) => new SetParser(expression, read: null).Run(values);

    /// <summary>--set-literal: all behind the first equals sign is the text.</summary>
    /// <exception cref="SetException">The expression is wrong, or a key on its way is no table or list.</exception>
    public static void SetLiteral(string expression, Dictionary<string, object?> values) => new SetParser(expression, text => text, literal: true).Run(values);

    private static object? Typed(string text)
    {
        if (text.Equals("true", StringComparison.OrdinalIgnoreCase))
        {
            return true;
        }

        if (text.Equals("false", StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        if (text.Equals("null", StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        // 0 is a number, 007 is not.
        return text == "0" || (text.Length > 0 && text[0] != '0') ? long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : text : text;
    }
}

/// <summary>One pass over one expression. A method that returns true has met the end of the text where Helm's parser quietly stops.</summary>
internal sealed class SetParser(string text, Func<string, object?>? read, bool literal = false)
{
    private const int MaxIndex = 65536;
    private const int MaxLevel = 30;
    private readonly string _keyStops = literal ? "=[." : "=[,.";
    private int _at;

    public void Run(Dictionary<string, object?> values)
    {
        while (!Key(values, 0))
        {
        }
    }

    private bool Key(Dictionary<string, object?> table, int level)
    {
        var key = Until(_keyStops, out var stop);
        switch (stop)
        {
            case null:
                return key.Length == 0 ? true : throw new SetException($"key {GoQuote.Quote(key)} has no value");
            case '[':
                if (Index() is not { } index)
                {
                    return true;
                }

                var list = table.TryGetValue(key, out var present) ? As<List<object?>>(present, "[]interface {}") : [];
                var ended = Item(ref list, index, level);
                Put(table, key, list);
                return ended;
            case '=':
                var value = Value(out var empty);
                Put(table, key, value);
                return empty;
            case ',':
                throw new SetException($"key {GoQuote.Quote(key)} has no value (cannot end with ,)");
            default:
                return Nested(table, key, level + 1);
        }
    }

    private bool Nested(Dictionary<string, object?> table, string key, int level)
    {
        if (level > MaxLevel)
        {
            throw new SetException($"value name nested level is greater than maximum supported nested level of {MaxLevel}");
        }

        var inner = table.TryGetValue(key, out var present) ? As<Dictionary<string, object?>>(present, "map[string]interface {}") : new Dictionary<string, object?>(StringComparer.Ordinal);
        var ended = Key(inner, level);
        if (!ended && inner.Count == 0)
        {
            throw new SetException($"key map {GoQuote.Quote(key)} has no value");
        }

        if (inner.Count > 0)
        {
            Put(table, key, inner);
        }

        return ended;
    }

    // What follows the closing bracket of an index.
    private bool Item(ref List<object?> list, int index, int level)
    {
        if (index < 0)
        {
            throw new SetException($"negative {index} index not allowed");
        }

        var rest = Until("[.=", out var stop);
        if (rest.Length > 0)
        {
            throw new SetException($"unexpected data at end of array index: [{string.Join(' ', rest.EnumerateRunes().Select(r => GoQuote.QuoteRune(r.Value)))}]");
        }

        switch (stop)
        {
            case null:
                return true;
            case '=':
                Put(ref list, index, Value(out _));
                return false;
            case '[':
                if (Index() is not { } next)
                {
                    return true;
                }

                var below = index < list.Count && list[index] is { } existing ? As<List<object?>>(existing, "[]interface {}") : [];
                if (Item(ref below, next, level))
                {
                    return true;
                }

                Put(ref list, index, below);
                return false;
            default:
                var inner = index < list.Count ? list[index] as Dictionary<string, object?> : null;
                if (inner is null)
                {
                    inner = new Dictionary<string, object?>(StringComparer.Ordinal);
                    if (index < list.Count)
                    {
                        list[index] = inner;
                    }
                }

                if (Key(inner, level))
                {
                    return true;
                }

                Put(ref list, index, inner);
                return false;
        }
    }

    private object? Value(out bool ended)
    {
        ended = false;
        if (literal)
        {
            var all = text[_at..];
            _at = text.Length;
            return all;
        }

        if (read is null)
        {
            return Json();
        }

        if (_at >= text.Length)
        {
            ended = true;
            return "";
        }

        return text[_at] == '{' ? List(read) : read(Until(",", out _));
    }

    private List<object?> List(Func<string, object?> convert)
    {
        _at++;
        var list = new List<object?>();
        while (true)
        {
            var item = Until(",}", out var stop);
            if (stop is null)
            {
                throw new SetException("list must terminate with '}'");
            }

            list.Add(convert(item));
            if (stop == '}')
            {
                if (_at < text.Length && text[_at] == ',')
                {
                    _at++;
                }

                return list;
            }
        }
    }

    private object? Json()
    {
        if (SkipToValue())
        {
            return null;
        }

        var bytes = Encoding.UTF8.GetBytes(text[_at..]);
        var reader = new Utf8JsonReader(bytes, new JsonReaderOptions { AllowMultipleValues = true, MaxDepth = 1000 });
        try
        {
            using var document = JsonDocument.ParseValue(ref reader);
            _at += Encoding.UTF8.GetCharCount(bytes, 0, (int)reader.BytesConsumed);
            SkipToValue();
            return GoJson.FromElement(document.RootElement);
        }
        catch (JsonException error)
        {
            throw new SetException(JsonProblem(text[_at..], error), error);
        }
    }

    private static string JsonProblem(string json, JsonException error)
    {
        var at = error.LineNumber is 0 or null ? (int)(error.BytePositionInLine ?? 0) : json.Length;
        if (at >= json.Length || json[at..].Trim() == ",")
        {
            return "unexpected EOF";
        }

        var where = json[..at].TrimEnd().EndsWith('{') ? "object key string" : "value";
        return $"invalid character {GoQuote.QuoteRune(json[at])} looking for beginning of {where}";
    }

    // Blanks and one comma belong to the value before; true = there is no value here.
    private bool SkipToValue()
    {
        while (_at < text.Length)
        {
            if (text[_at] == ',')
            {
                _at++;
                return true;
            }

            if (!char.IsWhiteSpace(text[_at]))
            {
                return false;
            }

            _at++;
        }

        return true;
    }

    // Null where the text ends inside the brackets: Helm 4 stops there without a word.
    private int? Index()
    {
        var number = Until("]", out var stop);
        if (stop is null)
        {
            return null;
        }

        var digits = number.TrimStart('+', '-');
        if (digits.Length == 0 || number.Length - digits.Length > 1 || !digits.All(char.IsAsciiDigit))
        {
            throw new SetException($"error parsing index: strconv.Atoi: parsing {GoQuote.Quote(number)}: invalid syntax");
        }

        return long.TryParse(number, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var index)
            ? (int)Math.Clamp(index, int.MinValue, int.MaxValue)
            : throw new SetException($"error parsing index: strconv.Atoi: parsing {GoQuote.Quote(number)}: value out of range");
    }

    // A backslash takes the next character as it is; a literal knows no escapes.
    private string Until(string stops, out char? stop)
    {
        var result = new StringBuilder();
        stop = null;
        while (_at < text.Length)
        {
            var c = text[_at++];
            if (stops.Contains(c, StringComparison.Ordinal))
            {
                stop = c;
                break;
            }

            if (c == '\\' && !literal)
            {
                if (_at == text.Length)
                {
                    break;
                }

                c = text[_at++];
            }

            result.Append(c);
        }

        return result.ToString();
    }

    private static void Put(Dictionary<string, object?> table, string key, object? value)
    {
        if (key.Length > 0)
        {
            table[key] = value;
        }
    }

    private static void Put(ref List<object?> list, int index, object? value)
    {
        if (index > MaxIndex)
        {
            throw new SetException($"index of {index} is greater than maximum supported index of {MaxIndex}");
        }

        while (list.Count <= index)
        {
            list.Add(null);
        }

        list[index] = value;
    }

    private static T As<T>(object? value, string wanted) where T : class => value as T
        ?? throw new SetException($"unable to parse key: interface conversion: interface {{}} is {(value is null ? "nil" : GoValue.TypeName(value))}, not {wanted}");
}
