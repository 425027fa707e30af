using System.Text;
using System.Text.RegularExpressions;
using Portal.Helm.Charts;
using Portal.Helm.Sprig;
using Portal.Helm.Templating;
using Portal.Helm.Yaml;

namespace Portal.Helm.Rendering;

/// <summary>What a template does with a value that it reads.</summary>
public enum ValueUse
{
    /// <summary>Looks whether it is there or true, or goes through it.</summary>
    Tested,

    /// <summary>Writes it, or hands it to a function.</summary>
    Printed,

    /// <summary>Writes it with everything below it (toYaml and its like).</summary>
    Serialised,

    /// <summary>Refuses to render without it.</summary>
    Required,
}

/// <summary>One place where a template reads a value.</summary>
/// <param name="Path">Dotted as in <see cref="YamlText"/>, seen from the top chart; "*" stands for a key that only the render knows; empty for all values.</param>
/// <param name="File">The template.</param>
/// <param name="Kind">The kind of object that is written there, or empty when it cannot be told (helpers).</param>
/// <param name="Line">What stands before it, actions shown as {}.</param>
/// <param name="Action">The action with the path shown as @.</param>
/// <param name="Use">What happens with it there.</param>
/// <param name="InNotes">NOTES.txt reads it there, by itself or through a helper: no object depends on that.</param>
public sealed record ValueReference(string Path, string File, string Kind, string Line, string Action, ValueUse Use, bool InNotes = false);

/// <summary>How far a chart's templates read a key.</summary>
public enum KeyReading
{
    /// <summary>No template reads it.</summary>
    None,

    /// <summary>Only NOTES.txt reads it: what it prints after an upgrade changes, no object does.</summary>
    NotesOnly,

    /// <summary>Only together with everything beside it, into a Secret or ConfigMap: whether anybody looks at it there, the templates do not say.</summary>
    SerialisedOnly,

    /// <summary>At least one template does something with it.</summary>
    Read,
}

/// <summary>
/// Which values a chart's templates read, found in their parsed trees without rendering: every branch counts, variables, with, range,
/// include with its argument, index/get/dig and text in values or files that holds templates are followed.
/// </summary>
public sealed partial class ValueReferences
{
    private readonly Dictionary<string, Pattern[]> _byFirst;
    private readonly System.Linq.ILookup<string, ValueReference> _byPath;

    private ValueReferences(IReadOnlyList<ValueReference> all, bool complete)
    {
        All = all;
        IsComplete = complete;
        _byPath = all.ToLookup(r => r.Path, StringComparer.Ordinal);
        // Charts that hand everything to helpers read the same key at many places: how it is read is asked once for each way.
        _byFirst = all.GroupBy(r => (r.Path, r.Use, IsConfig: r.Kind is "Secret" or "ConfigMap", r.InNotes))
            .Select(g => new Pattern(g.Key.Path.Length == 0 ? [] : Split(g.Key.Path), g.Key.Use, g.Key.IsConfig, g.Key.InNotes, (g.FirstOrDefault(r => r.Kind.Length > 0) ?? g.First()).File))
            .GroupBy(p => p.Keys.Length == 0 ? "" : p.Keys[0], StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.ToArray(), StringComparer.Ordinal);
    }

    private sealed record Pattern(string[] Keys, ValueUse Use, bool IsConfig, bool InNotes, string File);

    /// <summary>Every place, in the order of the files.</summary>
    public IReadOnlyList<ValueReference> All { get; }

    /// <summary>False when the chart is too large to follow: then nothing may be concluded from what is absent.</summary>
    public bool IsComplete { get; }

    /// <summary>Where all values are written at once, or null.</summary>
    public ValueReference? Everything => All.FirstOrDefault(r => r is { Path.Length: 0, InNotes: false } && r.Use != ValueUse.Tested);

    /// <summary>Reads the trees of a chart. <paramref name="user"/> matters only where it holds templates itself.</summary>
    /// <exception cref="RenderException">A template cannot be parsed.</exception>
    public static ValueReferences Of(Chart chart, Dictionary<string, object?> user)
    {
        var walker = new ReferenceWalker(HelmFunctions.Create(new SprigEnvironment(), null));
        try
        {
            walker.Run(chart, user);
        }
        catch (TemplateException error)
        {
            throw new RenderException(error.Message, error);
        }

        return new ValueReferences([.. walker.Found], walker.Complete);
    }

    /// <summary>How a key (a leaf or a table of a user's values) is read.</summary>
    public KeyReading Reading(string path)
    {
        var key = Split(path);
        var result = KeyReading.None;
        foreach (var pattern in Candidates(key[0]))
        {
            switch (Reading(pattern, key))
            {
                case KeyReading.Read:
                    return KeyReading.Read;
                case var reading when reading > result:
                    result = reading;
                    break;
            }
        }

        return result;
    }

    /// <summary>A template that reads a key; the one that names most of its path, and null when none reads it.</summary>
    public string? ReadIn(string path)
    {
        var key = Split(path);
        return Candidates(key[0]).Where(p => Reading(p, key) == KeyReading.Read).MaxBy(p => p.Keys.Count(k => k != "*"))?.File;
    }

    /// <summary>The table with which a key is only passed on (the nearest one that a template names); empty for all values, null when it is not.</summary>
    public string? PassedWith(string path)
    {
        var key = Split(path);
        return Candidates(key[0]).Where(p => Reading(p, key) == KeyReading.SerialisedOnly).MaxBy(p => p.Keys.Length) is { } nearest ? string.Join('.', key[..Math.Min(nearest.Keys.Length, key.Length)]) : null;
    }

    private static KeyReading Reading(Pattern pattern, string[] key)
    {
        var below = pattern.Keys.Length < key.Length;
        if (!Fits(pattern.Keys, key) || (below && pattern.Use == ValueUse.Tested))
        {
            return KeyReading.None;
        }

        if (pattern.InNotes)
        {
            return KeyReading.NotesOnly;
        }

        var passed = (below && pattern.Use is ValueUse.Serialised or ValueUse.Printed && pattern.IsConfig) || (pattern.Keys.Length == key.Length && pattern.Keys[^1] == "*" && pattern.IsConfig);
        return pattern.Keys.Length == 0 || passed ? KeyReading.SerialisedOnly : KeyReading.Read;
    }

    /// <summary>The places that read exactly this key.</summary>
    public IEnumerable<ValueReference> Places(string path) => _byPath[path];

    private IEnumerable<Pattern> Candidates(string first) =>
        (_byFirst.GetValueOrDefault(first) ?? []).Concat(_byFirst.GetValueOrDefault("*") ?? []).Concat(_byFirst.GetValueOrDefault("") ?? []);

    private static bool Fits(string[] pattern, string[] key)
    {
        for (var i = 0; i < Math.Min(pattern.Length, key.Length); i++)
        {
            if (pattern[i] != "*" && pattern[i] != key[i])
            {
                return false;
            }
        }

        return true;
    }

    [GeneratedRegex(@"(?<!\\)\.")]
    private static partial Regex Dot();

    private static string[] Split(string path) => Dot().Split(path);
}

/// <summary>Walks the trees with shapes instead of values: a shape says which paths a value may come from.</summary>
internal sealed partial class ReferenceWalker(FunctionTable functions)
{
    private const int MostSteps = 3_000_000;

    private readonly TemplateSet _set = new(functions);
    private readonly HashSet<ValueReference> _found = [];
    private readonly HashSet<string> _visited = new(StringComparer.Ordinal);
    private readonly Dictionary<string, KindMark[]> _kinds = new(StringComparer.Ordinal);
    private ParsedTemplate _template = null!;
    private string _line = "";
    private string _action = "";
    private int _position;
    private int _steps;
    private bool _inNotes;
    private int _depth;

    private readonly record struct KindMark(int Position, string Kind);

    /// <summary>Where a value may come from: paths of the values, known fields, or a list's elements.</summary>
    private sealed class Shape
    {
        public static readonly Shape None = new();

        public IReadOnlyCollection<string> Paths { get; init; } = [];

        public IReadOnlyDictionary<string, Shape> Fields { get; init; } = new Dictionary<string, Shape>();

        public Shape? Element { get; init; }

        public static Shape Of(string path) => new() { Paths = [path] };

        public Shape Get(string name) => Union(
        [
            new Shape { Paths = [.. Paths.Select(p => Join(p, name))] },
            Fields.GetValueOrDefault(name) ?? Fields.GetValueOrDefault("*") ?? None,
            name == "*" ? Element ?? None : None,
            .. name == "*" ? Fields.Values : [],
        ]);

        public static Shape Union(IEnumerable<Shape> shapes)
        {
            var all = shapes.Where(s => s != None && (s.Paths.Count > 0 || s.Fields.Count > 0 || s.Element is not null)).ToArray();
            return all.Length switch
            {
                0 => None,
                1 => all[0],
                _ => new Shape
                {
                    Paths = all.SelectMany(s => s.Paths).ToHashSet(StringComparer.Ordinal),
                    Fields = all.SelectMany(s => s.Fields).GroupBy(f => f.Key, StringComparer.Ordinal).ToDictionary(g => g.Key, g => Union(g.Select(f => f.Value)), StringComparer.Ordinal),
                    Element = all.Any(s => s.Element is not null) ? Union(all.Select(s => s.Element ?? None)) : null,
                },
            };
        }

        public void Describe(StringBuilder text)
        {
            text.AppendJoin(',', Paths.Order(StringComparer.Ordinal)).Append('{');
            foreach (var (name, field) in Fields.OrderBy(f => f.Key, StringComparer.Ordinal))
            {
                text.Append(name).Append(':');
                field.Describe(text);
            }

            text.Append('}');
            if (Element is not null)
            {
                text.Append('[');
                Element.Describe(text);
                text.Append(']');
            }
        }
    }

    private sealed class Variables
    {
        private readonly List<(string Name, Shape Shape)> _all = [];

        public int Count => _all.Count;

        public void Add(string name, Shape shape) => _all.Add((name, shape));

        public void Cut(int count) => _all.RemoveRange(count, _all.Count - count);

        public Shape Find(string name) => _all.FindLast(v => v.Name == name).Shape ?? Shape.None;

        // Which branch runs is not known here: what a variable held before stays possible.
        public void Widen(string name, Shape shape)
        {
            var at = _all.FindLastIndex(v => v.Name == name);
            if (at >= 0)
            {
                _all[at] = (name, Shape.Union([_all[at].Shape, shape]));
            }
        }
    }

    public IEnumerable<ValueReference> Found => _found;

    public bool Complete { get; private set; } = true;

    public void Run(Chart chart, Dictionary<string, object?> user)
    {
        var files = new List<(string Name, Shape Scope)>();
        Collect(chart, chart.Name, "", files, user, Shape.Of(""));
        foreach (var (name, scope) in files)
        {
            if (_set.TryGet(name, out var template))
            {
                _inNotes = name.EndsWith("/NOTES.txt", StringComparison.Ordinal);
                Execute(template, scope);
            }
        }
    }

    private void Collect(Chart chart, string path, string prefix, List<(string, Shape)> files, Dictionary<string, object?> user, Shape values)
    {
        var scope = new Shape { Fields = new Dictionary<string, Shape>(StringComparer.Ordinal) { ["Values"] = values } };
        foreach (var template in chart.Templates)
        {
            var name = $"{path}/{template.Name}";
            _set.Parse(name, template.Text);
            if (!name[(name.LastIndexOf('/') + 1)..].StartsWith('_') && chart.Metadata.Type != "library")
            {
                files.Add((name, scope));
            }
        }

        foreach (var dependency in chart.Metadata.Dependencies)
        {
            foreach (var condition in dependency.Condition.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            {
                Add(prefix.Length == 0 ? condition : $"{prefix}.{condition}", "Chart.yaml", "", $"condition of {dependency.Name}", "@", ValueUse.Tested);
            }

            foreach (var tag in dependency.Tags)
            {
                Add($"tags.{tag}", "Chart.yaml", "", $"tag of {dependency.Name}", "@", ValueUse.Tested);
            }
        }

        // Texts that tpl may be given: of the values, and of the chart's other files.
        foreach (var (at, text) in Texts(chart.Values, "").Concat(Texts(user, "")).Where(t => t.Text.Contains("{{", StringComparison.Ordinal)))
        {
            Text($"{path}/values.yaml#{at}", text, scope, files);
        }

        foreach (var file in chart.Files.Where(f => f.Data.Length < 1_000_000))
        {
            var text = file.Text;
            if (text.Contains("{{", StringComparison.Ordinal) && text.Contains(".Values", StringComparison.Ordinal) && !file.Name.EndsWith(".md", StringComparison.OrdinalIgnoreCase))
            {
                Text($"{path}/{file.Name}", text, scope, files);
            }
        }

        foreach (var child in chart.Dependencies)
        {
            var names = chart.Metadata.Dependencies.Where(d => d.Name == child.Name).Select(d => d.Alias.Length > 0 ? d.Alias : d.Name).DefaultIfEmpty(child.Name);
            foreach (var name in names)
            {
                var below = Join(prefix, name);
                var own = new Shape
                {
                    Paths = [below],
                    Fields = new Dictionary<string, Shape>(StringComparer.Ordinal) { ["global"] = new Shape { Paths = ["global", .. prefix.Length > 0 ? [Join(prefix, "global")] : Array.Empty<string>()] } },
                };
                Collect(child, $"{path}/charts/{name}", below, files, user.GetValueOrDefault(name) as Dictionary<string, object?> ?? [], own);
            }
        }
    }

    private void Text(string name, string text, Shape scope, List<(string, Shape)> files)
    {
        try
        {
            _set.Parse(name, text);
            files.Add((name, scope));
        }
        catch (TemplateException)
        {
            // Not a template of Helm's (another program's braces): its words still count.
            foreach (Match match in ValuesPath().Matches(text))
            {
                Add(match.Groups[1].Value, name, "", "", "@", ValueUse.Printed);
            }
        }
    }

    [GeneratedRegex(@"\.Values\.([A-Za-z_][\w.]*\w)")]
    private static partial Regex ValuesPath();

    private static IEnumerable<(string At, string Text)> Texts(object? node, string at) => node switch
    {
        string text => [(at, text)],
        Dictionary<string, object?> table => table.SelectMany(p => Texts(p.Value, Join(at, p.Key))),
        List<object?> list => list.SelectMany((item, i) => Texts(item, $"{at}.{i}")),
        _ => [],
    };

    private void Execute(ParsedTemplate template, Shape dot)
    {
        var key = new StringBuilder(template.Name).Append(_inNotes ? '#' : '|');
        dot.Describe(key);
        // The same template over the same shape reads the same: this also ends recursion.
        if (_depth > 100 || !_visited.Add(key.ToString()))
        {
            return;
        }

        var (outer, line, action, position) = (_template, _line, _action, _position);
        _template = template;
        _depth++;
        var variables = new Variables();
        variables.Add("$", dot);
        List(template.Root, dot, variables);
        _depth--;
        (_template, _line, _action, _position) = (outer, line, action, position);
    }

    private void List(ListNode list, Shape dot, Variables variables)
    {
        var mark = variables.Count;
        var written = new StringBuilder();
        foreach (var node in list.Nodes)
        {
            if (++_steps > MostSteps)
            {
                Complete = false;
                return;
            }

            _position = node.Position;
            _line = LastLine(written);
            switch (node)
            {
                case TextNode text:
                    written.Append(text.Text);
                    break;
                case ActionNode action:
                    _action = action.Pipe.ToString();
                    var value = Pipe(action.Pipe, dot, variables);
                    if (action.Pipe.Declared.Count == 0)
                    {
                        Sink(value, ValueUse.Printed);
                    }

                    written.Append("{}");
                    break;
                case TemplateNode call:
                    _action = call.ToString();
                    var argument = call.Pipe is null ? Shape.None : Pipe(call.Pipe, dot, variables);
                    if (_set.TryGet(call.Name, out var named))
                    {
                        Execute(named, argument);
                    }

                    written.Append("{}");
                    break;
                case BranchNode branch:
                    Branch(branch, dot, variables);
                    break;
            }
        }

        variables.Cut(mark);
    }

    private void Branch(BranchNode node, Shape dot, Variables variables)
    {
        var mark = variables.Count;
        _action = $"{node.GetType().Name} {node.Pipe} {Words(node.Body)}";
        var value = Pipe(node.Pipe, dot, variables);
        switch (node)
        {
            case RangeNode:
                var item = value.Get("*");
                for (var i = 0; i < node.Pipe.Declared.Count; i++)
                {
                    var name = node.Pipe.Declared[i].Names[0];
                    var shape = i == node.Pipe.Declared.Count - 1 ? item : Shape.None;
                    if (node.Pipe.IsAssign)
                    {
                        variables.Widen(name, shape);
                    }
                    else
                    {
                        variables.Cut(mark + i);
                        variables.Add(name, shape);
                    }
                }

                // Twice: what one turn assigns, the next one reads.
                List(node.Body, item, variables);
                List(node.Body, item, variables);
                break;
            case WithNode:
                List(node.Body, value, variables);
                break;
            default:
                List(node.Body, dot, variables);
                break;
        }

        if (node.Else is not null)
        {
            List(node.Else, dot, variables);
        }

        variables.Cut(mark);
    }

    private Shape Pipe(PipeNode pipe, Shape dot, Variables variables)
    {
        Shape? value = null;
        foreach (var command in pipe.Commands)
        {
            value = Command(command, dot, variables, value);
        }

        foreach (var declared in pipe.Declared)
        {
            if (pipe.IsAssign)
            {
                variables.Widen(declared.Names[0], value ?? Shape.None);
            }
            else
            {
                variables.Add(declared.Names[0], value ?? Shape.None);
            }
        }

        return value ?? Shape.None;
    }

    private Shape Command(CommandNode command, Shape dot, Variables variables, Shape? final)
    {
        if (command.Arguments[0] is not IdentifierNode function)
        {
            foreach (var argument in command.Arguments.Skip(1))
            {
                Sink(Operand(argument, dot, variables), ValueUse.Printed);
            }

            return Operand(command.Arguments[0], dot, variables);
        }

        var nodes = command.Arguments.Skip(1).ToArray();
        var arguments = nodes.Select(n => Operand(n, dot, variables)).ToList();
        if (final is not null)
        {
            arguments.Add(final);
        }

        return Call(function.Name, nodes, arguments, variables);
    }

    private Shape Operand(Node node, Shape dot, Variables variables)
    {
        switch (node)
        {
            case DotNode:
                return dot;
            case FieldNode field:
                return Noted(field, field.Names.Aggregate(dot, (s, n) => s.Get(n)));
            case VariableNode variable:
                return Noted(variable, variable.Names.Skip(1).Aggregate(variables.Find(variable.Names[0]), (s, n) => s.Get(n)));
            case ChainNode chain:
                return Noted(chain, chain.Names.Aggregate(Operand(chain.Inner, dot, variables), (s, n) => s.Get(n)));
            case PipeNode pipe:
                return Pipe(pipe, dot, variables);
            case IdentifierNode function:
                return Call(function.Name, [], [], variables);
            default:
                return Shape.None;
        }
    }

    private Shape Call(string name, Node[] nodes, List<Shape> arguments, Variables variables)
    {
        string? Literal(int i) => i < nodes.Length && nodes[i] is StringNode text ? text.Text : null;
        string Key(int i) => Literal(i) ?? "*";
        switch (name)
        {
            case "include":
                if (arguments.Count > 1)
                {
                    if (Literal(0) is { } target)
                    {
                        if (_set.TryGet(target, out var template))
                        {
                            Execute(template, arguments[1]);
                        }
                    }
                    else
                    {
                        // A name made while rendering: any definition may be meant.
                        foreach (var any in _set.Names.Where(n => !n.Contains('/', StringComparison.Ordinal) || !n.Contains('.', StringComparison.Ordinal)).ToArray())
                        {
                            _set.TryGet(any, out var possible);
                            Execute(possible, arguments[1]);
                        }
                    }
                }

                return Shape.None;
            case "dict":
                var fields = new Dictionary<string, Shape>(StringComparer.Ordinal);
                for (var i = 0; i + 1 < arguments.Count; i += 2)
                {
                    fields[Key(i)] = fields.TryGetValue(Key(i), out var known) ? Shape.Union([known, arguments[i + 1]]) : arguments[i + 1];
                }

                return new Shape { Fields = fields };
            case "list" or "tuple":
                return new Shape { Element = Shape.Union(arguments) };
            case "index" or "get" or "slice" when arguments.Count > 0:
                return Note(Enumerable.Range(1, arguments.Count - 1).Aggregate(arguments[0], (s, i) => s.Get(Key(i))));
            case "hasKey" when arguments.Count > 1:
                Note(arguments[0].Get(Key(1)));
                return Shape.None;
            case "dig" when arguments.Count > 2:
                return Shape.Union([Note(Enumerable.Range(0, arguments.Count - 2).Aggregate(arguments[^1], (s, i) => s.Get(Key(i)))), arguments[^2]]);
            case "pluck" when arguments.Count > 1:
                return new Shape { Element = Note(Shape.Union(arguments.Skip(1)).Get(Key(0))) };
            case "pick" when arguments.Count > 1:
                return new Shape { Fields = Enumerable.Range(1, arguments.Count - 1).Select(Key).Distinct(StringComparer.Ordinal).ToDictionary(k => k, k => Note(arguments[0].Get(k)), StringComparer.Ordinal) };
            case "values":
                return new Shape { Element = Shape.Union(arguments).Get("*") };
            case "first" or "last" or "mustFirst" or "mustLast":
                return Shape.Union(arguments).Get("*");
            case "set" when arguments.Count > 2:
                var changed = Shape.Union([arguments[0], new Shape { Fields = new Dictionary<string, Shape>(StringComparer.Ordinal) { [Key(1)] = arguments[2] } }]);
                if (nodes[0] is VariableNode { Names.Length: 1 } variable)
                {
                    variables.Widen(variable.Names[0], changed);
                }

                return changed;
            case "merge" or "mergeOverwrite" or "mustMerge" or "mustMergeOverwrite":
                var merged = Shape.Union(arguments);
                if (nodes.Length > 0 && nodes[0] is VariableNode { Names.Length: 1 } into)
                {
                    variables.Widen(into.Names[0], merged);
                }

                return merged;
            case "required" when arguments.Count > 1:
                foreach (var path in arguments[1].Paths)
                {
                    Add(path, ValueUse.Required);
                }

                return arguments[1];
            case "default" or "coalesce" or "or" or "and" or "ternary" or "deepCopy" or "mustDeepCopy" or "omit" or "append" or "prepend" or "concat" or "without" or "uniq" or "compact" or "reverse" or "initial" or "rest"
                or "mustAppend" or "mustPrepend" or "mustWithout" or "mustUniq" or "mustCompact" or "mustReverse" or "mustInitial" or "mustRest" or "sortAlpha":
                return Shape.Union(arguments);
            case "not" or "empty" or "len" or "kindIs" or "kindOf" or "typeIs" or "typeOf" or "typeIsLike" or "keys":
                return Shape.None;
            case "toYaml" or "toJson" or "toPrettyJson" or "toRawJson" or "mustToJson" or "mustToPrettyJson" or "mustToRawJson" or "toToml" or "toYamlPretty" or "mustToYaml" or "mustToToml":
                var all = Shape.Union(arguments);
                Sink(all, ValueUse.Serialised);
                return new Shape { Fields = new Dictionary<string, Shape>(StringComparer.Ordinal) { ["\0text"] = all } };
            case "fromYaml" or "fromJson" or "mustFromJson":
                var text = Shape.Union(arguments);
                Sink(text, ValueUse.Printed);
                return text.Fields.GetValueOrDefault("\0text") ?? text;
            default:
                foreach (var argument in arguments)
                {
                    Sink(argument, ValueUse.Printed);
                }

                return Shape.None;
        }
    }

    // The whole value is used: what lies below the paths is read with it.
    private void Sink(Shape shape, ValueUse use)
    {
        foreach (var path in shape.Paths)
        {
            Add(path, use);
        }

        foreach (var (name, field) in shape.Fields)
        {
            if (name != "\0text")
            {
                Sink(field, use);
            }
        }

        if (shape.Element is not null)
        {
            Sink(shape.Element, use);
        }
    }

    private Shape Noted(Node node, Shape shape)
    {
        if (shape.Paths.Count > 0)
        {
            var action = _action;
            _action = action.Replace(node.ToString()!, "@", StringComparison.Ordinal);
            Note(shape);
            _action = action;
        }

        return shape;
    }

    private Shape Note(Shape shape)
    {
        foreach (var path in shape.Paths.Where(p => p.Length > 0))
        {
            Add(path, ValueUse.Tested);
        }

        return shape;
    }

    private void Add(string path, ValueUse use) => Add(path, _template.Name, Kind(), _line, _action, use);

    private void Add(string path, string file, string kind, string line, string action, ValueUse use) =>
        _found.Add(new ValueReference(path, file[(file.IndexOf('/', StringComparison.Ordinal) + 1)..], kind, line, action.Length > 300 ? action[..300] : action, use, _inNotes));

    [GeneratedRegex(@"^kind:[ \t]*[""']?(\w+)", RegexOptions.Multiline)]
    private static partial Regex KindLine();

    // The last "kind:" before the action; a definition is used from anywhere.
    private string Kind()
    {
        if (_template.Name != _template.FileName)
        {
            return "";
        }

        if (!_kinds.TryGetValue(_template.FileName, out var marks))
        {
            _kinds[_template.FileName] = marks = [.. KindLine().Matches(_template.Source).Select(m => new KindMark(m.Index, m.Groups[1].Value))];
        }

        var at = Array.FindLastIndex(marks, m => m.Position <= _position);
        return at >= 0 ? marks[at].Kind : marks.Length > 0 ? marks[0].Kind : "";
    }

    private static string LastLine(StringBuilder written)
    {
        var text = written.ToString().AsSpan().TrimEnd();
        var line = text[(text.LastIndexOf('\n') + 1)..].Trim();
        return line.Length > 120 ? line[^120..].ToString() : line.ToString();
    }

    private static string Words(ListNode body)
    {
        var text = new StringBuilder();
        foreach (var node in body.Nodes.OfType<TextNode>())
        {
            text.AppendJoin(' ', node.Text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)).Append(' ');
            if (text.Length > 160)
            {
                break;
            }
        }

        return text.ToString().Trim();
    }

    private static string Join(string path, string key)
    {
        var escaped = key.Replace(".", "\\.", StringComparison.Ordinal);
        return path.Length == 0 ? escaped : $"{path}.{escaped}";
    }
}
