namespace Portal.Core.Catalog;

public enum ChartSourceKind { BuiltIn, Http, Oci, Upload }

/// <summary>
/// A place charts come from. Credentials never leave the server. HTTP and OCI sources are read again by themselves: NextRefreshAt says when. Alarms counts versions whose number
/// means another archive there than it did; Hosts are other hosts that it may send the portal to.
/// FeedError: why the release feed beside its index cannot be used.
/// </summary>
public sealed record ChartSource(
    string Id, string Name, ChartSourceKind Kind, string? Url, int Charts, DateTimeOffset? RefreshedAt, string? Error,
    DateTimeOffset? NextRefreshAt = null, int Alarms = 0, IReadOnlyList<string>? Hosts = null, bool PlainHttp = false, string? FeedError = null);

/// <summary>
/// POST /api/v1/chart-sources. Url: the folder of an index.yaml (Http), or oci://HOST/PATH/CHART (Oci; PlainHttp for a registry without TLS). Hosts: "name" or "name:port" that archives or
/// tokens may come from besides the source's own.
/// </summary>
public sealed record AddChartSourceRequest(
    string Name, ChartSourceKind Kind, string Url, string? UserName = null, string? Password = null, string? BearerToken = null, string? CertificateAuthority = null,
    IReadOnlyList<string>? Hosts = null, bool PlainHttp = false);

/// <summary>PATCH /api/v1/chart-sources/{id}. What is absent stays as it is; an empty user name and token together remove the credentials.</summary>
public sealed record UpdateChartSourceRequest(
    string? Url = null, string? UserName = null, string? Password = null, string? BearerToken = null, string? CertificateAuthority = null, IReadOnlyList<string>? Hosts = null);

/// <summary>POST /api/v1/charts/{source}/{name}/versions/{version}/digest: what the source serves now is meant. Digest names it, so that nobody accepts what he has not seen.</summary>
public sealed record AcceptDigestRequest(string Digest);

/// <summary>GET /api/v1/charts: one chart of one source with its newest version.</summary>
public sealed record ChartSummary(string SourceId, string SourceName, string Name, string Description, string LatestVersion, string? AppVersion, int Versions, bool Deprecated);

/// <summary>How a candidate version relates to an installed one by number alone.</summary>
public enum VersionClass { Same, Patch, Minor, Major, Older }

/// <summary>GET .../versions: one version. With ?installed= the class and risk are against that one. ServedDigest: the source has another archive under this number now, an alarm. GoneAt: since when the source no longer has it; it is not offered any more.</summary>
public sealed record ChartVersionSummary(
    string Version, string? AppVersion, string Digest, DateTimeOffset? CreatedAt, bool Prerelease, bool Deprecated, VersionClass? Class, string? Risk, string? ServedDigest = null, DateTimeOffset? GoneAt = null);

/// <summary>GET .../versions/{version}: everything a person reads before choosing it. Markdown is untrusted.</summary>
public sealed record ChartVersion(
    string SourceId, string Name, string Version, string? AppVersion, string Digest, string Description, string? KubeVersion,
    string Readme, string DefaultValues, string? Schema, IReadOnlyList<ChangelogEntry> Changelog, string? UpgradeGuide, IReadOnlyList<string> Images);

public enum ChangeKind { Breaking, Security, Deprecated, Removed, Changed, Added, Fixed }

/// <summary>One line of a changelog. <see cref="Version"/> is the chart version that brought it.</summary>
public sealed record ChangelogEntry(string Version, ChangeKind Kind, string Text);
