using System.Security.Cryptography;

namespace Portal.Server.Data;

/// <summary>The key that encrypts the database's secret columns: from PORTAL_KEY_FILE, else made on the first start below PORTAL_DATA/keys.</summary>
internal static class PortalKey
{
    /// <exception cref="SettingsException">The file is missing or holds no key.</exception>
    public static byte[] Load(PortalSettings settings, Action<string> warn)
    {
        var path = PathOf(settings);
        if (settings.KeyFile is null && !File.Exists(path))
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            Make(path);
            if (settings.UsesMySql)
            {
                warn($"a key was made in {path}: every replica needs the same one, set PORTAL_KEY_FILE");
            }
        }

        return Read(path);
    }

    /// <summary>Where the key is, or will be made.</summary>
    public static string PathOf(PortalSettings settings) => settings.KeyFile ?? Path.Combine(settings.DataDirectory, "keys", "portal.key");

    /// <summary>Writes a new random key that only the owner may read.</summary>
    /// <exception cref="IOException">The file exists.</exception>
    public static void Make(string path)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using var stream = new FileStream(path, options);
        stream.Write(System.Text.Encoding.ASCII.GetBytes(Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)) + "\n"));
    }

    /// <exception cref="SettingsException">The file is missing or holds no key.</exception>
    public static byte[] Read(string path)
    {
        try
        {
            var key = Convert.FromBase64String(File.ReadAllText(path).Trim());
            return key.Length == 32 ? key : throw new SettingsException($"{path} holds {key.Length} bytes, a key has 32 (base64)");
        }
        catch (Exception error) when (error is IOException or FormatException or UnauthorizedAccessException)
        {
            throw new SettingsException($"the key file {path} cannot be used: {error.Message}");
        }
    }
}
