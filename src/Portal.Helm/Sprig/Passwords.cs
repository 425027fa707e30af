using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Org.BouncyCastle.Crypto.Generators;
using Portal.Helm.Templating;

namespace Portal.Helm.Sprig;

/// <summary>derivePassword (the Master Password algorithm), bcrypt, htpasswd and AES (masterminds.github.io/sprig/crypto.html).</summary>
internal static class Passwords
{
    private const string Seed = "com.lyndir.masterpassword";

    // masterpassword.app: each letter of a template stands for a class of characters.
    private static readonly Dictionary<string, string[]> Templates = new(StringComparer.Ordinal)
    {
        ["maximum"] = ["anoxxxxxxxxxxxxxxxxx", "axxxxxxxxxxxxxxxxxno"],
        ["long"] =
        [
            "CvcvnoCvcvCvcv", "CvcvCvcvnoCvcv", "CvcvCvcvCvcvno", "CvccnoCvcvCvcv", "CvccCvcvnoCvcv", "CvccCvcvCvcvno", "CvcvnoCvccCvcv",
            "CvcvCvccnoCvcv", "CvcvCvccCvcvno", "CvcvnoCvcvCvcc", "CvcvCvcvnoCvcc", "CvcvCvcvCvccno", "CvccnoCvccCvcv", "CvccCvccnoCvcv",
            "CvccCvccCvcvno", "CvcvnoCvccCvcc", "CvcvCvccnoCvcc", "CvcvCvccCvccno", "CvccnoCvcvCvcc", "CvccCvcvnoCvcc", "CvccCvcvCvccno",
        ],
        ["medium"] = ["CvcnoCvc", "CvcCvcno"],
        ["short"] = ["Cvcn"],
        ["basic"] = ["aaanaaan", "aannaaan", "aaannaaa"],
        ["pin"] = ["nnnn"],
    };

    public static void Register(FunctionTable table, SprigEnvironment environment)
    {
        table.Add("derivePassword", [GoType.Uint32, GoType.String, GoType.String, GoType.String, GoType.String], a =>
            Derive((uint)a[0]!, (string)a[1]!, (string)a[2]!, (string)a[3]!, (string)a[4]!));
        table.Add("bcrypt", [GoType.String], a => Bcrypt(environment, (string)a[0]!));
        table.Add("htpasswd", [GoType.String, GoType.String], a =>
            ((string)a[0]!).Contains(':') ? $"invalid username: {a[0]}" : $"{a[0]}:{Bcrypt(environment, (string)a[1]!)}");
        table.Add("encryptAES", [GoType.String, GoType.String], a => Encrypt(environment, (string)a[0]!, (string)a[1]!));
        table.Add("decryptAES", [GoType.String, GoType.String], a => Decrypt((string)a[0]!, (string)a[1]!));
    }

    private static string Classes(char symbol) => symbol switch
    {
        'V' => "AEIOU",
        'C' => "BCDFGHJKLMNPQRSTVWXYZ",
        'v' => "aeiou",
        'c' => "bcdfghjklmnpqrstvwxyz",
        'a' => "AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz",
        'n' => "0123456789",
        'o' => "@&%?,=[]_:-+*$#!'^~;()/.",
        _ => "AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz0123456789!@#$%^&*()",
    };

    private static string Derive(uint counter, string kind, string password, string user, string site)
    {
        if (!Templates.TryGetValue(kind, out var templates))
        {
            return "cannot find password template " + kind;
        }

        var key = SCrypt.Generate(GoBytes.ToBytes(password), Salted(user), 32768, 8, 2, 64);
        var message = new byte[Salted(site).Length + 4];
        Salted(site).CopyTo(message, 0);
        BinaryPrimitives.WriteUInt32BigEndian(message.AsSpan(message.Length - 4), counter);
        var seed = HMACSHA256.HashData(key, message);
        var template = templates[seed[0] % templates.Length];
        var result = new StringBuilder(template.Length);
        for (var i = 0; i < template.Length; i++)
        {
            var characters = Classes(template[i]);
            result.Append(characters[seed[i + 1] % characters.Length]);
        }

        return result.ToString();
    }

    private static byte[] Salted(string text)
    {
        var bytes = GoBytes.ToBytes(text);
        var length = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(length, bytes.Length);
        return [.. System.Text.Encoding.ASCII.GetBytes(Seed), .. length, .. bytes];
    }

    private static string Bcrypt(SprigEnvironment environment, string password)
    {
        var bytes = GoBytes.ToBytes(password);
        if (bytes.Length > 72)
        {
            return "failed to encrypt string with bcrypt: bcrypt: password length exceeds 72 bytes";
        }

        var salt = environment.Random(16);
        var hash = BCrypt.Generate(bytes, salt, 10, addTerminator: bytes.Length < 72);
        return $"$2a$10${OfBcrypt(salt)}{OfBcrypt(hash.AsSpan(0, 23))}";
    }

    // bcrypt has base 64 of its own: other letters, no padding.
    private static string OfBcrypt(ReadOnlySpan<byte> bytes)
    {
        const string Usual = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        const string Own = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
        return string.Concat(Convert.ToBase64String(bytes).TrimEnd('=').Select(c => Own[Usual.IndexOf(c, StringComparison.Ordinal)]));
    }

    private static Aes Cipher(string password)
    {
        var aes = Aes.Create();
        var key = new byte[32];
        var given = GoBytes.ToBytes(password);
        given.AsSpan(0, Math.Min(given.Length, key.Length)).CopyTo(key);
        aes.Key = key;
        return aes;
    }

    private static string Encrypt(SprigEnvironment environment, string password, string text)
    {
        if (text.Length == 0)
        {
            return "";
        }

        using var aes = Cipher(password);
        var iv = environment.Random(16);
        return Convert.ToBase64String([.. iv, .. aes.EncryptCbc(GoBytes.ToBytes(text), iv)]);
    }

    private static string Decrypt(string password, string base64)
    {
        if (base64.Length == 0)
        {
            return "";
        }

        var content = Encoding64.Decode(base64) ?? throw new FunctionException(Encoding64.Error(base64));
        // The vector is cut off without a look at how much there is.
        var capacity = base64.Length / 4 * 3;
        if (content.Length <= 16 || content.Length % 16 != 0)
        {
            throw new FunctionException(capacity < 16 ? $"runtime error: slice bounds out of range [:16] with capacity {capacity}"
                : content.Length < 16 ? $"runtime error: slice bounds out of range [16:{content.Length}]"
                : content.Length == 16 ? "runtime error: index out of range [-1]"
                : "crypto/cipher: input not full blocks");
        }

        using var aes = Cipher(password);
        var plain = aes.DecryptCbc(content.AsSpan(16), content.AsSpan(0, 16), PaddingMode.None);
        var padding = plain[^1];
        return padding > plain.Length
            ? throw new FunctionException($"runtime error: slice bounds out of range [:{plain.Length - padding}]")
            : GoBytes.ToText(plain.AsSpan(0, plain.Length - padding));
    }
}
