namespace Portal.Core.Plans;

/// <summary>
/// GET /api/v1/plans/{id}/reachability: what could be tried from the cluster. Addresses ("host:port") are those that the values name in clear, Images those that the plan brings, Image what tries the
/// addresses.
/// </summary>
public sealed record ReachabilityChoice(IReadOnlyList<string> Addresses, IReadOnlyList<string> Images, string Image);

/// <summary>POST /api/v1/plans/{id}/reachability: a short Job in the release's namespace connects to these addresses ("host:port", at most 20) and, with Images, pulls the plan's images.</summary>
public sealed record CheckReachabilityRequest(IReadOnlyList<string> Addresses, bool Images = false);

public enum ReachabilityOutcome { Reached, NotReached, Unknown }

/// <summary>One address or image, and why it was not reached, or why that is not known.</summary>
public sealed record ReachabilityCheck(string Target, ReachabilityOutcome Outcome, string Detail);

/// <summary>What the Job saw. At is UTC.</summary>
public sealed record ReachabilityReport(IReadOnlyList<ReachabilityCheck> Checks, DateTimeOffset At);
