using System.Buffers;
using System.Globalization;

namespace Portal.Helm.Sprig;

/// <summary>A rule of the variable TZ as POSIX has it: "CET-1CEST,M3.5.0,M10.5.0/3", "&lt;+03&gt;-3".</summary>
internal sealed class ZoneRule
{
    private const int Day = 86_400;
    private static readonly SearchValues<char> EndOfName = SearchValues.Create("0123456789,-+");
    private readonly (string Name, int Offset) _standard;
    private readonly (string Name, int Offset)? _summer;
    private readonly Change _from;
    private readonly Change _to;

    private sealed record Change(char Kind, int Month, int Week, int Day, int Time);

    private ZoneRule((string, int) standard, (string, int)? summer, Change from, Change to)
    {
        _standard = standard;
        _summer = summer;
        _from = from;
        _to = to;
    }

    /// <summary>The rule of a text, or null when it is none.</summary>
    public static ZoneRule? TryParse(string text)
    {
        var rest = text;
        if (Name(ref rest) is not { } standard || Offset(ref rest) is not { } behind)
        {
            return null;
        }

        var none = new Change('n', 0, 0, 0, 0);
        if (rest.Length == 0 || rest[0] == ',')
        {
            return new ZoneRule((standard, -behind), null, none, none);
        }

        if (Name(ref rest) is not { } summer)
        {
            return null;
        }

        var offset = 3600 - behind;
        if (rest.Length > 0 && rest[0] is not (',' or ';'))
        {
            if (Offset(ref rest) is not { } own)
            {
                return null;
            }

            offset = -own;
        }

        rest = rest.Length == 0 ? ",M3.2.0,M11.1.0" : rest;
        var parts = rest[1..].Split(',');
        return rest[0] is ',' or ';' && parts.Length == 2 && ChangeOf(parts[0]) is { } from && ChangeOf(parts[1]) is { } to ? new ZoneRule((standard, -behind), (summer, offset), from, to) : null;
    }

    /// <summary>The zone at a time in seconds since 1970 that is behind the last change of a file.</summary>
    public GoZone At(long unix, long lastChange)
    {
        if (_summer is not { } summer)
        {
            return new GoZone(_standard.Name, _standard.Offset, lastChange, long.MaxValue, false);
        }

        var year = GoMoment.Civil(Math.DivRem(unix, Day) is var (days, left) && left < 0 ? days - 1 : days).Year;
        var begin = GoMoment.Days(year, 1, 1) * Day;
        var second = unix - begin;
        long start = Second(year, _from, _standard.Offset);
        long end = Second(year, _to, summer.Offset);
        var (inside, outside, insideIsDst) = (summer, _standard, true);
        if (end < start)
        {
            // South of the equator the summer goes over the new year.
            (start, end, inside, outside, insideIsDst) = (end, start, _standard, summer, false);
        }

        return second < start ? new GoZone(outside.Name, outside.Offset, begin, begin + start, !insideIsDst)
            : second >= end ? new GoZone(outside.Name, outside.Offset, begin + end, begin + (365 * Day), !insideIsDst)
            : new GoZone(inside.Name, inside.Offset, begin + start, begin + end, insideIsDst);
    }

    // When in a year a change happens, in seconds of UTC.
    private static long Second(long year, Change change, int offset)
    {
        long day;
        switch (change.Kind)
        {
            case 'J':
                day = change.Day - 1 + (GoMoment.IsLeap(year) && change.Day >= 60 ? 1 : 0);
                break;
            case 'M':
                var first = GoMoment.Days(year, change.Month, 1);
                day = first + ((change.Day - GoMoment.WeekDay(first) + 7) % 7) + (7 * (change.Week - 1));
                while (day >= first + GoMoment.DaysIn(year, change.Month))
                {
                    day -= 7;
                }

                day -= GoMoment.Days(year, 1, 1);
                break;
            default:
                day = change.Day;
                break;
        }

        return (day * Day) + change.Time - offset;
    }

    private static string? Name(ref string rest)
    {
        var quoted = rest.StartsWith('<');
        var end = quoted ? rest.IndexOf('>', StringComparison.Ordinal) : rest.AsSpan().IndexOfAny(EndOfName);
        end = end < 0 && !quoted ? rest.Length : end;
        if (end < (quoted ? 1 : 3))
        {
            return null;
        }

        var name = quoted ? rest[1..end] : rest[..end];
        rest = rest[(quoted ? end + 1 : end)..];
        return name;
    }

    // [+-]hh[:mm[:ss]]
    private static int? Offset(ref string rest)
    {
        var sign = rest.StartsWith('-') ? -1 : 1;
        rest = rest.Length > 0 && rest[0] is '+' or '-' ? rest[1..] : rest;
        var length = rest.TakeWhile(c => char.IsAsciiDigit(c) || c == ':').Count();
        var parts = rest[..length].Split(':');
        rest = rest[length..];
        var total = 0;
        for (var i = 0; i < 3; i++)
        {
            var value = 0;
            if (i < parts.Length && (!int.TryParse(parts[i], NumberStyles.None, CultureInfo.InvariantCulture, out value) || value > (i == 0 ? 24 * 7 : 59)))
            {
                return null;
            }

            total = (total * 60) + value;
        }

        return parts.Length > 3 ? null : sign * total;
    }

    // M3.5.0/3 | J60/2 | 59
    private static Change? ChangeOf(string text)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        var time = 2 * 3600;
        if (slash >= 0)
        {
            var rest = text[(slash + 1)..];
            if (Offset(ref rest) is not { } own || rest.Length > 0)
            {
                return null;
            }

            time = own;
        }

        var day = slash < 0 ? text : text[..slash];
        var kind = day.Length > 0 && day[0] is 'M' or 'J' ? day[0] : 'd';
        var numbers = (kind == 'd' ? day : day[1..]).Split('.').Select(n => int.TryParse(n, NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : -1).ToArray();
        return (kind, numbers) switch
        {
            ('M', [>= 1 and <= 12, >= 1 and <= 5, >= 0 and <= 6]) => new Change(kind, numbers[0], numbers[1], numbers[2], time),
            ('J', [>= 1 and <= 365]) or ('d', [>= 0 and <= 365]) => new Change(kind, 0, 0, numbers[0], time),
            _ => null,
        };
    }
}
