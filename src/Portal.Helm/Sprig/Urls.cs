using System.Text;
using Portal.Helm.Templating;

namespace Portal.Helm.Sprig;

/// <summary>urlParse and urlJoin over the rules of Go's net/url (RFC 3986 as Go reads it).</summary>
internal static class Urls
{
    public static void Register(FunctionTable table, SprigEnvironment environment)
    {
        table.Add("urlParse", [GoType.String], a => ToTable((string)a[0]!));
        table.Add("urlJoin", [GoType.Map], a => Join((Dictionary<string, object?>?)a[0] ?? []));
        table.Add("getHostByName", [GoType.String], a => environment.Resolve((string)a[0]!));
    }

    private sealed record Url(string Scheme, string Opaque, string? User, string Host, string Path, string RawPath, string Query, bool ForceQuery, string Fragment);

    private sealed class UrlException(string message) : Exception(message);

    private static Dictionary<string, object?> ToTable(string text)
    {
        try
        {
            var url = Parse(text);
            return new Dictionary<string, object?>(StringComparer.Ordinal)
            {
                ["scheme"] = url.Scheme,
                ["host"] = url.Host,
                ["hostname"] = HostName(url.Host),
                ["path"] = url.Path,
                ["query"] = url.Query,
                ["opaque"] = url.Opaque,
                ["fragment"] = url.Fragment,
                ["userinfo"] = url.User ?? "",
            };
        }
        catch (UrlException error)
        {
            throw new FunctionException($"unable to parse url: parse {GoQuote.Quote(text)}: {error.Message}", error);
        }
    }

    private static string Join(Dictionary<string, object?> parts)
    {
        string Get(string key) => !parts.TryGetValue(key, out var value) ? ""
            : value as string ?? throw new FunctionException(value is null ? "runtime error: invalid memory address or nil pointer dereference" : $"unable to parse {key} key, must be of type string, but {GoValue.KindName(value)} found");
        var userinfo = Get("userinfo");
        string? user = null;
        if (userinfo.Length > 0)
        {
            try
            {
                user = Parse($"proto://{userinfo}@host").User;
            }
            catch (UrlException error)
            {
                throw new FunctionException($"unable to parse userinfo in dict: parse {GoQuote.Quote($"proto://{userinfo}@host")}: {error.Message}", error);
            }
        }

        return ToText(new Url(Get("scheme"), Get("opaque"), user, Get("host"), Get("path"), "", Get("query"), false, Get("fragment")));
    }

    private static string HostName(string host)
    {
        var colon = host.LastIndexOf(':');
        var name = colon >= 0 && host[(colon + 1)..].All(char.IsAsciiDigit) ? host[..colon] : host;
        return name.StartsWith('[') && name.EndsWith(']') ? name[1..^1] : host.StartsWith('[') ? host.Trim('[', ']') : name;
    }

    /// <summary>Whether a text is a URL with a scheme.</summary>
    /// <exception cref="FunctionException">url.Parse refuses it; in its words.</exception>
    internal static bool IsAbsolute(string text) => ParseOrTell(text).Scheme.Length > 0;

    /// <summary>The host of a URL without its port and brackets.</summary>
    /// <exception cref="FunctionException">url.Parse refuses it; in its words.</exception>
    internal static string HostOf(string text) => HostName(ParseOrTell(text).Host);

    /// <summary>The path of a URL, decoded, where Go would write it in another way; else nothing.</summary>
    /// <exception cref="FunctionException">url.Parse refuses it; in its words.</exception>
    internal static string RawPath(string text) => ParseOrTell(text) is var url && url.RawPath != Escape(url.Path, Part.Path) ? url.Path : "";

    private static Url ParseOrTell(string text)
    {
        try
        {
            return Parse(text);
        }
        catch (UrlException error)
        {
            throw new FunctionException($"parse {GoQuote.Quote(text)}: {error.Message}", error);
        }
    }

    private static Url Parse(string text)
    {
        var hash = text.IndexOf('#', StringComparison.Ordinal);
        var fragment = hash < 0 ? "" : Unescape(text[(hash + 1)..], Part.Fragment);
        var rest = hash < 0 ? text : text[..hash];
        if (rest.Any(c => c < ' ' || c == '\u007F'))
        {
            throw new UrlException("net/url: invalid control character in URL");
        }

        var (scheme, after) = Scheme(rest);
        rest = after;
        var query = "";
        var force = false;
        if (rest.EndsWith('?') && rest.Count(c => c == '?') == 1)
        {
            force = true;
            rest = rest[..^1];
        }
        else if (rest.IndexOf('?', StringComparison.Ordinal) is >= 0 and var mark)
        {
            query = rest[(mark + 1)..];
            rest = rest[..mark];
        }

        if (!rest.StartsWith('/'))
        {
            if (scheme.Length > 0)
            {
                return new Url(scheme, rest, null, "", "", "", query, force, fragment);
            }

            var segment = rest.Split('/', 2)[0];
            if (segment.Contains(':'))
            {
                throw new UrlException("first path segment in URL cannot contain colon");
            }
        }

        string? user = null;
        var host = "";
        if ((scheme.Length > 0 || !rest.StartsWith("///", StringComparison.Ordinal)) && rest.StartsWith("//", StringComparison.Ordinal))
        {
            var slash = rest.IndexOf('/', 2);
            var authority = slash < 0 ? rest[2..] : rest[2..slash];
            rest = slash < 0 ? "" : rest[slash..];
            var at = authority.LastIndexOf('@');
            if (at >= 0)
            {
                user = UserInfo(authority[..at]);
            }

            host = Host(authority[(at + 1)..]);
        }

        return new Url(scheme, "", user, host, Unescape(rest, Part.Path), rest, query, force, fragment);
    }

    private static (string Name, string After) Scheme(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (char.IsAsciiLetter(c) || (i > 0 && (char.IsAsciiDigit(c) || c is '+' or '-' or '.')))
            {
                continue;
            }

            return c == ':' ? i == 0 ? throw new UrlException("missing protocol scheme") : (text[..i].ToLowerInvariant(), text[(i + 1)..]) : ("", text);
        }

        return ("", text);
    }

    private static string UserInfo(string text)
    {
        if (!text.All(c => char.IsAsciiLetterOrDigit(c) || "-._:~!$&'()*+,;=%@".Contains(c)))
        {
            throw new UrlException("net/url: invalid userinfo");
        }

        var colon = text.IndexOf(':', StringComparison.Ordinal);
        return colon < 0
            ? Escape(Unescape(text, Part.User), Part.User)
            : Escape(Unescape(text[..colon], Part.User), Part.User) + ":" + Escape(Unescape(text[(colon + 1)..], Part.User), Part.User);
    }

    private static string Host(string text)
    {
        var close = text.LastIndexOf(']');
        if (text.StartsWith('[') && close < 0)
        {
            throw new UrlException("missing ']' in host");
        }

        // Since Go 1.26 the first colon begins the port.
        var port = close >= 0 ? text[(close + 1)..] : text.IndexOf(':', StringComparison.Ordinal) is >= 0 and var colon ? text[colon..] : "";
        if (port.Length > 0 && (port[0] != ':' || !port[1..].All(char.IsAsciiDigit)))
        {
            throw new UrlException($"invalid port {GoQuote.Quote(port)} after host");
        }

        return Unescape(text, Part.Host);
    }

    private enum Part { Path, User, Host, Fragment }

    private static string Unescape(string text, Part part)
    {
        if (part == Part.Host && text.FirstOrDefault(c => c < 0x80 && !Keeps(c, part) && c != '%') is not '\0' and var bad)
        {
            throw new UrlException($"invalid character {GoQuote.Quote(bad.ToString())} in host name");
        }

        if (!text.Contains('%'))
        {
            return text;
        }

        var bytes = GoBytes.ToBytes(text);
        var result = new List<byte>(bytes.Length);
        for (var i = 0; i < bytes.Length; i++)
        {
            if (bytes[i] != '%')
            {
                result.Add(bytes[i]);
                continue;
            }

            if (i + 2 >= bytes.Length || !char.IsAsciiHexDigit((char)bytes[i + 1]) || !char.IsAsciiHexDigit((char)bytes[i + 2]))
            {
                throw new UrlException($"invalid URL escape {GoQuote.Quote(GoBytes.ToText(bytes.AsSpan(i, Math.Min(3, bytes.Length - i))))}");
            }

            result.Add(Convert.ToByte($"{(char)bytes[i + 1]}{(char)bytes[i + 2]}", 16));
            i += 2;
        }

        return GoBytes.ToText([.. result]);
    }

    // net/url's shouldEscape, turned round.
    private static bool Keeps(char c, Part part) => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or '~' || part switch
    {
        Part.Host => c is '!' or '$' or '&' or '\'' or '(' or ')' or '*' or '+' or ',' or ';' or '=' or ':' or '[' or ']' or '<' or '>' or '"',
        Part.Path => c is '$' or '&' or '+' or ',' or '/' or ':' or ';' or '=' or '@',
        Part.User => c is '$' or '&' or '+' or ',' or ';' or '=',
        _ => c is '$' or '&' or '+' or ',' or '/' or ':' or ';' or '=' or '?' or '@' or '!' or '(' or ')' or '*',
    };

    private static string Escape(string text, Part part)
    {
        var result = new StringBuilder();
        foreach (var b in GoBytes.ToBytes(text))
        {
            if (b < 0x80 && Keeps((char)b, part))
            {
                result.Append((char)b);
            }
            else
            {
                result.Append('%').Append(b.ToString("X2", System.Globalization.CultureInfo.InvariantCulture));
            }
        }

        return result.ToString();
    }

    private static string ToText(Url url)
    {
        var result = new StringBuilder();
        if (url.Scheme.Length > 0)
        {
            result.Append(url.Scheme).Append(':');
        }

        if (url.Opaque.Length > 0)
        {
            result.Append(url.Opaque);
        }
        else
        {
            if (url.Scheme.Length > 0 || url.Host.Length > 0 || url.User is not null)
            {
                if (url.Host.Length > 0 || url.Path.Length > 0 || url.User is not null)
                {
                    result.Append("//");
                }

                if (url.User is not null)
                {
                    result.Append(url.User).Append('@');
                }

                result.Append(Escape(url.Host, Part.Host));
            }

            var path = url.Path == "*" ? "*" : Escape(url.Path, Part.Path);
            if (path.Length > 0 && path[0] != '/' && url.Host.Length > 0)
            {
                result.Append('/');
            }

            if (result.Length == 0 && path.Split('/', 2)[0].Contains(':'))
            {
                result.Append("./");
            }

            result.Append(path);
        }

        if (url.ForceQuery || url.Query.Length > 0)
        {
            result.Append('?').Append(url.Query);
        }

        if (url.Fragment.Length > 0)
        {
            result.Append('#').Append(Escape(url.Fragment, Part.Fragment));
        }

        return result.ToString();
    }
}
