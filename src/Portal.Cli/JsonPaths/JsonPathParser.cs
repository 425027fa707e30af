using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Portal.Helm.Templating;

namespace Portal.Cli.JsonPaths;

/// <summary>
/// Reads a JSONPath template: text, and steps in braces (k8s.io/client-go/util/jsonpath, parser.go). Its oddities are kept: a key in quotes is read as a field
/// (<c>['a.b']</c> is two steps, <c>['a\.b']</c> one), and a filter ends at the first closing parenthesis outside of quotes.
/// </summary>
internal sealed partial class JsonPathParser
{
    private const int End = -1;

    private readonly string _input;
    private readonly List<JsonPathNode> _root = [];
    private int _at;
    private int _start;
    private int _width;

    private JsonPathParser(string input) => _input = input;

    /// <summary>The parts of a template.</summary>
    /// <exception cref="JsonPathException">The text is no template.</exception>
    public static IReadOnlyList<JsonPathNode> Parse(string template) => new JsonPathParser(template).Template();

    // What stands in one pair of braces.
    private static ListNode Action(string text) => (ListNode)Parse($"{{{text}}}")[0];

    private List<JsonPathNode> Template()
    {
        while (_at < _input.Length)
        {
            if (_input[_at] != '{')
            {
                Next();
                continue;
            }

            AddText();
            _at++;
            Take();
            var action = new ListNode([]);
            _root.Add(action);
            while (Step(action.Nodes))
            {
            }
        }

        AddText();
        return _root;
    }

    private void AddText()
    {
        if (_at > _start)
        {
            _root.Add(new TextNode(Take()));
        }
    }

    // One step inside of braces; false at the brace that closes them.
    private bool Step(List<JsonPathNode> nodes)
    {
        if (Skip("}"))
        {
            Take();
            return false;
        }

        if (Skip("[?("))
        {
            Filter(nodes);
            return true;
        }

        if (Skip(".."))
        {
            Recursive(nodes);
            return true;
        }

        switch (Next())
        {
            case End or '\r' or '\n':
                throw new JsonPathException("unclosed action");
            // The object itself, and blanks.
            case ' ' or '@' or '$':
                Take();
                break;
            case '[':
                Brackets(nodes);
                break;
            case '"':
                Quoted(nodes, '"');
                break;
            case '\'':
                Quoted(nodes, '\'');
                break;
            case '.':
                Field(nodes);
                break;
            case '+' or '-':
                Back();
                Number(nodes);
                break;
            case var c when IsDigit(c):
                Back();
                Number(nodes);
                break;
            case var c when IsWord(c):
                Back();
                Word(nodes);
                break;
            case var c:
                throw new JsonPathException($"unrecognized character in action: {GoFormat.Printf("%#U", [(long)c])}");
        }

        return true;
    }

    private void Word(List<JsonPathNode> nodes)
    {
        while (!IsTerminator(Next()))
        {
        }

        Back();
        var word = Take();
        nodes.Add(word is "true" or "false" ? new LiteralNode(word == "true") : new WordNode(word));
    }

    private void Recursive(List<JsonPathNode> nodes)
    {
        // "....": two of them.
        if (nodes is [.., RecursiveNode])
        {
            throw new JsonPathException("invalid multiple recursive descent");
        }

        Take();
        nodes.Add(new RecursiveNode());
        var next = Next();
        Back();
        if (IsWord(next))
        {
            Field(nodes);
        }
    }

    private void Number(List<JsonPathNode> nodes)
    {
        if (Next() is not ('+' or '-'))
        {
            Back();
        }

        while (Next() is var c && (c == '.' || IsDigit(c)))
        {
        }

        Back();
        var text = Take();
        nodes.Add(long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var integer) ? new LiteralNode(integer)
            : GoNumber.ParseFloat(text) is { } number ? new LiteralNode(number)
            : throw new JsonPathException($"cannot parse number {text}"));
    }

    private void Brackets(List<JsonPathNode> nodes)
    {
        int c;
        do
        {
            c = Next();
            if (c is End or '\n')
            {
                throw new JsonPathException("unterminated array");
            }
        }
        while (c != ']');

        var text = Take()[1..^1];
        text = text == "*" ? ":" : text;
        if (text.Contains(',', StringComparison.Ordinal))
        {
            nodes.Add(new UnionNode([.. text.Split(',').Select(part => Action($"[{part.Trim(' ')}]"))]));
        }
        else if (Key().Match(text) is { Success: true } key)
        {
            nodes.AddRange(Action("." + key.Groups[1].Value).Nodes);
        }
        else
        {
            nodes.Add(Slice(text));
        }
    }

    private static SliceNode Slice(string text)
    {
        var match = SliceText().Match(text);
        if (!match.Success)
        {
            throw new JsonPathException($"invalid array index {text}");
        }

        var isIndex = match.Groups[2].Length == 0;
        var start = Index(match.Groups[1].Value);
        return new SliceNode(start, isIndex ? (start ?? 0) + 1 : Index(match.Groups[2].Value[1..]), match.Groups[3].Length == 0 ? null : Index(match.Groups[3].Value[1..]), isIndex);
    }

    private static int? Index(string text) => text.Length == 0 ? null
        : int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var index) ? index
        : throw new JsonPathException($"array index {text} is not a number");

    private void Filter(List<JsonPathNode> nodes)
    {
        Take();
        var (begun, ended, quote) = (false, false, 0);
        for (var done = false; !done;)
        {
            switch (Next())
            {
                case End or '\n':
                    throw new JsonPathException("unterminated filter");
                case var c and ('"' or '\''):
                    if (!begun)
                    {
                        (begun, quote) = (true, c);
                    }
                    else if (c == quote && _input[_at - 2] != '\\')
                    {
                        ended = true;
                    }

                    break;
                case ')':
                    done = begun == ended;
                    break;
            }
        }

        if (Next() != ']')
        {
            throw new JsonPathException("unclosed array expect ]");
        }

        var text = Take()[..^2];
        var match = Comparison().Match(text);
        nodes.Add(match.Success
            ? new FilterNode(Action(match.Groups[1].Value), Action(match.Groups[3].Value), match.Groups[2].Value)
            : new FilterNode(Action(text), new ListNode([]), FilterNode.Exists));
    }

    private void Quoted(List<JsonPathNode> nodes, char quote)
    {
        int c;
        do
        {
            c = Next();
            if (c is End or '\n')
            {
                throw new JsonPathException("unterminated quoted string");
            }
        }
        while (c != quote || _input[_at - 2] == '\\');

        var text = Take();
        nodes.Add(new TextNode(GoQuote.TryUnquoteText(text, out var value) ? value : throw new JsonPathException($"unquote string {text} error invalid syntax")));
    }

    private void Field(List<JsonPathNode> nodes)
    {
        Take();
        for (var c = Next(); !IsTerminator(c); c = Next())
        {
            if (c == '\\')
            {
                Next();
            }
        }

        Back();
        var name = Take();
        nodes.Add(name == "*" ? new WildcardNode() : new FieldNode(name.Replace("\\", "", StringComparison.Ordinal)));
    }

    private bool Skip(string prefix)
    {
        var found = string.CompareOrdinal(_input, _at, prefix, 0, prefix.Length) == 0;
        _at += found ? prefix.Length : 0;
        return found;
    }

    private string Take()
    {
        var result = _input[_start.._at];
        _start = _at;
        return result;
    }

    private int Next()
    {
        if (_at >= _input.Length)
        {
            _width = 0;
            return End;
        }

        Rune.DecodeFromUtf16(_input.AsSpan(_at), out var rune, out _width);
        _at += _width;
        return rune.Value;
    }

    private void Back() => _at -= _width;

    private static bool IsTerminator(int c) => c is End or ' ' or '\t' or '\r' or '\n' or '.' or ',' or '[' or ']' or '$' or '@' or '{' or '}';

    private static bool IsDigit(int c) => c >= 0 && Rune.IsDigit(new Rune(c));

    private static bool IsWord(int c) => c == '_' || c >= 0 && (Rune.IsLetter(new Rune(c)) || Rune.IsDigit(new Rune(c)));

    [GeneratedRegex(@"^'([^']*)'\z")]
    private static partial Regex Key();

    [GeneratedRegex(@"^(-?[0-9]*)(:-?[0-9]*)?(:-?[0-9]*)?\z")]
    private static partial Regex SliceText();

    [GeneratedRegex(@"^([^!<>=]+)([!<>=]+)(.+?)\z")]
    private static partial Regex Comparison();
}
