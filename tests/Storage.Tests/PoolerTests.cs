using CoKe.Abstractions.Storage;
using CoKe.Storage.Postgres;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Storage;

namespace CoKe.Storage.Tests;

/// <summary>PgBouncer between silo and server: sessions are not the silo's own.</summary>
[Collection(PostgresCollection.Name)]
public sealed class PoolerTests(PostgresFixture postgres)
{
    [Theory]
    [InlineData("transaction")]
    [InlineData("session")]
    public async Task TwoSilos_BehindAPooler_WriteReadAndConflictAsWithout(string mode)
    {
        var database = await postgres.Server.CreateDatabaseAsync();
        await using var pooler = await PgBouncer.StartAsync(postgres.Server, mode);
        await using var first = await StorageSilo.StartOnPostgresAsync(pooler.Before(database));
        await using var second = await StorageSilo.StartOnPostgresAsync(pooler.Before(database));
        Assert.True(first.Services.GetRequiredService<PostgresDatabase>().IsPooled);

        // Often enough that a direct connection would prepare them, and more at once than the pooler has connections.
        for (var round = 0; round < 3; round++)
        {
            var written = await Task.WhenAll(
                Enumerable
                    .Range(0, 100)
                    .Select(async row =>
                    {
                        var state = await first.ReadAsync($"run/{row}");
                        state.State = new Row { Payload = [(byte)round, (byte)row] };
                        await first.WriteAsync($"run/{row}", state);
                        return state;
                    })
            );
            var read = await Task.WhenAll(Enumerable.Range(0, 100).Select(row => second.ReadAsync($"run/{row}")));
            Assert.Equal(written.Select(state => state.State!.Payload), read.Select(state => state.State!.Payload));
        }

        var mine = await first.ReadAsync("run/1");
        await second.WriteAsync("run/1", await second.ReadAsync("run/1"));
        await Assert.ThrowsAsync<InconsistentStateException>(() => first.WriteAsync("run/1", mine));
        Assert.Equal(
            0L,
            await PostgresServer.AskAsync(pooler.Before(database), "SELECT count(*) FROM pg_prepared_statements WHERE NOT from_sql")
        );
    }

    [Fact]
    public async Task Silo_BehindAPoolerInStatementMode_IsRefusedByName()
    {
        var database = await postgres.Server.CreateDatabaseAsync();
        await using var pooler = await PgBouncer.StartAsync(postgres.Server, "statement");
        var refused = await Assert.ThrowsAsync<StorageRefusedException>(() => StorageSilo.StartOnPostgresAsync(pooler.Before(database)));
        Assert.Contains("through a pooler in statement mode", refused.Message);
        Assert.Contains("set its pool_mode to transaction or session", refused.Message);
    }

    [Fact]
    public async Task Silo_UserWhoseSearchPathLeadsElsewhere_FindsItsTables()
    {
        var database = await postgres.Server.CreateDatabaseAsync();
        await PostgresServer.AskAsync(
            database,
            "CREATE SCHEMA elsewhere; CREATE TABLE elsewhere.orleansquery (querykey text, querytext text)"
        );
        await using var pooler = await PgBouncer.StartAsync(postgres.Server, "transaction");
        await PostgresServer.AskAsync(
            database,
            $"ALTER ROLE {PostgresServer.User} IN DATABASE {new Npgsql.NpgsqlConnectionStringBuilder(database).Database} SET "
                + "search_path = elsewhere"
        );
        foreach (var way in new[] { database, pooler.Before(database) })
        {
            await using var silo = await StorageSilo.StartOnPostgresAsync(way);
            await silo.WriteAsync("run/1", await silo.ReadAsync("run/1"));
        }
    }

    [Fact]
    public async Task Silo_WithoutAPooler_KnowsIt()
    {
        await using var silo = await StorageSilo.StartOnPostgresAsync(await postgres.Server.CreateDatabaseAsync());
        Assert.False(silo.Services.GetRequiredService<PostgresDatabase>().IsPooled);
    }
}
