using System.Text;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Portal.Server.Data;

namespace Portal.Server.Tests.Data;

public sealed class MigrationTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("portal-migrations-");

    /// <summary>A portal that was killed while it brought its tables up to date left EF Core's lock, and every later start waited for it without a word.</summary>
    [Fact]
    public async Task A_start_gets_past_the_lock_of_a_killed_one()
    {
        var cancellation = TestContext.Current.CancellationToken;
        var settings = new PortalSettings { DataDirectory = _folder.FullName, Database = $"Data Source={Path.Combine(_folder.FullName, "portal.db")};Pooling=False" };
        await using var services = new ServiceCollection().AddSingleton(new SecretBox(Encoding.ASCII.GetBytes(new string('k', 32)))).AddData(settings).BuildServiceProvider();
        await using (var db = await services.GetRequiredService<IDbContextFactory<PortalDb>>().CreateDbContextAsync(cancellation))
        {
            await db.Database.ExecuteSqlRawAsync("CREATE TABLE __EFMigrationsLock (Id INTEGER PRIMARY KEY, Timestamp TEXT NOT NULL); INSERT INTO __EFMigrationsLock VALUES (1, '2026-01-01')", cancellation);
        }

        await DataFeature.MigrateAsync(services, NullLogger.Instance).WaitAsync(TimeSpan.FromSeconds(60), cancellation);
        await using var migrated = await services.GetRequiredService<IDbContextFactory<PortalDb>>().CreateDbContextAsync(cancellation);
        Assert.Empty(await migrated.Database.GetPendingMigrationsAsync(cancellation));
    }

    public void Dispose() => _folder.Delete(recursive: true);
}
