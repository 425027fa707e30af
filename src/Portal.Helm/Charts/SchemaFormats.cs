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
        "date-time" => text.Length < 20 ? "less than 20 characters long"
            : text[10] is not ('t' or 'T') ? "11th character must be t or T"
            : Date(text[..10]) is { } date ? "invalid date element: " + date
            : Time(text[11..]) is { } time ? "invalid time element: " + time : null,
        "uri" or "iri" => Url(text, absolute: true),
        "uri-reference" or "iri-reference" => text.Contains('\\') ? "contains \\" : Url(text, absolute: false),
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

    private static string? Date(string text) => DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out _)
        ? null : $"parsing time {GoQuote.Quote(text)} as \"2006-01-02\": cannot parse {GoQuote.Quote(text)} as \"2006\"";

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

        if (!int.TryParse(text[..2], out var hour) || !int.TryParse(text[3..5], out var minute) || !int.TryParse(text[6..8], out var second))
        {
            return "invalid hour/min/sec";
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

        return rest is "z" or "Z" ? null
            : rest.Length != 6 ? "offset must be 6 characters long"
            : rest[0] is not ('+' or '-') ? "offset must begin with plus/minus"
            : rest[3] != ':' ? "missing colon in offset in correct place"
            : !int.TryParse(rest[1..3], out var hours) || !int.TryParse(rest[4..], out var minutes) ? "invalid hour/min in offset"
            : hours > 23 || minutes > 59 ? "hour/min in offset out of range" : null;
    }

    private static string? Url(string text, bool absolute)
    {
        try
        {
            return Urls.IsAbsolute(text) || !absolute ? null : "relative url";
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
