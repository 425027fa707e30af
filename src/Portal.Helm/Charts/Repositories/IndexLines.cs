namespace Portal.Helm.Charts.Repositories;

/// <summary>
/// An index.yaml without the fields that nobody reads, so that the YAML parser has a third of the text. It knows only the form that "helm repo index" writes:
/// <code>
/// entries:
///   demo:
///   - annotations:          a field stands at column 4,
///       category: x         what belongs to it deeper,
///     keywords:
///     - one                 or as items at column 4
/// </code>
/// A field whose text is quoted over several lines, or that stands elsewhere, is kept: what is left is the same YAML without some keys.
/// </summary>
internal sealed class IndexLines(TextReader inner) : TextReader
{
    private const int Column = 4;

    private static readonly HashSet<string> Unread = new(
        ["annotations", "apiVersion", "condition", "dependencies", "engine", "home", "icon", "keywords", "kubeVersion", "maintainers", "name", "sources", "tags", "tillerVersion", "type"], StringComparer.Ordinal);

    private string _line = "";
    private int _at;
    private bool _skipping;

    public override int Peek() => Fill() ? _line[_at] : -1;

    public override int Read() => Fill() ? _line[_at++] : -1;

    public override int Read(char[] buffer, int index, int count) => Read(buffer.AsSpan(index, count));

    public override int Read(Span<char> buffer)
    {
        var done = 0;
        while (done < buffer.Length && Fill())
        {
            var part = Math.Min(buffer.Length - done, _line.Length - _at);
            _line.AsSpan(_at, part).CopyTo(buffer[done..]);
            _at += part;
            done += part;
        }

        return done;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
        }

        base.Dispose(disposing);
    }

    private bool Fill()
    {
        while (_at >= _line.Length)
        {
            if (inner.ReadLine() is not { } next)
            {
                return false;
            }

            _line = Kept(next) + "\n";
            _at = 0;
        }

        return true;
    }

    // A line that goes leaves an empty one: the parser's line numbers stay right.
    private string Kept(string line)
    {
        var indent = line.AsSpan().IndexOfAnyExcept(' ');
        if (indent < 0)
        {
            return line;
        }

        // "  - annotations:" begins an entry: its first field stands at column 4 as well, and the dash has to stay.
        var begins = indent == Column - 2 && line.Length > Column && line[indent] == '-' && line[indent + 1] == ' ' && line[Column] != ' ';
        if (!begins && (indent > Column || (indent == Column && line[indent] == '-' && _skipping)))
        {
            return _skipping ? "" : line;
        }

        _skipping = false;
        if (indent != Column && !begins)
        {
            return line;
        }

        var colon = line.IndexOf(':', Column);
        if (colon < 0 || !Unread.GetAlternateLookup<ReadOnlySpan<char>>().Contains(line.AsSpan(Column, colon - Column)) || !IsWhole(line.AsSpan(colon + 1)))
        {
            return line;
        }

        _skipping = true;
        // An empty key is one that nobody reads, and keeps the entry a mapping.
        return begins ? "  - ? ''" : "";
    }

    // Nothing, a plain text, or a block ("|"): its end is told by the indentation. What is quoted or bracketed has to end on its own line.
    private static bool IsWhole(ReadOnlySpan<char> value)
    {
        value = value.Trim();
        return value.IsEmpty || value[0] switch
        {
            '"' => value.Length > 1 && value[^1] == '"' && value[1..^1].IndexOfAny('"', '\\') < 0,
            '\'' => value.Length > 1 && value[^1] == '\'' && value[1..^1].IndexOf('\'') < 0,
            '[' or '{' => value is "[]" or "{}",
            '&' or '*' or '!' => false,
            _ => true,
        };
    }
}
