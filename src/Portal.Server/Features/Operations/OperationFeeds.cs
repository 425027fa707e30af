using System.Collections.Concurrent;
using StackExchange.Redis;

namespace Portal.Server.Features.Operations;

/// <summary>
/// Wakes those who follow an operation when something was stored: at once on this replica, over Redis on the others when one is configured, else they look by
/// themselves. What is said is an id; the followers read the database.
/// </summary>
public sealed class OperationFeeds
{
    private static readonly RedisChannel Channel = RedisChannel.Literal("iomete-portal:operations");
    private readonly ConcurrentDictionary<string, TaskCompletionSource> _waiting = new(StringComparer.Ordinal);
    private readonly ISubscriber? _redis;

    public OperationFeeds(IServiceProvider services)
    {
        _redis = services.GetService<IConnectionMultiplexer>()?.GetSubscriber();
        _redis?.Subscribe(Channel, (_, id) => Wake(id.ToString()), CommandFlags.FireAndForget);
    }

    /// <summary>Something about the operation was stored.</summary>
    public void Publish(string operationId)
    {
        Wake(operationId);
        if (_redis is { } redis && redis.Multiplexer.IsConnected)
        {
            redis.Publish(Channel, operationId, CommandFlags.FireAndForget);
        }
    }

    /// <summary>Waits until something is published, at most as long as given.</summary>
    public async Task WaitAsync(string operationId, TimeSpan most, CancellationToken cancellation)
    {
        var waiting = _waiting.GetOrAdd(operationId, _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        await Task.WhenAny(waiting.Task, Task.Delay(most, cancellation));
        if (!waiting.Task.IsCompleted && _waiting.TryRemove(KeyValuePair.Create(operationId, waiting)))
        {
            // Others may wait for the same: they look as well, which does no harm.
            waiting.TrySetResult();
        }

        cancellation.ThrowIfCancellationRequested();
    }

    private void Wake(string operationId)
    {
        if (_waiting.TryRemove(operationId, out var waiting))
        {
            waiting.TrySetResult();
        }
    }
}
