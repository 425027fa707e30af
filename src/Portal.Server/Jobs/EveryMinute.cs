using System.Linq.Expressions;
using Hangfire;

namespace Portal.Server.Jobs;

/// <summary>Tells the queue to make a call once a minute, on one of the replicas.</summary>
internal sealed class EveryMinute<T>(string name, Expression<Func<T, Task>> call, IRecurringJobManager jobs, ILogger<EveryMinute<T>> logger) : BackgroundService
{
    private static readonly TimeSpan Again = TimeSpan.FromMinutes(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            try
            {
                jobs.AddOrUpdate(name, call, Cron.Minutely);
                return;
            }
            catch (Exception error) when (!stoppingToken.IsCancellationRequested)
            {
                // Redis may come later than the portal.
                logger.LogWarning("The queue does not take {Job} yet: {Message}", name, error.GetBaseException().Message);
                await Task.Delay(Again, stoppingToken);
            }
        }
    }
}

internal static class EveryMinuteServices
{
    /// <summary>Has a call made once a minute.</summary>
    public static IServiceCollection AddEveryMinute<T>(this IServiceCollection services, string name, Expression<Func<T, Task>> call) =>
        services.AddHostedService(p => ActivatorUtilities.CreateInstance<EveryMinute<T>>(p, name, call));
}
