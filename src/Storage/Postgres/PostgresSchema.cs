using CoKe.Abstractions.Storage;
using Npgsql;

namespace CoKe.Storage.Postgres;

/// <summary>The tables of the schema <c>coke</c>, their version, and how an older version becomes the next.</summary>
/// <param name="version">The version this program works with.</param>
/// <param name="steps">SQL from a version to the next one. 0 is a database without the schema. A version without a step is no longer
/// supported.</param>
sealed class PostgresSchema(int version, IReadOnlyDictionary<int, string> steps)
{
    /// <summary>Where all tables lie.</summary>
    public const string Name = "coke";

    // Any number will do, as long as no other program locks the same in this database.
    const long Lock = 0x636f6b65; // "coke"
    const string Folder = "Postgres/";

    static readonly string[] _s_statements =
    [
        .. typeof(PostgresSchema)
            .Assembly.GetManifestResourceNames()
            .Where(name => name.StartsWith(Folder, StringComparison.Ordinal) && name.EndsWith("Key", StringComparison.Ordinal))
            .Select(name => name[Folder.Length..]),
    ];

    // What a server must not be without, what it does without, and the remedy.
    static readonly (string Setting, string Danger, string Remedy)[] _s_durability =
    [
        (
            "synchronous_commit",
            "acknowledges before it has stored",
            "set it to on for this user, with ALTER ROLE ... SET synchronous_commit = on"
        ),
        ("fsync", "never waits for its disk", "an administrator sets it with ALTER SYSTEM SET fsync = on and SELECT pg_reload_conf()"),
        (
            "full_page_writes",
            "cannot mend a page that a crash tore",
            "an administrator sets it with ALTER SYSTEM SET full_page_writes = on and SELECT pg_reload_conf()"
        ),
    ];

    /// <summary>Schema 2. A further version adds its step here, for example <c>[2] = Read("Schema3")</c>.</summary>
    public static PostgresSchema Current { get; } = new(2, new Dictionary<int, string> { [0] = Read("Schema1"), [1] = Read("Schema2") });

    /// <summary>
    /// Creates or migrates the schema and writes the providers' statements, all in one transaction: who dies here changes nothing. Of silos
    /// that start at once one does it, and the others find it done.
    /// </summary>
    /// <exception cref="StorageRefusedException">The schema is another program's, newer, or an older one that has no step; or the server
    /// forgets what it acknowledged.</exception>
    public async Task ApplyAsync(NpgsqlConnection connection, string place, CancellationToken cancellation)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await ExecuteAsync("SELECT pg_advisory_xact_lock(@value)", Lock);
        foreach (var (setting, danger, remedy) in _s_durability)
        {
            if (await AskAsync($"SHOW {setting}") is "off")
                throw new StorageRefusedException(
                    setting,
                    "off",
                    $"The PostgreSQL database {place} {danger} ({setting} = off), and would forget steps that trainers have let go: "
                        + $"{remedy}."
                );
        }

        var found = await FindVersionAsync();
        if (found == 0 && await AskAsync($"SELECT to_regnamespace('{Name}') IS NULL") is true)
            await ExecuteAsync($"CREATE SCHEMA {Name}");
        for (; found < version; found++)
        {
            await ExecuteAsync(steps.TryGetValue(found, out var step) ? step : throw Older(found));
            await ExecuteAsync($"UPDATE {Name}.coke_schema SET version = @value", found + 1);
        }

        // At every start, so that statements and program always match.
        foreach (var key in _s_statements)
        {
            await ExecuteAsync(
                $"INSERT INTO {Name}.orleansquery AS q VALUES ('{key}', @value) ON CONFLICT (querykey) DO UPDATE SET querytext = "
                    + "EXCLUDED.querytext WHERE q.querytext <> EXCLUDED.querytext",
                Read(key)
            );
        }

        await transaction.CommitAsync(cancellation);

        async Task<int> FindVersionAsync()
        {
            if (await AskAsync($"SELECT to_regclass('{Name}.coke_schema') IS NULL") is true)
            {
                if (await AskAsync($"SELECT EXISTS (SELECT FROM pg_class WHERE relnamespace = to_regnamespace('{Name}'))") is false)
                    return 0;
                throw new StorageRefusedException(
                    "schema",
                    Name,
                    $"The schema {Name} of the PostgreSQL database {place} is another program's: give another database."
                );
            }

            var stored = await AskAsync($"SELECT max(version) FROM {Name}.coke_schema") is int number ? number : 0;
            if (stored > version)
                throw new StorageRefusedException(
                    "schema",
                    $"{stored}",
                    $"The PostgreSQL database {place} has schema {stored}, this program knows up to {version}: use the newer program, "
                        + "or give another database."
                );
            // 0 is only ever a database without the schema.
            return stored > 0 ? stored : throw Older(stored);
        }

        StorageRefusedException Older(int stored) =>
            new(
                "schema",
                $"{stored}",
                $"The PostgreSQL database {place} has schema {stored}, which this program (schema {version}) cannot migrate: "
                    + "start it once with a program in between, or give another database."
            );

        async Task ExecuteAsync(string sql, object? value = null)
        {
            await using var command = new NpgsqlCommand(sql, connection, transaction);
            if (value is not null)
                command.Parameters.AddWithValue("value", value);
            await command.ExecuteNonQueryAsync(cancellation);
        }

        async Task<object?> AskAsync(string sql)
        {
            await using var command = new NpgsqlCommand(sql, connection, transaction);
            return await command.ExecuteScalarAsync(cancellation);
        }
    }

    internal static string Read(string name)
    {
        using var reader = new StreamReader(typeof(PostgresSchema).Assembly.GetManifestResourceStream(Folder + name)!);
        return reader.ReadToEnd();
    }
}
