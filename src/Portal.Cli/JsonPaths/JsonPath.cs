using System.Collections;
using Portal.Helm.Templating;
using Portal.Helm.Yaml;

namespace Portal.Cli.JsonPaths;

/// <summary>
/// Applies a JSONPath template to values, as kubectl's <c>-o jsonpath</c> and Helm's <c>show values --jsonpath</c> do (k8s.io/client-go/util/jsonpath, jsonpath.go).
/// Go takes the keys of a map in any order; here it is the order of their names.
/// </summary>
internal sealed class JsonPath
{
    // What range finds in nothing: not even null.
    private static readonly object Nothing = new();

    private readonly IReadOnlyList<JsonPathNode> _nodes;
    private readonly List<List<object?>> _results = [];
    private int _beginning;
    private int _inside;
    private int _ending;
    private int _lastEnd = -1;

    private JsonPath(IReadOnlyList<JsonPathNode> nodes) => _nodes = nodes;

    /// <summary>What a template makes of values.</summary>
    /// <exception cref="JsonPathException">A field is not there, or a step does not fit what it is taken on.</exception>
    public static string Apply(IReadOnlyList<JsonPathNode> template, object? values)
    {
        var path = new JsonPath(template);
        path.Find(values, 0, isKept: true);
        return string.Concat(path._results.Select(found => string.Join(' ', found.Select(Text))));
    }

    private static string Text(object? value) => value switch
    {
        null => "null",
        IDictionary or IList => GoJson.Write(value),
        _ => ReferenceEquals(value, Nothing) ? "<no value>" : GoFormat.Value(value),
    };

    // The nodes from one on, until the end of the range they are in.
    private void Find(object? data, int from, bool isKept)
    {
        for (var i = from; i < _nodes.Count; i++)
        {
            var found = Walk([data], _nodes[i]);
            if (found.Error is { } error)
            {
                throw new JsonPathException(error, isAboutValues: true);
            }

            if (_ending > 0 && _ending <= _inside)
            {
                _ending--;
                _lastEnd = i;
                return;
            }

            if (_beginning == 0)
            {
                if (isKept)
                {
                    _results.Add(found.Values);
                }

                continue;
            }

            _beginning--;
            _inside++;
            foreach (var value in found.Values)
            {
                Find(value ?? Nothing, i + 1, isKept);
            }

            // Even a range over nothing is gone through once, to find its end.
            if (found.Values.Count == 0)
            {
                Find(Nothing, i + 1, isKept: false);
            }

            _inside--;
            i = Math.Max(i, _lastEnd);
        }
    }

    private readonly record struct Found(List<object?> Values, string? Error = null);

    private Found Walk(List<object?> input, JsonPathNode node) => node switch
    {
        ListNode list => Steps(input, list),
        TextNode text => new([text.Text]),
        FieldNode field => Field(input, field),
        SliceNode slice => Slice(input, slice),
        FilterNode filter => Filter(input, filter),
        LiteralNode literal => new([.. Enumerable.Repeat(literal.Value, input.Count)]),
        WildcardNode => new([.. input.SelectMany(Children)]),
        RecursiveNode => new([.. Descendants(input)]),
        UnionNode union => Union(input, union),
        WordNode word => Word(input, word),
        _ => throw new InvalidOperationException($"no way to walk {node}"),
    };

    private Found Steps(List<object?> input, ListNode list)
    {
        var current = new Found(input);
        foreach (var node in list.Nodes)
        {
            current = Walk(current.Values, node);
            if (current.Error is not null)
            {
                break;
            }
        }

        return current;
    }

    private Found Word(List<object?> input, WordNode node)
    {
        switch (node.Word)
        {
            case "range":
                _beginning++;
                return new(input);
            case "end" when _inside > 0:
                _ending++;
                return new([]);
            case "end":
                return new([], "not in range, nothing to end");
            default:
                return new(input, $"unrecognized identifier {node.Word}");
        }
    }

    private static Found Field(List<object?> input, FieldNode node)
    {
        var found = new List<object?>();
        foreach (var value in input)
        {
            if (value is Dictionary<string, object?> table && table.TryGetValue(node.Name, out var field))
            {
                found.Add(field);
            }
        }

        return new(found, input.Count > 0 && found.Count == 0 ? $"{node.Name} is not found" : null);
    }

    private static Found Slice(List<object?> input, SliceNode node)
    {
        var found = new List<object?>();
        foreach (var value in input.Where(v => v is not null))
        {
            if (value is not List<object?> list)
            {
                return new(input, $"{GoValue.TypeName(value)} is not array or slice");
            }

            var start = node.Start ?? 0;
            start += start < 0 ? list.Count : 0;
            var end = node.End ?? list.Count;
            // "[-1]": the place behind the last is 0.
            end += end < 0 || end == 0 && node.IsIndex ? list.Count : 0;
            if (start == end)
            {
                return new(found);
            }

            var error = start >= list.Count || start < 0 ? $"array index out of bounds: index {start}, length {list.Count}"
                : end > list.Count || end < 0 ? $"array index out of bounds: index {end - 1}, length {list.Count}"
                : start > end ? $"starting index {start} is greater than ending index {end}"
                : node.Step <= 0 ? "step must be > 0"
                : null;
            if (error is not null)
            {
                return new(input, error);
            }

            for (var i = start; i < end; i += node.Step ?? 1)
            {
                found.Add(list[i]);
            }
        }

        return new(found);
    }

    private Found Union(List<object?> input, UnionNode node)
    {
        var found = new List<object?>();
        foreach (var part in node.Nodes)
        {
            var one = Steps(input, part);
            if (one.Error is not null)
            {
                return new(input, one.Error);
            }

            found.AddRange(one.Values);
        }

        return new(found);
    }

    // A text is a list of its bytes.
    private static IEnumerable<object?> Children(object? value) => value switch
    {
        Dictionary<string, object?> table => table.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => p.Value),
        List<object?> list => list,
        string text => GoBytes.ToBytes(text).Select(b => (object?)b),
        _ => [],
    };

    // Every value that has something in it, with what is below it.
    private static IEnumerable<object?> Descendants(IEnumerable<object?> input)
    {
        foreach (var value in input)
        {
            var children = Children(value).ToList();
            if (children.Count == 0)
            {
                continue;
            }

            yield return value;
            foreach (var below in Descendants(children))
            {
                yield return below;
            }
        }
    }

    private Found Filter(List<object?> input, FilterNode node)
    {
        var found = new List<object?>();
        foreach (var value in input)
        {
            if (value is not List<object?> list)
            {
                return new(input, $"{GoFormat.Value(value)} is not array or slice and cannot be filtered");
            }

            foreach (var item in list)
            {
                var left = Steps([item], node.Left);
                if (node.Operator == FilterNode.Exists)
                {
                    if (left.Values.Count > 0)
                    {
                        found.Add(item);
                    }

                    continue;
                }

                if (left.Error is not null || left.Values.Count > 1)
                {
                    return new(input, left.Error ?? "can only compare one element at a time");
                }

                if (left.Values.Count == 0)
                {
                    continue;
                }

                var right = Steps([item], node.Right);
                if (right.Error is not null || right.Values.Count > 1)
                {
                    return new(input, right.Error ?? "can only compare one element at a time");
                }

                if (right.Values.Count == 0)
                {
                    continue;
                }

                var (holds, error) = Compare(left.Values[0], node.Operator, right.Values[0]);
                if (error is not null)
                {
                    return new(found, error);
                }

                if (holds)
                {
                    found.Add(item);
                }
            }
        }

        return new(found);
    }

    // Numbers of values are floats: "@.port==80" compares one with an integer, which is refused; "@.port==80.0" is what works.
    private static (bool Holds, string? Error) Compare(object? left, string operation, object? right)
    {
        if (operation is not ("==" or "!=" or "<" or "<=" or ">" or ">="))
        {
            return (false, $"unrecognized filter operator {operation}");
        }

        if (left is not (string or bool or double or long or byte) || right is not (string or bool or double or long or byte))
        {
            return (false, "invalid type for comparison");
        }

        (left, right) = left is byte && right is long || left is long && right is byte ? (Convert.ToInt64(left), Convert.ToInt64(right)) : (left, right);
        if (left.GetType() != right.GetType())
        {
            return (false, "incompatible types for comparison");
        }

        if (left is bool)
        {
            return operation is "==" or "!=" ? (left.Equals(right) == (operation == "=="), null) : (false, "invalid type for comparison");
        }

        var order = left is string text ? GoBytes.Compare(text, (string)right) : ((IComparable)left).CompareTo(right);
        return (operation switch
        {
            "==" => order == 0,
            "!=" => order != 0,
            "<" => order < 0,
            "<=" => order <= 0,
            ">" => order > 0,
            _ => order >= 0,
        }, null);
    }
}
