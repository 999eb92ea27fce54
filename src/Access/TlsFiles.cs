namespace CoKe.Access;

/// <summary>Where a process finds what it needs for TLS.</summary>
public sealed record TlsFiles
{
    /// <summary>The name that a silo's certificate carries where nothing else is asked for.</summary>
    public const string DefaultName = "coke";

    /// <summary>This process's certificate, and after it any between it and the authority's; PEM, or PFX with the key.</summary>
    public required string Certificate { get; init; }

    /// <summary>The certificate's private key, PEM; null: <see cref="Certificate"/> is a PFX file.</summary>
    public string? Key { get; init; }

    /// <summary>Of the key; null: it has none. Secret.</summary>
    public string? Password { get; init; }

    /// <summary>The certificates of the authorities, PEM, one of which must have signed every peer's.</summary>
    public required string Authority { get; init; }

    /// <summary>The DNS name that every silo's certificate must carry, and that a trainer's or <c>coke</c>'s need not.</summary>
    public string Name { get; init; } = DefaultName;

    /// <summary>A record shows its fields: never the password.</summary>
    public override string ToString() => $"{Certificate}, authority {Authority}, name {Name}";
}
