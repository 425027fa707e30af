using System.Collections;
using System.Globalization;
using System.Text;
using Portal.Helm.Templating;

namespace Portal.Helm.Yaml;

/// <summary>TOML in the layout of BurntSushi/toml, which Helm writes it with: plain values before tables, two blanks a level; integers stay int64.</summary>
public static class GoToml
{
    /// <summary>The table of a TOML text.</summary>
    /// <exception cref="TomlException">The text is not TOML.</exception>
    public static Dictionary<string, object?> Read(string text) => new GoTomlReader(text).Read();

    /// <summary>The TOML text of a value.</summary>
    /// <exception cref="FunctionException">TOML cannot hold the value.</exception>
    public static string Write(object value)
    {
        var result = BoundedText.New();
        Node(result, [], value);
        return result.ToString();
    }

    private static void Node(StringBuilder result, string[] path, object value)
    {
        switch (value)
        {
            case IDictionary map:
                if (path.Length == 1)
                {
                    NewLine(result);
                }

                if (path.Length > 0)
                {
                    result.Append(Indent(path)).Append('[').AppendJoin('.', path.Select(Key)).Append("]\n");
                }

                Entries(result, path, map);
                break;
            case IList list when IsTableArray(list):
                if (path.Length == 0)
                {
                    throw new FunctionException("toml: top-level values must be Go maps or structs");
                }

                foreach (var item in list)
                {
                    NewLine(result);
                    result.Append(Indent(path)).Append("[[").AppendJoin('.', path.Select(Key)).Append("]]\n");
                    Entries(result, path, (IDictionary)item!);
                }

                break;
            default:
                if (path.Length > 0)
                {
                    result.Append(Indent(path)).Append(Key(path[^1])).Append(" = ");
                }

                Element(result, value);
                if (path.Length > 0)
                {
                    result.Append('\n');
                }

                break;
        }
    }

    private static void Entries(StringBuilder result, string[] path, IDictionary map)
    {
        foreach (var (key, value) in Sorted(map).OrderBy(e => IsTable(e.Value)))
        {
            Node(result, [.. path, key], value);
        }
    }

    // Nulls do not exist in TOML: their keys are left out.
    private static IEnumerable<(string Key, object Value)> Sorted(IDictionary map) => map.Keys.Cast<string>()
        .Where(k => map[k] is not (null or GoNilTexts or GoNilList))
        .Order(Comparer<string>.Create(GoBytes.Compare))
        .Select(k => (k, map[k]!));

    private static bool IsTable(object value) => value is IDictionary || (value is IList list && IsTableArray(list));

    private static bool IsTableArray(IList list)
    {
        foreach (var item in list)
        {
            if (item is null)
            {
                throw new FunctionException("toml: cannot encode array with nil element");
            }
        }

        return list.Count > 0 && list is not byte[] && list.Cast<object>().All(i => i is IDictionary);
    }

    private static void Element(StringBuilder result, object value)
    {
        switch (value)
        {
            case string s: Text(result, s); break;
            case bool b: result.Append(b ? "true" : "false"); break;
            case double or float: result.Append(Float(Convert.ToDouble(value, CultureInfo.InvariantCulture))); break;
            case Sprig.GoMoment time: result.Append(Sprig.GoTime.Format(time, TomlMoments.LayoutOf(time))); break;
            case Sprig.GoDuration: Text(result, value.ToString()!); break;
            case Sprig.GoWord word: result.Append(word.Number.ToString(CultureInfo.InvariantCulture)); break;
            case IDictionary map:
                result.Append('{');
                var comma = "";
                foreach (var (key, item) in Sorted(map).OrderBy(e => IsTable(e.Value)))
                {
                    result.Append(comma).Append(Key(key)).Append(" = ");
                    Element(result, item);
                    comma = ", ";
                }

                result.Append('}');
                break;
            case IList list:
                result.Append('[');
                for (var i = 0; i < list.Count; i++)
                {
                    result.Append(i > 0 ? ", " : "");
                    Element(result, list[i] ?? throw new FunctionException("toml: cannot encode array with nil element"));
                }

                result.Append(']');
                break;
            default:
                if (GoValue.IsInteger(value))
                {
                    result.Append(Convert.ToString(value, CultureInfo.InvariantCulture));
                }
                else
                {
                    Text(result, GoFormat.Value(value));
                }

                break;
        }
    }

    private static string Float(double value)
    {
        if (!double.IsFinite(value))
        {
            return double.IsNaN(value) ? "nan" : value > 0 ? "inf" : "-inf";
        }

        var text = GoNumber.Shortest(value);
        return text.Contains('.') || text.Contains('e') ? text : text + ".0";
    }

    private static void Text(StringBuilder result, string text)
    {
        result.Append('"');
        foreach (var c in text)
        {
            result.Append(c switch
            {
                '"' => "\\\"",
                '\\' => "\\\\",
                '\b' => "\\b",
                '\t' => "\\t",
                '\n' => "\\n",
                '\f' => "\\f",
                '\r' => "\\r",
                < ' ' or '\u007F' => "\\u" + ((int)c).ToString("x4", CultureInfo.InvariantCulture),
                _ => c.ToString(),
            });
        }

        result.Append('"');
    }

    private static string Key(string key)
    {
        if (key.Length > 0 && key.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-'))
        {
            return key;
        }

        var result = new StringBuilder();
        Text(result, key);
        return result.ToString();
    }

    private static string Indent(string[] path) => new(' ', 2 * (path.Length - 1));

    private static void NewLine(StringBuilder result)
    {
        if (result.Length > 0)
        {
            result.Append('\n');
        }
    }
}
