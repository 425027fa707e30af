using System.Globalization;
using Portal.Helm.Templating;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Portal.Helm.Yaml;

/// <summary>
/// YAML as Helm reads it: sigs.k8s.io/yaml, that is YAML 1.1 scalars through JSON. Tables are Dictionary&lt;string, object?&gt;, lists List&lt;object?&gt;,
/// every number is a double, dates stay text, the last of duplicate keys wins.
/// </summary>
public static class GoYaml
{
    private const int MaxDepth = 1000;

    /// <summary>The first document of a text; null for an empty one.</summary>
    /// <exception cref="YamlException">The text is not YAML.</exception>
    public static object? Read(string text) => EverydayYaml.TryRead(text, headOnly: false, out var value) ? value : ReadWhole(text);

    /// <summary>As <see cref="Read"/>, for a manifest of which only apiVersion, kind and metadata are asked for: other keys may be left out.</summary>
    /// <exception cref="YamlException">The text is not YAML.</exception>
    internal static object? ReadHead(string text) => EverydayYaml.TryRead(text, headOnly: true, out var value) ? value : ReadWhole(text);

    /// <summary>Whether a key at the top of a manifest is one of these three: encoding/json looks at no case.</summary>
    internal static bool IsHead(string key) => key.Length switch
    {
        4 => key.Equals("kind", StringComparison.OrdinalIgnoreCase),
        8 => key.Equals("metadata", StringComparison.OrdinalIgnoreCase),
        10 => key.Equals("apiVersion", StringComparison.OrdinalIgnoreCase),
        _ => false,
    };

    /// <summary>As <see cref="Read"/>, by tokens and events.</summary>
    internal static object? ReadWhole(string text) => ReadAll(text, 1).FirstOrDefault();

    /// <summary>The first document as a table; an empty text is an empty table.</summary>
    /// <exception cref="YamlException">The text is not YAML or not a table.</exception>
    public static Dictionary<string, object?> ReadTable(string text) => Read(text) switch
    {
        null => [],
        Dictionary<string, object?> table => table,
        var other => throw new YamlException(
            $"error unmarshaling JSON: while decoding JSON: json: cannot unmarshal {GoJson.KindName(other)} into Go value of type map[string]interface {{}}", 1, 1),
    };

    /// <summary>All documents of a text.</summary>
    /// <exception cref="YamlException">The text is not YAML.</exception>
    public static List<object?> ReadAll(string text, int most = int.MaxValue)
    {
        text = YamlEncoding.Decode(text);
        if (YamlErrors.OfReader(text) is { } problem)
        {
            throw new YamlException($"error converting YAML to JSON: yaml: {problem}", 1, 1);
        }

        try
        {
            return Documents(text, most);
        }
        catch (YamlDotNet.Core.YamlException error)
        {
            throw YamlErrors.InGoWords(error);
        }
    }

    private static List<object?> Documents(string text, int most)
    {
        var result = new List<object?>();
        var parser = new YamlEvents(text);
        try
        {
            parser.Consume<StreamStart>();
            while (result.Count < most && parser.Accept<DocumentStart>(out _))
            {
                parser.Consume<DocumentStart>();
                var reader = new Reader(parser);
                result.Add(Document(parser, reader));
                EndDocument(parser, result.Count == most);
            }

            return result;
        }
        catch (ArgumentException error)
        {
            // So YamlDotNet refuses a tag that is no address ("!<%>").
            var line = (int)(parser.Current?.End.Line ?? 1);
            throw new YamlException($"error converting YAML to JSON: yaml: line {line}: did not find expected tag URI", line, (int)(parser.Current?.End.Column ?? 1), error);
        }
        catch (InvalidOperationException error)
        {
            // So YamlDotNet's parser refuses a text that begins with the end of a document ("...").
            throw new YamlException("error converting YAML to JSON: yaml: did not find expected node content", 1, 1, error);
        }
    }

    // go-yaml makes values of a document that it has read to its end: what is wrong with a value is said only when nothing is wrong with the text behind it.
    private static object? Document(YamlEvents parser, Reader reader)
    {
        try
        {
            return reader.Node(0);
        }
        catch (YamlException) when (!reader.IsLost)
        {
            while (parser.Current is not DocumentEnd)
            {
                parser.MoveNext();
            }

            throw;
        }
    }

    // go-yaml's Unmarshal reads one document and looks one token further; whatever that begins is left unread (decode.go, parser.document).
    private static void EndDocument(YamlEvents parser, bool isLast)
    {
        try
        {
            parser.Consume<DocumentEnd>();
        }
        catch (SemanticErrorException error) when (isLast && YamlErrors.IsEndOfDocument(error))
        {
            // Something follows that belongs to no document.
        }
    }

    /// <summary>The text sigs.k8s.io/yaml writes: keys sorted, lists not indented, one newline at the end.</summary>
    public static string Write(object? value) => YamlWriter.Write(value);

    /// <summary>The text go-yaml v3 writes by itself: lists indented, nothing folded, floats as %v prints them.</summary>
    public static string WritePretty(object? value) => YamlWriter.Write(value, pretty: true);

    /// <summary>A scalar by the rules of go-yaml v2 (YAML 1.1), with numbers as JSON has them.</summary>
    public static object? Resolve(string text)
    {
        if (text.Length == 0)
        {
            return null;
        }

        switch (text)
        {
            case "~" or "null" or "Null" or "NULL":
                return null;
            case "y" or "Y" or "yes" or "Yes" or "YES" or "true" or "True" or "TRUE" or "on" or "On" or "ON":
                return true;
            case "n" or "N" or "no" or "No" or "NO" or "false" or "False" or "FALSE" or "off" or "Off" or "OFF":
                return false;
            case ".nan" or ".NaN" or ".NAN":
                return double.NaN;
            case ".inf" or ".Inf" or ".INF" or "+.inf" or "+.Inf" or "+.INF":
                return double.PositiveInfinity;
            case "-.inf" or "-.Inf" or "-.INF":
                return double.NegativeInfinity;
        }

        return text[0] is '+' or '-' or '.' or (>= '0' and <= '9') ? Number(text) ?? (object)text : text;
    }

    /// <summary>What a key says as text; null for a key that is no scalar.</summary>
    internal static string? KeyText(object? key) => key switch
    {
        string s => s,
        bool b => b ? "true" : "false",
        double d => d == Math.Floor(d) && Math.Abs(d) < 1e21 ? d.ToString("F0", CultureInfo.InvariantCulture) : GoNumber.Shortest(d),
        _ => null,
    };

    /// <summary>A number as go-yaml resolves plain scalars, or null when the text is none.</summary>
    internal static double? Number(string text)
    {
        // Most numbers are a few digits. A zero before others makes an octal number.
        if (text.Length is > 0 and < 16 && (text[0] != '0' || text.Length == 1) && text.AsSpan().IndexOfAnyExceptInRange('0', '9') < 0)
        {
            return long.Parse(text, CultureInfo.InvariantCulture);
        }

        var plain = text.Replace("_", "", StringComparison.Ordinal);
        if (plain.Length == 0 || plain.Any(char.IsWhiteSpace))
        {
            return null;
        }

        if (Integer(plain) is { } integer)
        {
            // Through 64 bits: a conversion of BigInteger cuts instead of rounding.
            return integer.Sign < 0 ? (double)(long)integer : (double)(ulong)integer;
        }

        return FloatShape(plain) && double.TryParse(plain, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number)
            ? number : null;
    }

    private static bool IsInteger(string text) => text.Replace("_", "", StringComparison.Ordinal) is { Length: > 0 } plain && Integer(plain) is not null;

    // One that 64 bits can hold.
    private static System.Numerics.BigInteger? Integer(string plain) =>
        IntegerShape(plain) && GoNumber.ParseInteger(plain) is { } integer && integer >= long.MinValue && integer <= ulong.MaxValue ? integer : null;

    private static bool IntegerShape(string text)
    {
        var digits = text.AsSpan(text[0] is '+' or '-' ? 1 : 0);
        return digits.Length > 0 && char.IsAsciiDigit(digits[0]);
    }

    // [-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?
    private static bool FloatShape(string text)
    {
        var i = text[0] is '+' or '-' ? 1 : 0;
        var digits = 0;
        while (i < text.Length && char.IsAsciiDigit(text[i]))
        {
            i++;
            digits++;
        }

        if (i < text.Length && text[i] == '.')
        {
            i++;
            var fraction = 0;
            while (i < text.Length && char.IsAsciiDigit(text[i]))
            {
                i++;
                fraction++;
            }

            if (digits == 0 && fraction == 0)
            {
                return false;
            }
        }
        else if (digits == 0)
        {
            return false;
        }

        if (i < text.Length && text[i] is 'e' or 'E')
        {
            i++;
            if (i < text.Length && text[i] is '+' or '-')
            {
                i++;
            }

            var exponent = i;
            while (i < text.Length && char.IsAsciiDigit(text[i]))
            {
                i++;
            }

            if (i == exponent)
            {
                return false;
            }
        }

        return i == text.Length;
    }

    private sealed class Reader(IParser parser)
    {
        private readonly Dictionary<string, object?> _anchors = new(StringComparer.Ordinal);
        private readonly HashSet<object> _open = new(ReferenceEqualityComparer.Instance);
        private int _nodes;

        /// <summary>Whether the text itself was refused, which ends the reading at once.</summary>
        public bool IsLost { get; private set; }

        public object? Node(int depth)
        {
            if (depth > MaxDepth || ++_nodes > GoValue.MostNodes)
            {
                throw new YamlDotNet.Core.YamlException(parser.Current!.Start, parser.Current.End, "the document is nested too deeply or too large");
            }

            switch (parser.Current)
            {
                case AnchorAlias alias:
                    parser.MoveNext();
                    IsLost = !_anchors.TryGetValue(alias.Value.Value, out var target);
                    return IsLost
                        ? throw Wrong(alias, $"yaml: unknown anchor '{alias.Value}' referenced")
                        : target is null || !_open.Contains(target)
                        ? Count(target)
                        : throw Wrong(alias, $"yaml: anchor '{alias.Value}' value contains itself");
                case Scalar scalar:
                    parser.MoveNext();
                    return Keep(scalar, Value(scalar));
                case SequenceStart sequence:
                    parser.MoveNext();
                    var list = new List<object?>();
                    Keep(sequence, list);
                    _open.Add(list);
                    while (!parser.TryConsume<SequenceEnd>(out _))
                    {
                        list.Add(Node(depth + 1));
                    }

                    _open.Remove(list);
                    return list;
                case MappingStart mapping:
                    parser.MoveNext();
                    return Table(mapping, depth);
                default:
                    throw new YamlDotNet.Core.YamlException(parser.Current!.Start, parser.Current.End, "did not find expected node content");
            }
        }

        private Dictionary<string, object?> Table(MappingStart mapping, int depth)
        {
            var table = new Dictionary<string, object?>(StringComparer.Ordinal);
            Keep(mapping, table);
            _open.Add(table);
            while (!parser.TryConsume<MappingEnd>(out _))
            {
                var start = parser.Current!;
                var merge = start is Scalar { Value: "<<", Style: ScalarStyle.Plain };
                var key = Node(depth + 1);
                var value = Node(depth + 1);
                if (!merge)
                {
                    table[key is null ? throw Wrong(start, GoFormat.Printf("unsupported map key of type: %%!s(<nil>), key: <nil>, value: %#v", [value])) : Key(key, start)] = value;
                    continue;
                }

                foreach (var (merged, one) in Merged(value, start).SelectMany(m => m))
                {
                    table[merged] = one;
                }
            }

            _open.Remove(table);
            return table;
        }

        // A merge overrides the keys before it and is overridden by those behind it; in a list the first table wins (go-yaml v2's decode.go, merge).
        private static IEnumerable<Dictionary<string, object?>> Merged(object? value, ParsingEvent at) => value switch
        {
            Dictionary<string, object?> one => [one],
            List<object?> many when many.All(m => m is Dictionary<string, object?>) => many.Cast<Dictionary<string, object?>>().Reverse(),
            _ => throw Wrong(at, "yaml: map merge requires map or sequence of maps as the value"),
        };

        private object? Count(object? node)
        {
            // Aliases expand: ten lines can stand for a billion nodes.
            var size = Size(node, GoValue.MostNodes - _nodes);
            _nodes += size;
            return _nodes > GoValue.MostNodes ? throw new YamlException("error converting YAML to JSON: yaml: document contains excessive aliasing", 1, 1) : GoValue.DeepCopy(node);
        }

        private static int Size(object? node, int budget) => budget <= 0 ? 1 : node switch
        {
            Dictionary<string, object?> table => 1 + table.Values.Sum(v => Size(v, budget - 1)),
            List<object?> list => 1 + list.Sum(v => Size(v, budget - 1)),
            _ => 1,
        };

        private object? Keep(NodeEvent node, object? value)
        {
            if (!node.Anchor.IsEmpty)
            {
                _anchors[node.Anchor.Value] = value;
            }

            return value;
        }

        // go-yaml's own maps have keys of any type.
        private static string Key(object? key, ParsingEvent at) => KeyText(key)
            ?? throw Wrong(at, "yaml: invalid map key: " + GoFormat.Printf("%#v", [key]).Replace("map[string]interface {}", "map[interface {}]interface {}", StringComparison.Ordinal));

        private static object? Value(Scalar scalar)
        {
            if (!scalar.Tag.IsEmpty && !scalar.Tag.IsNonSpecific)
            {
                return scalar.Tag.Value switch
                {
                    "tag:yaml.org,2002:str" => scalar.Value,
                    "tag:yaml.org,2002:binary" => Binary(scalar),
                    "tag:yaml.org,2002:float" or "tag:yaml.org,2002:int" or "tag:yaml.org,2002:bool" or "tag:yaml.org,2002:null" or "tag:yaml.org,2002:timestamp" => Tagged(scalar),
                    // Of a tag that go-yaml does not know nothing follows: what stands behind it is text (resolve.go, resolvableTag).
                    _ => scalar.Value,
                };
            }

            return scalar.Style == ScalarStyle.Plain && !scalar.Tag.IsNonSpecific ? Finite(scalar, Resolve(scalar.Value)) : scalar.Value;
        }

        // Values go through JSON, which has no such numbers.
        private static object? Finite(Scalar scalar, object? value) =>
            value is double special && !double.IsFinite(special) ? throw Wrong(scalar, $"json: unsupported value: {GoNumber.Shortest(special)}") : value;

        private static object? Tagged(Scalar scalar)
        {
            var value = Resolve(scalar.Value);
            var wanted = scalar.Tag.Value["tag:yaml.org,2002:".Length..];
            var found = value switch
            {
                null => "null",
                bool => "bool",
                double => IsInteger(scalar.Value) ? "int" : "float",
                _ => wanted == "timestamp" ? wanted : "str",
            };
            return found == wanted || (found, wanted) is ("int", "float") ? Finite(scalar, value) : throw Wrong(scalar, $"yaml: cannot decode !!{found} `{scalar.Value}` as a !!{wanted}");
        }

        private static YamlException Wrong(ParsingEvent at, string message, Exception? inner = null) =>
            new("error converting YAML to JSON: " + message, (int)at.Start.Line, (int)at.Start.Column, inner);

        private static string Binary(Scalar scalar)
        {
            try
            {
                return GoBytes.ToText(Convert.FromBase64String(scalar.Value.Replace("\n", "", StringComparison.Ordinal)));
            }
            catch (FormatException error)
            {
                throw Wrong(scalar, "yaml: !!binary value contains invalid base64 data", error);
            }
        }
    }
}
