using CoKe.Abstractions.Storage;
using CoKe.Access;

namespace CoKe.Silo.Settings;

/// <summary>Every option of the silo, in the order of its help.</summary>
internal static class SiloOptions
{
    public const string DefaultCluster = "default"; // Orleans' own, so that an embedded silo and a client agree unasked
    public const int DefaultSiloPort = 11_111, DefaultGatewayPort = 30_000, DefaultHttpPort = 8_080;

    public static readonly SiloOption Storage = new("storage", "Where runs are kept: a SQLite file of this silo alone, a PostgreSQL database that several silos share, or memory. Default: sqlite.", "sqlite|postgres|memory");
    public static readonly SiloOption Connection = new("connection", "Connection string of the PostgreSQL database. A password in it shows in the process list: prefer --connection-file.", "TEXT", IsSecret: true);
    public static readonly SiloOption ConnectionFile = new("connection-file", "File that holds the connection string.", "FILE");
    public static readonly SiloOption Data = new("data", $"The SQLite file, or a folder for it; one silo per file. Default: {CokeStorage.DefaultPath}.", "DIR|FILE");
    public static readonly SiloOption DataLimit = new("data-limit", "The most the SQLite file may grow to, MB. Default: as far as the disk goes.", "MB");
    public static readonly SiloOption Memory = new("memory", "As --storage memory: state lives and dies with the silo.");
    public static readonly SiloOption CheckpointInterval = new("checkpoint-interval", "Mini-batches between two checkpoints; a silo that dies computes at most twice as many again. Default: 80.", "STEPS");
    public static readonly SiloOption Cluster = new("cluster", $"Name of the cluster; silos and clients of another name do not meet. Default: {DefaultCluster}.", "NAME");
    public static readonly SiloOption SiloPort = new("silo-port", $"Port other silos reach this one by. Default: {DefaultSiloPort}.", "PORT");
    public static readonly SiloOption GatewayPort = new("gateway-port", $"Port trainers and coke connect to. Default: {DefaultGatewayPort}.", "PORT");
    public static readonly SiloOption HttpPort = new("http-port", $"Port of health and runs. Default: {DefaultHttpPort}.", "PORT");
    public static readonly SiloOption PrimaryPort = new("primary-port", "With --storage memory: silo port of the first silo on this machine. Default: this is the first.", "PORT");
    public static readonly SiloOption Address = new("address", "IP address or host name that others reach this silo by, and that it listens on. Other than loopback it needs a token. Default: 127.0.0.1.", "ADDRESS");
    public static readonly SiloOption Listen = new("listen", "IP address to listen on where that differs from --address, such as 0.0.0.0 for all. Default: that of --address.", "ADDRESS");
    public static readonly SiloOption Token = new("token", "Secret that every silo, trainer and coke must prove to know. It shows in the process list: prefer --token-file.", "SECRET", IsSecret: true);
    public static readonly SiloOption TokenFile = new("token-file", "File that holds the token.", "FILE");
    public static readonly SiloOption TlsCertificate = new("tls-certificate", "Certificate of this silo, PEM; with it all ports speak TLS.", "FILE");
    public static readonly SiloOption TlsKey = new("tls-key", "Private key of the certificate, PEM.", "FILE");
    public static readonly SiloOption TlsAuthority = new("tls-authority", "Certificate of the authority that signed every peer's, PEM.", "FILE");
    public static readonly SiloOption TlsName = new("tls-name", $"DNS name that every silo's certificate carries. Default: {TlsFiles.DefaultName}.", "NAME");
    public static readonly SiloOption LogLevel = new("log-level", "The least that is logged. Default: information.", "trace|debug|information|warning|error|none");

    public static readonly IReadOnlyList<SiloOption> All =
    [
        Storage, Connection, ConnectionFile, Data, DataLimit, Memory, CheckpointInterval, Cluster, SiloPort, GatewayPort, HttpPort, PrimaryPort, Address, Listen,
        Token, TokenFile, TlsCertificate, TlsKey, TlsAuthority, TlsName, LogLevel,
    ];
}
