using System.Globalization;
using Portal.Helm.Templating;

namespace Portal.Helm.Sprig;

/// <summary>Date functions (masterminds.github.io/sprig/date.html).</summary>
internal static class Dates
{
    private const long Second = 1_000_000_000;

    // Layouts, times and durations are read sign by sign, each a copy of what is left.
    private const int MostRead = 100_000;

    public static void Register(FunctionTable table, SprigEnvironment environment)
    {
        static string Short(object? text) => (string)text! is { Length: <= MostRead } read ? read : throw new TemplateLimitException($"dates and durations have at most {MostRead} characters");
        GoMoment Now() => GoMoment.Of(environment.Time.GetUtcNow(), environment.Zone);
        GoMoment Moment(object? value) => value switch
        {
            GoMoment time => time,
            nint or long or int when GoValue.TryInt(value, out var seconds) => new GoMoment(seconds, 0, environment.Zone),
            _ => Now(),
        };
        GoLocation Place(string name) => name == "Local" ? environment.Zone : GoLocation.Load(name) ?? GoLocation.Utc;
        string InZone(string layout, object? moment, string name) => GoTime.Format(Moment(moment).In(Place(name)), layout);

        var started = environment.Time.GetTimestamp();
        table.Add("now", [], _ => Now() with { Running = environment.Time.GetElapsedTime(started).Ticks * 100 });
        table.Add("date", [GoType.String, GoType.Any], a => InZone((string)a[0]!, a[1], "Local"));
        table.Add("htmlDate", [GoType.Any], a => InZone("2006-01-02", a[0], "Local"));
        table.Add("htmlDateInZone", [GoType.Any, GoType.String], a => InZone("2006-01-02", a[0], (string)a[1]!));
        foreach (var name in new[] { "dateInZone", "date_in_zone" })
        {
            table.Add(name, [GoType.String, GoType.Any, GoType.String], a => InZone((string)a[0]!, a[1], (string)a[2]!));
        }

        foreach (var name in new[] { "dateModify", "date_modify" })
        {
            table.Add(name, [GoType.String, GoType.Time], a => Modify(Short(a[0]), (GoMoment)a[1]!) ?? a[1]);
        }

        foreach (var name in new[] { "mustDateModify", "must_date_modify" })
        {
            table.Add(name, [GoType.String, GoType.Time], a => ((GoMoment)a[1]!).Add(GoTime.ParseDurationOrTell(Short(a[0]))));
        }

        table.Add("toDate", [GoType.String, GoType.String], a => ToDate(Short(a[0]), Short(a[1]), environment.Zone));
        table.Add("mustToDate", [GoType.String, GoType.String], a => GoTime.Parse(Short(a[0]), Short(a[1]), environment.Zone));
        table.Add("ago", [GoType.Any], a => GoTime.DurationText(new GoDuration(Now().Since(a[0] is GoMoment or nint or long ? Moment(a[0]) : Now())).Rounded(Second, down: false)));
        table.Add("duration", [GoType.Any], a => GoTime.DurationText(unchecked(Second * Seconds(a[0]))));
        table.Add("durationRound", [GoType.Any], a => Rounded(a[0] switch
        {
            string text => GoTime.ParseDuration(Short(text)) ?? 0,
            long nanoseconds => nanoseconds,
            GoMoment time => Now().Since(time with { Running = null }),
            _ => 0,
        }));
        table.Add("unixEpoch", [GoType.Time], a => ((GoMoment)a[0]!).Unix.ToString(CultureInfo.InvariantCulture));
    }

    private static GoMoment? Modify(string duration, GoMoment time) => GoTime.ParseDuration(duration) is { } nanoseconds ? time.Add(nanoseconds) : null;

    // sprig's toDate answers Go's zero time where the text does not fit.
    private static GoMoment ToDate(string layout, string text, GoLocation location)
    {
        try
        {
            return GoTime.Parse(layout, text, location);
        }
        catch (FunctionException)
        {
            return GoMoment.Zero;
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
