using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Portal.Sandbox.Json;

/// <summary>Reads, writes, copies and compares JSON trees.</summary>
internal static class JsonTree
{
    private static readonly JsonWriterOptions _writing = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    /// <summary>Parses JSON text; a key that comes twice is reported and its last value counts.</summary>
    /// <exception cref="JsonException">The text is not JSON.</exception>
    public static object? Parse(ReadOnlySpan<byte> utf8, Action<string>? duplicate = null)
    {
        var reader = new Utf8JsonReader(utf8, new JsonReaderOptions { MaxDepth = 512 });
        if (!reader.Read())
        {
            throw new JsonException("unexpected end of JSON input");
        }

        var value = Read(ref reader, "", duplicate);
        if (reader.Read())
        {
            throw new JsonException("invalid character after top-level value");
        }

        return value;
    }

    public static object? Parse(string text) => Parse(Encoding.UTF8.GetBytes(text));

    private static object? Read(ref Utf8JsonReader reader, string path, Action<string>? duplicate)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.String:
                return reader.GetString();
            case JsonTokenType.True:
                return true;
            case JsonTokenType.False:
                return false;
            case JsonTokenType.Null:
                return null;
            case JsonTokenType.Number:
                return reader.TryGetInt64(out var number) ? (object)number : reader.GetDouble();
            case JsonTokenType.StartArray:
                var list = new List<object?>();
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                {
                    list.Add(Read(ref reader, duplicate is null ? "" : $"{path}[{list.Count}]", duplicate));
                }

                return list;
            case JsonTokenType.StartObject:
                var map = new JsonMap();
                while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
                {
                    var key = reader.GetString()!;
                    var here = duplicate is null ? "" : path.Length == 0 ? key : $"{path}.{key}";
                    reader.Read();
                    if (map.ContainsKey(key))
                    {
                        duplicate?.Invoke(here);
                    }

                    map[key] = Read(ref reader, here, duplicate);
                }

                return map;
            default:
                throw new JsonException($"unexpected {reader.TokenType}");
        }
    }

    public static byte[] Bytes(object? value)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        Write(buffer, value);
        return buffer.WrittenSpan.ToArray();
    }

    public static string Text(object? value) => Encoding.UTF8.GetString(Bytes(value));

    public static void Write(IBufferWriter<byte> buffer, object? value)
    {
        using var writer = new Utf8JsonWriter(buffer, _writing);
        Write(writer, value);
    }

    public static void Write(Utf8JsonWriter writer, object? value)
    {
        switch (value)
        {
            case null: writer.WriteNullValue(); break;
            case string text: writer.WriteStringValue(text); break;
            case bool flag: writer.WriteBooleanValue(flag); break;
            case long number: writer.WriteNumberValue(number); break;
            case int number: writer.WriteNumberValue(number); break;
            case double number: writer.WriteNumberValue(number); break;
            case JsonMap map:
                writer.WriteStartObject();
                foreach (var (key, child) in map)
                {
                    writer.WritePropertyName(key);
                    Write(writer, child);
                }

                writer.WriteEndObject();
                break;
            case List<object?> list:
                writer.WriteStartArray();
                foreach (var child in list)
                {
                    Write(writer, child);
                }

                writer.WriteEndArray();
                break;
            default:
                throw new InvalidOperationException($"{value.GetType()} is not a JSON value");
        }
    }

    public static object? Clone(object? value) => value switch
    {
        JsonMap map => Clone(map),
        List<object?> list => list.ConvertAll(Clone),
        int number => (long)number,
        _ => value,
    };

    public static JsonMap Clone(JsonMap map)
    {
        var copy = new JsonMap(map.Count);
        foreach (var (key, child) in map)
        {
            copy[key] = Clone(child);
        }

        return copy;
    }

    /// <summary>The same tree with the keys of each map in order, as Go writes maps.</summary>
    public static object? Sorted(object? value)
    {
        switch (value)
        {
            case JsonMap map:
                var sorted = new JsonMap(map.Count);
                foreach (var (key, child) in map.OrderBy(p => p.Key, StringComparer.Ordinal))
                {
                    sorted[key] = Sorted(child);
                }

                return sorted;
            case List<object?> list:
                return list.ConvertAll(Sorted);
            default:
                return value;
        }
    }

    public static bool Equal(object? a, object? b)
    {
        switch (a, b)
        {
            case (JsonMap x, JsonMap y):
                if (x.Count != y.Count)
                {
                    return false;
                }

                foreach (var (key, child) in x)
                {
                    if (!y.TryGetValue(key, out var other) || !Equal(child, other))
                    {
                        return false;
                    }
                }

                return true;
            case (List<object?> x, List<object?> y):
                if (x.Count != y.Count)
                {
                    return false;
                }

                for (var i = 0; i < x.Count; i++)
                {
                    if (!Equal(x[i], y[i]))
                    {
                        return false;
                    }
                }

                return true;
            case (long x, double y):
                return x == y;
            case (double x, long y):
                return x == y;
            default:
                return Equals(a, b);
        }
    }

    /// <summary>A scalar as Go's %v prints it.</summary>
    public static string Print(object? value) => value switch
    {
        null => "null",
        string text => text,
        bool flag => flag ? "true" : "false",
        long number => number.ToString(CultureInfo.InvariantCulture),
        double number => number.ToString("R", CultureInfo.InvariantCulture),
        _ => Text(value),
    };

    public static List<object?> ListOf(params ReadOnlySpan<object?> items)
    {
        var list = new List<object?>(items.Length);
        foreach (var item in items)
        {
            list.Add(item);
        }

        return list;
    }
}
