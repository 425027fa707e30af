using System.Globalization;
using Portal.Sandbox.Api;
using Portal.Sandbox.Json;

namespace Portal.Sandbox.Apply;

/// <summary>JSON patch (RFC 6902).</summary>
internal static class JsonPatch
{
    /// <summary>Applies all operations, or none.</summary>
    /// <exception cref="ApiError">422: an operation is malformed, points nowhere, or a test failed.</exception>
    public static JsonMap Apply(JsonMap target, IEnumerable<JsonMap> operations)
    {
        object? root = JsonTree.Clone(target);
        foreach (var operation in operations)
        {
            var path = Pointer(operation.Text("path"));
            switch (operation.Text("op"))
            {
                case "add": Add(ref root, path, Value(operation)); break;
                case "remove": Remove(ref root, path); break;
                case "replace":
                    Replace(ref root, path, Value(operation));
                    break;
                case "copy": Add(ref root, path, JsonTree.Clone(Get(root, Pointer(operation.Text("from"))))); break;
                case "move":
                    var from = Pointer(operation.Text("from"));
                    var moved = Get(root, from);
                    Remove(ref root, from);
                    Add(ref root, path, moved);
                    break;
                case "test":
                    if (!JsonTree.Equal(Get(root, path, missing: operation.GetValueOrDefault("value") is null), operation.GetValueOrDefault("value")))
                    {
                        throw ApiError.BadPatch();
                    }

                    break;
                default: throw ApiError.BadPatch();
            }
        }

        return root as JsonMap ?? throw ApiError.BadPatch();
    }

    /// <summary>In an object a missing key is added: Kubernetes' patch library is that lenient.</summary>
    private static void Replace(ref object? root, string[] path, object? value)
    {
        if (path.Length == 0 || Get(root, path.AsSpan(0, path.Length - 1)) is JsonMap)
        {
            Add(ref root, path, value);
            return;
        }

        Remove(ref root, path);
        Add(ref root, path, value);
    }

    private static object? Value(JsonMap operation) =>
        operation.TryGetValue("value", out var value) ? JsonTree.Clone(value) : throw ApiError.BadPatch();

    private static string[] Pointer(string? text) => text switch
    {
        null => throw ApiError.BadPatch(),
        "" => [],
        ['/', ..] => [.. text[1..].Split('/').Select(p => p.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal))],
        _ => throw ApiError.BadPatch(),
    };

    private static object? Get(object? root, ReadOnlySpan<string> path, bool missing = false)
    {
        foreach (var step in path)
        {
            switch (root)
            {
                case JsonMap map when map.TryGetValue(step, out var child): root = child; break;
                case List<object?> list when Index(step, list.Count - 1) is { } index: root = list[index]; break;
                default: return missing ? null : throw ApiError.BadPatch();
            }
        }

        return root;
    }

    private static void Add(ref object? root, string[] path, object? value)
    {
        if (path.Length == 0)
        {
            root = value;
            return;
        }

        switch (Get(root, path.AsSpan(0, path.Length - 1)))
        {
            case JsonMap map: map[path[^1]] = value; break;
            case List<object?> list when path[^1] == "-": list.Add(value); break;
            case List<object?> list when Index(path[^1], list.Count) is { } index: list.Insert(index, value); break;
            default: throw ApiError.BadPatch();
        }
    }

    private static void Remove(ref object? root, string[] path)
    {
        if (path.Length == 0)
        {
            root = null;
            return;
        }

        switch (Get(root, path.AsSpan(0, path.Length - 1)))
        {
            case JsonMap map when map.Remove(path[^1]): break;
            case List<object?> list when Index(path[^1], list.Count - 1) is { } index: list.RemoveAt(index); break;
            default: throw ApiError.BadPatch();
        }
    }

    private static int? Index(string step, int max) =>
        int.TryParse(step, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var index) && index <= max
            ? index >= 0 ? index : index >= -max - 1 ? max + 1 + index : null
            : null;
}
