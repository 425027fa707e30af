using System.Globalization;
using System.Text;
using Portal.Sandbox.Json;

namespace Portal.Sandbox.Api;

/// <summary>Writes a JSON tree as YAML with sorted keys, as the API server answers application/yaml.</summary>
internal static class YamlText
{
    public static string Write(object? value)
    {
        var text = new StringBuilder();
        Write(text, value, 0, false);
        return text.ToString();
    }

    private static void Write(StringBuilder text, object? value, int indent, bool inline)
    {
        switch (value)
        {
            case JsonMap { Count: > 0 } map:
                var first = inline;
                foreach (var (key, child) in map.OrderBy(p => p.Key, StringComparer.Ordinal))
                {
                    if (!first)
                    {
                        text.Append(' ', indent);
                    }

                    first = false;
                    text.Append(Scalar(key)).Append(':');
                    Child(text, child, indent);
                }

                break;
            case List<object?> { Count: > 0 } list:
                foreach (var child in list)
                {
                    text.Append(' ', indent).Append("- ");
                    if (child is JsonMap { Count: > 0 })
                    {
                        Write(text, child, indent + 2, true);
                    }
                    else
                    {
                        text.Append(Leaf(child)).Append('\n');
                    }
                }

                break;
            default:
                text.Append(Leaf(value)).Append('\n');
                break;
        }
    }

    private static void Child(StringBuilder text, object? child, int indent)
    {
        if (child is JsonMap { Count: > 0 })
        {
            text.Append('\n');
            Write(text, child, indent + 2, false);
        }
        else if (child is List<object?> { Count: > 0 })
        {
            text.Append('\n');
            Write(text, child, indent, false);
        }
        else
        {
            text.Append(' ').Append(Leaf(child)).Append('\n');
        }
    }

    private static string Leaf(object? value) => value switch
    {
        JsonMap => "{}",
        List<object?> => "[]",
        string s => Scalar(s),
        null => "null",
        _ => JsonTree.Print(value),
    };

    private static string Scalar(string value)
    {
        var plain = value.Length > 0 && value.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or '/' or ':' or '@') && (char.IsAsciiLetter(value[0]) || value[0] is '/' or '.')
            && !value.Contains(": ", StringComparison.Ordinal) && value[^1] != ':' && value is not ("true" or "false" or "null" or "yes" or "no" or "on" or "off" or "y" or "n");
        var number = double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out _);
        return plain && !number ? value : JsonTree.Text(value);
    }
}
