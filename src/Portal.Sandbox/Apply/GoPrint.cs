using Portal.Sandbox.Json;

namespace Portal.Sandbox.Apply;

/// <summary>Values as Go's %v prints maps and slices.</summary>
internal static class GoPrint
{
    public static string Value(object? value) => value switch
    {
        JsonMap map => $"map[{string.Join(' ', map.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => $"{p.Key}:{Value(p.Value)}"))}]",
        List<object?> list => $"[{string.Join(' ', list.Select(Value))}]",
        null => "<nil>",
        _ => JsonTree.Print(value),
    };
}
