using System.Text.RegularExpressions;
using Portal.Sandbox.Json;

namespace Portal.Sandbox.Registry;

/// <summary>Checks a custom resource against the OpenAPI schema of its definition.</summary>
internal static class CustomRules
{
    /// <param name="obj">The object to check.</param>
    /// <param name="schema">Its openAPIV3Schema.</param>
    /// <param name="before">The object as it is stored: what was wrong before and did not change is let pass.</param>
    /// <param name="problems">Takes what is wrong.</param>
    public static void Check(JsonMap obj, JsonMap schema, JsonMap? before, Problems problems)
    {
        var known = problems.Any;
        foreach (var (key, property) in schema.Map("properties") ?? [])
        {
            if (key is not ("metadata" or "apiVersion" or "kind") && property is JsonMap inner && obj.TryGetValue(key, out var value))
            {
                Visit(value, before?.GetValueOrDefault(key), inner, key, problems);
            }
        }

        foreach (var required in schema.Texts("required").Where(r => !obj.ContainsKey(r)))
        {
            problems.Required(required);
        }

        if (!known && !problems.Any)
        {
            Rules(obj, before, schema, "", problems);
        }
        else if (!known && HasExpressions(schema))
        {
            problems.InvalidText("<nil>", "null", "some validation rules were not checked because the object was invalid; correct the existing errors to complete validation");
        }
    }

    /// <summary>The rules in CEL. What was as it is before may stay as it is; a rule that reads the old value holds for changes only.</summary>
    private static void Rules(object? value, object? before, JsonMap schema, string path, Problems problems)
    {
        if (value is null || (before is not null && JsonTree.Equal(value, before)))
        {
            return;
        }

        foreach (var rule in schema.Maps("x-kubernetes-validations"))
        {
            if (CelExpression.Parse(rule.Text("rule") ?? "") is not { } expression || (before is null && expression.Uses("oldSelf")))
            {
                continue;
            }

            try
            {
                if (expression.Evaluate(new Dictionary<string, object?> { ["self"] = value, ["oldSelf"] = before }) is not true)
                {
                    problems.Rule(path, rule.Text("message") ?? $"failed rule: {rule.Text("rule")}");
                }
            }
            catch (CelException x)
            {
                problems.Rule(path, $"{x.Message} evaluating rule: {rule.Text("message") ?? rule.Text("rule")}");
            }
        }

        switch (value)
        {
            case JsonMap map:
                foreach (var (key, child) in map)
                {
                    if ((schema.Map("properties", key) ?? schema.Map("additionalProperties")) is { } inner)
                    {
                        Rules(child, (before as JsonMap)?.GetValueOrDefault(key), inner, path.Length == 0 ? key : $"{path}.{key}", problems);
                    }
                }

                break;
            case List<object?> list when schema.Map("items") is { } items:
                for (var i = 0; i < list.Count; i++)
                {
                    Rules(list[i], (before as List<object?>)?.ElementAtOrDefault(i), items, $"{path}[{i}]", problems);
                }

                break;
        }
    }

    /// <summary>Whether a schema has rules in CEL.</summary>
    private static bool HasExpressions(object? schema) => schema switch
    {
        JsonMap map => map.ContainsKey("x-kubernetes-validations") || map.Values.Any(HasExpressions),
        List<object?> list => list.Any(HasExpressions),
        _ => false,
    };

    private static void Visit(object? value, object? before, JsonMap schema, string path, Problems problems)
    {
        if (before is not null && JsonTree.Equal(value, before))
        {
            return;
        }

        if (value is null)
        {
            if (schema.Flag("nullable") is not true)
            {
                problems.InvalidText(path, "\"null\"", $"{path} in body must be of type {schema.Text("type")}: \"null\"");
            }

            return;
        }

        if (!TypeFits(value, schema))
        {
            var given = value switch { string => "string", bool => "boolean", long => "integer", double => "number", JsonMap => "object", _ => "array" };
            problems.Type(path, given, $"{path} in body must be of type {schema.Text("type")}: \"{given}\"");
            return;
        }

        if (schema.List("enum") is { } options && !options.Any(o => JsonTree.Equal(o, value)))
        {
            problems.Unsupported(path, value, [.. options.Select(JsonTree.Print)]);
        }

        switch (value)
        {
            case string text:
                if (schema.Int("minLength") is { } min && text.Length < min)
                {
                    problems.Invalid(path, text, $"{path} in body should be at least {min} chars long");
                }

                if (schema.Int("maxLength") is { } max && text.Length > max)
                {
                    problems.TooLong(path, (int)max);
                }

                if (schema.Text("format") is "date-time" && !DateTimeOffset.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, out _))
                {
                    problems.Type(path, text, $"{path} in body must be of type date-time: \"{text}\"");
                }

                if (schema.Text("pattern") is { } pattern && !Regex.IsMatch(text, pattern, RegexOptions.None, TimeSpan.FromSeconds(1)))
                {
                    problems.Invalid(path, text, $"{path} in body should match '{pattern}'");
                }

                break;
            case long or double:
                var number = Convert.ToDouble(value, System.Globalization.CultureInfo.InvariantCulture);
                if (Number(schema.At("minimum")) is { } low && number < low)
                {
                    problems.Invalid(path, value, $"{path} in body should be greater than or equal to {JsonTree.Print(schema.At("minimum"))}");
                }

                if (Number(schema.At("maximum")) is { } high && number > high)
                {
                    problems.Invalid(path, value, $"{path} in body should be less than or equal to {JsonTree.Print(schema.At("maximum"))}");
                }

                break;
            case List<object?> list:
                if (schema.Int("maxItems") is { } most && list.Count > most)
                {
                    problems.TooMany(path, list.Count, (int)most);
                }

                if (schema.Map("items") is { } items)
                {
                    for (var i = 0; i < list.Count; i++)
                    {
                        Visit(list[i], (before as List<object?>)?.ElementAtOrDefault(i), items, $"{path}[{i}]", problems);
                    }
                }

                break;
            case JsonMap map:
                foreach (var required in schema.Texts("required").Where(r => map.GetValueOrDefault(r) is null && schema.Flag("properties", r, "nullable") is not true))
                {
                    problems.Required($"{path}.{required}");
                }

                foreach (var (key, child) in map.Where(c => c.Value is not null || !schema.Texts("required").Contains(c.Key)))
                {
                    if (schema.Map("properties", key) is { } property)
                    {
                        Visit(child, (before as JsonMap)?.GetValueOrDefault(key), property, $"{path}.{key}", problems);
                    }
                    else if (schema.Map("additionalProperties") is { } element)
                    {
                        Visit(child, (before as JsonMap)?.GetValueOrDefault(key), element, $"{path}.{key}", problems);
                    }
                }

                break;
        }
    }

    private static double? Number(object? value) => value switch { long n => n, double d => d, _ => null };

    private static bool TypeFits(object value, JsonMap schema)
    {
        if (schema.Flag("x-kubernetes-int-or-string") is true)
        {
            return value is long or string;
        }

        return schema.Text("type") switch
        {
            "string" => value is string,
            "boolean" => value is bool,
            "integer" => value is long || (value is double d && d == Math.Truncate(d)),
            "number" => value is long or double,
            "object" => value is JsonMap,
            "array" => value is List<object?>,
            _ => true,
        };
    }
}
