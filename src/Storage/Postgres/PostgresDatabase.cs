using System.Security.Cryptography;
using CoKe.Abstractions.Rights;
using CoKe.Abstractions.Storage;
using Npgsql;

namespace CoKe.Storage.Postgres;

/// <summary>The database as one silo or client sees it: its connections, its schema, and what its errors mean.</summary>
/// <remarks>
/// What was acknowledged survives whatever dies: every statement is a transaction of its own, and a server that acknowledges before its log
/// is on disk is refused. Membership has connections of its own, so that a silo that stores a large checkpoint still says that it is alive.
/// </remarks>
sealed class PostgresDatabase : IAsyncDisposable
{
    /// <summary>Rows that are read and written at once: enough for their commits to share the server's synchronizations of the disk.</summary>
    public const int RowsAtOnce = 12;

    /// <summary>Statements on the table of sizes at once, on connections beside those of the rows.</summary>
    public const int SizesAtOnce = 2;

    const int MembershipAtOnce = 4, ConnectSeconds = 5;

    readonly PostgresSchema _schema;

    public PostgresDatabase(PostgresOptions options, PostgresSchema? schema = null)
    {
        var given = options.Parse();
        _schema = schema ?? PostgresSchema.Current;
        Place = $"{given.Database ?? given.Username} at {given.Host}:{given.Port}";
        Rows = NpgsqlDataSource.Create(Settings(given, "coke rows", RowsAtOnce + SizesAtOnce));
        Membership = NpgsqlDataSource.Create(Settings(given, "coke membership", MembershipAtOnce));
    }

    /// <summary>Database, host and port, for people.</summary>
    public string Place { get; }

    /// <summary>The connections of the grains' rows.</summary>
    public NpgsqlDataSource Rows { get; }

    /// <summary>The connections of the cluster's membership.</summary>
    public NpgsqlDataSource Membership { get; }

    /// <summary>Creates or migrates the schema.</summary>
    /// <exception cref="StorageRefusedException">The database cannot be used; it is as it was.</exception>
    public async Task OpenAsync(CancellationToken cancellation)
    {
        try
        {
            await using var connection = await Membership.OpenConnectionAsync(cancellation);
            await _schema.ApplyAsync(connection, Place, cancellation);
        }
        catch (Exception exception) when (PostgresRefusal.Trouble(Place, exception) is { } trouble)
        {
            throw new StorageRefusedException("connection", Place, PostgresRefusal.BeforeARun(trouble), exception);
        }
    }

    /// <summary>What the silos that use this database share, and no client may know. The first of them draws it.</summary>
    /// <exception cref="StorageRefusedException">The database cannot be used.</exception>
    public async Task<byte[]> ReadSecretAsync(CancellationToken cancellation)
    {
        try
        {
            await using var insert = Membership.CreateCommand($"INSERT INTO {PostgresSchema.Name}.silo_secret (secret) VALUES (@value) ON CONFLICT DO NOTHING");
            insert.Parameters.AddWithValue("value", RandomNumberGenerator.GetBytes(ClusterSecret.Length));
            await insert.ExecuteNonQueryAsync(cancellation);
            await using var read = Membership.CreateCommand($"SELECT secret FROM {PostgresSchema.Name}.silo_secret");
            return (byte[])(await read.ExecuteScalarAsync(cancellation))!;
        }
        catch (Exception exception) when (PostgresRefusal.Trouble(Place, exception) is { } trouble)
        {
            throw new StorageRefusedException("connection", Place, PostgresRefusal.BeforeARun(trouble), exception);
        }
    }

    /// <summary>Asks the server anything at all.</summary>
    /// <exception cref="StorageFailedException">It does not answer.</exception>
    public async Task PingAsync(CancellationToken cancellation)
    {
        try
        {
            await using var command = Membership.CreateCommand("SELECT 1");
            await command.ExecuteScalarAsync(cancellation);
        }
        catch (Exception exception) when (Explain(exception) is { } explained)
        {
            throw explained;
        }
    }

    /// <summary>What <paramref name="exception"/> means while the silo runs; null when it is not the database's.</summary>
    public StorageFailedException? Explain(Exception exception)
    {
        if (PostgresRefusal.Trouble(Place, exception) is not { } trouble) return null;
        // A server that went away took every connection with it: without this each of them would fail once more.
        if (PostgresRefusal.IsCut(exception))
        {
            Rows.Clear();
            Membership.Clear();
        }

        return new StorageFailedException(Place, trouble, exception);
    }

    /// <summary>Closes the connections.</summary>
    public async ValueTask DisposeAsync()
    {
        await Rows.DisposeAsync();
        await Membership.DisposeAsync();
    }

    static string Settings(NpgsqlConnectionStringBuilder given, string name, int most)
    {
        var settings = new NpgsqlConnectionStringBuilder(given.ConnectionString)
        {
            SearchPath = PostgresSchema.Name, // Orleans' providers name no schema
            IncludeErrorDetail = false, // it would hold the contents of rows
            Enlist = false,
        };
        if (!IsGiven("Application Name")) settings.ApplicationName = name;
        if (!IsGiven("Timeout")) settings.Timeout = ConnectSeconds;
        if (!IsGiven("Maximum Pool Size")) settings.MaxPoolSize = most;
        if (!IsGiven("Max Auto Prepare")) settings.MaxAutoPrepare = 16;
        return settings.ConnectionString;

        bool IsGiven(string keyword) => given.ShouldSerialize(keyword); // ContainsKey tells whether there is such a keyword at all
    }
}
