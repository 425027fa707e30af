using System.Collections;
using Portal.Helm.Templating;

namespace Portal.Helm.Sprig;

/// <summary>Dictionary functions (masterminds.github.io/sprig/dicts.html). set, unset and merge change their first argument.</summary>
internal static class Dicts
{
    // Tables that hold one table many times are no tree: going through them has no end.
    private const int MostMerged = 1_000_000;

    public static void Register(FunctionTable table)
    {
        table.AddVariadic("dict", [GoType.Any], Dict);
        table.Add("get", [GoType.Map, GoType.String], a => Map(a[0]).TryGetValue((string)a[1]!, out var v) ? v : "");
        table.Add("set", [GoType.Map, GoType.String, GoType.Any], a =>
        {
            // nil for a map is a nil map: nothing can be put into it.
            (a[0] is null ? throw new FunctionException("assignment to entry in nil map") : Map(a[0]))[(string)a[1]!] = a[2];
            return a[0];
        });
        table.Add("unset", [GoType.Map, GoType.String], a =>
        {
            var map = Map(a[0]);
            map.Remove((string)a[1]!);
            return map;
        });
        table.Add("hasKey", [GoType.Map, GoType.String], a => Map(a[0]).ContainsKey((string)a[1]!));
        table.AddVariadic("keys", [GoType.Map], a => a.SelectMany(m => Map(m).Keys).ToList());
        table.Add("values", [GoType.Map], a => Map(a[0]).Values.ToList());
        table.AddVariadic("pluck", [GoType.String, GoType.Map], a => a.Skip(1).Select(Map).Where(m => m.ContainsKey((string)a[0]!)).Select(m => m[(string)a[0]!]).ToList());
        table.AddVariadic("pick", [GoType.Map, GoType.String], a => Filter(Map(a[0]), k => a.Skip(1).Contains(k)));
        table.AddVariadic("omit", [GoType.Map, GoType.String], a => Filter(Map(a[0]), k => !a.Skip(1).Contains(k)));
        foreach (var prefix in new[] { "", "must" })
        {
            string Name(string n) => prefix.Length == 0 ? n : Lists.Must(n);
            table.AddVariadic(Name("merge"), [GoType.Map, GoType.Map], a => Merge(a, overwrite: false));
            table.AddVariadic(Name("mergeOverwrite"), [GoType.Map, GoType.Map], a => Merge(a, overwrite: true));
            table.Add(Name("deepCopy"), [GoType.Any], a => a[0] is null ? throw new FunctionException("reflect: call of reflect.Value.Type on zero Value") : GoValue.DeepCopy(a[0]));
        }

        table.AddVariadic("dig", [GoType.Any], Dig);
        table.Add("deepEqual", [GoType.Any, GoType.Any], a => GoValue.DeepEqual(a[0], a[1]));
    }

    private static Dictionary<string, object?> Map(object? value) => value as Dictionary<string, object?> ?? [];

    private static Dictionary<string, object?> Dict(object?[] a)
    {
        var result = new Dictionary<string, object?>(StringComparer.Ordinal);
        for (var i = 0; i < a.Length; i += 2)
        {
            result[Casts.ToText(a[i])] = i + 1 < a.Length ? a[i + 1] : "";
        }

        return result;
    }

    private static Dictionary<string, object?> Filter(Dictionary<string, object?> map, Func<string, bool> keep) =>
        map.Where(p => keep(p.Key)).ToDictionary(p => p.Key, p => p.Value, StringComparer.Ordinal);

    private static object? Merge(object?[] maps, bool overwrite)
    {
        var target = Map(maps[0]);
        var merged = 0;
        foreach (var source in maps.Skip(1))
        {
            Merge(target, Map(source), overwrite, ref merged);
        }

        return target;
    }

    // mergo: the destination's empty values count as unset; nested tables are shared with the source where there were none.
    private static void Merge(Dictionary<string, object?> target, Dictionary<string, object?> source, bool overwrite, ref int merged)
    {
        Nesting.Check();
        if (++merged > MostMerged)
        {
            throw new TemplateLimitException("merge goes through more than a million tables");
        }

        foreach (var (key, value) in source)
        {
            var present = target.TryGetValue(key, out var old);
            if (present && old is Dictionary<string, object?> table && value is Dictionary<string, object?> other)
            {
                Merge(table, other, overwrite, ref merged);
            }
            else if (overwrite || (value is not null && (!present || !GoValue.IsTrue(old))))
            {
                if (!(overwrite && present && value is IDictionary { Count: 0 } && old is IDictionary))
                {
                    target[key] = value;
                }
            }
        }
    }

    private static FunctionException NoTable(object? value) => new($"interface conversion: interface {{}} is {(value is null ? "nil" : GoValue.TypeName(value))}, not map[string]interface {{}}");

    private static object? Dig(object?[] a)
    {
        if (a.Length < 3)
        {
            throw new FunctionException("dig needs at least three arguments");
        }

        var fallback = a[^2];
        object? at = a[^1] is Dictionary<string, object?> and not GoNamedMap ? a[^1] : throw NoTable(a[^1]);

        // All keys are looked at before the first is used.
        var keys = a.Take(a.Length - 2)
            .Select(key => key as string ?? throw new FunctionException($"interface conversion: interface {{}} is {(key is null ? "nil" : GoValue.TypeName(key))}, not string"))
            .ToArray();
        foreach (var key in keys)
        {
            if (at is not Dictionary<string, object?> map)
            {
                throw NoTable(at);
            }

            if (!map.TryGetValue(key, out at))
            {
                return fallback;
            }
        }

        return at;
    }
}
