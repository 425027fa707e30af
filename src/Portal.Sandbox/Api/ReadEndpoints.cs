using System.Globalization;
using Portal.Sandbox.Json;
using Portal.Sandbox.Registry;
using Portal.Sandbox.Storage;

namespace Portal.Sandbox.Api;

/// <summary>GET of one object and of lists.</summary>
internal sealed class ReadEndpoints(ObjectRegistry registry)
{
    private readonly ObjectStore _store = registry.Store;

    public Task GetAsync(ApiRequest request)
    {
        var answer = Answer.Choose(request.Http);
        CheckVersion(request.Query("resourceVersion"));
        var obj = registry.Get(request.Kind, request.Namespace, request.Name);
        return answer.WriteAsync(request.Http, 200, One(request, answer, obj));
    }

    /// <summary>One object in the form that the client wants.</summary>
    public static object One(ApiRequest request, Answer answer, JsonMap obj) => answer.As switch
    {
        "Table" => TableView.Of(request.Kind, [obj], obj.Text("metadata", "resourceVersion") ?? "", request.Query("includeObject"), null, request.Now),
        "PartialObjectMetadata" => ObjectViews.Partial(obj),
        _ => ObjectViews.InVersion(obj, request.Kind),
    };

    public Task ListAsync(ApiRequest request)
    {
        var answer = Answer.Choose(request.Http);
        var kind = request.Kind;
        var selectors = ListSelectors.Read(request.Query("labelSelector"), request.Query("fieldSelector"), kind);
        var limit = request.Number("limit") ?? 0;
        _ = request.Number("timeoutSeconds");
        CheckListOptions(request);
        var ns = kind.Namespaced && request.Namespace.Length > 0 ? request.Namespace : null;
        if (request.Query("resourceVersion") == "0")
        {
            limit = 0;
        }

        long revision;
        string after = "";
        List<KeyValuePair<string, JsonMap>> state;
        if (request.Query("continue") is { Length: > 0 } token)
        {
            if (request.Query("resourceVersion") is { Length: > 0 } and not "0")
            {
                throw ApiError.BadRequest("specifying resource version is not allowed when using continue");
            }

            (revision, after) = ContinueToken.Read(token);
            if (revision < 0)
            {
                (revision, state) = Now(kind.Bucket, ns);
            }
            else
            {
                state = _store.ListAt(kind.Bucket, ns, revision)
                    ?? throw ApiError.Gone("The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.", ContinueToken.Write(-1, after));
            }
        }
        else if (request.Query("resourceVersionMatch") == "Exact" || (limit > 0 && request.Query("resourceVersionMatch") is null or "" && request.Query("resourceVersion") is { Length: > 0 } and not "0"))
        {
            revision = long.Parse(request.Query("resourceVersion")!, CultureInfo.InvariantCulture);
            state = _store.ListAt(kind.Bucket, ns, revision) ?? throw ApiError.Gone($"The resourceVersion for the provided list is too old.");
        }
        else
        {
            (revision, state) = Now(kind.Bucket, ns);
        }

        // A key within one namespace is the name alone, as in a cluster's own tokens.
        string Position(string path) => ns is null ? path : path[(ns.Length + 1)..];
        var matching = state.Where(o => string.CompareOrdinal(Position(o.Key) + "\0", after) > 0 && selectors.Matches(o.Value)).ToList();
        var page = limit > 0 && matching.Count > limit ? matching[..(int)limit] : matching;
        var metadata = new JsonMap { ["resourceVersion"] = revision.ToString(CultureInfo.InvariantCulture) };
        // With a selector a cluster does not know whether what is left matches, and lets the client ask.
        if (page.Count < matching.Count || (selectors.Any && limit > 0 && page.Count == limit && state[^1].Key != page[^1].Key))
        {
            metadata["continue"] = ContinueToken.Write(revision, Position(page[^1].Key) + "\0");
            if (!selectors.Any)
            {
                metadata["remainingItemCount"] = (long)(matching.Count - page.Count);
            }
        }

        if (kind.Custom is not null && answer.As is null)
        {
            metadata.Default("continue", "");
        }

        var objects = page.ConvertAll(o => o.Value);
        object list = answer.As switch
        {
            "Table" => TableView.Of(kind, objects, revision.ToString(CultureInfo.InvariantCulture), request.Query("includeObject"), metadata, registry.Clock.Now),
            "PartialObjectMetadataList" or "PartialObjectMetadata" => new JsonMap
            {
                ["kind"] = "PartialObjectMetadataList",
                ["apiVersion"] = "meta.k8s.io/v1",
                ["metadata"] = metadata,
                ["items"] = objects.ConvertAll(o => (object?)ObjectViews.Partial(o)),
            },
            _ => new JsonMap
            {
                ["kind"] = kind.Kind + "List",
                ["apiVersion"] = kind.ApiVersion,
                ["metadata"] = metadata,
                ["items"] = objects.ConvertAll(o => (object?)ObjectViews.Item(o, kind)),
            },
        };
        return answer.WriteAsync(request.Http, 200, list);
    }

    private (long Revision, List<KeyValuePair<string, JsonMap>> State) Now(string bucket, string? ns)
    {
        lock (_store.Gate)
        {
            return (_store.Revision, _store.ListAt(bucket, ns, _store.Revision)!);
        }
    }

    private void CheckListOptions(ApiRequest request)
    {
        var version = request.Query("resourceVersion");
        var match = request.Query("resourceVersionMatch");
        CheckVersion(version);
        var problems = new Problems();
        if (!string.IsNullOrEmpty(match))
        {
            if (string.IsNullOrEmpty(version))
            {
                problems.Forbidden("resourceVersionMatch", "resourceVersionMatch is forbidden unless resourceVersion is provided");
            }
            else if (request.Query("continue") is { Length: > 0 })
            {
                problems.Forbidden("resourceVersionMatch", "resourceVersionMatch is forbidden when continue is provided");
            }
            else if (match is not ("Exact" or "NotOlderThan"))
            {
                problems.Unsupported("resourceVersionMatch", match, "Exact", "NotOlderThan", "");
            }
            else if (match == "Exact" && version == "0")
            {
                problems.Forbidden("resourceVersionMatch", "resourceVersionMatch \"Exact\" is forbidden for resourceVersion \"0\"");
            }
        }

        if (request.Query("sendInitialEvents") is not null)
        {
            problems.Forbidden("sendInitialEvents", "sendInitialEvents is forbidden for list");
        }

        problems.Throw(ApiRequest.OptionsKind("ListOptions"), "");
    }

    public void CheckVersion(string? version)
    {
        if (string.IsNullOrEmpty(version))
        {
            return;
        }

        if (!ulong.TryParse(version, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            throw ApiError.BadRequest($"invalid resource version: resourceVersion: Invalid value: \"{version}\": strconv.ParseUint: parsing \"{version}\": invalid syntax");
        }

        if (number > (ulong)_store.Revision)
        {
            throw ApiError.Timeout($"Timeout: Too large resource version: {number}, current: {_store.Revision}", new JsonMap
            {
                ["causes"] = JsonTree.ListOf(new JsonMap { ["reason"] = "ResourceVersionTooLarge", ["message"] = "Too large resource version" }),
                ["retryAfterSeconds"] = 1L,
            });
        }
    }
}

/// <summary>Where a paged list goes on: the revision of its first page and the last key.</summary>
internal static class ContinueToken
{
    public static string Write(long revision, string after) =>
        Convert.ToBase64String(JsonTree.Bytes(new JsonMap { ["v"] = "meta.k8s.io/v1", ["rv"] = revision, ["start"] = after })).TrimEnd('=');

    public static (long Revision, string After) Read(string token)
    {
        try
        {
            var padded = token.PadRight((token.Length + 3) / 4 * 4, '=');
            if (JsonTree.Parse(Convert.FromBase64String(padded)) is JsonMap map && map.Text("start") is { } start && map.Int("rv") is { } revision)
            {
                return (revision, start);
            }
        }
        catch (Exception x) when (x is FormatException or System.Text.Json.JsonException)
        {
            throw ApiError.BadRequest($"invalid continue token: continue key is not valid: illegal base64 data at input byte {token.Length / 4 * 4}");
        }

        throw ApiError.BadRequest("invalid continue token: continue key is not valid: incorrect encoded start resourceVersion (version meta.k8s.io/v1)");
    }
}
