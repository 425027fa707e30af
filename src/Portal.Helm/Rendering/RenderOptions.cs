namespace Portal.Helm.Rendering;

/// <summary>What a render leaves out or adds.</summary>
public sealed record RenderOptions
{
    /// <summary>The values are not checked against values.schema.json (--skip-schema-validation).</summary>
    public bool SkipSchema { get; init; }

    /// <summary>required and fail give "" instead of failing, as in helm lint.</summary>
    public bool Lint { get; init; }

    /// <summary>The notes of subcharts stand below the chart's own (--render-subchart-notes). Helm's order is chance; here it is that of their paths.</summary>
    public bool SubchartNotes { get; init; }
}
