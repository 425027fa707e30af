using System.Globalization;
using System.Text;

namespace Portal.Server.Features.Values;

/// <summary>A scalar as it stands in YAML, read without its quotes and escapes, and for each character where it is written.</summary>
internal sealed class WrittenScalar
{
    // Where nothing is escaped, a character stands as far from the start as in the text.
    private readonly int _start;
    private readonly List<int>? _places;

    /// <param name="raw">With quotes, when it has some; of a block scalar the lines below its mark, as they are; a plain one is taken as it is.</param>
    public WrittenScalar(string raw)
    {
        if (raw is ['|' or '>', ..] && raw.IndexOf('\n', StringComparison.Ordinal) is >= 0 and var mark)
        {
            var indent = raw.AsSpan(mark + 1).TrimStart("\r\n") is var first ? first.Length - first.TrimStart(' ').Length : 0;
            (Text, _places) = Lines(raw, Below(raw, mark + 1).Select(l => (l.Start + Math.Min(indent, Spaces(raw, l.Start, l.End)), l.End)), raw.Length);
            return;
        }

        var quote = raw.Length > 1 && raw[0] is '"' or '\'' ? raw[0] : '\0';
        _start = quote == '\0' ? 0 : 1;
        var end = raw.Length - _start;
        if (quote == '\0' || raw.AsSpan(_start, end - _start).IndexOf(quote == '"' ? '\\' : '\'') < 0)
        {
            Text = raw[_start..end];
            return;
        }

        var decoded = new StringBuilder();
        _places = [];
        for (var at = _start; at < end;)
        {
            var (text, length) = quote == '\'' && raw[at] == '\'' ? ("'", 2) : quote == '"' && raw[at] == '\\' && at + 1 < end ? Escape(raw, at) : (raw.Substring(at, 1), 1);
            decoded.Append(text);
            _places.AddRange(Enumerable.Repeat(at, text.Length));
            at += length;
        }

        _places.Add(end);
        Text = decoded.ToString();
    }

    private WrittenScalar(string text, List<int> places) => (Text, _places) = (text, places);

    /// <summary>Comments that stand line below line, without their marks, as one text.</summary>
    /// <param name="text">The text that they stand in.</param>
    /// <param name="comments">Where each begins and ends.</param>
    public static WrittenScalar OfComments(string text, IReadOnlyList<(int Start, int End)> comments)
    {
        var (read, places) = Lines(text, comments.Select(c => (c.Start + 1, c.End)), comments[^1].End);
        return new WrittenScalar(read, places);
    }

    public string Text { get; }

    /// <summary>Where a character of the text is written.</summary>
    public int Place(int index) => _places is null ? _start + index : _places[index];

    private static IEnumerable<(int Start, int End)> Below(string raw, int at)
    {
        while (at < raw.Length)
        {
            var end = raw.IndexOf('\n', at) is >= 0 and var feed ? feed : raw.Length;
            yield return (at, end);
            at = end + 1;
        }
    }

    private static int Spaces(string raw, int start, int end) => end - start - raw.AsSpan(start, end - start).TrimStart(' ').Length;

    // Lines of a text as a text of their own.
    private static (string Text, List<int> Places) Lines(string raw, IEnumerable<(int Start, int End)> lines, int end)
    {
        var text = new StringBuilder();
        var places = new List<int>();
        var before = -1;
        foreach (var (start, stop) in lines)
        {
            if (before >= 0)
            {
                text.Append('\n');
                places.Add(before);
            }

            text.Append(raw, start, stop - start);
            places.AddRange(Enumerable.Range(start, stop - start));
            before = stop;
        }

        places.Add(end);
        return (text.ToString(), places);
    }

    // YAML 1.1, 5.7. Those of which it does not matter what they mean (a line that goes on) are left as they are.
    private static (string Text, int Length) Escape(string raw, int at) => raw[at + 1] switch
    {
        'n' => ("\n", 2),
        'r' => ("\r", 2),
        't' or '\t' => ("\t", 2),
        '"' or '\\' or '/' or ' ' => (raw.Substring(at + 1, 1), 2),
        'x' when Code(raw, at, 2) is { } text => (text, 4),
        'u' when Code(raw, at, 4) is { } text => (text, 6),
        'U' when Code(raw, at, 8) is { } text => (text, 10),
        _ => (raw.Substring(at, 2), 2),
    };

    private static string? Code(string raw, int at, int digits) =>
        at + 2 + digits <= raw.Length && int.TryParse(raw.AsSpan(at + 2, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code)
            ? code < 0x10000 ? ((char)code).ToString() : code <= 0x10FFFF ? char.ConvertFromUtf32(code) : null
            : null;
}
