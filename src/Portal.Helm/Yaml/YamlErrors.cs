using System.Buffers;
using System.Globalization;
using Portal.Helm.Templating;

namespace Portal.Helm.Yaml;

/// <summary>What YamlDotNet says of a faulty text, as libyaml and go-yaml say it.</summary>
internal static class YamlErrors
{
    private const string ControlCharacters = "control characters are not allowed";

    /// <summary>The characters that go-yaml's reader refuses wherever they stand.</summary>
    public static char[] ForbiddenCharacters { get; } =
        [.. Enumerable.Range(0, 0xA0).Select(c => (char)c).Where(c => c is < ' ' and not ('\t' or '\n' or '\r') or >= '\u007F' and not '\u0085'), '\uFFFE', '\uFFFF'];

    /// <summary>The same, to search for.</summary>
    public static SearchValues<char> Forbidden { get; } = SearchValues.Create(ForbiddenCharacters);

    /// <summary>What go-yaml's reader says of a text that it does not take (readerc.go, yaml_parser_update_buffer); null of any other.</summary>
    public static string? OfReader(string text)
    {
        if (!GoBytes.HasLoneSurrogate(text))
        {
            return text.AsSpan().IndexOfAny(Forbidden) >= 0 ? ControlCharacters : null;
        }

        ReadOnlySpan<byte> bytes = GoBytes.ToBytes(text);
        while (bytes.Length > 0)
        {
            int width = bytes[0] switch { < 0x80 => 1, >= 0xC0 and < 0xE0 => 2, >= 0xE0 and < 0xF0 => 3, >= 0xF0 and < 0xF8 => 4, _ => 0 };
            if (width == 0)
            {
                return "invalid leading UTF-8 octet";
            }

            if (width > bytes.Length)
            {
                return "incomplete UTF-8 octet sequence";
            }

            var value = width == 1 ? bytes[0] : bytes[0] & (0x7F >> width);
            foreach (var octet in bytes[1..width])
            {
                if ((octet & 0xC0) != 0x80)
                {
                    return "invalid trailing UTF-8 octet";
                }

                value = (value << 6) | (octet & 0x3F);
            }

            if (value < width switch { 2 => 0x80, 3 => 0x800, 4 => 0x10000, _ => 0 })
            {
                return "invalid length of a UTF-8 sequence";
            }

            if (value is >= 0xD800 and <= 0xDFFF or > 0x10FFFF)
            {
                return "invalid Unicode character";
            }

            if (value <= char.MaxValue && Forbidden.Contains((char)value))
            {
                return ControlCharacters;
            }

            bytes = bytes[width..];
        }

        return null;
    }

    /// <summary>
    /// "yaml: line N: problem". go-yaml counts the line of the problem from 0, adds one for the scanner's errors, and leaves 0 out (decode.go, parser.fail). YamlDotNet's
    /// parser puts "While parsing something, " before the problem.
    /// </summary>
    public static YamlException InGoWords(YamlDotNet.Core.YamlException error)
    {
        var message = error.Message.TrimEnd('.');
        var line = error.Start.Line - 1;
        if (error is YamlScanException)
        {
            line = error.End.Line > 1 ? error.End.Line : 0;
        }
        else if (IsEndOfDocument(error))
        {
            message = "did not find expected <document start>";
        }
        else if (message.StartsWith("While ", StringComparison.Ordinal) && message.IndexOf(", ", StringComparison.Ordinal) is > 0 and var comma)
        {
            message = message[(comma + 2)..].Trim();
        }

        var where = line > 0 ? string.Create(CultureInfo.InvariantCulture, $"line {line}: ") : "";
        return new YamlException($"error converting YAML to JSON: yaml: {where}{char.ToLowerInvariant(message[0])}{message[1..]}", (int)error.Start.Line, (int)error.Start.Column, error);
    }

    /// <summary>Whether YamlDotNet misses the end of a document, which libyaml ends at once and then misses the start of the next.</summary>
    public static bool IsEndOfDocument(YamlDotNet.Core.YamlException error) => error.Message.Contains("<document end>", StringComparison.Ordinal);
}
