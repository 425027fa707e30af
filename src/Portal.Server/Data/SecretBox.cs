using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;

namespace Portal.Server.Data;

/// <summary>
/// Encrypts columns: gzip, then AES-256-GCM. The blob is version, key id, nonce, tag, text; table, row and column are bound to it, so that a value cannot be moved.
/// </summary>
public sealed class SecretBox
{
    private const byte Version = 1;
    private readonly byte[] _key;
    private readonly byte[] _keyId;

    public SecretBox(byte[] key)
    {
        if (key.Length != 32)
        {
            throw new ArgumentException("the key must have 32 bytes");
        }

        _key = key;
        _keyId = SHA256.HashData([.. "portal-key-id"u8, .. key])[..8];
    }

    /// <summary>Tells keys apart without giving them away.</summary>
    public string Fingerprint => Convert.ToHexStringLower(_keyId);

    /// <summary>Whether these bytes are something that a box made; a column may hold facts in clear beside them.</summary>
    public static bool IsBox(ReadOnlySpan<byte> blob) => blob.Length >= 37 && blob[0] == Version;

    public byte[] Protect(ReadOnlySpan<byte> plain, string table, string row, string column)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            gzip.Write(plain);
        }

        var text = packed.ToArray();
        var result = new byte[1 + 8 + 12 + 16 + text.Length];
        result[0] = Version;
        _keyId.CopyTo(result, 1);
        RandomNumberGenerator.Fill(result.AsSpan(9, 12));
        using var aes = new AesGcm(_key, 16);
        aes.Encrypt(result.AsSpan(9, 12), text, result.AsSpan(37), result.AsSpan(21, 16), Place(table, row, column));
        return result;
    }

    public byte[] Protect(string plain, string table, string row, string column) => Protect(Encoding.UTF8.GetBytes(plain), table, row, column);

    /// <exception cref="CryptographicException">Another key, another place, or changed bytes.</exception>
    public byte[] Reveal(byte[] blob, string table, string row, string column)
    {
        if (blob.Length < 37 || blob[0] != Version || !blob.AsSpan(1, 8).SequenceEqual(_keyId))
        {
            throw new CryptographicException($"{table}.{column} was encrypted with another key");
        }

        var text = new byte[blob.Length - 37];
        using var aes = new AesGcm(_key, 16);
        aes.Decrypt(blob.AsSpan(9, 12), blob.AsSpan(37), blob.AsSpan(21, 16), text, Place(table, row, column));
        using var gzip = new GZipStream(new MemoryStream(text), CompressionMode.Decompress);
        using var plain = new MemoryStream();
        gzip.CopyTo(plain);
        return plain.ToArray();
    }

    public string RevealText(byte[] blob, string table, string row, string column) => Encoding.UTF8.GetString(Reveal(blob, table, row, column));

    /// <summary>A keyed hash: equal for equal secrets, of no use without the key.</summary>
    public string KeyedHash(string text) => Convert.ToHexStringLower(HMACSHA256.HashData(_key, Encoding.UTF8.GetBytes(text)));

    private static byte[] Place(string table, string row, string column) => Encoding.UTF8.GetBytes($"{table}/{row}/{column}");
}
