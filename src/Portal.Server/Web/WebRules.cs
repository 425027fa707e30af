namespace Portal.Server.Web;

/// <summary>What holds for every request: security headers, and that unsafe calls come from the portal's own pages or from a program.</summary>
internal static class WebRules
{
    private const string Csp =
        "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; " +
        "connect-src 'self'; worker-src 'self' blob:; object-src 'none'; base-uri 'self'; frame-ancestors 'none'; form-action 'self'";

    public static void UseWebRules(this WebApplication app)
    {
        app.Use(async (context, next) =>
        {
            var headers = context.Response.Headers;
            headers.ContentSecurityPolicy = Csp;
            headers.XContentTypeOptions = "nosniff";
            headers["Referrer-Policy"] = "same-origin";
            headers["X-Frame-Options"] = "DENY";
            headers["Request-Id"] = context.TraceIdentifier;
            if (context.Request.Path.StartsWithSegments("/api"))
            {
                headers.CacheControl = "no-store";
                Check(context.Request);
            }
            else if (context.Request.Path.StartsWithSegments("/hubs"))
            {
                // A web socket is opened by a GET that no browser asks another site about first.
                CheckOrigin(context.Request);
            }

            await next();
        });
    }

    // A browser tells where a request comes from; a form of another site cannot send JSON without asking first.
    private static void Check(HttpRequest request)
    {
        if (HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method))
        {
            return;
        }

        CheckOrigin(request);
        var upload = request.Path.StartsWithSegments("/api/v1/charts/uploads");
        if (request.ContentLength is > 0 && !upload && request.ContentType?.StartsWith("application/json", StringComparison.OrdinalIgnoreCase) != true)
        {
            throw new ProblemException(415, "content-type", "Send JSON", "The body must be application/json.");
        }
    }

    private static void CheckOrigin(HttpRequest request)
    {
        if (request.Headers.Origin is { Count: > 0 } origin && !(Uri.TryCreate(origin[0], UriKind.Absolute, out var uri) && uri.Authority == request.Host.Value))
        {
            throw new ProblemException(403, "cross-site", "Refused", "Requests from other sites are refused.");
        }

        if (request.Headers["Sec-Fetch-Site"] is { Count: > 0 } site && site[0] is not ("same-origin" or "none"))
        {
            throw new ProblemException(403, "cross-site", "Refused", "Requests from other sites are refused.");
        }
    }
}
