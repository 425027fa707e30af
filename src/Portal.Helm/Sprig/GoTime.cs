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

    internal static readonly string[] Months = CultureInfo.InvariantCulture.DateTimeFormat.MonthNames[..12];

    internal static readonly string[] WeekDays = CultureInfo.InvariantCulture.DateTimeFormat.DayNames;

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

    /// <summary>time.Time.Format.</summary>
    public static string Format(DateTimeOffset time, string layout) => Format(GoMoment.Of(time), layout);

    /// <summary>time.Time.Format.</summary>
    public static string Format(GoMoment time, string layout)
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
                Fraction(result, time.Nanosecond, element[0], element.Length - 1, element[1] == '9');
            }
            else
            {
                result.Append(Part(time, element));
            }

            i += element.Length;
        }

        return result.ToString();
    }

    /// <summary>time.ParseInLocation.</summary>
    /// <exception cref="FunctionException">The text does not follow the layout; the message is Go's.</exception>
    public static GoMoment Parse(string layout, string text, GoLocation? location = null) => new Reader(Bytes(layout), Bytes(text), location ?? GoLocation.Utc).Read();

    /// <summary>Whether a text follows a layout.</summary>
    public static bool IsParsed(string layout, string text)
    {
        // No time is as long, and what is read is copied at every step.
        if (text.Length > 1000)
        {
            return false;
        }

        try
        {
            Parse(layout, text);
            return true;
        }
        catch (FunctionException)
        {
            return false;
        }
    }

    // A character a byte: texts are read, and complained about, byte by byte.
    private static string Bytes(string text) => System.Text.Encoding.Latin1.GetString(GoBytes.ToBytes(text));

    // Reads a text element by element (time/format.go, parse); the places of its complaints are Go's.
    private sealed class Reader(string layout, string text, GoLocation location)
    {
        private readonly string _text = text;
        private string _rest = text;
        private int _month = -1, _day = -1, _yearDay = -1, _hour, _minute, _second, _nanos;
        private long _year;
        private bool _morning, _afternoon, _isUtc;
        private int? _offset;
        private string _zone = "";

        public GoMoment Read()
        {
            for (var i = 0; i < layout.Length;)
            {
                var element = Element(layout, i);
                var end = i + (element?.Length ?? 1);
                if (element is null)
                {
                    while (end < layout.Length && Element(layout, end) is null)
                    {
                        end++;
                    }

                    Skip(layout[i..end]);
                }
                else
                {
                    Take(element, end < layout.Length ? Element(layout, end) : null);
                }

                i = end;
            }

            return _rest.Length > 0 ? throw Fault($"extra text: {Quoted(_rest)}") : Result();
        }

        private void Take(string element, string? next)
        {
            var hold = _rest;
            var range = "";
            var fine = true;
            switch (element)
            {
                case "2006": fine = Digits(4, 4, out var year); _year = year; break;
                case "06":
                    fine = Digits(2, 2, out var ofCentury);
                    _year = ofCentury + (ofCentury >= 69 ? 1900 : 2000);
                    break;
                case "January": fine = Name(Months, false, out _month); break;
                case "Jan": fine = Name(Months, true, out _month); break;
                case "01" or "1":
                    fine = Digits(element.Length, 2, out _month);
                    range = fine && _month is < 1 or > 12 ? "month" : "";
                    break;
                case "Monday": fine = Name(WeekDays, false, out _); break;
                case "Mon": fine = Name(WeekDays, true, out _); break;
                case "02" or "2" or "_2":
                    _rest = element == "_2" && _rest.StartsWith(' ') ? _rest[1..] : _rest;
                    fine = Digits(element == "02" ? 2 : 1, 2, out _day);
                    break;
                case "002" or "__2":
                    for (var i = 0; i < 2 && element == "__2" && _rest.StartsWith(' '); i++)
                    {
                        _rest = _rest[1..];
                    }

                    fine = Digits(element == "002" ? 3 : 1, 3, out _yearDay);
                    break;
                case "15" or "03" or "3":
                    fine = Digits(element == "03" ? 2 : 1, 2, out _hour);
                    range = _hour > (element == "15" ? 23 : 12) ? "hour" : "";
                    break;
                case "04" or "4":
                    fine = Digits(element.Length, 2, out _minute);
                    range = _minute > 59 ? "minute" : "";
                    break;
                case "05" or "5":
                    fine = Digits(element.Length, 2, out _second);
                    range = _second > 59 ? "second" : "";
                    // Seconds may carry a fraction that the layout does not name.
                    if (range.Length == 0 && FractionDigits() is > 0 and var unnamed && !(next is not null && IsFraction(next)))
                    {
                        TakeFraction(unnamed);
                    }

                    break;
                case "PM" or "pm":
                    _afternoon |= _rest.StartsWith(element, StringComparison.Ordinal);
                    _morning |= _rest.StartsWith(element == "PM" ? "AM" : "am", StringComparison.Ordinal);
                    fine = _rest.Length >= 2 && (_rest.StartsWith(element, StringComparison.Ordinal) || _rest.StartsWith(element == "PM" ? "AM" : "am", StringComparison.Ordinal));
                    _rest = fine ? _rest[2..] : _rest;
                    break;
                case "MST":
                    fine = TakeZone();
                    break;
                case var fraction when IsFraction(fraction):
                    var digits = FractionDigits();
                    if (fraction[1] == '0')
                    {
                        fine = digits >= fraction.Length - 1;
                        digits = fraction.Length - 1;
                    }

                    if (fine && digits > 0)
                    {
                        TakeFraction(digits);
                    }

                    break;
                default: fine = TakeOffset(element, out range); break;
            }

            if (range.Length > 0)
            {
                throw Fault($"{range} out of range");
            }

            if (!fine)
            {
                throw Cannot(hold, element);
            }
        }

        private GoMoment Result()
        {
            _hour = _afternoon && _hour < 12 ? _hour + 12 : _morning && _hour == 12 ? 0 : _hour;
            if (_yearDay >= 0)
            {
                if (_yearDay < 1 || _yearDay > (GoMoment.IsLeap(_year) ? 366 : 365))
                {
                    throw Fault("day-of-year out of range");
                }

                var (_, month, day) = GoMoment.Civil(GoMoment.Days(_year, 1, 1) + _yearDay - 1);
                if (_month >= 0 && _month != month)
                {
                    throw Fault("day-of-year does not match month");
                }

                if (_day >= 0 && _day != day)
                {
                    throw Fault("day-of-year does not match day");
                }

                (_month, _day) = (month, day);
            }

            _month = _month < 0 ? 1 : _month;
            _day = _day < 0 ? 1 : _day;
            if (_day < 1 || _day > GoMoment.DaysIn(_year, _month))
            {
                throw Fault("day out of range");
            }

            GoMoment At(GoLocation place) => GoMoment.Of(_year, _month, _day, _hour, _minute, _second, _nanos, place);
            if (_isUtc)
            {
                return At(GoLocation.Utc);
            }

            if (_offset is { } offset)
            {
                // A zone of the location that is so far from UTC at the time is taken for it.
                var moment = At(GoLocation.Utc);
                moment = moment with { Unix = moment.Unix - offset };
                var zone = location.At(moment.Unix);
                return moment.In(zone.Offset == offset && (_zone.Length == 0 || zone.Name == _zone) ? location : GoLocation.Fixed(_zone, offset));
            }

            if (_zone.Length > 0)
            {
                // A zone that nobody knows is taken for UTC under another name, but for GMT+3, which says how far it is.
                var moment = At(GoLocation.Utc);
                return location.Offset(_zone, moment.Unix) is { } known ? (moment with { Unix = moment.Unix - known }).In(location)
                    : moment.In(GoLocation.Fixed(_zone, _zone.Length > 3 && _zone.StartsWith("GMT", StringComparison.Ordinal) ? 3600 * int.Parse(_zone.AsSpan(3), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture) : 0));
            }

            return At(location);
        }

        // A blank of the layout takes any number of blanks, everything else itself.
        private void Skip(string literal)
        {
            for (var at = 0; at < literal.Length;)
            {
                if (literal[at] == ' ')
                {
                    if (_rest.Length > 0 && _rest[0] != ' ')
                    {
                        throw Cannot(_rest, literal);
                    }

                    at += literal.AsSpan(at).IndexOfAnyExcept(' ') is >= 0 and var blanks ? blanks : literal.Length - at;
                    _rest = _rest.TrimStart(' ');
                    continue;
                }

                if (_rest.Length == 0 || _rest[0] != literal[at])
                {
                    throw Cannot(_rest, literal);
                }

                _rest = _rest[1..];
                at++;
            }
        }

        private bool Digits(int least, int most, out int value)
        {
            value = 0;
            var n = 0;
            while (n < most && n < _rest.Length && char.IsAsciiDigit(_rest[n]))
            {
                value = (value * 10) + _rest[n++] - '0';
            }

            if (n < least)
            {
                value = 0;
                return false;
            }

            _rest = _rest[n..];
            return true;
        }

        private bool Name(string[] names, bool brief, out int number)
        {
            var at = Array.FindIndex(names, n => _rest.StartsWith(brief ? n[..3] : n, StringComparison.OrdinalIgnoreCase));
            number = at + 1;
            _rest = at < 0 ? _rest : _rest[(brief ? 3 : names[at].Length)..];
            return at >= 0;
        }

        private int FractionDigits() => _rest.Length > 1 && _rest[0] is '.' or ',' ? _rest.Skip(1).TakeWhile(char.IsAsciiDigit).Count() : 0;

        private void TakeFraction(int digits)
        {
            _nanos = int.Parse(_rest.Substring(1, Math.Min(digits, 9)).PadRight(9, '0'), NumberStyles.None, CultureInfo.InvariantCulture);
            _rest = _rest[(digits + 1)..];
        }

        // UTC, GMT with hours or without, +03, ChST, MeST, three capitals, WITA, and four or five capitals that end in T.
        private bool TakeZone()
        {
            if (_rest.StartsWith("UTC", StringComparison.Ordinal))
            {
                _isUtc = true;
                _rest = _rest[3..];
                return true;
            }

            var capitals = _rest.TakeWhile(char.IsAsciiLetterUpper).Take(6).Count();
            var length = _rest.Length < 3 ? 0
                : _rest.StartsWith("ChST", StringComparison.Ordinal) || _rest.StartsWith("MeST", StringComparison.Ordinal) ? 4
                : _rest.StartsWith("GMT", StringComparison.Ordinal) ? 3 + SignedHours(_rest[3..])
                : _rest[0] is '+' or '-' ? SignedHours(_rest)
                : capitals == 3 || (capitals == 4 && (_rest[3] == 'T' || _rest.StartsWith("WITA", StringComparison.Ordinal))) || (capitals == 5 && _rest[4] == 'T') ? capitals
                : 0;
            (_zone, _rest) = (_rest[..length], _rest[length..]);
            return length > 0;
        }

        private static int SignedHours(string text)
        {
            var digits = text.Length > 0 && text[0] is '+' or '-' ? text.Skip(1).TakeWhile(char.IsAsciiDigit).Count() : 0;
            return digits > 0 && int.TryParse(text.AsSpan(1, digits), NumberStyles.None, CultureInfo.InvariantCulture, out var hours) && hours <= 23 ? digits + 1 : 0;
        }

        private bool TakeOffset(string element, out string range)
        {
            range = "";
            if (element[0] == 'Z' && _rest.StartsWith('Z'))
            {
                _isUtc = true;
                _rest = _rest[1..];
                return true;
            }

            var shape = element[1..];
            if (_rest.Length < shape.Length + 1 || _rest[0] is not ('+' or '-'))
            {
                return false;
            }

            var body = _rest.Substring(1, shape.Length);
            for (var i = 0; i < shape.Length; i++)
            {
                if (shape[i] == ':' ? body[i] != ':' : !char.IsAsciiDigit(body[i]))
                {
                    return false;
                }
            }

            var digits = body.Replace(":", "", StringComparison.Ordinal).PadRight(6, '0');
            var (hours, minutes, seconds) = (int.Parse(digits[..2], CultureInfo.InvariantCulture), int.Parse(digits[2..4], CultureInfo.InvariantCulture), int.Parse(digits[4..], CultureInfo.InvariantCulture));
            range = seconds > 60 ? "time zone offset second" : minutes > 60 ? "time zone offset minute" : hours > 24 ? "time zone offset hour" : "";
            _offset = (_rest[0] == '-' ? -1 : 1) * ((hours * 3600) + (minutes * 60) + seconds);
            _rest = _rest[(shape.Length + 1)..];
            return true;
        }

        private FunctionException Fault(string what) => new($"parsing time {Quoted(_text)}: {what}");

        private FunctionException Cannot(string rest, string element) => new($"parsing time {Quoted(_text)} as {Quoted(layout)}: cannot parse {Quoted(rest)} as {Quoted(element)}");
    }

    // Package time quotes in a way of its own: everything but printable ASCII byte by byte.
    private static string Quoted(string text)
    {
        var result = new StringBuilder("\"");
        foreach (var c in text)
        {
            if (c is < ' ' or >= '\u0080')
            {
                result.Append(CultureInfo.InvariantCulture, $"\\x{(int)c:x2}");
            }
            else
            {
                result.Append(c is '"' or '\\' ? "\\" : "").Append(c);
            }
        }

        return result.Append('"').ToString();
    }

    private static void Fraction(StringBuilder result, int nanosecond, char separator, int digits, bool trim)
    {
        var nanos = nanosecond.ToString("000000000", CultureInfo.InvariantCulture)[..Math.Min(digits, 9)];
        nanos = trim ? nanos.TrimEnd('0') : nanos;
        if (nanos.Length > 0)
        {
            result.Append(separator).Append(nanos);
        }
    }

    private static string Part(GoMoment t, string token)
    {
        var c = CultureInfo.InvariantCulture;
        return token switch
        {
            "January" => Months[t.Month - 1],
            "Jan" => Months[t.Month - 1][..3],
            "Monday" => WeekDays[t.DayOfWeek],
            "Mon" => WeekDays[t.DayOfWeek][..3],
            "MST" => t.Abbreviation is { Length: > 0 } name ? name : Zone(t.Offset, "-0700"),
            "2006" => t.Year.ToString("0000", c),
            "06" => (Math.Abs(t.Year) % 100).ToString("00", c),
            "01" => t.Month.ToString("00", c),
            "1" => t.Month.ToString(c),
            "02" => t.Day.ToString("00", c),
            "_2" => t.Day.ToString(c).PadLeft(2),
            "2" => t.Day.ToString(c),
            "002" => t.YearDay.ToString("000", c),
            "__2" => t.YearDay.ToString(c).PadLeft(3),
            "15" => t.Hour.ToString("00", c),
            "03" => ((t.Hour + 11) % 12 + 1).ToString("00", c),
            "3" => ((t.Hour + 11) % 12 + 1).ToString(c),
            "04" => t.Minute.ToString("00", c),
            "4" => t.Minute.ToString(c),
            "05" => t.Second.ToString("00", c),
            "5" => t.Second.ToString(c),
            "PM" => t.Hour < 12 ? "AM" : "PM",
            "pm" => t.Hour < 12 ? "am" : "pm",
            _ => Zone(t.Offset, token),
        };
    }

    private static string Zone(int offset, string token)
    {
        if (token[0] == 'Z' && offset == 0)
        {
            return "Z";
        }

        // Less than a minute before UTC has the sign of what is left of it: the minutes decide.
        var sign = offset / 60 < 0 ? "-" : "+";
        var (hours, minutes, seconds) = (Math.Abs(offset / 60) / 60, Math.Abs(offset / 60) % 60, Math.Abs(offset) % 60);
        return token[1..] switch
        {
            "07:00" => string.Create(CultureInfo.InvariantCulture, $"{sign}{hours:00}:{minutes:00}"),
            "0700" => string.Create(CultureInfo.InvariantCulture, $"{sign}{hours:00}{minutes:00}"),
            "07" => string.Create(CultureInfo.InvariantCulture, $"{sign}{hours:00}"),
            "070000" => string.Create(CultureInfo.InvariantCulture, $"{sign}{hours:00}{minutes:00}{seconds:00}"),
            _ => string.Create(CultureInfo.InvariantCulture, $"{sign}{hours:00}:{minutes:00}:{seconds:00}"),
        };
    }

    /// <summary>time.ParseDuration in nanoseconds, or null when the text is no duration.</summary>
    public static long? ParseDuration(string text) => TryParseDuration(text, out var result, out _) ? result : null;

    /// <summary>time.ParseDuration in nanoseconds.</summary>
    /// <exception cref="FunctionException">The text is no duration; in Go's words.</exception>
    public static long ParseDurationOrTell(string text) => TryParseDuration(text, out var result, out var fault) ? result : throw new FunctionException($"time: {fault}duration {Quoted(Bytes(text))}");

    private static bool TryParseDuration(string text, out long result, out string fault)
    {
        const ulong Most = 1UL << 63;
        result = 0;
        fault = "invalid ";
        var rest = Bytes(text);
        var negative = rest.StartsWith('-');
        rest = rest.Length > 0 && rest[0] is '-' or '+' ? rest[1..] : rest;
        if (rest == "0")
        {
            return true;
        }

        ulong total = 0;
        if (rest.Length == 0)
        {
            return false;
        }

        while (rest.Length > 0)
        {
            var whole = rest.TakeWhile(char.IsAsciiDigit).Count();
            if (!UInt128.TryParse(whole == 0 ? "0" : rest[..whole], NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number > Most)
            {
                return false;
            }

            rest = rest[whole..];
            var digits = 0;
            var (fraction, scale) = (0UL, 1.0);
            if (rest.StartsWith('.'))
            {
                digits = rest.Skip(1).TakeWhile(char.IsAsciiDigit).Count();
                // What an int64 does not hold does not count.
                for (var i = 1; i <= digits && fraction <= (Most - 10) / 10; i++)
                {
                    fraction = (fraction * 10) + rest[i] - '0';
                    scale *= 10;
                }

                rest = rest[(digits + 1)..];
            }

            if (whole + digits == 0)
            {
                return false;
            }

            var end = rest.TakeWhile(c => c != '.' && !char.IsAsciiDigit(c)).Count();
            var unit = rest[..end];
            ulong factor = unit switch
            {
                "ns" => 1,
                "us" or "\u00C2\u00B5s" or "\u00CE\u00BCs" => 1_000,
                "ms" => 1_000_000,
                "s" => 1_000_000_000,
                "m" => 60_000_000_000,
                "h" => 3_600_000_000_000,
                _ => 0,
            };
            if (factor == 0)
            {
                fault = end == 0 ? "missing unit in " : $"unknown unit {Quoted(unit)} in ";
                return false;
            }

            rest = rest[end..];
            var value = (number * factor) + (ulong)(fraction * (factor / scale));
            if (number > Most / factor || value > Most || total + value > Most)
            {
                return false;
            }

            total += (ulong)value;
        }

        if (!negative && total == Most)
        {
            return false;
        }

        result = negative ? unchecked(-(long)total) : (long)total;
        return true;
    }

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
