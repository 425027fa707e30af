using System.Text.Json;
using Microsoft.AspNetCore.Diagnostics;
using Portal.Helm.Actions;
using Portal.Helm.Charts;
using Portal.Helm.Kube;
using Portal.Helm.Rendering;
using Portal.Helm.Templating;
using Portal.Helm.Yaml;

namespace Portal.Server.Web;

/// <summary>An answer other than success, as RFC 9457 problem details: what is wrong, where, what to do.</summary>
public sealed class ProblemException(int status, string code, string title, string detail, IDictionary<string, object?>? extra = null) : Exception(detail)
{
    public int Status { get; } = status;

    public string Code { get; } = code;

    public string Title { get; } = title;

    public IDictionary<string, object?> Extra { get; } = extra ?? new Dictionary<string, object?>();

    /// <summary>What a person is told of an error that nobody expected: its words may hold anything.</summary>
    public const string Unexpected = "The portal failed; its log has the details.";

    public static ProblemException NotFound(string what) => new(404, "not-found", "Not found", $"{what} does not exist, or you may not see it.");

    public static ProblemException Invalid(string detail, string? field = null) =>
        new(422, "invalid", "This cannot be used", detail, field is null ? null : new Dictionary<string, object?> { ["field"] = field });
}

/// <summary>Turns every error of the API into problem details; what nobody expected is logged and told with its request id only.</summary>
internal sealed class ProblemHandler(ILogger<ProblemHandler> logger) : IExceptionHandler
{
    public async ValueTask<bool> TryHandleAsync(HttpContext context, Exception exception, CancellationToken cancellationToken)
    {
        var problem = Of(exception);
        if (problem is null)
        {
            logger.LogError(exception, "{Method} {Path} failed", context.Request.Method, context.Request.Path);
            problem = new ProblemException(500, "internal", "The portal failed", "This is a fault of the portal. The log of the server has the details under this request id.");
        }

        context.Response.StatusCode = problem.Status;
        var extensions = new Dictionary<string, object?>(problem.Extra) { ["code"] = problem.Code, ["requestId"] = context.TraceIdentifier };
        await Results.Problem(detail: problem.Message, title: problem.Title, statusCode: problem.Status, extensions: extensions).ExecuteAsync(context);
        return true;
    }

    private static ProblemException? Of(Exception exception) => exception switch
    {
        ProblemException problem => problem,
        YamlException yaml => new ProblemException(422, "yaml", "This is not YAML", $"Line {yaml.Line}: {yaml.Reason}", new Dictionary<string, object?> { ["line"] = yaml.Line, ["column"] = yaml.Column }),
        ChartException chart => new ProblemException(422, "chart", "The chart cannot be used", chart.Message),
        RenderException or TemplateException => new ProblemException(422, "render", "The chart does not render with these values", exception.Message),
        ReleasePendingException pending => new ProblemException(409, "pending", "The release is busy", pending.Message),
        HelmException helm => new ProblemException(422, "helm", "Helm refuses this", helm.Message),
        ClusterUnreachableException unreachable => new ProblemException(503, "cluster-unreachable", "The cluster cannot be reached", unreachable.Message),
        KubeException { Code: 401 or 403 } denied => new ProblemException(422, "cluster-denied", "The cluster refuses the portal's account", denied.Message),
        KubeException kube => new ProblemException(422, "cluster-refused", "The cluster refuses this", $"{kube.Request}: {kube.Message}"),
        BadHttpRequestException { InnerException: JsonException json } when RequiredMembers.Missing(json.Message) is { Length: > 0 } missing => new ProblemException(400, "bad-request", "The request cannot be read", $"The body does not say {string.Join(", ", missing)}: nothing is assumed for it.", new Dictionary<string, object?> { ["field"] = missing[0] }),
        BadHttpRequestException { InnerException: JsonException json } => new ProblemException(400, "bad-request", "The request cannot be read", $"The body is not the JSON that is asked for, at {json.Path ?? "$"}: a value of another kind, an unknown word, or no JSON at all.", new Dictionary<string, object?> { ["field"] = json.Path }),
        BadHttpRequestException { Message: var message } when message.Contains("no body was provided", StringComparison.Ordinal) => new ProblemException(400, "bad-request", "The request cannot be read", "It has no body; JSON is asked for."),
        BadHttpRequestException bad => new ProblemException(bad.StatusCode, "bad-request", "The request cannot be read", bad.Message),
        OperationCanceledException => new ProblemException(499, "cancelled", "Cancelled", "The request was cancelled."),
        _ => null,
    };
}
