using Portal.Sandbox.Json;

namespace Portal.Sandbox.Apply;

/// <summary>JSON merge patch (RFC 7386).</summary>
internal static class MergePatch
{
    public static JsonMap Apply(JsonMap target, JsonMap patch)
    {
        var result = JsonTree.Clone(target);
        foreach (var (key, value) in patch)
        {
            if (value is null)
            {
                result.Remove(key);
            }
            else if (value is JsonMap inner)
            {
                result[key] = Apply(result.GetValueOrDefault(key) as JsonMap ?? [], inner);
            }
            else
            {
                result[key] = JsonTree.Clone(value);
            }
        }

        return result;
    }
}
