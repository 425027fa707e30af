namespace Portal.Core;

/// <summary>Places both sides name.</summary>
public static class Routes
{
    public const string Api = "/api/v1";
    public const string OperationsHub = "/hubs/operations";
    public const string FollowMethod = "Follow";
}
