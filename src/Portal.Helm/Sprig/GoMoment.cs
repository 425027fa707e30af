using System.Globalization;
using Portal.Helm.Templating;

namespace Portal.Helm.Sprig;

/// <summary>
/// time.Time: seconds since 1970, nanoseconds and a location; every year that Go has, 0 and below and beyond 9999. What the clock said carries how long the clock has run
/// as well, which Go prints and measures with.
/// </summary>
public sealed record GoMoment(long Unix, int Nanosecond, GoLocation Location, long? Running = null) : IComparable<GoMoment>
{
    private const long Billion = 1_000_000_000;
    private const long DaySeconds = 86_400;

    /// <summary>January 1 of the year 1: Go's zero time.</summary>
    public static GoMoment Zero { get; } = Of(1, 1, 1, 0, 0, 0, 0, GoLocation.Utc);

    private GoZone Zone => Location.At(Unix);

    private long WallSeconds => Unix + Zone.Offset;

    private long WallDay => Floor(WallSeconds, DaySeconds);

    private int SecondOfDay => (int)(WallSeconds - (WallDay * DaySeconds));

    /// <summary>The year.</summary>
    public long Year => Civil(WallDay).Year;

    /// <summary>The month, from 1.</summary>
    public int Month => Civil(WallDay).Month;

    /// <summary>The day of the month.</summary>
    public int Day => Civil(WallDay).Day;

    /// <summary>The hour, from 0.</summary>
    public int Hour => SecondOfDay / 3600;

    /// <summary>The minute.</summary>
    public int Minute => SecondOfDay / 60 % 60;

    /// <summary>The second.</summary>
    public int Second => SecondOfDay % 60;

    /// <summary>The day of the year, from 1.</summary>
    public int YearDay => (int)(WallDay - Days(Year, 1, 1)) + 1;

    /// <summary>The day of the week; Sunday is 0.</summary>
    public int DayOfWeek => WeekDay(WallDay);

    /// <summary>How many seconds its zone is ahead of UTC.</summary>
    public int Offset => Zone.Offset;

    /// <summary>Its zone's abbreviation; may be nothing.</summary>
    public string Abbreviation => Zone.Name;

    /// <summary>Whether its zone saves daylight.</summary>
    public bool IsDst => Zone.IsDst;

    private Int128 Nanoseconds => ((Int128)Unix * Billion) + Nanosecond;

    /// <summary>A time of .NET; without an offset it is one of UTC.</summary>
    public static GoMoment Of(DateTimeOffset time) => FromTicks(time.UtcTicks, time.Offset == TimeSpan.Zero ? GoLocation.Utc : GoLocation.Fixed("", (int)time.Offset.TotalSeconds));

    /// <summary>The same time somewhere.</summary>
    public static GoMoment Of(DateTimeOffset time, GoLocation location) => FromTicks(time.UtcTicks, location);

    /// <summary>time.Date: whatever is beyond its range is carried on.</summary>
    public static GoMoment Of(long year, long month, long day, long hour, long minute, long second, long nanosecond, GoLocation location)
    {
        second += Floor(nanosecond, Billion);
        nanosecond -= Floor(nanosecond, Billion) * Billion;
        var months = month - 1;
        year += Floor(months, 12);
        months -= Floor(months, 12) * 12;
        var unix = ((Days(year, (int)months + 1, 1) + day - 1) * DaySeconds) + (hour * 3600) + (minute * 60) + second;
        // A zone is looked up by UTC, which is what the zone has to give: the first guess is wrong near a change only.
        var zone = location.At(unix);
        if (zone.Offset != 0)
        {
            var utc = unix - zone.Offset;
            unix -= utc < zone.Start || utc >= zone.End ? location.At(utc).Offset : zone.Offset;
        }

        return new GoMoment(unix, (int)nanosecond, location);
    }

    /// <summary>The same time elsewhere.</summary>
    public GoMoment In(GoLocation location) => new(Unix, Nanosecond, location);

    /// <summary>The time so many nanoseconds later.</summary>
    public GoMoment Add(long nanoseconds)
    {
        var sum = Nanosecond + (nanoseconds % Billion);
        var carry = Floor(sum, Billion);
        return new GoMoment(unchecked(Unix + (nanoseconds / Billion) + carry), (int)(sum - (carry * Billion)), Location, Running + nanoseconds);
    }

    /// <summary>The time so many years, months and days later; days that a month does not have are carried on.</summary>
    public GoMoment AddDate(long years, long months, long days) => Of(Year + years, Month + months, Day + days, Hour, Minute, Second, Nanosecond, Location);

    /// <summary>How many nanoseconds it is behind another time; as much as Go can count at most.</summary>
    public long Since(GoMoment other) => Running is { } a && other.Running is { } b ? a - b
        : (long)Int128.Clamp(Nanoseconds - other.Nanoseconds, long.MinValue, long.MaxValue);

    /// <summary>Round, or Truncate, to a multiple of a duration since Go's zero time.</summary>
    public GoMoment Rounded(long duration, bool down)
    {
        var plain = this with { Running = null };
        if (duration <= 0)
        {
            return plain;
        }

        var rest = (Nanoseconds - Zero.Nanoseconds) % duration;
        rest = rest < 0 ? rest + duration : rest;
        return plain.Add(down || rest + rest < duration ? -(long)rest : duration - (long)rest);
    }

    /// <summary>By the instant, wherever that is.</summary>
    public int CompareTo(GoMoment? other) => other is null ? 1 : Nanoseconds.CompareTo(other.Nanoseconds);

    /// <summary>time.Time.String: with the time that the clock has run, where it is the clock's.</summary>
    public override string ToString() => GoTime.Format(this, "2006-01-02 15:04:05.999999999 -0700 MST") + (Running is not { } running ? ""
        : string.Create(CultureInfo.InvariantCulture, $" m={(running < 0 ? '-' : '+')}{Math.Abs(running / Billion)}.{Math.Abs(running % Billion):000000000}"));

    /// <summary>time.Time.GoString, as %#v prints it.</summary>
    public string GoText() => string.Create(
        CultureInfo.InvariantCulture,
        $"time.Date({Year}, time.{GoTime.Months[Month - 1]}, {Day}, {Hour}, {Minute}, {Second}, {Nanosecond}, {(Location == GoLocation.Utc ? "time.UTC" : Location.IsLocal ? "time.Local" : $"time.Location({GoQuote.Quote(Location.Name)})")})");

    /// <summary>RFC 3339 as JSON has it.</summary>
    /// <exception cref="FunctionException">The year or the offset has no place in it.</exception>
    public string Json(string method) => Year is < 0 or > 9999 ? throw new FunctionException($"Time.{method}: year outside of range [0,9999]")
        : Math.Abs(Offset) >= 24 * 3600 ? throw new FunctionException($"Time.{method}: timezone hour outside of range [0,23]")
        : GoTime.Format(this, GoTime.Rfc3339Nano);

    /// <summary>The number of days from 1970 to a date.</summary>
    internal static long Days(long year, int month, int day)
    {
        // Years that begin in March have the leap day at their end.
        var y = month <= 2 ? year - 1 : year;
        var era = Floor(y, 400);
        var ofEra = y - (era * 400);
        var ofYear = (((153 * (month > 2 ? month - 3 : month + 9)) + 2) / 5) + day - 1;
        return (era * 146_097) + (ofEra * 365) + (ofEra / 4) - (ofEra / 100) + ofYear - 719_468;
    }

    /// <summary>The date so many days after January 1, 1970.</summary>
    internal static (long Year, int Month, int Day) Civil(long days)
    {
        days += 719_468;
        var era = Floor(days, 146_097);
        var ofEra = days - (era * 146_097);
        var year = (ofEra - (ofEra / 1460) + (ofEra / 36_524) - (ofEra / 146_096)) / 365;
        var ofYear = (int)(ofEra - ((365 * year) + (year / 4) - (year / 100)));
        var month = ((5 * ofYear) + 2) / 153;
        var day = ofYear - (((153 * month) + 2) / 5) + 1;
        return (year + (era * 400) + (month >= 10 ? 1 : 0), month < 10 ? month + 3 : month - 9, day);
    }

    internal static int WeekDay(long days) => (int)(days + 4 - (Floor(days + 4, 7) * 7));

    internal static bool IsLeap(long year) => year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

    internal static int DaysIn(long year, int month) => month == 2 ? IsLeap(year) ? 29 : 28 : month is 4 or 6 or 9 or 11 ? 30 : 31;

    private static long Floor(long value, long by) => (value / by) - (value % by < 0 ? 1 : 0);

    private static GoMoment FromTicks(long ticks, GoLocation location)
    {
        var sinceEpoch = ticks - DateTimeOffset.UnixEpoch.Ticks;
        var seconds = Floor(sinceEpoch, TimeSpan.TicksPerSecond);
        return new GoMoment(seconds, (int)(sinceEpoch - (seconds * TimeSpan.TicksPerSecond)) * 100, location);
    }
}

/// <summary>time.Duration in nanoseconds.</summary>
public sealed record GoDuration(long Nanoseconds)
{
    /// <summary>Round, or Truncate, to a multiple; half is rounded away from zero, and what would not fit is the most that does.</summary>
    public long Rounded(long multiple, bool down)
    {
        if (multiple <= 0)
        {
            return Nanoseconds;
        }

        var rest = Nanoseconds % multiple;
        var low = Nanoseconds - rest;
        return down || Int128.Abs(rest) * 2 < multiple ? low : (long)Int128.Clamp((Int128)low + (Nanoseconds < 0 ? -multiple : multiple), long.MinValue, long.MaxValue);
    }

    /// <summary>1h2m3.5s.</summary>
    public override string ToString() => GoTime.DurationText(Nanoseconds);
}

/// <summary>A number that Go prints as a word: time.Month, time.Weekday.</summary>
public sealed record GoWord(string GoType, int Number, string Text)
{
    /// <summary>The word.</summary>
    public override string ToString() => Text;
}
