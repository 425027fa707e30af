using Portal.Sandbox.Faults;
using Portal.Sandbox.Json;
using Portal.Sandbox.Registry;

namespace Portal.Sandbox.Api;

/// <summary>
/// Calls that change how the sandbox behaves, for tests and demonstrations: POST with a JSON body unless said. docs/design/sandbox.md lists them with examples.
/// </summary>
internal sealed class AdminEndpoints(ObjectRegistry registry, FaultPlan faults, RequestLog log, WatchDrops drops, Controllers.Nodes nodes)
{
    private const long LongestSeconds = 86_400;

    public async Task HandleAsync(HttpContext http, string path)
    {
        Task<AdminBody> Body(params string[] known) => AdminBody.ReadAsync(http, path, known);
        object? result = new JsonMap { ["ok"] = true };
        switch (http.Request.Method, path)
        {
            case ("POST", "faults/requests"):
                faults.Add(RequestFaultOf(await Body("kind", "method", "path", "status", "message", "retryAfter", "delayMs", "times", "seconds")));
                break;
            case ("POST", "faults/refusals"):
                faults.Add(RefusalOf(await Body("kind", "name", "namespace", "operation", "message", "status", "times", "seconds")));
                break;
            case ("POST", "faults/images"):
                var image = await Body("image", "message", "times");
                faults.Add(new ImageFault
                {
                    Image = image.Text("image") ?? throw ApiError.BadRequest("image is missing"),
                    Message = image.Text("message") ?? "toomanyrequests: You have reached your pull rate limit",
                    Times = (int?)image.Number("times", 1, int.MaxValue),
                });
                break;
            case ("POST", "faults/down"):
                faults.DownFor(TimeSpan.FromSeconds((await Body("seconds")).Number("seconds", 1, LongestSeconds) ?? 10));
                break;
            case ("POST", "faults/watches"):
                drops.Drop((await Body("cut")).Flag("cut"));
                break;
            case ("GET", "faults"):
                result = faults.ToJson();
                break;
            case ("DELETE", "faults"):
                faults.Clear();
                break;
            case ("POST", "compact"):
                await Body();
                registry.Store.Compact();
                break;
            case ("POST", "nodes"):
                nodes.Join((await Body("name", "cpu", "memory", "afterSeconds", "labels")).Fields);
                break;
            case ("GET", "requests"):
                result = new JsonMap { ["items"] = log.Read(http.Request.Query["path"].FirstOrDefault()) };
                break;
            case ("DELETE", "requests"):
                log.Clear();
                break;
            default:
                throw ApiError.NoResource();
        }

        await new Answer("application/json", null, false).WriteAsync(http, 200, result);
    }

    private RequestFault RequestFaultOf(AdminBody body)
    {
        var delay = body.Number("delayMs", 0, 3_600_000);
        var kind = body.Choice("kind", "delay", "status", "drop") ?? (delay is null ? "status" : "delay");
        return kind == "delay" && delay is null ? throw ApiError.BadRequest("delayMs is missing") : new RequestFault
        {
            Kind = kind,
            Method = body.Text("method")?.ToUpperInvariant(),
            Path = body.Text("path"),
            Status = (int)(body.Number("status", 400, 599) ?? 500),
            RetryAfter = (int)(body.Number("retryAfter", 0, LongestSeconds) ?? 1),
            DelayMs = delay ?? 0,
            Message = body.Text("message") ?? "",
            Times = (int?)body.Number("times", 1, int.MaxValue),
            Until = Until(body),
        };
    }

    private Refusal RefusalOf(AdminBody body)
    {
        var status = (int)(body.Number("status", 400, 599) ?? 403);
        return new Refusal
        {
            Kind = body.Text("kind"),
            Name = body.Text("name"),
            Namespace = body.Text("namespace"),
            Operation = body.Choice("operation", "CREATE", "UPDATE", "DELETE"),
            Message = body.Text("message") ?? (status == 403 ? "admission webhook \"sandbox.example.com\" denied the request: refused"
                : "Internal error occurred: failed calling webhook \"sandbox.example.com\": failed to call webhook: Post \"https://webhook.sandbox.svc:443/?timeout=10s\": dial tcp: connection refused"),
            Status = status,
            Times = (int?)body.Number("times", 1, int.MaxValue),
            Until = Until(body),
        };
    }

    private DateTimeOffset? Until(AdminBody body) => body.Number("seconds", 1, LongestSeconds) is { } seconds ? faults.In(TimeSpan.FromSeconds(seconds)) : null;
}
