using CoKe.Access;
using CoKe.Errors;
using CoKe.Files;

namespace CoKe.Settings;

/// <summary>What silos, trainers and <c>coke</c> must agree on to meet: cluster, token, TLS. The same options everywhere.</summary>
public static class AccessSettings
{
    /// <summary>The sentence of a refusal, and the options by which a command line does what it advises.</summary>
    public static string Advise(AccessRefusedException refused) =>
        refused.Refusal switch
        {
            AccessRefusal.TokenMissing or AccessRefusal.TokenWrong => $"{refused.Message} --{TokenFile.Name} or {Token.Variable} gives it.",
            AccessRefusal.TlsMissing =>
                $"{refused.Message} --{TlsCertificate.Name}, --{TlsKey.Name} and --{TlsAuthority.Name} name their files.",
            AccessRefusal.TlsUnexpected => $"{refused.Message} The options that begin with --tls make a program speak it.",
            AccessRefusal.SecretWrong => $"{refused.Message} --silo-token-file, --{TokenFile.Name} and --feed-token-file name their files.",
            AccessRefusal.Full => $"{refused.Message} Its --max-connections says how many it takes.",
            _ => refused.Message,
        };

    /// <summary>--cluster.</summary>
    public static readonly SettingOption Cluster = new(
        "cluster",
        $"Name of the cluster; silos and clients of another name do not meet. Default: {CokeConnection.DefaultCluster}.",
        "NAME"
    );

    /// <summary>COKE_TOKEN.</summary>
    public static readonly SettingOption Token = new("token", "The token itself.", "SECRET") { IsSecret = true, IsArgument = false };

    /// <summary>--token-file.</summary>
    public static readonly SettingOption TokenFile = new(
        "token-file",
        "File that holds the token, the secret that silos, trainers and coke share; a silo writes one where there is none. "
            + $"Or give the token itself as {Token.Variable}; arguments show in the process list.",
        "FILE"
    );

    /// <summary>--tls-certificate.</summary>
    public static readonly SettingOption TlsCertificate = new(
        "tls-certificate",
        "This process's certificate, PEM, then those between it and the authority's; or a PFX file with its key. "
            + "With it every connection is TLS.",
        "FILE"
    );

    /// <summary>--tls-key.</summary>
    public static readonly SettingOption TlsKey = new("tls-key", "Private key of the certificate, PEM; not with a PFX file.", "FILE");

    /// <summary>COKE_TLS_PASSWORD.</summary>
    public static readonly SettingOption TlsPassword = new("tls-password", "The password of the key.", "SECRET")
    {
        IsSecret = true,
        IsArgument = false,
    };

    /// <summary>--tls-password-file.</summary>
    public static readonly SettingOption TlsPasswordFile = new(
        "tls-password-file",
        $"File that holds the password of the key or the PFX file, if it has one. Or {TlsPassword.Variable}.",
        "FILE"
    );

    /// <summary>--tls-authority.</summary>
    public static readonly SettingOption TlsAuthority = new(
        "tls-authority",
        "Certificate, PEM, of the authority that signed every silo's and every client's; no other is trusted.",
        "FILE"
    );

    /// <summary>--tls-name.</summary>
    public static readonly SettingOption TlsName = new(
        "tls-name",
        $"DNS name that the certificate of every silo carries. Default: {TlsFiles.DefaultName}.",
        "NAME"
    );

    /// <summary>Every option, in the order of the help.</summary>
    public static readonly IReadOnlyList<SettingOption> All =
    [
        Cluster,
        Token,
        TokenFile,
        TlsCertificate,
        TlsKey,
        TlsPassword,
        TlsPasswordFile,
        TlsAuthority,
        TlsName,
    ];

    /// <summary>Whether the value of an option, by its name, is the name of a file.</summary>
    public static bool IsFile(string name) => All.Any(option => option.Name == name && option.Value == "FILE");

    /// <summary>The token; null: none is given.</summary>
    /// <exception cref="InvalidOptionsException">It cannot be read, or is none.</exception>
    public static AccessToken? ReadToken(SettingSources sources) => ReadToken(sources, Token, TokenFile);

    /// <summary>A token that has options of its own; null: none is given.</summary>
    /// <exception cref="InvalidOptionsException">It cannot be read, or is none.</exception>
    public static AccessToken? ReadToken(SettingSources sources, SettingOption token, SettingOption file) =>
        sources.Secret(token, file) is var (secret, setting) ? new AccessToken(secret, $"{setting}") : null;

    /// <summary>Writes a random token where a file is named that does not exist; what exists stays.</summary>
    /// <exception cref="InvalidOptionsException">It cannot be written.</exception>
    public static void MakeToken(SettingSources sources, SettingOption token, SettingOption file)
    {
        if (
            sources.Find(token, file) is not { } setting
            || setting.Option != file
            || string.IsNullOrWhiteSpace(setting.Text)
            || Path.Exists(setting.Text)
        )
            return;
        try
        {
            AccessToken.Random(out var secret);
            PrivateFiles.WriteNew(setting.Text, secret);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw setting.Refuse("does not exist, and cannot be written: name a file in a folder that this user may write to.", e);
        }
    }

    /// <summary>Certificate and authority, read from their files; null: no TLS.</summary>
    /// <param name="sources">Where the options are.</param>
    /// <param name="isSilo">The certificate must carry the silos' name.</param>
    /// <exception cref="InvalidOptionsException">One is missing, cannot be read, or would be refused by every peer.</exception>
    public static TlsIdentity? ReadTls(SettingSources sources, bool isSilo)
    {
        SettingOption[] any = [TlsCertificate, TlsKey, TlsPassword, TlsPasswordFile, TlsAuthority, TlsName];
        if (any.Select(sources.Find).FirstOrDefault(setting => setting is not null) is not { } given)
            return null;
        var certificate = Needed(TlsCertificate);
        var isPfx = Path.GetExtension(certificate).ToLowerInvariant() is ".pfx" or ".p12";
        if (isPfx && sources.Find(TlsKey) is { } key)
            throw key.Refuse($"is in {certificate} already: leave it out.");
        var files = new TlsFiles
        {
            Certificate = certificate,
            Key = isPfx ? null : Needed(TlsKey),
            Password = sources.Secret(TlsPassword, TlsPasswordFile)?.Text,
            Authority = Needed(TlsAuthority),
            Name = sources.Text(TlsName) ?? TlsFiles.DefaultName,
        };
        try
        {
            var identity = TlsIdentity.Load(files);
            identity.CheckOwn(isSilo);
            return identity;
        }
        catch (InvalidOptionsException refused)
        {
            var named = any.Select(sources.Find).First(setting => setting?.Option.Name == refused.Field)!;
            throw new InvalidOptionsException(refused.Field, refused.Value, $"{named.Name} {refused.Message}", refused);
        }

        string Needed(SettingOption option) =>
            sources.Text(option)
            ?? throw given.Refuse($"needs {option} too: TLS takes a certificate, its key, and the authority that signed every peer's.");
    }
}
