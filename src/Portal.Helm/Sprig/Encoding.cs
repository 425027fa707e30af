using System.Text.Json;
using Portal.Helm.Templating;
using Portal.Helm.Yaml;

namespace Portal.Helm.Sprig;

/// <summary>base64, base32, JSON and YAML in both directions, as Helm registers them.</summary>
internal static class Encoding
{
    public static void Register(FunctionTable table)
    {
        table.Add("b64enc", [GoType.String], a => Convert.ToBase64String(GoBytes.ToBytes((string)a[0]!)));
        table.Add("b64dec", [GoType.String], a => FromBase64((string)a[0]!));
        table.Add("b32enc", [GoType.String], a => Encoding64.Encode32(GoBytes.ToBytes((string)a[0]!)));
        table.Add("b32dec", [GoType.String], a => FromBase32((string)a[0]!));
        table.Add("toYaml", [GoType.Any], a => Quietly(() => ToYaml(a[0])));
        table.Add("mustToYaml", [GoType.Any], a => ToYaml(a[0]));
        table.Add("fromYaml", [GoType.String], a => FromYaml((string)a[0]!));
        table.Add("fromYamlArray", [GoType.String], a => FromYamlArray((string)a[0]!));
        table.Add("toJson", [GoType.Any], a => Quietly(() => GoJson.Write(a[0])));
        table.Add("mustToJson", [GoType.Any], a => GoJson.Write(a[0]));
        table.Add("toPrettyJson", [GoType.Any], a => Quietly(() => GoJson.Write(a[0], indent: true)));
        table.Add("mustToPrettyJson", [GoType.Any], a => GoJson.Write(a[0], indent: true));
        // sprig panics here where the others give "".
        table.Add("toRawJson", [GoType.Any], a => GoJson.Write(a[0], escapeHtml: false));
        table.Add("mustToRawJson", [GoType.Any], a => GoJson.Write(a[0], escapeHtml: false));
        table.Add("toYamlPretty", [GoType.Any], a => GoYaml.WritePretty(a[0]) is var text && text.EndsWith('\n') ? text[..^1] : text);
        table.Add("toToml", [GoType.Any], a => ToToml(a[0], must: false));
        table.Add("mustToToml", [GoType.Any], a => ToToml(a[0], must: true));
        table.Add("fromToml", [GoType.String], a => FromToml((string)a[0]!));
        table.Add("fromJson", [GoType.String], a => FromJson((string)a[0]!));
        table.Add("mustFromJson", [GoType.String], a => MustFromJson((string)a[0]!));
        table.Add("fromJsonArray", [GoType.String], a => FromJsonArray((string)a[0]!));
    }

    // Helm cuts one line end, not all.
    private static string ToYaml(object? value) => GoYaml.Write(value) is var text && text.EndsWith('\n') ? text[..^1] : text;

    // Helm's toX return "" where marshalling fails; the mustToX fail.
    private static string Quietly(Func<string> write)
    {
        try
        {
            return write();
        }
        catch (FunctionException)
        {
            return "";
        }
    }

    // sprig gives the error's text as the result.
    private static string FromBase64(string text) => Encoding64.Decode(text) is { } bytes ? GoBytes.ToText(bytes) : Encoding64.Error(text);

    private static string FromBase32(string text) => Encoding64.Decode32(text, out var at) is { } bytes ? GoBytes.ToText(bytes) : $"illegal base32 data at input byte {at}";

    private static Dictionary<string, object?> FromYaml(string text)
    {
        try
        {
            return GoYaml.ReadTable(text);
        }
        catch (YamlException error)
        {
            return Error(error);
        }
    }

    private static List<object?> FromYamlArray(string text)
    {
        try
        {
            return GoYaml.Read(text) switch
            {
                null => [],
                List<object?> list => list,
                var other => [$"error unmarshaling JSON: while decoding JSON: {Mismatch(other, "[]interface {}")}"],
            };
        }
        catch (YamlException error)
        {
            return [error.Message];
        }
    }

    private static object? MustFromJson(string text)
    {
        try
        {
            return GoJson.Read(text);
        }
        catch (JsonException error)
        {
            throw new FunctionException(error.Message, error);
        }
    }

    // null is Go's nil map: it prints as null.
    private static Dictionary<string, object?>? FromJson(string text)
    {
        try
        {
            var (value, outOfRange) = GoJson.ReadAll(text);
            var result = value switch
            {
                null => outOfRange is null ? null : [],
                Dictionary<string, object?> table => table,
                var other => Error(new JsonException(Mismatch(other, "map[string]interface {}"))),
            };

            // What could be read stays beside the error.
            if (outOfRange is not null && value is null or Dictionary<string, object?>)
            {
                result!["Error"] = outOfRange.Message;
            }

            return result;
        }
        catch (JsonException error)
        {
            return Error(error);
        }
    }

    private static List<object?> FromJsonArray(string text)
    {
        try
        {
            return GoJson.ReadAll(text) switch
            {
                (null, null) => new GoNilList(),
                (List<object?> list, null) => list,
                (List<object?>, { } outOfRange) => [outOfRange.Message],
                (var other, _) => [Mismatch(other ?? 0.0, "[]interface {}")],
            };
        }
        catch (JsonException error)
        {
            return [error.Message];
        }
    }

    private static Dictionary<string, object?> FromToml(string text)
    {
        try
        {
            return GoToml.Read(text);
        }
        catch (TomlException error)
        {
            return Error(error);
        }
    }

    private static object? ToToml(object? value, bool must)
    {
        if (value is null)
        {
            throw new FunctionException("reflect: call of reflect.Value.Type on zero Value");
        }

        try
        {
            return GoToml.Write(value);
        }
        catch (FunctionException error) when (!must)
        {
            return error.Message;
        }
    }

    // Helm's fromX put an error's text under this key.
    private static Dictionary<string, object?> Error(Exception error) => new(StringComparer.Ordinal) { ["Error"] = error.Message };

    private static string Mismatch(object value, string type) => $"json: cannot unmarshal {GoJson.KindName(value)} into Go value of type {type}";
}
