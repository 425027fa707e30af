using System.Text.Json.Nodes;
using Portal.Helm.Yaml;

namespace Portal.Helm.Kube;

/// <summary>Names one object. Namespace is empty for cluster-scoped kinds.</summary>
public sealed record ObjectRef(string ApiVersion, string Kind, string Namespace, string Name)
{
    /// <summary>The API group: "apps" of "apps/v1"; empty for the core group.</summary>
    public string Group => ApiVersion.Contains('/') ? ApiVersion[..ApiVersion.IndexOf('/')] : "";

    /// <summary>"Deployment/web": how people name it.</summary>
    public override string ToString() => $"{Kind}/{Name}";
}

/// <summary>An object of any kind as the API server gives it.</summary>
public sealed class KubeObject(JsonObject json)
{
    /// <summary>The object itself, as it was received; shared, not copied.</summary>
    public JsonObject Json { get; } = json;

    /// <summary>The object that a YAML document holds, read as Helm reads it; null when it holds none.</summary>
    /// <exception cref="YamlException">The text is not YAML.</exception>
    public static KubeObject? FromYaml(string text) => JsonNode.Parse(GoJson.Write(GoYaml.Read(text))) is JsonObject json ? new KubeObject(json) : null;

    /// <summary>Group and version ("apps/v1").</summary>
    public string ApiVersion => Text("apiVersion");

    /// <summary>The kind.</summary>
    public string Kind => Text("kind");

    /// <summary>metadata.name.</summary>
    public string Name => Text("metadata", "name");

    /// <summary>metadata.namespace; empty for cluster-scoped kinds.</summary>
    public string Namespace => Text("metadata", "namespace");

    /// <summary>metadata.uid: another one means another object of the same name.</summary>
    public string Uid => Text("metadata", "uid");

    /// <summary>metadata.resourceVersion, to be compared for equality only.</summary>
    public string ResourceVersion => Text("metadata", "resourceVersion");

    /// <summary>What names it.</summary>
    public ObjectRef Ref => new(ApiVersion, Kind, Namespace, Name);

    /// <summary>When it was made; null when it was not yet.</summary>
    public DateTimeOffset? CreatedAt => Time("metadata", "creationTimestamp");

    /// <summary>The node at a path, or null.</summary>
    public JsonNode? this[params string[] path]
    {
        get
        {
            JsonNode? at = Json;
            foreach (var key in path)
            {
                at = (at as JsonObject)?[key];
            }

            return at;
        }
    }

    /// <summary>The text at a path, or empty.</summary>
    public string Text(params string[] path) => this[path] is JsonValue value && value.TryGetValue<string>(out var text) ? text : "";

    /// <summary>The whole number at a path, or null.</summary>
    public int? Int(params string[] path) => this[path] is JsonValue value && value.TryGetValue<int>(out var number) ? number : null;

    /// <summary>The time at a path, or null.</summary>
    public DateTimeOffset? Time(params string[] path) => DateTimeOffset.TryParse(Text(path), System.Globalization.CultureInfo.InvariantCulture, out var time) ? time : null;

    /// <summary>The objects of a list at a path, or none.</summary>
    public IEnumerable<KubeObject> List(params string[] path) => (this[path] as JsonArray)?.OfType<JsonObject>().Select(o => new KubeObject(o)) ?? [];

    /// <summary>A condition of status.conditions by its type, or null.</summary>
    public KubeObject? Condition(string type) => List("status", "conditions").FirstOrDefault(c => c.Text("type") == type);

    /// <summary>An annotation, or empty.</summary>
    public string Annotation(string key) => Text("metadata", "annotations", key);

    /// <summary>A label, or empty.</summary>
    public string Label(string key) => Text("metadata", "labels", key);

    /// <summary>uid of the controlling owner, or empty.</summary>
    public string ControllerUid => List("metadata", "ownerReferences").FirstOrDefault(o => o["controller"] is JsonValue v && v.TryGetValue<bool>(out var c) && c)?.Text("uid") ?? "";
}

/// <summary>The API server refused: its status, reason and message, and what was asked.</summary>
public sealed class KubeException(int code, string reason, string message, string request, JsonObject? status = null) : Exception(message)
{
    /// <summary>The HTTP status.</summary>
    public int Code { get; } = code;

    /// <summary>"NotFound", "Conflict", "Invalid", "Forbidden", ...</summary>
    public string Reason { get; } = reason;

    /// <summary>Method and path.</summary>
    public string Request { get; } = request;

    /// <summary>The Status object of the answer, if it was one.</summary>
    public JsonObject? Status { get; } = status;

    /// <summary>When the server wants to be asked again, if it said so.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>An earlier try of the same request got no answer: a conflict may be its own effect.</summary>
    public bool Repeated { get; internal set; }
}

/// <summary>The cluster did not answer: no connection, or no answer in time.</summary>
public sealed class ClusterUnreachableException(string message, Exception? inner = null) : Exception(message, inner);
