using System.Collections;
using System.Globalization;
using System.Text;

namespace Portal.Helm.Templating;

/// <summary>text/template's own functions (pkg.go.dev/text/template#hdr-Functions).</summary>
public static class Builtins
{
    /// <summary>Adds all of them to a table.</summary>
    public static void Register(FunctionTable table)
    {
        table.Add(new Function("and", [GoType.Any], true, (_, a) => a[^1]) { StopsAt = false });
        table.Add(new Function("or", [GoType.Any], true, (_, a) => a[^1]) { StopsAt = true });
        table.Add("not", [GoType.Any], a => !GoValue.IsTrue(a[0]));
        table.Add(new Function("len", [GoType.Any], false, (_, a) => Length(a[0])) { OfNil = "reflect: call of reflect.Value.Type on zero Value" });
        table.AddVariadic("index", [GoType.Any, GoType.Any], a => Index(a));
        table.AddVariadic("slice", [GoType.Any, GoType.Any], a => Slice(a));
        table.AddVariadic("print", [GoType.Any], a => GoFormat.Print(a));
        table.AddVariadic("println", [GoType.Any], a => GoFormat.Println(a));
        table.AddVariadic("printf", [GoType.String, GoType.Any], a => GoFormat.Printf((string)a[0]!, a[1..]));
        table.AddVariadic("html", [GoType.Any], a => Html(Text(a)));
        table.AddVariadic("js", [GoType.Any], a => Js(Text(a)));
        table.AddVariadic("urlquery", [GoType.Any], a => UrlQuery(Text(a)));
        table.Add(new Function("call", [GoType.Any, GoType.Any], true, (_, a) => throw new FunctionException(a[1] is null ? "call of nil" : $"non-function {a[0]} of type {GoValue.TypeName(a[1])}")) { TakesCallee = true });
        table.AddVariadic("eq", [GoType.Any, GoType.Any], a => Eq(a));
        table.Add("ne", [GoType.Any, GoType.Any], a => !Equal(a[0], a[1]));
        table.Add("lt", [GoType.Any, GoType.Any], a => Less(a[0], a[1]));
        table.Add("le", [GoType.Any, GoType.Any], a => Less(a[0], a[1]) || Equal(a[0], a[1]));
        table.Add("gt", [GoType.Any, GoType.Any], a => !(Less(a[0], a[1]) || Equal(a[0], a[1])));
        table.Add("ge", [GoType.Any, GoType.Any], a => !Less(a[0], a[1]));
    }

    private static object Length(object? value) => value switch
    {
        null => throw new FunctionException("len of nil pointer"),
        string s => (nint)GoBytes.Length(s),
        ICollection c => (nint)c.Count,
        _ => throw new FunctionException($"len of type {GoValue.TypeName(value)}"),
    };

    private static object? Index(object?[] arguments)
    {
        var item = arguments[0];
        if (item is null)
        {
            throw new FunctionException("index of untyped nil");
        }

        foreach (var index in arguments.Skip(1))
        {
            switch (item)
            {
                case IDictionary map:
                    item = index switch
                    {
                        string key => map.Contains(key) ? map[key] : map is Dictionary<string, string> ? "" : null,
                        null => throw new FunctionException("value is nil; should be of type string"),
                        _ => throw new FunctionException($"value has type {GoValue.TypeName(index)}; should be string"),
                    };
                    break;
                case string text:
                    var bytes = GoBytes.ToBytes(text);
                    item = bytes[Position(index, bytes.Length, "string")];
                    break;
                case byte[] raw:
                    item = raw[Position(index, raw.Length, "slice")];
                    break;
                case IList list:
                    item = list[Position(index, list.Count, "slice")];
                    break;
                case null:
                    throw new FunctionException("index of nil pointer");
                default:
                    throw new FunctionException($"can't index item of type {GoValue.TypeName(item)}");
            }
        }

        return item;
    }

    private static int Position(object? index, int count, string? indexed = null)
    {
        if (index is null)
        {
            throw new FunctionException("cannot index slice/array with nil");
        }

        long position;
        if (GoValue.TryUint(index, out var unsigned))
        {
            position = (long)Math.Min(unsigned, long.MaxValue);
        }
        else if (!GoValue.TryInt(index, out position))
        {
            throw new FunctionException($"cannot index slice/array with type {GoValue.TypeName(index)}");
        }

        // Go checks against the length and lets reflect find the one beyond the last.
        if (position == count && indexed is not null)
        {
            throw new FunctionException($"reflect: {indexed} index out of range");
        }

        return position < 0 || position > count
            ? throw new FunctionException($"index out of range: {position}")
            : (int)position;
    }

    private static object? Slice(object?[] arguments)
    {
        if (arguments[0] is null)
        {
            throw new FunctionException("slice of untyped nil");
        }

        if (arguments.Length > 4)
        {
            throw new FunctionException($"too many slice indexes: {arguments.Length - 1}");
        }

        var count = arguments[0] switch
        {
            string s => GoBytes.Length(s),
            IList list => list.Count,
            _ => throw new FunctionException($"can't slice item of type {GoValue.TypeName(arguments[0])}"),
        };
        var from = arguments.Length > 1 ? Position(arguments[1], count) : 0;
        var to = arguments.Length > 2 ? Position(arguments[2], count) : count;
        if (from > to)
        {
            throw new FunctionException($"invalid slice index: {from} > {to}");
        }

        return arguments[0] is string text ? GoBytes.Slice(text, from, to) : ((List<object?>)arguments[0]!).GetRange(from, to - from);
    }

    private static string Text(object?[] arguments) =>
        arguments.Length == 1 && arguments[0] is string s ? s : GoFormat.Print([.. arguments.Select(a => a ?? "<no value>")]);

    private static string Html(string text)
    {
        var result = new StringBuilder(text.Length);
        foreach (var c in text)
        {
            _ = c switch
            {
                '"' => result.Append("&#34;"),
                '\'' => result.Append("&#39;"),
                '&' => result.Append("&amp;"),
                '<' => result.Append("&lt;"),
                '>' => result.Append("&gt;"),
                '\0' => result.Append('\uFFFD'),
                _ => result.Append(c),
            };
        }

        return result.ToString();
    }

    private static string Js(string text)
    {
        var result = new StringBuilder(text.Length);
        foreach (var rune in GoBytes.Runes(text))
        {
            switch (rune)
            {
                case '\\': result.Append("\\\\"); break;
                case '\'': result.Append("\\'"); break;
                case '"': result.Append("\\\""); break;
                case '<': result.Append("\\u003C"); break;
                case '>': result.Append("\\u003E"); break;
                case '&': result.Append("\\u0026"); break;
                case '=': result.Append("\\u003D"); break;
                case < ' ': result.Append("\\u").Append(rune.ToString("X4", CultureInfo.InvariantCulture)); break;
                // A byte that is no text stays one: U+FFFD, which stands for it, can be printed.
                case >= 0xD800 and <= 0xDFFF: result.Append((char)rune); break;
                case > 127 when !GoQuote.IsPrint(rune): result.Append("\\u").Append(rune.ToString("X4", CultureInfo.InvariantCulture)); break;
                default: result.Append(char.ConvertFromUtf32(rune)); break;
            }
        }

        return result.ToString();
    }

    /// <summary>net/url.QueryEscape.</summary>
    public static string UrlQuery(string text)
    {
        var result = new StringBuilder(text.Length);
        foreach (var b in GoBytes.ToBytes(text))
        {
            if (char.IsAsciiLetterOrDigit((char)b) || b is (byte)'-' or (byte)'_' or (byte)'.' or (byte)'~')
            {
                result.Append((char)b);
            }
            else if (b == ' ')
            {
                result.Append('+');
            }
            else
            {
                result.Append('%').Append(b.ToString("X2", CultureInfo.InvariantCulture));
            }
        }

        return result.ToString();
    }

    private static bool Eq(object?[] arguments)
    {
        if (arguments.Length < 2)
        {
            throw new FunctionException("missing argument for comparison");
        }

        return arguments.Skip(1).Any(other => Equal(arguments[0], other));
    }

    private static bool Equal(object? a, object? b)
    {
        var x = GoValue.BasicKind(a);
        var y = GoValue.BasicKind(b);
        if (x != y)
        {
            // int and uint compare; everything else of two kinds does not.
            if (x == GoValue.Basic.Int && y == GoValue.Basic.Uint && GoValue.TryInt(a, out var i) && GoValue.TryUint(b, out var u))
            {
                return i >= 0 && (ulong)i == u;
            }

            if (x == GoValue.Basic.Uint && y == GoValue.Basic.Int && GoValue.TryUint(a, out u) && GoValue.TryInt(b, out i))
            {
                return i >= 0 && (ulong)i == u;
            }

            return a is null || b is null ? false : throw new FunctionException($"incompatible types for comparison: {GoValue.TypeName(a)} and {GoValue.TypeName(b)}");
        }

        switch (x)
        {
            case GoValue.Basic.Invalid:
                if (a is not null && b is not null && GoValue.KindName(a) != GoValue.KindName(b))
                {
                    throw new FunctionException(GoFormat.Printf("non-comparable types %s: ", [a]) + $"{GoValue.TypeName(a)}, {GoValue.TypeName(b)}: {GoFormat.Value(b)}");
                }

                if (IsNil(a) || IsNil(b))
                {
                    return IsNil(a) && IsNil(b);
                }

                if (a is Sprig.GoMoment && b is Sprig.GoMoment)
                {
                    return a.Equals(b);
                }

                if (a is Sprig.SemVerFunctions.VersionObject of1 && b is Sprig.SemVerFunctions.VersionObject of2 && of1.IsPointer == of2.IsPointer)
                {
                    return of1.IsPointer ? ReferenceEquals(a, b) : a.Equals(b);
                }

                if (a is IGoStruct of && b is IGoStruct)
                {
                    return of.GoType.StartsWith('*') ? ReferenceEquals(a, b) : GoValue.DeepEqual(a, b);
                }

                // Of two of one kind it is the second that Go asks.
                throw new FunctionException(GoFormat.Printf("non-comparable type %s: ", [b]) + GoValue.TypeName(b));
            case GoValue.Basic.Int:
                GoValue.TryInt(a, out var i);
                GoValue.TryInt(b, out var j);
                return i == j;
            case GoValue.Basic.Uint:
                GoValue.TryUint(a, out var u);
                GoValue.TryUint(b, out var v);
                return u == v;
            default:
                return a!.Equals(b);
        }
    }

    private static bool IsNil(object? value) => value is null or GoNilTexts or GoNilList;

    private static bool Less(object? a, object? b)
    {
        var x = GoValue.BasicKind(a);
        var y = GoValue.BasicKind(b);
        if (x == GoValue.Basic.Invalid || y == GoValue.Basic.Invalid)
        {
            throw new FunctionException("invalid type for comparison");
        }

        if (x != y)
        {
            if (x == GoValue.Basic.Int && y == GoValue.Basic.Uint && GoValue.TryInt(a, out var i) && GoValue.TryUint(b, out var u))
            {
                return i < 0 || (ulong)i < u;
            }

            if (x == GoValue.Basic.Uint && y == GoValue.Basic.Int && GoValue.TryUint(a, out u) && GoValue.TryInt(b, out i))
            {
                return i >= 0 && u < (ulong)i;
            }

            throw new FunctionException($"incompatible types for comparison: {GoValue.TypeName(a)} and {GoValue.TypeName(b)}");
        }

        switch (x)
        {
            case GoValue.Basic.Bool or GoValue.Basic.Complex:
                throw new FunctionException("invalid type for comparison");
            case GoValue.Basic.Float:
                return (double)a! < (double)b!;
            case GoValue.Basic.String:
                return GoBytes.Compare((string)a!, (string)b!) < 0;
            case GoValue.Basic.Uint:
                GoValue.TryUint(a, out var u);
                GoValue.TryUint(b, out var v);
                return u < v;
            default:
                GoValue.TryInt(a, out var i);
                GoValue.TryInt(b, out var j);
                return i < j;
        }
    }
}
