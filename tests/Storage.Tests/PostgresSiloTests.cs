using CoKe.Abstractions.Storage;
using CoKe.Storage.Postgres;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Storage;

namespace CoKe.Storage.Tests;

[Collection(PostgresCollection.Name)]
public sealed class PostgresSiloTests(PostgresFixture postgres) : IAsyncLifetime
{
    string _database = "";

    public async Task InitializeAsync() => _database = await postgres.Server.CreateDatabaseAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task Restart_AnotherCluster_FindsItsRows()
    {
        await using (var silo = await StorageSilo.StartOnPostgresAsync(_database, "first"))
            await silo.WriteNewAsync("run/1", [1, 2, 3]);
        await using var again = await StorageSilo.StartOnPostgresAsync(_database, "second");
        var read = await again.ReadAsync("run/1");
        Assert.Equal([1, 2, 3], read.State!.Payload);
        await again.WriteAsync("run/1", read); // the version too
    }

    [Fact]
    public async Task TwoSilos_ShareRowsAndConflict()
    {
        await using var first = await StorageSilo.StartOnPostgresAsync(_database);
        await using var second = await StorageSilo.StartOnPostgresAsync(_database);
        var mine = await first.WriteNewAsync("run/1", [1]);
        await second.WriteAsync("run/1", await second.ReadAsync("run/1"));
        await Assert.ThrowsAsync<InconsistentStateException>(() => first.WriteAsync("run/1", mine));
    }

    [Fact]
    public async Task Write_DiskFull_SaysSoAndGoesOnOnceThereIsRoom()
    {
        await using var silo = await StorageSilo.StartOnPostgresAsync(_database);
        var state = await silo.WriteNewAsync("run/1", new byte[500_000]);
        await PostgresServer.FillDiskAsync(_database);

        state.State!.Payload = new byte[1_500_000];
        var etag = state.ETag;
        var failed = await Assert.ThrowsAsync<StorageFailedException>(() => silo.WriteAsync("run/1", state));
        var sentence = StorageTrouble.Describe(failed)!;
        Assert.Matches(
            "^The disk of the PostgreSQL database test[0-9]+ at 127.0.0.1:[0-9]+ is full: free space; the run goes on by itself.$",
            sentence
        );
        Assert.Equal(sentence, silo.Health.Current);
        Assert.Equal(etag, state.ETag);
        Assert.Equal(500_000, (await silo.ReadAsync("run/1")).State!.Payload.Length); // the old row is whole
        await LookAsync(silo);
        Assert.Equal(sentence, silo.Health.Current); // a read that works proves nothing, and there is still no room

        await PostgresServer.FreeDiskAsync(_database);
        await silo.WriteAsync("run/1", state);
        Assert.Null(silo.Health.Current);
        Assert.Equal(1_500_000, (await silo.ReadAsync("run/1")).State!.Payload.Length);
    }

    [Fact]
    public async Task DiskFull_SiloThatStoresNothingMore_IsWellAgainByItself()
    {
        await using var silo = await StorageSilo.StartOnPostgresAsync(_database);
        await PostgresServer.FillDiskAsync(_database);
        await Assert.ThrowsAsync<StorageFailedException>(() => silo.WriteNewAsync("run/1", [1]));
        await PostgresServer.FreeDiskAsync(_database);
        await LookAsync(silo);
        Assert.Null(silo.Health.Current);
    }

    [Fact]
    public async Task ServerStopped_IsToldWithoutAnyWrite_AndIsOverWhenItRuns()
    {
        await using var silo = await StorageSilo.StartOnPostgresAsync(_database);
        var state = await silo.WriteNewAsync("run/1", [1]);
        await postgres.Server.StopAsync();
        try
        {
            await LookAsync(silo);
            Assert.NotNull(silo.Health.Current);
            state.State!.Payload = [2];
            var failed = await Assert.ThrowsAsync<StorageFailedException>(() => silo.WriteAsync("run/1", state));
            Assert.Contains("cannot be reached: start the server", failed.Message);
        }
        finally
        {
            await postgres.Server.StartAsync();
        }

        await silo.WriteAsync("run/1", state);
        Assert.Null(silo.Health.Current);
        Assert.Equal([2], (await silo.ReadAsync("run/1")).State!.Payload);
    }

    [Fact]
    public async Task ConnectionsCut_FailOnceAndAreMadeAnew()
    {
        await using var silo = await StorageSilo.StartOnPostgresAsync(_database);
        // Several connections, all idle.
        await Task.WhenAll(Enumerable.Range(0, 12).Select(row => silo.WriteNewAsync($"run/{row}", new byte[200_000])));
        await postgres.Server.CutConnectionsAsync(_database);
        var failed = await Assert.ThrowsAsync<StorageFailedException>(() => silo.ReadAsync("run/0"));
        Assert.Contains("cut", failed.Message);
        Assert.Equal(failed.Message, silo.Health.Current);
        // All others were cut too, and are not tried.
        var read = await Task.WhenAll(Enumerable.Range(0, 12).Select(row => silo.ReadAsync($"run/{row}")));
        await Task.WhenAll(read.Select((state, row) => silo.WriteAsync($"run/{row}", state)));
        Assert.Null(silo.Health.Current);
    }

    [Fact]
    public async Task Overwrite_Vacuumed_UsesTheSameSpace()
    {
        await using var silo = await StorageSilo.StartOnPostgresAsync(_database);
        var state = await silo.WriteNewAsync("run/1", new byte[200_000]);
        long Size(object? bytes) => Assert.IsType<long>(bytes);
        for (var round = 0; round < 10; round++)
        {
            for (var i = 0; i < 20; i++)
                await silo.WriteAsync("run/1", state);
            await PostgresServer.AskAsync(_database, "VACUUM coke.grain_state"); // as the server does by itself, but now
        }
        // 40 MB were written.
        Assert.InRange(Size(await PostgresServer.AskAsync(_database, "SELECT pg_total_relation_size('coke.grain_state')")), 1, 8_000_000);
    }

    static Task LookAsync(StorageSilo silo) =>
        silo.Services.GetServices<IHostedService>().OfType<PostgresHost>().Single().LookAsync(silo.Storage);
}
