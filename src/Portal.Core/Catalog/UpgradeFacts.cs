using Portal.Core.Plans;

namespace Portal.Core.Catalog;

public enum GuideStepKind { Manual, AdminOnly, Restart, Job, Wait }

public enum GuideStepTime { Before, After }

/// <summary>
/// How to see in the cluster that a step is done: the object exists; with ServesVersion it is a CRD that serves this version; with Resource and Verbs it is a Role (or ClusterRole)
/// that allows them. Namespace absent: the release's.
/// </summary>
public sealed record StepCheck(string ApiVersion, string Kind, string Name, string? Namespace = null, string? ServesVersion = null, string? Group = null, string? Resource = null, IReadOnlyList<string>? Verbs = null);

/// <summary>One step of an upgrade guide. <see cref="Version"/> is the chart version that asks for it; Manifest is what to apply, for steps that apply something.</summary>
public sealed record GuideStep(string Version, GuideStepKind Kind, GuideStepTime When, string Text, string? Manifest = null, StepCheck? Check = null);

/// <summary>What the vendor says about going back below a version: safe, safe with what Text says, only with a backup from before it (a point of no return), or not at all.</summary>
public sealed record WayBack(string Version, RollbackSafety Safety, string Text);

/// <summary>A version that an upgrade must not jump over (Required), or that can only be reached from some versions (From, a semver range).</summary>
public sealed record UpgradeStop(string Version, bool Required, string? From, string Note);

/// <summary>The versions to install one after the other, the target last; empty with a problem when no way is allowed.</summary>
public sealed record UpgradePath(IReadOnlyList<string> Versions, IReadOnlyList<UpgradeStop> Stops, string? Problem);

/// <summary>A line of the changelog with what of the operator's it speaks of: overridden keys, images, kinds. Empty: it does not concern you.</summary>
public sealed record ConcerningChange(ChangelogEntry Entry, IReadOnlyList<string> Concerns);

/// <summary>
/// GET /api/v1/releases/{id}/upgrade?to=: everything a person should know between the installed version and the target. Changes that concern the operator come first. Sources
/// says where the facts are from (the chart, or a release pack by name); PackProblem what of the chart's own files of facts cannot be used, with file and line.
/// </summary>
public sealed record UpgradeBriefing(
    string From, string To, UpgradePath Path, IReadOnlyList<ConcerningChange> Changes, IReadOnlyList<GuideStep> Steps, string Guide, IReadOnlyList<string> Sources, string? PackProblem = null);

/// <summary>Who a release pack is from: written by an operator, shipped with the portal, or in the release feed of a source.</summary>
public enum PackOrigin { Operator, Shipped, Feed }

/// <summary>GET /api/v1/release-packs: what the portal holds beside what charts carry themselves. Of two with one name the operator's comes first. Source: the name of the source whose feed it is in.</summary>
public sealed record ReleasePackSummary(string Name, PackOrigin Origin, IReadOnlyList<string> Charts, int Versions, int Migrations, int Stops, string? UpdatedBy, DateTimeOffset? UpdatedAt, string? Source = null, int Checks = 0);

/// <summary>GET /api/v1/release-packs/{name}: the operator's, else that of a feed, else the shipped one.</summary>
public sealed record ReleasePackText(string Name, PackOrigin Origin, string Text, string Edition);

/// <summary>PUT /api/v1/release-packs/{name}: docs/formats/release-packs.md; the name in the text is the one in the address.</summary>
public sealed record SaveReleasePackRequest(string Text);
