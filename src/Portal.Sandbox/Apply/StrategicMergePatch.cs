using Portal.Sandbox.Api;
using Portal.Sandbox.Json;
using Portal.Sandbox.Schema;

namespace Portal.Sandbox.Apply;

/// <summary>Kubernetes' strategic merge patch: lists are merged by the keys of their type.</summary>
internal static class StrategicMergePatch
{
    private const string Order = "$setElementOrder/";
    private const string DeletePrimitive = "$deleteFromPrimitiveList/";

    public static JsonMap Apply(JsonMap target, JsonMap patch, Shape shape) => Map(target, patch, shape);

    private static JsonMap Map(JsonMap target, JsonMap patch, Shape shape)
    {
        switch (patch.Text("$patch"))
        {
            case "replace": return Without(patch);
            case "delete": return [];
            case null: break;
            default: throw ApiError.Internal($"unknown patch type: {JsonTree.Print(patch["$patch"])} in map: {GoPrint.Value(patch)}");
        }

        var result = JsonTree.Clone(target);
        if (patch.List("$retainKeys") is { } retain)
        {
            var kept = retain.OfType<string>().ToHashSet();
            foreach (var key in result.Keys.Where(k => !kept.Contains(k)).ToList())
            {
                result.Remove(key);
            }
        }

        foreach (var (key, value) in patch)
        {
            if (key.StartsWith(DeletePrimitive, StringComparison.Ordinal) && value is List<object?> gone)
            {
                var name = key[DeletePrimitive.Length..];
                if (result.List(name) is { } list)
                {
                    result[name] = list.Where(e => !gone.Any(g => JsonTree.Equal(g, e))).ToList();
                }
            }
        }

        foreach (var (key, value) in patch)
        {
            if (key[0] == '$')
            {
                continue;
            }

            var child = shape.Child(key);
            switch (value)
            {
                case null:
                    result.Remove(key);
                    break;
                case JsonMap map:
                    result[key] = result.GetValueOrDefault(key) is JsonMap present ? Map(present, map, child) : Map([], map, child);
                    break;
                case List<object?> list when child.IsAssociative:
                    result[key] = List(result.List(key) ?? [], list, child, key, patch.List(Order + key));
                    break;
                default:
                    result[key] = JsonTree.Clone(value);
                    break;
            }
        }

        foreach (var (key, value) in patch)
        {
            // An order alone sorts what is there.
            if (key.StartsWith(Order, StringComparison.Ordinal) && value is List<object?> order && key[Order.Length..] is var name && !patch.ContainsKey(name)
                && result.List(name) is { } list && shape.Child(name) is { IsAssociative: true } of)
            {
                result[name] = Sort(list, list, order, of);
            }
        }

        return result;
    }

    private static List<object?> List(List<object?> target, List<object?> patch, Shape shape, string field, List<object?>? order)
    {
        var result = target.ConvertAll(JsonTree.Clone);
        if (shape.Set)
        {
            result.AddRange(patch.Where(p => !result.Any(e => JsonTree.Equal(e, p))).ToList());
            return Sort(result, target, order ?? patch, shape);
        }

        var key = shape.Keys[0];
        if (patch.OfType<JsonMap>().Any(e => e.Text("$patch") == "replace"))
        {
            return [.. patch.OfType<JsonMap>().Where(e => !e.ContainsKey("$patch")).Select(JsonTree.Clone)];
        }

        var fresh = new List<object?>();
        foreach (var element in patch)
        {
            if (element is not JsonMap map || !map.TryGetValue(key, out var id) || id is null)
            {
                throw ApiError.Internal($"map: {GoPrint.Value(element)} does not contain declared merge key: {key}");
            }

            var index = result.FindIndex(e => e is JsonMap present && JsonTree.Equal(present.GetValueOrDefault(key), id));
            if (map.Text("$patch") == "delete")
            {
                result.RemoveAll(e => e is JsonMap present && JsonTree.Equal(present.GetValueOrDefault(key), id));
            }
            else if (index >= 0)
            {
                result[index] = Map((JsonMap)result[index]!, map, shape.Element!);
            }
            else
            {
                fresh.Add(Map([], map, shape.Element!));
            }
        }

        // Without an order of its own, a patch is its own order: what is new goes in front.
        result.AddRange(fresh);
        return Sort(result, target, order ?? [.. patch.OfType<JsonMap>().Where(e => !e.ContainsKey("$patch"))], shape);
    }

    /// <summary>Elements of the order stand as it says; those it does not name keep their place relative to the live ones before them.</summary>
    private static List<object?> Sort(List<object?> merged, List<object?> live, List<object?> order, Shape shape)
    {
        object? IdOf(object? element) => shape.Set ? element : (element as JsonMap)?.GetValueOrDefault(shape.Keys[0]);
        var wanted = order.Select(o => shape.Set ? o : (o as JsonMap)?.GetValueOrDefault(shape.Keys[0])).ToList();
        int Rank(object? element) => wanted.FindIndex(w => JsonTree.Equal(w, IdOf(element)));
        int LivePlace(object? element) => live.FindIndex(l => JsonTree.Equal(IdOf(l), IdOf(element)));
        var named = merged.Where(e => Rank(e) >= 0).OrderBy(Rank).ToList();
        var others = merged.Where(e => Rank(e) < 0).ToList();
        var result = new List<object?>();
        var next = 0;
        foreach (var element in named)
        {
            var place = LivePlace(element);
            while (place >= 0 && next < others.Count && LivePlace(others[next]) < place)
            {
                result.Add(others[next++]);
            }

            result.Add(element);
        }

        result.AddRange(others.Skip(next));
        return result;
    }

    private static JsonMap Without(JsonMap patch)
    {
        var copy = JsonTree.Clone(patch);
        copy.Remove("$patch");
        return copy;
    }
}
