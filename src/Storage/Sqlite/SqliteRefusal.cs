using CoKe.Abstractions.Storage;
using Microsoft.Data.Sqlite;
using static SQLitePCL.raw;

namespace CoKe.Storage.Sqlite;

/// <summary>What SQLite's result codes mean to a person: one sentence with the path and the remedy.</summary>
static class SqliteRefusal
{
    public static StorageRefusedException ReadOnly(string path, Exception? inner) =>
        new(
            "path",
            path,
            $"The database file {path} or its folder cannot be written: allow this user to write there, or give another path.",
            inner
        );

    public static StorageRefusedException Of(string path, SqliteException exception) =>
        exception.SqliteErrorCode switch
        {
            SQLITE_READONLY or SQLITE_CANTOPEN or SQLITE_PERM => ReadOnly(path, exception),
            SQLITE_NOTADB => new(
                "path",
                path,
                $"The file {path} is no SQLite database: give another path, or move the file away.",
                exception
            ),
            _ => new("path", path, GoesOn.Without(Trouble(path, null, exception)), exception),
        };

    /// <param name="path">The database file.</param>
    /// <param name="limit">Its largest size, bytes.</param>
    /// <param name="exception">What SQLite said while a silo runs.</param>
    public static string Trouble(string path, long? limit, SqliteException exception) =>
        exception.SqliteErrorCode switch
        {
            SQLITE_FULL when limit is { } bytes =>
                $"The database file {path} is full (limit {bytes / 1e6:0.#} MB), or its disk is: free space or raise the limit; "
                    + $"{GoesOn.ByItself}.",
            SQLITE_FULL => $"The disk of the database file {path} is full: free space; {GoesOn.ByItself}.",
            SQLITE_BUSY or SQLITE_LOCKED => $"Another program holds the database file {path}: end it; {GoesOn.ByItself}.",
            SQLITE_READONLY or SQLITE_CANTOPEN or SQLITE_PERM =>
                $"The database file {path} cannot be written any more: allow this user to write it; {GoesOn.ByItself}.",
            SQLITE_CORRUPT or SQLITE_NOTADB =>
                $"The database file {path} is damaged: stop the silo and restore the file from a copy, or give another path.",
            SQLITE_IOERR =>
                $"The disk of the database file {path} fails (SQLite error {exception.SqliteExtendedErrorCode}): check disk and quota; "
                    + $"{GoesOn.ByItself} once it works.",
            _ => $"The database file {path} does not work (SQLite error {exception.SqliteExtendedErrorCode}, "
                + $"{exception.Message.TrimEnd('.')}): check it with 'sqlite3 {path} \"pragma integrity_check\"'.",
        };
}
