using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Portal.Helm.Rendering;
using Portal.Helm.Templating;
using Portal.Helm.Yaml;

namespace Portal.Helm.Charts;

/// <summary>One place where values do not meet the chart's schema. Path is a JSON pointer, empty for the root.</summary>
public sealed record SchemaError(string Path, string Message);

/// <summary>
/// Checks values against values.schema.json: the keywords of JSON Schema drafts 4 to 2020-12 that describe data, with local references.
/// References to other documents are refused: a chart may not make the portal call somebody.
/// </summary>
public static class SchemaValidator
{
    /// <summary>Checks a chart and its subcharts.</summary>
    /// <exception cref="RenderException">Helm's text, every place on a line of its own.</exception>
    public static void Validate(Chart chart, Dictionary<string, object?> values)
    {
        var result = new StringBuilder();
        Collect(chart, values, result);
        if (result.Length > 0)
        {
            throw new RenderException("values don't meet the specifications of the schema(s) in the following chart(s):\n" + result);
        }
    }

    /// <summary>All places where the values of one chart do not meet its own schema.</summary>
    /// <exception cref="ChartException">The schema itself is broken.</exception>
    public static IReadOnlyList<SchemaError> Check(ReadOnlyMemory<byte> schema, object? values)
    {
        try
        {
            var root = GoJson.Read(GoBytes.ToText(schema.Span));
            var errors = new List<SchemaError>();
            new Run(root).Node(root, values, "", errors, 0);
            return errors;
        }
        catch (JsonException error)
        {
            throw new ChartException($"values.schema.json is not JSON: {error.Message}", error);
        }
    }

    private static void Collect(Chart chart, Dictionary<string, object?> values, StringBuilder result)
    {
        if (chart.Schema is { } schema)
        {
            var errors = Check(schema, values);
            if (errors.Count > 0)
            {
                result.Append(chart.Name).Append(":\n");
                foreach (var error in errors)
                {
                    result.Append("- at '").Append(error.Path).Append("': ").Append(error.Message).Append('\n');
                }
            }
        }

        foreach (var child in chart.Dependencies)
        {
            Collect(child, values.GetValueOrDefault(child.Name) as Dictionary<string, object?> ?? [], result);
        }
    }

    private sealed class Run(object? root)
    {
        public void Node(object? schema, object? value, string path, List<SchemaError> errors, int depth)
        {
            if (depth > 200)
            {
                throw new ChartException("values.schema.json refers to itself without end");
            }

            if (schema is bool allowed)
            {
                if (!allowed)
                {
                    errors.Add(new SchemaError(path, "false schema"));
                }

                return;
            }

            if (schema is not Dictionary<string, object?> s)
            {
                return;
            }

            if (s.GetValueOrDefault("$ref") is string reference)
            {
                Node(Resolve(reference), value, path, errors, depth + 1);
            }

            Type(s, value, path, errors);
            Generic(s, value, path, errors);
            Combined(s, value, path, errors, depth);
            switch (value)
            {
                case Dictionary<string, object?> table: Object(s, table, path, errors, depth); break;
                case List<object?> list: Array(s, list, path, errors, depth); break;
                case string text: Text(s, text, path, errors); break;
                case bool or null: break;
                default: Number(s, Sprig.Casts.ToFloat64(value), path, errors); break;
            }
        }

        private object? Resolve(string reference)
        {
            if (!reference.StartsWith('#'))
            {
                throw new ChartException($"values.schema.json refers to another document, which is not read: {reference}");
            }

            var at = root;
            foreach (var part in reference[1..].Split('/', StringSplitOptions.RemoveEmptyEntries))
            {
                var key = Uri.UnescapeDataString(part).Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
                at = at switch
                {
                    Dictionary<string, object?> table when table.TryGetValue(key, out var next) => next,
                    List<object?> list when int.TryParse(key, out var i) && i < list.Count => list[i],
                    _ => throw new ChartException($"values.schema.json refers to {reference}, which does not exist"),
                };
            }

            return at;
        }

        private static void Type(Dictionary<string, object?> s, object? value, string path, List<SchemaError> errors)
        {
            var types = s.GetValueOrDefault("type") switch
            {
                string one => [one],
                List<object?> many => many.OfType<string>().ToArray(),
                _ => [],
            };
            if (types.Length == 0)
            {
                return;
            }

            var actual = TypeOf(value);
            if (!types.Contains(actual) && !(actual == "integer" && types.Contains("number")))
            {
                errors.Add(new SchemaError(path, $"got {(actual == "integer" ? "number" : actual)}, want {string.Join(" or ", types)}"));
            }
        }

        private static string TypeOf(object? value) => value switch
        {
            null => "null",
            bool => "boolean",
            string => "string",
            Dictionary<string, object?> => "object",
            List<object?> => "array",
            double d when d != Math.Floor(d) => "number",
            _ => "integer",
        };

        private static void Generic(Dictionary<string, object?> s, object? value, string path, List<SchemaError> errors)
        {
            if (s.GetValueOrDefault("enum") is List<object?> choices && !choices.Exists(c => GoValue.DeepEqual(c, value)))
            {
                errors.Add(new SchemaError(path, "value must be one of " + string.Join(", ", choices.Select(Show))));
            }

            if (s.TryGetValue("const", out var constant) && !GoValue.DeepEqual(constant, value))
            {
                errors.Add(new SchemaError(path, "value must be " + Show(constant)));
            }
        }

        private void Combined(Dictionary<string, object?> s, object? value, string path, List<SchemaError> errors, int depth)
        {
            foreach (var part in s.GetValueOrDefault("allOf") as List<object?> ?? [])
            {
                Node(part, value, path, errors, depth + 1);
            }

            if (s.GetValueOrDefault("anyOf") is List<object?> any && any.Count > 0)
            {
                var found = any.ConvertAll(a => Errors(a, value, path, depth));
                if (found.TrueForAll(f => f.Count > 0))
                {
                    errors.Add(new SchemaError(path, "anyOf failed"));
                    errors.AddRange(found.SelectMany(f => f));
                }
            }

            if (s.GetValueOrDefault("oneOf") is List<object?> one && one.Count > 0)
            {
                var matches = one.Select((o, i) => (i, Errors(o, value, path, depth).Count)).Where(m => m.Count == 0).Select(m => m.i).ToArray();
                if (matches.Length != 1)
                {
                    errors.Add(new SchemaError(path, matches.Length == 0 ? "oneOf failed, none matched" : $"oneOf failed, subschemas {string.Join(", ", matches)} matched"));
                }
            }

            if (s.TryGetValue("not", out var not) && Errors(not, value, path, depth).Count == 0)
            {
                errors.Add(new SchemaError(path, "not failed"));
            }

            if (s.TryGetValue("if", out var condition))
            {
                Node(s.GetValueOrDefault(Errors(condition, value, path, depth).Count == 0 ? "then" : "else"), value, path, errors, depth + 1);
            }
        }

        private List<SchemaError> Errors(object? schema, object? value, string path, int depth)
        {
            var result = new List<SchemaError>();
            Node(schema, value, path, result, depth + 1);
            return result;
        }

        private void Object(Dictionary<string, object?> s, Dictionary<string, object?> table, string path, List<SchemaError> errors, int depth)
        {
            var missing = (s.GetValueOrDefault("required") as List<object?> ?? []).OfType<string>().Where(r => !table.ContainsKey(r)).ToArray();
            if (missing.Length > 0)
            {
                errors.Add(new SchemaError(path, missing.Length == 1 ? $"missing property '{missing[0]}'" : "missing properties " + string.Join(", ", missing.Select(m => $"'{m}'"))));
            }

            Bound(s, "minProperties", table.Count, path, errors, "minProperties", lower: true);
            Bound(s, "maxProperties", table.Count, path, errors, "maxProperties", lower: false);
            var properties = s.GetValueOrDefault("properties") as Dictionary<string, object?> ?? [];
            var patterns = s.GetValueOrDefault("patternProperties") as Dictionary<string, object?> ?? [];
            var extra = new List<string>();
            foreach (var (key, value) in table.OrderBy(p => p.Key, StringComparer.Ordinal))
            {
                var at = $"{path}/{key.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal)}";
                var known = false;
                if (properties.TryGetValue(key, out var property))
                {
                    known = true;
                    Node(property, value, at, errors, depth + 1);
                }

                foreach (var (pattern, schema) in patterns.Where(p => Matches(p.Key, key)))
                {
                    known = true;
                    _ = pattern;
                    Node(schema, value, at, errors, depth + 1);
                }

                if (!known && s.TryGetValue("additionalProperties", out var additional))
                {
                    if (additional is false)
                    {
                        extra.Add($"'{key}'");
                    }
                    else
                    {
                        Node(additional, value, at, errors, depth + 1);
                    }
                }

                if (s.TryGetValue("propertyNames", out var names))
                {
                    Node(names, key, at, errors, depth + 1);
                }
            }

            if (extra.Count > 0)
            {
                errors.Add(new SchemaError(path, $"additional properties {string.Join(", ", extra)} not allowed"));
            }
        }

        private void Array(Dictionary<string, object?> s, List<object?> list, string path, List<SchemaError> errors, int depth)
        {
            Bound(s, "minItems", list.Count, path, errors, "minItems", lower: true);
            Bound(s, "maxItems", list.Count, path, errors, "maxItems", lower: false);
            if (s.GetValueOrDefault("uniqueItems") is true)
            {
                for (var i = 0; i < list.Count; i++)
                {
                    for (var j = i + 1; j < list.Count; j++)
                    {
                        if (GoValue.DeepEqual(list[i], list[j]))
                        {
                            errors.Add(new SchemaError(path, $"items at {i} and {j} are equal"));
                        }
                    }
                }
            }

            // Up to 2019-09 a list in "items" is a tuple; since 2020-12 that is "prefixItems".
            var tuple = s.GetValueOrDefault("prefixItems") as List<object?> ?? s.GetValueOrDefault("items") as List<object?> ?? [];
            var rest = s.GetValueOrDefault("items") is List<object?> ? s.GetValueOrDefault("additionalItems") : s.GetValueOrDefault("items");
            for (var i = 0; i < list.Count; i++)
            {
                Node(i < tuple.Count ? tuple[i] : rest, list[i], $"{path}/{i}", errors, depth + 1);
            }

            if (s.TryGetValue("contains", out var contains) && !list.Exists(i => Errors(contains, i, path, depth).Count == 0))
            {
                errors.Add(new SchemaError(path, "no items match contains schema"));
            }
        }

        private static void Text(Dictionary<string, object?> s, string text, string path, List<SchemaError> errors)
        {
            var length = GoBytes.Runes(text).Count();
            Bound(s, "minLength", length, path, errors, "minLength", lower: true);
            Bound(s, "maxLength", length, path, errors, "maxLength", lower: false);
            if (s.GetValueOrDefault("pattern") is string pattern && !Matches(pattern, text))
            {
                errors.Add(new SchemaError(path, $"'{text}' does not match pattern '{pattern}'"));
            }
        }

        private static void Number(Dictionary<string, object?> s, double value, string path, List<SchemaError> errors)
        {
            void Fail(string word, double limit) => errors.Add(new SchemaError(path, $"{word}: got {GoNumber.Shortest(value)}, want {GoNumber.Shortest(limit)}"));
            if (s.GetValueOrDefault("minimum") is double min && (s.GetValueOrDefault("exclusiveMinimum") is true ? value <= min : value < min))
            {
                Fail("minimum", min);
            }

            if (s.GetValueOrDefault("maximum") is double max && (s.GetValueOrDefault("exclusiveMaximum") is true ? value >= max : value > max))
            {
                Fail("maximum", max);
            }

            if (s.GetValueOrDefault("exclusiveMinimum") is double above && value <= above)
            {
                Fail("exclusiveMinimum", above);
            }

            if (s.GetValueOrDefault("exclusiveMaximum") is double below && value >= below)
            {
                Fail("exclusiveMaximum", below);
            }

            if (s.GetValueOrDefault("multipleOf") is double factor && factor > 0 && Math.Abs(value / factor - Math.Round(value / factor)) > 1e-9)
            {
                Fail("multipleOf", factor);
            }
        }

        private static void Bound(Dictionary<string, object?> s, string key, int actual, string path, List<SchemaError> errors, string word, bool lower)
        {
            if (s.GetValueOrDefault(key) is double limit && (lower ? actual < limit : actual > limit))
            {
                errors.Add(new SchemaError(path, string.Create(CultureInfo.InvariantCulture, $"{word}: got {actual}, want {limit}")));
            }
        }

        private static bool Matches(string pattern, string text)
        {
            try
            {
                return Regex.IsMatch(text, pattern, RegexOptions.CultureInvariant, TimeSpan.FromSeconds(1));
            }
            catch (ArgumentException error)
            {
                throw new ChartException($"values.schema.json has a bad pattern '{pattern}': {error.Message}", error);
            }
        }

        private static string Show(object? value) => value is string s ? $"'{s}'" : GoJson.Write(value);
    }
}
