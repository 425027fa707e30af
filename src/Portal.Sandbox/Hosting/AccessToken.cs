using System.Security.Cryptography;
using System.Text;

namespace Portal.Sandbox.Hosting;

/// <summary>The random bearer token of a sandbox; kept with its data so that a kubeconfig survives a restart.</summary>
internal static class AccessToken
{
    public static string LoadOrCreate(string? directory)
    {
        var file = directory is null ? null : Path.Combine(directory, "token");
        if (file is not null && File.Exists(file))
        {
            return File.ReadAllText(file).Trim();
        }

        var token = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(24));
        if (file is not null)
        {
            PrivateFile.Write(file, Encoding.ASCII.GetBytes(token));
        }

        return token;
    }

    /// <summary>Compares in constant time.</summary>
    public static bool Equal(string given, string expected) =>
        CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(given), Encoding.UTF8.GetBytes(expected));
}
