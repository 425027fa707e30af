namespace Portal.Helm.Releases;

/// <summary>Helm 4's words in a record for how its objects were sent. Helm 3 writes none, which means client-side.</summary>
public static class ApplyMethods
{
    /// <summary>Server-side apply.</summary>
    public const string ServerSide = "ssa";

    /// <summary>Patches that the client computes.</summary>
    public const string ClientSide = "csa";

    /// <summary>What a new revision uses that follows one with this record.</summary>
    public static string After(string recorded) => recorded == ServerSide ? ServerSide : ClientSide;
}
