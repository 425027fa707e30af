using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Portal.Helm.Yaml;

/// <summary>A scalar in a YAML text: its dotted path (list items by number), its place, and what it says.</summary>
/// <param name="Path">"database.password", "list.0.name"; a dot inside a key is written "\.".</param>
/// <param name="Start">Index of the first character in the text.</param>
/// <param name="End">Index behind the last character.</param>
/// <param name="Line">From 1.</param>
/// <param name="Column">From 1.</param>
/// <param name="Value">The text without quotes.</param>
public sealed record YamlScalar(string Path, int Start, int End, int Line, int Column, string Value);

/// <summary>A YAML text with the places of its values, so that it can be changed without touching comments and order.</summary>
public static class YamlText
{
    /// <summary>Every scalar value (not the keys) of the first document, in order.</summary>
    /// <exception cref="YamlException">The text is not YAML.</exception>
    public static IReadOnlyList<YamlScalar> Scalars(string text)
    {
        // The reader below says what is wrong in Go's words.
        GoYaml.Read(text);
        var result = new List<YamlScalar>();
        var parser = new YamlEvents(text);
        parser.Consume<StreamStart>();
        if (parser.Accept<DocumentStart>(out _))
        {
            parser.Consume<DocumentStart>();
            Node(parser, text, "", result);
        }

        return result;
    }

    /// <summary>Every key with its line: for an outline.</summary>
    /// <exception cref="YamlException">The text is not YAML.</exception>
    public static IReadOnlyList<(string Path, int Line)> Keys(string text)
    {
        GoYaml.Read(text);
        var result = new List<(string, int)>();
        var parser = new YamlEvents(text);
        parser.Consume<StreamStart>();
        if (parser.Accept<DocumentStart>(out _))
        {
            parser.Consume<DocumentStart>();
            Keys(parser, "", result);
        }

        return result;
    }

    /// <summary>The text with some scalars replaced; replacements do not overlap.</summary>
    public static string Replace(string text, IEnumerable<(YamlScalar Scalar, string Raw)> replacements)
    {
        foreach (var (scalar, raw) in replacements.OrderByDescending(r => r.Scalar.Start))
        {
            text = string.Concat(text.AsSpan(0, scalar.Start), raw, text.AsSpan(scalar.End));
        }

        return text;
    }

    private static void Node(YamlEvents parser, string text, string path, List<YamlScalar> result)
    {
        switch (parser.Current)
        {
            case Scalar scalar:
                parser.MoveNext();
                var start = (int)scalar.Start.Index;
                var end = (int)scalar.End.Index;
                while (end > start && text[end - 1] is '\n' or '\r' or ' ')
                {
                    end--;
                }

                result.Add(new YamlScalar(path, start, Math.Max(start, end), (int)scalar.Start.Line, (int)scalar.Start.Column, scalar.Value));
                break;
            case SequenceStart:
                parser.MoveNext();
                for (var i = 0; !parser.TryConsume<SequenceEnd>(out _); i++)
                {
                    Node(parser, text, Join(path, i.ToString(System.Globalization.CultureInfo.InvariantCulture)), result);
                }

                break;
            case MappingStart:
                parser.MoveNext();
                while (!parser.TryConsume<MappingEnd>(out _))
                {
                    var key = parser.Current is Scalar k ? k.Value : "?";
                    parser.SkipThisAndNestedEvents();
                    Node(parser, text, Join(path, key), result);
                }

                break;
            default:
                parser.SkipThisAndNestedEvents();
                break;
        }
    }

    private static void Keys(YamlEvents parser, string path, List<(string, int)> result)
    {
        switch (parser.Current)
        {
            case SequenceStart:
                parser.MoveNext();
                for (var i = 0; !parser.TryConsume<SequenceEnd>(out _); i++)
                {
                    Keys(parser, Join(path, i.ToString(System.Globalization.CultureInfo.InvariantCulture)), result);
                }

                break;
            case MappingStart:
                parser.MoveNext();
                while (!parser.TryConsume<MappingEnd>(out _))
                {
                    var at = Join(path, parser.Current is Scalar k ? k.Value : "?");
                    result.Add((at, (int)parser.Current!.Start.Line));
                    parser.SkipThisAndNestedEvents();
                    Keys(parser, at, result);
                }

                break;
            default:
                parser.SkipThisAndNestedEvents();
                break;
        }
    }

    private static string Join(string path, string key)
    {
        var escaped = key.Replace(".", "\\.", StringComparison.Ordinal);
        return path.Length == 0 ? escaped : $"{path}.{escaped}";
    }
}
