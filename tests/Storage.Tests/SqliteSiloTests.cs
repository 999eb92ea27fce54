using CoKe.Abstractions.Storage;
using Microsoft.Data.Sqlite;

namespace CoKe.Storage.Tests;

public sealed class SqliteSiloTests : IDisposable
{
    readonly TemporaryFolder _folder = new();

    string Path => _folder.File("coke.db");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Restart_AnotherCluster_FindsItsRows()
    {
        await using (var silo = await StorageSilo.StartAsync(Path, clusterId: "first"))
            await silo.WriteNewAsync("run/1", [1, 2, 3]);
        await using var again = await StorageSilo.StartAsync(Path, clusterId: "second");
        var read = await again.ReadAsync("run/1");
        Assert.Equal([1, 2, 3], read.State!.Payload);
        await again.WriteAsync("run/1", read); // the version too
    }

    [Fact]
    public async Task Overwrite_AThousandTimes_UsesTheSameSpace()
    {
        await using var silo = await StorageSilo.StartAsync(Path);
        var random = new Random(1);
        var state = await silo.WriteNewAsync("run/1", new byte[200_000]);
        for (var i = 0; i < 1_000; i++)
        {
            state.State!.Payload = new byte[random.Next(100_000, 200_000)];
            await silo.WriteAsync("run/1", state);
        }
        // 150 MB were written.
        Assert.InRange(new FileInfo(Path).Length, 1, 1_000_000);
        Assert.InRange(new FileInfo(Path + "-wal").Length, 1, 35_000_000);
    }

    [Fact]
    public async Task Write_FileFull_SaysSoAndGoesOnOnceThereIsRoom()
    {
        const long Limit = 4 << 20;
        await using var silo = await StorageSilo.StartAsync(Path, Limit);
        var state = await silo.WriteNewAsync("run/1", new byte[500_000]);
        Fill(Limit);

        state.State!.Payload = new byte[1_500_000];
        var etag = state.ETag;
        var failed = await Assert.ThrowsAsync<StorageFailedException>(() => silo.WriteAsync("run/1", state));
        var sentence = StorageTrouble.Describe(failed)!;
        Assert.Equal(
            $"The database file {Path} is full (limit 4.2 MB), or its disk is: free space or raise the limit; the run goes on by itself.",
            sentence
        );
        Assert.Equal(sentence, silo.Health.Current);
        Assert.Equal(etag, state.ETag);
        Assert.Equal(500_000, (await silo.ReadAsync("run/1")).State!.Payload.Length); // the old row is whole
        Assert.Equal(sentence, silo.Health.Current); // a read that works proves nothing

        Execute("DROP TABLE junk");
        await silo.WriteAsync("run/1", state);
        Assert.Null(silo.Health.Current);
        Assert.Equal(1_500_000, (await silo.ReadAsync("run/1")).State!.Payload.Length);
        Assert.InRange(new FileInfo(Path).Length, 1, Limit);
    }

    [Fact]
    public async Task Start_SecondSiloOnTheFile_IsRefusedByType()
    {
        await using var first = await StorageSilo.StartAsync(Path);
        await Assert.ThrowsAsync<StorageRefusedException>(() => StorageSilo.StartAsync(Path));
        await first.WriteNewAsync("run/1", [1]); // the first goes on
    }

    // Takes every page that the limit leaves.
    void Fill(long limit)
    {
        Execute("CREATE TABLE junk (x)");
        var full = Assert.Throws<SqliteException>(void () =>
        {
            while (true)
                Execute("INSERT INTO junk VALUES (randomblob(20000))", limit / 32_768);
        });
        Assert.Equal(13, full.SqliteErrorCode);
    }

    void Execute(string sql, long maxPages = 0)
    {
        using var connection = new SqliteConnection($"Data Source={Path};Pooling=False");
        connection.Open();
        using var limit = new SqliteCommand($"PRAGMA max_page_count = {maxPages}", connection); // 0 sets nothing
        limit.ExecuteNonQuery();
        using var command = new SqliteCommand(sql, connection);
        command.ExecuteNonQuery();
    }
}
