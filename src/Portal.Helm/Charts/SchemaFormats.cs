using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Portal.Helm.Sprig;
using Portal.Helm.Templating;

namespace Portal.Helm.Charts;

/// <summary>The keyword "format", asserted up to draft 7, with the complaints of santhosh-tekuri/jsonschema v6 (format.go). A format that nobody knows allows everything.</summary>
internal static class SchemaFormats
{
    /// <summary>What is wrong with a text, or null.</summary>
    public static string? Complaint(string format, string text) => format switch
    {
        "email" => Email(text),
        "hostname" => Hostname(text),
        "ipv4" => V4(text),
        "ipv6" => V6(text),
        "uuid" => Uuid(text),
        "date" => Date(text),
        "time" => Time(text),
        "date-time" => DateTime(text),
        "duration" => Duration(text),
        "period" => Period(text),
        "json-pointer" => Pointer(text),
        "relative-json-pointer" => RelativePointer(text),
        "uri" or "iri" => Url(text, absolute: true),
        "uri-reference" or "iri-reference" => text.Contains('\\') ? "contains \\" : Url(text, absolute: false),
        "uri-template" => Url(text, absolute: false) ?? Template(Urls.RawPath(text)),
        "regex" => Regex(text),
        "semver" => SemVersion.TryParse(text) is { } version && version.ToString() == text ? null : "versionCore must have 3 numbers separated by dot",
        _ => null,
    };

    private static string? Email(string text)
    {
        var at = text.LastIndexOf('@');
        if (text.Length > 254 || at < 0)
        {
            return at < 0 ? "missing @" : "more than 255 characters long";
        }

        var (local, domain) = (text[..at], text[(at + 1)..]);
        if (local.Length > 64)
        {
            return "local part more than 64 characters long";
        }

        if (local is ['"', _, ..])
        {
            if (local[1..^1].AsSpan().ContainsAny('\\', '"'))
            {
                return "backslash and quote are not allowed within quoted local part";
            }
        }
        else if (Unquoted(local) is { } wrong)
        {
            return wrong;
        }

        if (domain is ['[', .., ']'])
        {
            domain = domain[1..^1];
            return domain.StartsWith("IPv6:", StringComparison.Ordinal)
                ? Prefixed("invalid ipv6 address: ", V6(domain["IPv6:".Length..]))
                : Prefixed("invalid ipv4 address: ", V4(domain));
        }

        return Prefixed("invalid domain: ", Hostname(domain));
    }

    private static string? Unquoted(string local) =>
        local.StartsWith('.') ? "starts with dot"
        : local.EndsWith('.') ? "ends with dot"
        : local.Contains("..", StringComparison.Ordinal) ? "consecutive dots"
        : Strange(local, c => char.IsAsciiLetterOrDigit(c) || ".!#$%&'*+-/=?^_`{|}~".Contains(c));

    private static string? Hostname(string text)
    {
        text = text.EndsWith('.') ? text[..^1] : text;
        if (text.Length > 253)
        {
            return "more than 253 characters long";
        }

        return text.Split('.').Select(label =>
            label.Length is < 1 or > 63 ? "label must be 1 to 63 characters long"
            : label[0] == '-' ? "label starts with hyphen"
            : label[^1] == '-' ? "label ends with hyphen"
            : Strange(label, c => char.IsAsciiLetterOrDigit(c) || c == '-')).FirstOrDefault(c => c is not null);
    }

    private static string? Strange(string text, Func<char, bool> allowed)
    {
        foreach (var rune in text.EnumerateRunes())
        {
            if (!rune.IsBmp || !allowed((char)rune.Value))
            {
                return $"invalid character {GoFormat.Printf("%q", [rune.Value])}";
            }
        }

        return null;
    }

    private static string? V4(string text)
    {
        var groups = text.Split('.');
        return groups.Length != 4 ? "expected four decimals" : groups.Select(g =>
            g is ['0', _, ..] ? "leading zeros"
            : !int.TryParse(g, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? $"strconv.Atoi: parsing {GoQuote.Quote(g)}: invalid syntax"
            : number is < 0 or > 255 ? "decimal must be between 0 and 255" : null).FirstOrDefault(c => c is not null);
    }

    private static string? V6(string text) =>
        !text.Contains(':') ? "missing colon"
        : text.Contains('%') ? "zone id is not a part of ipv6 address"
        : !text.Contains('[') && IPAddress.TryParse(text, out var address) && address.AddressFamily == AddressFamily.InterNetworkV6 ? null : $"ParseAddr({GoQuote.Quote(text)}): unable to parse IP";

    private static string? Uuid(string text)
    {
        int[] lengths = [8, 4, 4, 4, 12];
        var groups = text.Split('-');
        return groups.Length != lengths.Length ? "must have 5 elements" : groups.Select((g, i) =>
            g.Length != lengths[i] ? string.Create(CultureInfo.InvariantCulture, $"element {i + 1} must be {lengths[i]} characters long")
            : g.FirstOrDefault(c => !char.IsAsciiHexDigit(c)) is not '\0' and var other ? $"non-hex character {GoFormat.Printf("%q", [(int)other])}" : null).FirstOrDefault(c => c is not null);
    }

    private static string? Date(string text)
    {
        try
        {
            GoTime.Parse("2006-01-02", text);
            return null;
        }
        catch (FunctionException error)
        {
            return error.Message;
        }
    }

    private static string? DateTime(string text) =>
        text.Length < 20 ? "less than 20 characters long"
        : text[10] is not ('t' or 'T') ? "11th character must be t or T"
        : Prefixed("invalid date element: ", Date(text[..10])) ?? Prefixed("invalid time element: ", Time(text[11..]));

    private static string? Time(string text)
    {
        if (text.Length < 9)
        {
            return "less than 9 characters long";
        }

        if (text[2] != ':' || text[5] != ':')
        {
            return "missing colon in correct place";
        }

        if (Number(text[..2]) is not { } hour || Number(text[3..5]) is not { } minute || Number(text[6..8]) is not { } second)
        {
            return "invalid hour/min/sec";
        }

        if (hour < 0 || minute < 0 || second < 0)
        {
            return "non-positive hour/min/sec";
        }

        if (hour > 23 || minute > 59 || second > 60)
        {
            return "hour/min/sec out of range";
        }

        var rest = text[8..];
        if (rest.StartsWith('.'))
        {
            var digits = rest.Skip(1).TakeWhile(char.IsAsciiDigit).Count();
            if (digits == 0)
            {
                return "no digits in second fraction";
            }

            rest = rest[(digits + 1)..];
        }

        return rest is "z" or "Z" ? Leap(second, (hour * 60) + minute)
            : rest.Length != 6 ? "offset must be 6 characters long"
            : rest[0] is not ('+' or '-') ? "offset must begin with plus/minus"
            : rest[3] != ':' ? "missing colon in offset in correct place"
            : Number(rest[1..3]) is not { } hours || Number(rest[4..]) is not { } minutes ? "invalid hour/min in offset"
            : hours < 0 || minutes < 0 ? "non-positive hour/min in offset"
            : hours > 23 || minutes > 59 ? "hour/min in offset out of range"
            : Leap(second, (hour * 60) + minute + ((rest[0] == '-' ? 1 : -1) * ((hours * 60) + minutes)));
    }

    // A second of its own is put in before midnight (UTC) only. A day later is not brought back, as the library has it.
    private static string? Leap(int second, int minutes) => second >= 60 && minutes is not ((24 * 60) - 1 or -1) ? "invalid leap second" : null;

    private static int? Number(string text) => int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : null;

    // RFC 3339, appendix A: P3Y6M, PT5M, P2W.
    private static string? Duration(string text)
    {
        if (text is not ['P', .. var rest])
        {
            return "must start with P";
        }

        if (rest.EndsWith('W'))
        {
            return rest.Length == 1 ? "no number in week" : rest[..^1].All(char.IsAsciiDigit) ? null : "invalid week";
        }

        string[] units = ["YMD", "HMS"];
        return rest.Length == 0 ? "nothing after P" : rest.Split('T').Select((part, i) =>
            i > 0 && part.Length == 0 ? "no time elements" : i >= units.Length ? "more than one T" : Elements(part, units[i])).FirstOrDefault(c => c is not null);
    }

    private static string? Elements(string text, string all)
    {
        for (var units = all; text.Length > 0;)
        {
            var digits = text.TakeWhile(char.IsAsciiDigit).Count();
            if (digits == 0 || digits == text.Length)
            {
                return digits == 0 ? "missing number" : "missing unit";
            }

            var at = units.IndexOf(text[digits], StringComparison.Ordinal);
            if (at < 0)
            {
                var unit = GoFormat.Printf("%q", [(int)GoBytes.ToBytes(text[digits..])[0]]);
                return all.Contains(text[digits]) ? $"unit {unit} out of order" : $"invalid unit {unit}";
            }

            units = units[(at + 1)..];
            text = text[(digits + 1)..];
        }

        return null;
    }

    private static string? Period(string text)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        if (slash < 0)
        {
            return "missing slash";
        }

        var (start, end) = (text[..slash], text[(slash + 1)..]);
        return start.StartsWith('P')
            ? Prefixed("invalid start duration: ", Duration(start)) ?? Prefixed("invalid end date-time: ", DateTime(end))
            : Prefixed("invalid start date-time: ", DateTime(start))
                ?? (end.StartsWith('P') ? Prefixed("invalid end duration: ", Duration(end)) : Prefixed("invalid end date-time: ", DateTime(end)));
    }

    private static string? Pointer(string text)
    {
        if (text.Length > 0 && text[0] != '/')
        {
            return "not starting with /";
        }

        for (var i = text.IndexOf('~', StringComparison.Ordinal); i >= 0; i = text.IndexOf('~', i + 1))
        {
            if (i + 1 >= text.Length || text[i + 1] is not ('0' or '1'))
            {
                return "~ must be followed by 0 or 1";
            }
        }

        return null;
    }

    private static string? RelativePointer(string text)
    {
        var digits = text.TakeWhile(char.IsAsciiDigit).Count();
        return digits == 0 ? "must start with non-negative integer"
            : digits > 1 && text[0] == '0' ? "starts with zero"
            : text[digits..] == "#" ? null : Pointer(text[digits..]);
    }

    private static string? Template(string path) => path.Split('/').Select(part =>
    {
        var isOpen = false;
        foreach (var c in part.Where(c => c is '{' or '}'))
        {
            if (c == '{' == isOpen)
            {
                return "nested curly braces";
            }

            isOpen = !isOpen;
        }

        return isOpen ? "no matching closing brace" : null;
    }).FirstOrDefault(c => c is not null);

    private static string? Url(string text, bool absolute)
    {
        try
        {
            var isRelative = absolute && !Urls.IsAbsolute(text);
            return Urls.HostOf(text) is var host && host.Contains(':') && V6(host) is { } wrong ? "invalid ipv6 address: " + wrong
                : isRelative ? "relative url" : null;
        }
        catch (FunctionException error)
        {
            return error.Message;
        }
    }

    private static string? Regex(string text)
    {
        try
        {
            Re2.Parse(text);
            return null;
        }
        catch (FunctionException error)
        {
            return error.Message;
        }
    }

    private static string? Prefixed(string prefix, string? complaint) => complaint is null ? null : prefix + complaint;
}
