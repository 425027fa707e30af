using System.Buffers;
using System.Collections;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Portal.Helm.Templating;

namespace Portal.Helm.Yaml;

/// <summary>JSON as encoding/json reads and writes it: keys sorted, &lt; &gt; &amp; escaped, numbers as doubles.</summary>
public static class GoJson
{
    // What stands for itself: everything printable in ASCII but what JSON or HTML gives a meaning.
    private static readonly SearchValues<char> Plain = SearchValues.Create([.. Enumerable.Range(0x20, 0x7F - 0x20).Select(c => (char)c).Except("\"\\<>&")]);

    /// <summary>The value of a JSON text.</summary>
    /// <exception cref="JsonException">The text is not JSON; the message is Go's.</exception>
    public static object? Read(string text) => ReadAll(text) switch
    {
        (var value, null) => value,
        (_, var error) => throw error,
    };

    /// <summary>The value of a JSON text, and an error where a number is too large: null then stands for it.</summary>
    /// <exception cref="JsonException">The text is not JSON; the message is Go's.</exception>
    internal static (object? Value, JsonException? Error) ReadAll(string text)
    {
        var reader = new GoJsonReader(text);
        return (reader.Read(), reader.OutOfRange);
    }

    /// <summary>What encoding/json calls the kind of a decoded value in its errors.</summary>
    internal static string KindName(object? value) => value switch
    {
        string => "string",
        bool => "bool",
        IDictionary => "object",
        IList => "array",
        _ => "number",
    };

    /// <summary>The value of a parsed element.</summary>
    public static object? FromElement(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => element.EnumerateObject().Aggregate(
            new Dictionary<string, object?>(StringComparer.Ordinal),
            (table, property) =>
            {
                table[property.Name] = FromElement(property.Value);
                return table;
            }),
        JsonValueKind.Array => element.EnumerateArray().Select(FromElement).ToList(),
        JsonValueKind.String => element.GetString(),
        JsonValueKind.Number => element.GetDouble(),
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => null,
    };

    /// <summary>The value of a parsed node.</summary>
    public static object? FromNode(JsonNode? node) => node switch
    {
        null => null,
        JsonObject table => table.ToDictionary(p => p.Key, p => FromNode(p.Value), StringComparer.Ordinal),
        JsonArray list => list.Select(FromNode).ToList(),
        _ => node.GetValueKind() switch
        {
            JsonValueKind.String => node.GetValue<string>(),
            JsonValueKind.Number => double.Parse(node.ToJsonString(), CultureInfo.InvariantCulture),
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            _ => null,
        },
    };

    /// <summary>The JSON text of a value. <paramref name="indent"/> is Go's MarshalIndent with two blanks.</summary>
    public static string Write(object? value, bool indent = false, bool escapeHtml = true)
    {
        var result = BoundedText.New();
        Node(result, value, indent ? 0 : -1, escapeHtml);
        return result.ToString();
    }

    // Apart from the tables and lists, so that these need less of the stack.
    private static void Other(StringBuilder result, object value, bool escapeHtml)
    {
        switch (value)
        {
            case Sprig.GoMoment time: Text(result, Moment(time), escapeHtml); break;
            case Sprig.GoDuration or Sprig.GoWord when GoValue.TryInt(value, out var number): result.Append(number.ToString(CultureInfo.InvariantCulture)); break;
            case Sprig.GoLocation: result.Append("{}"); break;
            case var _ when GoValue.IsInteger(value): result.Append(Convert.ToString(value, CultureInfo.InvariantCulture)); break;
            default: Text(result, value.ToString() ?? "", escapeHtml); break;
        }
    }

    /// <summary>A time as encoding/json writes it.</summary>
    /// <exception cref="FunctionException">It cannot; in its words.</exception>
    internal static string Moment(Sprig.GoMoment time)
    {
        try
        {
            return time.Json("MarshalJSON");
        }
        catch (FunctionException error)
        {
            throw new FunctionException($"json: error calling MarshalJSON for type time.Time: {error.Message}", error);
        }
    }

    private static void Node(StringBuilder result, object? value, int depth, bool escapeHtml)
    {
        Nesting.Check();
        switch (value)
        {
            case null or GoNilList or GoNilTexts: result.Append("null"); return;
            case string s: Text(result, s, escapeHtml); return;
            case bool b: result.Append(b ? "true" : "false"); return;
            case double or float: result.Append(Number(Convert.ToDouble(value, CultureInfo.InvariantCulture))); return;
            case byte[] bytes: Text(result, Convert.ToBase64String(bytes), escapeHtml); return;
            case IGoStruct structure:
                // In the order in which Go declares them; only maps are sorted.
                var fields = structure.Fields.ToArray();
                Items(result, '{', '}', fields.Length, depth, i => Member(result, fields[i].Key, fields[i].Value, depth, escapeHtml));
                return;
            case IDictionary map:
                var keys = new string[map.Count];
                map.Keys.CopyTo(keys, 0);
                Array.Sort(keys, GoBytes.Compare);
                Items(result, '{', '}', keys.Length, depth, i => Member(result, keys[i], map[keys[i]], depth, escapeHtml));
                return;
            case IList list:
                Items(result, '[', ']', list.Count, depth, i => Node(result, list[i], depth >= 0 ? depth + 1 : -1, escapeHtml));
                return;
            default:
                Other(result, value, escapeHtml);
                return;
        }
    }

    private static void Member(StringBuilder result, string key, object? value, int depth, bool escapeHtml)
    {
        Text(result, key, escapeHtml);
        result.Append(depth >= 0 ? ": " : ":");
        Node(result, value, depth >= 0 ? depth + 1 : -1, escapeHtml);
    }

    private static void Items(StringBuilder result, char open, char close, int count, int depth, Action<int> item)
    {
        result.Append(open);
        for (var i = 0; i < count; i++)
        {
            if (i > 0)
            {
                result.Append(',');
            }

            if (depth >= 0)
            {
                result.Append('\n').Append(' ', (depth + 1) * 2);
            }

            item(i);
        }

        if (depth >= 0 && count > 0)
        {
            result.Append('\n').Append(' ', depth * 2);
        }

        result.Append(close);
    }

    /// <summary>A float as encoding/json writes it.</summary>
    public static string Number(double value)
    {
        if (!double.IsFinite(value))
        {
            throw new FunctionException($"json: unsupported value: {GoNumber.Shortest(value)}");
        }

        var magnitude = Math.Abs(value);
        if (magnitude != 0 && (magnitude < 1e-6 || magnitude >= 1e21))
        {
            var text = GoNumber.Shortest(value, 'e');
            // e-09 becomes e-9
            return text.Length >= 4 && text[^4] == 'e' && text[^3] == '-' && text[^2] == '0' ? text[..^2] + text[^1] : text;
        }

        return GoNumber.Shortest(value, 'f');
    }

    private static void Text(StringBuilder result, string text, bool escapeHtml)
    {
        result.Append('"');
        if (!text.AsSpan().ContainsAnyExcept(Plain))
        {
            result.Append(text).Append('"');
            return;
        }

        foreach (var rune in GoBytes.Runes(text))
        {
            switch (rune)
            {
                case '"': result.Append("\\\""); break;
                case '\\': result.Append("\\\\"); break;
                case '\n': result.Append("\\n"); break;
                case '\r': result.Append("\\r"); break;
                case '\t': result.Append("\\t"); break;
                case '\b': result.Append("\\b"); break;
                case '\f': result.Append("\\f"); break;
                case < 0x20 or 0x2028 or 0x2029: result.Append("\\u").Append(rune.ToString("x4", CultureInfo.InvariantCulture)); break;
                case '<' or '>' or '&' when escapeHtml: result.Append("\\u00").Append(rune.ToString("x2", CultureInfo.InvariantCulture)); break;
                case >= 0xD800 and <= 0xDFFF: result.Append("\\ufffd"); break;
                case < 0x10000: result.Append((char)rune); break;
                default: result.Append(char.ConvertFromUtf32(rune)); break;
            }
        }

        result.Append('"');
    }
}
