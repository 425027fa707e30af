using Portal.Sandbox.Json;

namespace Portal.Sandbox.Api;

/// <summary>One reason of an Invalid answer.</summary>
internal sealed record Cause(string Reason, string Message, string Field);

/// <summary>An answer that is not a success: becomes a Kubernetes Status object.</summary>
internal sealed class ApiError : Exception
{
    private ApiError(int code, string reason, string message, JsonMap? details)
        : base(message)
    {
        Code = code;
        Reason = reason;
        Details = details;
    }

    public int Code { get; }

    public string Reason { get; }

    public JsonMap? Details { get; }

    /// <summary>Seconds of a Retry-After header.</summary>
    public int? RetryAfter { get; private init; }

    public JsonMap ToStatus()
    {
        var status = new JsonMap { ["kind"] = "Status", ["apiVersion"] = "v1", ["metadata"] = new JsonMap(), ["status"] = "Failure", ["message"] = Message };
        if (Reason.Length > 0)
        {
            status["reason"] = Reason;
        }

        if (Details is not null)
        {
            status["details"] = Details;
        }

        if (Continue is not null)
        {
            status["metadata"] = new JsonMap { ["continue"] = Continue };
        }

        status["code"] = (long)Code;
        return status;
    }

    public static JsonMap DetailsOf(string name, string group, string kind)
    {
        var details = new JsonMap();
        details.SetOrRemove("name", name);
        details.SetOrRemove("group", group);
        details.SetOrRemove("kind", kind);
        return details;
    }

    private static string Qualified(string plural, string group) => group.Length == 0 ? plural : $"{plural}.{group}";

    public static ApiError BadRequest(string message) => new(400, "BadRequest", message, null);

    public static ApiError Unauthorized() => new(401, "Unauthorized", "Unauthorized", null);

    public static ApiError Forbidden(string group, string plural, string name, string why, List<object?>? causes = null)
    {
        var details = DetailsOf(name, group, plural);
        if (causes is not null)
        {
            details["causes"] = causes;
        }

        return new(403, "Forbidden", $"{Qualified(plural, group)} \"{name}\" is forbidden: {why}", details);
    }

    public static ApiError NotFound(string group, string plural, string name) =>
        new(404, "NotFound", $"{Qualified(plural, group)} \"{name}\" not found", DetailsOf(name, group, plural));

    public static ApiError NoResource() => new(404, "NotFound", "the server could not find the requested resource", []);

    public static ApiError MethodNotAllowed() =>
        new(405, "MethodNotAllowed", "the server does not allow this method on the requested resource", []);

    public static ApiError NotAcceptable(string available) =>
        new(406, "NotAcceptable", $"406: Not Acceptable\n\nAvailable representations: {available}", []);

    /// <summary>A form of the object (as=...) that the resource does not have.</summary>
    public static ApiError NotAcceptable() =>
        new(406, "NotAcceptable", "only the following media types are accepted: application/json, application/yaml, application/vnd.kubernetes.protobuf", null);

    public static ApiError AlreadyExists(string group, string plural, string name, string? message = null) =>
        new(409, "AlreadyExists", message ?? $"{Qualified(plural, group)} \"{name}\" already exists", DetailsOf(name, group, plural));

    public static ApiError Conflict(string group, string plural, string name, string why) =>
        new(409, "Conflict", $"Operation cannot be fulfilled on {Qualified(plural, group)} \"{name}\": {why}", DetailsOf(name, group, plural));

    public static ApiError ApplyConflict(string message, IEnumerable<Cause> causes) =>
        new(409, "Conflict", message, new JsonMap { ["causes"] = CauseList(causes) });

    public static ApiError Gone(string message, string? freshContinue = null) =>
        new(410, "Expired", message, null) { Continue = freshContinue };

    /// <summary>A token to go on with from the newest state, for an expired continue.</summary>
    public string? Continue { get; private init; }

    public static ApiError UnsupportedMediaType(string message, bool details = false) =>
        new(415, "UnsupportedMediaType", message, details ? [] : null);

    public static ApiError Invalid(string group, string kind, string name, IReadOnlyList<Cause> causes)
    {
        var details = DetailsOf(name, group, kind);
        details["causes"] = CauseList(causes);
        var texts = causes.Select(c => $"{c.Field}: {c.Message}").Distinct().ToList();
        var all = texts.Count == 1 ? texts[0] : $"[{string.Join(", ", texts)}]";
        return new(422, "Invalid", $"{Qualified(kind, group)} \"{name}\" is invalid: {all}", details);
    }

    /// <summary>An answer with a given code, for faults on purpose.</summary>
    public static ApiError Of(int code, string message) => new(code, code switch { 503 => "ServiceUnavailable", 500 => "InternalError", 403 => "Forbidden", 504 => "Timeout", _ => "" },
        message.Length > 0 ? message : $"fault {code} on request", []);

    /// <summary>An invalid patch: the kind is not named.</summary>
    public static ApiError InvalidPatch(Registry.Problems problems) => problems.ToError("", "", "");

    public static ApiError TooLarge() =>
        new(413, "RequestEntityTooLarge", "Request entity too large: limit is 3145728", []);

    public static ApiError BadPatch() =>
        new(422, "Invalid", "the server rejected our request due to an error in our request", []);

    public static ApiError TooManyRequests(int retryAfter, string message = "Too many requests, please try again later.") =>
        new(429, "TooManyRequests", message, new JsonMap { ["retryAfterSeconds"] = (long)retryAfter }) { RetryAfter = retryAfter };

    /// <summary>A budget allows no eviction now. Without a time to wait: a client library would wait inside of the call, and kubectl drain counts its own time.</summary>
    public static ApiError Disrupted(JsonMap budget) => new(429, "TooManyRequests", "Cannot evict pod as it would violate the pod's disruption budget.", new JsonMap
    {
        ["causes"] = JsonTree.ListOf(new JsonMap
        {
            ["reason"] = "DisruptionBudget",
            ["message"] = $"The disruption budget {budget.Text("metadata", "name")} needs {budget.Int("status", "desiredHealthy") ?? 0} healthy pods and has {budget.Int("status", "currentHealthy") ?? 0} currently",
        }),
    });

    public static ApiError Internal(string message, bool named = false) =>
        new(500, named ? "InternalError" : "", message, named ? new JsonMap { ["causes"] = JsonTree.ListOf(new JsonMap { ["message"] = message }) } : null);

    public static ApiError Unavailable(string message) => new(503, "ServiceUnavailable", message, []);

    public static ApiError Timeout(string message, JsonMap details) => new(504, "Timeout", message, details);

    private static List<object?> CauseList(IEnumerable<Cause> causes) =>
        [.. causes.Select(c => (object?)new JsonMap { ["reason"] = c.Reason, ["message"] = c.Message, ["field"] = c.Field })];
}
