using System.Security.Cryptography.X509Certificates;
using Portal.Helm.Rendering;
using static Portal.Helm.Tests.TextChart;

namespace Portal.Helm.Tests;

/// <summary>Certificates and keys: what net.ParseIP, encoding/pem and crypto/x509 take, and what they say of the rest. .NET's and the library's own words came through.</summary>
public sealed class CertificateTests
{
    private static X509Certificate2 Certificate(string call)
    {
        var pem = Render($"{{{{ ({call}).Cert }}}}");
        return X509Certificate2.CreateFromPem(pem);
    }

    private static string Error(string call) => Assert.Throws<RenderException>(() => Render($"{{{{ $_ := {call} }}}}")).Message;

    [Fact]
    public void An_authority_is_identified_by_the_SHA_256_of_its_key_as_Go_1_25_and_later_do()
    {
        using var certificate = Certificate("genCA \"ca\" 1");
        var identifier = (X509SubjectKeyIdentifierExtension)certificate.Extensions.Single(e => e.Oid?.Value == "2.5.29.14");
        Assert.Equal(Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(certificate.PublicKey.EncodedKeyValue.RawData)[..20]), identifier.SubjectKeyIdentifier);
    }

    [Theory]
    [InlineData("1.2.3.4", "01020304")]
    [InlineData("::ffff:1.2.3.4", "01020304")]
    [InlineData("::FFFF:102:304", "01020304")]
    [InlineData("::1.2.3.4", "00000000000000000000000001020304")]
    [InlineData("1:2:3:4:5:6:1.2.3.4", "00010002000300040005000601020304")]
    [InlineData("1:2:3:4:5:6:7::", "00010002000300040005000600070000")]
    [InlineData("::", "00000000000000000000000000000000")]
    [InlineData("0001::", "00010000000000000000000000000000")]
    public void Addresses_are_read_as_by_Go(string address, string bytes)
    {
        using var certificate = Certificate($"genSelfSignedCert \"cn\" (list \"{address}\") (list \"a.example\") 1");
        var extension = certificate.Extensions.Single(e => e.Oid?.Value == "2.5.29.17");
        Assert.EndsWith(bytes, Convert.ToHexString(extension.RawData), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("1.2.3.04")]
    [InlineData("127.1")]
    [InlineData("2130706433")]
    [InlineData("0x7f.1")]
    [InlineData("256.1.1.1")]
    [InlineData("::1%eth0")]
    [InlineData("[::1]")]
    [InlineData("::1/64")]
    [InlineData("1.2.3.4:80")]
    [InlineData("::ffff:1.2.3.256")]
    [InlineData("1:2:3:4:5:1.2.3.4")]
    [InlineData("::1:2:3:4:5:6:7:8")]
    [InlineData("1::2::3")]
    [InlineData("00001::")]
    [InlineData(" 1.2.3.4")]
    [InlineData("")]
    public void What_Go_does_not_read_is_no_address(string address) =>
        Assert.Contains($"error parsing ip: {address}", Error($"genSelfSignedCert \"cn\" (list \"{address}\") nil 1"), StringComparison.Ordinal);

    [Theory]
    [InlineData("genSelfSignedCert \"cn\" (list 1) (list 2) 1", "error parsing ip: 1 is not a string")]
    [InlineData("genSelfSignedCert \"cn\" nil (list 2) 1", "error processing alternate dns name: 2 is not a string")]
    [InlineData("genSelfSignedCert \"cn\" nil (list \"ä\") 1", "error creating certificate: x509: \"ä\" cannot be encoded as an IA5String")]
    [InlineData("genCAWithKey \"ca\" 1 \"x\"", "error calling genCAWithKey: parsing private key: no PEM data in input")]
    [InlineData("genCAWithKey \"ca\" 1 \"-----BEGIN CERTIFICATE-----\\nAAAA\\n-----END CERTIFICATE-----\\n\"", "parsing private key: no private key data in PEM block of type CERTIFICATE")]
    [InlineData("genCAWithKey \"ca\" 1 \"-----BEGIN X PRIVATE KEY-----\\nAAAA\\n-----END X PRIVATE KEY-----\\n\"", "parsing private key: invalid private key type X")]
    [InlineData("genCAWithKey \"ca\" 1 \"-----BEGIN RSA PRIVATE KEY-----\\nAAAA\\n-----END RSA PRIVATE KEY-----\\n\"", "parsing private key: parsing RSA private key from PEM: asn1: structure error: tags don't match (16 vs {class:0 tag:0 length:0 isCompound:false}) {optional:false explicit:false application:false private:false defaultValue:<nil> tag:<nil> stringType:0 timeType:0 set:false omitEmpty:false} pkcs1PrivateKey @2")]
    [InlineData("genCAWithKey \"ca\" 1 \"-----BEGIN EC PRIVATE KEY-----\\nMAA=\\n-----END EC PRIVATE KEY-----\\n\"", "parsing private key: parsing EC private key from PEM: x509: failed to parse EC private key: asn1: syntax error: sequence truncated")]
    [InlineData("genCAWithKey \"ca\" 1 \"-----BEGIN RSA PRIVATE KEY-----\\nMBsCAQACAQECAQECAQECAQECAQECAQACAQACAQA=\\n-----END RSA PRIVATE KEY-----\\n\"", "parsing private key: parsing RSA private key from PEM: x509: private key contains zero or negative value")]
    [InlineData("genCAWithKey \"ca\" 1 \"-----BEGIN PRIVATE KEY-----\\nMIIB\\n-----END PRIVATE KEY-----\\n\"", "parsing private key: decoding PEM as PKCS#8: asn1: syntax error: truncated tag or length")]
    [InlineData("genCAWithKey \"ca\" 1 (genPrivateKey \"ecdsa\" | replace \"EC PRIVATE\" \"RSA PRIVATE\")", "parsing RSA private key from PEM: x509: failed to parse private key (use ParseECPrivateKey instead for this key format)")]
    [InlineData("buildCustomCert \"!\" \"\"", "unable to decode base64 certificate")]
    [InlineData("buildCustomCert (b64enc \"x\") \"!\"", "unable to decode base64 private key")]
    [InlineData("buildCustomCert (b64enc \"x\") \"\"", "unable to decode certificate")]
    [InlineData("buildCustomCert (b64enc \"-----BEGIN CERTIFICATE-----\\nAAAA\\n-----END CERTIFICATE-----\\n\") \"\"", "error parsing certificate: decodedCert.Bytes: x509: malformed certificate")]
    [InlineData("buildCustomCert (b64enc (genCA \"c\" 1).Cert) (b64enc \"x\")", "error parsing private key: no PEM data in input")]
    [InlineData("genSignedCert \"cn\" nil nil 1 (buildCustomCert (b64enc (genCA \"c\" 1).Cert) (b64enc (genPrivateKey \"ecdsa\")))", "error creating certificate: x509: provided PrivateKey doesn't match parent's PublicKey")]
    [InlineData("genSignedCertWithKey \"cn\" nil nil 1 (genCA \"c\" 1) (genPrivateKey \"dsa\")", "error creating certificate: x509: unsupported public key type: *dsa.PublicKey")]
    public void Faults_are_told_in_Go_s_words(string call, string message) => Assert.Contains(message, Error(call), StringComparison.Ordinal);

    /// <summary>A name that begins with "#" was read as hexadecimal numbers, and one without letters refused.</summary>
    [Theory]
    [InlineData("#1", "CN=\"#1\"")]
    [InlineData("a,b=c+d", "CN=\"a,b=c+d\"")]
    [InlineData("", "")]
    public void A_common_name_is_any_text(string name, string subject)
    {
        using var certificate = Certificate($"genCA \"{name}\" 1");
        Assert.Equal(subject, certificate.SubjectName.Name);
        Assert.Equal(subject, certificate.IssuerName.Name);
    }

    [Theory]
    [InlineData("ed25519", "PRIVATE KEY")]
    [InlineData("ecdsa", "EC PRIVATE KEY")]
    [InlineData("rsa", "RSA PRIVATE KEY")]
    public void An_authority_with_a_key_of_each_kind_signs(string kind, string label) => Assert.Equal(
        $"-----BEGIN {label}----- true",
        Render($"{{{{ $k := genPrivateKey \"{kind}\" }}}}{{{{ $ca := genCAWithKey \"ca\" 1 $k }}}}{{{{ $c := genSignedCertWithKey \"cn\" nil nil 1 $ca $k }}}}{{{{ $c.Key | splitList \"\\n\" | first }}}} {{{{ eq $c.Key $k }}}}"));

    /// <summary>Keys are made two at a time.</summary>
    [Fact]
    public void Each_certificate_has_a_key_of_its_own() =>
        Assert.Equal("5", Render("{{ $keys := list }}{{ range until 5 }}{{ $keys = append $keys (genSelfSignedCert \"cn\" nil nil 1).Key }}{{ end }}{{ $keys | uniq | len }}"));

    [Fact]
    public void A_password_may_be_empty_or_no_text() =>
        Assert.Equal("60 60 60", Render("{{ bcrypt \"\" | len }} {{ bcrypt (b64dec \"/w==\") | len }} {{ bcrypt \"ä\" | len }}"));
}
