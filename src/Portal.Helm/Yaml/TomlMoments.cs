using Portal.Helm.Sprig;
using Portal.Helm.Templating;

namespace Portal.Helm.Yaml;

/// <summary>TOML's dates and times. What has no zone is in one that only says so, with the offset of the machine's own, and is written as it was read (BurntSushi/toml, internal/tz.go).</summary>
internal static class TomlMoments
{
    private static readonly int Offset = GoMoment.Of(TimeProvider.System.GetUtcNow(), GoLocation.Local).Offset;
    private static readonly GoLocation Both = GoLocation.Fixed("datetime-local", Offset);
    private static readonly GoLocation Date = GoLocation.Fixed("date-local", Offset);
    private static readonly GoLocation Clock = GoLocation.Fixed("time-local", Offset);

    private static readonly (string Layout, GoLocation? Location)[] Layouts =
    [
        (GoTime.Rfc3339Nano, null), ("2006-01-02T15:04:05.999999999", Both), ("2006-01-02", Date), ("15:04:05.999999999", Clock), ("2006-01-02T15:04Z07:00", null), ("2006-01-02T15:04", Both), ("15:04", Clock),
    ];

    /// <summary>The time of a word, or null when it is none.</summary>
    public static GoMoment? TryRead(string word)
    {
        var text = word.Replace('t', 'T').Replace('z', 'Z').Replace(' ', 'T');
        foreach (var (layout, location) in Layouts)
        {
            try
            {
                var moment = GoTime.Parse(layout, text, location ?? GoLocation.Local);
                return LacksZero(text, layout) ? null : moment;
            }
            catch (FunctionException)
            {
                // Another layout may fit.
            }
        }

        return null;
    }

    /// <summary>How a time is written.</summary>
    public static string LayoutOf(GoMoment time) =>
        time.Location == Both ? "2006-01-02T15:04:05.999999999" : time.Location == Date ? "2006-01-02" : time.Location == Clock ? "15:04:05.999999999" : GoTime.Rfc3339Nano;

    // Go's layouts take 1 for 01; the signs between then stand elsewhere.
    private static bool LacksZero(string text, string layout)
    {
        for (var i = 0; i < layout.Length && layout[i] is not ('.' or 'Z'); i++)
        {
            if (!char.IsAsciiDigit(layout[i]) && (i >= text.Length || text[i] != layout[i]))
            {
                return true;
            }
        }

        return false;
    }
}
