using System.Globalization;
using Portal.Sandbox.Kinds;
using Portal.Sandbox.Registry;

namespace Portal.Sandbox.Api;

/// <summary>A request to a resource: what its path and query say.</summary>
internal sealed class ApiRequest(HttpContext http, ResourceKind kind, string ns, string name, string subresource, SandboxClock clock)
{
    public HttpContext Http => http;

    /// <summary>The time of the cluster, for ages.</summary>
    public DateTimeOffset Now => clock.Now;

    public ResourceKind Kind => kind;

    /// <summary>The namespace; empty for cluster-wide kinds and for lists over all namespaces.</summary>
    public string Namespace => ns;

    public string Name => name;

    public string Subresource => subresource;

    public CancellationToken Aborted => http.RequestAborted;

    public List<string> Warnings { get; } = [];

    public string? Query(string key) => http.Request.Query.TryGetValue(key, out var value) && value.Count > 0 ? value[^1] : null;

    public bool Flag(string key) => Query(key) is "true" or "1" or "";

    /// <exception cref="ApiError">400: not a number.</exception>
    public long? Number(string key) => Query(key) is not { Length: > 0 } text ? null
        : long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number
        : throw ApiError.BadRequest($"strconv.ParseInt: parsing \"{text}\": invalid syntax");

    /// <summary>The field manager: the query's, else the first part of the user agent.</summary>
    public string Manager()
    {
        if (Query("fieldManager") is { Length: > 0 } manager)
        {
            return manager;
        }

        var agent = http.Request.Headers.UserAgent.ToString();
        var end = agent.IndexOf('/', StringComparison.Ordinal);
        return end > 0 ? agent[..end] : agent.Length > 0 ? agent : "unknown";
    }

    public WriteContext Context() => new(Manager())
    {
        Subresource = subresource is "status" or "scale" or "ephemeralcontainers" ? subresource : "",
        DryRun = Query("dryRun") is { Length: > 0 },
        Warn = Warnings.Add,
    };

    /// <summary>Strict, Warn or Ignore.</summary>
    public string FieldValidation => Query("fieldValidation") is { Length: > 0 } level ? level : "Warn";

    /// <summary>Checks the options that all writes share.</summary>
    /// <exception cref="ApiError">422: an option has a value that is not known.</exception>
    public void CheckOptions(string options)
    {
        var problems = new Problems();
        if (Query("fieldManager") is { Length: > 128 })
        {
            problems.TooLong("fieldManager", 128);
        }

        if (Query("dryRun") is { Length: > 0 } dryRun && dryRun != "All")
        {
            problems.Unsupported("dryRun", Json.JsonTree.ListOf(dryRun), "All");
        }

        if (FieldValidation is not ("Strict" or "Warn" or "Ignore"))
        {
            problems.Unsupported("fieldValidation", FieldValidation, "", "Ignore", "Strict", "Warn");
        }

        problems.Throw(OptionsKind(options), "");
    }

    public static ResourceKind OptionsKind(string options) =>
        new() { Group = "meta.k8s.io", Version = "v1", Kind = options, Plural = "", Shape = Schema.Shape.Anything };
}
