using System.Security.Cryptography;
using Portal.Sandbox.Json;
using Portal.Sandbox.Kinds;
using Portal.Sandbox.Schema;

namespace Portal.Sandbox.Api;

/// <summary>The OpenAPI v3 documents, one for each group and version, made from the schema.</summary>
internal sealed class OpenApi(KindTable kinds)
{
    public JsonMap Index()
    {
        var paths = new JsonMap { [".well-known/openid-configuration"] = Entry(".well-known/openid-configuration"), ["api"] = Entry("api"), ["api/v1"] = Entry("api/v1"), ["apis"] = Entry("apis"), ["version"] = Entry("version") };
        foreach (var group in kinds.All.Where(k => k.Group.Length > 0).GroupBy(k => k.Group))
        {
            paths[$"apis/{group.Key}"] = Entry($"apis/{group.Key}");
            foreach (var version in group.Select(k => k.ApiVersion).Distinct())
            {
                paths[$"apis/{version}"] = Entry($"apis/{version}");
            }
        }

        return new JsonMap { ["paths"] = paths };
    }

    private JsonMap Entry(string path) => new()
    {
        ["serverRelativeURL"] = $"/openapi/v3/{path}?hash={Convert.ToHexString(SHA256.HashData(System.Text.Encoding.UTF8.GetBytes($"{path}#{kinds.Revision}")))}",
    };

    /// <summary>The document of one path of the index.</summary>
    public JsonMap Document(string path)
    {
        var schemas = new JsonMap();
        var paths = new JsonMap();
        foreach (var kind in kinds.All.Where(k => (k.Group.Length == 0 ? "api/v1" : "apis/" + k.ApiVersion) == path))
        {
            var name = Name(kind);
            if (kind.Custom?.Schema is { } own)
            {
                var copy = JsonTree.Clone(own);
                copy.Ensure("properties")["metadata"] = Reference("ObjectMeta", schemas);
                copy.Ensure("properties").Default("apiVersion", new JsonMap { ["type"] = "string" });
                copy.Ensure("properties").Default("kind", new JsonMap { ["type"] = "string" });
                schemas[name] = copy;
            }
            else
            {
                var schema = Schema(kind.Shape, schemas);
                schema.Ensure("properties")["apiVersion"] = new JsonMap { ["type"] = "string" };
                schema.Ensure("properties")["kind"] = new JsonMap { ["type"] = "string" };
                schemas[name] = schema;
            }

            schemas.Map(name)!["x-kubernetes-group-version-kind"] = JsonTree.ListOf(Gvk(kind));
            var root = $"/{path}{(kind.Namespaced ? "/namespaces/{namespace}" : "")}/{kind.Plural}";
            paths[root] = new JsonMap { ["get"] = Operation(kind, "list", name), ["post"] = Operation(kind, "post", name, "dryRun", "fieldManager", "fieldValidation") };
            paths[root + "/{name}"] = new JsonMap
            {
                ["get"] = Operation(kind, "get", name),
                ["put"] = Operation(kind, "put", name, "dryRun", "fieldManager", "fieldValidation"),
                ["patch"] = Operation(kind, "patch", name, "dryRun", "fieldManager", "fieldValidation", "force"),
                ["delete"] = Operation(kind, "delete", name, "dryRun", "gracePeriodSeconds", "propagationPolicy"),
            };
        }

        return new JsonMap
        {
            ["openapi"] = "3.0.0",
            ["info"] = new JsonMap { ["title"] = "Kubernetes", ["version"] = Discovery.GitVersion },
            ["paths"] = paths,
            ["components"] = new JsonMap { ["schemas"] = schemas },
        };
    }

    private static JsonMap Gvk(ResourceKind kind) => new() { ["group"] = kind.Group, ["kind"] = kind.Kind, ["version"] = kind.Version };

    private static string Name(ResourceKind kind) =>
        $"io.k8s.api.{(kind.Group.Length == 0 ? "core" : kind.Group.Split('.')[0])}.{kind.Version}.{kind.Kind}";

    private static JsonMap Operation(ResourceKind kind, string action, string schema, params string[] parameters) => new()
    {
        ["operationId"] = $"{action}{kind.Group.Replace(".", "", StringComparison.Ordinal)}{kind.Version}{kind.Kind}",
        ["parameters"] = parameters.Select(p => (object?)new JsonMap { ["name"] = p, ["in"] = "query", ["schema"] = new JsonMap { ["type"] = p == "force" ? "boolean" : "string", ["uniqueItems"] = true } }).ToList(),
        ["responses"] = new JsonMap { ["200"] = new JsonMap { ["description"] = "OK", ["content"] = new JsonMap { ["application/json"] = new JsonMap { ["schema"] = new JsonMap { ["$ref"] = $"#/components/schemas/{schema}" } } } } },
        ["x-kubernetes-action"] = action,
        ["x-kubernetes-group-version-kind"] = Gvk(kind),
    };

    private static JsonMap Reference(string type, JsonMap schemas)
    {
        var name = "io.k8s.types." + type;
        if (!schemas.ContainsKey(name))
        {
            schemas[name] = new JsonMap();
            schemas[name] = Schema(SchemaFile.Types[type], schemas);
        }

        return new JsonMap { ["$ref"] = "#/components/schemas/" + name };
    }

    private static JsonMap Property(Shape shape, JsonMap schemas) => shape.Kind switch
    {
        ShapeKind.Struct when SchemaFile.Types.ContainsKey(shape.Name) => new JsonMap { ["allOf"] = JsonTree.ListOf(Reference(shape.Name, schemas)), ["default"] = new JsonMap() },
        ShapeKind.Struct => Schema(shape, schemas),
        ShapeKind.Map => new JsonMap { ["type"] = "object", ["additionalProperties"] = Property(shape.Element!, schemas) },
        ShapeKind.List => List(shape, schemas),
        ShapeKind.Integer => new JsonMap { ["type"] = "integer", ["format"] = "int32" },
        ShapeKind.Float => new JsonMap { ["type"] = "number", ["format"] = "double" },
        ShapeKind.Boolean => new JsonMap { ["type"] = "boolean" },
        ShapeKind.Bytes => new JsonMap { ["type"] = "string", ["format"] = "byte" },
        ShapeKind.Time or ShapeKind.MicroTime => new JsonMap { ["type"] = "string", ["format"] = "date-time" },
        ShapeKind.IntOrString => new JsonMap { ["oneOf"] = JsonTree.ListOf(new JsonMap { ["type"] = "integer" }, new JsonMap { ["type"] = "string" }), ["format"] = "int-or-string" },
        ShapeKind.Any => new JsonMap { ["type"] = "object", ["x-kubernetes-preserve-unknown-fields"] = true },
        _ => new JsonMap { ["type"] = "string" },
    };

    private static JsonMap List(Shape shape, JsonMap schemas)
    {
        var list = new JsonMap { ["type"] = "array", ["items"] = Property(shape.Element!, schemas), ["x-kubernetes-list-type"] = shape.Set ? "set" : shape.Keys.Count > 0 ? "map" : "atomic" };
        if (shape.Keys.Count > 0)
        {
            list["x-kubernetes-list-map-keys"] = shape.Keys.Select(k => (object?)k).ToList();
            list["x-kubernetes-patch-merge-key"] = shape.Keys[0];
            list["x-kubernetes-patch-strategy"] = "merge";
        }

        return list;
    }

    private static JsonMap Schema(Shape shape, JsonMap schemas)
    {
        var schema = new JsonMap { ["description"] = shape.Name, ["type"] = "object" };
        var properties = new JsonMap();
        foreach (var (name, field) in shape.Fields.OrderBy(f => f.Key, StringComparer.Ordinal))
        {
            var property = Property(field.Shape, schemas);
            property.Default("description", name);
            properties[name] = property;
        }

        schema["properties"] = properties;
        return schema;
    }
}
