using Hangfire;
using Hangfire.Redis.StackExchange;
using StackExchange.Redis;

namespace Portal.Server.Jobs;

/// <summary>Background work: Hangfire over Redis when one is configured, else in memory. Jobs carry ids only.</summary>
internal static class JobsFeature
{
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

        services.AddHangfireServer(o =>
        {
            o.WorkerCount = Math.Max(4, Environment.ProcessorCount * 2);
            o.ShutdownTimeout = TimeSpan.FromSeconds(3);
        });
        return services.AddSingleton<WakeUp>();
    }
}
