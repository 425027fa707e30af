using Microsoft.EntityFrameworkCore;

namespace Portal.Server.Data;

/// <summary>The command "admin rotate-key FILE": everything that is encrypted in the database gets a new key. The portal must be stopped.</summary>
internal static class KeyRotation
{
    /// <summary>Encrypts with the key in a file, which is made when it is not there; a name without a folder is one beside the present key. The exit code: 0 when it is done.</summary>
    public static async Task<int> RunAsync(IServiceProvider services, PortalSettings settings, SecretBox box, string file)
    {
        file = Path.GetFullPath(file, Path.GetDirectoryName(Path.GetFullPath(PortalKey.PathOf(settings)))!);
        var dbs = services.GetRequiredService<IDbContextFactory<PortalDb>>();
        if (!await NobodyRunsAsync(dbs))
        {
            return 1;
        }

        if (!File.Exists(file))
        {
            PortalKey.Make(file);
        }

        var next = new SecretBox(PortalKey.Read(file));
        if (next.Fingerprint == box.Fingerprint)
        {
            Console.Error.WriteLine($"{file} holds the key that is in use");
            return 1;
        }

        await using var db = await dbs.CreateDbContextAsync();
        if (await EncryptedColumns.RotateAsync(db, box, next, () => NobodyRunsAsync(dbs), CancellationToken.None) is not { } count)
        {
            return 1;
        }

        Console.WriteLine($"{count} values are encrypted with key {next.Fingerprint} now.");
        if (settings.KeyFile is not null)
        {
            Console.WriteLine($"Start the portal with PORTAL_KEY_FILE={file}. Keep the old key for old backups of the database.");
            return 0;
        }

        var path = PortalKey.PathOf(settings);
        File.Move(path, $"{path}.{box.Fingerprint}");
        File.Copy(file, path);
        Console.WriteLine($"{path} holds the new key; the old one is beside it, for old backups of the database.");
        return 0;
    }

    // In a connection of its own: within a transaction nobody sees who came meanwhile.
    private static async Task<bool> NobodyRunsAsync(IDbContextFactory<PortalDb> dbs)
    {
        await using var db = await dbs.CreateDbContextAsync();
        if (await Presence.RunningAsync(db, CancellationToken.None) is not { Count: > 0 } running)
        {
            return true;
        }

        Console.Error.WriteLine($"The portal runs: {string.Join(", ", running)}. Stop every replica first; one that was killed counts as running for 20 seconds more. Nothing was changed.");
        return false;
    }
}
