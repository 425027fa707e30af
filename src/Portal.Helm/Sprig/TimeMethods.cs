using Portal.Helm.Templating;

namespace Portal.Helm.Sprig;

/// <summary>The methods of package time's types that templates call: <c>now.Unix</c>, <c>(now.UTC).Format "2006"</c> (pkg.go.dev/time#Time).</summary>
internal static class TimeMethods
{
    /// <summary>A method of a time, a duration, a location, a month or a day of the week, or null.</summary>
    public static Function? Find(object value, string name) => value switch
    {
        GoMoment time => OfTime(time, name),
        GoDuration duration => OfDuration(duration, name),
        GoLocation or GoWord when name == "String" => Value(name, value.ToString()!),
        _ => null,
    };

    private static Function Value(string name, object value) => new(name, [], false, (_, _) => value);

    private static Function With(string name, GoType[] parameters, Func<object?[], object> body) => new(name, parameters, false, (_, a) => body(a));

    // text/template calls what answers one value, or one and an error.
    private static Function Cannot(string name, string why) => new(name, [], false, (_, _) => null) { Uncallable = why };

    private static Function TwoResults(string name, string type) => Cannot(name, $"invalid function signature for {name}: second return value should be error; is {type}");

    private static Function? OfTime(GoMoment time, string name) => name switch
    {
        "Year" => Value(name, (nint)time.Year),
        "Month" => Value(name, new GoWord("time.Month", time.Month, GoTime.Months[time.Month - 1])),
        "Day" => Value(name, (nint)time.Day),
        "Hour" => Value(name, (nint)time.Hour),
        "Minute" => Value(name, (nint)time.Minute),
        "Second" => Value(name, (nint)time.Second),
        "Nanosecond" => Value(name, (nint)time.Nanosecond),
        "YearDay" => Value(name, (nint)time.YearDay),
        "Weekday" => Value(name, new GoWord("time.Weekday", time.DayOfWeek, GoTime.WeekDays[time.DayOfWeek])),
        "Unix" => Value(name, time.Unix),
        "UnixMilli" => Value(name, unchecked((time.Unix * 1_000) + (time.Nanosecond / 1_000_000))),
        "UnixMicro" => Value(name, unchecked((time.Unix * 1_000_000) + (time.Nanosecond / 1_000))),
        "UnixNano" => Value(name, unchecked((time.Unix * 1_000_000_000) + time.Nanosecond)),
        "UTC" => Value(name, time.In(GoLocation.Utc)),
        "Local" => Value(name, time.In(GoLocation.Local)),
        "Location" => Value(name, time.Location),
        "IsDST" => Value(name, time.IsDst),
        "IsZero" => Value(name, time.CompareTo(GoMoment.Zero) == 0),
        "String" => Value(name, time.ToString()),
        "GoString" => Value(name, time.GoText()),
        "MarshalJSON" => With(name, [], _ => GoBytes.ToBytes('"' + time.Json(name) + '"')),
        "MarshalText" => With(name, [], _ => GoBytes.ToBytes(time.Json(name))),
        "Format" => With(name, [GoType.String], a => GoTime.Format(time, (string)a[0]!)),
        "In" => With(name, [GoType.Location], a => time.In((GoLocation)a[0]!)),
        "Add" => With(name, [GoType.Duration], a => time.Add(((GoDuration)a[0]!).Nanoseconds)),
        "AddDate" => With(name, [GoType.Int, GoType.Int, GoType.Int], a => time.AddDate((nint)a[0]!, (nint)a[1]!, (nint)a[2]!)),
        "Round" => With(name, [GoType.Duration], a => time.Rounded(((GoDuration)a[0]!).Nanoseconds, down: false)),
        "Truncate" => With(name, [GoType.Duration], a => time.Rounded(((GoDuration)a[0]!).Nanoseconds, down: true)),
        "After" => With(name, [GoType.Time], a => time.CompareTo((GoMoment)a[0]!) > 0),
        "Before" => With(name, [GoType.Time], a => time.CompareTo((GoMoment)a[0]!) < 0),
        "Equal" => With(name, [GoType.Time], a => time.CompareTo((GoMoment)a[0]!) == 0),
        "Compare" => With(name, [GoType.Time], a => (nint)time.CompareTo((GoMoment)a[0]!)),
        "Sub" => With(name, [GoType.Time], a => new GoDuration(time.Since((GoMoment)a[0]!))),
        "ISOWeek" or "Zone" => TwoResults(name, "int"),
        "ZoneBounds" => TwoResults(name, "time.Time"),
        "Date" or "Clock" => Cannot(name, $"function {name} has 3 return values; should be 1 or 2"),
        _ => null,
    };

    private static Function? OfDuration(GoDuration duration, string name) => name switch
    {
        "Nanoseconds" => Value(name, duration.Nanoseconds),
        "Microseconds" => Value(name, duration.Nanoseconds / 1_000),
        "Milliseconds" => Value(name, duration.Nanoseconds / 1_000_000),
        "Seconds" => Value(name, InUnits(duration.Nanoseconds, 1_000_000_000)),
        "Minutes" => Value(name, InUnits(duration.Nanoseconds, 60_000_000_000)),
        "Hours" => Value(name, InUnits(duration.Nanoseconds, 3_600_000_000_000)),
        "Abs" => Value(name, new GoDuration(duration.Nanoseconds == long.MinValue ? long.MaxValue : Math.Abs(duration.Nanoseconds))),
        "Round" => With(name, [GoType.Duration], a => new GoDuration(duration.Rounded(((GoDuration)a[0]!).Nanoseconds, down: false))),
        "Truncate" => With(name, [GoType.Duration], a => new GoDuration(duration.Rounded(((GoDuration)a[0]!).Nanoseconds, down: true))),
        "String" => Value(name, duration.ToString()),
        _ => null,
    };

    private static double InUnits(long nanoseconds, long unit) => (nanoseconds / unit) + (nanoseconds % unit / (double)unit);
}
