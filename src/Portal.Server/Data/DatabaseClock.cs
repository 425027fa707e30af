using System.Globalization;
using Microsoft.EntityFrameworkCore;

namespace Portal.Server.Data;

/// <summary>The one clock that all replicas share.</summary>
internal static class DatabaseClock
{
    /// <summary>The database's own time, UTC.</summary>
    public static async Task<DateTime> NowAsync(PortalDb db, CancellationToken cancellation)
    {
        var sql = db.Database.IsSqlite() ? "SELECT strftime('%Y-%m-%d %H:%M:%f', 'now') AS Value" : "SELECT DATE_FORMAT(UTC_TIMESTAMP(6), '%Y-%m-%d %H:%i:%s.%f') AS Value";
        var text = await db.Database.SqlQueryRaw<string>(sql).SingleAsync(cancellation);
        return DateTime.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal);
    }
}
