using System.Buffers;
using System.Text;
using Portal.Helm.Templating;

namespace Portal.Helm.Yaml;

/// <summary>
/// Reads the YAML that manifests and values files are made of - block tables and lists, scalars on one line, literal and folded blocks, short flow lists -
/// several times faster than a whole scanner. At anything else, and at every error, it gives up, and <see cref="GoYaml"/> reads the text as a whole: it
/// answers the same or not at all.
/// </summary>
internal ref struct EverydayYaml
{
    private const int MaxDepth = 100;
    private const int MaxKey = 100;

    // Tabs and line ends other than \n have rules of their own; the others are errors.
    private static readonly SearchValues<char> Strange = SearchValues.Create("\t\r\u0085\u2028\u2029\uFEFF" + string.Concat(YamlErrors.ForbiddenCharacters));

    private readonly ReadOnlySpan<char> _text;
    private readonly string?[] _words = new string?[256];
    private readonly bool _headOnly;
    private int _at;
    private bool _skip;

    // The line under the reader: where its first word stands, and where it ends.
    private int _indent;
    private int _start;
    private int _end;

    private EverydayYaml(ReadOnlySpan<char> text, bool headOnly)
    {
        _text = text;
        _headOnly = headOnly;
    }

    /// <summary>What a text says that holds one document; false when this reader is not sure. With headOnly it reads as much, but keeps only apiVersion, kind and metadata, whatever their case.</summary>
    public static bool TryRead(string text, bool headOnly, out object? value)
    {
        value = null;
        if (text.AsSpan().IndexOfAny(Strange) >= 0 || GoBytes.HasLoneSurrogate(text))
        {
            return false;
        }

        var reader = new EverydayYaml(text, headOnly);
        if (!reader.NextLine())
        {
            return true;
        }

        if (reader._indent == 0 && reader.Line is "---" && !reader.NextLine())
        {
            return false;
        }

        return reader.TryBlock(reader._indent, 0, out value) && reader._start == text.Length;
    }

    private readonly ReadOnlySpan<char> Line => _text[_start.._end];

    private readonly bool AtDash => Dash(Line);

    private static bool Dash(ReadOnlySpan<char> text) => text[0] == '-' && (text.Length == 1 || text[1] == ' ');

    // Steps to the next line that is neither blank nor a comment. At the end the line is empty and its indentation -1.
    private bool NextLine()
    {
        while (_at < _text.Length)
        {
            ToLineEnd(out var first);
            if (first < _end && _text[first] != '#')
            {
                _indent = first - _start;
                _start = first;
                _end = _start + _text[_start.._end].TrimEnd(' ').Length;
                return true;
            }
        }

        (_indent, _start, _end) = (-1, _text.Length, _text.Length);
        return false;
    }

    // Steps over one line, whatever it holds.
    private void ToLineEnd(out int first)
    {
        _start = _at;
        var length = _text[_start..].IndexOf('\n');
        _end = length < 0 ? _text.Length : _start + length;
        _at = length < 0 ? _text.Length : _end + 1;
        var blanks = _text[_start.._end].IndexOfAnyExcept(' ');
        first = blanks < 0 ? _end : _start + blanks;
    }

    // A table or a list whose first line is under the reader, at this indentation.
    private bool TryBlock(int indent, int depth, out object? value)
    {
        value = null;
        if (depth > MaxDepth)
        {
            return false;
        }

        return AtDash ? TryList(indent, depth, out value) : TryTable(indent, depth, out value);
    }

    private bool TryList(int indent, int depth, out object? value)
    {
        var list = _skip ? null : new List<object?>();
        value = list;
        while (_indent == indent && AtDash)
        {
            var rest = Line[1..].TrimStart(' ');
            if (rest.Length == 0 || rest[0] == '#')
            {
                if (!TryNested(indent, depth, sameIndent: false, out var nested))
                {
                    return false;
                }

                list?.Add(nested);
                continue;
            }

            var column = indent + (_end - _start - rest.Length);
            object? item;
            if (Dash(rest) || KeyEnd(rest) > 0)
            {
                // "- key: value" and "- - x": a block that begins in the middle of a line.
                _start = _end - rest.Length;
                _indent = column;
                if (!TryBlock(column, depth + 1, out item))
                {
                    return false;
                }
            }
            else if (!TryScalar(rest, indent, out item))
            {
                return false;
            }

            list?.Add(item);
        }

        return _indent <= indent;
    }

    private bool TryTable(int indent, int depth, out object? value)
    {
        var table = _skip ? null : new Dictionary<string, object?>(StringComparer.Ordinal);
        value = table;
        while (_indent == indent)
        {
            var line = Line;
            var end = KeyEnd(line);
            if (end is <= 0 or > MaxKey || (indent == 0 && line.StartsWith("---")) || !TryKey(line[..end], out var key))
            {
                return false;
            }

            var skipped = _skip;
            _skip |= _headOnly && depth == 0 && !GoYaml.IsHead(key);
            var rest = line[(end + 1)..].TrimStart(' ');
            object? item;
            if (rest.Length == 0 || rest[0] == '#' ? !TryNested(indent, depth, sameIndent: true, out item) : !TryScalar(rest, indent, out item))
            {
                return false;
            }

            if (!_skip)
            {
                table![key] = item;
            }

            _skip = skipped;
        }

        return _indent < indent;
    }

    // What stands below "key:" or "-".
    private bool TryNested(int indent, int depth, bool sameIndent, out object? value)
    {
        NextLine();
        if (_indent > indent || (sameIndent && _indent == indent && AtDash))
        {
            return AtDash || KeyEnd(Line) > 0 ? TryBlock(_indent, depth + 1, out value) : TryScalar(Line, indent, out value);
        }

        value = null;
        return true;
    }

    // Where the colon behind a key stands; -1 when the line begins with no key.
    private static int KeyEnd(ReadOnlySpan<char> line)
    {
        if (line[0] is '"' or '\'')
        {
            var quote = line[1..].IndexOf(line[0]);
            return quote > 0 && quote + 2 < line.Length && line[quote + 2] == ':' && (quote + 3 == line.Length || line[quote + 3] == ' ') ? quote + 2 : -1;
        }

        for (var i = 0; i < line.Length; i++)
        {
            var next = line[i..].IndexOfAny(':', '#');
            if (next < 0)
            {
                return -1;
            }

            i += next;
            if (line[i] == '#')
            {
                if (i > 0 && line[i - 1] == ' ')
                {
                    return -1;
                }
            }
            else if (i + 1 == line.Length || line[i + 1] == ' ')
            {
                return i > 0 && line[i - 1] != ' ' ? i : -1;
            }
        }

        return -1;
    }

    private readonly bool TryKey(ReadOnlySpan<char> text, out string key)
    {
        key = "";
        if (text[0] is '"' or '\'')
        {
            key = Word(text[1..^1]);
            return text.IndexOf('\\') < 0;
        }

        if (!BeginsPlain(text) || text[0] == ':' || text is "<<")
        {
            return false;
        }

        key = Word(text);
        var value = GoYaml.Resolve(key);
        if (value is null || (value is double number && !double.IsFinite(number)))
        {
            return false;
        }

        key = value as string ?? GoYaml.KeyText(value)!;
        return true;
    }

    // A scalar that begins on this line behind "key:" or "-"; the reader stands on the next line after it.
    private bool TryScalar(ReadOnlySpan<char> text, int indent, out object? value)
    {
        value = null;
        switch (text[0])
        {
            case '|' or '>':
                return TryBlockScalar(text, indent, out value) && _indent <= indent;
            case '"' or '\'' or '[' or '{':
                var rest = text;
                if (!(TryFlow(ref rest, 0, out value) || (text[0] is '"' or '\'' && TryQuotedLines(ref rest, indent, out value))) || !IsRest(rest))
                {
                    return false;
                }

                break;
            default:
                return TryPlainLines(text, indent, out value);
        }

        // Text further to the right would belong to the scalar.
        NextLine();
        return _indent <= indent;
    }

    // A plain scalar, and the lines to the right of its parent that go on with it.
    private bool TryPlainLines(ReadOnlySpan<char> text, int indent, out object? value)
    {
        value = null;
        var comment = text.IndexOf(" #");
        text = comment < 0 ? text : text[..comment].TrimEnd(' ');
        if (!IsPlain(text))
        {
            return false;
        }

        var next = _at;
        NextLine();
        if (_indent <= indent)
        {
            return TryPlain(text, out value);
        }

        var lines = new StringBuilder().Append(text);
        while (_indent > indent)
        {
            // Blank lines and comments between have rules of their own.
            if (comment >= 0 || _start - _indent != next || !GoesOn(Line))
            {
                return false;
            }

            lines.Append(' ').Append(Line);
            next = _at;
            NextLine();
        }

        return TryPlain(lines.ToString(), out value);
    }

    // Behind the first line quotes and most signs are text.
    private static bool GoesOn(ReadOnlySpan<char> line) =>
        line[0] is not ('-' or '?' or ':' or '#' or '&' or '*' or '!' or '|' or '>' or '%' or '@') && line[^1] != ':' && line.IndexOf(": ") < 0 && line.IndexOf(" #") < 0 && line.IndexOf(" *") < 0;

    private static bool IsPlain(ReadOnlySpan<char> text) => BeginsPlain(text) && text[^1] != ':' && text.IndexOf(": ") < 0;

    // A quoted scalar that ends on a later line: an end of a line counts as a blank.
    private bool TryQuotedLines(ref ReadOnlySpan<char> text, int indent, out object? value)
    {
        value = null;
        var lines = new StringBuilder().Append(text);
        var line = text;
        while (line[^1] != '\\' && _at < _text.Length)
        {
            ToLineEnd(out var first);
            if (first == _end || first - _start <= indent)
            {
                return false;
            }

            line = _text[first.._end].TrimEnd(' ');
            lines.Append(' ').Append(line);
            ReadOnlySpan<char> whole = line.Contains(text[0]) ? lines.ToString() : "";
            if (TryFlow(ref whole, 0, out value))
            {
                text = whole;
                return true;
            }
        }

        return false;
    }

    private static bool IsRest(ReadOnlySpan<char> rest) => rest.Length == 0 || (rest[0] == ' ' && rest.TrimStart(' ')[0] == '#');

    private static bool BeginsPlain(ReadOnlySpan<char> text) =>
        text[0] is not ('?' or ',' or '[' or ']' or '{' or '}' or '#' or '&' or '*' or '!' or '|' or '>' or '\'' or '"' or '%' or '@' or '`') && !Dash(text) && !(text[0] == ':' && (text.Length == 1 || !char.IsAsciiLetterOrDigit(text[1])))
        && !(text is "---" or "...") && !text.StartsWith("--- ") && !text.StartsWith("... ")
        // YamlDotNet takes what follows for an alias and reads on in its own way.
        && text.IndexOf(" *") < 0;

    private readonly bool TryPlain(ReadOnlySpan<char> text, out object? value)
    {
        value = null;
        // .inf and .nan are no JSON.
        var number = text[0] is '+' or '-' ? text[1..] : text;
        if (number.Length == 4 && (number.Equals(".inf", StringComparison.OrdinalIgnoreCase) || number.Equals(".nan", StringComparison.OrdinalIgnoreCase)))
        {
            return false;
        }

        if (!_skip)
        {
            value = GoYaml.Resolve(Word(text));
        }

        return true;
    }

    // [a, "b"], {a: b} and quoted scalars, on one line. What is left of the line stays in text.
    private readonly bool TryFlow(ref ReadOnlySpan<char> text, int depth, out object? value)
    {
        value = null;
        if (text.Length == 0 || depth > MaxDepth)
        {
            return false;
        }

        switch (text[0])
        {
            case '"':
                return TryDouble(ref text, out value);
            case '\'':
                return TrySingle(ref text, out value);
            case '[':
                return TryFlowList(ref text, depth, out value);
            case '{':
                return TryFlowTable(ref text, depth, out value);
            default:
                var end = text.IndexOfAny(",[]{}");
                if (end <= 0)
                {
                    return false;
                }

                var word = text[..end].TrimEnd(' ');
                text = text[end..];
                return IsFlowWord(word) && TryPlain(word, out value);
        }
    }

    private readonly bool TryFlowList(ref ReadOnlySpan<char> text, int depth, out object? value)
    {
        var list = _skip ? null : new List<object?>();
        value = list;
        text = text[1..].TrimStart(' ');
        while (text.Length > 0 && text[0] != ']')
        {
            if (!TryFlow(ref text, depth + 1, out var item) || !Separated(ref text, ']'))
            {
                return false;
            }

            list?.Add(item);
        }

        return Closed(ref text);
    }

    private readonly bool TryFlowTable(ref ReadOnlySpan<char> text, int depth, out object? value)
    {
        var table = _skip ? null : new Dictionary<string, object?>(StringComparer.Ordinal);
        value = table;
        text = text[1..].TrimStart(' ');
        while (text.Length > 0 && text[0] != '}')
        {
            var end = KeyEnd(text);
            if (end is <= 0 or > MaxKey || !(text[0] is '"' or '\'' || IsFlowWord(text[..end])) || !TryKey(text[..end], out var key))
            {
                return false;
            }

            text = text[(end + 1)..].TrimStart(' ');
            if (!TryFlow(ref text, depth + 1, out var item) || !Separated(ref text, '}'))
            {
                return false;
            }

            if (table is not null)
            {
                table[key] = item;
            }
        }

        return Closed(ref text);
    }

    // A comma and what follows it, or the end of the list.
    private static bool Separated(ref ReadOnlySpan<char> text, char close)
    {
        text = text.TrimStart(' ');
        if (text.Length == 0 || text[0] == close)
        {
            return text.Length > 0;
        }

        if (text[0] != ',')
        {
            return false;
        }

        text = text[1..].TrimStart(' ');
        return true;
    }

    private static bool Closed(ref ReadOnlySpan<char> text)
    {
        if (text.Length == 0)
        {
            return false;
        }

        text = text[1..];
        return true;
    }

    // Letters, digits and what is harmless inside brackets.
    private static bool IsFlowWord(ReadOnlySpan<char> text)
    {
        if (text.Length == 0 || !(char.IsAsciiLetterOrDigit(text[0]) || text[0] is '/' or '_' or '.' || (text[0] is '-' && text.Length > 1 && char.IsAsciiLetterOrDigit(text[1]))))
        {
            return false;
        }

        foreach (var c in text)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_' or '.' or '/' or '+' or '=' or ' '))
            {
                return false;
            }
        }

        return true;
    }

    private readonly bool TryDouble(ref ReadOnlySpan<char> text, out object? value)
    {
        value = null;
        var content = text[1..];
        var end = content.IndexOfAny('"', '\\');
        if (end < 0)
        {
            return false;
        }

        if (content[end] == '"')
        {
            text = content[(end + 1)..];
            value = _skip ? null : Word(content[..end]);
            return true;
        }

        var result = new StringBuilder();
        while (content[end] == '\\')
        {
            if (end + 1 >= content.Length)
            {
                return false;
            }

            char? escaped = content[end + 1] switch { 'n' => '\n', 't' => '\t', 'r' => '\r', '"' => '"', '\\' => '\\', _ => null };
            if (escaped is null)
            {
                return false;
            }

            result.Append(content[..end]).Append(escaped.Value);
            content = content[(end + 2)..];
            end = content.IndexOfAny('"', '\\');
            if (end < 0)
            {
                return false;
            }
        }

        value = _skip ? null : result.Append(content[..end]).ToString();
        text = content[(end + 1)..];
        return true;
    }

    private readonly bool TrySingle(ref ReadOnlySpan<char> text, out object? value)
    {
        value = null;
        var end = 1;
        while (true)
        {
            var next = text[end..].IndexOf('\'');
            if (next < 0)
            {
                return false;
            }

            end += next;
            if (end + 1 >= text.Length || text[end + 1] != '\'')
            {
                break;
            }

            end += 2;
        }

        value = _skip ? null : text[1..end].IndexOf('\'') < 0 ? Word(text[1..end]) : text[1..end].ToString().Replace("''", "'", StringComparison.Ordinal);
        text = text[(end + 1)..];
        return true;
    }

    // A literal or folded block whose header is on this line.
    private bool TryBlockScalar(ReadOnlySpan<char> header, int parent, out object? value)
    {
        value = null;
        if (header.Length > 2 || (header.Length == 2 && header[1] != '-'))
        {
            return false;
        }

        var folded = header[0] == '>';
        var begin = _at;
        if (_at >= _text.Length)
        {
            return false;
        }

        ToLineEnd(out var first);
        var indent = first - _start;
        // A block that begins with blank lines, or holds nothing, has rules of its own.
        if (first == _end || indent <= parent)
        {
            return false;
        }

        var result = _skip ? null : new StringBuilder();
        var breaks = 0;
        var content = false;
        while (true)
        {
            var line = _text[_start.._end];
            if (line.Length > indent)
            {
                line = line[indent..];
                if (folded && line[0] == ' ')
                {
                    return false;
                }

                if (result is not null)
                {
                    _ = (folded, content, breaks) switch
                    {
                        (true, true, 1) => result.Append(' '),
                        (true, true, _) => result.Append('\n', breaks - 1),
                        _ => result.Append('\n', breaks),
                    };
                    result.Append(line);
                }

                content = true;
                breaks = 0;
            }

            breaks += _end < _text.Length ? 1 : 0;
            if (_at >= _text.Length)
            {
                (_indent, _start, _end) = (-1, _text.Length, _text.Length);
                break;
            }

            begin = _at;
            ToLineEnd(out first);
            if (first < _end && first - _start < indent)
            {
                // A comment to the right of the parent is part of nothing we know.
                var right = first - _start > parent;
                _at = begin;
                NextLine();
                if (right)
                {
                    return false;
                }

                break;
            }
        }

        value = header.Length == 2 || breaks == 0 ? result?.ToString() : result?.Append('\n').ToString();
        return true;
    }

    // The text of a word; short ones that come again are made once.
    private readonly string Word(ReadOnlySpan<char> text)
    {
        if (text.Length is 0 or > 40)
        {
            return text.ToString();
        }

        ref var known = ref _words[((text[0] * 31) + (text[^1] * 7) + (text[text.Length / 2] * 3) + text.Length) & 0xFF];
        if (known is null || !text.SequenceEqual(known))
        {
            known = text.ToString();
        }

        return known;
    }
}
