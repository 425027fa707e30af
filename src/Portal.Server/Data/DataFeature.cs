using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;
using MySqlConnector;

namespace Portal.Server.Data;

/// <summary>Chooses the database by its connection string and brings its tables up to date at the start.</summary>
internal static class DataFeature
{
    // Migrations are written without a server.
    private static readonly MySqlServerVersion AnyMySql = new(new Version(8, 0, 21));

    public static IServiceCollection AddData(this IServiceCollection services, PortalSettings settings)
    {
        if (settings.UsesMySql)
        {
            services.AddPooledDbContextFactory<MySqlPortalDb>(o => o.UseMySql(settings.Database, ServerVersion.AutoDetect(settings.Database)));
            services.AddSingleton<IDbContextFactory<PortalDb>, Factory<MySqlPortalDb>>();
        }
        else
        {
            services.AddPooledDbContextFactory<SqlitePortalDb>(o => o.UseSqlite(settings.Database));
            services.AddSingleton<IDbContextFactory<PortalDb>, Factory<SqlitePortalDb>>();
        }

        return services.AddSingleton<SoleProcess>().AddScoped(p => p.GetRequiredService<IDbContextFactory<PortalDb>>().CreateDbContext());
    }

    /// <summary>Applies the migrations. Several replicas may start at once on a fresh server, and a server may start later, so it is tried again; the version of the server is asked in there as well.</summary>
    public static async Task MigrateAsync(IServiceProvider services, ILogger logger)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await using var db = await services.GetRequiredService<IDbContextFactory<PortalDb>>().CreateDbContextAsync();
                await UnlockAsync(db);
                await db.Database.MigrateAsync();
                if (db.Database.IsSqlite())
                {
                    // One writer, many readers; a writer waits instead of failing.
                    await db.Database.ExecuteSqlRawAsync("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;");
                }

                return;
            }
            catch (MySqlException error) when (error.ErrorCode is MySqlErrorCode.AccessDenied or MySqlErrorCode.DatabaseAccessDenied)
            {
                throw new SettingsException($"ConnectionStrings__Portal: {error.Message}");
            }
            catch (Exception error) when (error is MySqlException or SqliteException && attempt >= 15)
            {
                throw new SettingsException($"the database cannot be used: {error.Message}");
            }
            catch (Exception error) when (error is MySqlException or SqliteException)
            {
                logger.LogWarning("The database is not ready (attempt {Attempt}): {Message}", attempt, error.Message);
                await Task.Delay(TimeSpan.FromSeconds(Math.Min(attempt, 5)));
            }
        }
    }

    // On SQLite EF Core's lock is a row, and waits for ever for one that a killed process left. Only one portal uses such a file: nobody else can hold it.
    private static async Task UnlockAsync(PortalDb db)
    {
        if (db.Database.IsSqlite() && await db.Database.SqlQueryRaw<int>("SELECT COUNT(*) AS Value FROM sqlite_master WHERE name = '__EFMigrationsLock'").SingleAsync() > 0)
        {
            await db.Database.ExecuteSqlRawAsync("DELETE FROM __EFMigrationsLock");
        }
    }

    private sealed class Factory<T>(IDbContextFactory<T> inner) : IDbContextFactory<PortalDb>
        where T : PortalDb
    {
        public PortalDb CreateDbContext() => inner.CreateDbContext();
    }

    /// <summary>For "dotnet ef" only: no server is needed to write migrations.</summary>
    internal sealed class SqliteDesign : IDesignTimeDbContextFactory<SqlitePortalDb>
    {
        public SqlitePortalDb CreateDbContext(string[] args) => new(new DbContextOptionsBuilder<SqlitePortalDb>().UseSqlite("Data Source=:memory:").Options);
    }

    /// <summary>For "dotnet ef" only.</summary>
    internal sealed class MySqlDesign : IDesignTimeDbContextFactory<MySqlPortalDb>
    {
        public MySqlPortalDb CreateDbContext(string[] args) => new(new DbContextOptionsBuilder<MySqlPortalDb>().UseMySql("Server=design", AnyMySql).Options);
    }
}
