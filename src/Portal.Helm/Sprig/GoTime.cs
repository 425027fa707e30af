using System.Globalization;
using System.Text;

namespace Portal.Helm.Sprig;

/// <summary>Go's date layouts and durations (pkg.go.dev/time#Layout).</summary>
public static class GoTime
{
    public const string Rfc3339Nano = "2006-01-02T15:04:05.999999999Z07:00";

    private static readonly string[] Tokens =
    [
        "January", "Jan", "Monday", "Mon", "MST", "2006", "-07:00:00", "-070000", "-07:00", "-0700", "-07", "Z07:00:00", "Z070000", "Z07:00", "Z0700", "Z07",
        "002", "01", "02", "03", "04", "05", "06", "15", "__2", "_2", "PM", "pm", "1", "2", "3", "4", "5",
    ];

    /// <summary>time.Time.Format.</summary>
    public static string Format(DateTimeOffset time, string layout)
    {
        var result = new StringBuilder();
        for (var i = 0; i < layout.Length;)
        {
            if (layout[i] is '.' or ',' && i + 1 < layout.Length && layout[i + 1] is '0' or '9')
            {
                var j = i + 1;
                while (j < layout.Length && layout[j] == layout[i + 1])
                {
                    j++;
                }

                if (j >= layout.Length || !char.IsAsciiDigit(layout[j]))
                {
                    Fraction(result, time, layout[i], j - i - 1, layout[i + 1] == '9');
                    i = j;
                    continue;
                }
            }

            var token = Array.Find(Tokens, t => string.CompareOrdinal(layout, i, t, 0, t.Length) == 0 && (t != "Jan" || i + 3 >= layout.Length || !char.IsAsciiLetterLower(layout[i + 3])));
            if (token is null)
            {
                result.Append(layout[i++]);
                continue;
            }

            result.Append(Part(time, token));
            i += token.Length;
        }

        return result.ToString();
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
            "MST" => t.Offset == TimeSpan.Zero ? "UTC" : Zone(t, "-07"),
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

    /// <summary>time.Duration.String.</summary>
    public static string ToText(TimeSpan span)
    {
        var nanos = span.Ticks * 100;
        if (nanos == 0)
        {
            return "0s";
        }

        var sign = nanos < 0 ? "-" : "";
        nanos = Math.Abs(nanos);
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
