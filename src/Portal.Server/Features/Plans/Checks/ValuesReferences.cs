using Portal.Server.Features.Values;

namespace Portal.Server.Features.Plans.Checks;

/// <summary>
/// Which Secrets and keys the operator's values name ("passwordSecret: {name: db, key: password}"). A platform whose services read all values from one Secret asks for them at run time, where no
/// rendered object names them. Pure.
/// </summary>
internal static class ValuesReferences
{
    private const int Deepest = 32;

    /// <summary>The references of some values; those below something that is switched off are left out.</summary>
    /// <param name="values">The operator's values, without the chart's defaults.</param>
    /// <param name="changes">Whether the plan brings other values than run now: what was so before is only noted.</param>
    public static IEnumerable<ReferenceCheck.Reference> Of(Dictionary<string, object?> values, bool changes) => Of(values, "", changes, 0);

    private static IEnumerable<ReferenceCheck.Reference> Of(object? node, string path, bool changes, int depth)
    {
        switch (node)
        {
            case Dictionary<string, object?> table when depth < Deepest && table.GetValueOrDefault("enabled") is not false:
                if (IsReference(path) && table.GetValueOrDefault("name") is string { Length: > 0 } name && table.GetValueOrDefault("key") is string { Length: > 0 } key && table.GetValueOrDefault("optional") is not true)
                {
                    return [new ReferenceCheck.Reference("Secret", name, key, $"the value {path}", changes)];
                }

                return table.SelectMany(p => Of(p.Value, ValuesPath.Join(path, p.Key), changes, depth + 1));
            case List<object?> list when depth < Deepest:
                return list.SelectMany((item, i) => Of(item, $"{path}.{i}", changes, depth + 1));
            default:
                return [];
        }
    }

    private static bool IsReference(string path) => ValuesPath.Split(path)[^1] is var last && (last == "secretKeyRef" || KnownKeys.Referring.Any(end => last.EndsWith(end, StringComparison.Ordinal)));
}
