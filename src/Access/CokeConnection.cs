namespace CoKe.Access;

/// <summary>How a client reaches the silos, and what it proves to them.</summary>
public sealed record CokeConnection
{
    /// <summary>The cluster where nothing else is said; Orleans' own word, so that an embedded silo and a client agree.</summary>
    public const string DefaultCluster = "default";

    /// <summary>The gateway a silo listens on when nothing else is said.</summary>
    public static readonly GatewayAddress DefaultGateway = new("localhost", 30_000);

    /// <summary>Gateways of silos, at least one. One that answers is enough; others are used as soon as they do.</summary>
    public IReadOnlyList<GatewayAddress> Gateways { get; init; } = [DefaultGateway];

    /// <summary>The name that silos and clients of one cluster share.</summary>
    public string Cluster { get; init; } = DefaultCluster;

    /// <summary>Proved to every silo, and asked of it; null: none.</summary>
    public AccessToken? Token { get; init; }

    /// <summary>This client's certificate and whom it trusts; null: no TLS.</summary>
    public TlsIdentity? Tls { get; init; }

    /// <summary>Where nobody listens at any gateway for so long, connecting is given up; null: only after the 8 s that it may take in
    /// all, so that trainers may be started before their silo.</summary>
    public TimeSpan? KnockFor { get; init; }
}
