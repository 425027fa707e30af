namespace Portal.Cli.JsonPaths;

/// <summary>One step of a JSONPath template (k8s.io/client-go/util/jsonpath, node.go).</summary>
internal abstract record JsonPathNode;

/// <summary>What stands outside of braces, or in quotes inside of them.</summary>
internal sealed record TextNode(string Text) : JsonPathNode;

/// <summary>The steps of one pair of braces, each taken from what the one before it found.</summary>
internal sealed record ListNode(List<JsonPathNode> Nodes) : JsonPathNode;

/// <summary><c>.name</c> and <c>['name']</c>.</summary>
internal sealed record FieldNode(string Name) : JsonPathNode;

/// <summary>A bare word: <c>range</c> and <c>end</c> mean something.</summary>
internal sealed record WordNode(string Word) : JsonPathNode;

/// <summary><c>[start:end:step]</c>. <paramref name="IsIndex"/>: one number alone, whose end is the place behind it.</summary>
internal sealed record SliceNode(int? Start, int? End, int? Step, bool IsIndex) : JsonPathNode;

/// <summary><c>[?(left operator right)]</c>; without an operator it is <see cref="Exists"/>.</summary>
internal sealed record FilterNode(ListNode Left, ListNode Right, string Operator) : JsonPathNode
{
    public const string Exists = "exists";
}

/// <summary>A number or a truth value that stands for itself.</summary>
internal sealed record LiteralNode(object Value) : JsonPathNode;

/// <summary><c>.*</c>.</summary>
internal sealed record WildcardNode : JsonPathNode;

/// <summary><c>..</c>: everything below, at any depth.</summary>
internal sealed record RecursiveNode : JsonPathNode;

/// <summary><c>[a,b]</c>: what each of them finds.</summary>
internal sealed record UnionNode(List<ListNode> Nodes) : JsonPathNode;

/// <summary>A template that is none, or one that does not fit the values; the text is client-go's.</summary>
internal sealed class JsonPathException(string message, bool isAboutValues = false) : Exception(message)
{
    public bool IsAboutValues => isAboutValues;
}
