using Hangfire;
using Hangfire.Redis.StackExchange;
using Hangfire.States;
using StackExchange.Redis;

namespace Portal.Server.Jobs;

/// <summary>Background work: Hangfire over Redis when one is configured, else in memory. Jobs carry ids only.</summary>
internal static class JobsFeature
{
    /// <summary>The queue of what runs operations.</summary>
    public const string OperationsQueue = "operations";

    public static IServiceCollection AddJobs(this IServiceCollection services, PortalSettings settings)
    {
        if (settings.Redis is { } address)
        {
            // The portal starts and goes on without Redis: it is a short cut, not a place where something is kept.
            var options = ConfigurationOptions.Parse(address);
            options.AbortOnConnectFail = false;
            services.AddSingleton<IConnectionMultiplexer>(_ => ConnectionMultiplexer.Connect(options));
            services.AddHangfire((provider, c) => c
                .UseRedisStorage(provider.GetRequiredService<IConnectionMultiplexer>(), new RedisStorageOptions { Prefix = "{iomete-portal}:" })
                .UseFilter(new AutomaticRetryAttribute { Attempts = 0 }));
        }
        else
        {
            services.AddHangfire(c => c.UseInMemoryStorage().UseFilter(new AutomaticRetryAttribute { Attempts = 0 }));
        }

        // An operation keeps its worker while it waits for the cluster, for minutes: plans and the rest must not stand behind it.
        AddServer(services, OperationsQueue, 32);
        AddServer(services, EnqueuedState.DefaultQueue, Math.Max(4, Environment.ProcessorCount * 2));
        return services.AddSingleton<WakeUp>();
    }

    private static void AddServer(IServiceCollection services, string queue, int workers) => services.AddHangfireServer(o =>
    {
        (o.ServerName, o.Queues, o.WorkerCount) = ($"{Environment.MachineName}:{Environment.ProcessId}:{queue}", [queue], workers);
        o.ShutdownTimeout = TimeSpan.FromSeconds(3);
    });
}
