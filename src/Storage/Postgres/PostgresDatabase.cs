using System.Data.Common;
using System.Security.Cryptography;
using CoKe.Abstractions.Rights;
using CoKe.Abstractions.Storage;
using Npgsql;

namespace CoKe.Storage.Postgres;

/// <summary>The database as one silo sees it: its connections, its schema, and what its errors mean.</summary>
/// <remarks>
/// What was acknowledged survives whatever dies: every statement is a transaction of its own, and a server that acknowledges before its log
/// is on disk is refused. Membership has connections of its own, so that a silo that stores a large checkpoint still says that it is alive.
/// <para>Behind a pooler, which gives each transaction another of its connections to the server, nothing may be kept in a session:
/// statements are not prepared, and tables are named with their schema, always.</para>
/// <para>Every statement has a time limit: a network that swallows what is sent would otherwise hold it for ever.</para>
/// </remarks>
sealed class PostgresDatabase : IAsyncDisposable
{
    /// <summary>Rows that are read and written at once: enough for their commits to share the server's synchronizations of the
    /// disk.</summary>
    public const int RowsAtOnce = 12;

    /// <summary>Statements on the table of sizes at once, on connections beside those of the rows.</summary>
    public const int SizesAtOnce = 2;

    /// <summary>Questions of how much is stored at once, on a connection beside those.</summary>
    public const int MeasuresAtOnce = 1;

    const int MembershipAtOnce = 4,
        Prepared = 16;

    readonly NpgsqlConnectionStringBuilder _given;
    readonly PostgresSchema _schema;
    readonly TimeProvider _time;
    Task _ping = Task.CompletedTask;

    /// <summary>Knows the database; nothing is connected to yet.</summary>
    /// <param name="options">Where it is.</param>
    /// <param name="schema">Its tables; null: those of this program.</param>
    /// <param name="time">Measures how long it answers nothing; null: the system's.</param>
    public PostgresDatabase(PostgresOptions options, PostgresSchema? schema = null, TimeProvider? time = null)
    {
        _given = options.Parse();
        _schema = schema ?? PostgresSchema.Current;
        _time = time ?? TimeProvider.System;
        Place = $"{_given.Database ?? _given.Username} at {_given.Host}:{_given.Port}";
        Rows = RowConnections(Prepared);
        Membership = Connections("coke membership", MembershipAtOnce, DatabaseTimes.Membership, 0);
        (OrleansRows, OrleansMembership) = (new QualifiedDataSource(() => Rows), new QualifiedDataSource(() => Membership));
    }

    /// <summary>Database, host and port, for people.</summary>
    public string Place { get; }

    /// <summary>The connections of the grains' rows.</summary>
    public NpgsqlDataSource Rows { get; private set; }

    /// <summary>The connections of the cluster's membership.</summary>
    public NpgsqlDataSource Membership { get; }

    /// <summary>The connections of the grains' rows as Orleans' provider needs them.</summary>
    public DbDataSource OrleansRows { get; }

    /// <summary>The connections of the cluster's membership as Orleans' provider needs them.</summary>
    public DbDataSource OrleansMembership { get; }

    /// <summary>Whether a pooler stands between this silo and the server; known once it is opened.</summary>
    public bool IsPooled { get; private set; }

    /// <summary>Creates or migrates the schema.</summary>
    /// <exception cref="StorageRefusedException">The database cannot be used; it is as it was.</exception>
    public Task OpenAsync(CancellationToken cancellation) =>
        BeforeARunAsync(async () =>
        {
            await using var connection = await Membership.OpenConnectionAsync(cancellation);
            IsPooled = await IsPooledAsync(connection, cancellation);
            if (IsPooled)
            {
                await Rows.DisposeAsync();
                Rows = RowConnections(0);
            }

            await _schema.ApplyAsync(connection, Place, cancellation);
            return IsPooled;
        });

    /// <summary>What the silos that use this database share, and no client may know. The first of them draws it.</summary>
    /// <exception cref="StorageRefusedException">The database cannot be used.</exception>
    public Task<byte[]> ReadSecretAsync(CancellationToken cancellation) =>
        BeforeARunAsync(async () =>
        {
            await using var insert = Membership.CreateCommand(
                $"INSERT INTO {PostgresSchema.Name}.silo_secret (secret) VALUES (@value) ON CONFLICT DO NOTHING"
            );
            insert.Parameters.AddWithValue("value", RandomNumberGenerator.GetBytes(ClusterSecret.Length));
            await insert.ExecuteNonQueryAsync(cancellation);
            await using var read = Membership.CreateCommand($"SELECT secret FROM {PostgresSchema.Name}.silo_secret");
            return (byte[])(await read.ExecuteScalarAsync(cancellation))!;
        });

    /// <summary>Ends the silos that a clock that was set back would let live on; see <see cref="MemberRows"/>.</summary>
    /// <exception cref="StorageRefusedException">The database cannot be used.</exception>
    public Task ForgetLaterSilosAsync(string cluster, SiloAddress silo, CancellationToken cancellation) =>
        BeforeARunAsync(async () =>
        {
            await using var connection = await Membership.OpenConnectionAsync(cancellation);
            return await MemberRows.ForgetLaterAsync(connection, cluster, silo, _time.GetUtcNow().UtcDateTime, cancellation);
        });

    /// <summary>Asks the server anything at all, and waits 2 s for an answer.</summary>
    /// <exception cref="StorageFailedException">It does not answer.</exception>
    public async Task PingAsync(CancellationToken cancellation)
    {
        // One question at a time: a network that swallows them would take every connection.
        if (_ping.IsCompleted)
            _ping = AskAsync();
        try
        {
            await _ping.WaitAsync(DatabaseTimes.Ping, _time, cancellation);
        }
        catch (Exception exception) when (exception is not OperationCanceledException && Explain(exception) is { } explained)
        {
            throw explained;
        }
    }

    /// <summary>What <paramref name="exception"/> means while the silo runs; null when it is not the database's.</summary>
    public StorageFailedException? Explain(Exception exception)
    {
        if (PostgresRefusal.Trouble(Place, exception) is not { } trouble)
            return null;
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

    // At the start of a silo nothing goes on by itself: what hinders it ends it.
    async Task<T> BeforeARunAsync<T>(Func<Task<T>> work)
    {
        try
        {
            return await work();
        }
        catch (Exception exception) when (PostgresRefusal.Trouble(Place, exception) is { } trouble)
        {
            throw new StorageRefusedException("connection", Place, GoesOn.Without(trouble), exception);
        }
    }

    async Task AskAsync()
    {
        await using var command = Membership.CreateCommand("SELECT 1");
        await command.ExecuteScalarAsync();
    }

    // A pooler makes up the number of the process that it says at the start of a connection; the server knows its own.
    static async Task<bool> IsPooledAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand("SELECT pg_backend_pid()", connection);
        return await command.ExecuteScalarAsync(cancellation) is not int process || process != connection.ProcessID;
    }

    NpgsqlDataSource RowConnections(int prepared) =>
        Connections("coke rows", RowsAtOnce + SizesAtOnce + MeasuresAtOnce, DatabaseTimes.Row, prepared);

    // Npgsql's metrics have the name of a pool as a label; without one that is the connection string.
    NpgsqlDataSource Connections(string name, int most, int seconds, int prepared) =>
        new NpgsqlDataSourceBuilder(Settings(name, most, seconds, prepared)) { Name = name }.Build();

    string Settings(string name, int most, int seconds, int prepared)
    {
        var settings = new NpgsqlConnectionStringBuilder(_given.ConnectionString)
        {
            SearchPath = null, // every table is named with its schema
            IncludeErrorDetail = false, // it would hold the contents of rows
            NoResetOnClose = true, // nothing is left in a session; a pooler would reset the wrong one
            Enlist = false,
        };
        if (!IsGiven("Application Name"))
            settings.ApplicationName = name;
        if (!IsGiven("Timeout"))
            settings.Timeout = DatabaseTimes.Connect;
        if (!IsGiven("Command Timeout"))
            settings.CommandTimeout = seconds;
        if (!IsGiven("Maximum Pool Size"))
            settings.MaxPoolSize = most;
        if (prepared == 0 || !IsGiven("Max Auto Prepare"))
            settings.MaxAutoPrepare = prepared;
        return settings.ConnectionString;

        bool IsGiven(string keyword) => _given.ShouldSerialize(keyword); // ContainsKey tells whether there is such a keyword at all
    }
}
