using System.Buffers;
using System.Globalization;

namespace Portal.Helm.Yaml;

/// <summary>What YamlDotNet says of a faulty text, as libyaml and go-yaml say it; and the one text that YamlDotNet refuses and they do not.</summary>
internal static class YamlErrors
{
    /// <summary>The characters that go-yaml's reader refuses wherever they stand.</summary>
    public static char[] ForbiddenCharacters { get; } =
        [.. Enumerable.Range(0, 0xA0).Select(c => (char)c).Where(c => c is < ' ' and not ('\t' or '\n' or '\r') or >= '\u007F' and not '\u0085'), '\uFFFE', '\uFFFF'];

    /// <summary>The same, to search for.</summary>
    public static SearchValues<char> Forbidden { get; } = SearchValues.Create(ForbiddenCharacters);

    /// <summary>
    /// "yaml: line N: problem". YamlDotNet puts "While doing something, " before the problem. go-yaml counts the line of the problem (or, if that is the
    /// first, of the context) from 0, adds one for the scanner's errors, and leaves 0 out (decode.go, parser.fail).
    /// </summary>
    public static YamlException InGoWords(YamlDotNet.Core.YamlException error, string text)
    {
        var message = (error.InnerException?.Message ?? error.Message).TrimEnd('.');
        var scanner = !message.StartsWith("While parsing", StringComparison.Ordinal);
        if (message.StartsWith("While ", StringComparison.Ordinal) && message.IndexOf(", ", StringComparison.Ordinal) is > 0 and var comma)
        {
            message = message[(comma + 2)..];
        }

        message = message switch
        {
            "found invalid mapping" => "mapping values are not allowed in this context",
            "found invalid tab as indentation" => "found character that cannot start any token",
            _ => char.ToLowerInvariant(message[0]) + message[1..],
        };
        var line = error.End.Line > 1 ? error.End.Line - 1 : error.Start.Line - 1;
        if (line > 0 && scanner)
        {
            line++;
        }

        if (error.Message.Contains("found invalid tab", StringComparison.Ordinal))
        {
            // YamlDotNet names the line before.
            line = LineOfTab(text, Math.Max((int)error.Start.Line, 1));
        }

        var where = line > 0 ? string.Create(CultureInfo.InvariantCulture, $"line {line}: ") : "";
        return new YamlException($"error converting YAML to JSON: yaml: {where}{message}", (int)error.Start.Line, (int)error.Start.Column, error);
    }

    // The first line from a line on that a tab indents; 0 for the text's first, which go-yaml does not name.
    private static long LineOfTab(string text, int from)
    {
        var number = 0;
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            number++;
            var blanks = line[..^line.TrimStart(" \t").Length];
            if (number >= from && blanks.Contains('\t'))
            {
                return number > 1 ? number : 0;
            }
        }

        return 0;
    }

    /// <summary>
    /// The text with the blanks removed from the blank lines at the head of the literal scalar that YamlDotNet has just refused, or null when that is not
    /// the fault. libyaml takes such lines for empty; charts make them with "key: |", a line of blanks and nindent.
    /// </summary>
    public static string? WithoutBlanksBefore(string text, YamlDotNet.Core.YamlException error)
    {
        if (!error.Message.Contains("found extra spaces in first line", StringComparison.Ordinal))
        {
            return null;
        }

        // The scanner stands behind the blank lines.
        var end = (int)Math.Min(error.Start.Index, text.Length);
        end = text.LastIndexOf('\n', Math.Max(end - 1, 0));
        var start = end;
        while (start > 0 && text[start - 1] is ' ' or '\t' or '\r' or '\n')
        {
            start--;
        }

        start = start < 0 ? -1 : text.IndexOf('\n', start);
        if (start < 0 || start >= end)
        {
            return null;
        }

        var blank = text.AsSpan(start, end - start);
        var lines = blank.Count('\n');
        return blank.Length == lines ? null : string.Concat(text.AsSpan(0, start), new string('\n', lines), text.AsSpan(end));
    }
}
