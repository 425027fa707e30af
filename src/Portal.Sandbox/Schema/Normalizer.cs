using System.Globalization;
using System.Text;
using Portal.Sandbox.Json;

namespace Portal.Sandbox.Schema;

/// <summary>
/// Brings an object into the form in which Kubernetes' typed decoder and encoder would leave it: unknown fields
/// gone, empty optional fields gone, quantities canonical.
/// </summary>
internal sealed class Normalizer
{
    private readonly List<string> _path = [];
    private readonly Action<string>? _unknown;
    private readonly bool _blank;

    private Normalizer(Action<string>? unknown, bool blank) => (_unknown, _blank) = (unknown, blank);

    /// <summary>An object that nobody has filled in: only the parts that are always there, lists among them as null.</summary>
    public static JsonMap Blank(JsonMap head, Shape shape) => (JsonMap)new Normalizer(null, true).Visit(head, shape, shape, true)!;

    /// <summary>Normalizes a whole object.</summary>
    /// <param name="value">The object as it was sent.</param>
    /// <param name="shape">Its type.</param>
    /// <param name="unknown">Is told the path of each field that the type does not have.</param>
    /// <exception cref="FormatException">A value has another JSON type than the field; the message is Go's.</exception>
    public static JsonMap Normalize(JsonMap value, Shape shape, Action<string>? unknown = null) =>
        (JsonMap)new Normalizer(unknown, false).Visit(value, shape, shape, true)!;

    private object? Visit(object? value, Shape shape, Shape owner, bool keep)
    {
        if (value is null)
        {
            return null;
        }

        switch (shape.Kind)
        {
            case ShapeKind.Any:
                return JsonTree.Clone(value);
            case ShapeKind.Text:
                return value is string text ? keep || text.Length > 0 ? text : null : throw Mismatch(value, owner, "string");
            case ShapeKind.Boolean:
                return value is bool flag ? keep || flag ? flag : null : throw Mismatch(value, owner, "bool");
            case ShapeKind.Integer:
                return value switch
                {
                    long number => keep || number != 0 ? number : null,
                    double real when real == Math.Truncate(real) => (long)real,
                    double real => throw Mismatch("number " + real.ToString(CultureInfo.InvariantCulture), owner, "int32"),
                    _ => throw Mismatch(value, owner, "int32"),
                };
            case ShapeKind.Float:
                return value switch { long or double => value, _ => throw Mismatch(value, owner, "float64") };
            case ShapeKind.Bytes:
                return Bytes(value, owner);
            case ShapeKind.Quantity:
                return value switch
                {
                    string quantity => Quantity.Canonical(quantity),
                    long or double => Quantity.Canonical(JsonTree.Print(value)),
                    _ => throw new FormatException("quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"),
                };
            case ShapeKind.IntOrString:
                return value switch { string or long => value, _ => throw Mismatch(value, owner, "int32") };
            case ShapeKind.Time or ShapeKind.MicroTime:
                return Time(value, owner, shape.Kind == ShapeKind.MicroTime);
            case ShapeKind.Duration:
                return value;
            case ShapeKind.List:
                return List(value, shape, owner, keep);
            case ShapeKind.Map:
                return MapOf(value, shape, owner, keep);
            default:
                return Struct(value, shape, owner);
        }
    }

    private JsonMap Struct(object value, Shape shape, Shape owner)
    {
        if (value is not JsonMap map)
        {
            throw Mismatch(value, owner, shape.Name.Length == 0 ? "map[string]interface {}" : $"v1.{shape.Name}");
        }

        var result = new JsonMap(map.Count);
        foreach (var (key, child) in map)
        {
            if (shape.Fields.TryGetValue(key, out var field))
            {
                _path.Add(key);
                if (Visit(child, field.Shape, shape, field.Keep) is { } kept)
                {
                    result[key] = kept;
                }

                _path.RemoveAt(_path.Count - 1);
            }
            else if (_path.Count == 0 && key is "apiVersion" or "kind")
            {
                result[key] = child;
            }
            else if (shape.Open)
            {
                result[key] = JsonTree.Clone(child);
            }
            else if (key == "apiVersion" && shape.Name is "ObjectReference")
            {
                result[key] = child;
            }
            else
            {
                _unknown?.Invoke(Where(key));
            }
        }

        foreach (var (key, field) in shape.Fields)
        {
            if (!field.Always || result.ContainsKey(key))
            {
                continue;
            }

            if (field.Shape.Kind == ShapeKind.Struct)
            {
                result[key] = Struct(new JsonMap(), field.Shape, shape);
            }
            else if (_blank)
            {
                result[key] = null;
            }
        }

        return result;
    }

    private JsonMap? MapOf(object value, Shape shape, Shape owner, bool keep)
    {
        if (value is not JsonMap map)
        {
            throw Mismatch(value, owner, "map[string]string");
        }

        var result = new JsonMap(map.Count);
        foreach (var (key, child) in map)
        {
            _path.Add(key);
            result[key] = child is null && shape.Element!.Kind is ShapeKind.Text or ShapeKind.Bytes ? "" : Visit(child, shape.Element!, shape.Element!.Kind == ShapeKind.Struct ? shape.Element : owner, true);
            _path.RemoveAt(_path.Count - 1);
        }

        return keep || result.Count > 0 ? result : null;
    }

    private List<object?>? List(object value, Shape shape, Shape owner, bool keep)
    {
        if (value is not List<object?> list)
        {
            throw Mismatch(value, owner, "[]" + (shape.Element!.Kind == ShapeKind.Struct ? "v1." + shape.Element.Name : "string"));
        }

        var result = new List<object?>(list.Count);
        for (var i = 0; i < list.Count; i++)
        {
            _path.Add($"[{i}]");
            result.Add(Visit(list[i], shape.Element!, shape.Element!.Kind == ShapeKind.Struct ? shape.Element : owner, true));
            _path.RemoveAt(_path.Count - 1);
        }

        return keep || result.Count > 0 ? result : null;
    }

    private string Bytes(object value, Shape owner)
    {
        if (value is not string text)
        {
            throw Mismatch(value, owner, "[]uint8");
        }

        var trimmed = text.Replace("\n", "", StringComparison.Ordinal).Replace("\r", "", StringComparison.Ordinal);
        var at = 0;
        while (at < trimmed.Length && (char.IsAsciiLetterOrDigit(trimmed[at]) || trimmed[at] is '+' or '/'))
        {
            at++;
        }

        var padded = at;
        while (padded < trimmed.Length && trimmed[padded] == '=')
        {
            padded++;
        }

        if (padded != trimmed.Length || trimmed.Length % 4 != 0)
        {
            var wrong = padded != trimmed.Length ? padded : at == trimmed.Length ? trimmed.Length / 4 * 4 : at;
            throw new FormatException($"illegal base64 data at input byte {wrong}");
        }

        return trimmed;
    }

    private object Time(object value, Shape owner, bool micro)
    {
        if (value is not string text)
        {
            throw Mismatch(value, owner, "string");
        }

        if (!DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time))
        {
            throw new FormatException($"parsing time \"{text}\" as \"2006-01-02T15:04:05Z07:00\": cannot parse \"{text}\" as \"2006\"");
        }

        return time.ToUniversalTime().ToString(micro ? "yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'" : "yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
    }

    private string Where(string key)
    {
        var text = new StringBuilder();
        foreach (var part in _path.Append(key))
        {
            if (text.Length > 0 && part[0] != '[')
            {
                text.Append('.');
            }

            text.Append(part);
        }

        return text.ToString();
    }

    private FormatException Mismatch(object value, Shape owner, string expected)
    {
        var given = value switch
        {
            bool => "bool",
            long or double => "number",
            string text when text.StartsWith("number ", StringComparison.Ordinal) => text,
            string => "string",
            List<object?> => "array",
            _ => "object",
        };
        // Go names the struct that holds the field, then the path without list positions; a map's key is not shown.
        var names = _path.Where(p => p[0] != '[').ToList();
        if (names.Count > 1 && !owner.Fields.ContainsKey(names[^1]))
        {
            names.RemoveAt(names.Count - 1);
        }

        return new FormatException($"json: cannot unmarshal {given} into Go struct field {owner.Name}.{string.Join('.', names)} of type {expected}");
    }
}
