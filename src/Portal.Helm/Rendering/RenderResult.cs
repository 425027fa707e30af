using Portal.Helm.Charts;
using Portal.Helm.Releases;

namespace Portal.Helm.Rendering;

/// <summary>One object that a chart renders: the template it came from, its identity and its text.</summary>
public sealed record RenderedDocument(string Path, string ApiVersion, string Kind, string Name, string Content);

/// <summary>What a chart renders to.</summary>
public sealed record RenderResult
{
    /// <summary>The objects in the order in which they are applied.</summary>
    public required IReadOnlyList<RenderedDocument> Documents { get; init; }

    /// <summary>All documents as Helm stores them: each headed by "---" and "# Source:". Made anew at each call.</summary>
    public string Manifest() => string.Concat(Documents.Select(d => $"---\n# Source: {d.Path}\n{d.Content}\n"));

    /// <summary>The hooks by kind, as Helm prints them; their weights count when they run.</summary>
    public required IReadOnlyList<Hook> Hooks { get; init; }

    /// <summary>The files of crds/, of every chart of the tree; a name begins with the path of its chart.</summary>
    public required IReadOnlyList<ChartFile> Crds { get; init; }

    /// <summary>The rendered NOTES.txt of the top chart, or empty.</summary>
    public string Notes { get; init; } = "";

    /// <summary>The values that the templates saw.</summary>
    public required Dictionary<string, object?> Values { get; init; }
}

/// <summary>Which release is rendered.</summary>
public sealed record ReleaseOptions(string Name, string Namespace, int Revision = 1, bool IsUpgrade = false);

/// <summary>A chart that cannot be rendered: a template's error, or values that its schema refuses. The message is Helm's.</summary>
public sealed class RenderException(string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>What the templates had rendered, when it is the templates or their text that is wrong; null when the chart or its values were refused before.</summary>
    public IReadOnlyDictionary<string, string>? Files { get; init; }
}
