using Microsoft.Data.Sqlite;

namespace Portal.Server.Data;

/// <summary>Whether this process is the only one on its database: it holds the lock on a file beside the SQLite file, which the system frees when the process dies.</summary>
internal sealed class SoleProcess : IDisposable
{
    private readonly FileStream? _lock;

    public SoleProcess(PortalSettings settings)
    {
        if (settings.UsesMySql || new SqliteConnectionStringBuilder(settings.Database).DataSource is not { Length: > 0 } file || !File.Exists(file))
        {
            return;
        }

        try
        {
            _lock = new FileStream(Path.ChangeExtension(file, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // Another one is there, or nobody can tell.
        }
    }

    /// <summary>True: every other process that wrote into the database is dead. False: there may be others.</summary>
    public bool Is => _lock is not null;

    public void Dispose() => _lock?.Dispose();
}
