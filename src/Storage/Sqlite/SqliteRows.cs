using System.Data.Common;
using Microsoft.Data.Sqlite;

namespace CoKe.Storage.Sqlite;

/// <summary>
/// The connections of Orleans' provider, one at a time. SQLite has one writer anyway: a second one would poll for the lock in sleeps of
/// 150 ms while it blocks a thread. Here it waits for its turn without a thread.
/// </summary>
sealed class SqliteRows(string connectionString, string settings) : DbDataSource
{
    /// <summary>Has a connection hold the file alone, without shared memory, if nothing was read on it yet.</summary>
    public const string Exclusive = "PRAGMA locking_mode = EXCLUSIVE";

    readonly SemaphoreSlim _turn = new(1);
    volatile bool _closed;

    public override string ConnectionString => connectionString;

    /// <summary>Pages the file may have; 0: no limit.</summary>
    public long MaxPages { get; set; }

    /// <summary>Whether each connection holds the file alone: then there is only ever one, since they are handed out one at a
    /// time.</summary>
    public bool IsExclusive { get; set; }

    /// <summary>Closes the pooled connections, none of which is in use.</summary>
    public void Forget()
    {
        using var connection = new SqliteConnection(connectionString);
        SqliteConnection.ClearPool(connection);
    }

    /// <summary>Waits for the turn that is under way, lets nobody in any more, and closes the pooled connections.</summary>
    public void Close()
    {
        _closed = true;
        _turn.Wait();
        Forget();
        _turn.Release();
    }

    protected override DbConnection CreateDbConnection() => new SqliteConnection(connectionString);

    protected override async ValueTask<DbConnection> OpenDbConnectionAsync(CancellationToken cancellationToken = default)
    {
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        var connection = new Turn(connectionString, _turn);
        try
        {
            // A write after the silo let go of the file could meet another silo's.
            ObjectDisposedException.ThrowIf(_closed, this);
            Prepare(connection);
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    // Settings belong to a connection and a pooled one keeps them, but whether this one is new shows nowhere; to set them takes 50 us.
    void Prepare(SqliteConnection connection)
    {
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText =
            $"{(IsExclusive ? Exclusive + ";" : "")}{(MaxPages > 0 ? $"PRAGMA max_page_count = {MaxPages};" : "")}{settings}";
        command.ExecuteNonQuery();
    }

    /// <summary>A connection that hands the turn on when it is disposed.</summary>
    sealed class Turn(string connectionString, SemaphoreSlim turn) : SqliteConnection(connectionString)
    {
        SemaphoreSlim? _held = turn;

        protected override void Dispose(bool disposing)
        {
            base.Dispose(disposing);
            if (disposing)
                Interlocked.Exchange(ref _held, null)?.Release();
        }
    }
}
