namespace Portal.Sandbox;

/// <summary>One simulated cluster: its objects, its API and its controllers.</summary>
internal sealed class SandboxCluster : IAsyncDisposable
{
    private readonly string _notFound = "404 page not found\n";

    public static Task<SandboxCluster> OpenAsync(SandboxOptions options, string token, string? authorityPem, CancellationToken cancellationToken) =>
        Task.FromResult(new SandboxCluster());

    public Task HandleAsync(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status404NotFound;
        return context.Response.WriteAsync(_notFound);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
