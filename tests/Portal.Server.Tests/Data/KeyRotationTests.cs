using System.Security.Cryptography;
using System.Text;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Portal.Core.Clusters;
using Portal.Server.Data;
using Portal.Server.Features.Access;
using Portal.Server.Features.Catalog;
using Portal.Server.Features.Clusters;

namespace Portal.Server.Tests.Data;

public sealed class KeyRotationTests : IDisposable
{
    private readonly string _file = Path.GetTempFileName();
    private readonly SecretBox _old = new(RandomNumberGenerator.GetBytes(32));
    private readonly SecretBox _next = new(RandomNumberGenerator.GetBytes(32));

    [Fact]
    public async Task Every_value_is_read_with_the_new_key_and_none_with_the_old_one()
    {
        await using (var db = Open())
        {
            await db.Database.MigrateAsync(TestContext.Current.CancellationToken);
            db.Add(Cluster("one"));
            db.Add(Cluster("two"));
            db.Add(new PortalFactRow { Name = DatabaseKeys.FingerprintName, Value = Encoding.ASCII.GetBytes(_old.Fingerprint) });
            await db.SaveChangesAsync(TestContext.Current.CancellationToken);
            Assert.Equal(2, await EncryptedColumns.RotateAsync(db, _old, _next, () => Task.FromResult(true), TestContext.Current.CancellationToken));
        }

        await using var after = Open();
        foreach (var row in after.Set<ClusterRow>())
        {
            Assert.Equal($"kubeconfig of {row.Name}", _next.RevealText(row.Kubeconfig!, ClusterRow.Table, row.Id, "kubeconfig"));
            Assert.ThrowsAny<CryptographicException>(() => _old.RevealText(row.Kubeconfig!, ClusterRow.Table, row.Id, "kubeconfig"));
        }

        var fingerprint = await after.Set<PortalFactRow>().SingleAsync(f => f.Name == DatabaseKeys.FingerprintName, TestContext.Current.CancellationToken);
        Assert.Equal(_next.Fingerprint, Encoding.ASCII.GetString(fingerprint.Value));
    }

    [Fact]
    public async Task A_value_that_cannot_be_read_leaves_everything_as_it_was()
    {
        await using (var db = Open())
        {
            await db.Database.MigrateAsync(TestContext.Current.CancellationToken);
            var moved = Cluster("two");
            moved.Kubeconfig = _old.Protect("moved", ClusterRow.Table, "another row", "kubeconfig");
            db.Add(Cluster("one"));
            db.Add(moved);
            db.Add(new PortalFactRow { Name = DatabaseKeys.FingerprintName, Value = Encoding.ASCII.GetBytes(_old.Fingerprint) });
            await db.SaveChangesAsync(TestContext.Current.CancellationToken);
            await Assert.ThrowsAnyAsync<CryptographicException>(() => EncryptedColumns.RotateAsync(db, _old, _next, () => Task.FromResult(true), TestContext.Current.CancellationToken));
        }

        await using var after = Open();
        var first = await after.Set<ClusterRow>().SingleAsync(c => c.Name == "one", TestContext.Current.CancellationToken);
        Assert.Equal("kubeconfig of one", _old.RevealText(first.Kubeconfig!, ClusterRow.Table, first.Id, "kubeconfig"));
    }

    /// <summary>A portal that started while the key changed went on with the old one.</summary>
    [Fact]
    public async Task Who_comes_meanwhile_stops_it()
    {
        await using (var db = Open())
        {
            await db.Database.MigrateAsync(TestContext.Current.CancellationToken);
            db.Add(Cluster("one"));
            db.Add(new PortalFactRow { Name = DatabaseKeys.FingerprintName, Value = Encoding.ASCII.GetBytes(_old.Fingerprint) });
            await db.SaveChangesAsync(TestContext.Current.CancellationToken);
            Assert.Null(await EncryptedColumns.RotateAsync(db, _old, _next, () => Task.FromResult(false), TestContext.Current.CancellationToken));
        }

        await using var after = Open();
        var row = await after.Set<ClusterRow>().SingleAsync(TestContext.Current.CancellationToken);
        Assert.Equal("kubeconfig of one", _old.RevealText(row.Kubeconfig!, ClusterRow.Table, row.Id, "kubeconfig"));
    }

    /// <summary>A column of bytes that nobody marked would be lost with the old key.</summary>
    [Fact]
    public void Every_column_of_bytes_is_encrypted_or_public()
    {
        using var db = Open();
        var unmarked = db.Model.GetEntityTypes().SelectMany(t => t.GetProperties()).Where(p => p.ClrType == typeof(byte[]) && EncryptedColumns.Place(p) is null);
        // The archives of charts are the vendor's and public to everybody who may read the catalog.
        Assert.Equal([$"{nameof(ChartVersionRow)}.{nameof(ChartVersionRow.Archive)}"], unmarked.Select(p => $"{p.DeclaringType.ClrType.Name}.{p.Name}"));
    }

    public void Dispose()
    {
        SqliteConnection.ClearAllPools();
        File.Delete(_file);
    }

    private SqlitePortalDb Open() => new(new DbContextOptionsBuilder<SqlitePortalDb>().UseSqlite($"Data Source={_file}").Options);

    private ClusterRow Cluster(string name)
    {
        var id = PortalDb.NewId();
        return new ClusterRow
        {
            Id = id, Name = name, Kind = ClusterKind.Kubeconfig, Server = "https://127.0.0.1", CreatedAt = DateTime.UtcNow, Kubeconfig = _old.Protect($"kubeconfig of {name}", ClusterRow.Table, id, "kubeconfig"),
        };
    }
}
