using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Portal.Sandbox.Hosting;

/// <summary>The sandbox's own authority and the certificate it serves 127.0.0.1 with.</summary>
internal sealed record SandboxCertificate(X509Certificate2 Server, string AuthorityPem)
{
    /// <summary>Reads the certificate kept in a folder, or makes one and keeps it there; null makes one for this run only.</summary>
    public static SandboxCertificate LoadOrCreate(string? directory)
    {
        if (directory is null)
        {
            return Create(out _);
        }

        var serverFile = Path.Combine(directory, "server.pfx");
        var authorityFile = Path.Combine(directory, "ca.crt");
        if (File.Exists(serverFile) && File.Exists(authorityFile))
        {
            var kept = X509CertificateLoader.LoadPkcs12FromFile(serverFile, null);
            if (kept.NotAfter > DateTime.Now.AddDays(30))
            {
                return new SandboxCertificate(kept, File.ReadAllText(authorityFile));
            }
        }

        var made = Create(out var pfx);
        PrivateFile.Write(serverFile, pfx);
        File.WriteAllText(authorityFile, made.AuthorityPem);
        return made;
    }

    private static SandboxCertificate Create(out byte[] pfx)
    {
        var from = DateTimeOffset.UtcNow.AddDays(-1);
        using var authorityKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var authorityRequest = new CertificateRequest("CN=sandbox-ca", authorityKey, HashAlgorithmName.SHA256);
        authorityRequest.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        authorityRequest.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.DigitalSignature, true));
        authorityRequest.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(authorityRequest.PublicKey, false));
        using var authority = authorityRequest.CreateSelfSigned(from, from.AddYears(10));

        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=kube-apiserver", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        names.AddDnsName("kubernetes.default.svc");
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(authority, true, false));
        using var signed = request.Create(authority, from, from.AddYears(10).AddDays(-1), RandomNumberGenerator.GetBytes(12));
        using var withKey = signed.CopyWithPrivateKey(key);
        pfx = withKey.Export(X509ContentType.Pkcs12);
        return new SandboxCertificate(X509CertificateLoader.LoadPkcs12(pfx, null), authority.ExportCertificatePem());
    }
}
