using System.Text;
using Portal.Helm.Templating;

namespace Portal.Helm.Yaml;

/// <summary>Which encoding a YAML stream has (readerc.go, yaml_parser_determine_encoding): UTF-16 where it begins with that encoding's mark, else UTF-8.</summary>
internal static class YamlEncoding
{
    // The marks FF FE and FE FF are no UTF-8, and are carried byte by byte.
    private const string LittleEndian = "\uDCFF\uDCFE";
    private const string BigEndian = "\uDCFE\uDCFF";

    /// <summary>The text without its mark, read by its encoding.</summary>
    /// <exception cref="YamlException">It is no UTF-16 behind such a mark; in go-yaml's words.</exception>
    public static string Decode(string text)
    {
        if (text.StartsWith('\uFEFF'))
        {
            return text[1..];
        }

        var little = text.StartsWith(LittleEndian, StringComparison.Ordinal);
        if (!little && !text.StartsWith(BigEndian, StringComparison.Ordinal))
        {
            return text;
        }

        var bytes = GoBytes.ToBytes(text).AsSpan(2);
        var result = new StringBuilder(bytes.Length / 2);
        for (var i = 0; i < bytes.Length; i += 2)
        {
            var unit = Unit(bytes, i, little) ?? throw Fault("incomplete UTF-16 character");
            result.Append(unit);
            if (char.IsLowSurrogate(unit))
            {
                throw Fault("unexpected low surrogate area");
            }

            if (char.IsHighSurrogate(unit))
            {
                i += 2;
                var low = Unit(bytes, i, little) ?? throw Fault("incomplete UTF-16 surrogate pair");
                result.Append(char.IsLowSurrogate(low) ? low : throw Fault("expected low surrogate area"));
            }
        }

        return result.ToString();
    }

    private static char? Unit(ReadOnlySpan<byte> bytes, int at, bool little) =>
        at + 1 >= bytes.Length ? null : (char)(little ? bytes[at] | (bytes[at + 1] << 8) : (bytes[at] << 8) | bytes[at + 1]);

    private static YamlException Fault(string problem) => new($"error converting YAML to JSON: yaml: {problem}", 1, 1);
}
