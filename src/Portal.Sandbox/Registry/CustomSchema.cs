using Portal.Sandbox.Json;
using Portal.Sandbox.Schema;

namespace Portal.Sandbox.Registry;

/// <summary>The structural schema of a custom resource: shape, defaults and pruning.</summary>
internal static class CustomSchema
{
    /// <summary>The shape of a schema for merging and for finding unknown fields.</summary>
    public static Shape ToShape(JsonMap? schema, string kind)
    {
        var root = schema is null ? new Shape(ShapeKind.Struct) { Name = kind, Open = true } : Read(schema, kind);
        if (root.Kind != ShapeKind.Struct)
        {
            root = new Shape(ShapeKind.Struct) { Name = kind, Open = true };
        }

        root.Fields["metadata"] = new Field("metadata", SchemaFile.Types["ObjectMeta"]);
        root.Fields["apiVersion"] = new Field("apiVersion", new Shape(ShapeKind.Text));
        root.Fields["kind"] = new Field("kind", new Shape(ShapeKind.Text));
        return root;
    }

    private static Shape Read(JsonMap schema, string name = "")
    {
        if (schema.Flag("x-kubernetes-int-or-string") is true)
        {
            return new Shape(ShapeKind.IntOrString);
        }

        switch (schema.Text("type"))
        {
            case "object":
                var atomic = schema.Text("x-kubernetes-map-type") == "atomic";
                if (schema.Map("properties") is null && schema.Map("additionalProperties") is { } element)
                {
                    return new Shape(ShapeKind.Map) { Element = Read(element), Atomic = atomic };
                }

                var shape = new Shape(ShapeKind.Struct)
                {
                    Name = name,
                    Atomic = atomic,
                    Open = schema.Flag("x-kubernetes-preserve-unknown-fields") is true || schema.At("additionalProperties") is true,
                };
                foreach (var (key, value) in schema.Map("properties") ?? [])
                {
                    if (value is JsonMap property)
                    {
                        shape.Fields[key] = new Field(key, Read(property), Keep: true);
                    }
                }

                return shape;
            case "array":
                var keys = schema.Texts("x-kubernetes-list-map-keys").ToList();
                var type = schema.Text("x-kubernetes-list-type");
                return new Shape(ShapeKind.List)
                {
                    Element = schema.Map("items") is { } items ? Read(items) : Shape.Anything,
                    Keys = type == "map" ? keys : [],
                    Set = type == "set",
                    Atomic = type is not ("map" or "set"),
                };
            case "string": return new Shape(ShapeKind.Text);
            case "integer": return new Shape(ShapeKind.Integer);
            case "number": return new Shape(ShapeKind.Float);
            case "boolean": return new Shape(ShapeKind.Boolean);
            default: return new Shape(ShapeKind.Any);
        }
    }

    /// <summary>Whether a default of the schema is not in the object.</summary>
    public static bool Lacks(object? value, JsonMap schema) => value switch
    {
        JsonMap map => (schema.Map("properties") ?? []).Any(p => p.Value is JsonMap property && (IsMissing(map, p.Key, property) || Lacks(map.GetValueOrDefault(p.Key), property)))
            || (schema.Map("additionalProperties") is { } element && map.Values.Any(v => Lacks(v, element))),
        List<object?> list => schema.Map("items") is { } items && list.Any(v => Lacks(v, items)),
        _ => false,
    };

    private static bool IsMissing(JsonMap map, string key, JsonMap property) =>
        property.ContainsKey("default") && (!map.TryGetValue(key, out var present) || (present is null && property.Flag("nullable") is not true));

    /// <summary>Fills in the schema's defaults.</summary>
    public static void Default(object? value, JsonMap schema)
    {
        switch (value)
        {
            case JsonMap map:
                foreach (var (key, child) in schema.Map("properties") ?? [])
                {
                    if (child is not JsonMap property)
                    {
                        continue;
                    }

                    if (IsMissing(map, key, property))
                    {
                        map[key] = JsonTree.Clone(property["default"]);
                    }

                    if (map.TryGetValue(key, out var inner))
                    {
                        Default(inner, property);
                    }
                }

                if (schema.Map("additionalProperties") is { } element)
                {
                    foreach (var child in map.Values)
                    {
                        Default(child, element);
                    }
                }

                break;
            case List<object?> list when schema.Map("items") is { } items:
                foreach (var child in list)
                {
                    Default(child, items);
                }

                break;
        }
    }

    /// <summary>Removes the fields that the schema does not know.</summary>
    public static void Prune(object? value, JsonMap schema, Action<string>? unknown, string path = "", bool root = true)
    {
        switch (value)
        {
            case JsonMap map:
                var open = schema.Flag("x-kubernetes-preserve-unknown-fields") is true;
                var properties = schema.Map("properties");
                foreach (var (key, child) in map.ToList())
                {
                    if (root && key is "apiVersion" or "kind" or "metadata")
                    {
                        continue;
                    }

                    var here = path.Length == 0 ? key : $"{path}.{key}";
                    if (schema.Flag("x-kubernetes-embedded-resource") is true && key is "apiVersion" or "kind" or "metadata")
                    {
                        continue;
                    }

                    if (properties?.Map(key) is { } property)
                    {
                        Prune(child, property, unknown, here, false);
                    }
                    else if (schema.Map("additionalProperties") is { } element)
                    {
                        Prune(child, element, unknown, here, false);
                    }
                    else if (!open && schema.At("additionalProperties") is not true)
                    {
                        unknown?.Invoke(here);
                        map.Remove(key);
                    }
                }

                break;
            case List<object?> list when schema.Map("items") is { } items:
                for (var i = 0; i < list.Count; i++)
                {
                    Prune(list[i], items, unknown, $"{path}[{i}]", false);
                }

                break;
        }
    }
}
