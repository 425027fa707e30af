namespace Portal.Core.Access;

/// <summary>Every permission, as area:noun:verb, and which role has it. A route names exactly one.</summary>
public static class Permissions
{
    public const string SessionUse = "access:session:use";
    public const string UsersRead = "access:users:read";
    public const string UsersWrite = "access:users:write";
    public const string TokensWrite = "access:tokens:write";
    public const string ClustersRead = "clusters:cluster:read";
    public const string ClustersWrite = "clusters:cluster:write";
    public const string CatalogRead = "catalog:chart:read";
    public const string SourcesWrite = "catalog:source:write";
    public const string PacksWrite = "catalog:pack:write";
    public const string ReleasesRead = "releases:release:read";
    public const string ReleasesWrite = "releases:release:write";
    public const string PolicyWrite = "releases:policy:write";
    public const string ValuesRead = "values:revision:read";
    public const string ValuesWrite = "values:revision:write";
    public const string ValuesReveal = "values:secret:reveal";
    public const string PlansRead = "plans:plan:read";
    public const string PlansWrite = "plans:plan:write";
    public const string OperationsRead = "operations:operation:read";
    public const string OperationsStart = "operations:operation:start";
    public const string OperationsResolve = "operations:operation:resolve";
    public const string ApprovalsDecide = "approvals:approval:decide";
    public const string BackupsDownload = "backups:backup:download";
    public const string AuditRead = "audit:entry:read";

    private static readonly string[] Viewer =
        [SessionUse, ClustersRead, CatalogRead, ReleasesRead, ValuesRead, PlansRead, OperationsRead];

    private static readonly string[] Operator =
        [.. Viewer, TokensWrite, PacksWrite, ReleasesWrite, ValuesWrite, PlansWrite, OperationsStart, OperationsResolve];

    private static readonly string[] Approver = [.. Viewer, ApprovalsDecide, AuditRead];

    /// <summary>Everything there is.</summary>
    public static IReadOnlyList<string> All { get; } =
    [
        SessionUse, UsersRead, UsersWrite, TokensWrite, ClustersRead, ClustersWrite, CatalogRead, SourcesWrite, PacksWrite, ReleasesRead, ReleasesWrite,
        PolicyWrite, ValuesRead, ValuesWrite, ValuesReveal, PlansRead, PlansWrite, OperationsRead, OperationsStart, OperationsResolve,
        ApprovalsDecide, BackupsDownload, AuditRead,
    ];

    /// <summary>What a role may do. An admin may do everything, but never approve his own request.</summary>
    public static IReadOnlyList<string> Of(Role role) => role switch
    {
        Role.Viewer => Viewer,
        Role.Operator => Operator,
        Role.Approver => Approver,
        Role.Admin => All,
        _ => [],
    };
}
