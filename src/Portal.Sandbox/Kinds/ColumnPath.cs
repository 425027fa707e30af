using System.Globalization;
using Portal.Sandbox.Json;

namespace Portal.Sandbox.Kinds;

/// <summary>
/// The JSONPath of a CustomResourceDefinition's column: <c>.a.b</c>, <c>['a.b']</c>, <c>[0]</c>, <c>[*]</c> and <c>[?(@.type=="Ready")]</c>.
/// </summary>
internal static class ColumnPath
{
    /// <summary>The first thing that a path finds; null where it finds nothing.</summary>
    public static object? First(JsonMap root, string path) => Find([root], path).FirstOrDefault();

    private static IEnumerable<object?> Find(IEnumerable<object?> at, string path)
    {
        while (path.Length > 0)
        {
            var (step, rest) = path[0] == '[' ? Bracket(path) : Name(path);
            var from = at;
            at = from.SelectMany(value => Step(value, step));
            path = rest;
        }

        return at;
    }

    // ".name", where "\." is a dot of the name.
    private static (string Step, string After) Name(string path)
    {
        var end = 1;
        while (end < path.Length && path[end] != '[' && (path[end] != '.' || path[end - 1] == '\\'))
        {
            end++;
        }

        return (path[..end].TrimStart('.').Replace("\\.", ".", StringComparison.Ordinal), path[end..]);
    }

    // "[...]", whose end is not inside of quotes.
    private static (string Step, string After) Bracket(string path)
    {
        var quote = '\0';
        for (var at = 1; at < path.Length; at++)
        {
            if (quote == '\0' && path[at] == ']')
            {
                return (path[..(at + 1)], path[(at + 1)..]);
            }

            quote = quote == path[at] ? '\0' : quote == '\0' && path[at] is '\'' or '"' ? path[at] : quote;
        }

        return (path, "");
    }

    private static IEnumerable<object?> Step(object? value, string step)
    {
        if (step.Length == 0)
        {
            return [value];
        }

        if (step[0] != '[')
        {
            return step == "*" ? Children(value) : Field(value, step);
        }

        var inner = step[1..^1].Trim();
        return inner switch
        {
            "*" => Children(value),
            ['?', '(', .. var filter, ')'] => Children(value).Where(child => Holds(child, filter)),
            ['\'' or '"', .. var name, '\'' or '"'] => Field(value, name),
            _ when int.TryParse(inner, CultureInfo.InvariantCulture, out var index) && value is List<object?> list && index < list.Count && -index <= list.Count => [list[index < 0 ? list.Count + index : index]],
            _ => [],
        };
    }

    private static IEnumerable<object?> Field(object? value, string name) => value is JsonMap map && map.TryGetValue(name, out var found) ? [found] : [];

    private static IEnumerable<object?> Children(object? value) => value switch { List<object?> list => list, JsonMap map => map.Values, _ => [] };

    // "@.path" alone: it is there; "@.path == value" and "!=": compared as text.
    private static bool Holds(object? value, string filter)
    {
        foreach (var sign in (string[])["==", "!="])
        {
            var at = filter.IndexOf(sign, StringComparison.Ordinal);
            if (at > 0)
            {
                var found = Find([value], filter[..at].Trim().TrimStart('@')).FirstOrDefault();
                var text = found as string ?? JsonTree.Text(found);
                return text == filter[(at + sign.Length)..].Trim().Trim('"', '\'') == (sign == "==");
            }
        }

        return Find([value], filter.Trim().TrimStart('@')).Any();
    }
}
