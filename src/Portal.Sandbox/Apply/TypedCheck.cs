using Portal.Sandbox.Json;
using Portal.Sandbox.Schema;

namespace Portal.Sandbox.Apply;

/// <summary>Checks an applied configuration against its type before it is merged.</summary>
internal static class TypedCheck
{
    /// <summary>The first errors as server-side apply prints them; null when there is none.</summary>
    public static string? Errors(JsonMap config, Shape shape)
    {
        var errors = new List<string>();
        Visit(config, shape, "", errors, top: true);
        return errors.Count switch { 0 => null, 1 => errors[0], _ => "errors:\n" + string.Join("\n", errors.Select(e => "  " + e)) };
    }

    private static void Visit(object? value, Shape shape, string path, List<string> errors, bool top = false)
    {
        switch (value, shape.Kind)
        {
            case (null, _) or (_, ShapeKind.Any):
                return;
            case (JsonMap map, ShapeKind.Struct or ShapeKind.Map):
                foreach (var (key, child) in map.OrderBy(p => p.Key, StringComparer.Ordinal))
                {
                    if (shape.Kind == ShapeKind.Map || shape.IsNamed(key))
                    {
                        Visit(child, shape.Child(key), $"{path}.{key}", errors);
                    }
                    else if (!shape.Open && !(top && key is "apiVersion" or "kind"))
                    {
                        errors.Add($"{path}.{key}: field not declared in schema");
                    }
                }

                return;
            case (List<object?> list, ShapeKind.List):
                Elements(list, shape, path, errors);
                return;
            case (_, ShapeKind.Struct or ShapeKind.Map):
                errors.Add($"{path}: expected map, got {Show(value)}");
                return;
            case (_, ShapeKind.List):
                errors.Add($"{path}: expected list, got {Show(value)}");
                return;
            case (not string, ShapeKind.Text or ShapeKind.Bytes or ShapeKind.Time or ShapeKind.MicroTime):
                errors.Add($"{path}: expected string, got {Show(value)}");
                return;
            case (not bool, ShapeKind.Boolean):
                errors.Add($"{path}: expected boolean, got {Show(value)}");
                return;
            case (not (long or double), ShapeKind.Integer or ShapeKind.Float):
                errors.Add($"{path}: expected numeric (int or float), got {Show(value)}");
                return;
        }
    }

    private static void Elements(List<object?> list, Shape shape, string path, List<string> errors)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < list.Count; i++)
        {
            var element = list[i];
            var step = $"[{i}]";
            if (shape.IsAssociative)
            {
                var key = FieldSet.ElementStep(element, shape);
                var set = new FieldSet();
                set.Step(key).Member = true;
                step = set.Print().First();
                if (!seen.Add(key))
                {
                    errors.Add($"{path}: duplicate entries for key {step}");
                    continue;
                }

                if (shape.Keys.Count > 1 && element is JsonMap map)
                {
                    var missing = shape.Keys.FirstOrDefault(k => !map.ContainsKey(k) && shape.Element!.Fields.GetValueOrDefault(k)?.KeyDefault is null);
                    if (missing is not null)
                    {
                        errors.Add($"{path}: element {i}: associative list with keys has an element that omits key field \"{missing}\" (and doesn't have default value)");
                        continue;
                    }
                }
            }

            Visit(element, shape.Element!, path + step, errors);
        }
    }

    private static string Show(object? value) => value switch
    {
        string text => $"&value.valueUnstructured{{Value:{JsonTree.Text(text)}}}",
        JsonMap or List<object?> => $"&value.valueUnstructured{{Value:{GoPrint.Value(value)}}}",
        _ => $"&value.valueUnstructured{{Value:{JsonTree.Print(value)}}}",
    };
}
