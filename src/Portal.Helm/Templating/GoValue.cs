using System.Collections;
using System.Numerics;
using System.Runtime.CompilerServices;
using Portal.Helm.Sprig;

namespace Portal.Helm.Templating;

/// <summary>An object of Go with fields or methods that templates may use (.Files, .Capabilities, .Chart in Helm 3, ...).</summary>
public interface IGoObject
{
    /// <summary>The type's name as %T prints it.</summary>
    string GoType { get; }

    /// <summary>A field or a method without arguments.</summary>
    bool TryGetField(string name, out object? value);

    /// <summary>A method with arguments.</summary>
    bool TryGetMethod(string name, out Function method);
}

/// <summary>A struct, or a pointer to one, that encoding/json and fmt can write.</summary>
public interface IGoStruct : IGoObject
{
    /// <summary>The names of its exported fields as JSON has them, and their values.</summary>
    IReadOnlyDictionary<string, object?> Fields { get; }

    /// <summary>All of its fields as Go declares them, those too that are not exported.</summary>
    IReadOnlyList<KeyValuePair<string, object?>> Members { get; }
}

/// <summary>A struct that is a field of another behind a pointer: where it stands it has the methods of a pointer, String among them. As an argument it is a copy that has none.</summary>
public interface IGoField : IGoStruct
{
    /// <summary>What String gives.</summary>
    string Text { get; }

    /// <summary>The copy.</summary>
    IGoStruct Copy { get; }
}

/// <summary>A map[string]string that is nil: it prints and counts as an empty one, JSON and YAML show it as null.</summary>
public sealed class GoNilTexts() : Dictionary<string, string>(StringComparer.Ordinal);

/// <summary>A map whose Go type has a name of its own (chartutil.Values): templates see the name in %T and in errors.</summary>
public sealed class GoNamedMap(string goType, IDictionary<string, object?> content) : Dictionary<string, object?>(content, StringComparer.Ordinal)
{
    /// <summary>The type's name as %T prints it.</summary>
    public string GoType { get; } = goType;
}

/// <summary>A nil slice: it prints and counts as an empty list, JSON and YAML show it as null.</summary>
public sealed class GoNilList(string goType = "[]interface {}") : List<object?>
{
    /// <summary>The type's name as %T prints it.</summary>
    public string GoType { get; } = goType;
}

/// <summary>A list whose elements have one Go type ([]int, [][]interface {}): templates see it in %T, typeOf and deepEqual.</summary>
public sealed class GoTypedList(string goType, IEnumerable<object?> items) : List<object?>(items)
{
    /// <summary>The type's name as %T prints it.</summary>
    public string GoType { get; } = goType;
}

/// <summary>An error value, as fromYaml and others return it in text.</summary>
public sealed record GoError(string Message)
{
    /// <summary>The message.</summary>
    public override string ToString() => Message;
}

/// <summary>Kinds, truth, equality and order of Go values in .NET clothes: nint is int, long is int64, double is float64.</summary>
public static class GoValue
{
    /// <summary>The most tables, lists and scalars of one value: a YAML document may have as many, and a copy.</summary>
    internal const int MostNodes = 5_000_000;

    /// <summary>The type's name as %T prints it.</summary>
    public static string TypeName(object? value) => value switch
    {
        null => "<nil>",
        string => "string",
        bool => "bool",
        double => "float64",
        float => "float32",
        Complex => "complex128",
        nint => "int",
        long => "int64",
        int => "int32",
        byte => "uint8",
        uint => "uint32",
        ulong => "uint64",
        nuint => "uint",
        GoNamedMap named => named.GoType,
        GoTypedList typed => typed.GoType,
        GoNilList nil => nil.GoType,
        IGoObject o => o.GoType,
        GoError => "*errors.errorString",
        GoMoment => "time.Time",
        GoDuration => "time.Duration",
        GoLocation => "*time.Location",
        GoWord word => word.GoType,
        byte[] => "[]uint8",
        Dictionary<string, object?> => "map[string]interface {}",
        Dictionary<string, string> => "map[string]string",
        List<string> or string[] => "[]string",
        IList => "[]interface {}",
        _ => value.GetType().Name,
    };

    /// <summary>The kind's name as reflect prints it.</summary>
    public static string KindName(object? value) => value switch
    {
        null => "invalid",
        IDictionary => "map",
        string => "string",
        IList => "slice",
        IGoObject o => o.GoType.StartsWith('*') ? "ptr" : "struct",
        GoError => "ptr",
        GoMoment => "struct",
        GoDuration => "int64",
        GoLocation => "ptr",
        GoWord => "int",
        _ => TypeName(value),
    };

    /// <summary>Whether it is of one of Go's integer types; a whole float64 is none.</summary>
    public static bool IsInteger(object? value) => value is nint or long or int or byte or uint or ulong or nuint;

    /// <summary>text/template's truth: false, 0, "" and empty collections are false.</summary>
    public static bool IsTrue(object? value) => value switch
    {
        null => false,
        bool b => b,
        string s => s.Length > 0,
        double d => d != 0,
        float f => f != 0,
        Complex c => c != Complex.Zero,
        nint i => i != 0,
        long i => i != 0,
        int i => i != 0,
        byte i => i != 0,
        uint i => i != 0,
        ulong i => i != 0,
        nuint i => i != 0,
        ICollection c => c.Count > 0,
        GoDuration d => d.Nanoseconds != 0,
        GoWord w => w.Number != 0,
        _ => true,
    };

    /// <summary>A signed integer of any width.</summary>
    public static bool TryInt(object? value, out long result)
    {
        switch (value)
        {
            case nint i: result = i; return true;
            case long i: result = i; return true;
            case int i: result = i; return true;
            case GoDuration d: result = d.Nanoseconds; return true;
            case GoWord w: result = w.Number; return true;
            default: result = 0; return false;
        }
    }

    /// <summary>An unsigned integer of any width.</summary>
    public static bool TryUint(object? value, out ulong result)
    {
        switch (value)
        {
            case byte i: result = i; return true;
            case uint i: result = i; return true;
            case ulong i: result = i; return true;
            case nuint i: result = i; return true;
            default: result = 0; return false;
        }
    }

    /// <summary>The basic kinds that text/template compares.</summary>
    internal enum Basic { Invalid, Bool, Float, Int, String, Uint, Complex }

    internal static Basic BasicKind(object? value) => value switch
    {
        bool => Basic.Bool,
        string => Basic.String,
        double or float => Basic.Float,
        Complex => Basic.Complex,
        _ when TryInt(value, out _) => Basic.Int,
        _ when TryUint(value, out _) => Basic.Uint,
        _ => Basic.Invalid,
    };

    /// <summary>reflect.DeepEqual over the value tree. A pair of tables or lists is compared once, however often the two trees hold it (deepValueEqual's visited).</summary>
    public static bool DeepEqual(object? a, object? b) => DeepEqual(a, b, null);

    private static bool DeepEqual(object? a, object? b, HashSet<(object, object)>? visited)
    {
        Nesting.Check();
        if (a is null || b is null)
        {
            return a is null && b is null;
        }

        if (a is IDictionary or IList && b is IDictionary or IList)
        {
            visited ??= new HashSet<(object, object)>(ByReference.Instance);
            if (ReferenceEquals(a, b) || !visited.Add((a, b)))
            {
                return true;
            }
        }

        switch (a, b)
        {
            case (IDictionary x, IDictionary y):
                if (TypeName(a) != TypeName(b) || x.Count != y.Count)
                {
                    return false;
                }

                foreach (DictionaryEntry entry in x)
                {
                    if (!y.Contains(entry.Key) || !DeepEqual(entry.Value, y[entry.Key], visited))
                    {
                        return false;
                    }
                }

                return true;
            case (IList x, IList y):
                if (TypeName(a) != TypeName(b) || x.Count != y.Count)
                {
                    return false;
                }

                for (var i = 0; i < x.Count; i++)
                {
                    if (!DeepEqual(x[i], y[i], visited))
                    {
                        return false;
                    }
                }

                return true;
            case (double x, double y):
                return x == y;
            case (IGoStruct x, IGoStruct y):
                return x.GoType == y.GoType && x.Members.Count == y.Members.Count && x.Members.Zip(y.Members).All(p => DeepEqual(p.First.Value, p.Second.Value, visited));
            default:
                return a.GetType() == b.GetType() && a.Equals(b);
        }
    }

    /// <summary>Equal for values that are <see cref="DeepEqual(object?, object?)"/>. It looks three levels deep and at some dozen items of each, and so may be equal for others too.</summary>
    public static int DeepHash(object? value) => DeepHash(value, 3);

    private static int DeepHash(object? value, int levels)
    {
        const int Most = 32;
        switch (value)
        {
            case null:
                return 0;
            case double d:
                // The two zeros are equal.
                return d == 0 ? 1 : d.GetHashCode();
            case IDictionary map:
                // In no order.
                var sum = map.Count;
                if (levels > 0 && map.Count <= Most)
                {
                    foreach (DictionaryEntry entry in map)
                    {
                        sum = unchecked(sum + HashCode.Combine(entry.Key, DeepHash(entry.Value, levels - 1)));
                    }
                }

                return sum;
            case IList list:
                var hash = new HashCode();
                hash.Add(list.Count);
                for (var i = 0; levels > 0 && i < Math.Min(list.Count, Most); i++)
                {
                    hash.Add(DeepHash(list[i], levels - 1));
                }

                return hash.ToHashCode();
            case IGoStruct structure:
                return structure.GoType.GetHashCode(StringComparison.Ordinal);
            default:
                return value.GetHashCode();
        }
    }

    private sealed class ByReference : IEqualityComparer<(object, object)>
    {
        public static readonly ByReference Instance = new();

        public bool Equals((object, object) x, (object, object) y) => ReferenceEquals(x.Item1, y.Item1) && ReferenceEquals(x.Item2, y.Item2);

        public int GetHashCode((object, object) pair) => HashCode.Combine(RuntimeHelpers.GetHashCode(pair.Item1), RuntimeHelpers.GetHashCode(pair.Item2));
    }

    /// <summary>A copy of the tree: tables and lists are new, scalars shared.</summary>
    /// <exception cref="TemplateLimitException">It is too deep, or more than five million tables, lists and scalars: a tree that holds one table many times has no end in a copy.</exception>
    public static object? DeepCopy(object? value)
    {
        var copied = 0;
        return DeepCopy(value, ref copied);
    }

    /// <summary>A copy of a table and all below it.</summary>
    /// <exception cref="TemplateLimitException">As for <see cref="DeepCopy(object?)"/>.</exception>
    public static Dictionary<string, object?> CopyTable(IEnumerable<KeyValuePair<string, object?>> table)
    {
        var copied = 0;
        return CopyTable(table, ref copied);
    }

    private static object? DeepCopy(object? value, ref int copied)
    {
        if (++copied > MostNodes)
        {
            throw new TemplateLimitException($"a copy of a value has more than {MostNodes} items");
        }

        switch (value)
        {
            case GoNamedMap map:
                return new GoNamedMap(map.GoType, CopyTable(map, ref copied));
            case Dictionary<string, object?> map:
                return CopyTable(map, ref copied);
            case List<object?> list:
                Nesting.Check();
                List<object?> result = list is GoTypedList typed ? new GoTypedList(typed.GoType, []) : new List<object?>(list.Count);
                foreach (var item in list)
                {
                    result.Add(DeepCopy(item, ref copied));
                }

                return result;
            default:
                return value;
        }
    }

    private static Dictionary<string, object?> CopyTable(IEnumerable<KeyValuePair<string, object?>> table, ref int copied)
    {
        Nesting.Check();
        var result = new Dictionary<string, object?>(StringComparer.Ordinal);
        foreach (var (key, item) in table)
        {
            result[key] = DeepCopy(item, ref copied);
        }

        return result;
    }
}
