using CoKe.ConstrainedKMeans;
using CoKe.Storage.Postgres;
using Npgsql;

namespace CoKe.Storage.Tests;

[Collection(PostgresCollection.Name)]
public sealed class PostgresSizeTableTests(PostgresFixture postgres) : IAsyncLifetime
{
    string _database = "";

    public async Task InitializeAsync() => _database = await postgres.Server.CreateDatabaseAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task Epochs_Committed_AreInTheTableBitForBit_AndGoWithTheRun()
    {
        await using var run = await SmallRun.StartAsync(Postgres);
        var expected = new List<Line>();
        for (var epoch = 0; epoch < 3; epoch++)
        {
            await run.EpochAsync();
            expected.AddRange(Lines(run.Oracle, epoch));
            await UntilAsync(epoch);
        }

        Assert.Equal(expected, await ReadAsync(run.RunId));
        await run.Coke.DeleteRunAsync(SmallRun.Name);
        Assert.Equal(0L, await PostgresServer.AskAsync(_database, "SELECT count(*) FROM coke.cluster_size"));
        Assert.Equal(
            0L,
            await PostgresServer.AskAsync(
                _database,
                "SELECT count(*) FROM coke.grain_state WHERE payload IS NOT NULL AND state IN ('sizes', 'report', 'manifest', 'slot0')"
            )
        );
    }

    [Fact]
    public async Task Table_CannotBeWritten_TheRunGoesOnTellsItAndCatchesUpInAnotherSilo()
    {
        var expected = new List<Line>();
        await using (var first = await SmallRun.StartAsync(Postgres))
        {
            await PostgresServer.AskAsync(_database, "ALTER TABLE coke.cluster_size RENAME TO away");
            for (var epoch = 0; epoch < 3; epoch++)
            {
                await first.EpochAsync();
                expected.AddRange(Lines(first.Oracle, epoch));
            }

            var status = await first.WaitAsync(status =>
                status.Warnings.Any(warning => warning.StartsWith("The table of cluster sizes lags behind", StringComparison.Ordinal))
            );
            Assert.Null(status.Hindrance);
            await PostgresServer.AskAsync(_database, "ALTER TABLE coke.away RENAME TO cluster_size");
            // The silo goes before it tries again, or not: the rest is the next one's.
        }

        await using var second = await SmallRun.StartAsync(Postgres);
        await UntilAsync(2);
        Assert.Equal(expected, await ReadAsync(second.RunId));
        Assert.Equal(
            0L,
            await PostgresServer.AskAsync(_database, "SELECT count(*) FROM coke.grain_state WHERE payload IS NOT NULL AND state = 'sizes'")
        );
    }

    [Fact]
    public async Task Upsert_Again_ChangesNothingAndMixesNothing()
    {
        await using var silo = await StorageSilo.StartOnPostgresAsync(_database);
        var table = (CoKe.Abstractions.Storage.IClusterSizeTable)
            silo.Services.GetService(typeof(CoKe.Abstractions.Storage.IClusterSizeTable))!;
        CoKe.Abstractions.HeadSizes Head(params double[] sizes) => new(new(sizes), new([.. sizes.Select(size => size / 3)]));
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => table.UpsertAsync("a~1", 0, [Head(1, 2), Head(3)])));
        await table.UpsertAsync("a~1", 1, [Head(4, 5), Head(6)]);
        await table.UpsertAsync("b~2", 0, [Head(7)]);
        Line[] expected =
        [
            new(0, 0, 0, 1, 1 / 3.0),
            new(0, 0, 1, 2, 2 / 3.0),
            new(0, 1, 0, 3, 1),
            new(1, 0, 0, 4, 4 / 3.0),
            new(1, 0, 1, 5, 5 / 3.0),
            new(1, 1, 0, 6, 2),
        ];
        Assert.Equal(expected, await ReadAsync("a~1"));
        await table.DeleteAsync("a~1");
        await table.DeleteAsync("a~1");
        Assert.Empty(await ReadAsync("a~1"));
        Assert.Single(await ReadAsync("b~2"));
    }

    [Fact]
    public async Task Table_IsLocked_RowsAreWrittenAllTheSame()
    {
        await using var silo = await StorageSilo.StartOnPostgresAsync(_database);
        var table = (CoKe.Abstractions.Storage.IClusterSizeTable)
            silo.Services.GetService(typeof(CoKe.Abstractions.Storage.IClusterSizeTable))!;
        await using var connection = new NpgsqlConnection(_database + ";Pooling=false");
        await connection.OpenAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using (var command = new NpgsqlCommand("LOCK TABLE coke.cluster_size", connection, transaction))
            await command.ExecuteNonQueryAsync(); // as CREATE INDEX does for a while
        var upserts = Enumerable.Range(0, 30).Select(run => table.UpsertAsync($"run~{run}", 0, [new(new([1]), new([2]))])).ToArray();
        await Task.WhenAll(
            Enumerable
                .Range(0, 30)
                .Select(async i =>
                {
                    var state = new GrainState<Row>(new Row());
                    await silo.Storage.WriteStateAsync("state", GrainId.Create("grain", $"{i}"), state);
                })
        );
        Assert.DoesNotContain(upserts, upsert => upsert.IsCompleted);
        await transaction.RollbackAsync();
        await Task.WhenAll(upserts);
        Assert.Equal(30L, await PostgresServer.AskAsync(_database, "SELECT count(*) FROM coke.cluster_size"));
    }

    [Fact]
    public async Task Delete_OfALongRun_GoesStepByStep()
    {
        await using var silo = await StorageSilo.StartOnPostgresAsync(_database);
        var table = (CoKe.Abstractions.Storage.IClusterSizeTable)
            silo.Services.GetService(typeof(CoKe.Abstractions.Storage.IClusterSizeTable))!;
        await PostgresServer.AskAsync(
            _database,
            "INSERT INTO coke.cluster_size SELECT 'long~1', 0, i / 1000, i % 1000, 1, 1 FROM generate_series(0, 249999) i"
        );
        await table.UpsertAsync("other~1", 0, [new(new([1]), new([2]))]);
        // No statement may take so long that it is given up, undone, and begun anew for ever.
        await PostgresServer.AskAsync(
            _database,
            "CREATE FUNCTION refuse_many() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF (SELECT count(*) FROM gone) > 100000 THEN "
                + "RAISE 'too many'; END IF; RETURN NULL; END $$"
        );
        await PostgresServer.AskAsync(
            _database,
            "CREATE TRIGGER many AFTER DELETE ON coke.cluster_size REFERENCING OLD TABLE AS gone EXECUTE FUNCTION refuse_many()"
        );
        await table.DeleteAsync("long~1");
        Assert.Equal("other~1", await PostgresServer.AskAsync(_database, "SELECT string_agg(run, ' ') FROM coke.cluster_size"));
    }

    void Postgres(Orleans.Hosting.ISiloBuilder silo) => silo.UsePostgres(new PostgresOptions { ConnectionString = _database });

    // The table is filled behind the run: asked until it is there, the server's answers being the only clock.
    async Task UntilAsync(int epoch)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (await PostgresServer.AskAsync(_database, $"SELECT EXISTS (SELECT FROM coke.cluster_size WHERE epoch = {epoch})") is false)
            patience.Token.ThrowIfCancellationRequested();
    }

    static IEnumerable<Line> Lines(OnlineConstrainedKMeans oracle, int epoch) =>
        oracle.Heads.SelectMany(
            (head, h) =>
                Enumerable.Range(0, head.Plan.ClusterCount).Select(k => new Line(epoch, h, k, head.Cluster(k).LastCount, head.Dual(k)))
        );

    async Task<List<Line>> ReadAsync(string runId)
    {
        await using var connection = new NpgsqlConnection(_database + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(
            "SELECT epoch, head, cluster, size, dual FROM coke.cluster_size WHERE run = @run ORDER BY epoch, head, cluster",
            connection
        )
        {
            Parameters = { new("run", runId) },
        };
        await using var reader = await command.ExecuteReaderAsync();
        var lines = new List<Line>();
        while (await reader.ReadAsync())
            lines.Add(new Line(reader.GetInt32(0), reader.GetInt32(1), reader.GetInt32(2), reader.GetInt64(3), reader.GetDouble(4)));
        return lines;
    }

    sealed record Line(int Epoch, int Head, int Cluster, long Size, double Dual);
}
