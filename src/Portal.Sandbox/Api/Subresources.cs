using Portal.Sandbox.Controllers;
using Portal.Sandbox.Json;
using Portal.Sandbox.Kinds;
using Portal.Sandbox.Registry;
using Portal.Sandbox.Schema;

namespace Portal.Sandbox.Api;

/// <summary>scale, log, eviction, binding, token, finalize and ephemeralcontainers.</summary>
internal sealed class Subresources(ObjectRegistry registry, PodLogs logs)
{
    public Task HandleAsync(ApiRequest request, WriteEndpoints write)
    {
        var method = request.Http.Request.Method;
        return (request.Kind.Bucket, request.Subresource, method) switch
        {
            (_, "scale", "GET" or "PUT" or "PATCH") when request.Kind.HasScale => ScaleAsync(request, write),
            ("/pods", "log", "GET") => logs.WriteAsync(request, registry.Get(request.Kind, request.Namespace, request.Name)),
            ("/pods", "eviction", "POST") => EvictAsync(request, write),
            ("/pods", "binding", "POST") => BindAsync(request, write),
            ("/pods", "ephemeralcontainers" or "resize", "GET") => new ReadEndpoints(registry).GetAsync(request),
            ("/pods", "ephemeralcontainers" or "resize", "PATCH") => write.PatchAsync(request),
            ("/pods", "ephemeralcontainers" or "resize", "PUT") => write.ReplaceAsync(request),
            ("/pods", "exec" or "attach" or "portforward", _) => throw ApiError.BadRequest("the sandbox runs no containers: exec, attach and port-forward are not there"),
            ("/services", "proxy", _) => throw ApiError.Unavailable($"no endpoints available for service \"{request.Name}\""),
            ("/serviceaccounts", "token", "POST") => TokenAsync(request, write),
            ("/namespaces", "finalize", "PUT") => FinalizeAsync(request, write),
            _ when request.Kind.Custom is not null => throw ApiError.NotFound(request.Kind.Group, request.Kind.Plural, request.Name),
            _ => throw ApiError.NoResource(),
        };
    }

    private async Task ScaleAsync(ApiRequest request, WriteEndpoints write)
    {
        var answer = Answer.Choose(request.Http);
        var kind = request.Kind;
        if (request.Http.Request.Method == "GET")
        {
            await answer.WriteAsync(request.Http, 200, ScaleOf(kind, registry.Get(kind, request.Namespace, request.Name)));
            return;
        }

        var scaleKind = new ResourceKind { Group = "autoscaling", Version = "v1", Kind = "Scale", Plural = kind.Plural, Namespaced = true, Shape = SchemaFile.Types["Scale"] };
        Func<JsonMap, JsonMap> change;
        if (request.Http.Request.Method == "PUT")
        {
            var given = await BodyReader.ObjectAsync(request, scaleKind);
            change = _ => given;
        }
        else
        {
            var media = BodyReader.MediaType(request.Http);
            var data = await BodyReader.BytesAsync(request.Http);
            var patch = media == "application/apply-patch+yaml" ? BodyReader.Yaml(System.Text.Encoding.UTF8.GetString(data), scaleKind, null) : JsonTree.Parse(data);
            change = current => patch is List<object?> operations ? Apply.JsonPatch.Apply(current, operations.OfType<JsonMap>()) : Apply.MergePatch.Apply(current, (JsonMap)patch!);
        }

        var next = registry.Update(kind, request.Namespace, request.Name, current =>
        {
            var scale = Normalizer.Normalize(change(ScaleOf(kind, current)), scaleKind.Shape);
            if (scale.Int("spec", "replicas") is < 0 and var wrong)
            {
                var problems = new Problems();
                problems.Invalid("spec.replicas", wrong, "must be greater than or equal to 0");
                problems.Throw(scaleKind, request.Name);
            }

            if (scale.Text("metadata", "resourceVersion") is { Length: > 0 } version && version != current.Text("metadata", "resourceVersion"))
            {
                throw ApiError.Conflict(kind.Group, kind.Plural, request.Name, "the object has been modified; please apply your changes to the latest version and try again");
            }

            var copy = JsonTree.Clone(current);
            SetReplicas(kind, copy, scale.Int("spec", "replicas") ?? 0);
            return copy;
        }, request.Context() with { Subresource = "scale" });
        await write.FinishAsync(request, answer, 200, ScaleOf(kind, next));
    }

    private static void SetReplicas(ResourceKind kind, JsonMap obj, long replicas)
    {
        if (kind.Custom?.Scale?.Text("specReplicasPath") is { } path)
        {
            var steps = path.Split('.', StringSplitOptions.RemoveEmptyEntries);
            obj.Ensure(steps.AsSpan(0, steps.Length - 1))[steps[^1]] = replicas;
        }
        else
        {
            obj.Ensure("spec")["replicas"] = replicas;
        }
    }

    private static JsonMap ScaleOf(ResourceKind kind, JsonMap obj)
    {
        object? At(string? path) => path is null ? null : obj.At(path.Split('.', StringSplitOptions.RemoveEmptyEntries));
        var metadata = new JsonMap();
        foreach (var key in (string[])["name", "namespace", "uid", "resourceVersion", "creationTimestamp"])
        {
            metadata.SetOrRemove(key, obj.At("metadata", key));
        }

        var spec = new JsonMap();
        spec.SetOrRemove("replicas", kind.Custom is null ? obj.At("spec", "replicas") : At(kind.Custom.Scale?.Text("specReplicasPath")));
        var status = new JsonMap { ["replicas"] = (kind.Custom is null ? obj.At("status", "replicas") : At(kind.Custom.Scale?.Text("statusReplicasPath"))) ?? 0L };
        var selector = kind.Custom is not null ? At(kind.Custom.Scale?.Text("labelSelectorPath")) as string
            : obj.Map("spec", "selector") is { } map ? kind.Kind == "ReplicationController" ? string.Join(",", map.Select(p => $"{p.Key}={p.Value}")) : Selectors.Text(map) : null;
        status.SetOrRemove("selector", selector);
        return new JsonMap { ["kind"] = "Scale", ["apiVersion"] = "autoscaling/v1", ["metadata"] = metadata, ["spec"] = spec, ["status"] = status };
    }

    private static JsonMap Success(long code) => new() { ["kind"] = "Status", ["apiVersion"] = "v1", ["metadata"] = new JsonMap(), ["status"] = "Success", ["code"] = code };

    private async Task EvictAsync(ApiRequest request, WriteEndpoints write)
    {
        var answer = Answer.Choose(request.Http);
        var pod = registry.Get(request.Kind, request.Namespace, request.Name);
        var budgets = registry.Store.List("policy/poddisruptionbudgets", request.Namespace)
            .Where(b => b.Map("spec", "selector") is { } s && Selectors.Matches(s, pod.Map("metadata", "labels") ?? []));
        if (budgets.FirstOrDefault(b => (b.Int("status", "disruptionsAllowed") ?? 0) <= 0) is { } full && pod.Text("status", "phase") == "Running")
        {
            throw ApiError.Disrupted(full);
        }

        registry.Delete(request.Kind, request.Namespace, request.Name, new DeleteRequest { DryRun = request.Query("dryRun") is { Length: > 0 } });
        await write.FinishAsync(request, answer, 201, Success(201));
    }

    private async Task BindAsync(ApiRequest request, WriteEndpoints write)
    {
        var answer = Answer.Choose(request.Http);
        var binding = await BodyReader.ObjectAsync(request, registry.Kinds.BuiltIn("", "bindings"));
        Reviews.Bind(registry, request.Namespace, request.Name, binding);
        await write.FinishAsync(request, answer, 201, Success(201));
    }

    private async Task TokenAsync(ApiRequest request, WriteEndpoints write)
    {
        var answer = Answer.Choose(request.Http);
        registry.Get(request.Kind, request.Namespace, request.Name);
        var kind = new ResourceKind { Group = "authentication.k8s.io", Version = "v1", Kind = "TokenRequest", Plural = "tokenrequests", Namespaced = true, Shape = SchemaFile.Types["TokenRequest"] };
        var given = await BodyReader.ObjectAsync(request, kind);
        var seconds = given.Int("spec", "expirationSeconds") ?? 3600;
        if (seconds < 600)
        {
            var problems = new Problems();
            problems.Invalid("spec.expirationSeconds", seconds, "may not specify a duration less than 10 minutes");
            problems.Throw(kind, "");
        }

        var spec = given.Ensure("spec");
        spec.Default("audiences", JsonTree.ListOf("https://kubernetes.default.svc"));
        spec["expirationSeconds"] = seconds;
        if (spec.GetValueOrDefault("boundObjectRef") is null)
        {
            spec["boundObjectRef"] = null;
        }

        var metadata = given.Ensure("metadata");
        metadata["name"] = request.Name;
        metadata["namespace"] = request.Namespace;
        metadata["creationTimestamp"] = registry.Clock.NowText;
        given["status"] = new JsonMap
        {
            ["token"] = Convert.ToHexStringLower(System.Security.Cryptography.RandomNumberGenerator.GetBytes(32)),
            ["expirationTimestamp"] = SandboxClock.Text(registry.Clock.Now.AddSeconds(seconds)),
        };
        await write.FinishAsync(request, answer, 201, given);
    }

    private async Task FinalizeAsync(ApiRequest request, WriteEndpoints write)
    {
        var answer = Answer.Choose(request.Http);
        var given = await BodyReader.ObjectAsync(request);
        registry.Get(request.Kind, "", request.Name);
        if (given.List("spec", "finalizers") is not { Count: > 0 })
        {
            registry.Remove(request.Kind, "", request.Name);
        }

        await write.FinishAsync(request, answer, 200, given);
    }
}
