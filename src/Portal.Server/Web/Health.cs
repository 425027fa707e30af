using System.Security.Cryptography;
using System.Text;
using Portal.Server.Data;

namespace Portal.Server.Web;

/// <summary>What Kubernetes and Prometheus ask.</summary>
internal static class Health
{
    public static void MapHealth(this WebApplication app, PortalSettings settings)
    {
        app.MapGet("/healthz/live", () => "ok");
        app.MapGet("/healthz/ready", async (PortalDb db, CancellationToken cancellation) =>
            await db.Database.CanConnectAsync(cancellation) ? Results.Text("ok") : Results.Text("the database cannot be reached", statusCode: 503));
        app.UseOpenTelemetryPrometheusScrapingEndpoint(context => context.Request.Path == "/metrics" && MayScrape(context, settings));
        // Whoever may not is told so, and does not get the client's first page.
        app.MapGet("/metrics", () => Results.Text(settings.MetricsToken is null ? "only for this machine; PORTAL_METRICS_TOKEN lets others in" : "a bearer token is asked for", statusCode: 401));
    }

    // A token is asked of everybody: a proxy on this machine speaks for anybody. Without one only who is on this machine, and speaks for itself.
    private static bool MayScrape(HttpContext context, PortalSettings settings) => settings.MetricsToken is { } token
        ? CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(context.Request.Headers.Authorization.ToString()), Encoding.UTF8.GetBytes("Bearer " + token))
        : context.Connection.RemoteIpAddress is { } address && System.Net.IPAddress.IsLoopback(address) && !context.Request.Headers.ContainsKey("X-Forwarded-For") && !context.Request.Headers.ContainsKey("X-Original-For");
}
