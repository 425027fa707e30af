using System.Security.Cryptography;
using Org.BouncyCastle.Asn1;
using Org.BouncyCastle.Asn1.X509;
using Org.BouncyCastle.Crypto.Generators;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Math;
using Org.BouncyCastle.Security;
using Portal.Helm.Templating;

namespace Portal.Helm.Sprig;

/// <summary>Keys and certificates (masterminds.github.io/sprig/crypto.html): genPrivateKey, genCA, genSignedCert and their relatives.</summary>
internal static class Certificates
{
    public static void Register(FunctionTable table, SprigEnvironment environment)
    {
        var keys = new KeyMaker();
        table.Add("genPrivateKey", [GoType.String], a => PrivateKey((string)a[0]!));
        table.Add("buildCustomCert", [GoType.String, GoType.String], a => Custom((string)a[0]!, (string)a[1]!));
        table.Add("genCA", [GoType.String, GoType.Int], a => Sign(environment, (string)a[0]!, null, null, (nint)a[1]!, true, keys.Next(), null));
        table.Add("genCAWithKey", [GoType.String, GoType.Int, GoType.String], a => Sign(environment, (string)a[0]!, null, null, (nint)a[1]!, true, ReadKey(a[2]), null));
        table.Add("genSelfSignedCert", [GoType.String, GoType.List, GoType.List, GoType.Int], a => Sign(environment, (string)a[0]!, a[1], a[2], (nint)a[3]!, false, keys.Next(), null));
        table.Add("genSelfSignedCertWithKey", [GoType.String, GoType.List, GoType.List, GoType.Int, GoType.String], a => Sign(environment, (string)a[0]!, a[1], a[2], (nint)a[3]!, false, ReadKey(a[4]), null));
        table.Add("genSignedCert", [GoType.String, GoType.List, GoType.List, GoType.Int, GoType.Certificate], a => Sign(environment, (string)a[0]!, a[1], a[2], (nint)a[3]!, false, keys.Next(), (Certificate)a[4]!));
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
                return new SigningKey.Other(generator.GenerateKeyPair()).Pem;
            default:
                return "Unknown type " + kind;
        }
    }

    private static string Pem(string label, byte[] content) => PemEncoding.WriteString(label, content) + "\n";

    // genCA and its relatives say "parsing", what reads an authority's key says "error parsing".
    private static SigningKey ReadKey(object? pem, string beginning = "parsing private key: ") => PrivateKeys.Within(beginning, () => PrivateKeys.Read((string)pem!));

    private static string Decoded(string base64, string what) => Encoding64.Decode(base64) is { } bytes ? GoBytes.ToText(bytes) : throw new FunctionException($"unable to decode base64 {what}");

    private static Certificate Custom(string base64Certificate, string base64Key)
    {
        var result = new Certificate(Decoded(base64Certificate, "certificate"), Decoded(base64Key, "private key"));
        _ = ReadCertificate(result.Cert, "decodedCert");
        _ = ReadKey(result.Key, "error parsing private key: ");
        return result;
    }

    private static Certificate Sign(
        SprigEnvironment environment, string commonName, object? addresses, object? names, nint days, bool isAuthority, SigningKey key, Certificate? authority)
    {
        var parent = authority is null ? null : ReadCertificate(authority.Cert, "decodedSignerCert");
        var signer = authority is null ? key : ReadKey(authority.Key, "error parsing private key: ");
        var alternatives = Alternatives(addresses as List<object?> ?? [], names as List<object?> ?? []);
        var now = environment.Time.GetUtcNow().UtcDateTime;
        CheckKeys(key, signer);
        var publicKey = key.Public;
        var subject = Named(commonName);
        var issuer = parent?.SubjectDN ?? subject;
        if (parent is not null && !signer.Fits(parent))
        {
            throw new FunctionException("error creating certificate: x509: provided PrivateKey doesn't match parent's PublicKey");
        }

        var extensions = new X509ExtensionsGenerator();
        extensions.AddExtension(X509Extensions.KeyUsage, true, new KeyUsage(KeyUsage.KeyEncipherment | KeyUsage.DigitalSignature | (isAuthority ? KeyUsage.KeyCertSign : 0)));
        extensions.AddExtension(X509Extensions.ExtendedKeyUsage, false, new ExtendedKeyUsage(KeyPurposeID.id_kp_serverAuth, KeyPurposeID.id_kp_clientAuth));
        extensions.AddExtension(X509Extensions.BasicConstraints, true, new BasicConstraints(isAuthority));
        if (isAuthority)
        {
            // RFC 7093, 2 (1), as Go does since 1.25: the first 160 bits of the key's SHA-256.
            extensions.AddExtension(X509Extensions.SubjectKeyIdentifier, false, new SubjectKeyIdentifier(SHA256.HashData(publicKey.PublicKey.GetBytes())[..20]));
        }

        // The authority's own identifier, however it was made (crypto/x509, CreateCertificate); an authority without one gets none, nor does one of the same name.
        if (!issuer.GetEncoded().AsSpan().SequenceEqual(subject.GetEncoded()) && parent?.GetExtensionValue(X509Extensions.SubjectKeyIdentifier) is { } identifier)
        {
            extensions.AddExtension(X509Extensions.AuthorityKeyIdentifier, false, new AuthorityKeyIdentifier(SubjectKeyIdentifier.GetInstance(Org.BouncyCastle.X509.Extension.X509ExtensionUtilities.FromExtensionValue(identifier)).GetKeyIdentifier()));
        }

        if (alternatives.Length > 0)
        {
            // Critical where the subject has no name (RFC 5280, section 4.2.1.6).
            extensions.AddExtension(X509Extensions.SubjectAlternativeName, commonName.Length == 0, new GeneralNames(alternatives));
        }

        // A time.Duration of more than 292 years comes out at the other end.
        var certified = new DerSequence(
            new DerTaggedObject(0, DerInteger.ValueOf(2)),
            new DerInteger(new BigInteger(1, environment.Random(16))),
            signer.Algorithm,
            issuer,
            new DerSequence(new Time(now), new Time(now.AddTicks(unchecked(days * 24 * 3_600_000_000_000) / 100))),
            subject,
            publicKey,
            new DerTaggedObject(3, extensions.Generate()));
        var signature = new DerBitString(signer.Sign(certified.GetEncoded()));
        return new Certificate(Pem("CERTIFICATE", new DerSequence(certified, signer.Algorithm, signature).GetEncoded()), key.Pem);
    }

    // crypto/x509 neither signs by DSA nor certifies a DSA key.
    private static void CheckKeys(SigningKey key, SigningKey signer)
    {
        if (signer is SigningKey.Other { Pair.Private: DsaPrivateKeyParameters })
        {
            throw new FunctionException("error creating certificate: x509: certificate private key does not implement crypto.Signer");
        }

        if (key is SigningKey.Other { Pair.Private: DsaPrivateKeyParameters })
        {
            throw new FunctionException("error creating certificate: x509: unsupported public key type: *dsa.PublicKey");
        }
    }

    // pkix.Name with a common name only: none where it is empty; a printable string where every letter allows it (encoding/asn1, marshalField).
    private static X509Name Named(string commonName)
    {
        if (commonName.Length == 0)
        {
            return X509Name.GetInstance(DerSequence.Empty);
        }

        if (GoBytes.HasLoneSurrogate(commonName))
        {
            throw new FunctionException("error creating certificate: asn1: structure error: string not valid UTF-8");
        }

        Asn1Encodable text = commonName.All(c => char.IsAsciiLetterOrDigit(c) || " '()+,-./:=?".Contains(c)) ? new DerPrintableString(commonName) : new DerUtf8String(commonName);
        return X509Name.GetInstance(new DerSequence(new DerSet(new DerSequence(X509Name.CN, text))));
    }

    private static Org.BouncyCastle.X509.X509Certificate ReadCertificate(string pem, string what)
    {
        var block = GoPem.First(pem) ?? throw new FunctionException("unable to decode certificate");
        try
        {
            return new Org.BouncyCastle.X509.X509Certificate(block.Bytes);
        }
        catch (Exception error) when (error is Org.BouncyCastle.Security.Certificates.CertificateException or IOException or ArgumentException or InvalidOperationException)
        {
            throw new FunctionException($"error parsing certificate: {what}.Bytes: x509: malformed certificate", error);
        }
    }

    private static GeneralName[] Alternatives(List<object?> addresses, List<object?> names)
    {
        // The addresses are read first and stand last.
        var numbers = new List<GeneralName>();
        foreach (var address in addresses)
        {
            var text = address as string ?? throw new FunctionException($"error parsing ip: {GoFormat.Value(address)} is not a string");
            numbers.Add(new GeneralName(GeneralName.IPAddress, new DerOctetString(GoAddress.Parse(text) ?? throw new FunctionException($"error parsing ip: {text}"))));
        }

        var texts = names.ConvertAll(n => n as string ?? throw new FunctionException($"error processing alternate dns name: {GoFormat.Value(n)} is not a string"));
        return texts.Find(t => !GoBytes.IsAscii(t)) is { } foreign
            ? throw new FunctionException($"error creating certificate: x509: {GoQuote.Quote(foreign)} cannot be encoded as an IA5String")
            : [.. texts.ConvertAll(t => new GeneralName(GeneralName.DnsName, t)), .. numbers];
    }
}
