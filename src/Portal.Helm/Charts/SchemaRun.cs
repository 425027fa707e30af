using System.Globalization;
using System.Text.RegularExpressions;
using Portal.Helm.Sprig;
using Portal.Helm.Templating;

namespace Portal.Helm.Charts;

/// <summary>One failed keyword, and what failed inside it; or the several failures of one schema as a group.</summary>
internal sealed record SchemaFailure(string Path, string Message, IReadOnlyList<SchemaFailure> Causes, bool IsGroup = false)
{
    /// <summary>A group's members, or the failure itself.</summary>
    public IReadOnlyList<SchemaFailure> Members => IsGroup ? Causes : [this];

    public IEnumerable<SchemaError> Lines(int depth) => Causes.SelectMany(c => c.Lines(depth + 1)).Prepend(new SchemaError(Path, Message, depth));
}

/// <summary>One check of values against a schema: the keywords of drafts 4 to 2020-12, in the order and with the messages of santhosh-tekuri/jsonschema v6 (validator.go, kind.go).</summary>
internal sealed class SchemaRun
{
    public const int MaxDepth = 200;

    private static readonly string[] TypeOrder = ["null", "boolean", "number", "integer", "string", "array", "object"];

    private readonly SchemaDocument _document;
    private readonly Dictionary<string, Regex> _patterns = new(StringComparer.Ordinal);

    private SchemaRun(SchemaDocument document) => _document = document;

    public static IReadOnlyList<SchemaFailure> Check(SchemaDocument document, object? value) =>
        new SchemaRun(document).Node(document.Root, value, "", null, 0) is var failures && failures is [var single] ? single.Members : failures;

    /// <summary>A text as the library quotes it: Go's %q in single quotes.</summary>
    public static string Quote(string text)
    {
        var quoted = GoQuote.Quote(text)[1..^1].Replace("\\\"", "\"", StringComparison.Ordinal).Replace("'", "\\'", StringComparison.Ordinal);
        return $"'{quoted}'";
    }

    /// <summary>Which properties and items the schemas so far have looked at: what unevaluatedProperties and unevaluatedItems leave alone.</summary>
    private sealed class Seen
    {
        private readonly HashSet<string> _keys = new(StringComparer.Ordinal);

        public void Add(string key) => _keys.Add(key);

        public void Add(int index) => _keys.Add(index.ToString(CultureInfo.InvariantCulture));

        public bool Contains(string key) => _keys.Contains(key);

        public void Merge(Seen other) => _keys.UnionWith(other._keys);
    }

    private sealed record At(string Path, Seen Seen, int Depth, List<SchemaFailure> Failures)
    {
        public void Fail(string message) => Failures.Add(new SchemaFailure(Path, message, []));

        public void Fail(string message, IEnumerable<IReadOnlyList<SchemaFailure>> causes) => Failures.Add(new SchemaFailure(Path, message, [.. causes.Select(c => Group(Path, c))]));

        // Several failures of one schema hang under one line, except where that line would hold nothing else.
        public void Add(IReadOnlyList<SchemaFailure> failures, string path)
        {
            if (failures.Count > 0)
            {
                Failures.Add(Group(path, failures));
            }
        }

        public void Add(IReadOnlyList<SchemaFailure> failures) => Add(failures, Path);

        // A reference has a line of its own, unless one failure stands behind it.
        public void AddReferred(IReadOnlyList<SchemaFailure> failures)
        {
            if (failures.Count > 0)
            {
                var members = Group(Path, failures).Members;
                Failures.Add(members.Count == 1 ? members[0] : new SchemaFailure(Path, "validation failed", members));
            }
        }

        private static SchemaFailure Group(string path, IReadOnlyList<SchemaFailure> failures) => failures.Count == 1 ? failures[0] : new SchemaFailure(path, "validation failed", failures, IsGroup: true);
    }

    private List<SchemaFailure> Node(object? schema, object? value, string path, Seen? seen, int depth)
    {
        if (depth > MaxDepth)
        {
            throw new ChartException("values.schema.json refers to itself without end");
        }

        var at = new At(path, new Seen(), depth, []);
        switch (schema)
        {
            case false:
                at.Fail("false schema");
                break;
            case Dictionary<string, object?> s:
                Table(s, value, at);
                break;
        }

        if (at.Failures.Count == 0)
        {
            seen?.Merge(at.Seen);
        }

        return at.Failures;
    }

    private List<SchemaFailure> Self(object? schema, object? value, At at) => Node(schema, value, at.Path, at.Seen, at.Depth + 1);

    private void Child(object? schema, object? value, string key, At at)
    {
        var path = $"{at.Path}/{key.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal)}";
        at.Add(Node(schema, value, path, null, at.Depth + 1), path);
    }

    private void Table(Dictionary<string, object?> s, object? value, At at)
    {
        var reference = s.GetValueOrDefault("$ref") as string;
        if (reference is not null && _document.Draft < 2019)
        {
            at.AddReferred(Self(_document.Resolve(s, reference), value, at));
            return;
        }

        // These four end the check of a schema.
        if (Wrong(s, value) is { } message)
        {
            at.Fail(message);
            return;
        }

        foreach (var target in new[] { reference, s.GetValueOrDefault("$recursiveRef") as string, s.GetValueOrDefault("$dynamicRef") as string }.OfType<string>())
        {
            at.AddReferred(Self(_document.Resolve(s, target), value, at));
        }

        switch (value)
        {
            case Dictionary<string, object?> table: Object(s, table, at); break;
            case List<object?> list: Array(s, list, at); break;
            case string text: Text(s, text, at); break;
            case bool or null: break;
            default: Number(s, Casts.ToFloat64(value), at); break;
        }

        Combined(s, value, at);
        Unevaluated(s, value, at);
    }

    private string? Wrong(Dictionary<string, object?> s, object? value)
    {
        var types = s.GetValueOrDefault("type") switch
        {
            string one => [one],
            List<object?> many => many.OfType<string>().ToArray(),
            _ => [],
        };
        var actual = TypeOf(value);
        if (types.Length > 0 && !types.Contains(actual) && !(types.Contains("integer") && IsInteger(value)))
        {
            return $"got {actual}, want {string.Join(" or ", TypeOrder.Where(types.Contains))}";
        }

        if (_document.Draft > 4 && s.TryGetValue("const", out var constant) && !Same(constant, value))
        {
            return constant is List<object?> or Dictionary<string, object?> ? "'const' failed" : "value must be " + Show(constant);
        }

        if (s.GetValueOrDefault("enum") is List<object?> choices && !choices.Exists(c => Same(c, value)))
        {
            return choices.Exists(c => c is List<object?> or Dictionary<string, object?>) ? "'enum' failed"
                : (choices.Count == 1 ? "value must be " : "value must be one of ") + string.Join(", ", choices.Select(Show));
        }

        return _document.Draft < 2019 && value is string text && s.GetValueOrDefault("format") is string format && SchemaFormats.Complaint(format, text) is { } complaint
            ? $"{Quote(text)} is not valid {format}: {complaint}" : null;
    }

    private static string TypeOf(object? value) => value switch
    {
        null => "null",
        bool => "boolean",
        string => "string",
        Dictionary<string, object?> => "object",
        List<object?> => "array",
        _ => "number",
    };

    private static bool IsInteger(object? value) => TypeOf(value) == "number" && Casts.ToFloat64(value) is var number && number == Math.Floor(number);

    private static bool Same(object? x, object? y) => (x, y) switch
    {
        (Dictionary<string, object?> a, Dictionary<string, object?> b) => a.Count == b.Count && a.All(p => b.TryGetValue(p.Key, out var other) && Same(p.Value, other)),
        (List<object?> a, List<object?> b) => a.Count == b.Count && a.Zip(b).All(p => Same(p.First, p.Second)),
        _ when TypeOf(x) == "number" && TypeOf(y) == "number" => Casts.ToFloat64(x).Equals(Casts.ToFloat64(y)),
        _ => Equals(x, y),
    };

    private void Object(Dictionary<string, object?> s, Dictionary<string, object?> table, At at)
    {
        Bound(s, "minProperties", table.Count, at, lower: true);
        Bound(s, "maxProperties", table.Count, at, lower: false);
        if (Missing(table, s.GetValueOrDefault("required")) is { Length: > 0 } missing)
        {
            at.Fail((missing.Length == 1 ? "missing property " : "missing properties ") + Join(missing));
        }

        Dependencies(s, "dependencies", table, at);
        Properties(s, table, at);
        if (_document.Draft > 4 && s.TryGetValue("propertyNames", out var names))
        {
            foreach (var key in Keys(table))
            {
                if (Node(names, key, "", null, at.Depth + 1) is { Count: > 0 } wrong)
                {
                    at.Failures.Add(new SchemaFailure("", $"invalid propertyName {Quote(key)}", wrong));
                }
            }
        }

        if (_document.Draft >= 2019)
        {
            Dependencies(s, "dependentSchemas", table, at);
            Dependencies(s, "dependentRequired", table, at);
        }
    }

    private void Properties(Dictionary<string, object?> s, Dictionary<string, object?> table, At at)
    {
        var properties = s.GetValueOrDefault("properties") as Dictionary<string, object?> ?? [];
        var patterns = (s.GetValueOrDefault("patternProperties") as Dictionary<string, object?> ?? []).Select(p => (Pattern: Pattern(p.Key), Schema: p.Value)).ToArray();
        var extra = new List<string>();
        foreach (var key in Keys(table))
        {
            var known = properties.TryGetValue(key, out var property);
            if (known)
            {
                Child(property, table[key], key, at);
            }

            foreach (var (_, schema) in patterns.Where(p => p.Pattern.IsMatch(key)))
            {
                known = true;
                Child(schema, table[key], key, at);
            }

            if (!known && s.TryGetValue("additionalProperties", out var additional))
            {
                known = true;
                if (additional is false)
                {
                    extra.Add(key);
                }
                else
                {
                    Child(additional, table[key], key, at);
                }
            }

            if (known)
            {
                at.Seen.Add(key);
            }
        }

        if (extra.Count > 0)
        {
            at.Fail($"additional properties {Join(extra)} not allowed");
        }
    }

    private void Dependencies(Dictionary<string, object?> s, string keyword, Dictionary<string, object?> table, At at)
    {
        foreach (var (key, wanted) in (s.GetValueOrDefault(keyword) as Dictionary<string, object?> ?? []).Where(d => table.ContainsKey(d.Key)).OrderBy(d => d.Key, StringComparer.Ordinal))
        {
            if (wanted is not List<object?>)
            {
                at.Add(Self(wanted, table, at));
            }
            else if (Missing(table, wanted) is { Length: > 0 } missing)
            {
                at.Fail($"properties {Join(missing)} required, if {Quote(key)} exists");
            }
        }
    }

    private static string[] Missing(Dictionary<string, object?> table, object? required) => [.. (required as List<object?> ?? []).OfType<string>().Where(r => !table.ContainsKey(r))];

    private static IEnumerable<string> Keys(Dictionary<string, object?> table) => table.Keys.Order(StringComparer.Ordinal);

    private void Array(Dictionary<string, object?> s, List<object?> list, At at)
    {
        Bound(s, "minItems", list.Count, at, lower: true);
        Bound(s, "maxItems", list.Count, at, lower: false);
        if (s.GetValueOrDefault("uniqueItems") is true && Twice(list) is { } pair)
        {
            at.Fail(string.Create(CultureInfo.InvariantCulture, $"items at {pair.First} and {pair.Second} are equal"));
        }

        // Up to 2019-09 a list in "items" is a tuple; since 2020-12 that is "prefixItems".
        var old = _document.Draft < 2020;
        var tuple = s.GetValueOrDefault(old ? "items" : "prefixItems") as List<object?> ?? [];
        var hasRest = s.TryGetValue(old && tuple.Count > 0 ? "additionalItems" : "items", out var rest);
        if (old && tuple.Count > 0 && rest is false && list.Count > tuple.Count)
        {
            at.Fail(string.Create(CultureInfo.InvariantCulture, $"last {list.Count - tuple.Count} additionalItem(s) not allowed"));
            hasRest = false;
        }

        for (var i = 0; i < list.Count; i++)
        {
            if (i < tuple.Count || hasRest)
            {
                Child(i < tuple.Count ? tuple[i] : rest, list[i], i.ToString(CultureInfo.InvariantCulture), at);
                at.Seen.Add(i);
            }
        }

        if (_document.Draft > 4 && s.TryGetValue("contains", out var contains))
        {
            Contains(s, contains, list, at);
        }
    }

    private void Contains(Dictionary<string, object?> s, object? schema, List<object?> list, At at)
    {
        var results = list.Select((item, i) => Node(schema, item, string.Create(CultureInfo.InvariantCulture, $"{at.Path}/{i}"), null, at.Depth + 1)).ToArray();
        var matched = Enumerable.Range(0, list.Count).Where(i => results[i].Count == 0).ToArray();
        foreach (var i in _document.Draft >= 2020 ? matched : [])
        {
            at.Seen.Add(i);
        }

        var failed = results.Where(r => r.Count > 0);
        var places = string.Join(' ', matched);
        if (_document.Draft >= 2019 && s.GetValueOrDefault("minContains") is double least)
        {
            if (matched.Length < least)
            {
                at.Fail($"min {Show(least)} items required to match contains schema, but " + (matched.Length == 0 ? "none matched" : $"matched {matched.Length} items at {places}"), failed);
            }
        }
        else if (matched.Length == 0)
        {
            at.Fail("no items match contains schema", failed);
        }

        if (_document.Draft >= 2019 && s.GetValueOrDefault("maxContains") is double most && matched.Length > most)
        {
            at.Fail($"max {Show(most)} items required to match contains schema, but matched {matched.Length} items at {places}");
        }
    }

    private static (int First, int Second)? Twice(List<object?> list)
    {
        for (var i = 1; i < list.Count; i++)
        {
            for (var j = 0; j < i; j++)
            {
                if (Same(list[i], list[j]))
                {
                    return (j, i);
                }
            }
        }

        return null;
    }

    private void Text(Dictionary<string, object?> s, string text, At at)
    {
        if (s.ContainsKey("minLength") || s.ContainsKey("maxLength"))
        {
            var length = GoBytes.Runes(text).Count();
            Bound(s, "minLength", length, at, lower: true);
            Bound(s, "maxLength", length, at, lower: false);
        }

        if (s.GetValueOrDefault("pattern") is string pattern && !Pattern(pattern).IsMatch(text))
        {
            at.Fail($"{Quote(text)} does not match pattern {Quote(pattern)}");
        }
    }

    private static void Number(Dictionary<string, object?> s, double value, At at)
    {
        void Check(string keyword, Func<double, bool> holds)
        {
            // In draft 4 the exclusive keywords are switches of the others.
            var exclusive = keyword is "minimum" or "maximum" && s.GetValueOrDefault("exclusive" + char.ToUpperInvariant(keyword[0]) + keyword[1..]) is true;
            if (s.GetValueOrDefault(keyword) is double limit && (!holds(limit) || (exclusive && value.Equals(limit))))
            {
                at.Fail($"{(exclusive ? "exclusive" + char.ToUpperInvariant(keyword[0]) + keyword[1..] : keyword)}: got {Grouped(value)}, want {Grouped(limit)}");
            }
        }

        Check("minimum", limit => value >= limit);
        Check("maximum", limit => value <= limit);
        Check("exclusiveMinimum", limit => value > limit);
        Check("exclusiveMaximum", limit => value < limit);
        Check("multipleOf", factor => factor <= 0 || IsMultiple(value, factor));
    }

    // As fractions, not as floats: 0.3 is a multiple of 0.1.
    private static bool IsMultiple(double value, double factor) =>
        Math.Abs(value) < 1e12 && factor > 1e-12 ? (decimal)value % (decimal)factor == 0 : Math.IEEERemainder(value, factor) == 0;

    private void Combined(Dictionary<string, object?> s, object? value, At at)
    {
        if (s.TryGetValue("not", out var not) && Self(not, value, at).Count == 0)
        {
            at.Fail("'not' failed");
        }

        if (s.GetValueOrDefault("allOf") is List<object?> all && all.ConvertAll(a => Self(a, value, at)).FindAll(f => f.Count > 0) is { Count: > 0 } wrong)
        {
            at.Fail("'allOf' failed", wrong);
        }

        if (s.GetValueOrDefault("anyOf") is List<object?> { Count: > 0 } any && any.ConvertAll(a => Self(a, value, at)) is var found && found.TrueForAll(f => f.Count > 0))
        {
            at.Fail("'anyOf' failed", found);
        }

        if (s.GetValueOrDefault("oneOf") is List<object?> { Count: > 0 } one)
        {
            var results = one.ConvertAll(o => Self(o, value, at));
            var matches = Enumerable.Range(0, one.Count).Where(i => results[i].Count == 0).ToArray();
            if (matches.Length == 0)
            {
                at.Fail("'oneOf' failed, none matched", results);
            }
            else if (matches.Length > 1)
            {
                at.Fail(string.Create(CultureInfo.InvariantCulture, $"'oneOf' failed, subschemas {matches[0]}, {matches[1]} matched"));
            }
        }

        if (_document.Draft > 6 && s.TryGetValue("if", out var condition))
        {
            at.Add(Self(s.GetValueOrDefault(Self(condition, value, at).Count == 0 ? "then" : "else"), value, at));
        }
    }

    private void Unevaluated(Dictionary<string, object?> s, object? value, At at)
    {
        if (_document.Draft < 2019)
        {
            return;
        }

        var (keyword, rest) = value switch
        {
            Dictionary<string, object?> table => ("unevaluatedProperties", table.OrderBy(p => p.Key, StringComparer.Ordinal)),
            List<object?> list => ("unevaluatedItems", list.Select((item, i) => KeyValuePair.Create(i.ToString(CultureInfo.InvariantCulture), item))),
            _ => ("", Enumerable.Empty<KeyValuePair<string, object?>>()),
        };
        if (s.TryGetValue(keyword, out var schema))
        {
            foreach (var (key, item) in rest.Where(p => !at.Seen.Contains(p.Key)))
            {
                Child(schema, item, key, at);
                at.Seen.Add(key);
            }
        }
    }

    private static void Bound(Dictionary<string, object?> s, string keyword, int actual, At at, bool lower)
    {
        if (s.GetValueOrDefault(keyword) is double limit && (lower ? actual < limit : actual > limit))
        {
            at.Fail($"{keyword}: got {Grouped(actual)}, want {Grouped(limit)}");
        }
    }

    private Regex Pattern(string pattern)
    {
        if (!_patterns.TryGetValue(pattern, out var regex))
        {
            try
            {
                _patterns[pattern] = regex = Regexes.Build(pattern);
            }
            catch (FunctionException error)
            {
                throw new ChartException($"values.schema.json has a bad pattern '{pattern}': {error.Message}", error);
            }
        }

        return regex;
    }

    private static string Join(IEnumerable<string> texts) => string.Join(", ", texts.Select(Quote));

    // The library prints numbers in English: 1,000.
    private static string Grouped(double number) => Math.Abs(number) < 1e15 ? number.ToString("#,##0.######", CultureInfo.InvariantCulture) : GoNumber.Shortest(number);

    private static string Show(object? value) => value switch
    {
        string text => Quote(text),
        double number => GoNumber.Shortest(number),
        _ => GoFormat.Printf("%v", [value]),
    };
}
