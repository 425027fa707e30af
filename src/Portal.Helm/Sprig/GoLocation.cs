using System.Buffers.Binary;

namespace Portal.Helm.Sprig;

/// <summary>A zone of a location at some time: its abbreviation, how many seconds it is ahead of UTC, and from when until when that holds.</summary>
public readonly record struct GoZone(string Name, int Offset, long Start, long End, bool IsDst);

/// <summary>
/// time.Location: the zones of a place, read from the machine's IANA database (tzfile(5)), with the rule that goes on beyond the last entry and what was there before
/// the first one. Not TimeZoneInfo: that knows neither abbreviations nor seconds of an offset.
/// </summary>
public sealed class GoLocation
{
    private const long Alpha = long.MinValue;
    private const long Omega = long.MaxValue;
    private static readonly string[] Folders = ["/usr/share/zoneinfo/", "/usr/share/lib/zoneinfo/", "/usr/lib/locale/TZ/", "/etc/zoneinfo/"];
    private static readonly Lazy<GoLocation> Here = new(() => OfVariable(Environment.GetEnvironmentVariable("TZ")));

    private readonly (string Name, int Offset, bool IsDst)[] _zones;
    private readonly (long From, int Zone)[] _changes;
    private readonly ZoneRule? _rule;

    private GoLocation(string name, (string, int, bool)[] zones, (long, int)[] changes, ZoneRule? rule)
    {
        Name = name;
        _zones = zones;
        _changes = changes;
        _rule = rule;
    }

    /// <summary>time.UTC.</summary>
    public static GoLocation Utc { get; } = Fixed("UTC", 0);

    /// <summary>time.Local: that of the variable TZ or, where that is not set, of /etc/localtime.</summary>
    public static GoLocation Local => Here.Value;

    /// <summary>What Location prints.</summary>
    public string Name { get; }

    /// <summary>Whether it is the local one, as time.Local is.</summary>
    public bool IsLocal { get; private init; }

    /// <summary>time.FixedZone.</summary>
    public static GoLocation Fixed(string name, int offset) => new(name, [(name, offset, false)], [(Alpha, 0)], null);

    /// <summary>time.LoadLocation, or null where it fails.</summary>
    public static GoLocation? Load(string name)
    {
        if (name is "" or "UTC")
        {
            return Utc;
        }

        if (name == "Local")
        {
            return Local;
        }

        if (name[0] is '/' or '\\' || name.Split('/', '\\').Contains("..") || name.Contains('\0'))
        {
            return null;
        }

        return (Environment.GetEnvironmentVariable("ZONEINFO") is { Length: > 0 } own ? [own.TrimEnd('/') + "/", .. Folders] : Folders).Select(f => Read(f + name, name)).FirstOrDefault(l => l is not null);
    }

    /// <summary>The local zone by what the variable TZ holds; null is a variable that is not set. It is never UTC itself, whatever it says.</summary>
    public static GoLocation OfVariable(string? variable)
    {
        var name = variable?.StartsWith(':') == true ? variable[1..] : variable;
        var found = name is null ? Read("/etc/localtime", "Local")
            : name is "" or "UTC" or "Local" ? null
            : name[0] == '/' ? Read(name, name == "/etc/localtime" ? "Local" : name)
            : Load(name);
        found ??= Fixed("UTC", 0);
        return new GoLocation(found.Name, found._zones, found._changes, found._rule) { IsLocal = true };
    }

    /// <summary>The zone at a time in seconds since 1970.</summary>
    public GoZone At(long unix)
    {
        if (_changes.Length == 0 || unix < _changes[0].From)
        {
            return Of(First(), Alpha, _changes.Length > 0 ? _changes[0].From : Omega);
        }

        var (low, high) = (0, _changes.Length);
        while (high - low > 1)
        {
            var middle = low + ((high - low) / 2);
            (low, high) = unix < _changes[middle].From ? (low, middle) : (middle, high);
        }

        return low == _changes.Length - 1 && _rule is not null ? _rule.At(unix, _changes[low].From) : Of(_changes[low].Zone, _changes[low].From, high < _changes.Length ? _changes[high].From : Omega);
    }

    /// <summary>How far a zone of this abbreviation is ahead of UTC, best one that was in use at that time of day; null where there is none.</summary>
    public int? Offset(string name, long unix)
    {
        foreach (var zone in _zones)
        {
            if (zone.Name == name && At(unix - zone.Offset) is var found && found.Name == name)
            {
                return found.Offset;
            }
        }

        return Array.FindIndex(_zones, z => z.Name == name) is >= 0 and var index ? _zones[index].Offset : null;
    }

    /// <summary>What String gives.</summary>
    public override string ToString() => Name;

    private GoZone Of(int index, long start, long end) => new(_zones[index].Name, _zones[index].Offset, start, end, _zones[index].IsDst);

    // The zone before the first change, by the rules of tzcode (lookupFirstZone).
    private int First()
    {
        if (!_changes.Any(c => c.Zone == 0))
        {
            return 0;
        }

        if (_changes.Length > 0 && _zones[_changes[0].Zone].IsDst)
        {
            for (var i = _changes[0].Zone - 1; i >= 0; i--)
            {
                if (!_zones[i].IsDst)
                {
                    return i;
                }
            }
        }

        return Math.Max(Array.FindIndex(_zones, z => !z.IsDst), 0);
    }

    private static GoLocation? Read(string path, string name)
    {
        try
        {
            return File.Exists(path) ? Parse(name, File.ReadAllBytes(path)) : null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentOutOfRangeException or IndexOutOfRangeException)
        {
            // What cannot be read is no location.
            return null;
        }
    }

    // "TZif", version, six counts, then a block with times of 4 bytes and from version 2 on another whole file with times of 8 bytes and a rule behind it.
    private static GoLocation? Parse(string name, byte[] file)
    {
        if (file.Length < 44 || !file.AsSpan(0, 4).SequenceEqual("TZif"u8))
        {
            return null;
        }

        var second = file[4] >= (byte)'2';
        var width = second ? 8 : 4;
        var start = 0;
        int Count(int index) => BinaryPrimitives.ReadInt32BigEndian(file.AsSpan(start + 20 + (4 * index)));
        if (second)
        {
            start = 44 + (Count(3) * 5) + (Count(4) * 6) + Count(5) + (Count(2) * 8) + Count(1) + Count(0);
        }

        var (changes, types, characters) = (Count(3), Count(4), Count(5));
        var times = start + 44;
        var indices = times + (changes * width);
        var zones = indices + changes;
        var names = zones + (types * 6);
        var end = names + characters + (Count(2) * (width + 4)) + Count(1) + Count(0);
        string Abbreviation(int at)
        {
            var length = Array.IndexOf(file, (byte)0, names + at) - names - at;
            return System.Text.Encoding.ASCII.GetString(file, names + at, Math.Max(length, 0));
        }

        var found = new (string, int, bool)[types];
        for (var i = 0; i < types; i++)
        {
            var at = zones + (6 * i);
            found[i] = (Abbreviation(file[at + 5]), BinaryPrimitives.ReadInt32BigEndian(file.AsSpan(at)), file[at + 4] != 0);
        }

        var when = new (long, int)[changes];
        for (var i = 0; i < changes; i++)
        {
            when[i] = (second ? BinaryPrimitives.ReadInt64BigEndian(file.AsSpan(times + (8 * i))) : BinaryPrimitives.ReadInt32BigEndian(file.AsSpan(times + (4 * i))), file[indices + i]);
        }

        var rule = second && end < file.Length && file[end] == '\n' ? System.Text.Encoding.ASCII.GetString(file.AsSpan(end)).Trim('\n') : "";
        return types == 0 ? null : new GoLocation(name, found, changes == 0 ? [(Alpha, 0)] : when, ZoneRule.TryParse(rule));
    }
}
