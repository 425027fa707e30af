using System.Globalization;
using Portal.Helm.Templating;

namespace Portal.Helm.Sprig;

/// <summary>Date functions (masterminds.github.io/sprig/date.html). The local zone is UTC.</summary>
internal static class Dates
{
    public static void Register(FunctionTable table, SprigEnvironment environment)
    {
        DateTimeOffset Now() => environment.Time.GetUtcNow();
        DateTimeOffset Moment(object? value) => value switch
        {
            DateTimeOffset time => time,
            _ when GoValue.TryInt(value, out var seconds) => DateTimeOffset.FromUnixTimeSeconds(seconds),
            _ => Now(),
        };

        table.Add("now", [], _ => Now());
        table.Add("date", [GoType.String, GoType.Any], a => GoTime.Format(Moment(a[1]).ToUniversalTime(), (string)a[0]!));
        table.Add("dateInZone", [GoType.String, GoType.Any, GoType.String], a => GoTime.Format(Moment(a[1]).ToUniversalTime(), (string)a[0]!));
        table.Add("date_in_zone", [GoType.String, GoType.Any, GoType.String], a => GoTime.Format(Moment(a[1]).ToUniversalTime(), (string)a[0]!));
        table.Add("htmlDate", [GoType.Any], a => GoTime.Format(Moment(a[0]).ToUniversalTime(), "2006-01-02"));
        table.Add("htmlDateInZone", [GoType.Any, GoType.String], a => GoTime.Format(Moment(a[0]).ToUniversalTime(), "2006-01-02"));
        table.Add("unixEpoch", [GoType.Time], a => ((DateTimeOffset)a[0]!).ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture));
    }
}
