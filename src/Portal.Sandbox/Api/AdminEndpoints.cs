using System.Text.Json;
using Portal.Sandbox.Faults;
using Portal.Sandbox.Json;
using Portal.Sandbox.Registry;

namespace Portal.Sandbox.Api;

/// <summary>
/// Calls that change how the sandbox behaves, for tests and demonstrations. All are POST with a JSON body unless said:
/// <c>faults/requests</c> {kind: delay|status|drop, method, path, status, retryAfter, delayMs, times}, <c>faults/refusals</c>
/// {kind, name, namespace, operation, message, status, seconds}, <c>faults/images</c> {image, message, times}, <c>faults/down</c> {seconds}, <c>faults/watches</c> {cut},
/// DELETE <c>faults</c>, <c>nodes</c> {name, cpu, memory, afterSeconds, labels}, <c>compact</c>, GET and DELETE <c>requests</c>.
/// </summary>
internal sealed class AdminEndpoints(ObjectRegistry registry, FaultPlan faults, RequestLog log, WatchDrops drops, Controllers.Nodes nodes)
{
    public async Task HandleAsync(HttpContext http, string path)
    {
        var method = http.Request.Method;
        JsonMap body = [];
        if (method == "POST")
        {
            var data = await BodyReader.BytesAsync(http);
            try
            {
                body = data.Length == 0 ? [] : JsonTree.Parse(data) as JsonMap ?? throw ApiError.BadRequest("the body must be a JSON object");
            }
            catch (JsonException x)
            {
                throw ApiError.BadRequest($"the body is not JSON: {x.Message}");
            }
        }

        object? result = new JsonMap { ["ok"] = true };
        switch (method, path)
        {
            case ("POST", "faults/requests"):
                var kind = body.Text("kind") ?? "status";
                if (kind is not ("delay" or "status" or "drop"))
                {
                    throw ApiError.BadRequest("kind must be delay, status or drop");
                }

                faults.Add(new RequestFault
                {
                    Kind = kind,
                    Method = body.Text("method"),
                    Path = body.Text("path"),
                    Status = (int)(body.Int("status") ?? 500),
                    RetryAfter = (int)(body.Int("retryAfter") ?? 1),
                    DelayMs = body.Int("delayMs") ?? 0,
                    Message = body.Text("message") ?? "",
                    Times = (int?)body.Int("times"),
                });
                break;
            case ("POST", "faults/refusals"):
                var status = (int)(body.Int("status") ?? 403);
                faults.Add(new Refusal(body.Text("kind"), body.Text("name"), body.Text("namespace"), body.Text("operation"),
                    body.Text("message") ?? (status == 403 ? "admission webhook \"sandbox.example.com\" denied the request: refused"
                        : "Internal error occurred: failed calling webhook \"sandbox.example.com\": failed to call webhook: Post \"https://webhook.sandbox.svc:443/?timeout=10s\": dial tcp: connection refused"),
                    status, body.Int("seconds") is { } seconds ? faults.In(TimeSpan.FromSeconds(seconds)) : null));
                break;
            case ("POST", "faults/images"):
                faults.Add(new ImageFault
                {
                    Image = body.Text("image") ?? throw ApiError.BadRequest("image is missing"),
                    Message = body.Text("message") ?? "toomanyrequests: You have reached your pull rate limit",
                    Times = (int?)body.Int("times"),
                });
                break;
            case ("POST", "faults/down"):
                faults.DownFor(TimeSpan.FromSeconds(body.Int("seconds") ?? 10));
                drops.Drop(cut: true);
                break;
            case ("POST", "faults/watches"):
                drops.Drop(body.Flag("cut") is true);
                break;
            case ("DELETE", "faults"):
                faults.Clear();
                break;
            case ("POST", "compact"):
                registry.Store.Compact();
                break;
            case ("POST", "nodes"):
                nodes.Join(body);
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
}
