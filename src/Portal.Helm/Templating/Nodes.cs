using System.Numerics;
using System.Text;

namespace Portal.Helm.Templating;

/// <summary>A node of the tree. It prints itself as Go does: error messages quote that text.</summary>
internal abstract record Node(int Position);

/// <summary>A list of nodes in sequence.</summary>
internal sealed record ListNode(int Position, List<Node> Nodes) : Node(Position)
{
    public override string ToString() => string.Concat(Nodes);
}

/// <summary>Plain text.</summary>
internal sealed record TextNode(int Position, string Text) : Node(Position)
{
    public override string ToString() => Text;
}

/// <summary>{{pipeline}}</summary>
internal sealed record ActionNode(int Position, PipeNode Pipe) : Node(Position)
{
    public override string ToString() => $"{{{{{Pipe}}}}}";
}

/// <summary>A pipeline: declared or assigned variables, then commands.</summary>
internal sealed record PipeNode(int Position, bool IsAssign, List<VariableNode> Declared, List<CommandNode> Commands) : Node(Position)
{
    public override string ToString()
    {
        var result = new StringBuilder();
        if (Declared.Count > 0)
        {
            result.AppendJoin(", ", Declared).Append(IsAssign ? " = " : " := ");
        }

        return result.AppendJoin(" | ", Commands).ToString();
    }
}

/// <summary>A command: an operand, or a function with its arguments.</summary>
internal sealed record CommandNode(int Position, List<Node> Arguments) : Node(Position)
{
    public override string ToString() => string.Join(' ', Arguments.Select(a => a is PipeNode ? $"({a})" : a.ToString()));
}

/// <summary>A function's name.</summary>
internal sealed record IdentifierNode(int Position, string Name) : Node(Position)
{
    public override string ToString() => Name;
}

/// <summary>$x.Field: the variable's name first.</summary>
internal sealed record VariableNode(int Position, string[] Names) : Node(Position)
{
    public override string ToString() => string.Join('.', Names);
}

/// <summary>The cursor.</summary>
internal sealed record DotNode(int Position) : Node(Position)
{
    public override string ToString() => ".";
}

/// <summary>The literal nil.</summary>
internal sealed record NilNode(int Position) : Node(Position)
{
    public override string ToString() => "nil";
}

/// <summary>.A.B</summary>
internal sealed record FieldNode(int Position, string[] Names) : Node(Position)
{
    public override string ToString() => "." + string.Join('.', Names);
}

/// <summary>(pipeline).A.B</summary>
internal sealed record ChainNode(int Position, Node Inner, string[] Names) : Node(Position)
{
    public override string ToString() => (Inner is PipeNode ? $"({Inner})" : Inner.ToString()) + string.Concat(Names.Select(n => "." + n));
}

/// <summary>true or false.</summary>
internal sealed record BoolNode(int Position, bool Value) : Node(Position)
{
    public override string ToString() => Value ? "true" : "false";
}

/// <summary>A number as written, with every Go kind it fits.</summary>
internal sealed record NumberNode(int Position, string Text, long? Int, ulong? Uint, double? Float, bool LooksFloat) : Node(Position)
{
    /// <summary>Set when it is written with an i.</summary>
    public Complex? Complex { get; init; }

    public override string ToString() => Text;
}

/// <summary>A string literal.</summary>
internal sealed record StringNode(int Position, string Quoted, string Text) : Node(Position)
{
    public override string ToString() => Quoted;
}

/// <summary>if, with and range share their shape.</summary>
internal abstract record BranchNode(int Position, PipeNode Pipe, ListNode Body, ListNode? Else) : Node(Position)
{
    protected abstract string Keyword { get; }

    public sealed override string ToString() =>
        Else is null ? $"{{{{{Keyword} {Pipe}}}}}{Body}{{{{end}}}}" : $"{{{{{Keyword} {Pipe}}}}}{Body}{{{{else}}}}{Else}{{{{end}}}}";
}

internal sealed record IfNode(int Position, PipeNode Pipe, ListNode Body, ListNode? Else) : BranchNode(Position, Pipe, Body, Else)
{
    protected override string Keyword => "if";
}

internal sealed record WithNode(int Position, PipeNode Pipe, ListNode Body, ListNode? Else) : BranchNode(Position, Pipe, Body, Else)
{
    protected override string Keyword => "with";
}

internal sealed record RangeNode(int Position, PipeNode Pipe, ListNode Body, ListNode? Else) : BranchNode(Position, Pipe, Body, Else)
{
    protected override string Keyword => "range";
}

internal sealed record BreakNode(int Position) : Node(Position)
{
    public override string ToString() => "{{break}}";
}

internal sealed record ContinueNode(int Position) : Node(Position)
{
    public override string ToString() => "{{continue}}";
}

/// <summary>{{template "name" pipeline}}</summary>
internal sealed record TemplateNode(int Position, string Name, PipeNode? Pipe) : Node(Position)
{
    public override string ToString() => Pipe is null ? $"{{{{template {GoQuote.Quote(Name)}}}}}" : $"{{{{template {GoQuote.Quote(Name)} {Pipe}}}}}";
}
