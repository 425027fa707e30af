using System.Security.Cryptography;
using System.Text.Json;
using Portal.Helm.Templating;
using Portal.Helm.Yaml;

namespace Portal.Helm.Charts;

/// <summary>The schemas of charts by their exact bytes: a chart is rendered many times, and reading its schema costs more than asking it. For several threads.</summary>
internal static class CompiledSchemas
{
    private const int MostBytes = 4 * 1024 * 1024;

    private static readonly Lock Access = new();
    private static readonly Dictionary<string, SchemaNode> Known = new(StringComparer.Ordinal);
    private static int _bytes;

    /// <summary>The schema that a text is.</summary>
    /// <exception cref="ChartException">It is none, in Helm's words.</exception>
    public static SchemaNode Get(ReadOnlySpan<byte> text)
    {
        var digest = Convert.ToHexString(SHA256.HashData(text));
        lock (Access)
        {
            if (Known.TryGetValue(digest, out var known))
            {
                return known;
            }
        }

        var schema = SchemaCompiler.Compile(Read(GoBytes.ToText(text)));
        lock (Access)
        {
            // Rarely full: starting anew costs less than a record of who was asked for last.
            if (_bytes + text.Length > MostBytes)
            {
                Known.Clear();
                _bytes = 0;
            }

            if (text.Length <= MostBytes && Known.TryAdd(digest, schema))
            {
                _bytes += text.Length;
            }
        }

        return schema;
    }

    private static object? Read(string text)
    {
        try
        {
            return GoJson.Read(text);
        }
        catch (JsonException error)
        {
            // Helm reads it as a stream, which has other words for an early end.
            throw new ChartException(text.AsSpan().Trim(" \t\r\n").IsEmpty ? "EOF" : error.Message.Replace("unexpected end of JSON input", "unexpected EOF", StringComparison.Ordinal), error);
        }
    }
}
