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

    internal void CheckTime() => _budget.CheckTime();

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

        /// <summary>The node that an error names: the last one visited, as in exec.go's state.at.</summary>
        public Node At { get; set; } = template.Root;

        /// <summary>The elements of the ranges under way: Go knows them as interface {} only.</summary>
        public Stack<object?> Elements { get; } = [];
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

    public string Include(string name, object? data)
    {
        // A failed render is over: nothing counts on.
        _budget.Include(name);
        var text = ExecuteNamed(name, data);
        _budget.Included(name);
        return text;
    }

    public TextTemplate ParseText(string text)
    {
        // The file's template is executed itself, not by its name: an empty one does not replace what the name stood for.
        var set = _set.Layer();
        return new TextTemplate(new Evaluator(set, _budget), set.ParseFile("gotpl", text));
    }

    public string Run(ParsedTemplate template, object? data)
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
        frame.At = node;
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
                throw Fail(frame, $"unknown node: {node}");
        }
    }

    private void Write(Frame frame, string text)
    {
        _budget.Output(text.Length);
        frame.Output.Append(text);
    }

    private void Print(Frame frame, Node node, object? value)
    {
        frame.At = node;
        value = Plain(value);
        if (value is null)
        {
            Write(frame, "<no value>");
            return;
        }

        if (value is Function)
        {
            throw Fail(frame, $"can't print {node} of type func");
        }

        // What stands behind a pointer is printed, without a word of the pointer (printableValue).
        Write(frame, value is IGoField field ? field.Text : value is IGoStruct { GoType: ['*', ..] } ? GoFormat.Value(value)[1..] : GoFormat.Value(value));
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
        var value = Plain(Pipeline(frame, dot, node.Pipe));
        var declared = node.Pipe.Declared;
        var bodyMark = frame.Variables.Count;
        var any = false;

        // Of []int or map[string]string an element has its own type.
        var hasInterfaces = value is Dictionary<string, object?> or List<object?> and not GoTypedList;

        // False: stop.
        bool Iterate(object? key, object? item)
        {
            any = true;
            // Assignment sets outer variables, declaration sets the ones just pushed.
            if (declared.Count > 1)
            {
                Bind(0, key);
            }

            if (declared.Count > 0)
            {
                Bind(declared.Count - 1, item);
            }

            frame.Elements.Push(hasInterfaces ? item : null);
            var flow = Walk(frame, item ?? NilInterface.Value, node.Body);
            frame.Elements.Pop();
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
            case var integer when GoValue.TryInt(integer, out var count) && integer is not (Sprig.GoDuration or Sprig.GoWord):
                if (declared.Count > 1)
                {
                    throw Fail(frame, $"can't use {integer} to iterate over more than one variable");
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
                throw Fail(frame, $"range can't iterate over {GoFormat.Value(value)}");
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
            throw Fail(frame, $"template {GoQuote.Quote(node.Name)} not defined");
        }

        _budget.Enter();
        var data = node.Pipe is null ? null : Pipeline(frame, dot, node.Pipe);
        var inner = new Frame(template, frame.Output);
        inner.Variables.Add(new("$", data));
        Walk(inner, data, template.Root);
        _budget.Leave();
    }

    private object? Pipeline(Frame frame, object? dot, PipeNode pipe)
    {
        _budget.Step();
        frame.At = pipe;
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
            if (pipe.IsAssign)
            {
                SetVariable(frame, name, value);
            }
            else
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
                return Field(frame, dot, field, command.Arguments, final, hasFinal);
            case ChainNode chain:
                return Chain(frame, dot, chain, command.Arguments, final, hasFinal);
            case IdentifierNode identifier:
                frame.At = identifier;
                return CallFunction(frame, dot, Named(identifier), identifier.Name, command, command.Arguments, final, hasFinal);
            case PipeNode pipe:
                NotAFunction(frame, command, hasFinal);
                return Pipeline(frame, dot, pipe);
            case VariableNode variable:
                return Variable(frame, dot, variable, command.Arguments, final, hasFinal);
        }

        frame.At = first;
        NotAFunction(frame, command, hasFinal);
        return first switch
        {
            BoolNode b => b.Value,
            DotNode => dot,
            NilNode => throw Fail(frame, "nil is not a command"),
            NumberNode number => Number(frame, number),
            StringNode text => text.Text,
            _ => throw Fail(frame, $"can't evaluate command {GoQuote.Quote(first.ToString()!)}"),
        };
    }

    private static void NotAFunction(Frame frame, CommandNode command, bool hasFinal)
    {
        if (command.Arguments.Count > 1 || hasFinal)
        {
            throw Fail(frame, $"can't give argument to non-function {command.Arguments[0]}");
        }
    }

    private static object Number(Frame frame, NumberNode number)
    {
        if (number.Complex is { } complex)
        {
            return complex;
        }

        if (number.LooksFloat || number.Text.Contains('.'))
        {
            return number.Float!.Value;
        }

        return number.Int is { } value ? (nint)value : throw Fail(frame, $"{number.Text} overflows int");
    }

    private object? Field(Frame frame, object? dot, FieldNode field, List<Node> arguments, object? final, bool hasFinal)
    {
        frame.At = field;
        return FieldChain(frame, dot, dot, field, field.Names, 0, arguments, final, hasFinal);
    }

    private object? Chain(Frame frame, object? dot, ChainNode chain, List<Node> arguments, object? final, bool hasFinal)
    {
        frame.At = chain;
        if (chain.Inner is NilNode)
        {
            throw Fail(frame, $"indirection through explicit nil in {chain}");
        }

        return FieldChain(frame, dot, Argument(frame, dot, chain.Inner), chain, chain.Names, 0, arguments, final, hasFinal);
    }

    private object? Variable(Frame frame, object? dot, VariableNode variable, List<Node> arguments, object? final, bool hasFinal)
    {
        frame.At = variable;
        var value = Variable(frame, variable);
        if (variable.Names.Length > 1)
        {
            return FieldChain(frame, dot, value, variable, variable.Names, 1, arguments, final, hasFinal);
        }

        return arguments.Count > 1 || hasFinal ? throw Fail(frame, $"can't give argument to non-function {arguments[0]}") : value;
    }

    private object? FieldChain(
        Frame frame, object? dot, object? receiver, Node node, string[] names, int from, List<Node> arguments, object? final, bool hasFinal)
    {
        var isInterface = false;
        for (var i = from; i < names.Length - 1; i++)
        {
            var holder = receiver;
            receiver = Field(frame, dot, names[i], node, [], null, false, receiver, isInterface);
            isInterface = holder is IDictionary;
        }

        return Field(frame, dot, names[^1], node, arguments, final, hasFinal, receiver, isInterface);
    }

    private object? Field(Frame frame, object? dot, string name, Node node, List<Node> arguments, object? final, bool hasFinal, object? receiver, bool isInterface)
    {
        var hasArguments = arguments.Count > 1 || hasFinal;
        switch (receiver)
        {
            case null:
                return null;
            case NilInterface:
                throw Fail(frame, $"nil pointer evaluating interface {{}}.{name}");
            case IGoObject o:
                if (o.TryGetMethod(name, out var method))
                {
                    return CallFunction(frame, dot, method, name, node, arguments, final, hasFinal);
                }

                if (o.TryGetField(name, out var field))
                {
                    return hasArguments ? throw Fail(frame, $"{name} has arguments but cannot be invoked as function") : field ?? NilInterface.Value;
                }

                throw NoField(frame, name, receiver, isInterface);
            case Sprig.GoMoment or Sprig.GoDuration or Sprig.GoLocation or Sprig.GoWord:
                return Sprig.TimeMethods.Find(receiver, name) is { } timed ? CallFunction(frame, dot, timed, name, node, arguments, final, hasFinal) : throw NoField(frame, name, receiver, isInterface);
            case Dictionary<string, object?> map:
                if (ValuesMethods.Find(map, name) is { } ofValues)
                {
                    return CallFunction(frame, dot, ofValues, name, node, arguments, final, hasFinal);
                }

                if (hasArguments)
                {
                    throw Fail(frame, $"{name} is not a method but has arguments");
                }

                return map.TryGetValue(name, out var value) ? value ?? NilInterface.Value : NilInterface.Value;
            case IDictionary other:
                if (hasArguments)
                {
                    throw Fail(frame, $"{name} is not a method but has arguments");
                }

                return other.Contains(name) ? other[name] : "";
            default:
                throw NoField(frame, name, receiver, isInterface);
        }
    }

    private static TemplateException NoField(Frame frame, string name, object receiver, bool isInterface) => Fail(
        frame,
        $"can't evaluate field {name} in type {(isInterface || frame.Elements.Any(e => ReferenceEquals(e, receiver)) ? "interface {}" : GoValue.TypeName(receiver))}");

    private object? CallFunction(
        Frame frame, object? dot, Function function, string name, Node node, List<Node> arguments, object? final, bool hasFinal)
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
            throw Fail(frame, function.Variadic
                ? $"wrong number of args for {name}: want at least {fixedCount} got {given}"
                : $"wrong number of args for {name}: want {fixedCount} got {given}");
        }

        if (function.Uncallable is { } why)
        {
            throw Fail(frame, why);
        }

        var values = given == 0 ? [] : new object?[given];
        for (var i = 0; i < values.Length; i++)
        {
            var type = parameters[Math.Min(i, parameters.Count - 1)];
            var value = hasFinal && i == given - 1
                ? Validate(frame, final, type)
                : Plain(Typed(frame, dot, type, arguments[i + 1]));
            values[i] = value is IGoField field ? field.Copy : value;
        }

        // What a pipeline gives is no interface any more: of nil nothing is left that has a type.
        if (function.OfNil is { } complaint && (arguments.Count > 1 ? arguments[1] is NilNode || (arguments[1] is PipeNode && values[0] is null) : values[0] is null))
        {
            frame.At = node;
            throw Fail(frame, $"error calling {name}: {complaint}", new FunctionException(complaint));
        }

        Exception failure;
        try
        {
            var result = function.Body(_context, function.TakesCallee ? [arguments.Count > 1 ? arguments[1].ToString() : GoFormat.Value(final), .. values] : values);
            _budget.Made(result);
            return result;
        }
        catch (Exception error) when (!BoundedText.IsFull(error) && error is FunctionException or ArgumentException or InvalidOperationException or System.Security.Cryptography.CryptographicException or ArithmeticException or IndexOutOfRangeException or InvalidCastException or FormatException or (TemplateException and not TemplateLimitException))
        {
            // What a function cannot do ends the template, not the process: Go makes an error of every panic (text/template, safeCall).
            failure = error;
        }

        catch (Exception error) when (BoundedText.IsFull(error))
        {
            throw BoundedText.Full(name);
        }
        catch (System.Text.RegularExpressions.RegexMatchTimeoutException)
        {
            throw new TemplateLimitException($"{name} has an expression that takes too long");
        }

        // Not within the catch: that would keep the stack of every level of an include until the last one is caught, and a deep chart would use it up.
        frame.At = node;
        throw Fail(frame, $"error calling {name}: {failure.Message}", failure);
    }

    // Trees are shared between renders, functions are not: they see one render's cluster, clock and randomness.
    private Function Named(IdentifierNode identifier) => _set.Functions.TryGet(identifier.Name, out var function) ? function : throw new TemplateException($"template: function {GoQuote.Quote(identifier.Name)} not defined");

    private object? AndOr(Frame frame, object? dot, bool stop, List<Node> arguments, object? final, bool hasFinal)
    {
        var name = stop ? "or" : "and";
        if (arguments.Count < 2 && !hasFinal)
        {
            throw Fail(frame, $"wrong number of args for {name}: want at least 1 got 0");
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
        frame.At = node;
        switch (node)
        {
            case DotNode:
                return Validate(frame, dot, type);
            case NilNode:
                return type is GoType.Any or GoType.Map or GoType.List or GoType.Strings or GoType.Bytes or GoType.Version
                    ? null
                    : throw Fail(frame, $"cannot assign nil to {Name(type)}");
            case FieldNode field:
                return Validate(frame, Field(frame, dot, field, [node], null, false), type);
            case VariableNode variable:
                return Validate(frame, Variable(frame, dot, variable, [], null, false), type);
            case PipeNode pipe:
                return Validate(frame, Pipeline(frame, dot, pipe), type);
            case IdentifierNode identifier:
                return Validate(frame, CallFunction(frame, dot, Named(identifier), identifier.Name, identifier, [node], null, false), type);
            case ChainNode chain:
                return Validate(frame, Chain(frame, dot, chain, [], null, false), type);
        }

        switch (type)
        {
            case GoType.Any:
                return Argument(frame, dot, node);
            case GoType.String:
                return node is StringNode text ? text.Text : throw Fail(frame, $"expected string; found {node}");
            case GoType.Bool:
                return node is BoolNode b ? b.Value : throw Fail(frame, $"expected bool; found {node}");
            case GoType.Int:
                return node is NumberNode { Int: { } i } ? (nint)i : throw Fail(frame, $"expected integer; found {node}");
            case GoType.Int64:
                return node is NumberNode { Int: { } l } ? l : throw Fail(frame, $"expected integer; found {node}");
            case GoType.Duration:
                return node is NumberNode { Int: { } d } ? new Sprig.GoDuration(d) : throw Fail(frame, $"expected integer; found {node}");
            case GoType.Uint32:
                return node is NumberNode { Int: >= 0 and <= uint.MaxValue } u ? (uint)u.Int.Value : throw Fail(frame, $"expected unsigned integer; found {node}");
            case GoType.Float64:
                return node is NumberNode { Float: { } f } ? f : throw Fail(frame, $"expected float; found {node}");
            default:
                throw Fail(frame, $"can't handle {node} for arg of type {Name(type)}");
        }
    }

    /// <summary>The value of any operand (evalArg for interface {}).</summary>
    private object? Argument(Frame frame, object? dot, Node node)
    {
        frame.At = node;
        return node switch
        {
            BoolNode b => b.Value,
            DotNode => dot,
            FieldNode field => Field(frame, dot, field, [], null, false),
            IdentifierNode identifier => CallFunction(frame, dot, Named(identifier), identifier.Name, identifier, [node], null, false),
            NilNode => throw Fail(frame, "evaluating nil"),
            NumberNode number => Number(frame, number),
            StringNode text => text.Text,
            VariableNode variable => Variable(frame, dot, variable, [], null, false),
            PipeNode pipe => Pipeline(frame, dot, pipe),
            ChainNode chain => Chain(frame, dot, chain, [], null, false),
            _ => throw Fail(frame, $"can't handle assignment of {node} to empty interface argument"),
        };
    }

    /// <summary>Whether a value fits a parameter (validateType); ints of other widths do not.</summary>
    private static object? Validate(Frame frame, object? value, GoType type)
    {
        if (type == GoType.Any)
        {
            return value;
        }

        if (value is NilInterface)
        {
            throw Fail(frame, $"wrong type for value; expected {Name(type)}; got interface {{}}");
        }

        if (value is null)
        {
            return type is GoType.Map or GoType.List or GoType.Strings or GoType.Bytes or GoType.Version
                ? null
                : throw Fail(frame, $"invalid value; expected {Name(type)}");
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
            GoType.List => value is List<object?> and not GoTypedList,
            GoType.Strings => value is List<string> or string[],
            GoType.Bytes => value is byte[],
            GoType.Time => value is Sprig.GoMoment,
            GoType.Duration => value is Sprig.GoDuration,
            GoType.Location => value is Sprig.GoLocation,
            GoType.Version => value is IGoObject { GoType: "*semver.Version" },
            GoType.Uint32 => value is uint,
            GoType.Certificate => value is IGoObject { GoType: "sprig.certificate" },
            _ => true,
        };
        return fits ? value : throw Fail(frame, $"wrong type for value; expected {Name(type)}; got {GoValue.TypeName(value)}");
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
        GoType.Duration => "time.Duration",
        GoType.Location => "*time.Location",
        GoType.Version => "*semver.Version",
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

        throw Fail(frame, $"undefined variable: {node.Names[0]}");
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

        throw Fail(frame, $"undefined variable: {name}");
    }

    private static void Pop(Frame frame, int mark) => frame.Variables.RemoveRange(mark, frame.Variables.Count - mark);

    /// <summary>template: FILE:LINE:COLUMN: executing "NAME" at &lt;NODE&gt;: message. The column counts bytes.</summary>
    private static TemplateException Fail(Frame frame, string message, Exception? inner = null)
    {
        var template = frame.Template;
        var node = frame.At;
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
