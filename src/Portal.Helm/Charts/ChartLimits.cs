namespace Portal.Helm.Charts;

/// <summary>How large a chart may be. Helm's own limits are 100 MiB in all and 5 MiB a file (pkg/chart/loader/archive).</summary>
public sealed record ChartLimits
{
    /// <summary>Bytes of all files together, archives inside of the archive included.</summary>
    public long TotalBytes { get; init; } = 100 * 1024 * 1024;

    /// <summary>Bytes of one file.</summary>
    public long FileBytes { get; init; } = 5 * 1024 * 1024;

    /// <summary>How many files a chart may have; the folders of a chart that is no archive count as well.</summary>
    public int Files { get; init; } = 20_000;

    /// <summary>How deep subcharts may lie inside of subcharts.</summary>
    public int Depth { get; init; } = 30;

    /// <summary>How deep folders may lie inside of folders: twice what subcharts need, and more.</summary>
    public int FolderDepth { get; init; } = 100;
}
