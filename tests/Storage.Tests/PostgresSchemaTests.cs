using CoKe.Abstractions.Storage;
using CoKe.Errors;
using CoKe.Storage.Postgres;
using Npgsql;

namespace CoKe.Storage.Tests;

[Collection(PostgresCollection.Name)]
public sealed class PostgresSchemaTests(PostgresFixture postgres) : IAsyncLifetime
{
    const string Row =
        "INSERT INTO coke.grain_state (n0, n1, id_hash, type_hash, version, service, state, extension, payload) VALUES (0, 0, 1, 2, 3, "
        + "'s', 'state', 'key', '\\x04')";

    string _database = "";

    public async Task InitializeAsync() => _database = await postgres.Server.CreateDatabaseAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task Open_ManyAtOnce_MakeItOnce()
    {
        await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => OpenAsync()));
        Assert.Equal("1 2", await AskAsync("SELECT count(*) || ' ' || max(version) FROM coke.coke_schema"));
        Assert.Equal(14L, await AskAsync("SELECT count(*) FROM coke.orleansquery"));
    }

    [Fact]
    public async Task Open_Again_PutsTheStatementsRight()
    {
        await OpenAsync();
        var whole = await AskAsync("SELECT md5(string_agg(querytext, '' ORDER BY querykey)) FROM coke.orleansquery");
        await AskAsync("UPDATE coke.orleansquery SET querytext = 'an older program''s' WHERE querykey = 'WriteToStorageKey'");
        await OpenAsync();
        Assert.Equal(whole, await AskAsync("SELECT md5(string_agg(querytext, '' ORDER BY querykey)) FROM coke.orleansquery"));
    }

    [Fact]
    public async Task Open_NewerSchema_IsRefused()
    {
        await OpenAsync();
        await AskAsync("UPDATE coke.coke_schema SET version = 7");
        var refusal = await RefusalAsync();
        Assert.Equal(("schema", "7"), (refusal.Field, refusal.Value));
        Assert.Contains("use the newer program", refusal.Message);
    }

    [Fact]
    public async Task Open_OlderSchemaManyAtOnce_MigrateOnceAndKeepTheRows()
    {
        await OpenAsync();
        await AskAsync(Row);
        // Taken twice, a step would fail: the column would be there.
        var schema = Schema(
            4,
            (2, "ALTER TABLE coke.grain_state ADD COLUMN two integer NOT NULL DEFAULT 2"),
            (3, "ALTER TABLE coke.grain_state ADD COLUMN three integer NOT NULL DEFAULT 3")
        );
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => OpenAsync(schema)));
        Assert.Equal(
            "4 2 3 3",
            await AskAsync(
                "SELECT (SELECT version FROM coke.coke_schema) || ' ' || two || ' ' || three || ' ' || version FROM coke.grain_state"
            )
        );
    }

    [Fact]
    public async Task Secret_OfSilosThatStartAtOnce_IsOne_AndStays()
    {
        // As an older program left it.
        await OpenAsync(new PostgresSchema(1, new Dictionary<int, string> { [0] = PostgresSchema.Read("Schema1") }));
        await OpenAsync();
        var secrets = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => SecretAsync()));
        Assert.Equal(32, secrets[0].Length);
        Assert.All(secrets, secret => Assert.Equal(secrets[0], secret));
        Assert.Equal(secrets[0], await SecretAsync());

        async Task<byte[]> SecretAsync()
        {
            await using var database = new PostgresDatabase(new PostgresOptions { ConnectionString = _database });
            return await database.ReadSecretAsync(default);
        }
    }

    [Fact]
    public async Task Open_EmptyDatabase_RunsEveryStep()
    {
        var schema = new PostgresSchema(
            2,
            new Dictionary<int, string> { [0] = PostgresSchema.Read("Schema1"), [1] = "CREATE TABLE coke.two (x integer)" }
        );
        await OpenAsync(schema);
        Assert.Equal(2, await AskAsync("SELECT version FROM coke.coke_schema WHERE to_regclass('coke.two') IS NOT NULL"));
    }

    [Fact]
    public async Task Open_MigrationThatFails_ChangesNothing()
    {
        await OpenAsync();
        await Assert.ThrowsAsync<StorageRefusedException>(() =>
            OpenAsync(Schema(4, (2, "CREATE TABLE coke.two (x integer)"), (3, "CREATE TABLE nonsense (")))
        );
        Assert.Equal(2, await AskAsync("SELECT version FROM coke.coke_schema WHERE to_regclass('coke.two') IS NULL"));
        await OpenAsync();
    }

    [Fact]
    public async Task Open_OlderSchemaWithoutMigration_IsRefused()
    {
        await OpenAsync();
        var refusal = await RefusalAsync(schema: Schema(4, (3, "")));
        Assert.Equal(("schema", "2"), (refusal.Field, refusal.Value));
        Assert.Contains("cannot migrate", refusal.Message);
    }

    [Fact]
    public async Task Open_SchemaOfAnotherProgram_IsRefusedAndUnchanged()
    {
        await AskAsync("CREATE SCHEMA coke; CREATE TABLE coke.theirs (x integer)");
        Assert.Contains("is another program's", (await RefusalAsync()).Message);
        Assert.Equal(1L, await AskAsync("SELECT count(*) FROM pg_class WHERE relnamespace = 'coke'::regnamespace"));
    }

    [Fact]
    public async Task Open_ServerThatAcknowledgesTooEarly_IsRefused()
    {
        var name = new NpgsqlConnectionStringBuilder(_database).Database;
        await AskAsync($"ALTER DATABASE {name} SET synchronous_commit = off");
        Assert.Contains("synchronous_commit = off", (await RefusalAsync()).Message);
    }

    [Theory]
    [InlineData("fsync", "ALTER SYSTEM SET fsync = on")]
    [InlineData("full_page_writes", "ALTER SYSTEM SET full_page_writes = on")]
    public async Task Open_ServerThatACrashCanDamage_IsRefused_AndTheRemedyHelps(string setting, string remedy)
    {
        await SetAsync($"ALTER SYSTEM SET {setting} = off", "off");
        try
        {
            var refused = await RefusalAsync();
            Assert.Contains($"{setting} = off", refused.Message);
            Assert.Contains($"{remedy} and SELECT pg_reload_conf()", refused.Message);
        }
        finally
        {
            await SetAsync(remedy, "on");
            await AskAsync($"ALTER SYSTEM RESET {setting}");
        }

        await OpenAsync();

        // The server tells nobody when it has read its settings anew: each answer is asked for as the one before is there.
        async Task SetAsync(string sql, string value)
        {
            await AskAsync(sql);
            await AskAsync("SELECT pg_reload_conf()");
            while ((string?)await AskAsync($"SHOW {setting}") != value) { }
        }
    }

    [Fact]
    public async Task Rows_SameKeyTwice_AreImpossible()
    {
        await OpenAsync();
        await AskAsync(Row);
        var twice = await Assert.ThrowsAsync<PostgresException>(() => AskAsync(Row));
        Assert.Equal(PostgresErrorCodes.UniqueViolation, twice.SqlState);
    }

    [Fact]
    public async Task Open_UserWithoutRights_IsRefused()
    {
        await AskAsync("DROP ROLE IF EXISTS guest; CREATE ROLE guest LOGIN PASSWORD 'guest-secret'");
        var refusal = await RefusalAsync(
            new NpgsqlConnectionStringBuilder(_database) { Username = "guest", Password = "guest-secret" }.ConnectionString
        );
        Assert.Contains("denies this user", refusal.Message);
        Assert.Contains("grant it CREATE", refusal.Message);
    }

    [Fact]
    public async Task Open_SchemaMadeByTheAdministrator_IsEnough()
    {
        await AskAsync(
            "DROP ROLE IF EXISTS owner; CREATE ROLE owner LOGIN PASSWORD 'owner-secret'; CREATE SCHEMA coke AUTHORIZATION owner"
        );
        await OpenAsync(
            connectionString: new NpgsqlConnectionStringBuilder(_database)
            {
                Username = "owner",
                Password = "owner-secret",
            }.ConnectionString
        );
    }

    [Theory]
    [InlineData("Password=wrong-secret", "refuses the user or password")]
    [InlineData("Username=nobody", "refuses the user or password")]
    [InlineData("Database=nowhere", "There is no PostgreSQL database nowhere at 127.0.0.1")]
    [InlineData("Port=1", "cannot be reached: start the server, or correct host and port")]
    [InlineData("Host=no-such-host.invalid", "is unknown: correct the connection string")]
    public async Task Open_WrongConnection_IsExplainedWithoutThePassword(string wrong, string words)
    {
        var refusal = await RefusalAsync($"{_database};{wrong}");
        Assert.Contains(words, refusal.Message);
        Assert.DoesNotContain("secret", refusal.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("Database=coke;Password=my-secret")]
    [InlineData("postgres://coke:my-secret@localhost/coke")]
    [InlineData("Host=localhost;Port=my-secret")]
    [InlineData("Host=localhost;Pasword=my-secret")]
    public void Options_ThatCannotWork_AreRefusedWithoutThePassword(string connectionString)
    {
        var options = new PostgresOptions { ConnectionString = connectionString };
        var refusal = Assert.Throws<InvalidOptionsException>(options.Validate);
        Assert.Equal("ConnectionString", refusal.Field);
        Assert.Contains("give it as Host=", refusal.Message);
        Assert.DoesNotContain("my-secret", refusal.ToString() + options + refusal.Value);
    }

    [Theory]
    [InlineData("53100", "The disk of the PostgreSQL database coke at db:5432 is full: free space; the run goes on by itself.")]
    [InlineData("57P01", "cut its connections")]
    [InlineData("57P03", "is starting or stopping")]
    [InlineData("53300", "has too many connections")]
    [InlineData("25006", "cannot be written: connect to the primary")]
    [InlineData("XX001", "is damaged")]
    [InlineData("57014", "is hindered (error 57014, as the server says it)")]
    [InlineData("0A000", "does not work (error 0A000, as the server says it)")]
    public void Explain_ErrorCode_NamesPlaceAndRemedy(string code, string words)
    {
        var sentence = PostgresRefusal.Trouble(
            "coke at db:5432",
            new PostgresException("as the server\nsays it.", "ERROR", "ERROR", code, detail: "detail-secret")
        )!;
        Assert.Contains(words, sentence);
        Assert.Contains("coke at db:5432", sentence);
        Assert.DoesNotContain('\n', sentence);
        Assert.DoesNotContain("secret", sentence);
    }

    static PostgresSchema Schema(int version, params (int From, string Sql)[] steps) =>
        new(version, steps.ToDictionary(step => step.From, step => step.Sql));

    async Task OpenAsync(PostgresSchema? schema = null, string? connectionString = null)
    {
        await using var database = new PostgresDatabase(new PostgresOptions { ConnectionString = connectionString ?? _database }, schema);
        await database.OpenAsync(CancellationToken.None);
    }

    async Task<StorageRefusedException> RefusalAsync(string? connectionString = null, PostgresSchema? schema = null)
    {
        var refusal = await Assert.ThrowsAsync<StorageRefusedException>(() => OpenAsync(schema, connectionString));
        Assert.DoesNotContain('\n', refusal.Message);
        return refusal;
    }

    Task<object?> AskAsync(string sql) => PostgresServer.AskAsync(_database, sql);
}
