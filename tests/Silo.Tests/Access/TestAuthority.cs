using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace CoKe.Silo.Tests.Access;

/// <summary>An authority for one test: what it issues lies in a folder, and is worth nothing anywhere else.</summary>
sealed class TestAuthority : IDisposable
{
    readonly string _folder;
    readonly X509Certificate2 _root;

    /// <summary>Makes one whose files lie in <paramref name="folder"/>.</summary>
    public TestAuthority(string folder, string name = "authority")
    {
        _folder = folder;
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, critical: true));
        _root = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-10), DateTimeOffset.UtcNow.AddDays(10));
        File = Path.Combine(folder, $"{name}.pem");
        System.IO.File.WriteAllText(File, _root.ExportCertificatePem());
    }

    /// <summary>The authority's certificate.</summary>
    public string File { get; }

    /// <summary>Issues a certificate; the names of its PEM files.</summary>
    /// <param name="file">What the files are called.</param>
    /// <param name="name">Its DNS name; null: none.</param>
    /// <param name="lastDay">In days from now.</param>
    /// <param name="password">Of the key's file; null: it is not encrypted.</param>
    public (string Certificate, string Key) Issue(string file, string? name, double lastDay = 5, string? password = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = Sign(key, file, name, lastDay);
        var (to, keyTo) = (Path.Combine(_folder, $"{file}.pem"), Path.Combine(_folder, $"{file}.key"));
        System.IO.File.WriteAllText(to, certificate.ExportCertificatePem());
        System.IO.File.WriteAllText(
            keyTo,
            password is null
                ? key.ExportPkcs8PrivateKeyPem()
                : key.ExportEncryptedPkcs8PrivateKeyPem(
                    password,
                    new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 1000)
                )
        );
        return (to, keyTo);
    }

    /// <summary>Issues a certificate as a PFX file.</summary>
    public string IssuePfx(string file, string? name, string? password)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = Sign(key, file, name, 5);
        using var keyed = certificate.CopyWithPrivateKey(key);
        var to = Path.Combine(_folder, $"{file}.pfx");
        System.IO.File.WriteAllBytes(to, keyed.Export(X509ContentType.Pfx, password));
        return to;
    }

    public void Dispose() => _root.Dispose();

    X509Certificate2 Sign(ECDsa key, string subject, string? name, double lastDay)
    {
        var request = new CertificateRequest($"CN={subject}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(
            new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1"), new Oid("1.3.6.1.5.5.7.3.2")], false)
        ); // server and client
        if (name is not null)
        {
            var names = new SubjectAlternativeNameBuilder();
            names.AddDnsName(name);
            request.CertificateExtensions.Add(names.Build());
        }

        return request.Create(
            _root,
            DateTimeOffset.UtcNow.AddDays(-8),
            DateTimeOffset.UtcNow.AddDays(lastDay),
            RandomNumberGenerator.GetBytes(8)
        );
    }
}
