namespace Portal.Core.Overview;

/// <summary>One thing somebody did or was refused. Before and After are masked JSON or null.</summary>
public sealed record AuditEntry(string Id, DateTimeOffset At, string Who, string Action, string Target, bool Allowed, string? Detail);

/// <summary>GET /api/v1/about (anonymous parts only without a session).</summary>
public sealed record About(string Version, string Database, bool SandboxEnabled, DateTimeOffset ServerTime);
