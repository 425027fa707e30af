using System.Security.Cryptography;
using System.Text;
using Portal.Sandbox.Faults;
using Portal.Sandbox.Hosting;
using Portal.Sandbox.Json;
using Portal.Sandbox.Registry;

namespace Portal.Sandbox.Api;

/// <summary>The front door: sign-in, faults, and the way from a path to what answers it.</summary>
internal sealed class ApiServer(ObjectRegistry registry, FaultPlan faults, RequestLog log, WatchDrops drops, AdminEndpoints admin, Subresources subresources, string token, SandboxOptions options)
{
    private readonly Discovery _discovery = new(registry.Kinds);
    private readonly OpenApi _openApi = new(registry.Kinds);
    private readonly ReadEndpoints _read = new(registry);
    private readonly WriteEndpoints _write = new(registry);
    private readonly WatchEndpoint _watch = new(registry, drops);
    private readonly Reviews _reviews = new(registry);

    public async Task HandleAsync(HttpContext http)
    {
        var path = http.Request.Path.Value ?? "/";
        if (path.StartsWith("/sandbox/", StringComparison.Ordinal))
        {
            await GuardAsync(http, () => admin.HandleAsync(http, path["/sandbox/".Length..]));
            return;
        }

        if (faults.IsDown)
        {
            http.Abort();
            return;
        }

        await using var gone = faults.Gone.Register(http.Abort);
        var entry = log.Begin(http);
        foreach (var fault in faults.Hits(http.Request.Method, path + http.Request.QueryString))
        {
            if (fault.DelayMs > 0)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(fault.DelayMs), registry.Clock.Provider, http.RequestAborted);
            }

            if (fault.Kind == "drop")
            {
                http.Abort();
                return;
            }

            if (fault.Kind == "status")
            {
                await FailAsync(http, fault.Status == 429 ? ApiError.TooManyRequests(fault.RetryAfter) : ApiError.Of(fault.Status, fault.Message));
                RequestLog.End(entry, http.Response.StatusCode);
                return;
            }
        }

        await GuardAsync(http, () => RouteAsync(http, path));
        RequestLog.End(entry, http.Response.StatusCode);
    }

    private async Task GuardAsync(HttpContext http, Func<Task> handle)
    {
        try
        {
            if (options.RequireToken && !(http.Request.Headers.Authorization.ToString() is ['B', 'e', 'a', 'r', 'e', 'r', ' ', .. var given] && AccessToken.Equal(given, token)))
            {
                throw ApiError.Unauthorized();
            }

            await handle();
        }
        catch (ApiError x)
        {
            await FailAsync(http, x);
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            // The client went away; nobody is left to answer.
            http.Abort();
        }
    }

    private static async Task FailAsync(HttpContext http, ApiError error)
    {
        if (http.Response.HasStarted)
        {
            http.Abort();
            return;
        }

        if (error.RetryAfter is { } seconds)
        {
            http.Response.Headers.RetryAfter = seconds.ToString(System.Globalization.CultureInfo.InvariantCulture);
        }

        await new Answer("application/json", null, false).WriteAsync(http, error.Code, error.ToStatus());
    }

    private Task RouteAsync(HttpContext http, string path)
    {
        var parts = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        switch (parts)
        {
            case ["version"]:
                return http.Request.Method == "GET" ? JsonAsync(http, Discovery.Version) : throw ApiError.MethodNotAllowed();
            case [] :
                return JsonAsync(http, _discovery.Paths());
            case ["healthz" or "livez" or "readyz", ..]:
                return TextAsync(http, 200, http.Request.Query.ContainsKey("verbose") ? $"[+]ping ok\n[+]log ok\n{parts[0]} check passed\n" : "ok");
            case ["openapi", "v3", .. var rest]:
                return OpenApiAsync(http, string.Join('/', rest));
            case ["openapi", "v2"] when OpenApiV2.IsAccepted(http.Request.Headers.Accept.ToString()):
                return CachedAsync(http, OpenApiV2.Document(registry.Kinds.All), OpenApiV2.MediaType);
            case ["openapi", "v2"]:
                return CachedAsync(http, new JsonMap { ["swagger"] = "2.0", ["info"] = new JsonMap { ["title"] = "Kubernetes", ["version"] = Discovery.GitVersion }, ["paths"] = new JsonMap(), ["definitions"] = new JsonMap() }, "application/json");
            case ["api"]:
                return DiscoverAsync(http, core: true);
            case ["apis"]:
                return DiscoverAsync(http, core: false);
            case ["api", var version]:
                return JsonAsync(http, _discovery.Resources("", version) ?? throw ApiError.NoResource());
            case ["apis", var group] when _discovery.HasGroup(group):
                return JsonAsync(http, _discovery.Group(group));
            case ["apis", var group, var version] when _discovery.HasGroup(group):
                return JsonAsync(http, _discovery.Resources(group, version) ?? throw ApiError.NoResource());
            case ["api", var version, .. var rest]:
                return ResourceAsync(http, "", version, rest);
            case ["apis", var group, var version, .. var rest] when _discovery.HasGroup(group):
                return ResourceAsync(http, group, version, rest);
            default:
                return TextAsync(http, 404, "404 page not found\n");
        }
    }

    private Task ResourceAsync(HttpContext http, string group, string version, string[] parts)
    {
        var watchPath = parts is ["watch", ..];
        if (watchPath)
        {
            parts = parts[1..];
        }

        // namespaces/{ns}/{plural}..., but namespaces/{name}, namespaces/{name}/status and /finalize are the namespace itself.
        var ns = "";
        if (parts is ["namespaces", var inside, var next, ..] && !(group.Length == 0 && next is "status" or "finalize"))
        {
            ns = inside;
            parts = parts[2..];
        }

        var kind = registry.Kinds.Find(group, version, parts[0]) ?? throw ApiError.NoResource();
        var name = parts.Length > 1 ? parts[1] : "";
        var subresource = parts.Length > 2 ? parts[2] : "";
        if (kind.Namespaced != ns.Length > 0 && (name.Length > 0 || (ns.Length > 0 && !kind.Namespaced)))
        {
            throw ApiError.NoResource();
        }

        var request = new ApiRequest(http, kind, kind.Namespaced ? ns : "", name, subresource, registry.Clock);
        if (kind.Custom?.Warning is { } deprecation)
        {
            http.Response.Headers.Append("Warning", $"299 - \"{deprecation}\"");
        }

        if (subresource.Length > 0 && !(subresource == "status" && kind.HasStatus))
        {
            return subresources.HandleAsync(request, _write);
        }

        if (kind.Bucket == "/endpoints")
        {
            http.Response.Headers.Append("Warning", "299 - \"v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice\"");
        }

        var method = http.Request.Method;
        if (kind.Verbs is ["create"])
        {
            return method == "POST" ? _reviews.HandleAsync(request, _write) : throw ApiError.MethodNotAllowed();
        }

        if (name.Length == 0)
        {
            return method switch
            {
                "GET" => watchPath || (request.Query("watch") is "true" or "1" or "") ? _watch.WatchAsync(request) : _read.ListAsync(request),
                "POST" when kind.Namespaced == ns.Length > 0 => _write.CreateAsync(request),
                "DELETE" when kind.Namespaced == ns.Length > 0 && kind.Bucket != "/namespaces" => _write.DeleteCollectionAsync(request),
                _ => throw ApiError.MethodNotAllowed(),
            };
        }

        return method switch
        {
            "GET" when watchPath || (request.Query("watch") is "true" or "1") => _watch.WatchAsync(request),
            "GET" => _read.GetAsync(request),
            "PUT" => _write.ReplaceAsync(request),
            "PATCH" => _write.PatchAsync(request),
            "DELETE" when subresource.Length == 0 => _write.DeleteAsync(request),
            _ => throw ApiError.MethodNotAllowed(),
        };
    }

    private Task DiscoverAsync(HttpContext http, bool core)
    {
        // Clients before 1.30 ask for v2beta1 alone, and read the plain documents where that is not given.
        if (http.Request.Headers.Accept.ToString().Split(',').Select(o => o.Split(';', StringSplitOptions.TrimEntries)).Any(o => o.Contains("as=APIGroupDiscoveryList") && o.Contains("v=v2")))
        {
            return CachedAsync(http, _discovery.Aggregated(core), "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList");
        }

        return JsonAsync(http, core ? Discovery.Versions(http.Request.Host.Value ?? "") : _discovery.GroupList());
    }

    private Task OpenApiAsync(HttpContext http, string path) => path.Length == 0
        ? CachedAsync(http, _openApi.Index(), "text/plain; charset=utf-8")
        : CachedAsync(http, _openApi.Document(path), "application/json");

    /// <summary>Answers with an ETag, and 304 to whom knows the document.</summary>
    private static Task CachedAsync(HttpContext http, JsonMap document, string media) => CachedAsync(http, JsonTree.Bytes(document), media);

    private static async Task CachedAsync(HttpContext http, byte[] bytes, string media)
    {
        var tag = $"\"{Convert.ToHexString(SHA256.HashData(bytes))}\"";
        http.Response.Headers.ETag = tag;
        http.Response.Headers.Vary = "Accept";
        http.Response.Headers.CacheControl = "public";
        if (http.Request.Headers.IfNoneMatch.ToString() == tag)
        {
            http.Response.StatusCode = 304;
            return;
        }

        http.Response.ContentType = media;
        await http.Response.Body.WriteAsync(bytes, http.RequestAborted);
    }

    private static Task JsonAsync(HttpContext http, JsonMap document) => Answer.Choose(http).WriteAsync(http, 200, document);

    private static async Task TextAsync(HttpContext http, int status, string text)
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = "text/plain; charset=utf-8";
        await http.Response.WriteAsync(text, Encoding.UTF8, http.RequestAborted);
    }
}
