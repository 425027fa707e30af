namespace Portal.Helm.Charts;

/// <summary>One file of a chart: path with forward slashes, relative to the chart's root, and its exact bytes.</summary>
public sealed record ChartFile(string Name, ReadOnlyMemory<byte> Data)
{
    private string? _text;

    /// <summary>The bytes as text, made once: what is no UTF-8 is kept (<see cref="Templating.GoBytes"/>).</summary>
    public string Text => _text ??= Templating.GoBytes.ToText(Data.Span);

    /// <summary>Whether name and bytes are the same; whether the text was asked for makes no difference.</summary>
    public bool Equals(ChartFile? other) => other is not null && Name == other.Name && Data.Equals(other.Data);

    /// <summary>Of name and bytes.</summary>
    public override int GetHashCode() => HashCode.Combine(Name, Data);
}

/// <summary>A loaded chart with its subcharts. Immutable: rendering works on copies of the values.</summary>
public sealed record Chart
{
    /// <summary>What Chart.yaml says.</summary>
    public required Metadata Metadata { get; init; }

    /// <summary>Chart.lock as read, or null: a JSON-like tree (Dictionary&lt;string, object?&gt;, List&lt;object?&gt;, string, bool, double, null).</summary>
    public Dictionary<string, object?>? Lock { get; init; }

    /// <summary>Files below templates/, in the order in which they were loaded.</summary>
    public IReadOnlyList<ChartFile> Templates { get; init; } = [];

    /// <summary>The defaults of values.yaml as a tree; never modified.</summary>
    public Dictionary<string, object?> Values { get; init; } = [];

    /// <summary>values.schema.json, or null.</summary>
    public ReadOnlyMemory<byte>? Schema { get; init; }

    /// <summary>All other files (README.md, files/, crds/, ...), what .Files can read.</summary>
    public IReadOnlyList<ChartFile> Files { get; init; } = [];

    /// <summary>Every file as it was read, Chart.yaml and values.yaml included.</summary>
    public IReadOnlyList<ChartFile> Raw { get; init; } = [];

    /// <summary>The subcharts in charts/, at every depth reachable through them.</summary>
    public IReadOnlyList<Chart> Dependencies { get; init; } = [];

    /// <summary>The name in Chart.yaml; of a subchart with an alias, the alias.</summary>
    public string Name => Metadata.Name;

    /// <summary>The subcharts with the keys of their values: the alias, or the name. A subchart with two aliases comes twice.</summary>
    public IEnumerable<(string Key, Chart Chart)> Subcharts => Dependencies.SelectMany(sub =>
        Metadata.Dependencies.Where(d => d.Name == sub.Name).Select(d => d.Alias.Length > 0 ? d.Alias : d.Name).DefaultIfEmpty(sub.Name).Select(key => (key, sub)));

    /// <summary>The exact text of values.yaml, comments included; empty when the chart has none.</summary>
    public string ValuesText => Text("values.yaml");

    /// <summary>A file of the chart's root as text, or empty when it does not exist ("README.md", "CHANGELOG.md", ...).</summary>
    public string Text(string path)
    {
        var file = Raw.FirstOrDefault(f => f.Name == path);
        return file is null ? "" : System.Text.Encoding.UTF8.GetString(file.Data.Span);
    }
}
