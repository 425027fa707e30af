using System.Collections;
using System.Globalization;
using System.Text;

namespace Portal.Helm.Templating;

/// <summary>Walks the tree of one template (text/template's exec.go). State is per run; the trees are shared.</summary>
internal sealed class Evaluator
{
    private readonly TemplateSet _set;
    private readonly RenderBudget _budget;
    private readonly CallContext _context;

    public Evaluator(TemplateSet set, RenderBudget budget)
    {
        _set = set;
        _budget = budget;
        _context = new CallContext(this);
    }

    private enum Flow { Normal, Break, Continue }

    /// <summary>A null that came out of a map or a list: Go keeps its static type interface {}.</summary>
    private sealed class NilInterface
    {
        public static readonly NilInterface Value = new();
    }

    private sealed class Frame(ParsedTemplate template, StringBuilder output)
    {
        public ParsedTemplate Template { get; } = template;
        public StringBuilder Output { get; } = output;
        public List<KeyValuePair<string, object?>> Variables { get; } = [];
    }

    public string Run(string name, object? data)
    {
        if (!_set.TryGet(name, out var template))
        {
            throw new TemplateException($"template: no template {GoQuote.Quote(name)} associated with template {GoQuote.Quote("gotpl")}");
        }

        return Run(template, data);
    }

    public string ExecuteNamed(string name, object? data)
    {
        if (!_set.TryGet(name, out var template))
        {
            throw new FunctionException($"template: no template {GoQuote.Quote(name)} associated with template {GoQuote.Quote("gotpl")}");
        }

        return Run(template, data);
    }

    public string ExecuteText(string text, object? data)
    {
        var set = _set.Clone();
        set.Parse("gotpl", text);
        return new Evaluator(set, _budget).Run("gotpl", data);
    }

    private string Run(ParsedTemplate template, object? data)
    {
        _budget.Enter();
        var frame = new Frame(template, new StringBuilder());
        frame.Variables.Add(new("$", data));
        Walk(frame, data, template.Root);
        _budget.Leave();
        return frame.Output.ToString();
    }

    private Flow Walk(Frame frame, object? dot, Node node)
    {
        _budget.Step();
        switch (node)
        {
            case TextNode text:
                Write(frame, text.Text);
                return Flow.Normal;
            case ActionNode action:
                var value = Pipeline(frame, dot, action.Pipe);
                if (action.Pipe.Declared.Count == 0)
                {
                    Print(frame, action, value);
                }

                return Flow.Normal;
            case ListNode list:
                foreach (var item in list.Nodes)
                {
                    var flow = Walk(frame, dot, item);
                    if (flow != Flow.Normal)
                    {
                        return flow;
                    }
                }

                return Flow.Normal;
            case IfNode or WithNode:
                return IfOrWith(frame, dot, (BranchNode)node);
            case RangeNode range:
                return Range(frame, dot, range);
            case TemplateNode call:
                Call(frame, dot, call);
                return Flow.Normal;
            case BreakNode:
                return Flow.Break;
            case ContinueNode:
                return Flow.Continue;
            default:
                throw Fail(frame, node, $"unknown node: {node}");
        }
    }

    private void Write(Frame frame, string text)
    {
        _budget.Output(text.Length);
        frame.Output.Append(text);
    }

    private void Print(Frame frame, Node node, object? value)
    {
        value = Plain(value);
        if (value is null)
        {
            Write(frame, "<no value>");
            return;
        }

        if (value is Function)
        {
            throw Fail(frame, node, $"can't print {node} of type func");
        }

        Write(frame, GoFormat.Value(value));
    }

    private Flow IfOrWith(Frame frame, object? dot, BranchNode node)
    {
        var mark = frame.Variables.Count;
        var value = Pipeline(frame, dot, node.Pipe);
        var flow = Flow.Normal;
        if (GoValue.IsTrue(value))
        {
            flow = Walk(frame, node is WithNode ? value : dot, node.Body);
        }
        else if (node.Else is not null)
        {
            flow = Walk(frame, dot, node.Else);
        }

        Pop(frame, mark);
        return flow;
    }

    private Flow Range(Frame frame, object? dot, RangeNode node)
    {
        var mark = frame.Variables.Count;
        var value = Plain(Pipeline(frame, dot, node.Pipe, rangeDeclares: true));
        var declared = node.Pipe.Declared;
        var bodyMark = frame.Variables.Count;
        var any = false;

        // False: stop.
        bool Iterate(object? key, object? item)
        {
            any = true;
            if (declared.Count > 0)
            {
                // Assignment sets outer variables, declaration sets the ones just pushed.
                Bind(declared.Count - 1, item);
                if (declared.Count > 1)
                {
                    Bind(0, key);
                }
            }

            var flow = Walk(frame, item ?? NilInterface.Value, node.Body);
            Pop(frame, bodyMark);
            return flow != Flow.Break;
        }

        void Bind(int index, object? item)
        {
            var stored = item ?? NilInterface.Value;
            if (node.Pipe.IsAssign)
            {
                SetVariable(frame, declared[index].Names[0], stored);
            }
            else
            {
                frame.Variables[bodyMark - declared.Count + index] = new(declared[index].Names[0], stored);
            }
        }

        switch (value)
        {
            case IDictionary map:
                foreach (var key in map.Keys.Cast<object>().OrderBy(k => k as string, Comparer<string?>.Create(GoBytes.Compare)).ToArray())
                {
                    if (!Iterate(key, map[key]))
                    {
                        break;
                    }
                }

                break;
            case byte[] bytes:
                for (var i = 0; i < bytes.Length && Iterate((nint)i, bytes[i]); i++)
                {
                }

                break;
            case IList list:
                for (var i = 0; i < list.Count && Iterate((nint)i, list[i]); i++)
                {
                }

                break;
            case null:
                break;
            case var integer when GoValue.TryInt(integer, out var count) && integer is not TimeSpan:
                if (declared.Count > 1)
                {
                    throw Fail(frame, node, $"can't use {integer} to iterate over more than one variable");
                }

                for (long i = 0; i < count && Iterate(Same(integer, i), Same(integer, i)); i++)
                {
                }

                break;
            case IGoObject and IEnumerable<KeyValuePair<string, object?>> entries:
                foreach (var (key, item) in GoBytes.Sorted(entries))
                {
                    if (!Iterate(key, item))
                    {
                        break;
                    }
                }

                break;
            default:
                throw Fail(frame, node, $"range can't iterate over {GoFormat.Value(value)}");
        }

        var result = Flow.Normal;
        if (!any && node.Else is not null)
        {
            result = Walk(frame, dot, node.Else);
        }

        Pop(frame, mark);
        return result;
    }

    private static object Same(object? like, long value) => like switch
    {
        long => (object)value,
        int => (int)value,
        _ => (nint)value,
    };

    private void Call(Frame frame, object? dot, TemplateNode node)
    {
        if (!_set.TryGet(node.Name, out var template))
        {
            throw Fail(frame, node, $"template {GoQuote.Quote(node.Name)} not defined");
        }

        _budget.Enter();
        var data = node.Pipe is null ? null : Pipeline(frame, dot, node.Pipe);
        var inner = new Frame(template, frame.Output);
        inner.Variables.Add(new("$", data));
        Walk(inner, data, template.Root);
        _budget.Leave();
    }

    private object? Pipeline(Frame frame, object? dot, PipeNode pipe, bool rangeDeclares = false)
    {
        _budget.Step();
        object? value = null;
        var first = true;
        foreach (var command in pipe.Commands)
        {
            value = Plain(Command(frame, dot, command, value, hasFinal: !first));
            first = false;
        }

        for (var i = 0; i < pipe.Declared.Count; i++)
        {
            var name = pipe.Declared[i].Names[0];
            if (pipe.IsAssign && !rangeDeclares)
            {
                SetVariable(frame, name, value);
            }
            else if (!pipe.IsAssign)
            {
                frame.Variables.Add(new(name, value));
            }
        }

        return value;
    }

    private object? Command(Frame frame, object? dot, CommandNode command, object? final, bool hasFinal)
    {
        var first = command.Arguments[0];
        switch (first)
        {
            case FieldNode field:
                return FieldChain(frame, dot, dot, field, field.Names, 0, command.Arguments, final, hasFinal);
            case ChainNode chain:
                return FieldChain(frame, dot, Argument(frame, dot, chain.Inner), chain, chain.Names, 0, command.Arguments, final, hasFinal);
            case IdentifierNode identifier:
                return CallFunction(frame, dot, identifier.Function, identifier.Name, identifier, command, command.Arguments, final, hasFinal);
            case PipeNode pipe:
                NotAFunction(frame, command, hasFinal);
                return Pipeline(frame, dot, pipe);
            case VariableNode variable:
                return FieldChain(frame, dot, Variable(frame, variable), variable, variable.Names, 1, command.Arguments, final, hasFinal);
        }

        NotAFunction(frame, command, hasFinal);
        return first switch
        {
            BoolNode b => b.Value,
            DotNode => dot,
            NilNode => throw Fail(frame, first, "nil is not a command"),
            NumberNode number => Number(frame, number),
            StringNode text => text.Text,
            _ => throw Fail(frame, first, $"can't evaluate command {GoQuote.Quote(first.ToString()!)}"),
        };
    }

    private static void NotAFunction(Frame frame, CommandNode command, bool hasFinal)
    {
        if (command.Arguments.Count > 1 || hasFinal)
        {
            throw Fail(frame, command.Arguments[0], $"can't give argument to non-function {command.Arguments[0]}");
        }
    }

    private static object Number(Frame frame, NumberNode number)
    {
        if (number.LooksFloat || number.Text.Contains('.'))
        {
            return number.Float!.Value;
        }

        return number.Int is { } value ? (nint)value : throw Fail(frame, number, $"{number.Text} overflows int");
    }

    private object? FieldChain(
        Frame frame, object? dot, object? receiver, Node node, string[] names, int from, List<Node> arguments, object? final, bool hasFinal)
    {
        if (from >= names.Length)
        {
            // A variable alone, or a chain without fields.
            if (arguments.Count > 1 || hasFinal)
            {
                throw Fail(frame, node, $"can't give argument to non-function {node}");
            }

            return receiver;
        }

        for (var i = from; i < names.Length - 1; i++)
        {
            receiver = Field(frame, dot, names[i], node, [], null, false, receiver);
        }

        return Field(frame, dot, names[^1], node, arguments, final, hasFinal, receiver);
    }

    private object? Field(Frame frame, object? dot, string name, Node node, List<Node> arguments, object? final, bool hasFinal, object? receiver)
    {
        var hasArguments = arguments.Count > 1 || hasFinal;
        switch (receiver)
        {
            case null:
                return null;
            case NilInterface:
                throw Fail(frame, node, $"nil pointer evaluating interface {{}}.{name}");
            case IGoObject o:
                if (o.TryGetMethod(name, out var method))
                {
                    return CallFunction(frame, dot, method, name, node, node, arguments, final, hasFinal);
                }

                if (o.TryGetField(name, out var field))
                {
                    return hasArguments ? throw Fail(frame, node, $"{name} has arguments but cannot be invoked as function") : field ?? NilInterface.Value;
                }

                throw Fail(frame, node, $"can't evaluate field {name} in type {o.GoType}");
            case Dictionary<string, object?> map:
                if (hasArguments)
                {
                    throw Fail(frame, node, $"{name} is not a method but has arguments");
                }

                return map.TryGetValue(name, out var value) ? value ?? NilInterface.Value : NilInterface.Value;
            case IDictionary other:
                if (hasArguments)
                {
                    throw Fail(frame, node, $"{name} is not a method but has arguments");
                }

                return other.Contains(name) ? other[name] : "";
            default:
                throw Fail(frame, node, $"can't evaluate field {name} in type {GoValue.TypeName(receiver)}");
        }
    }

    private object? CallFunction(
        Frame frame, object? dot, Function function, string name, Node node, Node at, List<Node> arguments, object? final, bool hasFinal)
    {
        _budget.Step();
        if (function.StopsAt is { } stop)
        {
            return AndOr(frame, dot, stop, arguments, final, hasFinal);
        }

        var given = Math.Max(arguments.Count - 1, 0) + (hasFinal ? 1 : 0);
        var parameters = function.Parameters;
        var fixedCount = function.Variadic ? parameters.Count - 1 : parameters.Count;
        if (function.Variadic ? given < fixedCount : given != fixedCount)
        {
            throw Fail(frame, node, function.Variadic
                ? $"wrong number of args for {name}: want at least {fixedCount} got {given}"
                : $"wrong number of args for {name}: want {fixedCount} got {given}");
        }

        var values = given == 0 ? [] : new object?[given];
        for (var i = 0; i < values.Length; i++)
        {
            var type = parameters[Math.Min(i, parameters.Count - 1)];
            values[i] = hasFinal && i == given - 1
                ? Validate(frame, at, final, type)
                : Plain(Typed(frame, dot, type, arguments[i + 1]));
        }

        try
        {
            return function.Body(_context, values);
        }
        catch (FunctionException error)
        {
            throw Fail(frame, at is CommandNode or FieldNode or VariableNode or ChainNode ? NodeOf(node) : node, $"error calling {name}: {error.Message}", error);
        }
        catch (TemplateException error) when (error is not TemplateLimitException)
        {
            throw Fail(frame, NodeOf(node), $"error calling {name}: {error.Message}", error);
        }
    }

    private static Node NodeOf(Node node) => node;

    private object? AndOr(Frame frame, object? dot, bool stop, List<Node> arguments, object? final, bool hasFinal)
    {
        var name = stop ? "or" : "and";
        if (arguments.Count < 2 && !hasFinal)
        {
            throw Fail(frame, arguments[0], $"wrong number of args for {name}: want at least 1 got 0");
        }

        object? value = null;
        for (var i = 1; i < arguments.Count; i++)
        {
            value = Plain(Typed(frame, dot, GoType.Any, arguments[i]));
            if (GoValue.IsTrue(value) == stop)
            {
                return value;
            }
        }

        return hasFinal ? final : value;
    }

    /// <summary>An argument for a parameter of a type (evalArg).</summary>
    private object? Typed(Frame frame, object? dot, GoType type, Node node)
    {
        switch (node)
        {
            case DotNode:
                return Validate(frame, node, dot, type);
            case NilNode:
                return type is GoType.Any or GoType.Map or GoType.List or GoType.Strings or GoType.Bytes
                    ? null
                    : throw Fail(frame, node, $"cannot assign nil to {Name(type)}");
            case FieldNode field:
                return Validate(frame, node, FieldChain(frame, dot, dot, field, field.Names, 0, [node], null, false), type);
            case VariableNode variable:
                return Validate(frame, node, FieldChain(frame, dot, Variable(frame, variable), variable, variable.Names, 1, [], null, false), type);
            case PipeNode pipe:
                return Validate(frame, node, Pipeline(frame, dot, pipe), type);
            case IdentifierNode identifier:
                return Validate(frame, node, CallFunction(frame, dot, identifier.Function, identifier.Name, identifier, identifier, [node], null, false), type);
            case ChainNode chain:
                return Validate(frame, node, FieldChain(frame, dot, Argument(frame, dot, chain.Inner), chain, chain.Names, 0, [], null, false), type);
        }

        switch (type)
        {
            case GoType.Any:
                return Argument(frame, dot, node);
            case GoType.String:
                return node is StringNode text ? text.Text : throw Fail(frame, node, $"expected string; found {node}");
            case GoType.Bool:
                return node is BoolNode b ? b.Value : throw Fail(frame, node, $"expected bool; found {node}");
            case GoType.Int:
                return node is NumberNode { Int: { } i } ? (nint)i : throw Fail(frame, node, $"expected integer; found {node}");
            case GoType.Int64:
                return node is NumberNode { Int: { } l } ? l : throw Fail(frame, node, $"expected integer; found {node}");
            case GoType.Uint32:
                return node is NumberNode { Int: >= 0 and <= uint.MaxValue } u ? (uint)u.Int.Value : throw Fail(frame, node, $"expected unsigned integer; found {node}");
            case GoType.Float64:
                return node is NumberNode { Float: { } f } ? f : throw Fail(frame, node, $"expected float; found {node}");
            default:
                throw Fail(frame, node, $"can't handle {node} for arg of type {Name(type)}");
        }
    }

    /// <summary>The value of any operand (evalArg for interface {}).</summary>
    private object? Argument(Frame frame, object? dot, Node node) => node switch
    {
        BoolNode b => b.Value,
        DotNode => dot,
        FieldNode field => FieldChain(frame, dot, dot, field, field.Names, 0, [], null, false),
        IdentifierNode identifier => CallFunction(frame, dot, identifier.Function, identifier.Name, identifier, identifier, [node], null, false),
        NilNode => throw Fail(frame, node, "evaluating nil"),
        NumberNode number => Number(frame, number),
        StringNode text => text.Text,
        VariableNode variable => FieldChain(frame, dot, Variable(frame, variable), variable, variable.Names, 1, [], null, false),
        PipeNode pipe => Pipeline(frame, dot, pipe),
        ChainNode chain => FieldChain(frame, dot, Argument(frame, dot, chain.Inner), chain, chain.Names, 0, [], null, false),
        _ => throw Fail(frame, node, $"can't handle assignment of {node} to empty interface argument"),
    };

    /// <summary>Whether a value fits a parameter (validateType); ints of other widths do not.</summary>
    private static object? Validate(Frame frame, Node node, object? value, GoType type)
    {
        if (type == GoType.Any)
        {
            return value;
        }

        if (value is NilInterface)
        {
            throw Fail(frame, node, $"wrong type for value; expected {Name(type)}; got interface {{}}");
        }

        if (value is null)
        {
            return type is GoType.Map or GoType.List or GoType.Strings or GoType.Bytes
                ? null
                : throw Fail(frame, node, $"invalid value; expected {Name(type)}");
        }

        var fits = type switch
        {
            GoType.String => value is string,
            GoType.Int => value is nint,
            GoType.Int64 => value is long,
            GoType.Float64 => value is double,
            GoType.Bool => value is bool,
            // Go assigns a named map type to its underlying type.
            GoType.Map => value is Dictionary<string, object?>,
            GoType.List => value is List<object?>,
            GoType.Strings => value is List<string> or string[],
            GoType.Bytes => value is byte[],
            GoType.Time => value is DateTimeOffset,
            GoType.Uint32 => value is uint,
            GoType.Certificate => value is IGoObject { GoType: "sprig.certificate" },
            _ => true,
        };
        return fits ? value : throw Fail(frame, node, $"wrong type for value; expected {Name(type)}; got {GoValue.TypeName(value)}");
    }

    private static string Name(GoType type) => type switch
    {
        GoType.String => "string",
        GoType.Int => "int",
        GoType.Int64 => "int64",
        GoType.Float64 => "float64",
        GoType.Bool => "bool",
        GoType.Map => "map[string]interface {}",
        GoType.List => "[]interface {}",
        GoType.Strings => "[]string",
        GoType.Bytes => "[]uint8",
        GoType.Time => "time.Time",
        GoType.Uint32 => "uint32",
        GoType.Certificate => "sprig.certificate",
        _ => "interface {}",
    };

    private static object? Plain(object? value) => value is NilInterface ? null : value;

    private static object? Variable(Frame frame, VariableNode node)
    {
        for (var i = frame.Variables.Count - 1; i >= 0; i--)
        {
            if (frame.Variables[i].Key == node.Names[0])
            {
                return frame.Variables[i].Value;
            }
        }

        throw Fail(frame, node, $"undefined variable: {node.Names[0]}");
    }

    private static void SetVariable(Frame frame, string name, object? value)
    {
        for (var i = frame.Variables.Count - 1; i >= 0; i--)
        {
            if (frame.Variables[i].Key == name)
            {
                frame.Variables[i] = new(name, value);
                return;
            }
        }
    }

    private static void Pop(Frame frame, int mark) => frame.Variables.RemoveRange(mark, frame.Variables.Count - mark);

    /// <summary>template: FILE:LINE:COLUMN: executing "NAME" at &lt;NODE&gt;: message. The column counts bytes.</summary>
    private static TemplateException Fail(Frame frame, Node node, string message, Exception? inner = null)
    {
        var template = frame.Template;
        var before = template.Source.AsSpan(0, Math.Min(node.Position, template.Source.Length));
        var newline = before.LastIndexOf('\n');
        var line = 1 + before.Count('\n');
        var column = Encoding.UTF8.GetByteCount(before[(newline + 1)..]);
        var text = string.Create(
            CultureInfo.InvariantCulture,
            $"template: {template.FileName}:{line}:{column}: executing {GoQuote.Quote(template.Name)} at <{node}>: {message}");
        return new TemplateException(text, template.FileName, line, column, inner);
    }
}
