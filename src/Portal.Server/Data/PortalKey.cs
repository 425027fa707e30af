using System.Security.Cryptography;

namespace Portal.Server.Data;

/// <summary>The key that encrypts the database's secret columns: from PORTAL_KEY_FILE, else made on the first start below PORTAL_DATA/keys.</summary>
internal static class PortalKey
{
    /// <exception cref="SettingsException">The file is missing or holds no key.</exception>
    public static byte[] Load(PortalSettings settings, Action<string> warn)
    {
        var path = settings.KeyFile ?? Path.Combine(settings.DataDirectory, "keys", "portal.key");
        if (settings.KeyFile is null && !File.Exists(path))
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows())
            {
                options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            }

            using (var stream = new FileStream(path, options))
            {
                stream.Write(System.Text.Encoding.ASCII.GetBytes(Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)) + "\n"));
            }

            if (settings.UsesMySql)
            {
                warn($"a key was made in {path}: every replica needs the same one, set PORTAL_KEY_FILE");
            }
        }

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
