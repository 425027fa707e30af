using System.Text.RegularExpressions;

namespace Portal.Server.Features.Values;

/// <summary>
/// Secrets that stand behind their name in a text that is no document: properties, parameters, flags, what is left of a broken file. Pure.
/// </summary>
internal static partial class SecretSettings
{
    // name=value, name: value, "name": "value", name[0]=value, --name value, name 'value'.
    [GeneratedRegex(@"(?<![\w.-])(?<flag>--)?[-.]*(?<name>(?>\w[\w.-]*))(\[[\w.-]*\])*(\\?[""'])?(?>[ \t]*)([=:][ \t]*|(?<=[ \t])(?=\\?[""'])|(?(flag)(?<=[ \t])|(?!)))", RegexOptions.CultureInvariant)]
    private static partial Regex Setting();

    // Where a value without quotes ends on a line that holds more than this one.
    [GeneratedRegex(@"(?<![&;,\s])[&;,\s]+(--?[A-Za-z]|[{\[]?(\\?[""'])?[-.]*\w[\w.-]*(\\?[""'])?[ \t]*(=|:(?=[\s""'])))", RegexOptions.CultureInvariant)]
    private static partial Regex NextSetting();

    [GeneratedRegex(@"^[ \t]*(export |set |- )?(\\?[""'])?\z", RegexOptions.CultureInvariant)]
    private static partial Regex LineHead();

    // A text of several lines in a YAML file.
    [GeneratedRegex(@"^[|>][+-]?\d?[+-]?\s*$", RegexOptions.CultureInvariant)]
    private static partial Regex BlockMark();

    private const int LongestHead = 200;

    /// <summary>The secrets of a text, in order.</summary>
    public static IEnumerable<SecretPart> Find(string text)
    {
        var isOneLine = !text.Contains('\n', StringComparison.Ordinal);
        // The line that is read: to look for its ends at every setting would take the square of a long line's time.
        var (head, line) = (0, LineEnd(text, 0));
        for (var match = Setting().Match(text); match.Success;)
        {
            while (match.Index > line)
            {
                head = line + 1;
                line = LineEnd(text, head);
            }

            var next = match.Index + match.Length;
            if ((SecretParts.IsSecretName(match.Groups["name"].Value) && !IsTag(text, match)) || IsTable(text, match, line))
            {
                var (start, end, behind) = Value(text, match, head, line, isOneLine);
                next = Math.Max(next, behind);
                start = end - text.AsSpan(start, end - start).TrimStart().Length;
                end = start + text.AsSpan(start, end - start).TrimEnd().Length;
                if (end > start && text[start..end] is var value && !SecretParts.IsReference(value) && !SecretNames.IsCount(match.Groups["name"].Value, value) && !(text[start - 1] == ' ' && SecretParts.IsSentence(value)))
                {
                    yield return new SecretPart(match.Groups["name"].Value, start, end, text[match.Groups["name"].Index..Math.Max(end, behind)], text[start..end]);
                }
            }

            match = Setting().Match(text, next);
        }
    }

    // "r.io/a/token:1.2" is an image.
    private static bool IsTag(string text, Match setting) =>
        setting.Index > 0 && text[setting.Index - 1] == '/' && setting.Value.EndsWith(':') && setting.Index + setting.Length is var next && next < text.Length && char.IsAsciiLetterOrDigit(text[next]);

    // Where the value of a setting stands, and where it ends with its quote.
    private static (int Start, int End, int Behind) Value(string text, Match setting, int head, int line, bool isOneLine)
    {
        var start = setting.Index + setting.Length;
        // Of TOML: the text between may have lines.
        if (text.AsSpan(start) is ['"', '"', '"', ..] or ['\'', '\'', '\'', ..] && text.IndexOf(text.Substring(start, 3), start + 3, StringComparison.Ordinal) is >= 0 and var last3)
        {
            return (start + 3, last3, last3 + 3);
        }

        var quote = start < line && text[start] == '\\' && start + 1 < line && text[start + 1] is '"' or '\'' ? text.Substring(start, 2)
            : start < line && text[start] is '"' or '\'' ? text.Substring(start, 1) : "";
        if (quote.Length > 0 && Closing(text, start + quote.Length, line, quote) is >= 0 and var closing)
        {
            return (start + quote.Length, closing, closing + quote.Length);
        }

        if ((text.AsSpan(start, line - start) is ['|' or '>', ..] && BlockMark().IsMatch(text[start..line])) || IsTable(text, setting, line))
        {
            var last = BlockEnd(text, line, Indent(text, head));
            return (Math.Min(line + 1, text.Length), last, last);
        }

        // A line of properties is one setting, whatever it holds.
        var endsLine = !isOneLine && setting.Index - head < LongestHead && LineHead().IsMatch(text[head..setting.Index]);
        var stop = !endsLine && NextSetting().Match(text, start, line - start) is { Success: true } next ? next.Index : line;
        return (start, stop, stop);
    }

    // A quote that is followed by more of the value does not end it.
    private static int Closing(string text, int start, int line, string quote)
    {
        for (var at = text.IndexOf(quote, start, line - start, StringComparison.Ordinal); at >= 0; at = text.IndexOf(quote, at + 1, line - at - 1, StringComparison.Ordinal))
        {
            var behind = at + quote.Length;
            if (text[at - 1] != '\\' && (behind == line || !(char.IsLetterOrDigit(text[behind]) || text[behind] == quote[0])))
            {
                return at;
            }
        }

        return -1;
    }

    private static int BlockEnd(string text, int line, int indent)
    {
        while (line < text.Length)
        {
            var next = text.IndexOf('\n', line + 1) is >= 0 and var stop ? stop : text.Length;
            // Items of a list may stand right below its key.
            var content = text.AsSpan(line + 1, next - line - 1).Trim();
            if (content.Length > 0 && Indent(text, line + 1) is var deep && (deep < indent || (deep == indent && !content.StartsWith("- "))))
            {
                break;
            }

            line = next;
        }

        return line;
    }

    private static int Indent(string text, int at)
    {
        var rest = text.AsSpan(at);
        return rest.Length - rest.TrimStart(' ').Length;
    }

    // "tokens:" and nothing else on its line: what stands below is secret.
    private static bool IsTable(string text, Match setting, int line) =>
        setting.Value.AsSpan().TrimEnd().EndsWith(":") && setting.Index + setting.Length is var next && line < text.Length && text.AsSpan(next, line - next).Trim().IsEmpty && SecretNames.IsTable(setting.Groups["name"].Value);

    private static int LineEnd(string text, int at) => text.IndexOf('\n', at) is >= 0 and var feed ? feed : text.Length;
}
