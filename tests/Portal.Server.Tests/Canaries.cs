using System.Data.Common;
using System.IO.Compression;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Portal.Server.Data;

namespace Portal.Server.Tests;

/// <summary>Secrets that are looked for afterwards, in every form in which they could leave: as they are, in base64 wherever they stand in it, in hex, in a URL.</summary>
internal sealed partial class Canaries
{
    private readonly List<(string Canary, string Form)> _forms = [];

    [GeneratedRegex("[A-Za-z0-9+/_-]{24,}={0,2}")]
    private static partial Regex Base64();

    /// <summary>A new one.</summary>
    public string New(string what)
    {
        var canary = $"canary-{what}-{Guid.NewGuid():N}";
        var bytes = Encoding.UTF8.GetBytes(canary);
        _forms.Add((canary, canary));
        _forms.Add((canary, Convert.ToHexStringLower(bytes)));
        for (var shift = 0; shift < 3; shift++)
        {
            // What stands before decides how the bytes fall into groups of three; the characters at both ends belong to the neighbours as well.
            var text = Convert.ToBase64String([.. new byte[shift], .. bytes]).TrimEnd('=');
            _forms.Add((canary, text[(shift == 0 ? 0 : shift + 1)..^2]));
        }

        return canary;
    }

    /// <summary>The first canary in a text, or null.</summary>
    public string? In(string text) => _forms.FirstOrDefault(f => text.Contains(f.Form, StringComparison.OrdinalIgnoreCase)).Canary;

    public void AreNotIn(string text, string where)
    {
        if (In(text) is { } found)
        {
            Assert.Fail($"{found} stands in {where}");
        }
    }

    /// <summary>Everything that every table of the portal's database holds, blobs and base64 unpacked: (table.column, text).</summary>
    public static async Task<List<(string Place, string Text)>> DatabaseAsync(PortalServer portal)
    {
        await using var db = await portal.Services.GetRequiredService<IDbContextFactory<PortalDb>>().CreateDbContextAsync();
        await db.Database.OpenConnectionAsync();
        var connection = db.Database.GetDbConnection();
        var tables = new List<string>();
        await EachAsync(connection, PortalServer.OnMySql ? "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()" : "SELECT name FROM sqlite_master WHERE type = 'table'", r => tables.Add(r.GetString(0)));
        var result = new List<(string, string)>();
        foreach (var table in tables)
        {
            await EachAsync(connection, PortalServer.OnMySql ? $"SELECT * FROM `{table}`" : $"SELECT * FROM \"{table}\"", row =>
            {
                for (var i = 0; i < row.FieldCount; i++)
                {
                    var bytes = row.GetValue(i) switch { byte[] blob => blob, string text => Encoding.UTF8.GetBytes(text), _ => [] };
                    result.AddRange(Unpack(bytes, 0).Select(t => ($"{table}.{row.GetName(i)}", t)));
                }
            });
        }

        return result;
    }

    private static async Task EachAsync(DbConnection connection, string sql, Action<DbDataReader> row)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
            row(reader);
        }
    }

    private static IEnumerable<string> Unpack(byte[] bytes, int depth)
    {
        if (bytes.Length == 0 || depth > 4)
        {
            yield break;
        }

        if (bytes is [0x1F, 0x8B, ..])
        {
            using var gzip = new GZipStream(new MemoryStream(bytes), CompressionMode.Decompress);
            using var plain = new MemoryStream();
            gzip.CopyTo(plain);
            foreach (var text in Unpack(plain.ToArray(), depth + 1))
            {
                yield return text;
            }

            yield break;
        }

        var latin = Encoding.Latin1.GetString(bytes);
        yield return latin;
        foreach (var match in Base64().Matches(latin).Select(m => m.Value.TrimEnd('=').Replace('-', '+').Replace('_', '/')))
        {
            var inner = new byte[match.Length];
            if (Convert.TryFromBase64String(match.PadRight((match.Length + 3) / 4 * 4, '='), inner, out var length))
            {
                foreach (var text in Unpack(inner[..length], depth + 1))
                {
                    yield return text;
                }
            }
        }
    }
}
