using System.Globalization;
using System.Text.RegularExpressions;

namespace Portal.Server.Features.Values;

/// <summary>Dotted paths of values; a dot inside a key is written "\.".</summary>
internal static partial class ValuesPath
{
    /// <summary>The keys, unescaped.</summary>
    public static string[] Split(string path) => !path.Contains('\\', StringComparison.Ordinal) ? path.Split('.') : [.. Dot().Split(path).Select(p => p.Replace("\\.", ".", StringComparison.Ordinal))];

    public static string Join(IEnumerable<string> keys) => string.Join('.', keys.Select(k => k.Replace(".", "\\.", StringComparison.Ordinal)));

    public static string Join(string path, string key) => path.Length == 0 ? Join([key]) : $"{path}.{Join([key])}";

    /// <summary>What stands at a path, and whether the tree has it.</summary>
    public static bool TryFind(object? tree, string path, out object? value)
    {
        value = tree;
        foreach (var key in Split(path))
        {
            switch (value)
            {
                case Dictionary<string, object?> table when table.TryGetValue(key, out value):
                    break;
                case List<object?> list when int.TryParse(key, NumberStyles.None, CultureInfo.InvariantCulture, out var i) && i < list.Count:
                    value = list[i];
                    break;
                default:
                    value = null;
                    return false;
            }
        }

        return true;
    }

    /// <summary>A copy of a tree with a path set; tables are made on the way. A value of <see cref="Absent"/> removes it.</summary>
    public static Dictionary<string, object?> With(Dictionary<string, object?> tree, string path, object? value)
    {
        var copy = Helm.Templating.GoValue.CopyTable(tree);
        var keys = Split(path);
        var at = copy;
        foreach (var key in keys[..^1])
        {
            if (at.GetValueOrDefault(key) is not Dictionary<string, object?> next)
            {
                at[key] = next = new Dictionary<string, object?>(StringComparer.Ordinal);
            }

            at = next;
        }

        if (ReferenceEquals(value, Absent))
        {
            at.Remove(keys[^1]);
        }
        else
        {
            at[keys[^1]] = value;
        }

        return copy;
    }

    public static readonly object Absent = new();

    /// <summary>Scalars, lists and empty tables with their paths.</summary>
    public static IEnumerable<(string Path, object? Value)> Leaves(Dictionary<string, object?> tree, string path = "") => tree.SelectMany(p =>
    {
        var at = Join(path, p.Key);
        return p.Value is Dictionary<string, object?> { Count: > 0 } table ? Leaves(table, at) : [(at, p.Value)];
    });

    [GeneratedRegex(@"(?<!\\)\.")]
    private static partial Regex Dot();
}
