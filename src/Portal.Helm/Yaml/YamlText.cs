using System.Text;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Portal.Helm.Yaml;

/// <summary>A scalar in a YAML text: its dotted path (list items by number), its place, and what it says.</summary>
/// <param name="Path">"database.password", "list.0.name"; a dot inside a key is written "\.".</param>
/// <param name="Start">Index of the first character in the text, behind an anchor and a tag.</param>
/// <param name="End">Index behind the last character.</param>
/// <param name="Line">From 1.</param>
/// <param name="Value">The text without quotes.</param>
public sealed record YamlScalar(string Path, int Start, int End, int Line, string Value);

/// <summary>A place of a YAML text that says what stands at another one ("*anchor").</summary>
/// <param name="Path">Where the alias stands; what is merged ("&lt;&lt;: *anchor") stands at the table that it is merged into.</param>
/// <param name="Target">Where the anchor stands.</param>
public sealed record YamlAlias(string Path, string Target);

/// <summary>What stands where in the first document of a YAML text.</summary>
/// <param name="Scalars">Every scalar value (not the keys), in order.</param>
/// <param name="Keys">Every key with its line, in order: for an outline.</param>
/// <param name="Aliases">Every alias, in order.</param>
/// <param name="Comments">Every comment, from its # to the end of its line, in order; their path is "#".</param>
/// <param name="Tail">Where something begins behind the document, which Helm does not read, with its line from 1; null when the text is one document.</param>
public sealed record YamlPlaces(IReadOnlyList<YamlScalar> Scalars, IReadOnlyList<(string Path, int Line)> Keys, IReadOnlyList<YamlAlias> Aliases, IReadOnlyList<YamlScalar> Comments, (int Start, int Line)? Tail);

/// <summary>A YAML text with the places of its values, so that it can be changed without touching comments and order.</summary>
public static class YamlText
{
    /// <summary>All places of a text.</summary>
    /// <exception cref="YamlException">The first document is not YAML.</exception>
    public static YamlPlaces Read(string text)
    {
        if (text.StartsWith('\uFEFF'))
        {
            // The mark of the encoding belongs to no document.
            var read = Read(text[1..]);
            YamlScalar Behind(YamlScalar s) => s with { Start = s.Start + 1, End = s.End + 1 };
            return read with { Scalars = [.. read.Scalars.Select(Behind)], Comments = [.. read.Comments.Select(Behind)], Tail = read.Tail is { } behind ? (behind.Start + 1, behind.Line) : null };
        }

        // This reader says what is wrong in Go's words.
        GoYaml.Read(text);
        var parser = new YamlEvents(text);
        var walk = new Walk(text, parser);
        parser.Consume<StreamStart>();
        if (!parser.TryConsume<DocumentStart>(out _))
        {
            return new YamlPlaces([], [], [], walk.Comments(text.Length), null);
        }

        walk.Node("");
        var tail = Tail(text, parser);
        return new YamlPlaces(walk.Scalars, walk.Keys, walk.Aliases, walk.Comments(tail?.Start ?? text.Length), tail);
    }

    /// <summary>Every scalar value of the first document, in order.</summary>
    /// <exception cref="YamlException">The text is not YAML.</exception>
    public static IReadOnlyList<YamlScalar> Scalars(string text) => Read(text).Scalars;

    /// <summary>Every key of the first document with its line.</summary>
    /// <exception cref="YamlException">The text is not YAML.</exception>
    public static IReadOnlyList<(string Path, int Line)> Keys(string text) => Read(text).Keys;

    /// <summary>The text with some scalars replaced; replacements do not overlap.</summary>
    public static string Replace(string text, IEnumerable<(YamlScalar Scalar, string Raw)> replacements)
    {
        var result = new StringBuilder(text.Length);
        var done = 0;
        foreach (var (scalar, raw) in replacements.OrderBy(r => r.Scalar.Start))
        {
            result.Append(text, done, scalar.Start - done).Append(raw);
            done = scalar.End;
        }

        return result.Append(text, done, text.Length - done).ToString();
    }

    // Behind the first document's last node.
    private static (int Start, int Line)? Tail(string text, YamlEvents parser)
    {
        var at = text.Length;
        try
        {
            at = (int)parser.Consume<DocumentEnd>().End.Index;
            while (parser.TryConsume<DocumentStart>(out var next))
            {
                at = (int)next.Start.Index;
                // "---" with nothing behind it holds nothing.
                if (!parser.TryConsume<Scalar>(out var scalar) || scalar.Start.Index != scalar.End.Index)
                {
                    return (at, LineOf(text, at));
                }

                parser.Consume<DocumentEnd>();
            }

            return null;
        }
        catch (Exception error) when (error is YamlDotNet.Core.YamlException or ArgumentException or InvalidOperationException)
        {
            // What follows is no YAML; Helm does not look.
            at = error is YamlDotNet.Core.YamlException { Start.Index: var place } ? Math.Min(at, (int)place) : at;
            return (at, LineOf(text, at));
        }
    }

    private static int LineOf(string text, int at) => text.AsSpan(0, at).Count('\n') + 1;

    private sealed class Walk(string text, YamlEvents parser)
    {
        private readonly Dictionary<string, string> _anchors = new(StringComparer.Ordinal);

        // What is no white space, comment or mark: keys and values, in order.
        private readonly List<(int Start, int End)> _words = [];

        public List<YamlScalar> Scalars { get; } = [];

        public List<YamlAlias> Aliases { get; } = [];

        public List<(string Path, int Line)> Keys { get; } = [];

        public void Node(string path)
        {
            if (parser.Current is NodeEvent { Anchor.IsEmpty: false } node)
            {
                _anchors[node.Anchor.Value] = path;
            }

            switch (parser.Current)
            {
                case Scalar scalar:
                    parser.MoveNext();
                    Scalars.Add(Place(path, scalar));
                    break;
                case SequenceStart:
                    parser.MoveNext();
                    for (var i = 0; !parser.TryConsume<SequenceEnd>(out _); i++)
                    {
                        Node(Join(path, i.ToString(System.Globalization.CultureInfo.InvariantCulture)));
                    }

                    break;
                case MappingStart:
                    parser.MoveNext();
                    while (!parser.TryConsume<MappingEnd>(out _))
                    {
                        var key = parser.Current!;
                        var at = Join(path, key is Scalar name ? name.Value : "?");
                        Keys.Add((at, (int)key.Start.Line));
                        _words.Add(((int)key.Start.Index, (int)key.End.Index));
                        parser.SkipThisAndNestedEvents();
                        Node(at);
                    }

                    break;
                case AnchorAlias alias:
                    parser.MoveNext();
                    if (_anchors.TryGetValue(alias.Value.Value, out var target))
                    {
                        Aliases.Add(new YamlAlias(Merged(path), target));
                    }

                    break;
                default:
                    parser.SkipThisAndNestedEvents();
                    break;
            }
        }

        /// <summary>The comments before an index.</summary>
        public List<YamlScalar> Comments(int end)
        {
            var result = new List<YamlScalar>();
            var (at, line, counted) = (0, 1, 0);
            foreach (var (start, stop) in _words.Append((end, end)))
            {
                for (var mark = at < start ? text.IndexOf('#', at, start - at) : -1; mark >= 0; mark = at < start ? text.IndexOf('#', at, start - at) : -1)
                {
                    at = mark + 1;
                    if (mark > 0 && !char.IsWhiteSpace(text[mark - 1]))
                    {
                        continue;
                    }

                    at = text.AsSpan(mark, end - mark).IndexOfAny('\r', '\n') is >= 0 and var length ? mark + length : end;
                    line += text.AsSpan(counted, mark - counted).Count('\n');
                    counted = mark;
                    result.Add(new YamlScalar("#", mark, at, line, text[mark..at]));
                }

                at = Math.Max(at, stop);
            }

            return result;
        }

        private YamlScalar Place(string path, Scalar scalar)
        {
            var start = (int)scalar.Start.Index;
            var end = (int)scalar.End.Index;
            _words.Add((start, end));
            if (!scalar.Anchor.IsEmpty || !scalar.Tag.IsEmpty)
            {
                start = BehindProperties(start, end);
            }

            while (end > start && text[end - 1] is '\n' or '\r' or ' ')
            {
                end--;
            }

            var line = (int)scalar.Start.Line + text.AsSpan((int)scalar.Start.Index, start - (int)scalar.Start.Index).Count('\n');
            return new YamlScalar(path, start, Math.Max(start, end), line, scalar.Value);
        }

        // "&anchor !tag # comment" and line ends, in any order.
        private int BehindProperties(int start, int end)
        {
            while (start < end && text[start] is '&' or '!' or '#' or ' ' or '\t' or '\r' or '\n')
            {
                var stop = text[start] switch
                {
                    '&' or '!' => text.AsSpan(start, end - start).IndexOfAny(" \t\r\n"),
                    '#' => text.AsSpan(start, end - start).IndexOfAny("\r\n"),
                    _ => 1,
                };
                start = stop < 0 ? end : start + stop;
            }

            return start;
        }
    }

    // "<<" and the number in a list of merges name no key.
    private static string Merged(string path)
    {
        var keys = path.Split('.');
        return path.Contains("<<", StringComparison.Ordinal)
            ? string.Join('.', keys.Where((k, i) => k != "<<" && !(i > 0 && keys[i - 1] == "<<" && k.All(char.IsAsciiDigit))))
            : path;
    }

    private static string Join(string path, string key)
    {
        var escaped = key.Replace(".", "\\.", StringComparison.Ordinal);
        return path.Length == 0 ? escaped : $"{path}.{escaped}";
    }
}
