namespace Portal.Sandbox.Json;

/// <summary>
/// A JSON object as a tree of plain values: <see cref="JsonMap"/>, <c>List&lt;object?&gt;</c>, string, long, double, bool or null.
/// Objects in the store are never changed: clone first.
/// </summary>
internal sealed class JsonMap : Dictionary<string, object?>
{
    public JsonMap()
        : base(StringComparer.Ordinal)
    {
    }

    public JsonMap(int capacity)
        : base(capacity, StringComparer.Ordinal)
    {
    }

    /// <summary>The value at a path of keys, or null where any of them is missing.</summary>
    public object? At(params ReadOnlySpan<string> path)
    {
        object? value = this;
        foreach (var key in path)
        {
            if (value is not JsonMap map || !map.TryGetValue(key, out value))
            {
                return null;
            }
        }

        return value;
    }

    public JsonMap? Map(params ReadOnlySpan<string> path) => At(path) as JsonMap;

    public List<object?>? List(params ReadOnlySpan<string> path) => At(path) as List<object?>;

    public string? Text(params ReadOnlySpan<string> path) => At(path) as string;

    public long? Int(params ReadOnlySpan<string> path) => At(path) switch { long n => n, double d => (long)d, _ => null };

    public bool? Flag(params ReadOnlySpan<string> path) => At(path) as bool?;

    /// <summary>The elements of the list at a path that are objects; empty when there is none.</summary>
    public IEnumerable<JsonMap> Maps(params ReadOnlySpan<string> path) => At(path) is List<object?> list ? list.OfType<JsonMap>() : [];

    /// <summary>The text elements of the list at a path; empty when there is none.</summary>
    public IEnumerable<string> Texts(params ReadOnlySpan<string> path) => At(path) is List<object?> list ? list.OfType<string>() : [];

    /// <summary>The object at a path; it and its parents are made where they are missing.</summary>
    public JsonMap Ensure(params ReadOnlySpan<string> path)
    {
        var map = this;
        foreach (var key in path)
        {
            if (map.TryGetValue(key, out var value) && value is JsonMap next)
            {
                map = next;
            }
            else
            {
                next = [];
                map[key] = next;
                map = next;
            }
        }

        return map;
    }

    /// <summary>Sets a key when it is missing or null.</summary>
    public void Default(string key, object? value)
    {
        if (!TryGetValue(key, out var present) || present is null)
        {
            this[key] = value;
        }
    }

    /// <summary>Sets a key, or removes it when the value is null, zero, empty text or an empty list.</summary>
    public void SetOrRemove(string key, object? value)
    {
        if (value is null or 0L or "" or false || (value is List<object?> { Count: 0 }))
        {
            Remove(key);
        }
        else
        {
            this[key] = value;
        }
    }
}
