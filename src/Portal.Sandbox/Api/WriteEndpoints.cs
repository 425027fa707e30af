using System.Text;
using System.Text.Json;
using Portal.Sandbox.Apply;
using Portal.Sandbox.Json;
using Portal.Sandbox.Kinds;
using Portal.Sandbox.Registry;
using Portal.Sandbox.Schema;

namespace Portal.Sandbox.Api;

/// <summary>POST, PUT, PATCH and DELETE of objects.</summary>
internal sealed class WriteEndpoints(ObjectRegistry registry)
{
    public async Task CreateAsync(ApiRequest request)
    {
        var answer = Answer.Choose(request.Http);
        request.CheckOptions("CreateOptions");
        var obj = await BodyReader.ObjectAsync(request);
        CheckNamespace(request, obj);
        var made = registry.Create(request.Kind, request.Namespace, obj, request.Context());
        await AnswerAsync(request, answer, 201, made);
    }

    public async Task ReplaceAsync(ApiRequest request)
    {
        var answer = Answer.Choose(request.Http);
        request.CheckOptions("UpdateOptions");
        var obj = await BodyReader.ObjectAsync(request);
        CheckNamespace(request, obj);
        CheckName(request, obj);
        if (request.Kind.Bucket == "coordination.k8s.io/leases" && registry.Find(request.Kind, request.Namespace, request.Name) is null && request.Subresource.Length == 0)
        {
            // Leases may be made by PUT.
            await AnswerAsync(request, answer, 201, registry.Create(request.Kind, request.Namespace, obj, request.Context()));
            return;
        }

        var next = registry.Update(request.Kind, request.Namespace, request.Name, current =>
        {
            if (request.Kind.Custom is not null && obj.Text("metadata", "resourceVersion") is not { Length: > 0 })
            {
                var problems = new Problems();
                problems.InvalidText("metadata.resourceVersion", "0", "must be specified for an update");
                problems.Throw(request.Kind, request.Name);
            }

            return obj;
        }, request.Context());
        await AnswerAsync(request, answer, 200, next);
    }

    public async Task PatchAsync(ApiRequest request)
    {
        var answer = Answer.Choose(request.Http);
        var media = BodyReader.MediaType(request.Http);
        var data = await BodyReader.BytesAsync(request.Http);
        switch (media)
        {
            case "application/apply-patch+yaml" or "application/apply-patch+cbor":
                await ApplyAsync(request, answer, data);
                return;
            case "application/merge-patch+json":
                request.CheckOptions("PatchOptions");
                var merge = Decode<JsonMap>(data, "map[string]interface {}");
                await PatchAsync(request, answer, o => MergePatch.Apply(o, merge), null);
                return;
            case "application/json-patch+json":
                request.CheckOptions("PatchOptions");
                var operations = Decode<List<object?>>(data, "[]handlers.jsonPatchOp").OfType<JsonMap>().ToList();
                await PatchAsync(request, answer, o => JsonPatch.Apply(o, operations), null, UnknownOperationFields(operations));
                return;
            case "application/strategic-merge-patch+json" when request.Kind.Custom is null:
                request.CheckOptions("PatchOptions");
                var strategic = Decode<JsonMap>(data, "map[string]interface {}");
                await PatchAsync(request, answer, o => StrategicMergePatch.Apply(o, strategic, request.Kind.Shape), strategic);
                return;
            case "application/strategic-merge-patch+json":
                throw ApiError.UnsupportedMediaType("the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml");
            default:
                throw ApiError.UnsupportedMediaType("415: Unsupported Media Type", details: true);
        }
    }

    private static IEnumerable<string> UnknownOperationFields(List<JsonMap> operations) =>
        operations.SelectMany((o, i) => o.Keys.Where(k => k is not ("op" or "path" or "value" or "from")).Select(k => $"json patch unknown field \"[{i}].{k}\""));

    private async Task PatchAsync(ApiRequest request, Answer answer, Func<JsonMap, JsonMap> change, JsonMap? strategic, IEnumerable<string>? more = null)
    {
        var kind = request.Kind;
        var next = registry.Update(kind, request.Namespace, request.Name, current =>
        {
            var source = ObjectViews.InVersion(current, kind);
            var patched = change(source);
            CheckName(request, patched);
            if (patched.Text("metadata", "uid") is { } uid && uid != current.Text("metadata", "uid"))
            {
                var problems = new Problems();
                problems.Invalid("metadata.uid", uid, "field is immutable");
                problems.Invalid("metadata.uid", uid, "field is immutable");
                problems.Throw(kind, request.Name);
            }

            if (kind.Custom is null && (patched.Text("kind") != kind.Kind || patched.Text("apiVersion") != kind.ApiVersion))
            {
                var problems = new Problems();
                problems.Invalid("patch", PatchedText(patched), $"no kind \"{patched.Text("kind")}\" is registered for version \"{patched.Text("apiVersion")}\" in scheme \"<any>\"");
                throw ApiError.InvalidPatch(problems);
            }

            return BodyReader.Shape(request, kind, patched, [.. more ?? []], text =>
            {
                var problems = new Problems();
                problems.Invalid("patch", strategic is null ? PatchedText(patched) : GoPrint.Value(strategic), text);
                return ApiError.InvalidPatch(problems);
            });
        }, request.Context());
        await AnswerAsync(request, answer, 200, next);
    }

    /// <summary>The patched object as the server quotes it: keys sorted at the top.</summary>
    private static string PatchedText(JsonMap patched)
    {
        var sorted = new JsonMap();
        foreach (var (key, value) in patched.OrderBy(p => p.Key, StringComparer.Ordinal))
        {
            sorted[key] = value;
        }

        return JsonTree.Text(sorted);
    }

    private async Task ApplyAsync(ApiRequest request, Answer answer, byte[] data)
    {
        var kind = request.Kind;
        var problems = new Problems();
        if (request.Query("fieldManager") is not { Length: > 0 })
        {
            problems.Required("fieldManager", "is required for apply patch");
        }

        problems.Throw(ApiRequest.OptionsKind("PatchOptions"), "");
        request.CheckOptions("PatchOptions");
        var config = BodyReader.Yaml(Encoding.UTF8.GetString(data), kind, null);
        if (config.Text("apiVersion") is null || config.Text("kind") is null)
        {
            throw InvalidType(config);
        }

        if (config.Text("apiVersion") == kind.ApiVersion && config.Text("kind") != kind.Kind)
        {
            throw InvalidType(config);
        }

        if (config.Text("apiVersion") != kind.ApiVersion)
        {
            throw ApiError.BadRequest($"Incorrect version specified in apply patch. Specified patch version: {config.Text("apiVersion")}, expected: {kind.ApiVersion}");
        }

        if (config.Map("metadata")?.ContainsKey("managedFields") is true)
        {
            throw ApiError.BadRequest("metadata.managedFields must be nil");
        }

        if (config.Text("metadata", "name") is null or "" && config.Text("metadata", "generateName") is not null)
        {
            throw ApiError.BadRequest($"the name of the object ({request.Name} based on URL) was undeterminable: name must be provided");
        }

        config.Ensure("metadata").Default("name", request.Name);
        CheckNamespace(request, config);
        CheckName(request, config);
        var (obj, created) = registry.Apply(kind, request.Namespace, request.Name, config, request.Query("force") is "true", request.Context());
        await AnswerAsync(request, answer, created ? 201 : 200, obj);
    }

    private static ApiError InvalidType(JsonMap config)
    {
        var version = config.Text("apiVersion") ?? "";
        var (group, of) = version.Contains('/', StringComparison.Ordinal) ? ("", version) : ("/", version);
        return ApiError.BadRequest($"invalid object type: {group}{of}, Kind={config.Text("kind")}");
    }

    public async Task DeleteAsync(ApiRequest request)
    {
        var answer = Answer.Choose(request.Http);
        var options = await ReadDeleteAsync(request);
        if (options.Propagation is null && request.Kind.Bucket == "batch/jobs")
        {
            request.Warnings.Add("child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or set propagationPolicy=Orphan to suppress this warning");
            options = options with { Propagation = "Orphan" };
        }

        var (obj, gone) = registry.Delete(request.Kind, request.Namespace, request.Name, options);
        if (!gone || request.Kind.AnswersObject)
        {
            await AnswerAsync(request, answer, 200, obj);
            return;
        }

        var details = ApiError.DetailsOf(request.Name, request.Kind.Group, request.Kind.Plural);
        details["uid"] = obj.Text("metadata", "uid");
        await FinishAsync(request, answer with { As = null }, 200, new JsonMap
        {
            ["kind"] = "Status",
            ["apiVersion"] = "v1",
            ["metadata"] = new JsonMap(),
            ["status"] = "Success",
            ["details"] = details,
        });
    }

    public async Task DeleteCollectionAsync(ApiRequest request)
    {
        var answer = Answer.Choose(request.Http);
        var options = await ReadDeleteAsync(request);
        var selectors = ListSelectors.Read(request.Query("labelSelector"), request.Query("fieldSelector"), request.Kind);
        var ns = request.Kind.Namespaced ? request.Namespace : null;
        var found = registry.Store.List(request.Kind.Bucket, ns).Where(selectors.Matches).ToList();
        var items = new List<object?>();
        foreach (var obj in found)
        {
            try
            {
                registry.Delete(request.Kind, request.Namespace, obj.Text("metadata", "name")!, options);
                items.Add(ObjectViews.Item(obj, request.Kind));
            }
            catch (ApiError x) when (x.Code == 404)
            {
                // Someone else was faster; the aim is reached.
                continue;
            }
        }

        await FinishAsync(request, answer with { As = null }, 200, new JsonMap
        {
            ["kind"] = request.Kind.Kind + "List",
            ["apiVersion"] = request.Kind.ApiVersion,
            ["metadata"] = new JsonMap { ["resourceVersion"] = registry.Store.Revision.ToString(System.Globalization.CultureInfo.InvariantCulture) },
            ["items"] = items,
        });
    }

    private static async Task<DeleteRequest> ReadDeleteAsync(ApiRequest request)
    {
        var data = await BodyReader.BytesAsync(request.Http);
        JsonMap options = [];
        if (data.Length > 0)
        {
            var kind = new ResourceKind { Group = "", Version = "v1", Kind = "DeleteOptions", Plural = "", Shape = SchemaFile.Types["DeleteOptions"] };
            if (BodyReader.MediaType(request.Http) == "application/vnd.kubernetes.protobuf")
            {
                options = ProtobufReader.ReadMessage(ProtobufReader.ReadEnvelope(data).Raw, kind.Shape);
            }
            else
            {
                try
                {
                    options = JsonTree.Parse(data) as JsonMap ?? [];
                }
                catch (JsonException)
                {
                    throw ApiError.BadRequest("couldn't get version/kind; json parse error: unexpected end of JSON input");
                }
            }
        }

        var propagation = options.Text("propagationPolicy") ?? request.Query("propagationPolicy")
            ?? ((options.Flag("orphanDependents") ?? (request.Query("orphanDependents") is { } o ? o == "true" : null)) switch { true => "Orphan", false => "Background", null => null });
        var dryRun = options.Texts("dryRun").FirstOrDefault() ?? request.Query("dryRun");
        var problems = new Problems();
        if (propagation is not (null or "" or "Background" or "Foreground" or "Orphan"))
        {
            problems.Unsupported("propagationPolicy", propagation, "Foreground", "Background", "Orphan", "nil");
        }

        if (!string.IsNullOrEmpty(dryRun) && dryRun != "All")
        {
            problems.Unsupported("dryRun", JsonTree.ListOf(dryRun), "All");
        }

        if (options.Text("kind") is { Length: > 0 } named && named != "DeleteOptions")
        {
            throw ApiError.BadRequest($"no kind \"{named}\" is registered for version \"{options.Text("apiVersion")}\" in scheme \"<any>\"");
        }

        if (options.ContainsKey("orphanDependents") && options.ContainsKey("propagationPolicy"))
        {
            problems.Invalid("propagationPolicy", propagation, "orphanDependents and deletionPropagation cannot be both set");
        }

        problems.Throw(ApiRequest.OptionsKind("DeleteOptions"), "");
        return new DeleteRequest
        {
            GracePeriodSeconds = options.Int("gracePeriodSeconds") ?? request.Number("gracePeriodSeconds"),
            Propagation = string.IsNullOrEmpty(propagation) ? null : propagation,
            Uid = options.Text("preconditions", "uid"),
            ResourceVersion = options.Text("preconditions", "resourceVersion"),
            DryRun = !string.IsNullOrEmpty(dryRun),
            Reviewed = true,
        };
    }

    private static T Decode<T>(byte[] data, string type)
        where T : class
    {
        try
        {
            return JsonTree.Parse(data) switch
            {
                T value => value,
                var other => throw ApiError.BadRequest($"error decoding patch: json: cannot unmarshal {(other is JsonMap ? "object" : other is List<object?> ? "array" : other is string ? "string" : "number")} into Go value of type {type}"),
            };
        }
        catch (JsonException)
        {
            throw ApiError.BadRequest("error decoding patch: unexpected end of JSON input");
        }
    }

    private static void CheckNamespace(ApiRequest request, JsonMap obj)
    {
        if (request.Kind.Namespaced && obj.Text("metadata", "namespace") is { Length: > 0 } ns && ns != request.Namespace)
        {
            throw ApiError.BadRequest("the namespace of the provided object does not match the namespace sent on the request");
        }
    }

    private static void CheckName(ApiRequest request, JsonMap obj)
    {
        var name = obj.Text("metadata", "name");
        if (name is { Length: > 0 } && name != request.Name)
        {
            throw ApiError.BadRequest($"the name of the object ({name}) does not match the name on the URL ({request.Name})");
        }

        if (name is null or "")
        {
            obj.Ensure("metadata")["name"] = request.Name;
        }
    }

    public Task AnswerAsync(ApiRequest request, Answer answer, int status, JsonMap obj) =>
        FinishAsync(request, answer, status, ReadEndpoints.One(request, answer, obj));

    /// <summary>Answers a write: only when it is safe on disk.</summary>
    public async Task FinishAsync(ApiRequest request, Answer answer, int status, object value)
    {
        await registry.Store.FlushAsync();
        foreach (var warning in request.Warnings)
        {
            request.Http.Response.Headers.Append("Warning", $"299 - \"{warning.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"");
        }

        await answer.WriteAsync(request.Http, status, value);
    }
}
