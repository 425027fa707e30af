using System.Collections.Concurrent;

namespace Portal.Server.Features.Operations;

/// <summary>Wakes those who follow an operation on this replica when something was stored; from elsewhere they see it within a quarter of a second.</summary>
public sealed class OperationFeeds
{
    private readonly ConcurrentDictionary<string, TaskCompletionSource> _waiting = new(StringComparer.Ordinal);

    /// <summary>Something about the operation was stored.</summary>
    public void Publish(string operationId)
    {
        if (_waiting.TryRemove(operationId, out var waiting))
        {
            waiting.TrySetResult();
        }
    }

    /// <summary>Waits until something is published, at most a quarter of a second.</summary>
    public async Task WaitAsync(string operationId, CancellationToken cancellation)
    {
        var waiting = _waiting.GetOrAdd(operationId, _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        await Task.WhenAny(waiting.Task, Task.Delay(TimeSpan.FromMilliseconds(250), cancellation));
        cancellation.ThrowIfCancellationRequested();
    }
}
