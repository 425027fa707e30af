using System.Text;
using System.Text.Json;
using Portal.Sandbox.Json;
using Portal.Sandbox.Kinds;
using Portal.Sandbox.Registry;
using Portal.Sandbox.Schema;

namespace Portal.Sandbox.Api;

/// <summary>Reads request bodies: JSON, YAML and Kubernetes' protobuf envelope.</summary>
internal static class BodyReader
{
    private const string Accepted = "the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf";
    private const string GoTypeMeta = "struct { APIVersion string \"json:\\\"apiVersion,omitempty\\\"\"; Kind string \"json:\\\"kind,omitempty\\\"\" }";

    public static async Task<byte[]> BytesAsync(HttpContext http)
    {
        using var buffer = new MemoryStream();
        try
        {
            await http.Request.Body.CopyToAsync(buffer, http.RequestAborted);
        }
        catch (BadHttpRequestException x) when (x.StatusCode == 413)
        {
            throw ApiError.TooLarge();
        }

        return buffer.ToArray();
    }

    public static string MediaType(HttpContext http) =>
        (http.Request.ContentType ?? "").Split(';')[0].Trim().ToLowerInvariant();

    /// <summary>Reads an object of a kind, checked for its fields as the request asks.</summary>
    public static async Task<JsonMap> ObjectAsync(ApiRequest request, ResourceKind? expected = null)
    {
        var kind = expected ?? request.Kind;
        var data = await BytesAsync(request.Http);
        return Decode(request, kind, data, MediaType(request.Http));
    }

    public static JsonMap Decode(ApiRequest request, ResourceKind kind, byte[] data, string media)
    {
        var problems = new List<string>();
        JsonMap obj;
        switch (media)
        {
            case "" or "application/json":
                obj = Json(data, kind, d => problems.Add($"duplicate field \"{d}\""));
                break;
            case "application/yaml":
                obj = Yaml(Encoding.UTF8.GetString(data), kind, d => problems.Add($"duplicate field \"{d}\""));
                break;
            case "application/vnd.kubernetes.protobuf":
                obj = Protobuf(data, kind);
                break;
            default:
                throw ApiError.UnsupportedMediaType(Accepted);
        }

        CheckType(obj, kind);
        return Shape(request, kind, obj, problems);
    }

    /// <summary>Brings an object into its kind's shape; unknown fields become warnings or an error, as the request asks.</summary>
    public static JsonMap Shape(ApiRequest request, ResourceKind kind, JsonMap obj, List<string> problems, Func<string, ApiError>? strict = null)
    {
        try
        {
            if (kind.Custom is { } custom)
            {
                obj["apiVersion"] = kind.ApiVersion;
                obj["kind"] = kind.Kind;
                if (obj.Map("metadata") is { } metadata)
                {
                    obj["metadata"] = Normalizer.Normalize(metadata, SchemaFile.Types["ObjectMeta"], f => problems.Add($"unknown field \"metadata.{f}\""));
                }

                if (custom.Schema is { } schema)
                {
                    CustomSchema.Prune(obj, schema, f => problems.Add($"unknown field \"{f}\""));
                }
            }
            else
            {
                obj = Normalizer.Normalize(obj, kind.Shape, f => problems.Add($"unknown field \"{f}\""));
            }
        }
        catch (FormatException x)
        {
            throw strict?.Invoke(x.Message) ?? ApiError.BadRequest($"{kind.Kind} in version \"{kind.Version}\" cannot be handled as a {kind.Kind}: {x.Message}");
        }

        if (problems.Count > 0 && request.FieldValidation == "Strict")
        {
            var text = "strict decoding error: " + string.Join(", ", problems);
            throw strict?.Invoke(text) ?? ApiError.BadRequest($"{kind.Kind} in version \"{kind.Version}\" cannot be handled as a {kind.Kind}: {text}");
        }

        if (request.FieldValidation == "Warn")
        {
            request.Warnings.AddRange(problems);
        }

        return obj;
    }

    private static JsonMap Json(byte[] data, ResourceKind kind, Action<string> duplicate)
    {
        object? value;
        try
        {
            value = JsonTree.Parse(data, duplicate);
        }
        catch (JsonException)
        {
            throw Unrecognized(kind, "unexpected end of JSON input", data.Length == 0 ? "<empty>" : Excerpt(data));
        }

        return value switch
        {
            JsonMap map => map,
            null => [],
            _ => throw Unrecognized(kind, $"json: cannot unmarshal {(value is List<object?> ? "array" : value is string ? "string" : value is bool ? "bool" : "number")} into Go value of type {GoTypeMeta}", Convert.ToHexStringLower(data)),
        };
    }

    private static string Excerpt(byte[] data)
    {
        var text = Encoding.UTF8.GetString(data);
        return text.Length > 30 ? text[..30] + " ..." : text;
    }

    private static ApiError Unrecognized(ResourceKind kind, string problem, string excerpt) =>
        ApiError.BadRequest($"the object provided is unrecognized (must be of type {kind.Kind}): couldn't get version/kind; json parse error: {problem} ({excerpt})");

    public static JsonMap Yaml(string text, ResourceKind kind, Action<string>? duplicate)
    {
        try
        {
            return YamlToJson.Parse(text, duplicate) switch
            {
                JsonMap map => map,
                null => [],
                _ => throw ApiError.BadRequest($"the object provided is unrecognized (must be of type {kind.Kind}): couldn't get version/kind; json parse error: not an object"),
            };
        }
        catch (YamlDotNet.Core.YamlException x)
        {
            throw ApiError.BadRequest($"error decoding YAML: error converting YAML to JSON: yaml: line {(x.Message.Contains("a flow ", StringComparison.Ordinal) ? 1 : x.Start.Line)}: {Words(x.Message)}");
        }
    }

    /// <summary>What the YAML reader of Kubernetes says for what ours says.</summary>
    private static string Words(string message) =>
        message.Contains("a flow mapping", StringComparison.Ordinal) ? "did not find expected ',' or '}'"
        : message.Contains("a flow sequence", StringComparison.Ordinal) ? "did not find expected ',' or ']'"
        : message;

    private static JsonMap Protobuf(byte[] data, ResourceKind kind)
    {
        try
        {
            var (apiVersion, name, raw) = ProtobufReader.ReadEnvelope(data);
            var obj = kind.Shape.Kind == ShapeKind.Struct && kind.Shape.Numbers.Count > 0 ? ProtobufReader.ReadMessage(raw, kind.Shape) : throw ApiError.UnsupportedMediaType(Accepted);
            obj["apiVersion"] = apiVersion;
            obj["kind"] = name;
            return obj;
        }
        catch (InvalidDataException x)
        {
            throw ApiError.BadRequest(x.Message);
        }
    }

    private static void CheckType(JsonMap obj, ResourceKind kind)
    {
        var apiVersion = obj.Text("apiVersion") is { Length: > 0 } v ? v : kind.ApiVersion;
        var name = obj.Text("kind") is { Length: > 0 } k ? k : kind.Kind;
        if (apiVersion == kind.ApiVersion && name == kind.Kind)
        {
            obj["apiVersion"] = apiVersion;
            obj["kind"] = name;
            return;
        }

        if (kind.Custom is not null)
        {
            throw ApiError.BadRequest($"{name} in version \"{apiVersion[(apiVersion.IndexOf('/', StringComparison.Ordinal) + 1)..]}\" cannot be handled as a {kind.Kind}: invalid object type");
        }

        var known = SchemaFile.Types.ContainsKey(name) && apiVersion == kind.ApiVersion;
        throw ApiError.BadRequest(known
            ? $"{name} in version \"{kind.Version}\" cannot be handled as a {kind.Kind}: converting (v1.{name}) to ({(kind.Group.Length == 0 ? "core" : kind.Group.Split('.')[0])}.{kind.Kind}): unknown conversion"
            : $"{name} in version \"{apiVersion[(apiVersion.IndexOf('/', StringComparison.Ordinal) + 1)..]}\" cannot be handled as a {kind.Kind}: no kind \"{name}\" is registered for version \"{apiVersion}\" in scheme \"<any>\"");
    }
}
