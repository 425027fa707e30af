namespace Portal.Core.Catalog;

public enum ChartSourceKind { BuiltIn, Http, Oci, Upload }

/// <summary>A place charts come from. Credentials never leave the server.</summary>
public sealed record ChartSource(
    string Id, string Name, ChartSourceKind Kind, string? Url, int Charts, DateTimeOffset? RefreshedAt, string? Error);

/// <summary>POST /api/v1/chart-sources.</summary>
public sealed record AddChartSourceRequest(
    string Name, ChartSourceKind Kind, string Url, string? UserName = null, string? Password = null, string? BearerToken = null, string? CertificateAuthority = null);

/// <summary>GET /api/v1/charts: one chart of one source with its newest version.</summary>
public sealed record ChartSummary(string SourceId, string SourceName, string Name, string Description, string LatestVersion, string? AppVersion, int Versions, bool Deprecated);

/// <summary>How a candidate version relates to an installed one by number alone.</summary>
public enum VersionClass { Same, Patch, Minor, Major, Older }

/// <summary>GET .../versions: one version. With ?release= the class and risk are against what that release runs.</summary>
public sealed record ChartVersionSummary(
    string Version, string? AppVersion, string Digest, DateTimeOffset? CreatedAt, bool Prerelease, bool Deprecated, VersionClass? Class, string? Risk);

/// <summary>GET .../versions/{version}: everything a person reads before choosing it. Markdown is untrusted.</summary>
public sealed record ChartVersion(
    string SourceId, string Name, string Version, string? AppVersion, string Digest, string Description, string? KubeVersion,
    string Readme, string DefaultValues, string? Schema, IReadOnlyList<ChangelogEntry> Changelog, string? UpgradeGuide, IReadOnlyList<string> Images);

public enum ChangeKind { Breaking, Security, Deprecated, Removed, Changed, Added, Fixed }

/// <summary>One line of a changelog. <see cref="Version"/> is the chart version that brought it.</summary>
public sealed record ChangelogEntry(string Version, ChangeKind Kind, string Text);
