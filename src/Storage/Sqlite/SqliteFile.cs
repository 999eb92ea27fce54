using System.Data.Common;
using CoKe.Abstractions.Storage;
using CoKe.Files;
using Microsoft.Data.Sqlite;
using static SQLitePCL.raw;

namespace CoKe.Storage.Sqlite;

/// <summary>The database file of a silo: locked, migrated and opened at start, closed at the end.</summary>
/// <remarks>
/// What was acknowledged survives kill -9 and power loss: every commit is written and synchronized to the write-ahead log (WAL,
/// synchronous = FULL) before it returns. The log is copied into the file every 32 MB and cut back to that. Pages of rows that were
/// overwritten or cleared are used again.
/// <para>Some network file systems have no memory that processes share, which a write-ahead log needs as soon as a second one may read it.
/// There the file is held by this process alone, which SQLite can do without (its exclusive locking mode); it is as durable.</para>
/// </remarks>
sealed class SqliteFile : IDisposable
{
    // Rows are 50 KB to several MB: large pages make them short chains. Measured, 32 KB takes half the CPU of 4 KB.
    const int PageSize = 32_768;
    const int LogBytes = 32 << 20;
    static readonly string _s_settings =
        $"PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = {LogBytes / PageSize}; PRAGMA journal_size_limit = {LogBytes}; "
        + "PRAGMA cache_size = -16384;";

    // What SQLite says of its -shm file: it cannot be opened, sized, locked or mapped.
    static readonly int[] _s_noSharedMemory = [SQLITE_IOERR_SHMOPEN, SQLITE_IOERR_SHMSIZE, SQLITE_IOERR_SHMLOCK, SQLITE_IOERR_SHMMAP];

    readonly SqliteOptions _options;
    readonly SqliteSchema _schema;
    readonly SqliteRows _rows;
    readonly string _path;
    readonly string _connectionString;
    FileLock? _lock;

    public SqliteFile(SqliteOptions options, SqliteSchema? schema = null)
    {
        options.Validate();
        _options = options;
        _schema = schema ?? SqliteSchema.Current;
        _path = Resolve(options.Path);
        _connectionString = new SqliteConnectionStringBuilder { DataSource = _path, DefaultTimeout = 10 }.ToString();
        _rows = new SqliteRows(_connectionString, _s_settings);
    }

    /// <summary>Opens connections, one at a time, with the settings of this file.</summary>
    public DbDataSource Rows => _rows;

    /// <summary>Whether no other program can read the file meanwhile, because its file system has no shared memory; known once it is
    /// open.</summary>
    public bool IsExclusive { get; private set; }

    /// <summary>Database file, for people.</summary>
    public string Place => _path;

    /// <summary>Takes the file for this silo.</summary>
    /// <exception cref="StorageRefusedException">It cannot be used; it is as it was.</exception>
    public void Open()
    {
        MakeFolder();
        _lock = FileLock.Take(_path);
        try
        {
            PrivateFiles.Make(_path); // SQLite gives the log beside it the same mode
            try
            {
                Prepare();
            }
            catch (SqliteException exception) when (_s_noSharedMemory.Contains(exception.SqliteExtendedErrorCode))
            {
                _rows.Forget(); // a connection remembers how it began
                IsExclusive = _rows.IsExclusive = true;
                Prepare();
            }
        }
        catch (SqliteException exception)
        {
            Dispose();
            throw SqliteRefusal.Of(_path, exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Dispose();
            throw SqliteRefusal.ReadOnly(_path, exception);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>What <paramref name="exception"/> means while the silo runs; null when it is not SQLite's.</summary>
    public StorageFailedException? Explain(Exception exception) =>
        exception is SqliteException said ? new(_path, SqliteRefusal.Trouble(_path, _options.MaxBytes, said), exception) : null;

    /// <summary>Closes the pooled connections, which copies the log into the file, and gives the file free.</summary>
    public void Dispose()
    {
        _rows.Close();
        _lock?.Dispose(); // last: who gets it next finds the file at rest
        _lock = null;
    }

    void Prepare()
    {
        using var connection = new SqliteConnection(_connectionString);
        connection.Open();
        if (IsExclusive)
            Ask(connection, SqliteRows.Exclusive); // before anything is read
        // Before the first write to a new file; no effect on an existing one.
        Ask(connection, $"PRAGMA page_size = {PageSize}");
        _schema.Check(connection);
        if (Ask(connection, "PRAGMA journal_mode = WAL") is not "wal")
            throw new StorageRefusedException(
                "path",
                _path,
                $"The database file {_path} lies where SQLite cannot keep a write-ahead log: give a path on a local disk."
            );
        Ask(connection, _s_settings);
        _schema.Apply(connection);
        if (_options.MaxBytes is { } bytes)
            _rows.MaxPages = Math.Max(1, bytes / (long)Ask(connection, "PRAGMA page_size")!);
    }

    void MakeFolder()
    {
        if (Directory.Exists(_path))
            throw new StorageRefusedException(
                "path",
                _path,
                $"{_path} is a folder: give the database file in it, for example {Path.Combine(_path, CokeStorage.DefaultFileName)}."
            );
        var folder = Path.GetDirectoryName(_path)!;
        try
        {
            PrivateFiles.MakeFolder(folder);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new StorageRefusedException(
                "path",
                _path,
                $"The folder {folder} of the database file cannot be made: make it so that this user can write there, "
                    + "or give another path.",
                exception
            );
        }
    }

    // Two names of one file must find one lock.
    static string Resolve(string path)
    {
        var full = Path.GetFullPath(path);
        return File.Exists(full) ? File.ResolveLinkTarget(full, returnFinalTarget: true)?.FullName ?? full : full;
    }

    static object? Ask(SqliteConnection connection, string sql)
    {
        using var command = new SqliteCommand(sql, connection);
        return command.ExecuteScalar();
    }
}
