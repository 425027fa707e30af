using Portal.Sandbox.Schema;

namespace Portal.Sandbox.Kinds;

/// <summary>One resource of the API: how it is named, where it lives and what its objects look like.</summary>
internal sealed record ResourceKind
{
    public static readonly IReadOnlyList<string> AllVerbs = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];

    public required string Group { get; init; }

    public required string Version { get; init; }

    public required string Kind { get; init; }

    public required string Plural { get; init; }

    public string Singular { get; init; } = "";

    public IReadOnlyList<string> ShortNames { get; init; } = [];

    public IReadOnlyList<string> Categories { get; init; } = [];

    public IReadOnlyList<string> Verbs { get; init; } = AllVerbs;

    public bool Namespaced { get; init; }

    public bool HasStatus { get; init; }

    public bool HasScale { get; init; }

    /// <summary>Writes of the spec count up metadata.generation.</summary>
    public bool CountsGenerations { get; init; }

    /// <summary>DELETE answers the object even when it is gone at once.</summary>
    public bool AnswersObject { get; init; }

    public required Shape Shape { get; init; }

    /// <summary>The definition behind a custom resource; null for built-in kinds.</summary>
    public CustomKind? Custom { get; init; }

    public string ApiVersion => Group.Length == 0 ? Version : $"{Group}/{Version}";

    /// <summary>Under what all versions of a resource are stored.</summary>
    public string Bucket => Group == "events.k8s.io" ? "/events" : $"{Group}/{Plural}";

    /// <summary>The message of the kind in error texts, as "Deployment.apps".</summary>
    public string QualifiedPlural => Group.Length == 0 ? Plural : $"{Plural}.{Group}";
}
