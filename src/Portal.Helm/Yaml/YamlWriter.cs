using System.Collections;
using System.Globalization;
using System.Text;
using Portal.Helm.Templating;

namespace Portal.Helm.Yaml;

/// <summary>
/// Writes YAML as go-yaml does: block style, quoted only where it must be. Behind sigs.k8s.io/yaml (toYaml) values go through JSON, long text is folded
/// at column 80 and lists stand at their key's column; the pretty layout (toYamlPretty) is go-yaml v3's own.
/// </summary>
internal sealed class YamlWriter
{
    // A table that contains itself would be written with ever more blanks. Readers stop at this depth as well.
    private const int MostIndent = 2000;

    private readonly bool _pretty;
    private readonly int _width;

    private YamlWriter(bool pretty)
    {
        _pretty = pretty;
        _width = pretty ? int.MaxValue : 80;
    }

    public static string Write(object? value, bool pretty = false)
    {
        var result = BoundedText.New();
        new YamlWriter(pretty).Node(result, value, 0, inSequence: false, afterKey: false);
        return result.ToString();
    }

    private void Node(StringBuilder result, object? value, int indent, bool inSequence, bool afterKey)
    {
        Nesting.Check();
        if (indent > MostIndent)
        {
            throw new TemplateLimitException($"a value is nested more than {MostIndent / 2} levels deep, or contains itself");
        }

        switch (value)
        {
            case IGoStruct structure:
                Node(result, new Dictionary<string, object?>(structure.Fields, StringComparer.Ordinal), indent, inSequence, afterKey);
                return;
            case GoNilList or GoNilTexts when !_pretty:
                Line(result, null, indent, afterKey);
                return;
            case IDictionary { Count: 0 } or IGoObject and IDictionary { Count: 0 }:
                result.Append(afterKey ? " {}\n" : "{}\n");
                return;
            case IDictionary map:
                if (afterKey)
                {
                    result.Append('\n');
                }

                var first = true;
                foreach (var key in Sort(map.Keys.Cast<object>().Select(k => k as string ?? GoFormat.Value(k))))
                {
                    // The first key of a table in a list stands behind the dash.
                    if (!first || !inSequence)
                    {
                        result.Append(' ', indent);
                    }

                    first = false;
                    if (IsSimpleKey(key))
                    {
                        Scalar(result, key, indent, isKey: true);
                        result.Append(':');
                        Node(result, map[key], indent + 2, inSequence: false, afterKey: true);
                        continue;
                    }

                    result.Append('?');
                    Line(result, key, indent + 2, afterKey: true);
                    result.Append(' ', indent).Append(':');
                    BehindSign(result, map[key], indent);
                }

                return;
            case byte[] bytes:
                Line(result, Convert.ToBase64String(bytes), indent, afterKey);
                return;
            case IList { Count: 0 }:
                result.Append(afterKey ? " []\n" : "[]\n");
                return;
            case IList list:
                if (afterKey)
                {
                    result.Append('\n');
                }

                // Lists are not indented below their key, but in the pretty layout.
                var at = afterKey && !_pretty ? indent - 2 : indent;
                for (var i = 0; i < list.Count; i++)
                {
                    if (i > 0 || !inSequence)
                    {
                        result.Append(' ', at);
                    }

                    result.Append('-');
                    BehindSign(result, list[i], at);
                }

                return;
            default:
                Line(result, value, indent, afterKey);
                return;
        }
    }

    // What stands behind a dash, or behind the colon of a key in lines of its own: the first key or dash of a collection stands in the same line.
    private void BehindSign(StringBuilder result, object? value, int indent)
    {
        if (value is IDictionary { Count: > 0 } or IList { Count: > 0 } and not byte[])
        {
            result.Append(' ');
            Node(result, value, indent + 2, inSequence: true, afterKey: false);
        }
        else
        {
            Node(result, value, indent + 2, inSequence: false, afterKey: true);
        }
    }

    // emitterc.go, yaml_emitter_check_simple_key: longer keys, and those of several lines, are written "? key" and ": value".
    private static bool IsSimpleKey(string key) => !key.AsSpan().ContainsAny(Breaks) && (key.Length <= 128 / 3 || GoBytes.ToBytes(key).Length <= 128);

    private void Line(StringBuilder result, object? value, int indent, bool afterKey)
    {
        if (afterKey)
        {
            result.Append(' ');
        }

        switch (value)
        {
            case null: result.Append("null"); break;
            case bool b: result.Append(b ? "true" : "false"); break;
            case double or float: result.Append(_pretty ? Pretty(Convert.ToDouble(value, CultureInfo.InvariantCulture)) : Number(Convert.ToDouble(value, CultureInfo.InvariantCulture))); break;
            case string s: Scalar(result, s, indent, isKey: false); break;
            case Sprig.GoMoment time: Scalar(result, GoJson.Moment(time), indent, isKey: false); break;
            case Sprig.GoDuration or Sprig.GoWord when GoValue.TryInt(value, out var number): result.Append(number.ToString(CultureInfo.InvariantCulture)); break;
            default:
                if (GoValue.IsInteger(value))
                {
                    result.Append(Convert.ToString(value, CultureInfo.InvariantCulture));
                }
                else
                {
                    Scalar(result, value.ToString() ?? "", indent, isKey: false);
                }

                break;
        }

        result.Append('\n');
    }

    /// <summary>A float as it comes back from JSON: integers below 1e21 in full, as far as they fit 64 bits.</summary>
    /// <exception cref="FunctionException">JSON has no such number.</exception>
    public static string Number(double value)
    {
        if (!double.IsFinite(value))
        {
            throw new FunctionException($"error marshaling into JSON: json: unsupported value: {GoNumber.Shortest(value)}");
        }

        if (value == 0)
        {
            return "0";
        }

        if (value == Math.Floor(value) && Math.Abs(value) < 1e21)
        {
            var digits = GoNumber.Shortest(value, 'f');
            return value < 0 ? long.TryParse(digits, out _) ? digits : GoNumber.Shortest(value) : ulong.TryParse(digits, out _) ? digits : GoNumber.Shortest(value);
        }

        return GoNumber.Shortest(value);
    }

    private static string Pretty(double value) => double.IsFinite(value) ? GoNumber.Shortest(value) : double.IsNaN(value) ? ".nan" : value > 0 ? ".inf" : "-.inf";

    /// <summary>What libyaml's analysis of a scalar finds: which styles can hold it.</summary>
    private readonly record struct Allowed(bool Multiline, bool Plain, bool Single, bool Block);

    // The encoder asks for a style (go-yaml, encode.go stringv), the emitter takes the next that can hold the text (emitterc.go).
    private void Scalar(StringBuilder result, string text, int indent, bool isKey)
    {
        text = _pretty ? text : AsJsonCarries(text);
        var column = Column(result);
        var allowed = Analyze(text);
        if (text.Contains('\n'))
        {
            if (allowed.Block && !isKey)
            {
                Literal(result, text, Math.Max(indent, 2));
                return;
            }
        }
        else if (!LooksTyped(text))
        {
            if (allowed.Plain && text.Length > 0)
            {
                Fold(result, text, indent, column, isKey);
                return;
            }

            if (allowed.Single)
            {
                result.Append('\'');
                Fold(result, text.Replace("'", "''", StringComparison.Ordinal), indent, column + 1, isKey);
                result.Append('\'');
                return;
            }
        }

        DoubleQuoted(result, text, indent, column, isKey);
    }

    // toYaml writes JSON and reads that as YAML: bytes that are no UTF-8 are replaced, a NEL is folded to a blank, and control characters are refused.
    private static string AsJsonCarries(string text)
    {
        var plain = true;
        foreach (var c in text)
        {
            plain &= c is >= ' ' and < '\u007F' or '\n';
        }

        if (plain)
        {
            return text;
        }

        var result = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (c is >= '\u007F' and < '\u00A0' and not '\u0085' or '\uFFFE' or '\uFFFF')
            {
                throw new FunctionException("error converting JSON to YAML: yaml: control characters are not allowed");
            }

            if (char.IsHighSurrogate(c) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
            {
                result.Append(c).Append(text[++i]);
            }
            else
            {
                result.Append(c == '\u0085' ? ' ' : char.IsSurrogate(c) ? '\uFFFD' : c);
            }
        }

        return result.ToString();
    }

    private Allowed Analyze(string text)
    {
        if (text.Length == 0)
        {
            return new Allowed(false, true, true, false);
        }

        var indicators = text.StartsWith("---", StringComparison.Ordinal) || text.StartsWith("...", StringComparison.Ordinal);
        bool breaks = false, special = false, spaceBreak = false, breakSpace = false, previousSpace = false, previousBreak = false, afterBlank = true;
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            var beforeBlank = i + 1 >= text.Length || text[i + 1] is ' ' or '\t' || IsBreak(text[i + 1]);
            indicators |= c switch
            {
                '#' => afterBlank,
                ':' => beforeBlank,
                '?' or '-' => i == 0 && beforeBlank,
                ',' or '[' or ']' or '{' or '}' or '&' or '*' or '!' or '|' or '>' or '\'' or '"' or '%' or '@' or '`' => i == 0,
                _ => false,
            };
            special |= !IsPrintable(c) && !(c == '\t' && _pretty && text.Contains('\n'));
            if (c == ' ')
            {
                breakSpace |= previousBreak;
                (previousSpace, previousBreak) = (true, false);
            }
            else if (IsBreak(c))
            {
                breaks = true;
                spaceBreak |= previousSpace;
                (previousSpace, previousBreak) = (false, true);
            }
            else
            {
                (previousSpace, previousBreak) = (false, false);
            }

            afterBlank = c is ' ' or '\t' || IsBreak(c);
        }

        var trailingSpace = text[^1] == ' ';
        var edges = trailingSpace || text[0] == ' ' || IsBreak(text[0]) || IsBreak(text[^1]);
        var none = spaceBreak || special;
        return new Allowed(breaks, !edges && !breaks && !breakSpace && !indicators && !none, !breakSpace && !none, !trailingSpace && !none);
    }

    private static bool IsBreak(char c) => c is '\n' or '\r' or '\u0085' or '\u2028' or '\u2029';

    private static readonly System.Buffers.SearchValues<char> Breaks = System.Buffers.SearchValues.Create("\n\r\u0085\u2028\u2029");

    private static void Literal(StringBuilder result, string text, int indent)
    {
        result.Append('|');
        if (text[0] is ' ' or '\n')
        {
            result.Append('2');
        }

        if (!text.EndsWith('\n'))
        {
            result.Append('-');
        }
        else if (text.Length == 1 || text.EndsWith("\n\n", StringComparison.Ordinal))
        {
            result.Append('+');
        }

        var body = text.EndsWith('\n') ? text[..^1] : text;
        foreach (var line in body.Split('\n'))
        {
            result.Append('\n');
            if (line.Length > 0)
            {
                result.Append(' ', indent).Append(line);
            }
        }
    }

    /// <summary>Plain and single-quoted text breaks at the first single blank beyond column 80.</summary>
    private void Fold(StringBuilder result, string text, int indent, int column, bool isKey)
    {
        if (isKey)
        {
            result.Append(text);
            return;
        }

        var spaces = false;
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (c == ' ')
            {
                if (!spaces && column > _width && i > 0 && i < text.Length - 1 && text[i + 1] != ' ')
                {
                    result.Append('\n').Append(' ', Math.Max(indent, 2));
                    column = Math.Max(indent, 2);
                }
                else
                {
                    result.Append(c);
                    column++;
                }

                spaces = true;
            }
            else
            {
                result.Append(c);
                column += char.IsLowSurrogate(c) ? 0 : 1;
                spaces = false;
            }
        }
    }

    private void DoubleQuoted(StringBuilder result, string text, int indent, int column, bool isKey)
    {
        result.Append('"');
        column++;
        var spaces = false;
        var first = true;
        var runes = GoBytes.Runes(text).ToArray();
        for (var i = 0; i < runes.Length; i++)
        {
            var rune = runes[i];
            if (!IsPrintable(rune) || rune is 0xFEFF or '"' or '\\' or '\n' or '\r' or 0x85 or 0x2028 or 0x2029)
            {
                var escape = rune switch
                {
                    0 => "\\0", 7 => "\\a", 8 => "\\b", 9 => "\\t", 10 => "\\n", 11 => "\\v", 12 => "\\f", 13 => "\\r", 27 => "\\e",
                    '"' => "\\\"", '\\' => "\\\\", 0x85 => "\\N", 0xA0 => "\\_", 0x2028 => "\\L", 0x2029 => "\\P",
                    <= 0xFF => "\\x" + rune.ToString("X2", CultureInfo.InvariantCulture),
                    <= 0xFFFF => "\\u" + rune.ToString("X4", CultureInfo.InvariantCulture),
                    _ => "\\U" + rune.ToString("X8", CultureInfo.InvariantCulture),
                };
                result.Append(escape);
                column += escape.Length;
                spaces = false;
            }
            else if (rune == ' ')
            {
                if (!isKey && !spaces && column > _width && !first && i < runes.Length - 1)
                {
                    result.Append('\n').Append(' ', Math.Max(indent, 2));
                    column = Math.Max(indent, 2);
                    if (runes[i + 1] == ' ')
                    {
                        result.Append('\\');
                        column++;
                    }
                }
                else
                {
                    result.Append(' ');
                    column++;
                }

                spaces = true;
            }
            else
            {
                result.Append(char.ConvertFromUtf32(rune));
                column++;
                spaces = false;
            }

            first = false;
        }

        result.Append('"');
    }

    /// <summary>Whether the plain text would be read as something else than text: by YAML 1.1, or as a date or a base-60 number.</summary>
    private static bool LooksTyped(string text)
    {
        if (text.Length == 0 || GoYaml.Resolve(text) is not string)
        {
            return true;
        }

        if (char.IsAsciiDigit(text[0]) || text[0] is '-' or '+')
        {
            return IsBase60(text) || IsTimestamp(text) || IsOldOctal(text);
        }

        return false;
    }

    private static bool IsOldOctal(string text)
    {
        var body = text.TrimStart('-', '+');
        return body.StartsWith("0b", StringComparison.Ordinal) && body.Length > 2 && body[2..].All(c => c is '0' or '1' or '_');
    }

    // [-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?
    private static bool IsBase60(string text)
    {
        var body = text[0] is '-' or '+' ? text[1..] : text;
        var parts = body.Split(':');
        if (parts.Length < 2 || parts[0].Length == 0 || !parts[0].All(c => char.IsAsciiDigit(c) || c == '_'))
        {
            return false;
        }

        for (var i = 1; i < parts.Length; i++)
        {
            var part = i == parts.Length - 1 ? parts[i].Split('.')[0] : parts[i];
            if (part.Length is 0 or > 2 || !part.All(char.IsAsciiDigit) || (part.Length == 2 && part[0] > '5'))
            {
                return false;
            }
        }

        return true;
    }

    // go-yaml's allowedTimestampFormats.
    private static readonly string[] TimestampLayouts = ["2006-1-2T15:4:5.999999999Z07:00", "2006-1-2t15:4:5.999999999Z07:00", "2006-1-2 15:4:5.999999999", "2006-1-2"];

    private static bool IsTimestamp(string text)
    {
        if (text.Length < 8 || !ContainsOnlyDigits(text.AsSpan(0, 4)) || text[4] != '-')
        {
            return false;
        }

        return TimestampLayouts.Any(l => Sprig.GoTime.IsParsed(l, text));
    }

    private static bool ContainsOnlyDigits(ReadOnlySpan<char> text)
    {
        foreach (var c in text)
        {
            if (!char.IsAsciiDigit(c))
            {
                return false;
            }
        }

        return true;
    }

    // go-yaml takes nothing beyond the basic plane for printable.
    private static bool IsPrintable(int rune) =>
        rune is '\n' or (>= 0x20 and <= 0x7E) or (>= 0xA0 and <= 0xD7FF) or (>= 0xE000 and <= 0xFFFD and not 0xFEFF);

    private static int Column(StringBuilder result)
    {
        var length = result.Length;
        var i = length;
        while (i > 0 && result[i - 1] != '\n')
        {
            i--;
        }

        return length - i;
    }

    /// <summary>go-yaml's key order: runs of digits compare as numbers, letters before others.</summary>
    private static IEnumerable<string> Sort(IEnumerable<string> keys)
    {
        var sorted = keys.ToArray();
        Array.Sort(sorted, NaturalOrder.Compare);
        return sorted;
    }
}
