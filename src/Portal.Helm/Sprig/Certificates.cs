using System.Net;
using System.Security.Cryptography;
using Org.BouncyCastle.Asn1;
using Org.BouncyCastle.Asn1.X509;
using Org.BouncyCastle.Crypto;
using Org.BouncyCastle.Crypto.Generators;
using Org.BouncyCastle.Crypto.Operators;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Math;
using Org.BouncyCastle.OpenSsl;
using Org.BouncyCastle.Pkcs;
using Org.BouncyCastle.Security;
using Org.BouncyCastle.X509;
using Portal.Helm.Templating;

namespace Portal.Helm.Sprig;

/// <summary>Keys and certificates (masterminds.github.io/sprig/crypto.html): genPrivateKey, genCA, genSignedCert and their relatives.</summary>
internal static class Certificates
{
    public static void Register(FunctionTable table, SprigEnvironment environment)
    {
        table.Add("genPrivateKey", [GoType.String], a => PrivateKey((string)a[0]!));
        table.Add("buildCustomCert", [GoType.String, GoType.String], a => new Certificate(Decoded((string)a[0]!, "certificate"), Decoded((string)a[1]!, "private key")));
        table.Add("genCA", [GoType.String, GoType.Int], a => Sign(environment, (string)a[0]!, null, null, (nint)a[1]!, true, NewKey(), null));
        table.Add("genCAWithKey", [GoType.String, GoType.Int, GoType.String], a => Sign(environment, (string)a[0]!, null, null, (nint)a[1]!, true, ReadKey(a[2]), null));
        table.Add("genSelfSignedCert", [GoType.String, GoType.List, GoType.List, GoType.Int], a => Sign(environment, (string)a[0]!, a[1], a[2], (nint)a[3]!, false, NewKey(), null));
        table.Add("genSelfSignedCertWithKey", [GoType.String, GoType.List, GoType.List, GoType.Int, GoType.String], a => Sign(environment, (string)a[0]!, a[1], a[2], (nint)a[3]!, false, ReadKey(a[4]), null));
        table.Add("genSignedCert", [GoType.String, GoType.List, GoType.List, GoType.Int, GoType.Certificate], a => Sign(environment, (string)a[0]!, a[1], a[2], (nint)a[3]!, false, NewKey(), (Certificate)a[4]!));
        table.Add("genSignedCertWithKey", [GoType.String, GoType.List, GoType.List, GoType.Int, GoType.Certificate, GoType.String], a => Sign(environment, (string)a[0]!, a[1], a[2], (nint)a[3]!, false, ReadKey(a[5]), (Certificate)a[4]!));
    }

    /// <summary>A certificate and its key, both as PEM (sprig's certificate struct).</summary>
    internal sealed record Certificate(string Cert, string Key) : IGoStruct
    {
        public string GoType => "sprig.certificate";

        public IReadOnlyDictionary<string, object?> Fields => new Dictionary<string, object?>(StringComparer.Ordinal) { ["Cert"] = Cert, ["Key"] = Key };

        public IReadOnlyList<KeyValuePair<string, object?>> Members => [new("Cert", Cert), new("Key", Key)];

        public bool TryGetField(string name, out object? value)
        {
            value = name switch { "Cert" => Cert, "Key" => Key, _ => null };
            return value is not null;
        }

        public bool TryGetMethod(string name, out Function method)
        {
            method = null!;
            return false;
        }
    }

    private static AsymmetricCipherKeyPair NewKey()
    {
        using var rsa = RSA.Create(2048);
        return Pair(rsa.ExportRSAPrivateKeyPem()) ?? throw new CryptographicException("an RSA key could not be read back");
    }

    private static string PrivateKey(string kind)
    {
        switch (kind)
        {
            case "" or "rsa":
                using (var rsa = RSA.Create(4096))
                {
                    return rsa.ExportRSAPrivateKeyPem() + "\n";
                }

            case "dsa":
                using (var dsa = DSA.Create(2048))
                {
                    var p = dsa.ExportParameters(true);
                    static DerInteger Number(byte[]? bytes) => new(new BigInteger(1, bytes));
                    return Pem("DSA PRIVATE KEY", new DerSequence(DerInteger.Zero, Number(p.P), Number(p.Q), Number(p.G), Number(p.Y), Number(p.X)).GetEncoded());
                }

            case "ecdsa":
                using (var ecdsa = ECDsa.Create(ECCurve.NamedCurves.nistP256))
                {
                    return ecdsa.ExportECPrivateKeyPem() + "\n";
                }

            case "ed25519":
                var generator = new Ed25519KeyPairGenerator();
                generator.Init(new Ed25519KeyGenerationParameters(new SecureRandom()));
                return Pem(generator.GenerateKeyPair().Private);
            default:
                return "Unknown type " + kind;
        }
    }

    private static string Pem(string label, byte[] content) => PemEncoding.WriteString(label, content) + "\n";

    private static string Pem(AsymmetricKeyParameter key) => key switch
    {
        RsaPrivateCrtKeyParameters => Pem("RSA PRIVATE KEY", PrivateKeyInfoFactory.CreatePrivateKeyInfo(key).ParsePrivateKey().GetEncoded()),
        ECPrivateKeyParameters => Pem("EC PRIVATE KEY", PrivateKeyInfoFactory.CreatePrivateKeyInfo(key).ParsePrivateKey().GetEncoded()),
        // Go writes version 1 of PKCS #8, without the public key.
        Ed25519PrivateKeyParameters ed => Pem("PRIVATE KEY", new DerSequence(
            DerInteger.Zero, new DerSequence(new DerObjectIdentifier("1.3.101.112")), new DerOctetString(new DerOctetString(ed.GetEncoded()).GetEncoded())).GetEncoded()),
        _ => Pem("PRIVATE KEY", PrivateKeyInfoFactory.CreatePrivateKeyInfo(key).GetEncoded()),
    };

    private static AsymmetricCipherKeyPair? Pair(string pem)
    {
        using var reader = new PemReader(new StringReader(pem));
        try
        {
            return reader.ReadObject() switch
            {
                AsymmetricCipherKeyPair pair => pair,
                RsaPrivateCrtKeyParameters rsa => new(new RsaKeyParameters(false, rsa.Modulus, rsa.PublicExponent), rsa),
                ECPrivateKeyParameters ec => new(new ECPublicKeyParameters(ec.AlgorithmName, ec.Parameters.G.Multiply(ec.D), ec.Parameters), ec),
                Ed25519PrivateKeyParameters ed => new(ed.GeneratePublicKey(), ed),
                null => null,
                _ => throw new FunctionException("error parsing private key: unsupported type of key"),
            };
        }
        catch (Exception error) when (error is IOException or PemException or ArgumentException or InvalidKeyException or GeneralSecurityException)
        {
            throw new FunctionException($"error parsing private key: {error.Message}", error);
        }
    }

    private static AsymmetricCipherKeyPair ReadKey(object? pem) => Pair((string)pem!) ?? throw new FunctionException("error parsing private key: no PEM data in input");

    private static string Decoded(string base64, string what)
    {
        string text;
        try
        {
            text = GoBytes.ToText(Convert.FromBase64String(base64));
        }
        catch (FormatException error)
        {
            throw new FunctionException($"unable to decode base64 {what}", error);
        }

        return text.Contains("-----BEGIN ", StringComparison.Ordinal) ? text : throw new FunctionException($"unable to decode {what}");
    }

    private static Certificate Sign(
        SprigEnvironment environment, string commonName, object? addresses, object? names, nint days, bool isAuthority, AsymmetricCipherKeyPair key, Certificate? authority)
    {
        var alternatives = Alternatives(addresses as List<object?> ?? [], names as List<object?> ?? []);
        var now = environment.Time.GetUtcNow().UtcDateTime;
        var generator = new X509V3CertificateGenerator();
        var subject = new X509Name(new List<DerObjectIdentifier> { X509Name.CN }, new List<string> { commonName });
        generator.SetSerialNumber(new BigInteger(1, environment.Random(16)));
        generator.SetSubjectDN(subject);
        generator.SetNotBefore(now);
        generator.SetNotAfter(now.AddDays(Math.Clamp((double)days, -700_000, 2_900_000)));
        generator.SetPublicKey(key.Public);
        generator.AddExtension(X509Extensions.KeyUsage, true, new KeyUsage(KeyUsage.KeyEncipherment | KeyUsage.DigitalSignature | (isAuthority ? KeyUsage.KeyCertSign : 0)));
        generator.AddExtension(X509Extensions.ExtendedKeyUsage, false, new ExtendedKeyUsage(KeyPurposeID.id_kp_serverAuth, KeyPurposeID.id_kp_clientAuth));
        generator.AddExtension(X509Extensions.BasicConstraints, true, new BasicConstraints(isAuthority));
        if (isAuthority)
        {
            generator.AddExtension(X509Extensions.SubjectKeyIdentifier, false, Org.BouncyCastle.X509.Extension.X509ExtensionUtilities.CreateSubjectKeyIdentifier(key.Public));
        }

        if (alternatives.Length > 0)
        {
            generator.AddExtension(X509Extensions.SubjectAlternativeName, false, new GeneralNames(alternatives));
        }

        var signer = key;
        var issuer = subject;
        if (authority is not null)
        {
            var parent = ReadCertificate(authority.Cert);
            issuer = parent.SubjectDN;
            signer = ReadKey(authority.Key);
            // The authority's own identifier, however it was made (crypto/x509, CreateCertificate); an authority without one gets none.
            if (parent.GetExtensionValue(X509Extensions.SubjectKeyIdentifier) is { } identifier)
            {
                generator.AddExtension(X509Extensions.AuthorityKeyIdentifier, false, new AuthorityKeyIdentifier(SubjectKeyIdentifier.GetInstance(Org.BouncyCastle.X509.Extension.X509ExtensionUtilities.FromExtensionValue(identifier)).GetKeyIdentifier()));
            }
        }

        generator.SetIssuerDN(issuer);
        var algorithm = signer.Private switch
        {
            ECPrivateKeyParameters => "SHA256WITHECDSA",
            Ed25519PrivateKeyParameters => "Ed25519",
            RsaKeyParameters => "SHA256WITHRSA",
            // crypto/x509, signingParamsForKey: certificates are not signed by DSA.
            _ => throw new FunctionException("error creating certificate: x509: only RSA, ECDSA and Ed25519 keys supported"),
        };
        var certificate = generator.Generate(new Asn1SignatureFactory(algorithm, signer.Private));
        return new Certificate(Pem("CERTIFICATE", certificate.GetEncoded()), Pem(key.Private));
    }

    private static Org.BouncyCastle.X509.X509Certificate ReadCertificate(string pem)
    {
        try
        {
            return new X509CertificateParser().ReadCertificate(System.Text.Encoding.ASCII.GetBytes(pem)) ?? throw new FunctionException("unable to decode certificate");
        }
        catch (Exception error) when (error is Org.BouncyCastle.Security.Certificates.CertificateException or IOException)
        {
            throw new FunctionException("unable to parse certificate", error);
        }
    }

    private static GeneralName[] Alternatives(List<object?> addresses, List<object?> names)
    {
        var result = new List<GeneralName>();
        foreach (var name in names)
        {
            result.Add(new GeneralName(GeneralName.DnsName, name as string ?? throw new FunctionException($"error processing alternate dns name: {GoFormat.Value(name)} is not a string")));
        }

        foreach (var address in addresses)
        {
            var text = address as string ?? throw new FunctionException($"error parsing ip: {GoFormat.Value(address)} is not a string");
            result.Add(IPAddress.TryParse(text, out var ip)
                ? new GeneralName(GeneralName.IPAddress, new DerOctetString(ip.GetAddressBytes()))
                : throw new FunctionException($"error parsing ip: {text}"));
        }

        return [.. result];
    }
}
