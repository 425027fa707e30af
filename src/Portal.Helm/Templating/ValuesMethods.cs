using System.Runtime.CompilerServices;
using Portal.Helm.Yaml;

namespace Portal.Helm.Templating;

/// <summary>
/// The methods of Helm's values (pkg/chart/common/values.go): <c>.Values.AsMap</c>, <c>.Values.YAML</c>, <c>.Values.Table "a.b"</c> and <c>.Values.PathValue "a.b"</c>. Charts need
/// the first for dig.
/// </summary>
internal static class ValuesMethods
{
    /// <summary>The type's name as %T prints it: sprig's dig refuses it.</summary>
    public const string GoType = "common.Values";

    // A subchart's values are its parent's as well, where they are a table like any other.
    private static readonly ConditionalWeakTable<Dictionary<string, object?>, object> Known = [];

    /// <summary>Says that a table is a chart's values.</summary>
    public static void Mark(Dictionary<string, object?> table) => Known.AddOrUpdate(table, table);

    /// <summary>The method of a name, if the table is a chart's values.</summary>
    public static Function? Find(Dictionary<string, object?> table, string name)
    {
        if (name is not ("AsMap" or "YAML" or "Table" or "PathValue") || !(table is GoNamedMap { GoType: GoType } || Known.TryGetValue(table, out _)))
        {
            return null;
        }

        return name switch
        {
            "AsMap" => new Function(name, [], false, (_, _) => table is GoNamedMap ? new Dictionary<string, object?>(table, StringComparer.Ordinal) : table),
            "YAML" => new Function(name, [], false, (_, _) => GoYaml.Write(table)),
            "Table" => new Function(name, [Templating.GoType.String], false, (_, a) => Table(table, (string)a[0]!)),
            _ => new Function(name, [Templating.GoType.String], false, (_, a) => PathValue(table, (string)a[0]!)),
        };
    }

    private static GoNamedMap Table(Dictionary<string, object?> table, string path)
    {
        foreach (var key in path.Split('.'))
        {
            table = table.GetValueOrDefault(key) as Dictionary<string, object?> ?? throw new FunctionException($"{GoQuote.Quote(key)} is not a table");
        }

        return new GoNamedMap(GoType, table);
    }

    private static object? PathValue(Dictionary<string, object?> table, string path)
    {
        if (path.Length == 0)
        {
            throw new FunctionException("YAML path cannot be empty");
        }

        var keys = path.Split('.');
        object? at = table;
        foreach (var key in keys)
        {
            if (at is not Dictionary<string, object?> inner || !inner.TryGetValue(key, out at))
            {
                throw NoValue();
            }
        }

        return at is Dictionary<string, object?> ? throw NoValue() : at;

        FunctionException NoValue() => new($"{GoQuote.Quote(keys[^1])} is not a value");
    }
}
