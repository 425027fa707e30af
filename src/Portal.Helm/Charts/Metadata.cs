namespace Portal.Helm.Charts;

/// <summary>What Chart.yaml says of a chart (helm.sh/docs/topics/charts). Absent texts are empty, absent lists are empty.</summary>
public sealed record Metadata
{
    public string Name { get; init; } = "";
    public string Home { get; init; } = "";
    public IReadOnlyList<string> Sources { get; init; } = [];
    public string Version { get; init; } = "";
    public string Description { get; init; } = "";
    public IReadOnlyList<string> Keywords { get; init; } = [];
    public IReadOnlyList<Maintainer> Maintainers { get; init; } = [];
    public string Icon { get; init; } = "";

    /// <summary>"v1" or "v2".</summary>
    public string ApiVersion { get; init; } = "";
    public string Condition { get; init; } = "";
    public string Tags { get; init; } = "";
    public string AppVersion { get; init; } = "";
    public bool Deprecated { get; init; }
    public IReadOnlyDictionary<string, string> Annotations { get; init; } = new Dictionary<string, string>();

    /// <summary>A semver constraint on the cluster's version, or empty.</summary>
    public string KubeVersion { get; init; } = "";
    public IReadOnlyList<Dependency> Dependencies { get; init; } = [];

    /// <summary>"application", "library" or empty (application).</summary>
    public string Type { get; init; } = "";
}

/// <summary>A maintainer named by Chart.yaml.</summary>
public sealed record Maintainer(string Name, string Email = "", string Url = "");

/// <summary>One dependency of Chart.yaml (or of requirements.yaml for apiVersion v1).</summary>
public sealed record Dependency
{
    public string Name { get; init; } = "";
    public string Version { get; init; } = "";
    public string Repository { get; init; } = "";
    public string Condition { get; init; } = "";
    public IReadOnlyList<string> Tags { get; init; } = [];
    public bool Enabled { get; init; }

    /// <summary>Strings ("data") or tables with "child" and "parent".</summary>
    public IReadOnlyList<object?> ImportValues { get; init; } = [];
    public string Alias { get; init; } = "";
}
