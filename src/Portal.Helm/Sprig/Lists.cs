using System.Collections;
using System.Runtime.InteropServices;
using Portal.Helm.Templating;

namespace Portal.Helm.Sprig;

/// <summary>List functions (masterminds.github.io/sprig/lists.html). None changes its input.</summary>
internal static class Lists
{
    public static void Register(FunctionTable table)
    {
        table.AddVariadic("list", [GoType.Any], a => a.ToList());
        table.AddVariadic("tuple", [GoType.Any], a => a.ToList());
        Both(table, "first", [GoType.Any], a => Items("first", a[0]) is { Count: > 0 } l ? l[0] : null);
        Both(table, "last", [GoType.Any], a => Items("last", a[0]) is { Count: > 0 } l ? l[^1] : null);
        Both(table, "rest", [GoType.Any], a => Items("rest", a[0]) is { Count: > 0 } l ? l.GetRange(1, l.Count - 1) : new GoNilList());
        Both(table, "initial", [GoType.Any], a => Items("initial", a[0]) is { Count: > 0 } l ? l.GetRange(0, l.Count - 1) : new GoNilList());
        Both(table, "append", [GoType.Any, GoType.Any], a => (List<object?>)[.. Items("push", a[0]), a[1]]);
        Both(table, "push", [GoType.Any, GoType.Any], a => (List<object?>)[.. Items("push", a[0]), a[1]]);
        Both(table, "prepend", [GoType.Any, GoType.Any], a => (List<object?>)[a[1], .. Items("prepend", a[0])]);
        Both(table, "reverse", [GoType.Any], a => Enumerable.Reverse(Items("reverse", a[0])).ToList());
        table.Add(new Function("uniq", [GoType.Any], false, (c, a) => Unique(c, Items("uniq", a[0]))));
        table.Add(new Function("mustUniq", [GoType.Any], false, (c, a) => Unique(c, Items("uniq", a[0]))));
        Both(table, "compact", [GoType.Any], a => Items("compact", a[0]).Where(GoValue.IsTrue).ToList());
        Both(table, "chunk", [GoType.Int, GoType.Any], a => new GoTypedList("[][]interface {}", Chunks((nint)a[0]!, Items("chunk", a[1]))));
        Variadic(table, "without", [GoType.Any, GoType.Any], a => Items("without", a[0]).Where(i => !a.Skip(1).Any(x => GoValue.DeepEqual(x, i))).ToList());
        Both(table, "has", [GoType.Any, GoType.Any], a => a[1] is not null && Items("has", a[1]).Any(i => GoValue.DeepEqual(i, a[0])));
        Variadic(table, "slice", [GoType.Any, GoType.Any], a => Slice(a));
        // A slice that nothing was appended to stays nil.
        table.AddVariadic("concat", [GoType.Any], a => a.SelectMany(l => Items("concat", l)).ToList() is { Count: > 0 } all ? all : new GoNilList());
        table.Add("until", [GoType.Int], a => Range(0, (nint)a[0]!, (nint)a[0]! < 0 ? -1 : 1));
        table.Add("untilStep", [GoType.Int, GoType.Int, GoType.Int], a => Range((nint)a[0]!, (nint)a[1]!, (nint)a[2]!));
        table.AddVariadic("seq", [GoType.Int], Sequence);
    }

    private static void Both(FunctionTable table, string name, GoType[] parameters, Func<object?[], object?> body)
    {
        table.Add(name, parameters, body);
        table.Add(Must(name), parameters, body);
    }

    private static void Variadic(FunctionTable table, string name, GoType[] parameters, Func<object?[], object?> body)
    {
        table.AddVariadic(name, parameters, body);
        table.AddVariadic(Must(name), parameters, body);
    }

    internal static string Must(string name) => "must" + char.ToUpperInvariant(name[0]) + name[1..];

    internal static List<object?> Items(string function, object? list) => list switch
    {
        List<object?> items => items,
        byte[] bytes => [.. bytes.Cast<object?>()],
        IList items => [.. items.Cast<object?>()],
        // sprig asks a nil for its kind.
        null => throw new FunctionException("runtime error: invalid memory address or nil pointer dereference"),
        _ => throw new FunctionException(function switch
        {
            "push" or "prepend" or "compact" => $"Cannot {function} on type {GoValue.KindName(list)}",
            "concat" => $"Cannot concat type {GoValue.KindName(list)} as list",
            "chunk" => $"Cannot chunk type {GoValue.KindName(list)}",
            "slice" => $"list should be type of slice or array but {GoValue.KindName(list)}",
            _ => $"Cannot find {function} on type {GoValue.KindName(list)}",
        }),
    };

    // sprig compares each item with each other one; only those of one hash can be equal.
    private static List<object?> Unique(CallContext context, List<object?> items)
    {
        var result = new List<object?>();
        var known = new Dictionary<int, List<object?>>();
        foreach (var item in items)
        {
            ref var same = ref CollectionsMarshal.GetValueRefOrAddDefault(known, GoValue.DeepHash(item), out _);
            same ??= [];
            if (!same.Exists(r => Equal(r, item)))
            {
                same.Add(item);
                result.Add(item);
            }
        }

        return result;

        bool Equal(object? a, object? b)
        {
            context.CheckTime();
            return GoValue.DeepEqual(a, b);
        }
    }

    // sprig counts the parts with the size, whatever that is: some of those below zero leave nothing, one leaves all, and most are a panic.
    private static IEnumerable<List<object?>> Chunks(long size, List<object?> items) => size > 0 ? items.Chunk((int)Math.Min(size, int.MaxValue)).Select(c => c.ToList())
        : size < -1 && items.Count == 1 ? [items]
        : size < 0 && items.Count > 1 && items.Count - 1 <= -(Int128)size ? []
        : throw new FunctionException("runtime error: makeslice: len out of range");

    // A part of a list has the list's type.
    private static object? Slice(object?[] a)
    {
        var items = Items("slice", a[0]);
        if (items.Count == 0)
        {
            return null;
        }

        var from = a.Length > 1 ? Casts.ToInt64(a[1]) : 0;
        var to = a.Length > 2 ? Casts.ToInt64(a[2]) : items.Count;
        if (from < 0 || to > items.Count || from > to)
        {
            throw new FunctionException("reflect.Value.Slice: slice index out of bounds");
        }

        var part = items.GetRange((int)from, (int)(to - from));
        return a[0] switch
        {
            GoTypedList typed => new GoTypedList(typed.GoType, part),
            IList<string> => part.ConvertAll(p => (string)p!),
            byte[] => part.ConvertAll(p => (byte)p!).ToArray(),
            _ => part,
        };
    }

    private static GoTypedList Range(nint start, nint stop, nint step)
    {
        var result = new GoTypedList("[]int", []);
        if (step == 0 || (stop < start && step > 0) || (stop > start && step < 0))
        {
            return result;
        }

        // The last step may go beyond the largest number; in Go it comes out at the other end and goes on for ever.
        for (Int128 i = start; step > 0 ? i < stop : i > stop; i += step)
        {
            if (result.Count >= 1_000_000)
            {
                throw new TemplateLimitException("until makes more than a million items");
            }

            result.Add((nint)i);
        }

        return result;
    }

    private static string Sequence(object?[] a)
    {
        var (start, step, end) = a.Length switch
        {
            0 => (0, 0, 0),
            1 => (1, 1, (nint)a[0]!),
            2 => ((nint)a[0]!, (nint)1, (nint)a[1]!),
            3 => ((nint)a[0]!, (nint)a[1]!, (nint)a[2]!),
            _ => (0, 0, 0),
        };
        if (a.Length is 0 or > 3 || step == 0)
        {
            return "";
        }

        if (a.Length < 3 && end < start)
        {
            step = -1;
        }

        return string.Join(' ', Range(start, end + (step > 0 ? 1 : -1), step).Select(GoFormat.Value));
    }
}
