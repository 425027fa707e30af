using Microsoft.EntityFrameworkCore;

namespace Portal.Server.Data;

/// <summary>The portal's database. Every feature brings its own entity configurations; times are UTC.</summary>
public abstract class PortalDb(DbContextOptions options) : DbContext(options)
{
    protected override void OnModelCreating(ModelBuilder modelBuilder) => modelBuilder.ApplyConfigurationsFromAssembly(typeof(PortalDb).Assembly);

    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder)
    {
        configurationBuilder.Properties<DateTime>().HaveConversion<UtcConverter>().HavePrecision(6);
        configurationBuilder.Properties<Enum>().HaveConversion<string>().HaveMaxLength(32);
        configurationBuilder.Properties<string>().HaveMaxLength(255);
    }

    /// <summary>A new identifier: sortable by time, 32 hex digits.</summary>
    public static string NewId() => Guid.CreateVersion7().ToString("N");

    private sealed class UtcConverter() : Microsoft.EntityFrameworkCore.Storage.ValueConversion.ValueConverter<DateTime, DateTime>(
        time => time.Kind == DateTimeKind.Local ? time.ToUniversalTime() : time,
        time => DateTime.SpecifyKind(time, DateTimeKind.Utc));
}

/// <summary>SQLite: the default, one server process.</summary>
public sealed class SqlitePortalDb(DbContextOptions<SqlitePortalDb> options) : PortalDb(options);

/// <summary>MySQL through Pomelo: for several replicas. Names and ids compare byte by byte, not by a collation that ignores case.</summary>
public sealed class MySqlPortalDb(DbContextOptions<MySqlPortalDb> options) : PortalDb(options)
{
    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        base.OnModelCreating(modelBuilder);
        modelBuilder.HasCharSet("utf8mb4").UseCollation("utf8mb4_bin");
    }
}
