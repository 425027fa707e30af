using System.Globalization;
using System.Text;
using Portal.Helm.Templating;

namespace Portal.Helm.Sprig;

/// <summary>Go's date layouts and durations (pkg.go.dev/time#Layout).</summary>
public static class GoTime
{
    /// <summary>Go's time.RFC3339Nano.</summary>
    public const string Rfc3339Nano = "2006-01-02T15:04:05.999999999Z07:00";

    private static readonly string[] Tokens =
    [
        "January", "Jan", "Monday", "Mon", "MST", "2006", "-070000", "-07:00:00", "-0700", "-07:00", "-07", "Z070000", "Z07:00:00", "Z0700", "Z07:00", "Z07",
        "002", "01", "02", "03", "04", "05", "06", "15", "__2", "_2", "PM", "pm", "1", "2", "3", "4", "5",
    ];

    private static readonly string[] Months = CultureInfo.InvariantCulture.DateTimeFormat.MonthNames[..12];

    private static readonly string[] WeekDays = CultureInfo.InvariantCulture.DateTimeFormat.DayNames;

    /// <summary>The element of a layout at a place, or null where the text stands for itself. A run of 0 or 9 behind a point is a fraction.</summary>
    private static string? Element(string layout, int at)
    {
        if (layout[at] is '.' or ',' && at + 1 < layout.Length && layout[at + 1] is '0' or '9')
        {
            var end = at + 1;
            while (end < layout.Length && layout[end] == layout[at + 1])
            {
                end++;
            }

            return end >= layout.Length || !char.IsAsciiDigit(layout[end]) ? layout[at..end] : null;
        }

        if (string.CompareOrdinal(layout, at, "_2006", 0, 5) == 0)
        {
            return null;
        }

        foreach (var token in Tokens)
        {
            if (string.CompareOrdinal(layout, at, token, 0, token.Length) == 0
                && (token is not ("Jan" or "Mon") || at + 3 >= layout.Length || !char.IsAsciiLetterLower(layout[at + 3])))
            {
                return token;
            }
        }

        return null;
    }

    private static bool IsFraction(string element) => element[0] is '.' or ',';

    /// <summary>time.Time.Format. <paramref name="zone"/> is the zone's short name, as MST stands for it.</summary>
    public static string Format(DateTimeOffset time, string layout, string? zone = null)
    {
        var result = new StringBuilder();
        for (var i = 0; i < layout.Length;)
        {
            var element = Element(layout, i);
            if (element is null)
            {
                result.Append(layout[i++]);
                continue;
            }

            if (IsFraction(element))
            {
                Fraction(result, time, element[0], element.Length - 1, element[1] == '9');
            }
            else
            {
                result.Append(element == "MST" && zone is not null ? zone : Part(time, element));
            }

            i += element.Length;
        }

        return result.ToString();
    }

    /// <summary>time.ParseInLocation with UTC as the location.</summary>
    /// <exception cref="FunctionException">The text does not follow the layout; the message is Go's.</exception>
    public static DateTimeOffset Parse(string layout, string text)
    {
        var rest = text;
        int year = 0, month = -1, day = -1, yearDay = -1, hour = 0, minute = 0, second = 0;
        long nanos = 0;
        bool pm = false, hasPm = false;
        TimeSpan? offset = null;
        string? range = null;
        FunctionException Bad(string element) => new($"parsing time {GoQuote.Quote(text)} as {GoQuote.Quote(layout)}: cannot parse {GoQuote.Quote(rest)} as {GoQuote.Quote(element)}");
        int Digits(string element, int least, int most)
        {
            var n = 0;
            while (n < most && n < rest.Length && char.IsAsciiDigit(rest[n]))
            {
                n++;
            }

            if (n < least)
            {
                throw Bad(element);
            }

            var value = int.Parse(rest.AsSpan(0, n), NumberStyles.None, CultureInfo.InvariantCulture);
            rest = rest[n..];
            return value;
        }

        int Name(string element, string[] names, bool brief)
        {
            var at = Array.FindIndex(names, n => rest.StartsWith(brief ? n[..3] : n, StringComparison.OrdinalIgnoreCase));
            if (at < 0)
            {
                throw Bad(element);
            }

            rest = rest[(brief ? 3 : names[at].Length)..];
            return at;
        }

        for (var i = 0; i < layout.Length;)
        {
            var element = Element(layout, i);
            if (element is null)
            {
                var end = i + 1;
                while (end < layout.Length && Element(layout, end) is null)
                {
                    end++;
                }

                var literal = layout[i..end];
                rest = Skip(rest, literal) ?? throw Bad(literal);
                i = end;
                continue;
            }

            i += element.Length;
            switch (element)
            {
                case "2006": year = Digits(element, 4, 4); break;
                case "06": year = Digits(element, 2, 2) is var yy && yy >= 69 ? 1900 + yy : 2000 + yy; break;
                case "January": month = Name(element, Months, false) + 1; break;
                case "Jan": month = Name(element, Months, true) + 1; break;
                case "01" or "1":
                    month = Digits(element, element.Length, 2);
                    range ??= month is < 1 or > 12 ? "month" : null;
                    break;
                case "Monday": Name(element, WeekDays, false); break;
                case "Mon": Name(element, WeekDays, true); break;
                case "02" or "2" or "_2":
                    rest = element == "_2" && rest.StartsWith(' ') ? rest[1..] : rest;
                    day = Digits(element, element == "02" ? 2 : 1, 2);
                    break;
                case "002" or "__2":
                    rest = element == "__2" ? rest.TrimStart(' ') : rest;
                    yearDay = Digits(element, element == "002" ? 3 : 1, 3);
                    break;
                case "15" or "03" or "3":
                    hour = Digits(element, element == "03" ? 2 : 1, 2);
                    range ??= hour > (element == "15" ? 23 : 12) ? "hour" : null;
                    break;
                case "04" or "4":
                    minute = Digits(element, element.Length, 2);
                    range ??= minute > 59 ? "minute" : null;
                    break;
                case "05" or "5":
                    second = Digits(element, element.Length, 2);
                    range ??= second > 59 ? "second" : null;
                    // Seconds may carry a fraction that the layout does not name.
                    if (rest.Length > 1 && rest[0] is '.' or ',' && char.IsAsciiDigit(rest[1]) && !(i < layout.Length && Element(layout, i) is { } next && IsFraction(next)))
                    {
                        nanos = TakeFraction(ref rest, rest.Skip(1).TakeWhile(char.IsAsciiDigit).Count());
                    }

                    break;
                case "PM" or "pm":
                    hasPm = true;
                    pm = rest.StartsWith(element == "PM" ? "PM" : "pm", StringComparison.Ordinal);
                    if (!pm && !rest.StartsWith(element == "PM" ? "AM" : "am", StringComparison.Ordinal))
                    {
                        throw Bad(element);
                    }

                    rest = rest[2..];
                    break;
                case "MST":
                    var letters = rest.TakeWhile(char.IsAsciiLetterUpper).Count();
                    if (letters is < 3 or > 5)
                    {
                        throw Bad(element);
                    }

                    offset ??= TimeSpan.Zero;
                    rest = rest[letters..];
                    break;
                case var f when IsFraction(f):
                    var digits = rest.Length > 0 && rest[0] is '.' or ',' ? rest.Skip(1).TakeWhile(char.IsAsciiDigit).Count() : 0;
                    if (f[1] == '0' && digits < f.Length - 1)
                    {
                        throw Bad(f);
                    }

                    if (digits > 0)
                    {
                        nanos = TakeFraction(ref rest, f[1] == '0' ? f.Length - 1 : Math.Min(digits, 9));
                    }

                    break;
                default: offset = TakeOffset(ref rest, element) ?? throw Bad(element); break;
            }
        }

        if (range is not null)
        {
            throw new FunctionException($"parsing time {GoQuote.Quote(text)}: {range} out of range");
        }

        if (rest.Length > 0)
        {
            throw new FunctionException($"parsing time {GoQuote.Quote(text)}: extra text: {GoQuote.Quote(rest)}");
        }

        hour = hasPm ? (hour % 12) + (pm ? 12 : 0) : hour;
        var calendarYear = Math.Max(year, 1);
        if (yearDay >= 0)
        {
            if (yearDay < 1 || yearDay > (DateTime.IsLeapYear(calendarYear) ? 366 : 365))
            {
                throw new FunctionException($"parsing time {GoQuote.Quote(text)}: day-of-year out of range");
            }

            var at = new DateTime(calendarYear, 1, 1).AddDays(yearDay - 1);
            (month, day) = (at.Month, at.Day);
        }

        month = month < 0 ? 1 : month;
        day = day < 0 ? 1 : day;
        if (day < 1 || day > DateTime.DaysInMonth(calendarYear, month))
        {
            throw new FunctionException($"parsing time {GoQuote.Quote(text)}: day out of range");
        }

        return new DateTimeOffset(calendarYear, month, day, hour, minute, second, offset ?? TimeSpan.Zero).AddTicks(nanos / 100);
    }

    // A blank of the layout takes any number of blanks, everything else itself.
    private static string? Skip(string text, string literal)
    {
        var i = 0;
        for (var j = 0; j < literal.Length; j++)
        {
            if (literal[j] == ' ')
            {
                if (i < text.Length && text[i] != ' ')
                {
                    return null;
                }

                while (i < text.Length && text[i] == ' ')
                {
                    i++;
                }
            }
            else if (i < text.Length && text[i] == literal[j])
            {
                i++;
            }
            else
            {
                return null;
            }
        }

        return text[i..];
    }

    private static long TakeFraction(ref string rest, int digits)
    {
        var value = rest.Substring(1, Math.Min(digits, 9)).PadRight(9, '0');
        rest = rest[(digits + 1)..];
        return long.Parse(value, NumberStyles.None, CultureInfo.InvariantCulture);
    }

    private static TimeSpan? TakeOffset(ref string rest, string element)
    {
        if (element[0] == 'Z' && rest.StartsWith('Z'))
        {
            rest = rest[1..];
            return TimeSpan.Zero;
        }

        var shape = element[1..];
        if (rest.Length < shape.Length + 1 || rest[0] is not ('+' or '-'))
        {
            return null;
        }

        var body = rest.Substring(1, shape.Length);
        for (var i = 0; i < shape.Length; i++)
        {
            if (shape[i] == ':' ? body[i] != ':' : !char.IsAsciiDigit(body[i]))
            {
                return null;
            }
        }

        var digits = body.Replace(":", "", StringComparison.Ordinal).PadRight(6, '0');
        var span = new TimeSpan(int.Parse(digits[..2], CultureInfo.InvariantCulture), int.Parse(digits[2..4], CultureInfo.InvariantCulture), int.Parse(digits[4..], CultureInfo.InvariantCulture));
        if (span > TimeSpan.FromHours(14))
        {
            return null;
        }

        var negative = rest[0] == '-';
        rest = rest[(shape.Length + 1)..];
        return negative ? -span : span;
    }

    private static void Fraction(StringBuilder result, DateTimeOffset time, char separator, int digits, bool trim)
    {
        var nanos = (time.Ticks % TimeSpan.TicksPerSecond * 100).ToString("000000000", CultureInfo.InvariantCulture)[..Math.Min(digits, 9)];
        nanos = trim ? nanos.TrimEnd('0') : nanos;
        if (nanos.Length > 0)
        {
            result.Append(separator).Append(nanos);
        }
    }

    private static string Part(DateTimeOffset t, string token)
    {
        var c = CultureInfo.InvariantCulture;
        return token switch
        {
            "January" => t.ToString("MMMM", c),
            "Jan" => t.ToString("MMM", c),
            "Monday" => t.ToString("dddd", c),
            "Mon" => t.ToString("ddd", c),
            "MST" => t.Offset == TimeSpan.Zero ? "UTC" : Zone(t, "-0700"),
            "2006" => t.Year.ToString("0000", c),
            "06" => (t.Year % 100).ToString("00", c),
            "01" => t.Month.ToString("00", c),
            "1" => t.Month.ToString(c),
            "02" => t.Day.ToString("00", c),
            "_2" => t.Day.ToString(c).PadLeft(2),
            "2" => t.Day.ToString(c),
            "002" => t.DayOfYear.ToString("000", c),
            "__2" => t.DayOfYear.ToString(c).PadLeft(3),
            "15" => t.Hour.ToString("00", c),
            "03" => ((t.Hour + 11) % 12 + 1).ToString("00", c),
            "3" => ((t.Hour + 11) % 12 + 1).ToString(c),
            "04" => t.Minute.ToString("00", c),
            "4" => t.Minute.ToString(c),
            "05" => t.Second.ToString("00", c),
            "5" => t.Second.ToString(c),
            "PM" => t.Hour < 12 ? "AM" : "PM",
            "pm" => t.Hour < 12 ? "am" : "pm",
            _ => Zone(t, token),
        };
    }

    private static string Zone(DateTimeOffset t, string token)
    {
        if (token[0] == 'Z' && t.Offset == TimeSpan.Zero)
        {
            return "Z";
        }

        var sign = t.Offset < TimeSpan.Zero ? "-" : "+";
        var o = t.Offset.Duration();
        return token[1..] switch
        {
            "07:00" => string.Create(CultureInfo.InvariantCulture, $"{sign}{o.Hours:00}:{o.Minutes:00}"),
            "0700" => string.Create(CultureInfo.InvariantCulture, $"{sign}{o.Hours:00}{o.Minutes:00}"),
            "07" => string.Create(CultureInfo.InvariantCulture, $"{sign}{o.Hours:00}"),
            "070000" => string.Create(CultureInfo.InvariantCulture, $"{sign}{o.Hours:00}{o.Minutes:00}{o.Seconds:00}"),
            _ => string.Create(CultureInfo.InvariantCulture, $"{sign}{o.Hours:00}:{o.Minutes:00}:{o.Seconds:00}"),
        };
    }

    /// <summary>time.Time.String.</summary>
    public static string ToText(DateTimeOffset time) => Format(time, "2006-01-02 15:04:05.999999999 -0700 MST");

    /// <summary>time.ParseDuration in nanoseconds, or null when the text is no duration.</summary>
    public static long? ParseDuration(string text)
    {
        var rest = text.AsSpan();
        var negative = rest.StartsWith("-");
        rest = rest.Length > 0 && rest[0] is '-' or '+' ? rest[1..] : rest;
        if (rest is "0")
        {
            return 0;
        }

        decimal total = 0;
        var any = false;
        while (rest.Length > 0)
        {
            var number = rest.IndexOfAnyExceptInRange('.', '9');
            if (number <= 0 || !decimal.TryParse(rest[..number], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value))
            {
                return null;
            }

            rest = rest[number..];
            var end = rest.IndexOfAnyInRange('.', '9');
            var unit = end < 0 ? rest : rest[..end];
            decimal? scale = unit switch
            {
                "ns" => 1,
                "us" or "µs" or "μs" => 1_000,
                "ms" => 1_000_000,
                "s" => 1_000_000_000,
                "m" => 60_000_000_000,
                "h" => 3_600_000_000_000,
                _ => null,
            };
            if (scale is null || value > long.MaxValue)
            {
                return null;
            }

            total += value * scale.Value;
            any = true;
            rest = rest[unit.Length..];
        }

        return any && total <= long.MaxValue ? (long)(negative ? -total : total) : null;
    }

    /// <summary>time.Duration.String.</summary>
    public static string ToText(TimeSpan span) => DurationText(span.Ticks * 100);

    /// <summary>time.Duration.String of nanoseconds.</summary>
    public static string DurationText(long nanoseconds)
    {
        if (nanoseconds == 0)
        {
            return "0s";
        }

        var sign = nanoseconds < 0 ? "-" : "";
        var nanos = nanoseconds < 0 ? (ulong)-(nanoseconds + 1) + 1 : (ulong)nanoseconds;
        static string Trim(decimal value) => value.ToString("0.#########", CultureInfo.InvariantCulture);
        if (nanos < 1_000_000_000)
        {
            return sign + (nanos < 1000 ? $"{nanos}ns" : nanos < 1_000_000 ? Trim(nanos / 1000m) + "µs" : Trim(nanos / 1_000_000m) + "ms");
        }

        var hours = nanos / 3_600_000_000_000;
        var minutes = nanos / 60_000_000_000 % 60;
        var seconds = Trim(nanos % 60_000_000_000 / 1_000_000_000m) + "s";
        return sign + (hours > 0 ? $"{hours}h{minutes}m{seconds}" : minutes > 0 ? $"{minutes}m{seconds}" : seconds);
    }
}
