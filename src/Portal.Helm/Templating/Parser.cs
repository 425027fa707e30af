using System.Globalization;

namespace Portal.Helm.Templating;

/// <summary>A parsed template: its tree and the text it came from. Immutable, shared between renders.</summary>
internal sealed record ParsedTemplate(string Name, string FileName, string Source, ListNode Root)
{
    /// <summary>Nothing but blanks and comments: such a definition does not replace another (text/template's IsEmptyTree).</summary>
    public bool IsEmpty => Root.Nodes.All(n => n is TextNode text && text.Text.AsSpan().Trim().IsEmpty);
}

/// <summary>Recursive descent over the tokens of one file (text/template/parse). The grammar stands above each method.</summary>
internal sealed class Parser
{
    private readonly string _name;
    private readonly string _source;
    private readonly List<Token> _tokens;
    private readonly FunctionTable _functions;
    private readonly List<string> _variables = ["$"];
    private readonly Dictionary<string, ParsedTemplate> _definitions = new(StringComparer.Ordinal);
    private int _next;

    // The token that was looked at furthest ahead: errors name its line. And the line of the action that is being read, 0 between two.
    private int _furthest = -1;
    private int _actionLine;
    private int _rangeDepth;
    private int _depth;

    private Parser(string name, string source, FunctionTable functions)
    {
        _name = name;
        _source = source;
        _functions = functions;
        _tokens = Lexer.Tokenize(source);
    }

    /// <summary>The file's own template and all it defines.</summary>
    /// <exception cref="TemplateException">template: NAME:LINE: message</exception>
    public static IReadOnlyCollection<ParsedTemplate> Parse(string name, string source, FunctionTable functions)
    {
        var parser = new Parser(name, source, functions);
        parser.ParseFile();
        return parser._definitions.Values;
    }

    private void ParseFile()
    {
        var nodes = new List<Node>();
        while (Peek().Kind != TokenKind.Eof)
        {
            if (Peek().Kind == TokenKind.LeftDelim)
            {
                var mark = _next;
                Next();
                if (NextNonSpace().Kind == TokenKind.Define)
                {
                    ParseDefinition();
                    continue;
                }

                _next = mark;
            }

            var node = TextOrAction();
            if (node is EndMarker or ElseMarker)
            {
                throw Error($"unexpected {node}");
            }

            nodes.Add(node);
        }

        Add(new ParsedTemplate(_name, _name, _source, new ListNode(0, nodes)));
    }

    // define = "define" string "}}" list end
    private void ParseDefinition()
    {
        const string Context = "define clause";
        var name = Unquote(ExpectOneOf(TokenKind.String, TokenKind.RawString, Context));
        Expect(TokenKind.RightDelim, Context);
        var outer = _variables.ToArray();
        _variables.Clear();
        _variables.Add("$");
        var range = _rangeDepth;
        _rangeDepth = 0;
        var (list, end) = ItemList();
        if (end is not EndMarker)
        {
            throw Error($"unexpected {end} in {Context}");
        }

        _rangeDepth = range;
        _variables.Clear();
        _variables.AddRange(outer);
        Add(new ParsedTemplate(name, _name, _source, list));
    }

    private void Add(ParsedTemplate template)
    {
        if (!_definitions.TryGetValue(template.Name, out var present) || present.IsEmpty)
        {
            _definitions[template.Name] = template;
        }
        else if (!template.IsEmpty)
        {
            throw Error($"template: multiple definition of template {GoQuote.Quote(template.Name)}");
        }
    }

    // list = (text | action)* ( "{{end}}" | "{{else ...}}" )
    private (ListNode List, Node End) ItemList()
    {
        var position = PeekNonSpace().Position;
        var nodes = new List<Node>();
        while (PeekNonSpace().Kind != TokenKind.Eof)
        {
            var node = TextOrAction();
            if (node is EndMarker or ElseMarker)
            {
                return (new ListNode(position, nodes), node);
            }

            nodes.Add(node);
        }

        // The line is that of the end, not of the last thing before it.
        Next();
        throw Error("unexpected EOF");
    }

    private Node TextOrAction()
    {
        var token = NextNonSpace();
        if (token.Kind != TokenKind.LeftDelim)
        {
            return token.Kind == TokenKind.Text ? new TextNode(token.Position, token.Text) : throw Unexpected(token, "input");
        }

        _actionLine = token.Line;
        var action = Action();
        _actionLine = 0;
        return action;
    }

    // action = control | pipeline
    private Node Action()
    {
        var token = NextNonSpace();
        switch (token.Kind)
        {
            case TokenKind.Block:
                return Block(token);
            case TokenKind.Break or TokenKind.Continue:
                var word = token.Kind == TokenKind.Break ? "break" : "continue";
                var close = NextNonSpace();
                if (close.Kind != TokenKind.RightDelim)
                {
                    throw Unexpected(close, $"{{{{{word}}}}}");
                }

                if (_rangeDepth == 0)
                {
                    throw Error($"{{{{{word}}}}} outside {{{{range}}}}");
                }

                return token.Kind == TokenKind.Break ? new BreakNode(token.Position) : new ContinueNode(token.Position);
            case TokenKind.Else:
                return ElseControl();
            case TokenKind.End:
                return new EndMarker(Expect(TokenKind.RightDelim, "end").Position);
            case TokenKind.If:
                return Control(token.Position, "if", (p, pipe, body, otherwise) => new IfNode(p, pipe, body, otherwise));
            case TokenKind.Range:
                return Control(token.Position, "range", (p, pipe, body, otherwise) => new RangeNode(p, pipe, body, otherwise));
            case TokenKind.With:
                return Control(token.Position, "with", (p, pipe, body, otherwise) => new WithNode(p, pipe, body, otherwise));
            case TokenKind.Template:
                return TemplateControl();
        }

        Backup();
        var start = Peek();
        return new ActionNode(start.Position, Pipeline("command", TokenKind.RightDelim));
    }

    // control = ("if"|"range"|"with") pipeline "}}" list ("{{else}}" list)? "{{end}}"
    private Node Control(int position, string context, Func<int, PipeNode, ListNode, ListNode?, Node> make)
    {
        Enter();
        var variables = _variables.Count;
        var pipe = Pipeline(context, TokenKind.RightDelim);
        if (context == "range")
        {
            _rangeDepth++;
        }

        var (body, end) = ItemList();
        if (context == "range")
        {
            _rangeDepth--;
        }

        ListNode? otherwise = null;
        if (end is ElseMarker)
        {
            // {{else if}} and {{else with}} are {{else}}{{if}}...{{end}} with one {{end}} for both.
            if (context == "if" && PeekNonSpace().Kind == TokenKind.If)
            {
                var token = NextNonSpace();
                otherwise = new ListNode(end.Position, [Control(token.Position, "if", (p, i, b, e) => new IfNode(p, i, b, e))]);
            }
            else if (context == "with" && PeekNonSpace().Kind == TokenKind.With)
            {
                var token = NextNonSpace();
                otherwise = new ListNode(end.Position, [Control(token.Position, "with", (p, i, b, e) => new WithNode(p, i, b, e))]);
            }
            else
            {
                (otherwise, end) = ItemList();
                if (end is not EndMarker)
                {
                    throw Error($"expected end; found {end}");
                }
            }
        }

        _variables.RemoveRange(variables, _variables.Count - variables);
        _depth--;
        return make(pipe.Position, pipe, body, otherwise);
    }

    // else = "else" ( "}}" | "if" ... | "with" ... )
    private ElseMarker ElseControl()
    {
        var peek = PeekNonSpace();
        if (peek.Kind is TokenKind.If or TokenKind.With)
        {
            return new ElseMarker(peek.Position);
        }

        return new ElseMarker(Expect(TokenKind.RightDelim, "else").Position);
    }

    // block = "block" string pipeline "}}" list "{{end}}"
    private TemplateNode Block(Token start)
    {
        const string Context = "block clause";
        var token = NextNonSpace();
        var name = TemplateName(token, Context);
        var pipe = Pipeline(Context, TokenKind.RightDelim);
        var outer = _variables.ToArray();
        var (line, actionLine) = (Line(), _actionLine);
        _variables.Clear();
        _variables.Add("$");
        _actionLine = 0;
        var (list, end) = ItemList();
        if (end is not EndMarker)
        {
            // The body is a tree of its own, the error one of the tree around it.
            throw Error($"unexpected {end} in {Context}", line);
        }

        _actionLine = actionLine;

        _variables.Clear();
        _variables.AddRange(outer);
        Add(new ParsedTemplate(name, _name, _source, list));
        _ = start;
        return new TemplateNode(token.Position, name, pipe);
    }

    // template = "template" string pipeline? "}}"
    private TemplateNode TemplateControl()
    {
        const string Context = "template clause";
        var token = NextNonSpace();
        var name = TemplateName(token, Context);
        PipeNode? pipe = null;
        if (NextNonSpace().Kind != TokenKind.RightDelim)
        {
            Backup();
            pipe = Pipeline(Context, TokenKind.RightDelim);
        }

        return new TemplateNode(token.Position, name, pipe);
    }

    private string TemplateName(Token token, string context) => token.Kind is TokenKind.String or TokenKind.RawString
        ? Unquote(token)
        : throw Unexpected(token, context);

    // pipeline = (variables ("=" | ":="))? command ("|" command)*
    private PipeNode Pipeline(string context, TokenKind end)
    {
        Enter();
        var token = PeekNonSpace();
        var declared = new List<VariableNode>();
        var assign = false;
        while (true)
        {
            var variable = PeekNonSpace();
            if (variable.Kind != TokenKind.Variable)
            {
                break;
            }

            var mark = _next;
            NextNonSpace();
            var afterSpace = Peek();
            var next = PeekNonSpace();
            if (next.Kind is TokenKind.Assign or TokenKind.Declare)
            {
                assign = next.Kind == TokenKind.Assign;
                NextNonSpace();
                declared.Add(new VariableNode(variable.Position, variable.Text.Split('.')));
                _variables.Add(variable.Text);
                break;
            }

            if (next.Kind == TokenKind.Char && next.Text == ",")
            {
                NextNonSpace();
                declared.Add(new VariableNode(variable.Position, variable.Text.Split('.')));
                _variables.Add(variable.Text);
                if (context == "range" && declared.Count < 2)
                {
                    if (PeekNonSpace().Kind is TokenKind.Variable or TokenKind.RightDelim or TokenKind.RightParen)
                    {
                        continue;
                    }

                    throw Error("range can only initialize variables");
                }

                throw Error($"too many declarations in {context}");
            }

            _ = afterSpace;
            _next = mark;
            break;
        }

        var commands = new List<CommandNode>();
        while (true)
        {
            var next = NextNonSpace();
            if (next.Kind == end)
            {
                CheckPipeline(commands, context);
                _depth--;
                return new PipeNode(token.Position, assign, declared, commands);
            }

            switch (next.Kind)
            {
                case TokenKind.Bool or TokenKind.CharConstant or TokenKind.Complex or TokenKind.Dot or TokenKind.Field or TokenKind.Identifier
                    or TokenKind.Number or TokenKind.Nil or TokenKind.RawString or TokenKind.String or TokenKind.Variable or TokenKind.LeftParen:
                    Backup();
                    commands.Add(Command());
                    break;
                default:
                    throw Unexpected(next, context);
            }
        }
    }

    private void CheckPipeline(List<CommandNode> commands, string context)
    {
        if (commands.Count == 0)
        {
            throw Error($"missing value for {context}");
        }

        for (var i = 1; i < commands.Count; i++)
        {
            if (commands[i].Arguments[0] is BoolNode or DotNode or NilNode or NumberNode or StringNode)
            {
                throw Error($"non executable command in pipeline stage {i + 1}");
            }
        }
    }

    // command = operand (space operand)*
    private CommandNode Command()
    {
        var position = PeekNonSpace().Position;
        var arguments = new List<Node>();
        while (true)
        {
            PeekNonSpace();
            SkipSpace();
            var operand = Operand();
            if (operand is not null)
            {
                arguments.Add(operand);
            }

            var token = Next();
            switch (token.Kind)
            {
                case TokenKind.Space:
                    continue;
                case TokenKind.RightDelim or TokenKind.RightParen:
                    Backup();
                    break;
                case TokenKind.Pipe:
                    break;
                default:
                    throw Unexpected(token, "operand");
            }

            break;
        }

        return arguments.Count == 0 ? throw Error("empty command") : new CommandNode(position, arguments);
    }

    // operand = term field*
    private Node? Operand()
    {
        var node = Term();
        if (node is null || Peek().Kind != TokenKind.Field)
        {
            return node;
        }

        var position = Peek().Position;
        var names = new List<string>();
        while (Peek().Kind == TokenKind.Field)
        {
            names.Add(Next().Text[1..]);
        }

        return node switch
        {
            FieldNode field => new FieldNode(position, [.. field.Names, .. names]),
            VariableNode variable => new VariableNode(position, [.. variable.Names, .. names]),
            BoolNode or StringNode or NumberNode or NilNode or DotNode => throw Error($"unexpected . after term {GoQuote.Quote(node.ToString()!)}"),
            _ => new ChainNode(position, node, [.. names]),
        };
    }

    // term = literal | function | "." | field | variable | "(" pipeline ")"
    private Node? Term()
    {
        var token = NextNonSpace();
        switch (token.Kind)
        {
            case TokenKind.Identifier:
                return _functions.TryGet(token.Text, out _)
                    ? new IdentifierNode(token.Position, token.Text)
                    : throw Error($"function {GoQuote.Quote(token.Text)} not defined");
            case TokenKind.Dot:
                return new DotNode(token.Position);
            case TokenKind.Nil:
                return new NilNode(token.Position);
            case TokenKind.Variable:
                return UseVariable(token);
            case TokenKind.Field:
                return new FieldNode(token.Position, [token.Text[1..]]);
            case TokenKind.Bool:
                return new BoolNode(token.Position, token.Text == "true");
            case TokenKind.CharConstant or TokenKind.Complex or TokenKind.Number:
                return Number(token);
            case TokenKind.LeftParen:
                return Pipeline("parenthesized pipeline", TokenKind.RightParen);
            case TokenKind.String or TokenKind.RawString:
                return new StringNode(token.Position, token.Text, Unquote(token));
            default:
                Backup();
                return null;
        }
    }

    private VariableNode UseVariable(Token token) => _variables.Contains(token.Text)
        ? new VariableNode(token.Position, [token.Text])
        : throw Error($"undefined variable {GoQuote.Quote(token.Text)}");

    private NumberNode Number(Token token)
    {
        if (token.Kind == TokenKind.CharConstant)
        {
            if (!GoQuote.TryUnquote(token.Text, out var text))
            {
                throw Error(token.Text == "''" ? "invalid syntax" : $"malformed character constant: {token.Text}");
            }

            long rune = GoBytes.Runes(text).First();
            return new NumberNode(token.Position, token.Text, rune, (ulong)rune, rune, false);
        }

        if (token.Kind == TokenKind.Complex || token.Text.EndsWith('i'))
        {
            return GoNumber.ParseComplex(token.Text) is { } complex
                ? new NumberNode(token.Position, token.Text, null, null, null, false) { Complex = complex }
                : throw Error($"bad number syntax: {GoQuote.Quote(token.Text)}");
        }

        if (token.Text.Contains("__", StringComparison.Ordinal) || token.Text.EndsWith('_'))
        {
            throw Error($"bad number syntax: {GoQuote.Quote(token.Text)}");
        }

        var integer = GoNumber.ParseInteger(token.Text);
        if (integer is { } value)
        {
            long? signed = value >= long.MinValue && value <= long.MaxValue ? (long)value : null;
            ulong? unsigned = value >= 0 && value <= ulong.MaxValue ? (ulong)value : null;
            if (signed is null && unsigned is null)
            {
                throw Error($"integer overflow: {GoQuote.Quote(token.Text)}");
            }

            return new NumberNode(token.Position, token.Text, signed, unsigned, (double)value, false);
        }

        if (GoNumber.ParseFloat(token.Text) is { } number)
        {
            // 08 is no octal number, and an integer of that many digits is too large.
            if (token.Text.AsSpan().IndexOfAny(".eEpP") < 0)
            {
                throw Error($"integer overflow: {GoQuote.Quote(token.Text)}");
            }

            var exact = number == Math.Floor(number) && Math.Abs(number) < 9.2e18;
            return new NumberNode(token.Position, token.Text, exact ? (long)number : null, exact && number >= 0 ? (ulong)number : null, number, true);
        }

        throw Error($"illegal number syntax: {GoQuote.Quote(token.Text)}");
    }

    private string Unquote(Token token) => GoQuote.TryUnquote(token.Text, out var text) ? text : throw Error("invalid syntax");

    private Token Peek() => See(_next);

    private Token Next() => See(_next++);

    private Token See(int at)
    {
        at = Math.Min(at, _tokens.Count - 1);
        _furthest = Math.Max(_furthest, at);
        return _tokens[at];
    }

    private void Backup() => _next--;

    private void SkipSpace()
    {
        while (Peek().Kind == TokenKind.Space)
        {
            _next++;
        }
    }

    private Token PeekNonSpace()
    {
        var i = _next;
        while (i < _tokens.Count - 1 && _tokens[i].Kind == TokenKind.Space)
        {
            i++;
        }

        return See(i);
    }

    private Token NextNonSpace()
    {
        SkipSpace();
        return Next();
    }

    private Token Expect(TokenKind kind, string context)
    {
        var token = NextNonSpace();
        return token.Kind == kind ? token : throw Unexpected(token, context);
    }

    private Token ExpectOneOf(TokenKind first, TokenKind second, string context)
    {
        var token = NextNonSpace();
        return token.Kind == first || token.Kind == second ? token : throw Unexpected(token, context);
    }

    private void Enter()
    {
        if (++_depth > 1000)
        {
            throw Error("template nested too deeply");
        }
    }

    private TemplateException Unexpected(Token token, string context)
    {
        if (token.Kind == TokenKind.Error)
        {
            // "unclosed action in action" would be once too often.
            var started = _actionLine == 0 || _actionLine == token.Line
                ? ""
                : string.Create(CultureInfo.InvariantCulture, $"{(token.Text.EndsWith(" action", StringComparison.Ordinal) ? "" : " in action")} started at {_name}:{_actionLine}");
            return Error(token.Text + started);
        }

        return Error($"unexpected {token} in {context}");
    }

    private int Line() => _furthest < 0 ? 1 : _tokens[_furthest].Line;

    private TemplateException Error(string message) => Error(message, Line());

    private TemplateException Error(string message, int line)
    {
        var text = string.Create(CultureInfo.InvariantCulture, $"template: {_name}:{line}: {message}");
        return new TemplateException(text, _name, line);
    }

    private sealed record EndMarker(int Position) : Node(Position)
    {
        public override string ToString() => "{{end}}";
    }

    private sealed record ElseMarker(int Position) : Node(Position)
    {
        public override string ToString() => "{{else}}";
    }
}
