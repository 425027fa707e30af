using System.Security.Cryptography;
using Portal.Helm.Templating;

namespace Portal.Helm.Sprig;

/// <summary>Hashes and identifiers.</summary>
internal static class Crypto
{
    public static void Register(FunctionTable table, SprigEnvironment environment)
    {
#pragma warning disable CA5350 // sha1sum is what the function is called: charts ask for it.
        table.Add("sha1sum", [GoType.String], a => Hex(SHA1.HashData(GoBytes.ToBytes((string)a[0]!))));
#pragma warning restore CA5350
        table.Add("sha256sum", [GoType.String], a => Hex(SHA256.HashData(GoBytes.ToBytes((string)a[0]!))));
        table.Add("sha512sum", [GoType.String], a => Hex(SHA512.HashData(GoBytes.ToBytes((string)a[0]!))));
        table.Add("adler32sum", [GoType.String], a => Adler32(GoBytes.ToBytes((string)a[0]!)));
        table.Add("uuidv4", [], _ => new Guid(Version4(environment.Random(16)), bigEndian: true).ToString());
    }

    internal static string Hex(byte[] bytes) => Convert.ToHexStringLower(bytes);

    private static byte[] Version4(byte[] bytes)
    {
        bytes[6] = (byte)((bytes[6] & 0x0F) | 0x40);
        bytes[8] = (byte)((bytes[8] & 0x3F) | 0x80);
        return bytes;
    }

    // RFC 1950, section 8.2
    private static string Adler32(byte[] bytes)
    {
        uint a = 1, b = 0;
        foreach (var value in bytes)
        {
            a = (a + value) % 65521;
            b = (b + a) % 65521;
        }

        return ((b << 16) | a).ToString(System.Globalization.CultureInfo.InvariantCulture);
    }
}
