using System.Text.RegularExpressions;
using Portal.Helm.Yaml;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Portal.Server.Features.Values;

/// <summary>Changes a values text at a key and leaves everything else as it stands: comments, order, quotes, blank lines. Paths are dotted as in <see cref="YamlText"/>.</summary>
internal static partial class ValuesEdit
{
    /// <summary>One entry of a mapping: key and value with their places in the text.</summary>
    private sealed record Entry(string Path, int KeyStart, int KeyEnd, int ValueStart, int ValueEnd, bool InFlow, bool IsFlowMapping, bool IsBlockMapping, int Children);

    /// <summary>The text without a key; its own comment lines go with it. A table that it leaves empty goes too.</summary>
    public static string Remove(string text, string path)
    {
        var entries = Read(text);
        var entry = entries.LastOrDefault(e => e.Path == path);
        if (entry is null)
        {
            return text;
        }

        var parent = Parent(path);
        if (parent.Length > 0 && entries.FirstOrDefault(e => e.Path == parent) is { Children: 1, InFlow: false })
        {
            return Remove(text, parent);
        }

        var (start, end) = Span(text, entry);
        return string.Concat(text.AsSpan(0, start), text.AsSpan(end));
    }

    /// <summary>The text with a value moved to another key, its comments with it. What stands at the new key already stays and the old key is removed.</summary>
    public static string Move(string text, string from, string to)
    {
        var entries = Read(text);
        var entry = entries.LastOrDefault(e => e.Path == from);
        if (entry is null || from == to)
        {
            return text;
        }

        if (entries.Any(e => e.Path == to))
        {
            return Remove(text, from);
        }

        if (Parent(from) == Parent(to))
        {
            return string.Concat(text.AsSpan(0, entry.KeyStart), Key(Last(to)), text.AsSpan(entry.KeyEnd));
        }

        if (entry.InFlow)
        {
            return Set(Remove(text, from), to, text[entry.ValueStart..entry.ValueEnd]);
        }

        var (start, end) = Span(text, entry);
        var block = text[start..end];
        var indent = Column(text, entry.KeyStart);
        // The key is renamed inside its own lines, then they are set in with the indent of their new place.
        block = string.Concat(block.AsSpan(0, entry.KeyStart - start), Key(Last(to)), block.AsSpan(entry.KeyEnd - start));
        return Insert(Remove(text, from), to, block, indent);
    }

    /// <summary>The text with a key set to a raw YAML value on one line; an anchor before the old value stays.</summary>
    public static string Set(string text, string path, string raw)
    {
        if (YamlText.Scalars(text).LastOrDefault(s => s.Path == path) is { Value.Length: > 0 } scalar)
        {
            return YamlText.Replace(text, [(scalar, raw)]);
        }

        var entry = Read(text).LastOrDefault(e => e.Path == path);
        return entry is null
            ? Insert(text, path, $"{Key(Last(path))}: {raw}\n", 0)
            : string.Concat(text.AsSpan(0, entry.ValueStart), entry.ValueStart > 0 && text[entry.ValueStart - 1] == ':' ? " " : "", raw, text.AsSpan(entry.ValueEnd));
    }

    /// <summary>A text as a YAML scalar on one line that may stand anywhere, in braces as well: plain when nobody can take it for something else, else in double quotes.</summary>
    public static string Scalar(string value) => Plain().IsMatch(value) && GoYaml.Resolve(value) is string ? value : $"\"{string.Concat(value.Select(Escape))}\"";

    // YAML 1.1, 5.7; what else is no text that YAML may hold is written by its number.
    private static string Escape(char c) => c switch
    {
        '"' or '\\' => $"\\{c}",
        '\n' => "\\n",
        '\t' => "\\t",
        '\r' => "\\r",
        < ' ' or (>= '\u007f' and <= '\u00a0') or '\u2028' or '\u2029' or '\ufeff' or '\ufffe' or '\uffff' => $"\\u{(int)c:x4}",
        _ => c.ToString(),
    };

    [GeneratedRegex(@"^[A-Za-z0-9/](?:[A-Za-z0-9_./@+=-]|:(?! |\z)|(?<! ) (?! |\z|#))*\z", RegexOptions.CultureInvariant)]
    private static partial Regex Plain();

    // Puts an entry's lines (indented by "indent") at the end of the nearest table that exists; missing tables are written.
    private static string Insert(string text, string path, string block, int indent)
    {
        if (text.Length > 0 && !text.EndsWith('\n'))
        {
            text += "\n";
        }

        if (!block.EndsWith('\n'))
        {
            block += "\n";
        }

        var entries = Read(text);
        var missing = new List<string>();
        var parent = Parent(path);
        while (parent.Length > 0 && !entries.Any(e => e.Path == parent))
        {
            missing.Insert(0, Last(parent));
            parent = Parent(parent);
        }

        var table = parent.Length == 0 ? null : entries.Last(e => e.Path == parent);
        if (table is { IsFlowMapping: true } or { InFlow: true })
        {
            var value = block[(block.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
            var inner = missing.Append(Last(path)).Reverse().Aggregate(value, (v, k) => v == value && k == Last(path) ? $"{Key(k)}: {v}" : $"{Key(k)}: {{{v}}}");
            var close = table.ValueEnd - 1;
            var before = text[..close].TrimEnd();
            return $"{before}{(before.EndsWith('{') ? "" : ", ")}{inner}{text[close..]}";
        }

        var first = table is null ? null : entries.FirstOrDefault(e => Parent(e.Path) == parent);
        int at, to;
        if (table is null)
        {
            (at, to) = (text.Length, entries.Count > 0 ? Column(text, entries[0].KeyStart) : 0);
        }
        else
        {
            (at, to) = (LineEnd(text, LastContent(entries, parent)), first is not null ? Column(text, first.KeyStart) : Column(text, table.KeyStart) + 2);
            if (!table.IsBlockMapping)
            {
                // "a:" or "a: null" becomes a table.
                text = string.Concat(text.AsSpan(0, table.KeyEnd), ":", text.AsSpan(table.ValueEnd > table.KeyEnd ? table.ValueEnd : text.IndexOf(':', table.KeyEnd) + 1));
                at = LineEnd(text, table.KeyEnd);
            }
        }

        var lines = new System.Text.StringBuilder();
        foreach (var name in missing)
        {
            lines.Append(' ', to).Append(Key(name)).Append(":\n");
            to += 2;
        }

        foreach (var line in block.TrimEnd('\n').Split('\n'))
        {
            var content = line.Length >= indent && line[..indent].Trim().Length == 0 ? line[indent..] : line.TrimStart();
            lines.Append(' ', content.Trim().Length == 0 ? 0 : to).Append(content).Append('\n');
        }

        return text.Insert(at, lines.ToString());
    }

    private static int LastContent(IReadOnlyList<Entry> entries, string parent) =>
        entries.Where(e => e.Path == parent || e.Path.StartsWith(parent + ".", StringComparison.Ordinal)).Max(e => Math.Max(e.KeyEnd, e.ValueEnd));

    // The lines of an entry, with the comment lines right above it; in flow style the entry and one comma.
    private static (int Start, int End) Span(string text, Entry entry)
    {
        if (entry.InFlow)
        {
            var (start, end) = (entry.KeyStart, entry.ValueEnd);
            var rest = text.AsSpan(end).TrimStart();
            if (rest.StartsWith(","))
            {
                end = text.Length - rest.Length + 1;
                end += text.AsSpan(end).Length - text.AsSpan(end).TrimStart(' ').Length;
            }
            else
            {
                var before = text.AsSpan(0, start).TrimEnd();
                start = before.EndsWith(",") ? before.Length - 1 : start;
            }

            return (start, end);
        }

        var from = LineStart(text, entry.KeyStart);
        var indent = Column(text, entry.KeyStart);
        while (from > 0)
        {
            var above = LineStart(text, from - 1);
            var line = text[above..(from - 1)];
            if (!line.TrimStart().StartsWith('#') || line.Length - line.TrimStart().Length != indent)
            {
                break;
            }

            from = above;
        }

        return (from, LineEnd(text, Math.Max(entry.ValueEnd, entry.KeyEnd)));
    }

    private static IReadOnlyList<Entry> Read(string text)
    {
        GoYaml.Read(text);
        var result = new List<Entry>();
        var parser = new YamlEvents(text);
        parser.Consume<StreamStart>();
        if (parser.Accept<DocumentStart>(out _))
        {
            parser.Consume<DocumentStart>();
            Node(parser, text, "", false, result);
        }

        return result;
    }

    private static (int Start, int End, bool Flow, bool Block, int Children) Node(YamlEvents parser, string text, string path, bool inFlow, List<Entry> result)
    {
        switch (parser.Current)
        {
            case MappingStart mapping:
                var flow = mapping.Style == MappingStyle.Flow;
                parser.MoveNext();
                var last = (int)mapping.Start.Index;
                var count = 0;
                while (parser.Current is not MappingEnd)
                {
                    count++;
                    var key = parser.Current!;
                    var name = key is Scalar k ? k.Value : "?";
                    var (keyStart, keyEnd) = ((int)key.Start.Index, (int)key.End.Index);
                    parser.SkipThisAndNestedEvents();
                    var at = ValuesPath.Join(path, name);
                    var index = result.Count;
                    var value = Node(parser, text, at, flow, result);
                    result.Insert(index, new Entry(at, keyStart, keyEnd, value.Start, value.End, flow, value.Flow, value.Block, value.Children));
                    last = Math.Max(keyEnd, value.End);
                }

                // The event stands at the closing brace.
                var end = (int)parser.Consume<MappingEnd>().Start.Index + 1;
                return ((int)mapping.Start.Index, flow ? end : last, flow, !flow, count);
            case SequenceStart sequence:
                parser.MoveNext();
                var tail = (int)sequence.Start.Index;
                for (var i = 0; parser.Current is not SequenceEnd; i++)
                {
                    tail = Math.Max(tail, Node(parser, text, ValuesPath.Join(path, i.ToString(System.Globalization.CultureInfo.InvariantCulture)), sequence.Style == SequenceStyle.Flow || inFlow, result).End);
                }

                var stop = (int)parser.Consume<SequenceEnd>().Start.Index + 1;
                return ((int)sequence.Start.Index, sequence.Style == SequenceStyle.Flow ? stop : tail, false, false, 0);
            default:
                var node = parser.Current!;
                parser.SkipThisAndNestedEvents();
                var to = (int)node.End.Index;
                while (to > node.Start.Index && text[to - 1] is '\n' or '\r' or ' ')
                {
                    to--;
                }

                return ((int)node.Start.Index, Math.Max((int)node.Start.Index, to), false, false, 0);
        }
    }

    private static int LineStart(string text, int at) => at == 0 ? 0 : text.LastIndexOf('\n', at - 1) + 1;

    private static int LineEnd(string text, int at)
    {
        var end = text.IndexOf('\n', Math.Min(at, text.Length));
        return end < 0 ? text.Length : end + 1;
    }

    private static int Column(string text, int at) => at - LineStart(text, at);

    private static string Key(string name) => Scalar(name);

    private static string Parent(string path)
    {
        var parts = ValuesPath.Split(path);
        return parts.Length == 1 ? "" : ValuesPath.Join(parts[..^1]);
    }

    private static string Last(string path) => ValuesPath.Split(path)[^1];
}
