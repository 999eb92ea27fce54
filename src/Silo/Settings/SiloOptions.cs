using CoKe.Abstractions.Storage;
using CoKe.Settings;

namespace CoKe.Silo.Settings;

/// <summary>Every option of the silo, in the order of its help.</summary>
static class SiloOptions
{
    public const int DefaultSiloPort = 11_111,
        DefaultGatewayPort = 30_000,
        DefaultHttpPort = 8_080;

    public static readonly SettingOption Storage = new(
        "storage",
        "Where runs are kept: a SQLite file of this silo alone, a PostgreSQL database that several silos share, or memory. Default: "
            + "sqlite.",
        "sqlite|postgres|memory"
    );
    public static readonly SettingOption Connection = new(
        "connection",
        "Connection string of the PostgreSQL database. A password in it shows in the process list: prefer --connection-file.",
        "TEXT"
    )
    {
        IsSecret = true,
    };
    public static readonly SettingOption ConnectionFile = new("connection-file", "File that holds the connection string.", "FILE");
    public static readonly SettingOption Data = new(
        "data",
        $"The SQLite file, or a folder for it; one silo per file. Default: {CokeStorage.DefaultPath}.",
        "DIR|FILE"
    );
    public static readonly SettingOption DataLimit = new(
        "data-limit",
        "The most the SQLite file may grow to, MB. Default: as far as the disk goes.",
        "MB"
    );
    public static readonly SettingOption Memory = new("memory", "As --storage memory: state lives and dies with the silo.");
    public static readonly SettingOption CheckpointInterval = new(
        "checkpoint-interval",
        "Mini-batches between two checkpoints; a silo that dies computes at most twice as many again. Default: 80.",
        "STEPS"
    );
    public static readonly SettingOption ScoringThreads = new(
        "scoring-threads",
        "Threads that score one mini-batch against the clusters here. Default: every core that the process may use.",
        "COUNT"
    );
    public static readonly SettingOption SiloPort = new(
        "silo-port",
        $"Port other silos reach this one by. Default: {DefaultSiloPort}.",
        "PORT"
    );
    public static readonly SettingOption GatewayPort = new(
        "gateway-port",
        $"Port trainers and coke connect to. Default: {DefaultGatewayPort}.",
        "PORT"
    );
    public static readonly SettingOption HttpPort = new(
        "http-port",
        $"Port of the door, which takes runs over HTTP, and of the health pages. Default: {DefaultHttpPort}.",
        "PORT"
    );
    public static readonly SettingOption PrimaryPort = new(
        "primary-port",
        "With --storage memory: silo port of the first silo on this machine. Default: this is the first.",
        "PORT"
    );
    public static readonly SettingOption Address = new(
        "address",
        "IP address or host name that others reach this silo by, and that it listens on. Other than loopback it needs a token. Default: "
            + "127.0.0.1.",
        "ADDRESS"
    );
    public static readonly SettingOption Listen = new(
        "listen",
        "IP address to listen on where that differs from --address, such as 0.0.0.0 for all. Default: that of --address.",
        "ADDRESS"
    );
    public static readonly SettingOption FeedToken = new("feed-token", "The token of those who may only feed and read.", "SECRET")
    {
        IsSecret = true,
        IsArgument = false,
    };
    public static readonly SettingOption FeedTokenFile = new(
        "feed-token-file",
        "File that holds a second token: clients that give this one may create, feed and read runs, "
            + $"but neither restore nor delete them. It needs --token-file too; written where there is none. Or {FeedToken.Variable}.",
        "FILE"
    );
    public static readonly SettingOption SiloToken = new("silo-token", "What silos alone share.", "SECRET")
    {
        IsSecret = true,
        IsArgument = false,
    };
    public static readonly SettingOption SiloTokenFile = new(
        "silo-token-file",
        "File that holds what the silos of a cluster share and no client may know; written where there is none. "
            + $"Needed with --primary-port; silos with PostgreSQL share it by their database. Or {SiloToken.Variable}.",
        "FILE"
    );
    public static readonly SettingOption MaxConnections = new(
        "max-connections",
        "The most connections of trainers and coke at once. Default: a quarter of the files that the silo may open (ulimit -n), "
            + "at most 16384.",
        "COUNT"
    );
    public static readonly SettingOption MaxSiloConnections = new(
        "max-silo-connections",
        "The most connections of other silos at once. Default: an eighth of the files, at most 2048.",
        "COUNT"
    );
    public static readonly SettingOption MaxHttpConnections = new(
        "max-http-connections",
        "The most connections to the HTTP port at once. Default: an eighth of the files, at most 2048.",
        "COUNT"
    );
    public static readonly SettingOption MaxConnectionsPerAddress = new(
        "max-connections-per-address",
        "The most connections of one remote address to each port. Default: three quarters of the port's.",
        "COUNT"
    );
    public static readonly SettingOption MaxPendingConnections = new(
        "max-pending-connections",
        "How many of each port's connections are kept for those that have not shown yet who they are; the oldest gives way. Default: "
            + "a quarter; half over HTTP.",
        "COUNT"
    );
    public static readonly SettingOption Otlp = new(
        "otlp",
        "Where metrics and traces are sent to, by OTLP, besides the page /metrics: the address of a collector. Default: nowhere, or as "
            + "OTEL_EXPORTER_OTLP_ENDPOINT says.",
        "URL"
    );
    public static readonly SettingOption OtlpProtocol = new(
        "otlp-protocol",
        "How the collector of --otlp is spoken to. Default: grpc.",
        "grpc|http"
    );
    public static readonly SettingOption LogLevel = new(
        "log-level",
        "The least that is logged. Default: information.",
        "trace|debug|information|warning|error|none"
    );

    public static readonly IReadOnlyList<SettingOption> All =
    [
        Storage,
        Connection,
        ConnectionFile,
        Data,
        DataLimit,
        Memory,
        CheckpointInterval,
        ScoringThreads,
        SiloPort,
        GatewayPort,
        HttpPort,
        PrimaryPort,
        Address,
        Listen,
        .. AccessSettings.All,
        FeedToken,
        FeedTokenFile,
        SiloToken,
        SiloTokenFile,
        MaxConnections,
        MaxSiloConnections,
        MaxHttpConnections,
        MaxConnectionsPerAddress,
        MaxPendingConnections,
        Otlp,
        OtlpProtocol,
        LogLevel,
    ];
}
