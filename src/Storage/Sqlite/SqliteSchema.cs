using CoKe.Abstractions.Storage;
using Microsoft.Data.Sqlite;

namespace CoKe.Storage.Sqlite;

/// <summary>The tables of the database file, their version, and how an older version becomes the next.</summary>
/// <param name="version">The version this program works with.</param>
/// <param name="steps">SQL from a version to the next one. 0 is an empty file. A version without a step is no longer supported.</param>
sealed class SqliteSchema(int version, IReadOnlyDictionary<int, string> steps)
{
    static readonly string[] _s_statements = ["WriteToStorageKey", "ReadFromStorageKey", "ClearStorageKey", "DeleteStorageKey"];

    /// <summary>Schema 1. A further version adds its step here, for example <c>[1] = Read("Schema2")</c>.</summary>
    public static SqliteSchema Current { get; } = new(1, new Dictionary<int, string> { [0] = Read("Schema1") });

    /// <summary>Refuses a file that this program cannot use, and only reads it.</summary>
    /// <exception cref="StorageRefusedException">The file has another program's tables, a newer schema, or an older one that has no
    /// step.</exception>
    public void Check(SqliteConnection connection)
    {
        for (var found = FindVersion(connection, null); found < version; found++)
            if (!steps.ContainsKey(found))
                throw Older(connection.DataSource, found);
    }

    /// <summary>Creates or migrates the schema and writes the provider's statements, all in one transaction: a silo that dies here changes
    /// nothing.</summary>
    public void Apply(SqliteConnection connection)
    {
        // Takes the write lock, so a file that cannot be written shows now.
        using var transaction = connection.BeginTransaction(deferred: false);
        for (var found = FindVersion(connection, transaction); found < version; found++)
        {
            Execute(connection, transaction, steps[found]);
            Execute(connection, transaction, "UPDATE coke_schema SET version = @value", found + 1);
        }
        // Written at every start, so that statements and program always match.
        foreach (var key in _s_statements)
            Execute(
                connection,
                transaction,
                $"INSERT OR REPLACE INTO OrleansQuery (QueryKey, QueryText) VALUES ('{key}', @value)",
                Read(key)
            );
        transaction.Commit();
    }

    int FindVersion(SqliteConnection connection, SqliteTransaction? transaction)
    {
        var path = connection.DataSource;
        if (Count(connection, transaction, "SELECT count(*) FROM sqlite_schema WHERE name = 'coke_schema'") == 0)
        {
            if (Count(connection, transaction, "SELECT count(*) FROM sqlite_schema") == 0)
                return 0;
            throw new StorageRefusedException("path", path, $"The file {path} is another program's SQLite database: give another path.");
        }
        var found = (int)Count(connection, transaction, "SELECT max(version) FROM coke_schema");
        if (found > version)
            throw new StorageRefusedException(
                "schema",
                $"{found}",
                $"The database file {path} has schema {found}, this program knows up to {version}: use the newer program, "
                    + "or give another path."
            );
        // 0 is only ever an empty file.
        return found > 0 ? found : throw Older(path, found);
    }

    StorageRefusedException Older(string path, int found) =>
        new(
            "schema",
            $"{found}",
            $"The database file {path} has schema {found}, which this program (schema {version}) cannot migrate: "
                + "start it once with a program in between, or give another path."
        );

    static long Count(SqliteConnection connection, SqliteTransaction? transaction, string sql)
    {
        using var command = new SqliteCommand(sql, connection, transaction);
        return command.ExecuteScalar() is long count ? count : 0;
    }

    static void Execute(SqliteConnection connection, SqliteTransaction transaction, string sql, object? value = null)
    {
        using var command = new SqliteCommand(sql, connection, transaction);
        if (value is not null)
            command.Parameters.AddWithValue("@value", value);
        command.ExecuteNonQuery();
    }

    static string Read(string name)
    {
        using var reader = new StreamReader(typeof(SqliteSchema).Assembly.GetManifestResourceStream($"Sqlite/{name}")!);
        return reader.ReadToEnd();
    }
}
