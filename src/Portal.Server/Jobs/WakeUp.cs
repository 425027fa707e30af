using System.Linq.Expressions;
using Hangfire;
using StackExchange.Redis;

namespace Portal.Server.Jobs;

/// <summary>
/// Tells some process to look at a row. What is to be done stands in the database; a wake-up that is lost or comes twice does no harm. When the queue cannot
/// take it, it is done in this process.
/// </summary>
public sealed class WakeUp(IBackgroundJobClient jobs, IServiceProvider services, IHostApplicationLifetime lifetime, ILogger<WakeUp> logger)
{
    /// <summary>Enqueues a call. Arguments are ids only.</summary>
    public void Call<T>(Expression<Func<T, Task>> call)
        where T : notnull
    {
        try
        {
            jobs.Enqueue(call);
        }
        catch (Exception error) when (error is BackgroundJobClientException or RedisException or TimeoutException)
        {
            logger.LogWarning("The queue does not take {Job}; it is done here: {Message}", typeof(T).Name, error.GetBaseException().Message);
            _ = Task.Run(() => CallHereAsync(call.Compile()), lifetime.ApplicationStopping);
        }
    }

    private async Task CallHereAsync<T>(Func<T, Task> call)
        where T : notnull
    {
        try
        {
            await using var scope = services.CreateAsyncScope();
            await call(scope.ServiceProvider.GetRequiredService<T>());
        }
        catch (Exception error)
        {
            // Nobody waits for this task: the reconcilers come back to what it leaves.
            logger.LogError(error, "{Job} failed", typeof(T).Name);
        }
    }
}
