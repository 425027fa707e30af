using System.Globalization;
using System.Security.Cryptography;
using Org.BouncyCastle.Asn1;
using Org.BouncyCastle.Asn1.Pkcs;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Security;
using Portal.Helm.Templating;

namespace Portal.Helm.Sprig;

/// <summary>Private keys as sprig's parsePrivateKeyPEM reads them, with the complaints of Go's packages.</summary>
internal static class PrivateKeys
{
    private const string Ending = " PRIVATE KEY";
    private const string Ed25519 = "1.3.101.112";

    /// <summary>The key of a PEM text.</summary>
    /// <exception cref="FunctionException">It has none; the message is Go's error.</exception>
    public static SigningKey Read(string pem)
    {
        var block = GoPem.First(pem) ?? throw new FunctionException("no PEM data in input");
        if (block.Type == "PRIVATE KEY")
        {
            return Within("decoding PEM as PKCS#8: ", () => Wrapped(block.Bytes));
        }

        if (!block.Type.EndsWith(Ending, StringComparison.Ordinal))
        {
            throw new FunctionException($"no private key data in PEM block of type {block.Type}");
        }

        return block.Type[..^Ending.Length] switch
        {
            "RSA" => Within("parsing RSA private key from PEM: ", () => Rsa(block.Bytes)),
            "EC" => Within("parsing EC private key from PEM: ", () => Curve(block.Bytes, null)),
            "DSA" => Within("parsing DSA private key from PEM: ", () => Dsa(block.Bytes)),
            var kind => throw new FunctionException($"invalid private key type {kind}"),
        };
    }

    /// <summary>Runs a part whose complaint gets a beginning.</summary>
    public static T Within<T>(string beginning, Func<T> part)
    {
        try
        {
            return part();
        }
        catch (FunctionException error)
        {
            throw new FunctionException(beginning + error.Message, error);
        }
    }

    private static SigningKey Wrapped(byte[] der)
    {
        var sequence = Sequence(der, "pkcs8");
        if (sequence is not [DerInteger, Asn1Sequence { Count: > 0 } algorithm, Asn1OctetString { } inner, ..] || algorithm[0] is not DerObjectIdentifier kind)
        {
            throw new FunctionException(OtherFormat(sequence) ?? Mismatch(sequence, 1));
        }

        if (kind.Equals(PkcsObjectIdentifiers.RsaEncryption))
        {
            return Within("x509: failed to parse RSA private key embedded in PKCS#8: ", () => Rsa(inner.GetOctets()));
        }

        if (kind.Equals(Org.BouncyCastle.Asn1.X9.X9ObjectIdentifiers.IdECPublicKey))
        {
            return Within("x509: failed to parse EC private key embedded in PKCS#8: ", () => Curve(inner.GetOctets(), algorithm.Count > 1 ? algorithm[1] as DerObjectIdentifier : null));
        }

        if (kind.Id != Ed25519)
        {
            throw new FunctionException($"x509: PKCS#8 wrapping contained private key with unknown algorithm: {kind.Id}");
        }

        if (algorithm.Count > 1)
        {
            throw new FunctionException("x509: invalid Ed25519 private key parameters");
        }

        var seed = Within("x509: invalid Ed25519 private key: ", () => Element(inner.GetOctets()) is Asn1OctetString octets ? octets.GetOctets() : throw new FunctionException(Mismatch(null, 4)));
        if (seed.Length != Ed25519PrivateKeyParameters.KeySize)
        {
            throw new FunctionException(string.Create(CultureInfo.InvariantCulture, $"x509: invalid Ed25519 private key length: {seed.Length}"));
        }

        var key = new Ed25519PrivateKeyParameters(seed);
        return new SigningKey.Other(new(key.GeneratePublicKey(), key));
    }

    private static SigningKey Rsa(byte[] der)
    {
        var sequence = Sequence(der, "pkcs1PrivateKey");
        if (sequence.Count < 9 || !sequence.Take(9).All(n => n is DerInteger))
        {
            throw new FunctionException(OtherFormat(sequence) ?? Mismatch(sequence, 2));
        }

        if (((DerInteger)sequence[0]).Value.CompareTo(Org.BouncyCastle.Math.BigInteger.One) > 0)
        {
            throw new FunctionException("x509: unsupported private key version");
        }

        if (sequence.Where((_, i) => i is 1 or >= 3 and <= 8).Any(n => ((DerInteger)n).Value.SignValue <= 0))
        {
            throw new FunctionException("x509: private key contains zero or negative value");
        }

        return Made("crypto/rsa: invalid private key", () =>
        {
            var numbers = RsaPrivateKeyStructure.GetInstance(sequence);
            if (!numbers.Prime1.Multiply(numbers.Prime2).Equals(numbers.Modulus))
            {
                throw new FunctionException("crypto/rsa: invalid modulus");
            }

            using var rsa = RSA.Create();
            rsa.ImportRSAPrivateKey(sequence.GetEncoded(), out _);
            return new SigningKey.Rsa(rsa.ExportRSAPrivateKey());
        });
    }

    private static SigningKey Curve(byte[] der, DerObjectIdentifier? named)
    {
        var sequence = Within("x509: failed to parse EC private key: ", () => Sequence(der, "ecPrivateKey"));
        if (sequence is not [DerInteger version, Asn1OctetString { } secret, ..])
        {
            throw new FunctionException(OtherFormat(sequence) ?? "x509: failed to parse EC private key: " + Mismatch(sequence, 4));
        }

        if (!version.HasValue(1))
        {
            throw new FunctionException($"x509: unknown EC private key version {version.Value}");
        }

        named ??= sequence.OfType<Asn1TaggedObject>().FirstOrDefault(t => t.TagNo == 0)?.GetExplicitBaseObject() as DerObjectIdentifier;
        // The four that Go knows (namedCurveFromOID).
        if (named?.Id is not ("1.3.132.0.33" or "1.2.840.10045.3.1.7" or "1.3.132.0.34" or "1.3.132.0.35"))
        {
            throw new FunctionException("x509: unknown elliptic curve");
        }

        var parameters = new ECNamedDomainParameters(named, Org.BouncyCastle.Asn1.X9.ECNamedCurveTable.GetByOid(named));
        var number = new Org.BouncyCastle.Math.BigInteger(1, secret.GetOctets());
        return number.CompareTo(parameters.N) >= 0 || number.SignValue == 0
            ? throw new FunctionException("x509: invalid elliptic curve private key value")
            : Made("x509: invalid elliptic curve private key value", () =>
            {
                var key = new ECPrivateKeyParameters(number, parameters);
                return new SigningKey.Other(new(new ECPublicKeyParameters(parameters.G.Multiply(number), parameters), key));
            });
    }

    private static SigningKey Dsa(byte[] der)
    {
        var numbers = Sequence(der, "DSAKeyFormat").OfType<DerInteger>().ToList();
        return numbers.Count < 6 ? throw new FunctionException(Mismatch(null, 2)) : Made("asn1: structure error: integer not minimally-encoded", () =>
        {
            var parameters = new DsaParameters(numbers[1].Value, numbers[2].Value, numbers[3].Value);
            return new SigningKey.Other(new(new DsaPublicKeyParameters(numbers[4].Value, parameters), new DsaPrivateKeyParameters(numbers[5].Value, parameters)));
        });
    }

    // Numbers that are no key: the library's own words are nobody's business.
    private static SigningKey Made(string complaint, Func<SigningKey> make)
    {
        try
        {
            return make();
        }
        catch (Exception error) when (error is ArgumentException or InvalidOperationException or ArithmeticException or GeneralSecurityException or CryptographicException)
        {
            throw new FunctionException(complaint, error);
        }
    }

    private static Asn1Sequence Sequence(byte[] der, string type)
    {
        if (Fault(der, type) is { } fault)
        {
            throw new FunctionException(fault);
        }

        return Element(der) as Asn1Sequence ?? throw new FunctionException("asn1: syntax error: data truncated");
    }

    private static Asn1Object? Element(byte[] der)
    {
        try
        {
            using var stream = new Asn1InputStream(der);
            return stream.ReadObject();
        }
        catch (Exception error) when (error is IOException or ArgumentException or InvalidOperationException)
        {
            return null;
        }
    }

    private static string? OtherFormat(Asn1Sequence sequence) => sequence switch
    {
        [DerInteger, Asn1OctetString, ..] => "x509: failed to parse private key (use ParseECPrivateKey instead for this key format)",
        [DerInteger, Asn1Sequence, Asn1OctetString, ..] => "x509: failed to parse private key (use ParsePKCS8PrivateKey instead for this key format)",
        [DerInteger, DerInteger, DerInteger, ..] => "x509: failed to parse private key (use ParsePKCS1PrivateKey instead for this key format)",
        _ => null,
    };

    private static string Mismatch(Asn1Sequence? sequence, int tag) => sequence is { Count: 0 }
        ? "asn1: syntax error: sequence truncated"
        : string.Create(CultureInfo.InvariantCulture, $"asn1: structure error: tags don't match ({tag})");

    // The outermost element, which is where a text that is no key is found out (encoding/asn1, parseTagAndLength and parseField).
    private static string? Fault(byte[] der, string type)
    {
        if (der.Length == 0)
        {
            return "asn1: syntax error: sequence truncated";
        }

        var (tag, at, length) = (der[0] & 0x1F, 1, 0);
        if (at >= der.Length)
        {
            return "asn1: syntax error: truncated tag or length";
        }

        length = der[at++];
        if (length >= 0x80)
        {
            var count = length & 0x7F;
            if (count == 0)
            {
                return "asn1: syntax error: indefinite length found (not DER)";
            }

            for (length = 0; count > 0; count--)
            {
                if (at >= der.Length)
                {
                    return "asn1: syntax error: truncated tag or length";
                }

                if (length >= 1 << 23)
                {
                    return "asn1: structure error: length too large";
                }

                length = (length << 8) | der[at++];
                if (length == 0)
                {
                    return "asn1: structure error: superfluous leading zeros in length";
                }
            }

            if (length < 0x80)
            {
                return "asn1: structure error: non-minimal length";
            }
        }

        if (der[0] != 0x30)
        {
            return string.Create(
                CultureInfo.InvariantCulture,
                $"asn1: structure error: tags don't match (16 vs {{class:{der[0] >> 6} tag:{tag} length:{length} isCompound:{((der[0] & 0x20) != 0 ? "true" : "false")}}}) {{optional:false explicit:false application:false private:false defaultValue:<nil> tag:<nil> stringType:0 timeType:0 set:false omitEmpty:false}} {type} @{at}");
        }

        return length > der.Length - at ? "asn1: syntax error: data truncated" : null;
    }
}
