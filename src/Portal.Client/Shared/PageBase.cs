using Microsoft.AspNetCore.Components;
using Portal.Client.Api;
using Portal.Client.Features.Access;

namespace Portal.Client.Shared;

/// <summary>What every page with data has: loading, an error, and the end of its requests when it is left.</summary>
public abstract class PageBase : ComponentBase, IDisposable
{
    private readonly CancellationTokenSource _left = new();

    [Inject] protected PortalApi Api { get; set; } = default!;

    [Inject] protected SessionState Session { get; set; } = default!;

    [Inject] protected NavigationManager Navigation { get; set; } = default!;

    protected ApiException? Error { get; set; }

    protected bool Busy { get; private set; }

    /// <summary>Cancelled when the page is left.</summary>
    protected CancellationToken Left => _left.Token;

    /// <summary>Runs something that talks to the server; its failure is shown, not thrown.</summary>
    protected async Task<bool> TryAsync(Func<Task> action)
    {
        Error = null;
        Busy = true;
        try
        {
            await action();
            return true;
        }
        catch (ApiException error)
        {
            Error = error;
            return false;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
        finally
        {
            Busy = false;
        }
    }

    /// <summary>Reads again every five seconds until the page is left. Buttons stay usable meanwhile.</summary>
    protected async Task RefreshAsync(Func<Task> read)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(5));
        var failed = false;
        try
        {
            while (await timer.WaitForNextTickAsync(Left))
            {
                try
                {
                    await read();
                    Error = failed ? null : Error;
                    failed = false;
                }
                catch (ApiException error)
                {
                    (Error, failed) = (error, true);
                }

                StateHasChanged();
            }
        }
        catch (OperationCanceledException)
        {
            // The page was left.
        }
    }

    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing)
    {
        if (disposing)
        {
            _left.Cancel();
            _left.Dispose();
        }
    }
}
