using System.Globalization;
using Portal.Helm.Templating;

namespace Portal.Helm.Sprig;

/// <summary>Date functions (masterminds.github.io/sprig/date.html). The local zone is UTC.</summary>
internal static class Dates
{
    private const long Second = 1_000_000_000;

    public static void Register(FunctionTable table, SprigEnvironment environment)
    {
        DateTimeOffset Now() => environment.Time.GetUtcNow();
        DateTimeOffset Moment(object? value) => value switch
        {
            DateTimeOffset time => time,
            GoInstant now => now.Time,
            nint or long or int when GoValue.TryInt(value, out var seconds) && Math.Abs(seconds) < 253_000_000_000 => DateTimeOffset.FromUnixTimeSeconds(Math.Max(seconds, -62_135_596_800)),
            _ => Now(),
        };
        string InZone(string layout, object? moment, string name)
        {
            var zone = name.Length == 0 || name == "Local" || !TimeZoneInfo.TryFindSystemTimeZoneById(name, out var found) ? TimeZoneInfo.Utc : found;
            var time = TimeZoneInfo.ConvertTime(Moment(moment), zone);
            return GoTime.Format(time, layout, zone == TimeZoneInfo.Utc ? "UTC" : zone.IsDaylightSavingTime(time) ? zone.DaylightName : zone.StandardName);
        }

        var started = environment.Time.GetTimestamp();
        table.Add("now", [], _ => new GoInstant(Now(), environment.Time.GetElapsedTime(started)));
        table.Add("date", [GoType.String, GoType.Any], a => InZone((string)a[0]!, a[1], "Local"));
        table.Add("htmlDate", [GoType.Any], a => InZone("2006-01-02", a[0], "Local"));
        table.Add("htmlDateInZone", [GoType.Any, GoType.String], a => InZone("2006-01-02", a[0], (string)a[1]!));
        foreach (var name in new[] { "dateInZone", "date_in_zone" })
        {
            table.Add(name, [GoType.String, GoType.Any, GoType.String], a => InZone((string)a[0]!, a[1], (string)a[2]!));
        }

        foreach (var name in new[] { "dateModify", "date_modify" })
        {
            table.Add(name, [GoType.String, GoType.Time], a => Modify((string)a[0]!, (DateTimeOffset)a[1]!) ?? a[1]);
        }

        foreach (var name in new[] { "mustDateModify", "must_date_modify" })
        {
            table.Add(name, [GoType.String, GoType.Time], a => Modify((string)a[0]!, (DateTimeOffset)a[1]!) ?? throw new FunctionException(DurationError((string)a[0]!)));
        }

        table.Add("toDate", [GoType.String, GoType.String], a => ToDate((string)a[0]!, (string)a[1]!));
        table.Add("mustToDate", [GoType.String, GoType.String], a => GoTime.Parse((string)a[0]!, (string)a[1]!));
        table.Add("ago", [GoType.Any], a => GoTime.DurationText((long)Math.Round((Now() - Moment(a[0])).TotalSeconds, MidpointRounding.AwayFromZero) * Second));
        table.Add("duration", [GoType.Any], a => GoTime.DurationText(unchecked(Second * Seconds(a[0]))));
        table.Add("durationRound", [GoType.Any], a => Rounded(a[0] switch
        {
            string text => GoTime.ParseDuration(text) ?? 0,
            long nanoseconds => nanoseconds,
            DateTimeOffset time => (Now() - time).Ticks * 100,
            GoInstant now => (Now() - now.Time).Ticks * 100,
            _ => 0,
        }));
        table.Add("unixEpoch", [GoType.Time], a => ((DateTimeOffset)a[0]!).ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture));
    }

    private static DateTimeOffset? Modify(string duration, DateTimeOffset time) =>
        GoTime.ParseDuration(duration) is { } nanoseconds ? time.AddTicks(nanoseconds / 100) : null;

    private static string DurationError(string text)
    {
        var body = text.TrimStart('+', '-');
        var number = body.AsSpan().IndexOfAnyExceptInRange('.', '9');
        return number > 0 && body[number..].TakeWhile(c => c is not (>= '.' and <= '9')).Count() is > 0 and var unit
            ? $"time: unknown unit {GoQuote.Quote(body.Substring(number, unit))} in duration {GoQuote.Quote(text)}"
            : body.Length > 0 && number < 0 ? $"time: missing unit in duration {GoQuote.Quote(text)}" : $"time: invalid duration {GoQuote.Quote(text)}";
    }

    // sprig's toDate answers Go's zero time where the text does not fit.
    private static DateTimeOffset ToDate(string layout, string text)
    {
        try
        {
            return GoTime.Parse(layout, text);
        }
        catch (FunctionException)
        {
            return DateTimeOffset.MinValue;
        }
    }

    private static long Seconds(object? value) => value switch
    {
        string text => long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var seconds) ? seconds : 0,
        long seconds => seconds,
        _ => 0,
    };

    private static string Rounded(long nanoseconds)
    {
        // How long, not in which direction (sprig's durationRound drops the sign).
        var u = nanoseconds < 0 ? (ulong)-(nanoseconds + 1) + 1 : (ulong)nanoseconds;
        const ulong Minute = 60UL * (ulong)Second;
        const ulong Hour = 60 * Minute;
        const ulong Day = 24 * Hour;
        return u switch
        {
            > 365 * Day => $"{u / (365 * Day)}y",
            > 30 * Day => $"{u / (30 * Day)}mo",
            > Day => $"{u / Day}d",
            > Hour => $"{u / Hour}h",
            > Minute => $"{u / Minute}m",
            > (ulong)Second => $"{u / (ulong)Second}s",
            _ => "0s",
        };
    }
}
