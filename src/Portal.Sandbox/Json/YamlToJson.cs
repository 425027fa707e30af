using System.Globalization;
using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Portal.Sandbox.Json;

/// <summary>Reads one YAML document as a JSON tree (YAML 1.1 scalars as sigs.k8s.io/yaml reads them).</summary>
internal static partial class YamlToJson
{
    /// <exception cref="YamlException">The text is not YAML.</exception>
    public static object? Parse(string text, Action<string>? duplicate = null)
    {
        // Clients mostly send JSON, which is read much faster as what it is. Only YAML gives "<<" a meaning.
        if (text.StartsWith('{') && !text.Contains("\"<<\"", StringComparison.Ordinal) && Json(text, duplicate) is { } json)
        {
            return json;
        }

        var parser = new Parser(new StringReader(text));
        parser.Consume<StreamStart>();
        if (!parser.TryConsume<DocumentStart>(out _))
        {
            return null;
        }

        var anchors = new Dictionary<string, object?>();
        var value = Read(parser, anchors, "", duplicate);
        parser.Consume<DocumentEnd>();
        return value;
    }

    private static object? Json(string text, Action<string>? duplicate)
    {
        var twice = new List<string>();
        try
        {
            var value = JsonTree.Parse(System.Text.Encoding.UTF8.GetBytes(text), duplicate is null ? null : twice.Add);
            twice.ForEach(t => duplicate!(t));
            return value;
        }
        catch (System.Text.Json.JsonException)
        {
            // A flow mapping of YAML, or nothing at all: the YAML reader says which.
            return null;
        }
    }

    private static object? Read(Parser parser, Dictionary<string, object?> anchors, string path, Action<string>? duplicate)
    {
        if (parser.TryConsume<AnchorAlias>(out var alias))
        {
            return anchors.TryGetValue(alias.Value.Value, out var kept)
                ? JsonTree.Clone(kept)
                : throw new YamlException(alias.Start, alias.End, $"unknown anchor '{alias.Value.Value}' referenced");
        }

        if (parser.TryConsume<Scalar>(out var scalar))
        {
            return Keep(scalar.Anchor, scalar.Style == ScalarStyle.Plain && scalar.Tag.IsEmpty ? Plain(scalar.Value) : scalar.Value, anchors);
        }

        if (parser.TryConsume<SequenceStart>(out var sequence))
        {
            var list = new List<object?>();
            while (!parser.TryConsume<SequenceEnd>(out _))
            {
                list.Add(Read(parser, anchors, $"{path}[{list.Count}]", duplicate));
            }

            return Keep(sequence.Anchor, list, anchors);
        }

        var start = parser.Consume<MappingStart>();
        var map = new JsonMap();
        while (!parser.TryConsume<MappingEnd>(out _))
        {
            var key = parser.Consume<Scalar>().Value;
            var here = path.Length == 0 ? key : $"{path}.{key}";
            var value = Read(parser, anchors, here, duplicate);
            if (key == "<<" && value is JsonMap merged)
            {
                foreach (var (name, child) in merged)
                {
                    map.TryAdd(name, child);
                }

                continue;
            }

            if (map.ContainsKey(key))
            {
                duplicate?.Invoke(here);
            }

            map[key] = value;
        }

        return Keep(start.Anchor, map, anchors);
    }

    private static object? Keep(AnchorName anchor, object? value, Dictionary<string, object?> anchors)
    {
        if (!anchor.IsEmpty)
        {
            anchors[anchor.Value] = value;
        }

        return value;
    }

    private static object? Plain(string text)
    {
        switch (text)
        {
            case "" or "~" or "null" or "Null" or "NULL":
                return null;
            case "true" or "True" or "TRUE" or "yes" or "Yes" or "YES" or "on" or "On" or "ON":
                return true;
            case "false" or "False" or "FALSE" or "no" or "No" or "NO" or "off" or "Off" or "OFF":
                return false;
        }

        if (Decimal().IsMatch(text) && long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number))
        {
            return number;
        }

        if (text.StartsWith("0x", StringComparison.Ordinal) && long.TryParse(text.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out number))
        {
            return number;
        }

        if (Octal().IsMatch(text))
        {
            return Convert.ToInt64(text.Replace("o", "", StringComparison.Ordinal), 8);
        }

        return Float().IsMatch(text) && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var real) ? real : text;
    }

    [GeneratedRegex("^[-+]?(0|[1-9][0-9]*)$")]
    private static partial Regex Decimal();

    [GeneratedRegex("^0o?[0-7]+$")]
    private static partial Regex Octal();

    [GeneratedRegex(@"^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$")]
    private static partial Regex Float();
}
