using System.Globalization;
using System.Text.RegularExpressions;
using Portal.Sandbox.Json;

namespace Portal.Sandbox.Registry;

/// <summary>A rule could not be evaluated.</summary>
internal sealed class CelException(string message) : Exception(message);

/// <summary>
/// A rule in CEL, the part of the language that rules of definitions and policies are mostly written in: fields, indexes, literals, operators,
/// has, size, startsWith, endsWith, contains, matches, all, exists, filter and map. Other words make a rule that is not checked.
/// </summary>
internal sealed partial class CelExpression
{
    private static readonly string[][] _levels = [["||"], ["&&"], ["==", "!=", "<=", ">=", "<", ">", "in"], ["+", "-"], ["*", "/", "%"]];
    private readonly List<(string Text, int At)> _tokens = [];
    private readonly Func<Dictionary<string, object?>, object?> _evaluate;
    private int _next;

    private CelExpression(string text)
    {
        var at = 0;
        while (at < text.Length)
        {
            var match = Token().Match(text, at);
            if (!match.Success || match.Length == 0)
            {
                throw new NotSupportedException($"unknown character at {at}");
            }

            if (!string.IsNullOrWhiteSpace(match.Value))
            {
                _tokens.Add((match.Value, at));
            }

            at += match.Length;
        }

        _evaluate = Conditional();
        if (_next < _tokens.Count)
        {
            throw new NotSupportedException($"unexpected {_tokens[_next].Text}");
        }
    }

    /// <summary>The fields that the rule reads of a name: the name, the fields below it, and where the last of them is written.</summary>
    public List<(string Name, string[] Path, int At)> Fields { get; } = [];

    /// <summary>Whether the rule reads a name.</summary>
    public bool Uses(string name) => _tokens.Any(t => t.Text == name);

    /// <summary>Reads a rule; null when it has words that are not known here.</summary>
    public static CelExpression? Parse(string text)
    {
        try
        {
            return new CelExpression(text);
        }
        catch (NotSupportedException)
        {
            return null;
        }
    }

    /// <exception cref="CelException">A field is missing or types do not fit.</exception>
    public object? Evaluate(Dictionary<string, object?> names) => _evaluate(names);

    private bool Take(params ReadOnlySpan<string> wanted)
    {
        if (_next >= _tokens.Count || !wanted.Contains(_tokens[_next].Text))
        {
            return false;
        }

        _next++;
        return true;
    }

    private void Expect(string wanted)
    {
        if (!Take(wanted))
        {
            throw new NotSupportedException($"{wanted} is missing");
        }
    }

    private Func<Dictionary<string, object?>, object?> Conditional()
    {
        var condition = Binary(0);
        if (!Take("?"))
        {
            return condition;
        }

        var yes = Conditional();
        Expect(":");
        var no = Conditional();
        return names => condition(names) is true ? yes(names) : no(names);
    }

    private Func<Dictionary<string, object?>, object?> Binary(int level)
    {
        if (level == _levels.Length)
        {
            return Unary();
        }

        var left = Binary(level + 1);
        while (Take(_levels[level]))
        {
            var (before, word, right) = (left, _tokens[_next - 1].Text, Binary(level + 1));
            left = word switch
            {
                "||" => names => before(names) is true || right(names) is true,
                "&&" => names => before(names) is true && right(names) is true,
                _ => names => Operate(word, before(names), right(names)),
            };
        }

        return left;
    }

    private Func<Dictionary<string, object?>, object?> Unary()
    {
        if (Take("!"))
        {
            var inner = Unary();
            return names => inner(names) is not true;
        }

        if (Take("-"))
        {
            var inner = Unary();
            return names => Operate("-", 0L, inner(names));
        }

        return Member();
    }

    private Func<Dictionary<string, object?>, object?> Member()
    {
        var start = _tokens.ElementAtOrDefault(_next).Text;
        var value = Primary();
        var path = start is not null && Name().IsMatch(start) ? new List<string>() : null;
        while (true)
        {
            var of = value;
            var at = _tokens.ElementAtOrDefault(_next).At;
            if (Take("."))
            {
                var field = _tokens.ElementAtOrDefault(_next++).Text ?? throw new NotSupportedException("a name is missing");
                if (Take("("))
                {
                    value = Method(of, field);
                    path = null;
                    continue;
                }

                if (path is not null)
                {
                    path.Add(field);
                    Fields.Add((start!, [.. path], at));
                }

                value = names => of(names) is JsonMap map && map.TryGetValue(field, out var child) ? child : throw new CelException($"no such key: {field}");
            }
            else if (Take("["))
            {
                var index = Conditional();
                Expect("]");
                path = null;
                value = names => (of(names), index(names)) switch
                {
                    (JsonMap map, string key) when map.TryGetValue(key, out var child) => child,
                    (List<object?> list, long i) when i >= 0 && i < list.Count => list[(int)i],
                    (_, var key) => throw new CelException($"no such key: {key}"),
                };
            }
            else
            {
                return value;
            }
        }
    }

    private Func<Dictionary<string, object?>, object?> Method(Func<Dictionary<string, object?>, object?> of, string name)
    {
        if (name is "all" or "exists" or "filter" or "map")
        {
            var variable = _tokens.ElementAtOrDefault(_next++).Text ?? throw new NotSupportedException("a name is missing");
            Expect(",");
            var body = Conditional();
            Expect(")");
            return names =>
            {
                var items = of(names) switch { List<object?> list => list, JsonMap map => [.. map.Keys], _ => throw new CelException("no such overload") };
                object? Of(object? item) => body(new Dictionary<string, object?>(names) { [variable] = item });
                return name switch
                {
                    "all" => items.All(i => Of(i) is true),
                    "exists" => items.Any(i => Of(i) is true),
                    "filter" => items.Where(i => Of(i) is true).ToList(),
                    _ => items.ConvertAll(Of),
                };
            };
        }

        var argument = Take(")") ? null : Conditional();
        if (argument is not null)
        {
            Expect(")");
        }

        return (name, argument) switch
        {
            ("size", null) => names => Size(of(names)),
            ("startsWith", not null) => names => Text(of(names)).StartsWith(Text(argument(names)), StringComparison.Ordinal),
            ("endsWith", not null) => names => Text(of(names)).EndsWith(Text(argument(names)), StringComparison.Ordinal),
            ("contains", not null) => names => Text(of(names)).Contains(Text(argument(names)), StringComparison.Ordinal),
            ("matches", not null) => names => Regex.IsMatch(Text(of(names)), Text(argument(names)), RegexOptions.None, TimeSpan.FromSeconds(1)),
            _ => throw new NotSupportedException(name),
        };
    }

    private Func<Dictionary<string, object?>, object?> Primary()
    {
        var token = _tokens.ElementAtOrDefault(_next++).Text ?? throw new NotSupportedException("the rule ends too early");
        switch (token)
        {
            case "(":
                var inner = Conditional();
                Expect(")");
                return inner;
            case "[":
                var items = new List<Func<Dictionary<string, object?>, object?>>();
                while (!Take("]"))
                {
                    items.Add(Conditional());
                    Take(",");
                }

                return names => items.ConvertAll(i => i(names));
            case "true" or "false":
                return _ => token == "true";
            case "null":
                return _ => null;
            case "size" when Take("("):
                var sized = Conditional();
                Expect(")");
                return names => Size(sized(names));
            case "has" when Take("("):
                var field = Member();
                Expect(")");
                return names => Has(field, names);
        }

        if (token[0] is '"' or '\'')
        {
            var text = Regex.Unescape(token[1..^1]);
            return _ => text;
        }

        if (long.TryParse(token, NumberStyles.None, CultureInfo.InvariantCulture, out var whole))
        {
            return _ => whole;
        }

        if (double.TryParse(token, NumberStyles.Float, CultureInfo.InvariantCulture, out var real))
        {
            return _ => real;
        }

        if (!Name().IsMatch(token) || _tokens.ElementAtOrDefault(_next).Text == "(")
        {
            throw new NotSupportedException(token);
        }

        return names => names.TryGetValue(token, out var value) ? value : throw new CelException($"undeclared reference to '{token}'");
    }

    private static bool Has(Func<Dictionary<string, object?>, object?> field, Dictionary<string, object?> names)
    {
        try
        {
            return field(names) is not null;
        }
        catch (CelException)
        {
            // The language's own word for it: a field that cannot be read is not there.
            return false;
        }
    }

    private static long Size(object? value) => value switch
    {
        string text => text.Length,
        List<object?> list => list.Count,
        JsonMap map => map.Count,
        _ => throw new CelException("no such overload"),
    };

    private static string Text(object? value) => value as string ?? throw new CelException("no such overload");

    private static object? Operate(string word, object? left, object? right) => (word, left, right) switch
    {
        ("==", _, _) => Same(left, right),
        ("!=", _, _) => !Same(left, right),
        ("in", _, List<object?> list) => list.Any(i => Same(i, left)),
        ("in", string key, JsonMap map) => map.ContainsKey(key),
        ("+", string a, string b) => a + b,
        ("+", List<object?> a, List<object?> b) => a.Concat(b).ToList(),
        ("+", long a, long b) => a + b,
        ("-", long a, long b) => a - b,
        ("*", long a, long b) => a * b,
        ("/", long a, long b) when b != 0 => a / b,
        ("%", long a, long b) when b != 0 => a % b,
        ("<", _, _) => Order(left, right) < 0,
        ("<=", _, _) => Order(left, right) <= 0,
        (">", _, _) => Order(left, right) > 0,
        (">=", _, _) => Order(left, right) >= 0,
        _ => throw new CelException("no such overload"),
    };

    private static bool Same(object? left, object? right) => (left, right) is (long, double) or (double, long) ? Order(left, right) == 0 : JsonTree.Equal(left, right);

    private static int Order(object? left, object? right) => (left, right) switch
    {
        (long a, long b) => a.CompareTo(b),
        (long or double, long or double) => Convert.ToDouble(left, CultureInfo.InvariantCulture).CompareTo(Convert.ToDouble(right, CultureInfo.InvariantCulture)),
        (string a, string b) => string.CompareOrdinal(a, b),
        (bool a, bool b) => a.CompareTo(b),
        _ => throw new CelException("no such overload"),
    };

    [GeneratedRegex("""\G(?:\s+|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[0-9]+(?:\.[0-9]+)?|[A-Za-z_][A-Za-z0-9_]*|\|\||&&|==|!=|<=|>=|[-+*/%<>!?:.,()\[\]])""")]
    private static partial Regex Token();

    [GeneratedRegex("^[A-Za-z_][A-Za-z0-9_]*$")]
    private static partial Regex Name();
}
