using System.Collections;
using System.Globalization;
using System.Numerics;
using System.Text;

namespace Portal.Helm.Templating;

/// <summary>Go's fmt: Print, Println and Printf with all verbs and flags (pkg.go.dev/fmt).</summary>
public static class GoFormat
{
    /// <summary>fmt.Sprint: operands are separated by a blank when neither is a string.</summary>
    public static string Print(params IReadOnlyList<object?> values)
    {
        var result = BoundedText.New();
        var wasString = false;
        for (var i = 0; i < values.Count; i++)
        {
            var isString = values[i] is string;
            if (i > 0 && !isString && !wasString)
            {
                result.Append(' ');
            }

            result.Append(Value(values[i]));
            wasString = isString;
        }

        return result.ToString();
    }

    /// <summary>fmt.Sprintln.</summary>
    public static string Println(IReadOnlyList<object?> values) => BoundedText.Join(" ", values.Select(v => Value(v))) + "\n";

    /// <summary>%v of one value.</summary>
    public static string Value(object? value)
    {
        if (value is string s)
        {
            return s;
        }

        var result = BoundedText.New();
        Write(result, value, 'v', default, 0);
        return result.ToString();
    }

    /// <summary>fmt.Sprintf.</summary>
    public static string Printf(string format, IReadOnlyList<object?> arguments)
    {
        var result = BoundedText.New();
        var next = 0;
        var reordered = false;
        for (var i = 0; i < format.Length;)
        {
            var percent = format.IndexOf('%', i);
            if (percent < 0)
            {
                result.Append(format, i, format.Length - i);
                break;
            }

            result.Append(format, i, percent - i);
            i = percent + 1;
            var flags = default(Flags);
            var afterIndex = false;
            for (var scanning = true; scanning && i < format.Length;)
            {
                switch (format[i])
                {
                    case '#': flags.Sharp = true; i++; break;
                    case '0': flags.Zero = true; i++; break;
                    case '+': flags.Plus = true; i++; break;
                    case '-': flags.Minus = true; i++; break;
                    case ' ': flags.Space = true; i++; break;
                    default: scanning = false; break;
                }
            }

            var goodIndex = true;
            (next, i, afterIndex) = Index(format, i, next, arguments.Count, ref reordered, ref goodIndex);
            if (i < format.Length && format[i] == '*')
            {
                i++;
                if (next < arguments.Count && Number(arguments[next]) is >= -1_000_000 and <= 1_000_000 and var width)
                {
                    flags.Width = (int)width;
                    if (width < 0)
                    {
                        flags.Width = (int)-width;
                        flags.Minus = true;
                        flags.Zero = false;
                    }
                }
                else
                {
                    result.Append("%!(BADWIDTH)");
                }

                next++;
                afterIndex = false;
            }
            else
            {
                flags.Width = Number(format, ref i);
                if (afterIndex && flags.Width is not null)
                {
                    goodIndex = false;
                }
            }

            if (i < format.Length && format[i] == '.')
            {
                i++;
                if (afterIndex)
                {
                    goodIndex = false;
                }

                (next, i, afterIndex) = Index(format, i, next, arguments.Count, ref reordered, ref goodIndex);
                if (i < format.Length && format[i] == '*')
                {
                    i++;
                    if (next < arguments.Count && Number(arguments[next]) is >= 0 and <= 1_000_000 and var precision)
                    {
                        flags.Precision = (int)precision;
                    }
                    else
                    {
                        result.Append("%!(BADPREC)");
                    }

                    next++;
                    afterIndex = false;
                }
                else
                {
                    flags.Precision = Number(format, ref i) ?? 0;
                }
            }

            if (!afterIndex)
            {
                (next, i, _) = Index(format, i, next, arguments.Count, ref reordered, ref goodIndex);
            }

            if (i >= format.Length)
            {
                result.Append("%!(NOVERB)");
                break;
            }

            // A byte that is no UTF-8 counts as U+FFFD, as Go decodes it.
            var verb = i + 1 < format.Length && char.IsSurrogatePair(format[i], format[i + 1]) ? char.ConvertToUtf32(format[i], format[i + 1]) : char.IsSurrogate(format[i]) ? 0xFFFD : format[i];
            i += verb > 0xFFFF ? 2 : 1;
            var name = char.ConvertFromUtf32(verb);
            if (verb == '%')
            {
                result.Append('%');
            }
            else if (!goodIndex)
            {
                result.Append("%!").Append(name).Append("(BADINDEX)");
            }
            else if (next >= arguments.Count)
            {
                result.Append("%!").Append(name).Append("(MISSING)");
            }
            else
            {
                if (flags.Minus)
                {
                    flags.Zero = false;
                }

                // %+v asks for field names, not for signs.
                flags.Names = verb == 'v' && flags.Plus;
                flags.Plus &= verb != 'v';
                Write(result, arguments[next++], verb, flags, 0);
            }
        }

        if (!reordered && next < arguments.Count)
        {
            result.Append("%!(EXTRA ");
            for (var i = next; i < arguments.Count; i++)
            {
                if (i > next)
                {
                    result.Append(", ");
                }

                if (arguments[i] is null)
                {
                    result.Append("<nil>");
                }
                else
                {
                    result.Append(GoValue.TypeName(arguments[i])).Append('=').Append(Value(arguments[i]));
                }
            }

            result.Append(')');
        }

        return result.ToString();
    }

    /// <summary>U+0041 'A', as %#U prints a rune.</summary>
    public static string UnicodeName(int rune)
    {
        var code = "U+" + rune.ToString("X4", CultureInfo.InvariantCulture);
        return GoQuote.IsPrint(rune) ? $"{code} '{char.ConvertFromUtf32(rune)}'" : code;
    }

    private struct Flags
    {
        public bool Sharp, Zero, Plus, Minus, Space, Names;
        public int? Width, Precision;
    }

    private static (int Next, int I, bool Found) Index(string format, int i, int next, int count, ref bool reordered, ref bool good)
    {
        if (i >= format.Length || format[i] != '[')
        {
            return (next, i, false);
        }

        reordered = true;
        var close = format.IndexOf(']', i);
        if (close < 0)
        {
            good = false;
            return (next, i + 1, false);
        }

        if (int.TryParse(format.AsSpan(i + 1, close - i - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var index) && index >= 1 && index <= count)
        {
            return (index - 1, close + 1, true);
        }

        good = false;
        return (next, close + 1, true);
    }

    // A number that is still growing beyond the limit takes the rest of the format with it (fmt's parsenum).
    private static int? Number(string format, ref int i)
    {
        int? number = null;
        for (; i < format.Length && char.IsAsciiDigit(format[i]); i++)
        {
            if (number > 1_000_000)
            {
                i = format.Length;
                return null;
            }

            number = ((number ?? 0) * 10) + (format[i] - '0');
        }

        return number;
    }

    private static void Write(StringBuilder result, object? value, int verb, Flags flags, int depth)
    {
        if (value is null)
        {
            if (verb is 'T' or 'v')
            {
                Pad(result, "<nil>", flags);
            }
            else
            {
                Bad(result, value, verb, flags);
            }

            return;
        }

        if (verb == 'T')
        {
            Text(result, GoValue.TypeName(value), 's', flags);
            return;
        }

        if (verb == 'p')
        {
            Bad(result, value, verb, flags);
            return;
        }

        switch (value)
        {
            case bool b:
                if (verb is 't' or 'v')
                {
                    Pad(result, b ? "true" : "false", flags);
                }
                else
                {
                    Bad(result, value, verb, flags);
                }

                return;
            case double or float:
                Float(result, Convert.ToDouble(value, CultureInfo.InvariantCulture), value, verb, flags);
                return;
            case Complex complex:
                result.Append('(');
                Float(result, complex.Real, complex.Real, verb, flags);
                Float(result, complex.Imaginary, complex.Imaginary, verb, flags with { Plus = true });
                result.Append("i)");
                return;
            case string s:
                if (verb is 'v' && flags.Sharp)
                {
                    Pad(result, GoQuote.Quote(s), flags);
                }
                else if (verb is 'v' or 's' or 'q' or 'x' or 'X')
                {
                    Text(result, s, verb, flags);
                }
                else
                {
                    Bad(result, value, verb, flags);
                }

                return;
            case Sprig.GoMoment time when verb == 'v' && flags.Sharp:
                Text(result, time.GoText(), verb, flags);
                return;
            case Sprig.GoDuration or Sprig.GoWord when verb == 'v' && flags.Sharp:
                break;
            case Sprig.GoDuration or Sprig.GoMoment or Sprig.GoLocation or Sprig.GoWord or GoError when verb is 'v' or 's' or 'q' or 'x' or 'X':
                Text(result, value.ToString()!, verb, flags);
                return;
            case byte[] bytes when verb is 's' or 'q' or 'x' or 'X':
                Text(result, GoBytes.ToText(bytes), verb, flags);
                return;
        }

        if (GoValue.TryInt(value, out var signed))
        {
            Integer(result, signed < 0 ? (ulong)-signed : (ulong)signed, signed < 0, true, value, verb, flags);
            return;
        }

        if (GoValue.TryUint(value, out var unsigned))
        {
            Integer(result, unsigned, false, false, value, verb, flags);
            return;
        }

        switch (value)
        {
            case GoNilList or GoNilTexts when flags.Sharp && verb == 'v':
                result.Append(GoValue.TypeName(value)).Append("(nil)");
                return;
            case IDictionary map:
                result.Append(flags.Sharp && verb == 'v' ? GoValue.TypeName(value) + "{" : "map[");
                var first = true;
                foreach (var key in map.Keys.Cast<object>().OrderBy(k => k as string, Comparer<string?>.Create(GoBytes.Compare)))
                {
                    if (!first)
                    {
                        result.Append(flags.Sharp && verb == 'v' ? ", " : " ");
                    }

                    first = false;
                    Write(result, key, verb, flags, depth + 1);
                    result.Append(':');
                    Inner(result, map[key], verb, flags, depth);
                }

                result.Append(flags.Sharp && verb == 'v' ? '}' : ']');
                return;
            case IList list:
                result.Append(flags.Sharp && verb == 'v' ? GoValue.TypeName(value) + "{" : "[");
                for (var i = 0; i < list.Count; i++)
                {
                    if (i > 0)
                    {
                        result.Append(flags.Sharp && verb == 'v' ? ", " : " ");
                    }

                    Inner(result, list[i], verb, flags, depth);
                }

                result.Append(flags.Sharp && verb == 'v' ? '}' : ']');
                return;
            case IGoStruct structure:
                Struct(result, structure, verb, flags, depth);
                return;
            default:
                Text(result, value.ToString() ?? "", verb is 'q' or 'x' or 'X' ? verb : 's', flags);
                return;
        }
    }

    // {a b}, {Name:a Other:b} or package.Type{Name:"a", Other:"b"}; a pointer has & before it where it stands alone, and is an address within others.
    private static void Struct(StringBuilder result, IGoStruct value, int verb, Flags flags, int depth)
    {
        var sharp = flags.Sharp && verb == 'v';
        var type = value.GoType;
        if (type.StartsWith('*'))
        {
            if (depth > 0)
            {
                result.Append(sharp ? $"({type})(0xc000000000)" : "0xc000000000");
                return;
            }

            result.Append('&');
            type = type[1..];
        }

        result.Append(sharp ? type : "").Append('{');
        var members = value.Members;
        for (var i = 0; i < members.Count; i++)
        {
            result.Append(i == 0 ? "" : sharp ? ", " : " ");
            if (sharp || flags.Names)
            {
                result.Append(members[i].Key).Append(':');
            }

            Inner(result, members[i].Value, verb, flags, depth);
        }

        result.Append('}');
    }

    private static void Inner(StringBuilder result, object? value, int verb, Flags flags, int depth)
    {
        if (value is null)
        {
            result.Append(flags.Sharp && verb == 'v' ? "interface {}(nil)" : "<nil>");
        }
        else if (depth > 100)
        {
            result.Append("...");
        }
        else
        {
            Write(result, value, verb, flags, depth + 1);
        }
    }

    // Any whole number may be a width or a precision (fmt, intFromArg).
    private static long? Number(object? argument) => GoValue.TryInt(argument, out var signed) ? signed : GoValue.TryUint(argument, out var unsigned) && unsigned <= long.MaxValue ? (long)unsigned : null;

    private static void Bad(StringBuilder result, object? value, int verb, Flags flags)
    {
        result.Append("%!").Append(char.ConvertFromUtf32(verb)).Append('(');
        if (value is null)
        {
            result.Append("<nil>)");
            return;
        }

        // The value inside keeps width and precision.
        result.Append(GoValue.TypeName(value)).Append('=');
        Write(result, value, 'v', flags with { Sharp = false }, 0);
        result.Append(')');
    }

    private static void Text(StringBuilder result, string text, int verb, Flags flags)
    {
        if (flags.Precision is { } precision && verb is 's' or 'v' or 'q')
        {
            text = string.Concat(GoBytes.Runes(text).Take(flags.Precision ?? int.MaxValue).Select(r => r is >= 0xD800 and <= 0xDFFF ? ((char)r).ToString() : char.ConvertFromUtf32(r)));
            _ = precision;
        }

        switch (verb)
        {
            case 'q':
                Pad(result, flags.Sharp && !text.Contains('`') && GoBytes.Runes(text).All(r => r == '\t' || (r >= ' ' && r != 0x7F)) ? $"`{text}`" : GoQuote.Quote(text, flags.Plus), flags);
                break;
            case 'x' or 'X':
                Hex(result, GoBytes.ToBytes(text), verb, flags);
                break;
            default:
                Pad(result, text, flags);
                break;
        }
    }

    private static void Hex(StringBuilder result, byte[] bytes, int verb, Flags flags)
    {
        var length = Math.Min(bytes.Length, flags.Precision ?? int.MaxValue);
        var format = verb == 'x' ? "x2" : "X2";
        var parts = bytes.Take(length).Select(b => b.ToString(format, CultureInfo.InvariantCulture));
        var prefix = flags.Sharp ? "0" + (char)verb : "";
        var text = flags.Space ? string.Join(' ', parts.Select(p => prefix + p)) : (length > 0 ? prefix : "") + string.Concat(parts);
        Pad(result, text, flags);
    }

    private static void Integer(StringBuilder result, ulong magnitude, bool negative, bool signed, object value, int verb, Flags flags)
    {
        string digits;
        switch (verb)
        {
            case 'v' or 'd':
                if (verb == 'v' && flags.Sharp && !signed)
                {
                    digits = magnitude.ToString("x", CultureInfo.InvariantCulture);
                    flags.Sharp = true;
                    break;
                }

                flags.Sharp = false;
                digits = magnitude.ToString(CultureInfo.InvariantCulture);
                break;
            case 'b': digits = magnitude == 0 ? "0" : magnitude.ToString("b", CultureInfo.InvariantCulture); break;
            case 'o' or 'O': digits = ToOctal(magnitude); break;
            case 'x': digits = magnitude.ToString("x", CultureInfo.InvariantCulture); break;
            case 'X': digits = magnitude.ToString("X", CultureInfo.InvariantCulture); break;
            case 'c':
                Pad(result, magnitude <= 0x10FFFF && !negative && magnitude is < 0xD800 or > 0xDFFF and <= 0x10FFFF ? char.ConvertFromUtf32((int)magnitude) : "\uFFFD", flags);
                return;
            case 'q':
                Pad(result, GoQuote.QuoteRune(negative || magnitude > 0x10FFFF ? 0xFFFD : (int)magnitude, flags.Plus), flags);
                return;
            case 'U':
                var name = "U+" + (negative ? unchecked(0UL - magnitude) : magnitude).ToString("X4", CultureInfo.InvariantCulture);
                Pad(result, flags.Sharp && !negative && magnitude <= 0x10FFFF && GoQuote.IsPrint((int)magnitude) ? $"{name} '{char.ConvertFromUtf32((int)magnitude)}'" : name, flags with { Zero = false });
                return;
            default:
                Bad(result, value, verb, flags);
                return;
        }

        if (flags.Precision is { } precision)
        {
            if (precision == 0 && magnitude == 0)
            {
                Pad(result, "", flags with { Zero = false });
                return;
            }

            digits = digits.PadLeft(precision, '0');
            flags.Zero = false;
        }

        var prefix = verb switch
        {
            'O' => "0o",
            'b' when flags.Sharp => "0b",
            'o' when flags.Sharp && digits[0] != '0' => "0",
            'x' when flags.Sharp => "0x",
            'X' when flags.Sharp => "0X",
            'v' when flags.Sharp => "0x",
            _ => "",
        };
        var sign = negative ? "-" : flags.Plus ? "+" : flags.Space ? " " : "";
        if (flags.Zero && flags.Width is { } width)
        {
            digits = digits.PadLeft(width - sign.Length, '0');
        }

        Pad(result, sign + prefix + digits, flags with { Zero = false });
    }

    private static string ToOctal(ulong value)
    {
        if (value == 0)
        {
            return "0";
        }

        var digits = BoundedText.New();
        for (; value > 0; value >>= 3)
        {
            digits.Insert(0, (char)('0' + (value & 7)));
        }

        return digits.ToString();
    }

    private static void Float(StringBuilder result, double number, object value, int verb, Flags flags)
    {
        string text;
        switch (verb)
        {
            case 'v': text = flags.Precision is { } p ? General(number, p, p, flags.Sharp, 'e') : GoNumber.Shortest(number); break;
            case 'e' or 'E': text = Exponent(number, flags.Precision ?? 6, (char)verb); break;
            case 'f' or 'F': text = Fixed(number, flags.Precision ?? 6); break;
            case 'g' or 'G':
                text = flags.Precision is { } precision ? General(number, precision, precision, flags.Sharp, verb == 'g' ? 'e' : 'E') : GoNumber.Shortest(number);
                text = verb == 'G' ? text.Replace('e', 'E') : text;
                break;
            case 'b': text = double.IsFinite(number) ? GoNumber.Binary(number) : GoNumber.Shortest(number); break;
            case 'x' or 'X':
                text = double.IsFinite(number) ? GoNumber.Hexadecimal(number, flags.Precision ?? -1) : GoNumber.Shortest(number);
                text = verb == 'X' && double.IsFinite(number) ? text.ToUpperInvariant() : text;
                break;
            default:
                Bad(result, value, verb, flags);
                return;
        }

        var negative = text.StartsWith('-');
        if (text is "+Inf")
        {
            text = "Inf";
            flags.Plus |= !flags.Space;
        }

        var body = negative ? text[1..] : text;
        if (flags.Sharp && verb != 'v' && double.IsFinite(number))
        {
            body = WithPoint(body, verb is 'g' or 'G' ? flags.Precision ?? 6 : 0);
        }

        var sign = negative ? "-" : flags.Plus ? "+" : flags.Space ? " " : "";
        if (double.IsFinite(number) && flags.Zero && flags.Width is { } width)
        {
            body = body.PadLeft(width - sign.Length, '0');
        }

        Pad(result, sign + body, flags with { Zero = false });
    }

    /// <summary>%#: always a decimal point, and for %#g all the significant digits.</summary>
    private static string WithPoint(string body, int digits)
    {
        var exponent = body.IndexOfAny(['e', 'E']);
        var tail = exponent < 0 ? "" : body[exponent..];
        var mantissa = exponent < 0 ? body : body[..exponent];
        var significant = mantissa.Replace(".", "", StringComparison.Ordinal).TrimStart('0').Length;
        if (!mantissa.Contains('.'))
        {
            significant += mantissa == "0" ? 1 : 0;
            mantissa += ".";
        }

        return mantissa + new string('0', Math.Max(0, digits - significant)) + tail;
    }

    private static string Fixed(double number, int precision) => double.IsFinite(number)
        ? (double.IsNegative(number) && number == 0 ? "-" : "") + number.ToString("F" + precision, CultureInfo.InvariantCulture).Replace("-0", "-0", StringComparison.Ordinal)
        : GoNumber.Shortest(number);

    private static string Exponent(double number, int precision, char e)
    {
        if (!double.IsFinite(number))
        {
            return GoNumber.Shortest(number);
        }

        var text = number.ToString((e == 'e' ? "e" : "E") + precision, CultureInfo.InvariantCulture);
        var at = text.IndexOf(e, StringComparison.Ordinal);
        var exponent = int.Parse(text.AsSpan(at + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        return string.Create(CultureInfo.InvariantCulture, $"{text[..at]}{e}{(exponent < 0 ? '-' : '+')}{Math.Abs(exponent):00}");
    }

    private static string General(double number, int precision, int eprec, bool sharp, char e)
    {
        if (!double.IsFinite(number) || number == 0)
        {
            return GoNumber.Shortest(number);
        }

        var significant = Math.Max(precision, 1);
        var scientific = Exponent(number, significant - 1, e);
        var exponent = int.Parse(scientific.AsSpan(scientific.IndexOf(e, StringComparison.Ordinal) + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        if (eprec > significant && GoNumber.Digits(number).Digits.Length >= GoNumber.Digits(number).Exponent)
        {
            eprec = Math.Max(significant, 6);
        }

        if (exponent < -4 || exponent >= Math.Max(eprec, 1))
        {
            return sharp ? scientific : TrimZeros(scientific[..scientific.IndexOf(e, StringComparison.Ordinal)]) + scientific[scientific.IndexOf(e, StringComparison.Ordinal)..];
        }

        var text = number.ToString("F" + Math.Max(significant - 1 - exponent, 0), CultureInfo.InvariantCulture);
        return sharp ? text : TrimZeros(text);
    }

    private static string TrimZeros(string text) => text.Contains('.') ? text.TrimEnd('0').TrimEnd('.') : text;

    private static void Pad(StringBuilder result, string text, Flags flags)
    {
        if (flags.Width is not { } width)
        {
            result.Append(text);
            return;
        }

        var missing = width - GoBytes.Runes(text).Count();
        if (missing <= 0)
        {
            result.Append(text);
        }
        else if (flags.Minus)
        {
            result.Append(text).Append(' ', missing);
        }
        else
        {
            result.Append(flags.Zero ? '0' : ' ', missing).Append(text);
        }
    }
}
