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
        app.UseOpenTelemetryPrometheusScrapingEndpoint(context =>
        {
            if (context.Request.Path != "/metrics")
            {
                return false;
            }

            // Anonymous only when no token is set and the caller is on this machine, and speaks for itself: a proxy beside the portal speaks for anybody.
            var given = context.Request.Headers.Authorization.ToString();
            return settings.MetricsToken is { } token
                ? CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(given), Encoding.UTF8.GetBytes("Bearer " + token))
                : context.Connection.RemoteIpAddress is { } address && System.Net.IPAddress.IsLoopback(address) && !context.Request.Headers.ContainsKey("X-Forwarded-For") && !context.Request.Headers.ContainsKey("X-Original-For");
        });
    }
}
