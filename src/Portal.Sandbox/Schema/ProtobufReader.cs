using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Portal.Sandbox.Json;

namespace Portal.Sandbox.Schema;

/// <summary>
/// Reads Kubernetes' protobuf envelope: the bytes <c>k8s\0</c>, then runtime.Unknown with the type and the encoded object.
/// </summary>
internal static class ProtobufReader
{
    private static ReadOnlySpan<byte> Magic => "k8s\0"u8;

    /// <summary>Reads the envelope.</summary>
    /// <returns>The apiVersion, the kind and the raw object.</returns>
    /// <exception cref="InvalidDataException">The bytes are not an envelope.</exception>
    public static (string ApiVersion, string Kind, byte[] Raw) ReadEnvelope(ReadOnlySpan<byte> data)
    {
        if (!data.StartsWith(Magic))
        {
            throw new InvalidDataException("provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]");
        }

        string apiVersion = "", kind = "";
        byte[] raw = [];
        foreach (var (number, _, bytes) in Fields(data[Magic.Length..]))
        {
            if (number == 1)
            {
                foreach (var (n, _, text) in Fields(bytes))
                {
                    (apiVersion, kind) = n == 1 ? (Encoding.UTF8.GetString(text), kind) : (apiVersion, Encoding.UTF8.GetString(text));
                }
            }
            else if (number == 2)
            {
                raw = bytes;
            }
        }

        return (apiVersion, kind, raw);
    }

    /// <summary>Reads a message of a known type as JSON.</summary>
    /// <exception cref="InvalidDataException">The bytes are not such a message.</exception>
    public static JsonMap ReadMessage(ReadOnlySpan<byte> data, Shape shape)
    {
        var result = new JsonMap();
        foreach (var (number, integer, bytes) in Fields(data))
        {
            if (!shape.Numbers.TryGetValue(number, out var field))
            {
                continue;
            }

            if (field.Inline)
            {
                foreach (var (key, value) in ReadMessage(bytes, field.Shape))
                {
                    result[key] = value;
                }
            }
            else if (field.Shape.Kind == ShapeKind.List)
            {
                if (!result.TryGetValue(field.Name, out var list))
                {
                    list = new List<object?>();
                    result[field.Name] = list;
                }

                ((List<object?>)list!).Add(ReadValue(integer, bytes, field.Shape.Element!));
            }
            else if (field.Shape.Kind == ShapeKind.Map)
            {
                var entry = Fields(bytes).ToDictionary(f => f.Number);
                var key = entry.TryGetValue(1, out var k) ? Encoding.UTF8.GetString(k.Bytes) : "";
                result.Ensure(field.Name)[key] = entry.TryGetValue(2, out var v) ? ReadValue(v.Integer, v.Bytes, field.Shape.Element!) : ReadValue(0, [], field.Shape.Element!);
            }
            else
            {
                result[field.Name] = ReadValue(integer, bytes, field.Shape);
            }
        }

        return result;
    }

    private static object? ReadValue(long integer, byte[] bytes, Shape shape)
    {
        switch (shape.Kind)
        {
            case ShapeKind.Text:
                return Encoding.UTF8.GetString(bytes);
            case ShapeKind.Bytes:
                return Convert.ToBase64String(bytes);
            case ShapeKind.Integer:
                return integer;
            case ShapeKind.Boolean:
                return integer != 0;
            case ShapeKind.Float:
                return BitConverter.Int64BitsToDouble(integer);
            case ShapeKind.Quantity:
                return Fields(bytes).Where(f => f.Number == 1).Select(f => Encoding.UTF8.GetString(f.Bytes)).FirstOrDefault("0");
            case ShapeKind.IntOrString:
                var parts = Fields(bytes).ToDictionary(f => f.Number);
                return parts.TryGetValue(1, out var kind) && kind.Integer == 1
                    ? Encoding.UTF8.GetString(parts.TryGetValue(3, out var text) ? text.Bytes : [])
                    : parts.TryGetValue(2, out var whole) ? whole.Integer : 0L;
            case ShapeKind.Time or ShapeKind.MicroTime:
                var fields = Fields(bytes).ToDictionary(f => f.Number);
                if (!fields.TryGetValue(1, out var seconds))
                {
                    return null;
                }

                var time = DateTimeOffset.FromUnixTimeSeconds(seconds.Integer).AddTicks(fields.TryGetValue(2, out var nanos) ? nanos.Integer / 100 : 0);
                return time.ToString(shape.Kind == ShapeKind.Time ? "yyyy-MM-dd'T'HH:mm:ss'Z'" : "yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);
            case ShapeKind.Any:
                // JSON, RawExtension and FieldsV1 hold JSON text in field 1.
                var json = Fields(bytes).Where(f => f.Number == 1).Select(f => f.Bytes).FirstOrDefault([]);
                try
                {
                    return json.Length == 0 ? null : JsonTree.Parse(json);
                }
                catch (System.Text.Json.JsonException x)
                {
                    throw new InvalidDataException("a message whose type types.schema does not describe", x);
                }

            default:
                return ReadMessage(bytes, shape);
        }
    }

    private static List<(int Number, long Integer, byte[] Bytes)> Fields(ReadOnlySpan<byte> data)
    {
        var fields = new List<(int, long, byte[])>();
        while (data.Length > 0)
        {
            var tag = Varint(ref data);
            var number = (int)(tag >> 3);
            switch (tag & 7)
            {
                case 0:
                    fields.Add((number, (long)Varint(ref data), []));
                    break;
                case 1:
                    fields.Add((number, BinaryPrimitives.ReadInt64LittleEndian(Take(ref data, 8)), []));
                    break;
                case 2:
                    var length = Varint(ref data);
                    fields.Add((number, 0, Take(ref data, length > int.MaxValue ? int.MaxValue : (int)length).ToArray()));
                    break;
                case 5:
                    fields.Add((number, BinaryPrimitives.ReadInt32LittleEndian(Take(ref data, 4)), []));
                    break;
                default:
                    throw new InvalidDataException($"proto: illegal wireType {tag & 7}");
            }
        }

        return fields;
    }

    private static ReadOnlySpan<byte> Take(ref ReadOnlySpan<byte> data, int length)
    {
        if (length > data.Length)
        {
            throw new InvalidDataException("unexpected EOF");
        }

        var taken = data[..length];
        data = data[length..];
        return taken;
    }

    private static ulong Varint(ref ReadOnlySpan<byte> data)
    {
        ulong value = 0;
        for (var shift = 0; shift < 64; shift += 7)
        {
            var b = Take(ref data, 1)[0];
            value |= (ulong)(b & 0x7F) << shift;
            if (b < 0x80)
            {
                return value;
            }
        }

        throw new InvalidDataException("proto: integer overflow");
    }
}
