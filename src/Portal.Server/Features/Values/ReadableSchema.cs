using System.Text;
using System.Text.Json;
using Portal.Helm.Yaml;

namespace Portal.Server.Features.Values;

/// <summary>values.schema.json for whoever looks up what it says of a key. That it is no JSON is said where values are checked against it (<see cref="ValuesVerdict"/>): here it names nothing.</summary>
internal static class ReadableSchema
{
    /// <summary>The document, to be disposed of; null when there is none.</summary>
    public static JsonDocument? Document(ReadOnlyMemory<byte>? schema)
    {
        try
        {
            return schema is { } bytes ? JsonDocument.Parse(bytes) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>The root as a table; null when there is none.</summary>
    public static Dictionary<string, object?>? Table(ReadOnlyMemory<byte>? schema)
    {
        try
        {
            return schema is { } bytes ? GoJson.Read(Encoding.UTF8.GetString(bytes.Span)) as Dictionary<string, object?> : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
