using System.Net;
using System.Net.Sockets;

namespace Portal.Cli;

/// <summary>What getHostByName answers with --enable-dns: one address of the host, or nothing.</summary>
internal static class HostNames
{
    public static string Resolve(string host)
    {
        try
        {
            var addresses = Dns.GetHostAddresses(host);
            return addresses.Length > 0 ? addresses[0].ToString() : "";
        }
        catch (SocketException)
        {
            // sprig ignores the error as well.
            return "";
        }
    }
}
