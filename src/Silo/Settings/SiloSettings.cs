using System.Net;
using CoKe.Access;
using CoKe.Access.Quotas;
using CoKe.Storage;

namespace CoKe.Silo.Settings;

/// <summary>What a silo is started with.</summary>
sealed record SiloSettings
{
    /// <summary>Where state is kept.</summary>
    public required StorageSettings Storage { get; init; }

    /// <summary>The name that silos and clients of one cluster share.</summary>
    public required string Cluster { get; init; }

    /// <summary>What others reach this silo by.</summary>
    public required IPAddress Address { get; init; }

    /// <summary>What it listens on.</summary>
    public required IPAddress Listen { get; init; }

    /// <summary>Port other silos reach this one by.</summary>
    public required int SiloPort { get; init; }

    /// <summary>Port trainers and coke connect to.</summary>
    public required int GatewayPort { get; init; }

    /// <summary>Port of the health pages.</summary>
    public required int HttpPort { get; init; }

    /// <summary>Silo port of the first silo on this machine, in memory only; null: this is the first.</summary>
    public int? PrimaryPort { get; init; }

    /// <summary>What clients must prove to know that may do everything; null: nothing, on loopback only.</summary>
    public AccessToken? Token { get; init; }

    /// <summary>What clients must prove to know that may only feed and read; null: there are none.</summary>
    public AccessToken? FeedToken { get; init; }

    /// <summary>What the silos share; null: the storage's, or this silo is alone.</summary>
    public AccessToken? SiloToken { get; init; }

    /// <summary>Every token that opens a connection of a client, or a page.</summary>
    public IReadOnlyList<AccessToken> ClientTokens => [.. new[] { Token, FeedToken }.OfType<AccessToken>()];

    /// <summary>TLS on every port; null: none.</summary>
    public TlsIdentity? Tls { get; init; }

    /// <summary>How many connections each port takes.</summary>
    public ConnectionLimits Connections { get; init; } = ConnectionLimits.Of(FileLimit.Current);

    /// <summary>M, steps; null: the usual.</summary>
    public int? CheckpointInterval { get; init; }

    /// <summary>Threads that score one mini-batch; null: the usual.</summary>
    public int? ScoringThreads { get; init; }

    /// <summary>Where metrics and traces are sent to; null: nowhere, unless the standard variables say so.</summary>
    public OtlpSettings? Otlp { get; init; }

    /// <summary>The least that is logged.</summary>
    public LogLevel LogLevel { get; init; } = LogLevel.Information;
}

/// <summary>A collector of metrics and traces.</summary>
/// <param name="Endpoint">Its address.</param>
/// <param name="IsHttp">It is spoken to by plain HTTP, not by gRPC.</param>
sealed record OtlpSettings(Uri Endpoint, bool IsHttp);

/// <summary>Where state is kept.</summary>
abstract record StorageSettings
{
    /// <summary>How the line that says "ready" calls it; never a secret.</summary>
    public abstract string Place { get; }

    /// <summary>One file of this silo alone.</summary>
    public sealed record Sqlite(SqliteOptions Options) : StorageSettings
    {
        public override string Place => Options.Path;
    }

    /// <summary>A database that several silos share, and find each other by.</summary>
    /// <param name="ConnectionString">Secret.</param>
    public sealed record Postgres(string ConnectionString) : StorageSettings
    {
        public override string Place => "PostgreSQL";

        // A record shows its fields.
        public override string ToString() => Place;
    }

    /// <summary>Nowhere: state dies with the silo.</summary>
    public sealed record Memory : StorageSettings
    {
        public override string Place => "memory";
    }
}
