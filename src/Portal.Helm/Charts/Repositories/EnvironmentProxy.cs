using System.Globalization;
using System.Net;

namespace Portal.Helm.Charts.Repositories;

/// <summary>
/// Which proxy an address goes through by the variables HTTP_PROXY, HTTPS_PROXY and NO_PROXY, as Go has it (golang.org/x/net/http/httpproxy): the machine
/// itself is never asked through one, and ALL_PROXY says nothing. A proxy's name and password come from its address.
/// </summary>
public sealed class EnvironmentProxy : IWebProxy
{
    private readonly Uri? _http;
    private readonly Uri? _https;
    private readonly List<Direct> _direct = [];
    private readonly bool _none;

    /// <summary>Proxies for http and https, and the hosts that go without one: names, names behind a dot, addresses, networks, each with or without a port, or * for all.</summary>
    public EnvironmentProxy(string? http, string? https, string? no)
    {
        _http = Parse(http);
        _https = Parse(https);
        Credentials = new ProxyCredentials([_http, _https]);
        foreach (var entry in (no ?? "").Split(',').Select(e => e.Trim().ToLowerInvariant()).Where(e => e.Length > 0))
        {
            _none |= entry == "*";
            if (Read(entry) is { } direct)
            {
                _direct.Add(direct);
            }
        }
    }

    /// <summary>By this process's environment; the name in capitals goes first, and an empty value is none.</summary>
    public static EnvironmentProxy FromEnvironment() => new(Set("HTTP_PROXY", "http_proxy"), Set("HTTPS_PROXY", "https_proxy"), Set("NO_PROXY", "no_proxy"));

    /// <inheritdoc/>
    public ICredentials? Credentials { get; set; }

    /// <inheritdoc/>
    public Uri? GetProxy(Uri destination)
    {
        var proxy = destination.Scheme switch { "http" => _http, "https" => _https, _ => null };
        return proxy is null || IsDirect(destination) ? null : new UriBuilder(proxy) { UserName = "", Password = "" }.Uri;
    }

    /// <inheritdoc/>
    public bool IsBypassed(Uri host) => GetProxy(host) is null;

    private bool IsDirect(Uri destination)
    {
        var host = destination.IdnHost;
        var address = Address(host);
        if (host == "localhost" || (address is not null && IPAddress.IsLoopback(address)))
        {
            return true;
        }

        return _none || _direct.Any(e => (e.Port.Length == 0 || e.Port == destination.Port.ToString(CultureInfo.InvariantCulture)) && e.Holds(host.ToLowerInvariant(), address));
    }

    private static Uri? Parse(string? text)
    {
        if (string.IsNullOrEmpty(text))
        {
            return null;
        }

        return Uri.TryCreate(text, UriKind.Absolute, out var whole) && whole.Scheme is "http" or "https" or "socks5" ? whole
            : Uri.TryCreate("http://" + text, UriKind.Absolute, out var bare) ? bare
            : null;
    }

    // 10.0.0.0/8 | 10.0.0.1[:80] | [::1]:80 | name[:80] | .name[:80] | *.name[:80]
    private static Direct? Read(string entry)
    {
        if (entry.IndexOf('/', StringComparison.Ordinal) is > 0 and var slash && Address(entry[..slash]) is { } network
            && int.TryParse(entry.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var bits) && bits <= network.GetAddressBytes().Length * 8)
        {
            return new Direct("", (_, address) => address is not null && Within(address, network, bits));
        }

        var (host, port) = (entry, "");
        if (entry.LastIndexOf(':') is >= 0 and var colon && (entry.StartsWith('[') ? entry[colon - 1 < 0 ? 0 : colon - 1] == ']' : entry.IndexOf(':', StringComparison.Ordinal) == colon))
        {
            (host, port) = (entry[..colon].TrimStart('[').TrimEnd(']'), entry[(colon + 1)..]);
        }

        if (Address(host) is { } single)
        {
            return new Direct(port, (_, address) => address is not null && Plain(address).Equals(Plain(single)));
        }

        host = host.StartsWith("*.", StringComparison.Ordinal) ? host[1..] : host;
        if (host.Length == 0)
        {
            return null;
        }

        var names = host[0] == '.' ? host : "." + host;
        return new Direct(port, (name, _) => name.EndsWith(names, StringComparison.Ordinal) || (host[0] != '.' && name == host));
    }

    // Go knows no 10.1 and no 010.0.0.1.
    private static IPAddress? Address(string text) =>
        (text.Contains(':', StringComparison.Ordinal) || (text.Split('.') is { Length: 4 } parts && parts.All(p => p.Length is > 0 and <= 3 && p.All(char.IsAsciiDigit) && (p.Length == 1 || p[0] != '0'))))
        && IPAddress.TryParse(text, out var address) ? address : null;

    private static IPAddress Plain(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;

    private static bool Within(IPAddress address, IPAddress network, int bits)
    {
        var (own, of) = (Plain(address), network);
        if (own.AddressFamily != of.AddressFamily)
        {
            return false;
        }

        var (a, b) = (own.GetAddressBytes(), of.GetAddressBytes());
        for (var i = 0; i < bits; i++)
        {
            if (((a[i / 8] ^ b[i / 8]) & (0x80 >> (i % 8))) != 0)
            {
                return false;
            }
        }

        return true;
    }

    private static string? Set(string upper, string lower) =>
        Environment.GetEnvironmentVariable(upper) is { Length: > 0 } first ? first : Environment.GetEnvironmentVariable(lower);

    private sealed record Direct(string Port, Func<string, IPAddress?, bool> Holds);

    private sealed class ProxyCredentials(Uri?[] proxies) : ICredentials
    {
        public NetworkCredential? GetCredential(Uri uri, string authType)
        {
            var user = proxies.FirstOrDefault(p => p is { UserInfo.Length: > 0 } && p.Host == uri.Host && p.Port == uri.Port)?.UserInfo.Split(':', 2);
            return user is null ? null : new NetworkCredential(Uri.UnescapeDataString(user[0]), user.Length > 1 ? Uri.UnescapeDataString(user[1]) : "");
        }
    }
}
