using System.Globalization;
using Portal.Helm.Templating;

namespace Portal.Helm.Sprig;

/// <summary>The methods of time.Time that templates call: <c>now.Unix</c>, <c>(now.UTC).Format "2006"</c> (pkg.go.dev/time#Time).</summary>
internal static class TimeMethods
{
    /// <summary>A method of a time, or null.</summary>
    public static Function? Find(DateTimeOffset time, string name)
    {
        Function Value(object value) => new(name, [], false, (_, _) => value);
        Function With(GoType[] parameters, Func<object?[], object> body) => new(name, parameters, false, (_, a) => body(a));
        return name switch
        {
            "Year" => Value((nint)time.Year),
            "Month" => Value(time.ToString("MMMM", CultureInfo.InvariantCulture)),
            "Day" => Value((nint)time.Day),
            "Hour" => Value((nint)time.Hour),
            "Minute" => Value((nint)time.Minute),
            "Second" => Value((nint)time.Second),
            "Nanosecond" => Value((nint)(time.Ticks % TimeSpan.TicksPerSecond * 100)),
            "YearDay" => Value((nint)time.DayOfYear),
            "Weekday" => Value(time.DayOfWeek.ToString()),
            "Unix" => Value(time.ToUnixTimeSeconds()),
            "UnixMilli" => Value(time.ToUnixTimeMilliseconds()),
            "UnixMicro" => Value((time - DateTimeOffset.UnixEpoch).Ticks / 10),
            "UnixNano" => Value((time - DateTimeOffset.UnixEpoch).Ticks * 100),
            "UTC" or "Local" => Value(time.ToUniversalTime()),
            "IsZero" => Value(time == DateTimeOffset.MinValue),
            "String" => Value(GoTime.ToText(time)),
            "Format" => With([GoType.String], a => GoTime.Format(time, (string)a[0]!)),
            "AddDate" => With([GoType.Int, GoType.Int, GoType.Int], a => time.AddDays(1 - time.Day).AddMonths((int)((12 * (nint)a[0]!) + (nint)a[1]!)).AddDays(time.Day - 1 + (nint)a[2]!)),
            "After" => With([GoType.Time], a => time > (DateTimeOffset)a[0]!),
            "Before" => With([GoType.Time], a => time < (DateTimeOffset)a[0]!),
            "Equal" => With([GoType.Time], a => time == (DateTimeOffset)a[0]!),
            "Sub" => With([GoType.Time], a => time - (DateTimeOffset)a[0]!),
            _ => null,
        };
    }
}
