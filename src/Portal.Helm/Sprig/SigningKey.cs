using System.Security.Cryptography;
using Org.BouncyCastle.Asn1;
using Org.BouncyCastle.Asn1.Pkcs;
using Org.BouncyCastle.Asn1.X509;
using Org.BouncyCastle.Crypto;
using Org.BouncyCastle.Crypto.Operators;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Pkcs;
using Org.BouncyCastle.X509;

namespace Portal.Helm.Sprig;

/// <summary>A private key as certificates need it.</summary>
internal abstract record SigningKey
{
    /// <summary>Its public half, as it stands in a certificate.</summary>
    public abstract SubjectPublicKeyInfo Public { get; }

    /// <summary>The key in the form Go writes it.</summary>
    public abstract string Pem { get; }

    /// <summary>What a signature by it is called.</summary>
    public abstract AlgorithmIdentifier Algorithm { get; }

    /// <summary>Signs a text.</summary>
    public abstract byte[] Sign(byte[] text);

    /// <summary>Whether this is the private half of a certificate's key.</summary>
    public abstract bool Fits(Org.BouncyCastle.X509.X509Certificate certificate);

    /// <summary>A block of PEM as Go writes it, with a line's end behind it.</summary>
    protected static string Block(string label, byte[] content) => PemEncoding.WriteString(label, content) + "\n";

    /// <summary>
    /// An RSA key, kept as PKCS #1. The platform works with it: the managed library looks for factors of every modulus it meets and is
    /// some twenty times slower at signing, which a chart with a certificate for each of its services notices.
    /// </summary>
    public sealed record Rsa(byte[] Der) : SigningKey
    {
        private RSA Key()
        {
            var rsa = RSA.Create();
            rsa.ImportRSAPrivateKey(Der, out _);
            return rsa;
        }

        public override SubjectPublicKeyInfo Public
        {
            get
            {
                using var rsa = Key();
                return SubjectPublicKeyInfo.GetInstance(rsa.ExportSubjectPublicKeyInfo());
            }
        }

        public override string Pem => Block("RSA PRIVATE KEY", Der);

        public override AlgorithmIdentifier Algorithm => new(PkcsObjectIdentifiers.Sha256WithRsaEncryption, DerNull.Instance);

        public override byte[] Sign(byte[] text)
        {
            using var rsa = Key();
            return rsa.SignData(text, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        }

        public override bool Fits(Org.BouncyCastle.X509.X509Certificate certificate) => certificate.SubjectPublicKeyInfo.Equals(Public);
    }

    /// <summary>A key of another kind.</summary>
    public sealed record Other(AsymmetricCipherKeyPair Pair) : SigningKey
    {
        public override SubjectPublicKeyInfo Public => SubjectPublicKeyInfoFactory.CreateSubjectPublicKeyInfo(Pair.Public);

        public override string Pem => Pair.Private switch
        {
            ECPrivateKeyParameters => Block("EC PRIVATE KEY", PrivateKeyInfoFactory.CreatePrivateKeyInfo(Pair.Private).ParsePrivateKey().GetEncoded()),
            // Go writes version 1 of PKCS #8, without the public key.
            Ed25519PrivateKeyParameters ed => Block("PRIVATE KEY", new DerSequence(
                DerInteger.Zero, new DerSequence(new DerObjectIdentifier("1.3.101.112")), new DerOctetString(new DerOctetString(ed.GetEncoded()).GetEncoded())).GetEncoded()),
            _ => Block("PRIVATE KEY", PrivateKeyInfoFactory.CreatePrivateKeyInfo(Pair.Private).GetEncoded()),
        };

        public override AlgorithmIdentifier Algorithm => (AlgorithmIdentifier)Factory().AlgorithmDetails;

        public override byte[] Sign(byte[] text)
        {
            var calculator = Factory().CreateCalculator();
            using (var stream = calculator.Stream)
            {
                stream.Write(text);
            }

            return calculator.GetResult().Collect();
        }

        public override bool Fits(Org.BouncyCastle.X509.X509Certificate certificate) => certificate.GetPublicKey().Equals(Pair.Public);

        private Asn1SignatureFactory Factory() => new(
            Pair.Private switch
            {
                ECPrivateKeyParameters { Parameters.N.BitLength: > 384 } => "SHA512WITHECDSA",
                ECPrivateKeyParameters { Parameters.N.BitLength: > 256 } => "SHA384WITHECDSA",
                ECPrivateKeyParameters => "SHA256WITHECDSA",
                _ => "Ed25519",
            },
            Pair.Private);
    }
}
