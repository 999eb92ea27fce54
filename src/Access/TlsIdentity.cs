using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using CoKe.Errors;

namespace CoKe.Access;

/// <summary>This process's certificate, and whom it trusts: the authorities it was given, and no others.</summary>
public sealed class TlsIdentity
{
    const SslProtocols Protocols = SslProtocols.Tls12 | SslProtocols.Tls13;

    readonly TlsFiles _files;
    readonly X509Certificate2Collection _authorities;
    readonly SslStreamCertificateContext _context;

    TlsIdentity(TlsFiles files, X509Certificate2 own, X509Certificate2Collection between, X509Certificate2Collection authorities)
    {
        (_files, Own, Between, _authorities) = (files, own, between, authorities);
        _context = SslStreamCertificateContext.Create(own, between, offline: true);
    }

    /// <summary>The certificate with its key.</summary>
    public X509Certificate2 Own { get; }

    /// <summary>Certificates between it and the authority's.</summary>
    public X509Certificate2Collection Between { get; }

    /// <summary>The name that a silo's certificate carries.</summary>
    public string Name => _files.Name;

    /// <summary>Reads the files.</summary>
    /// <exception cref="InvalidOptionsException">A file cannot be read, or holds something else.</exception>
    public static TlsIdentity Load(TlsFiles files)
    {
        var authorities = Read("tls-authority", files.Authority, "a certificate in PEM", () => Collection(files.Authority));
        if (files.Key is null)
        {
            var all = Read("tls-certificate", files.Certificate, "a PFX file that this password opens", () =>
                X509CertificateLoader.LoadPkcs12CollectionFromFile(files.Certificate, files.Password)
            );
            var keyed = all.FirstOrDefault(certificate => certificate.HasPrivateKey)
                ?? throw Refusal("tls-certificate", files.Certificate, "holds no certificate with its private key");
            return new TlsIdentity(files, keyed, [.. all.Where(certificate => certificate != keyed)], authorities);
        }

        var chain = Read("tls-certificate", files.Certificate, "a certificate in PEM", () => Collection(files.Certificate));
        var own = Read(
            "tls-key",
            files.Key,
            $"the private key, PEM, {(files.Password is null ? "not encrypted" : "that this password opens")}, "
                + $"of the certificate in {files.Certificate}",
            () =>
                files.Password is null
                    ? X509Certificate2.CreateFromPemFile(files.Certificate, files.Key)
                    : X509Certificate2.CreateFromEncryptedPemFile(files.Certificate, files.Password, files.Key)
        );
        return new TlsIdentity(files, own, [.. chain.Skip(1)], authorities);
    }

    /// <summary>Refuses a certificate that every peer would refuse.</summary>
    /// <param name="isSilo">It must carry the silos' name.</param>
    /// <exception cref="InvalidOptionsException">It is expired, or of another authority or name.</exception>
    public void CheckOwn(bool isSilo)
    {
        using var chain = new X509Chain { ChainPolicy = Policy() };
        chain.ChainPolicy.ExtraStore.AddRange(Between);
        var trouble = chain.Build(Own)
            ? isSilo && !Own.MatchesHostname(Name)
                ? WrongName
                : null
            : ChainTrouble(chain);
        if (trouble is not null)
            throw new InvalidOptionsException(
                "tls-certificate",
                _files.Certificate,
                $"{_files.Certificate} would be refused by every peer: {trouble}. Have it issued anew."
            );
    }

    /// <summary>How the calling side speaks TLS.</summary>
    /// <param name="refuse">Told why the silo's certificate is refused.</param>
    internal SslClientAuthenticationOptions AsConnector(Action<string> refuse) =>
        new()
        {
            TargetHost = Name,
            ClientCertificateContext = _context,
            EnabledSslProtocols = Protocols,
            CertificateChainPolicy = Policy(),
            RemoteCertificateValidationCallback = (_, certificate, chain, errors) =>
                Judge(certificate, chain, errors, nameMatters: true, refuse),
        };

    /// <summary>How the called side speaks TLS.</summary>
    /// <param name="purpose">A silo is called only by those that carry the silos' name.</param>
    /// <param name="refuse">Told why the caller's certificate is refused.</param>
    internal SslServerAuthenticationOptions AsAcceptor(Purpose purpose, Action<string> refuse) =>
        new()
        {
            ServerCertificateContext = _context,
            ClientCertificateRequired = true,
            EnabledSslProtocols = Protocols,
            CertificateChainPolicy = Policy(),
            RemoteCertificateValidationCallback = (_, certificate, chain, errors) =>
                Judge(certificate, chain, errors, purpose == Purpose.Silo, refuse),
        };

    string WrongName => $"it is not for the name {Name}";

    bool Judge(X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors, bool nameMatters, Action<string> refuse)
    {
        var trouble =
            certificate is null || errors.HasFlag(SslPolicyErrors.RemoteCertificateNotAvailable) ? "there is none"
            : errors.HasFlag(SslPolicyErrors.RemoteCertificateChainErrors) ? ChainTrouble(chain!)
            : errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch)
            || (nameMatters && !((X509Certificate2)certificate).MatchesHostname(Name))
                ? WrongName
            : null;
        if (trouble is null)
            return true;
        refuse(trouble);
        return false;
    }

    static string ChainTrouble(X509Chain chain)
    {
        var status = chain.ChainStatus.Aggregate(X509ChainStatusFlags.NoError, (all, one) => all | one.Status);
        return status.HasFlag(X509ChainStatusFlags.NotTimeValid) ? "it is expired, or not valid yet"
            : (status & (X509ChainStatusFlags.UntrustedRoot | X509ChainStatusFlags.PartialChain | X509ChainStatusFlags.NotSignatureValid))
            != 0
                ? "the authority has not signed it"
            : status.HasFlag(X509ChainStatusFlags.NotValidForUsage) ? "it is not meant for this side of a connection"
            : $"{status}";
    }

    // SslStream adds the use of the certificate to it, so that each connection has its own.
    X509ChainPolicy Policy()
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
        };
        policy.CustomTrustStore.AddRange(_authorities);
        return policy;
    }

    static X509Certificate2Collection Collection(string path)
    {
        var certificates = new X509Certificate2Collection();
        certificates.ImportFromPemFile(path);
        return certificates.Count > 0 ? certificates : throw new CryptographicException();
    }

    static T Read<T>(string option, string path, string what, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException or IOException or UnauthorizedAccessException)
        {
            // A file that is not there is a CryptographicException to some of these readers.
            throw Refusal(
                option,
                path,
                e is IOException or UnauthorizedAccessException || !File.Exists(path) ? "cannot be read" : $"holds not {what}"
            );
        }
    }

    static InvalidOptionsException Refusal(string option, string path, string reason) =>
        new(option, path, $"{path} {reason}: name the right file.");
}
