using System.Text.RegularExpressions;
using Portal.Helm.Templating;
using Portal.Helm.Yaml;
using Portal.Server.Web;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Portal.Server.Features.Values;

/// <summary>Changes a values text at a key and leaves everything else as it stands: comments, order, quotes, blank lines. Paths are dotted as in <see cref="YamlText"/>.</summary>
internal static partial class ValuesEdit
{
    /// <summary>One entry of a mapping: key and value with their places in the text.</summary>
    private sealed record Entry(string Path, int KeyStart, int KeyEnd, int ValueStart, int ValueEnd, bool InFlow, bool IsFlowMapping, bool IsBlockMapping, bool IsAlias, int Children);

    /// <summary>
    /// The text without a key; its own comment lines go with it, but for those that the text begins with. A table that it leaves empty goes too.
    /// </summary>
    /// <exception cref="ProblemException">422 with the line: it cannot be taken out without changing another key (an alias repeats it).</exception>
    /// <exception cref="Helm.Yaml.YamlException">The text is not YAML.</exception>
    public static string Remove(string text, string path) =>
        Framed(text, path, clean => RemoveIn(clean, path), tree => Has(tree, path) ? Without(tree, path) : tree, path);

    private static string RemoveIn(string text, string path)
    {
        var entries = Read(text).Entries;
        if (entries.LastOrDefault(e => e.Path == path) is not { } entry)
        {
            return text;
        }

        var (start, end) = Span(text, Emptied(entries, entry));
        // What the text begins with is said of all of it.
        start = start == 0 && text[0] == '#' ? LineStart(text, Emptied(entries, entry).KeyStart) : start;
        return string.Concat(text.AsSpan(0, start), text.AsSpan(end));
    }

    // The same for what goes on elsewhere with its own comments: those of tables that it leaves empty stay where they are.
    private static string Leave(string text, string path)
    {
        var entries = Read(text).Entries;
        var entry = entries.Last(e => e.Path == path);
        var (own, ownEnd) = Span(text, entry);
        var top = Emptied(entries, entry);
        var (start, end) = Span(text, top);
        var indent = new string(' ', Column(text, top.KeyStart));
        var kept = top == entry ? [] : YamlText.Read(text).Comments.Where(c => c.Start >= start && c.Start < end && (c.Start < own || c.Start >= ownEnd)).Select(c => $"{indent}{c.Value}\n");
        return string.Concat(text[..start], string.Concat(kept), text[end..]);
    }

    // The key itself, or the topmost table that has nothing without it.
    private static Entry Emptied(IReadOnlyList<Entry> entries, Entry entry)
    {
        while (Parent(entry.Path) is { Length: > 0 } parent && entries.LastOrDefault(e => e.Path == parent) is { Children: 1, InFlow: false } above)
        {
            entry = above;
        }

        return entry;
    }

    // The edit on the text as it is without its encoding's mark and with plain line ends, both put back afterwards; what it makes is read again.
    private static string Framed(string text, string path, Func<string, string> edit, Func<Dictionary<string, object?>, Dictionary<string, object?>> expected, params string[] emptied)
    {
        var (plain, put) = Unframed(text);
        var clean = Ended(plain);
        var before = GoYaml.ReadTable(clean);
        string after;
        object? got;
        try
        {
            after = edit(clean);
            got = GoYaml.Read(after);
        }
        catch (Helm.Yaml.YamlException)
        {
            // An anchor went that an alias names.
            throw ByHand(clean, path);
        }

        if (after == clean && GoValue.DeepEqual(before, expected(before)))
        {
            return text;
        }

        if (got is not (null or Dictionary<string, object?>) || !GoValue.DeepEqual(Pruned(got as Dictionary<string, object?> ?? [], emptied), Pruned(expected(before), emptied)))
        {
            throw ByHand(clean, path);
        }

        // A last line without an end stays so while it is the last one.
        after = text.EndsWith('\n') || !after.EndsWith(clean[(clean.TrimEnd('\n').LastIndexOf('\n') + 1)..], StringComparison.Ordinal) || !after.EndsWith('\n') || !GoValue.DeepEqual(GoYaml.Read(after[..^1]), got) ? after : after[..^1];
        return put(after);
    }

    // A text without its encoding's mark and with plain line ends, and what puts both back.
    private static (string Plain, Func<string, string> Put) Unframed(string text)
    {
        var mark = text.StartsWith('\uFEFF') ? "\uFEFF" : "";
        var feeds = text.AsSpan().Count('\n');
        var windows = feeds > 0 && text.AsSpan().Count("\r\n") == feeds;
        var plain = windows ? text[mark.Length..].Replace("\r\n", "\n", StringComparison.Ordinal) : text[mark.Length..];
        return (plain, edited => mark + (windows ? edited.Replace("\n", "\r\n", StringComparison.Ordinal) : edited));
    }

    // A text of several lines at the very end is another one with a line end behind it: its mark says so then.
    private static string Ended(string text)
    {
        if (text.Length == 0 || text.EndsWith('\n'))
        {
            return text;
        }

        if (YamlText.Scalars(text).LastOrDefault() is { } last && last.End >= text.TrimEnd().Length && BlockMark().Match(text, last.Start, last.End - last.Start) is { Success: true } mark && mark.Index == last.Start)
        {
            var head = mark.Value.TrimEnd('+', '-');
            text = string.Concat(text.AsSpan(0, last.Start), head, "-", text.AsSpan(last.Start + mark.Length));
        }

        return text + "\n";
    }

    private static ProblemException ByHand(string text, string path)
    {
        var entries = Read(text).Entries;
        var at = path;
        while (at.Length > 0 && !entries.Any(e => e.Path == at))
        {
            at = Parent(at);
        }

        var line = at.Length == 0 ? 1 : text.AsSpan(0, entries.Last(e => e.Path == at).KeyStart).Count('\n') + 1;
        var shared = YamlText.Read(text).Aliases.Any(a => Holds(a.Target, path) || Holds(path, a.Target) || Holds(a.Path, path) || Holds(path, a.Path));
        return new ProblemException(
            422, "edit-by-hand", "This key has to be changed by hand", $"Line {line}: {path} cannot be changed by itself{(shared ? ", for an alias (*) repeats what stands at another key" : " as it is written")}. Change it in the text.",
            new Dictionary<string, object?> { ["line"] = line, ["path"] = path });
    }

    private static bool Holds(string table, string path) => path == table || path.StartsWith(table + ".", StringComparison.Ordinal);

    private static bool Has(Dictionary<string, object?> tree, string path) => ValuesPath.TryFind(tree, path, out _);

    private static Dictionary<string, object?> Without(Dictionary<string, object?> tree, string path) => ValuesPath.TryFind(tree, Parent(path), out var table) && table is List<object?> ? tree : ValuesPath.With(tree, path, ValuesPath.Absent);

    // Tables that an edit left empty may go or stay.
    private static Dictionary<string, object?> Pruned(Dictionary<string, object?> tree, string[] paths)
    {
        foreach (var path in paths)
        {
            for (var above = Parent(path); above.Length > 0 && ValuesPath.TryFind(tree, above, out var table) && table is null or Dictionary<string, object?> { Count: 0 } && Has(tree, above); above = Parent(above))
            {
                tree = ValuesPath.With(tree, above, ValuesPath.Absent);
            }
        }

        return tree;
    }

    /// <summary>
    /// The text with a value moved to another key, its comments with it. What stands at the new key already stays; the comments of the old one come above it, and its value as well when
    /// it is another one: as a comment, in which a secret is one as before.
    /// </summary>
    /// <exception cref="ProblemException">422 with the line: it cannot be moved without changing another key (an alias repeats it).</exception>
    /// <exception cref="Helm.Yaml.YamlException">The text is not YAML.</exception>
    public static string Move(string text, string from, string to) => from == to ? text : Framed(text, from, clean => MoveIn(clean, from, to), tree =>
    {
        if (!ValuesPath.TryFind(tree, from, out var value))
        {
            return tree;
        }

        var rest = Without(tree, from);
        return Has(tree, to) ? rest : ValuesPath.With(rest, to, value);
    }, from);

    private static string MoveIn(string text, string from, string to)
    {
        var entries = Read(text).Entries;
        var entry = entries.LastOrDefault(e => e.Path == from);
        if (entry is null)
        {
            return text;
        }

        if (entries.Any(e => e.Path == to))
        {
            return Absorbed(text, entry, to);
        }

        if (Parent(from) == Parent(to))
        {
            return string.Concat(text.AsSpan(0, entry.KeyStart), Key(Last(to)), text.AsSpan(entry.KeyEnd));
        }

        if (entry.InFlow)
        {
            return Insert(Leave(text, from), to, $"{Key(Last(to))}: {text[entry.ValueStart..entry.ValueEnd]}\n", 0, text[entry.ValueStart..entry.ValueEnd]);
        }

        var (start, end) = Span(text, entry);
        var block = text[start..end];
        var indent = Column(text, entry.KeyStart);
        // The key is renamed inside its own lines, then they are set in with the indent of their new place.
        block = string.Concat(block.AsSpan(0, entry.KeyStart - start), Key(Last(to)), block.AsSpan(entry.KeyEnd - start));
        return Insert(Leave(text, from), to, block, indent, Inline(text, entry));
    }

    // The old key's comments above the new one, and its value among them when the two say different things.
    private static string Absorbed(string text, Entry entry, string to)
    {
        var tree = GoYaml.Read(text);
        ValuesPath.TryFind(tree, entry.Path, out var value);
        ValuesPath.TryFind(tree, to, out var other);
        var (start, end) = Span(text, entry);
        var lines = entry.InFlow ? [] : YamlText.Read(text).Comments.Where(c => c.Start >= start && c.Start < end).Select(c => c.Value).ToList();
        if (!GoValue.DeepEqual(value, other))
        {
            var from = entry.InFlow ? entry.KeyStart : LineStart(text, entry.KeyStart);
            var indent = entry.InFlow ? 0 : Column(text, entry.KeyStart);
            // Those within it come with it.
            lines = entry.InFlow ? [] : [.. YamlText.Read(text).Comments.Where(c => c.Start >= start && c.Start < from).Select(c => c.Value)];
            lines.Add($"# {entry.Path} became {to} too, and said something else:");
            lines.AddRange(text[from..(entry.InFlow ? entry.ValueEnd : end)].TrimEnd('\n').Split('\n').Select(l => $"# {(l.Length >= indent && l[..indent].Trim().Length == 0 ? l[indent..] : l)}".TrimEnd()));
        }

        text = Leave(text, entry.Path);
        if (lines.Count == 0)
        {
            return text;
        }

        var target = Read(text).Entries.Last(e => e.Path == to);
        var at = LineStart(text, target.KeyStart);
        var margin = new string(' ', text.AsSpan(at).Length - text.AsSpan(at).TrimStart(' ').Length);
        return text.Insert(at, string.Concat(lines.Select(l => $"{margin}{l}\n")));
    }

    // A value as it may stand in braces.
    private static string Inline(string text, Entry entry)
    {
        var raw = text[entry.ValueStart..entry.ValueEnd];
        if (!entry.IsBlockMapping && raw.Length > 0 && (entry.IsFlowMapping || raw[0] is '"' or '\'' or '*' || (!raw.Contains('\n', StringComparison.Ordinal) && !raw.Any(",[]{}|>".Contains))))
        {
            return raw;
        }

        ValuesPath.TryFind(GoYaml.Read(text), entry.Path, out var value);
        return GoJson.Write(value);
    }

    /// <summary>The text with several keys made into one: what was said beside them stands above it.</summary>
    /// <exception cref="ProblemException">422 with the line: one of them cannot be changed by itself.</exception>
    /// <exception cref="Helm.Yaml.YamlException">The text is not YAML.</exception>
    public static string Join(string text, IReadOnlyList<string> from, string to, string raw)
    {
        var entries = YamlText.Read(text).Keys.Select(k => k.Path).ToHashSet(StringComparer.Ordinal);
        foreach (var path in from.Where(p => entries.Contains(p) && p != to))
        {
            // Equal values leave their comments only.
            text = Move(Set(entries.Contains(to) ? Set(text, to, raw) : text, path, raw), path, to);
            entries.Add(to);
        }

        return Set(text, to, raw);
    }

    /// <summary>The text with a key set to a raw YAML value on one line; an anchor before the old value stays.</summary>
    public static string Set(string text, string path, string raw)
    {
        var (plain, put) = Unframed(text);
        return put(SetIn(plain, path, raw));
    }

    private static string SetIn(string text, string path, string raw)
    {
        if (YamlText.Scalars(text).LastOrDefault(s => s.Path == path) is { Value.Length: > 0 } scalar)
        {
            return YamlText.Replace(text, [(scalar, raw)]);
        }

        var entry = Read(text).Entries.LastOrDefault(e => e.Path == path);
        return entry is null
            ? Insert(Ended(text), path, $"{Key(Last(path))}: {raw}\n", 0, raw)
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
    private static string Insert(string text, string path, string block, int indent, string inline)
    {
        if (!block.EndsWith('\n'))
        {
            block += "\n";
        }

        var (entries, root, documentEnd) = Read(text);
        var missing = new List<string>();
        var parent = Parent(path);
        while (parent.Length > 0 && !entries.Any(e => e.Path == parent))
        {
            missing.Insert(0, Last(parent));
            parent = Parent(parent);
        }

        var table = parent.Length == 0 ? root is { IsFlowMapping: true } ? root : null : entries.Last(e => e.Path == parent);
        if (table is { IsFlowMapping: true } or { InFlow: true })
        {
            var inner = missing.AsEnumerable().Reverse().Aggregate($"{Key(Last(path))}: {inline}", (v, k) => $"{Key(k)}: {{{v}}}");
            var close = table.ValueEnd - 1;
            var before = text[..close].TrimEnd();
            return $"{before}{(before.EndsWith('{') ? "" : before.EndsWith(',') ? " " : ", ")}{inner}{text[close..]}";
        }

        var first = table is null ? null : entries.FirstOrDefault(e => Parent(e.Path) == parent);
        int at, to;
        if (table is null)
        {
            (at, to) = (documentEnd, entries.Count > 0 ? Column(text, entries[0].KeyStart) : 0);
        }
        else
        {
            (at, to) = (LineEnd(text, LastContent(entries, parent)), first is not null ? Column(text, first.KeyStart) : Column(text, table.KeyStart) + 2);
            if (table.IsAlias)
            {
                // What the alias repeats stays, and the key comes to it.
                var alias = text[table.ValueStart..table.ValueEnd];
                text = $"{text[..table.ValueStart].TrimEnd(' ')}{text[table.ValueEnd..]}";
                at = LineEnd(text, table.KeyEnd);
                text = text.Insert(at, $"{new string(' ', to)}<<: {alias}\n");
                at = LineEnd(text, at);
            }
            else if (!table.IsBlockMapping)
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

        // Blank lines at the end may belong to a text that keeps them.
        foreach (var line in block[..^1].Split('\n'))
        {
            var content = line.Length >= indent && line[..indent].Trim().Length == 0 ? line[indent..] : line.TrimStart();
            lines.Append(' ', content.Length == 0 ? 0 : to).Append(content).Append('\n');
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

    private static (IReadOnlyList<Entry> Entries, Entry? Root, int End) Read(string text)
    {
        GoYaml.Read(text);
        var result = new List<Entry>();
        var parser = new YamlEvents(text);
        parser.Consume<StreamStart>();
        if (!parser.Accept<DocumentStart>(out _))
        {
            return (result, null, text.Length);
        }

        parser.Consume<DocumentStart>();
        var node = Node(parser, text, "", false, result);
        // A key stands before "...".
        var end = parser.Current is DocumentEnd { IsImplicit: false } close ? LineStart(text, (int)close.Start.Index) : text.Length;
        return (result, new Entry("", 0, 0, node.Start, node.End, false, node.Flow, node.Block, false, node.Children), end);
    }

    private static (int Start, int End, bool Flow, bool Block, bool Alias, int Children) Node(YamlEvents parser, string text, string path, bool inFlow, List<Entry> result)
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
                    result.Insert(index, new Entry(at, keyStart, keyEnd, value.Start, value.End, flow, value.Flow, value.Block, value.Alias, value.Children));
                    last = Math.Max(keyEnd, value.End);
                }

                // The event stands at the closing brace.
                var end = (int)parser.Consume<MappingEnd>().Start.Index + 1;
                return ((int)mapping.Start.Index, flow ? end : last, flow, !flow, false, count);
            case SequenceStart sequence:
                parser.MoveNext();
                var tail = (int)sequence.Start.Index;
                for (var i = 0; parser.Current is not SequenceEnd; i++)
                {
                    tail = Math.Max(tail, Node(parser, text, ValuesPath.Join(path, i.ToString(System.Globalization.CultureInfo.InvariantCulture)), sequence.Style == SequenceStyle.Flow || inFlow, result).End);
                }

                var stop = (int)parser.Consume<SequenceEnd>().Start.Index + 1;
                return ((int)sequence.Start.Index, sequence.Style == SequenceStyle.Flow ? stop : tail, false, false, false, 0);
            default:
                var node = parser.Current!;
                parser.SkipThisAndNestedEvents();
                var to = (int)node.End.Index;
                while (to > node.Start.Index && text[to - 1] is '\n' or '\r' or ' ')
                {
                    to--;
                }

                // "|+" keeps the blank lines behind it.
                if (node is Scalar { Style: ScalarStyle.Literal or ScalarStyle.Folded } kept && KeepMark().IsMatch(text[(int)kept.Start.Index..to]))
                {
                    to = (int)node.End.Index;
                    to -= to > node.Start.Index && text[to - 1] == '\n' ? 1 : 0;
                }

                return ((int)node.Start.Index, Math.Max((int)node.Start.Index, to), false, false, node is AnchorAlias, 0);
        }
    }

    [GeneratedRegex(@"\G[|>][0-9+-]*", RegexOptions.CultureInvariant)]
    private static partial Regex BlockMark();

    [GeneratedRegex(@"\A(?:[&!]\S*\s+)*[|>]\d?\+", RegexOptions.CultureInvariant)]
    private static partial Regex KeepMark();

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
