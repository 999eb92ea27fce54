using CoKe.Storage.Postgres;
using CoKe.Storage.Sqlite;

namespace CoKe.Storage.Tests;

/// <summary>The storage has no part in the result: the same mini-batches end with the same bits, in the grains and in the rows.</summary>
[Collection(PostgresCollection.Name)]
public sealed class BitEqualTests(PostgresFixture postgres) : IDisposable
{
    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Run_OnMemorySqliteAndPostgres_EndsBitEqual()
    {
        await using var memory = await SmallRun.StartAsync(silo => silo.UseMemory());
        await using var sqlite = await SmallRun.StartAsync(silo => silo.UseSqlite(new SqliteOptions { Path = _folder.File("coke.db") }));
        var connection = new PostgresOptions { ConnectionString = await postgres.Server.CreateDatabaseAsync() };
        await using var database = await SmallRun.StartAsync(silo => silo.UsePostgres(connection));
        var expected = await OfAsync(memory);
        Assert.True(expected.Rows > 20, $"only {expected.Rows} rows were compared");
        Assert.Equal(expected, await OfAsync(sqlite));
        Assert.Equal(expected, await OfAsync(database));

        static async Task<(string Result, string Stored, int Rows)> OfAsync(SmallRun run)
        {
            await run.EpochAsync();
            await run.EpochAsync();
            // Into the third epoch as far as two checkpoints: rows of both forms are there, whole and as changes.
            await run.PushAsync(2 * SmallRun.Interval);
            await run.WaitUntilDurableAsync((2 * SmallRun.N / SmallRun.B) + (2 * SmallRun.Interval));
            var (stored, rows) = await run.HashOfRowsAsync();
            return (await run.HashOfResultAsync(), stored, rows);
        }
    }
}
