using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Portal.Helm.Sprig;
using Portal.Helm.Templating;

namespace Portal.Helm.Charts;

/// <summary>One check of a value against a schema: the keywords of drafts 4 to 2020-12, in the order and with the messages of santhosh-tekuri/jsonschema v6 (validator.go, kind.go).</summary>
internal sealed class SchemaRun
{
    // A few lines of references that lead to one another can ask for more than a lifetime of checks.
    private const int MostSteps = 2_000_000;

    private static readonly string[] TypeOrder = ["null", "boolean", "number", "integer", "string", "array", "object"];

    private readonly Func<string, SchemaNode?>? _metaschemas;
    private int _steps;

    private SchemaRun(Func<string, SchemaNode?>? metaschemas) => _metaschemas = metaschemas;

    /// <summary>Checks a value.</summary>
    /// <param name="schema">What the value must meet.</param>
    /// <param name="value">A tree as YAML and JSON are read to.</param>
    /// <param name="metaschemas">When the value is a schema itself: the metaschema for the part at a JSON pointer, if that part is of a draft of its own.</param>
    /// <exception cref="ChartException">The schema asks for too much.</exception>
    public static IReadOnlyList<SchemaFailure> Check(SchemaNode schema, object? value, Func<string, SchemaNode?>? metaschemas = null) =>
        new SchemaRun(metaschemas).Node(new Frame(schema, schema, value, Place.Root, Unseen.Of(value, schema, false), null, "", IsSame: false))?.Members ?? [];

    /// <summary>A text as the library quotes it: Go's %q in single quotes.</summary>
    public static string Quote(string text)
    {
        var quoted = GoQuote.Quote(text)[1..^1].Replace("\\\"", "\"", StringComparison.Ordinal).Replace("'", "\\'", StringComparison.Ordinal);
        return $"'{quoted}'";
    }

    /// <summary>Where in the value a check is. Its text is made when something fails.</summary>
    private sealed record Place(Place? Parent, string Key)
    {
        public static readonly Place Root = new(null, "");

        public Place Child(string key) => new(this, key);

        public Place Child(int index) => new(this, index.ToString(CultureInfo.InvariantCulture));

        public override string ToString()
        {
            var keys = new List<string>();
            for (var at = this; at.Parent is not null; at = at.Parent)
            {
                keys.Add("/" + SchemaDocument.Escape(at.Key));
            }

            keys.Reverse();
            return string.Concat(keys);
        }
    }

    /// <summary>The properties or items that no keyword has looked at, for unevaluatedProperties and unevaluatedItems; null where nobody asks.</summary>
    private sealed class Unseen
    {
        private HashSet<string>? _keys;
        private HashSet<int>? _items;

        public bool IsEmpty => _keys is not { Count: > 0 } && _items is not { Count: > 0 };

        public IEnumerable<string> Keys => (_keys ?? []).Order(StringComparer.Ordinal).ToArray();

        public IEnumerable<int> Items => (_items ?? []).Order().ToArray();

        public static Unseen? Of(object? value, SchemaNode schema, bool isAsked)
        {
            switch (value)
            {
                case Dictionary<string, object?> table when (isAsked || schema.UnevaluatedProperties is not null) && schema is { OtherProperties: null, NoOtherProperties: false }:
                    return new Unseen { _keys = [.. table.Keys] };
                case List<object?> list when (isAsked || schema.UnevaluatedItems is not null) && schema is { OtherItems: null, NoOtherItems: false } && schema.FirstItems.Length < list.Count:
                    return new Unseen { _items = [.. Enumerable.Range(schema.FirstItems.Length, list.Count - schema.FirstItems.Length)] };
                default:
                    return null;
            }
        }

        public void Remove(string key) => _keys?.Remove(key);

        public void Remove(int item) => _items?.Remove(item);

        public void Clear() => (_keys, _items) = (null, null);

        /// <summary>Keeps what another schema left, too.</summary>
        public void Keep(Unseen? other)
        {
            _keys?.IntersectWith(other?._keys ?? []);
            _items?.IntersectWith(other?._items ?? []);
        }
    }

    /// <summary>One schema meeting one value, below the meeting that led to it. Named is what a keyword or a reference means, Schema what is checked: a part of another draft has its own metaschema.</summary>
    private sealed record Frame(SchemaNode Schema, SchemaNode Named, object? Value, Place At, Unseen? Unseen, Frame? Parent, string Reference, bool IsSame)
    {
        private List<SchemaFailure>? _failures;

        public bool HasFailed => _failures is not null;

        /// <summary>Nothing, the one failure, or all as a group.</summary>
        public SchemaFailure? Result => _failures switch
        {
            null => null,
            [var one] => one,
            _ => new SchemaFailure(At.ToString(), "validation failed", _failures, IsGroup: true),
        };

        public void Add(SchemaFailure? failure)
        {
            if (failure is not null)
            {
                (_failures ??= []).Add(failure);
            }
        }

        public void Fail(string message, IReadOnlyList<SchemaFailure>? causes = null) => Add(new SchemaFailure(At.ToString(), message, causes ?? []));

        /// <summary>The keywords that led here from the root.</summary>
        public string Way()
        {
            var way = "";
            for (var at = this; at.Parent is { } parent; at = parent)
            {
                var (here, above) = (at.Named.Location, parent.Named.Location);
                way = (at.Reference.Length > 0 ? "/" + SchemaDocument.Escape(at.Reference) : here.StartsWith(above, StringComparison.Ordinal) ? here[above.Length..] : "") + way;
            }

            return way;
        }
    }

    private void Step()
    {
        if (++_steps > MostSteps)
        {
            throw new ChartException($"values.schema.json asks for more than {MostSteps} checks");
        }
    }

    private SchemaFailure? Node(Frame frame)
    {
        Step();
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            throw new ChartException("values.schema.json is nested too deeply");
        }

        var schema = frame.Schema;
        if (schema.Always is { } always)
        {
            return always ? null : new SchemaFailure(frame.At.ToString(), "false schema", []);
        }

        if (Cycle(frame) is { } cycle)
        {
            frame.Fail($"both {frame.Way()} and {cycle.Way()} resolve to {GoQuote.Quote(schema.Location)} causing reference cycle");
            return frame.Result;
        }

        // These four end the check of a schema.
        if (Wrong(schema, frame.Value) is { } message)
        {
            frame.Fail(message);
            return frame.Result;
        }

        if (schema.Ref is not null)
        {
            frame.Add(Referred(frame, schema.Ref, "$ref"));
            if (schema.Draft < 2019)
            {
                return frame.Result;
            }
        }

        switch (frame.Value)
        {
            case Dictionary<string, object?> table: Object(frame, table); break;
            case List<object?> list: Array(frame, list); break;
            case string text: Text(frame, text); break;
            case bool or null: break;
            default: Number(frame, Casts.ToFloat64(frame.Value)); break;
        }

        if (schema.RecursiveRef is { } recursive)
        {
            frame.Add(Referred(frame, recursive.RecursiveAnchor ? Outermost(frame, s => (s.Resource ?? s).RecursiveAnchor ? s : null) ?? recursive : recursive, "$recursiveRef"));
        }

        if (schema.DynamicRef is { } dynamic)
        {
            var isDynamic = schema.DynamicName.Length > 0 && dynamic.DynamicAnchor == schema.DynamicName;
            frame.Add(Referred(frame, isDynamic ? Outermost(frame, s => (s.Resource ?? s).DynamicAnchors.GetValueOrDefault(schema.DynamicName)) ?? dynamic : dynamic, "$dynamicRef"));
        }

        Combined(frame);
        Unevaluated(frame);
        return frame.Result;
    }

    // What led to this schema with this very value before.
    private static Frame? Cycle(Frame frame)
    {
        var at = frame;
        while (at.IsSame)
        {
            at = at.Parent!;
            if (at.Named == frame.Named)
            {
                return at;
            }
        }

        return null;
    }

    private static SchemaNode? Outermost(Frame frame, Func<SchemaNode, SchemaNode?> find)
    {
        SchemaNode? result = null;
        for (var at = frame; at is not null; at = at.Parent)
        {
            result = find(at.Named) ?? result;
        }

        return result;
    }

    // Where the metaschema meets a part of a schema that is of another draft, that draft's metaschema takes over.
    private SchemaNode Taken(SchemaNode schema, Place at) =>
        _metaschemas is not null && schema == SchemaCompiler.Metaschema(schema.Draft) ? _metaschemas(at.ToString()) ?? schema : schema;

    // Another schema for the same value.
    private SchemaFailure? Self(Frame frame, SchemaNode schema, string reference = "")
    {
        var unseen = Unseen.Of(frame.Value, schema, frame.Unseen is { IsEmpty: false });
        var failure = Node(new Frame(Taken(schema, frame.At), schema, frame.Value, frame.At, unseen, frame, reference, IsSame: true));
        if (failure is null)
        {
            // A schema that says nothing has looked at nothing.
            frame.Unseen?.Keep(unseen);
        }

        return failure;
    }

    private SchemaFailure? Child(Frame frame, SchemaNode schema, object? value, Place at) =>
        Node(new Frame(Taken(schema, at), schema, value, at, Unseen.Of(value, schema, false), frame, "", IsSame: false));

    // A reference has a line of its own, unless one failure stands behind it.
    private SchemaFailure? Referred(Frame frame, SchemaNode target, string keyword) => Self(frame, target, keyword)?.Members switch
    {
        null => null,
        [var one] => one,
        var several => new SchemaFailure(frame.At.ToString(), "validation failed", several),
    };

    private static string? Wrong(SchemaNode schema, object? value)
    {
        if (schema.Types.Length > 0)
        {
            var actual = TypeOf(value);
            if (!schema.Types.Contains(actual) && !(actual == "number" && schema.Types.Contains("integer") && IsInteger(value)))
            {
                return $"got {actual}, want {string.Join(" or ", TypeOrder.Where(schema.Types.Contains))}";
            }
        }

        if (schema.Constant is [var constant] && !Same(constant, value))
        {
            return constant is List<object?> or Dictionary<string, object?> ? "'const' failed" : "value must be " + Show(constant);
        }

        if (schema.Choices is { } choices && !choices.Exists(c => Same(c, value)))
        {
            return choices.Exists(c => c is List<object?> or Dictionary<string, object?>) ? "'enum' failed"
                : (choices.Count == 1 ? "value must be " : "value must be one of ") + string.Join(", ", choices.Select(Show));
        }

        return schema.Format is { } format && value is string text && SchemaFormats.Complaint(format, text) is { } complaint
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

    private static bool IsInteger(object? value) => Casts.ToFloat64(value) is var number && number == Math.Floor(number);

    private static bool Same(object? x, object? y) => (x, y) switch
    {
        (Dictionary<string, object?> a, Dictionary<string, object?> b) => a.Count == b.Count && a.All(p => b.TryGetValue(p.Key, out var other) && Same(p.Value, other)),
        (List<object?> a, List<object?> b) => a.Count == b.Count && a.Zip(b).All(p => Same(p.First, p.Second)),
        _ when TypeOf(x) == "number" && TypeOf(y) == "number" => Casts.ToFloat64(x).Equals(Casts.ToFloat64(y)),
        _ => Equals(x, y),
    };

    private void Object(Frame frame, Dictionary<string, object?> table)
    {
        var schema = frame.Schema;
        Least(frame, "minProperties", table.Count, schema.MinProperties);
        Most(frame, "maxProperties", table.Count, schema.MaxProperties);
        if (Missing(table, schema.Required) is { } missing)
        {
            frame.Fail((missing.Count == 1 ? "missing property " : "missing properties ") + Join(missing));
        }

        Dependencies(frame, schema.Dependencies, table);
        Properties(frame, table);
        if (schema.PropertyNames is { } names)
        {
            foreach (var key in Keys(table))
            {
                if (Check(Taken(names, frame.At), key, _metaschemas) is { Count: > 0 } wrong)
                {
                    frame.Add(new SchemaFailure("", $"invalid propertyName {Quote(key)}", wrong));
                }
            }
        }

        Dependencies(frame, schema.Dependents, table);
    }

    private void Properties(Frame frame, Dictionary<string, object?> table)
    {
        var schema = frame.Schema;
        if (schema is { PatternProperties.Length: 0, OtherProperties: null, NoOtherProperties: false })
        {
            // The metaschemas are of this kind, and one text meets seven of them at every step.
            foreach (var (key, property) in schema.Properties)
            {
                if (table.TryGetValue(key, out var value))
                {
                    Property(frame, property, key, value);
                }
            }

            return;
        }

        List<string>? extra = null;
        foreach (var key in Keys(table))
        {
            var isKnown = false;
            if (schema.Properties.TryGetValue(key, out var property))
            {
                isKnown = true;
                Property(frame, property, key, table[key]);
            }

            foreach (var (pattern, other) in schema.PatternProperties)
            {
                if (IsMatch(pattern, key))
                {
                    isKnown = true;
                    Property(frame, other, key, table[key]);
                }
            }

            if (!isKnown && schema.NoOtherProperties)
            {
                (extra ??= []).Add(key);
            }
            else if (!isKnown && schema.OtherProperties is { } additional)
            {
                Property(frame, additional, key, table[key]);
            }
        }

        if (extra is not null)
        {
            frame.Fail($"additional properties {Join(extra)} not allowed");
        }
    }

    private void Property(Frame frame, SchemaNode schema, string key, object? value)
    {
        frame.Add(Child(frame, schema, value, frame.At.Child(key)));
        frame.Unseen?.Remove(key);
    }

    private void Dependencies(Frame frame, (string Property, string[] Names, SchemaNode? Schema)[] dependencies, Dictionary<string, object?> table)
    {
        foreach (var (property, names, schema) in dependencies)
        {
            if (!table.ContainsKey(property))
            {
                continue;
            }

            if (schema is not null)
            {
                frame.Add(Self(frame, schema));
            }
            else if (Missing(table, names) is { } missing)
            {
                frame.Fail($"properties {Join(missing)} required, if {Quote(property)} exists");
            }
        }
    }

    private static List<string>? Missing(Dictionary<string, object?> table, string[] required)
    {
        List<string>? missing = null;
        foreach (var name in required)
        {
            if (!table.ContainsKey(name))
            {
                (missing ??= []).Add(name);
            }
        }

        return missing;
    }

    private static IEnumerable<string> Keys(Dictionary<string, object?> table) => table.Count < 2 ? table.Keys : table.Keys.Order(StringComparer.Ordinal);

    private void Array(Frame frame, List<object?> list)
    {
        var schema = frame.Schema;
        Least(frame, "minItems", list.Count, schema.MinItems);
        Most(frame, "maxItems", list.Count, schema.MaxItems);
        if (schema.UniqueItems && Twice(list) is { } pair)
        {
            frame.Fail(string.Create(CultureInfo.InvariantCulture, $"items at {pair.First} and {pair.Second} are equal"));
        }

        if (schema.NoOtherItems && list.Count > schema.FirstItems.Length)
        {
            frame.Fail(string.Create(CultureInfo.InvariantCulture, $"last {list.Count - schema.FirstItems.Length} additionalItem(s) not allowed"));
        }

        for (var i = 0; i < list.Count; i++)
        {
            if ((i < schema.FirstItems.Length ? schema.FirstItems[i] : schema.OtherItems) is not { } item)
            {
                break;
            }

            frame.Add(Child(frame, item, list[i], frame.At.Child(i)));
        }

        if (schema.Contains is { } contains)
        {
            Contains(frame, contains, list);
        }
    }

    private void Contains(Frame frame, SchemaNode contains, List<object?> list)
    {
        var schema = frame.Schema;
        var (failed, matched) = (new List<SchemaFailure>(), new List<int>());
        for (var i = 0; i < list.Count; i++)
        {
            if (Child(frame, contains, list[i], frame.At.Child(i)) is { } failure)
            {
                failed.Add(failure);
                continue;
            }

            matched.Add(i);
            if (schema.Draft >= 2020)
            {
                frame.Unseen?.Remove(i);
            }
        }

        var places = string.Join(' ', matched);
        if (schema.MinContains is { } least)
        {
            if (matched.Count < least)
            {
                frame.Fail($"min {Grouped(least)} items required to match contains schema, but " + (matched.Count == 0 ? "none matched" : $"matched {matched.Count} items at {places}"), failed);
            }
        }
        else if (matched.Count == 0)
        {
            frame.Fail("no items match contains schema", failed);
        }

        if (schema.MaxContains is { } most && matched.Count > most)
        {
            frame.Fail($"max {Grouped(most)} items required to match contains schema, but matched {matched.Count} items at {places}");
        }
    }

    // Only what has the same hash is compared: a list may have many thousands of items.
    private (int First, int Second)? Twice(List<object?> list)
    {
        var seen = new Dictionary<int, List<int>>();
        for (var i = 0; i < list.Count; i++)
        {
            var hash = Hash(list[i]);
            if (!seen.TryGetValue(hash, out var others))
            {
                seen[hash] = others = [];
            }

            foreach (var j in others)
            {
                Step();
                if (Same(list[i], list[j]))
                {
                    return (j, i);
                }
            }

            others.Add(i);
        }

        return null;
    }

    // What is the same has the same hash; the order of keys does not count.
    private static int Hash(object? value) => value switch
    {
        Dictionary<string, object?> table => table.Aggregate(table.Count, (sum, p) => sum ^ HashCode.Combine(p.Key, Hash(p.Value))),
        List<object?> list => list.Aggregate(list.Count, (sum, item) => HashCode.Combine(sum, Hash(item))),
        _ when TypeOf(value) == "number" => HashCode.Combine(Casts.ToFloat64(value)),
        null => 0,
        _ => value.GetHashCode(),
    };

    private static void Text(Frame frame, string text)
    {
        var schema = frame.Schema;
        if (schema.MinLength is not null || schema.MaxLength is not null)
        {
            var length = GoBytes.Runes(text).Count();
            Least(frame, "minLength", length, schema.MinLength);
            Most(frame, "maxLength", length, schema.MaxLength);
        }

        if (schema.Pattern is { } pattern && !IsMatch(pattern, text))
        {
            frame.Fail($"{Quote(text)} does not match pattern {Quote(schema.PatternText)}");
        }
    }

    private static bool IsMatch(Re2 pattern, string text)
    {
        try
        {
            return pattern.IsMatch(text);
        }
        catch (RegexMatchTimeoutException error)
        {
            throw new ChartException($"values.schema.json has a pattern that takes too long: {error.Pattern}", error);
        }
    }

    private static void Number(Frame frame, double value)
    {
        var schema = frame.Schema;
        Check("minimum", schema.Minimum, limit => value >= limit);
        Check("maximum", schema.Maximum, limit => value <= limit);
        Check("exclusiveMinimum", schema.ExclusiveMinimum, limit => value > limit);
        Check("exclusiveMaximum", schema.ExclusiveMaximum, limit => value < limit);
        Check("multipleOf", schema.MultipleOf, factor => factor <= 0 || IsMultiple(value, factor));

        void Check(string keyword, double? limit, Func<double, bool> holds)
        {
            if (limit is { } wanted && !holds(wanted))
            {
                frame.Fail($"{keyword}: got {Grouped(value)}, want {Grouped(wanted)}");
            }
        }
    }

    // As fractions, not as floats: 0.3 is a multiple of 0.1.
    private static bool IsMultiple(double value, double factor) =>
        Math.Abs(value) < 1e12 && factor > 1e-12 ? (decimal)value % (decimal)factor == 0 : Math.IEEERemainder(value, factor) == 0;

    private void Combined(Frame frame)
    {
        var schema = frame.Schema;
        if (schema.Not is { } not && Self(frame, not) is null)
        {
            frame.Fail("'not' failed");
        }

        if (schema.AllOf.Length > 0)
        {
            List<SchemaFailure>? wrong = null;
            foreach (var part in schema.AllOf)
            {
                if (Self(frame, part) is { } failure)
                {
                    (wrong ??= []).Add(failure);
                }
            }

            if (wrong is not null)
            {
                frame.Fail("'allOf' failed", wrong);
            }
        }

        AnyOf(frame);
        OneOf(frame);
        if (schema.If is { } condition && (Self(frame, condition) is null ? schema.Then : schema.Else) is { } follows)
        {
            frame.Add(Self(frame, follows));
        }
    }

    private void AnyOf(Frame frame)
    {
        List<SchemaFailure>? failures = null;
        var matches = frame.Schema.AnyOf.Length == 0;
        foreach (var part in frame.Schema.AnyOf)
        {
            if (Self(frame, part) is { } failure)
            {
                (failures ??= []).Add(failure);
                continue;
            }

            matches = true;
            // The others could only look at what nobody has looked at yet.
            if (frame.Unseen is not { IsEmpty: false })
            {
                break;
            }
        }

        if (!matches)
        {
            frame.Fail("'anyOf' failed", failures);
        }
    }

    private void OneOf(Frame frame)
    {
        List<SchemaFailure>? failures = null;
        int? first = null;
        for (var i = 0; i < frame.Schema.OneOf.Length; i++)
        {
            if (Self(frame, frame.Schema.OneOf[i]) is { } failure)
            {
                (failures ??= []).Add(failure);
            }
            else if (first is null)
            {
                first = i;
            }
            else
            {
                frame.Fail(string.Create(CultureInfo.InvariantCulture, $"'oneOf' failed, subschemas {first}, {i} matched"));
                return;
            }
        }

        if (first is null && frame.Schema.OneOf.Length > 0)
        {
            frame.Fail("'oneOf' failed, none matched", failures);
        }
    }

    private void Unevaluated(Frame frame)
    {
        if (frame.Value is Dictionary<string, object?> table && frame.Schema.UnevaluatedProperties is { } properties)
        {
            foreach (var key in frame.Unseen?.Keys ?? [])
            {
                frame.Add(Child(frame, properties, table[key], frame.At.Child(key)));
            }

            frame.Unseen?.Clear();
        }
        else if (frame.Value is List<object?> list && frame.Schema.UnevaluatedItems is { } items)
        {
            foreach (var i in frame.Unseen?.Items ?? [])
            {
                frame.Add(Child(frame, items, list[i], frame.At.Child(i)));
            }

            frame.Unseen?.Clear();
        }
    }

    private static void Least(Frame frame, string keyword, int actual, int? limit)
    {
        if (actual < limit)
        {
            frame.Fail($"{keyword}: got {Grouped(actual)}, want {Grouped(limit.Value)}");
        }
    }

    private static void Most(Frame frame, string keyword, int actual, int? limit)
    {
        if (actual > limit)
        {
            frame.Fail($"{keyword}: got {Grouped(actual)}, want {Grouped(limit.Value)}");
        }
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
