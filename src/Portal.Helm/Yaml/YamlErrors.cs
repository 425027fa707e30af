using System.Buffers;
using System.Globalization;

namespace Portal.Helm.Yaml;

/// <summary>What YamlDotNet says of a faulty text, as libyaml and go-yaml say it.</summary>
internal static class YamlErrors
{
    /// <summary>The characters that go-yaml's reader refuses wherever they stand.</summary>
    public static char[] ForbiddenCharacters { get; } =
        [.. Enumerable.Range(0, 0xA0).Select(c => (char)c).Where(c => c is < ' ' and not ('\t' or '\n' or '\r') or >= '\u007F' and not '\u0085'), '\uFFFE', '\uFFFF'];

    /// <summary>The same, to search for.</summary>
    public static SearchValues<char> Forbidden { get; } = SearchValues.Create(ForbiddenCharacters);

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
