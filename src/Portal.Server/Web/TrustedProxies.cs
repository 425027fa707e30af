using Microsoft.AspNetCore.HttpOverrides;

namespace Portal.Server.Web;

/// <summary>Believes X-Forwarded-For and -Proto from the networks in Proxy__TrustedNetworks__0, ... and from nobody else.</summary>
internal static class TrustedProxies
{
    public static void UseTrustedProxies(this WebApplication app, IConfiguration configuration)
    {
        var options = new ForwardedHeadersOptions { ForwardedHeaders = ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto };
        options.KnownIPNetworks.Clear();
        options.KnownProxies.Clear();
        foreach (var entry in configuration.GetSection("Proxy:TrustedNetworks").GetChildren())
        {
            options.KnownIPNetworks.Add(System.Net.IPNetwork.TryParse(entry.Value, out var network) ? network : throw new SettingsException($"Proxy__TrustedNetworks__{entry.Key}: {entry.Value} is no network like 10.0.0.0/8"));
        }

        if (options.KnownIPNetworks.Count > 0)
        {
            app.UseForwardedHeaders(options);
        }
    }
}
