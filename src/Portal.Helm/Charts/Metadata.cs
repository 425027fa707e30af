namespace Portal.Helm.Charts;

/// <summary>What Chart.yaml says of a chart (helm.sh/docs/topics/charts). Absent texts are empty, absent lists are empty.</summary>
public sealed record Metadata
{
    /// <summary>The chart's name: no slash in it.</summary>
    public string Name { get; init; } = "";

    /// <summary>The project's page.</summary>
    public string Home { get; init; } = "";

    /// <summary>Where its sources are.</summary>
    public IReadOnlyList<string> Sources { get; init; } = [];

    /// <summary>The chart's own version, by semver.</summary>
    public string Version { get; init; } = "";

    /// <summary>One sentence.</summary>
    public string Description { get; init; } = "";

    /// <summary>Words to find it by.</summary>
    public IReadOnlyList<string> Keywords { get; init; } = [];

    /// <summary>Who looks after it.</summary>
    public IReadOnlyList<Maintainer> Maintainers { get; init; } = [];

    /// <summary>The address of a picture.</summary>
    public string Icon { get; init; } = "";

    /// <summary>"v1" or "v2".</summary>
    public string ApiVersion { get; init; } = "";

    /// <summary>A condition of apiVersion v1's charts; nothing reads it.</summary>
    public string Condition { get; init; } = "";

    /// <summary>Tags of apiVersion v1's charts; nothing reads them.</summary>
    public string Tags { get; init; } = "";

    /// <summary>The version of what the chart installs: any text.</summary>
    public string AppVersion { get; init; } = "";

    /// <summary>Nobody looks after it any more.</summary>
    public bool Deprecated { get; init; }

    /// <summary>Anything else that its authors say; scalars as text.</summary>
    public IReadOnlyDictionary<string, string> Annotations { get; init; } = new Dictionary<string, string>();

    /// <summary>A semver constraint on the cluster's version, or empty.</summary>
    public string KubeVersion { get; init; } = "";

    /// <summary>The subcharts that it asks for, in the order of the file.</summary>
    public IReadOnlyList<Dependency> Dependencies { get; init; } = [];

    /// <summary>Whether there is a list of dependencies, be it an empty one (Go's nil is none).</summary>
    public bool HasDependencyList { get; init; }

    /// <summary>"application", "library" or empty (application).</summary>
    public string Type { get; init; } = "";
}

/// <summary>A maintainer named by Chart.yaml.</summary>
public sealed record Maintainer(string Name, string Email = "", string Url = "");

/// <summary>One dependency of Chart.yaml (or of requirements.yaml for apiVersion v1).</summary>
public sealed record Dependency
{
    /// <summary>The subchart's own name.</summary>
    public string Name { get; init; } = "";

    /// <summary>A semver constraint on its version; empty allows all.</summary>
    public string Version { get; init; } = "";

    /// <summary>Where it is fetched from; empty when it lies in charts/ by itself.</summary>
    public string Repository { get; init; } = "";

    /// <summary>Paths in the values, between commas: the first that is a boolean switches it on or off.</summary>
    public string Condition { get; init; } = "";

    /// <summary>Tags that switch it on or off when no condition decides.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>What conditions and tags came to; set when a chart is processed.</summary>
    public bool Enabled { get; init; }

    /// <summary>Strings ("data") or tables with "child" and "parent".</summary>
    public IReadOnlyList<object?> ImportValues { get; init; } = [];

    /// <summary>Its name in the parent's values, when not its own.</summary>
    public string Alias { get; init; } = "";
}
