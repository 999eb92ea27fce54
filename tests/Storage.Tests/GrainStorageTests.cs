using CoKe.Abstractions.Storage;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Storage;

namespace CoKe.Storage.Tests;

public sealed class SqliteGrainStorageTests : DatabaseStorageTests
{
    readonly TemporaryFolder _folder = new();

    private protected override Task<StorageSilo> StartAsync() => StorageSilo.StartAsync(_folder.File("coke.db"));

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        _folder.Dispose();
    }
}

public sealed class MemoryGrainStorageTests : GrainStorageTests
{
    private protected override Task<StorageSilo> StartAsync() => StorageSilo.StartAsync(null);
}

[Collection(PostgresCollection.Name)]
public sealed class PostgresGrainStorageTests(PostgresFixture postgres) : DatabaseStorageTests
{
    private protected override async Task<StorageSilo> StartAsync() =>
        await StorageSilo.StartOnPostgresAsync(await postgres.Server.CreateDatabaseAsync());
}

/// <summary>What databases do beyond that.</summary>
public abstract class DatabaseStorageTests : GrainStorageTests
{
    [Fact]
    public async Task Clear_KeepsTheVersion_SoThatAnOldWriterConflictsForEver()
    {
        var state = await Silo.WriteNewAsync("k", [1]);
        var old = state.ETag;
        await Silo.ClearAsync("k", state);
        await Silo.WriteAsync("k", state);
        Assert.NotEqual(old, state.ETag);
        await Assert.ThrowsAsync<InconsistentStateException>(() => Silo.WriteAsync("k", new GrainState<Row>(new Row(), old)));
    }

    [Fact]
    public async Task Size_GrowsByWhatIsWritten()
    {
        const int Bytes = 2_000_000;
        var size = Silo.Services.GetRequiredService<IStorageSize>();
        var before = await size.MeasureAsync();
        await Silo.WriteNewAsync("large", new byte[Bytes]);
        var after = await size.MeasureAsync();
        Assert.Contains(after.Kind, new[] { "sqlite", "postgres" });
        Assert.True(after.Bytes >= before.Bytes + Bytes, $"{before.Bytes} bytes, then {after.Bytes}");
        Assert.True(after.Rows >= before.Rows);
    }

    [Fact]
    public async Task Write_ETagOfARowThatIsNot_Conflicts() =>
        await Assert.ThrowsAsync<InconsistentStateException>(() => Silo.WriteAsync("never", new GrainState<Row>(new Row(), "5")));
}

/// <summary>What grains rely on, whatever the storage.</summary>
public abstract class GrainStorageTests : IAsyncLifetime
{
    private protected StorageSilo Silo { get; private set; } = null!;

    private protected abstract Task<StorageSilo> StartAsync();

    public async Task InitializeAsync() => Silo = await StartAsync();

    public virtual async Task DisposeAsync() => await Silo.DisposeAsync();

    [Fact]
    public async Task Read_NoRow_IsNewWithoutVersion()
    {
        var state = await Silo.ReadAsync("k");
        Assert.False(state.RecordExists);
        Assert.Null(state.ETag);
        Assert.Empty(state.State!.Payload);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(524_288)]
    [InlineData(6_000_000)]
    public async Task Write_ThenRead_GivesTheSameBytes(int bytes)
    {
        var payload = new byte[bytes];
        new Random(bytes).NextBytes(payload);
        var written = await Silo.WriteNewAsync("k", payload);
        Assert.True(written.RecordExists);
        var read = await Silo.ReadAsync("k");
        Assert.True(read.RecordExists);
        Assert.Equal(written.ETag, read.ETag);
        Assert.Equal(payload, read.State!.Payload);
    }

    [Fact]
    public async Task Write_StaleVersion_ConflictsAndChangesNothing()
    {
        var first = await Silo.WriteNewAsync("k", [1]);
        var second = await Silo.ReadAsync("k");
        second.State!.Payload = [2];
        await Silo.WriteAsync("k", second);
        first.State!.Payload = [3];
        var conflict = await Assert.ThrowsAnyAsync<InconsistentStateException>(() => Silo.WriteAsync("k", first));
        Assert.Null(StorageTrouble.Describe(conflict));
        var read = await Silo.ReadAsync("k");
        Assert.Equal([2], read.State!.Payload);
        Assert.Equal(second.ETag, read.ETag);
    }

    [Fact]
    public async Task Write_NoVersionWhereARowIs_Conflicts()
    {
        await Silo.WriteNewAsync("k", [1]);
        await Assert.ThrowsAnyAsync<InconsistentStateException>(() => Silo.WriteNewAsync("k", [2]));
        Assert.Equal([1], (await Silo.ReadAsync("k")).State!.Payload);
    }

    [Fact]
    public async Task Write_ManyAtOnceOfOneVersion_OneWins()
    {
        var state = await Silo.WriteNewAsync("k", [0]);
        var outcomes = await Task.WhenAll(
            Enumerable
                .Range(1, 16)
                .Select(async writer =>
                {
                    var own = new GrainState<Row>(new Row { Payload = [(byte)writer] }, state.ETag) { RecordExists = true };
                    try
                    {
                        await Silo.WriteAsync("k", own);
                        return writer;
                    }
                    catch (InconsistentStateException)
                    {
                        return 0;
                    }
                })
        );
        var winner = Assert.Single(outcomes, writer => writer != 0);
        Assert.Equal([(byte)winner], (await Silo.ReadAsync("k")).State!.Payload);
    }

    [Fact]
    public async Task Write_ManyAtOnceWhereNoRowIs_OneWins()
    {
        var outcomes = await Task.WhenAll(
            Enumerable
                .Range(1, 16)
                .Select(async writer =>
                {
                    try
                    {
                        await Silo.WriteNewAsync("k", [(byte)writer]);
                        return writer;
                    }
                    catch (InconsistentStateException)
                    {
                        return 0;
                    }
                })
        );
        var winner = Assert.Single(outcomes, writer => writer != 0);
        Assert.Equal([(byte)winner], (await Silo.ReadAsync("k")).State!.Payload);
    }

    [Fact]
    public async Task Clear_ThenRead_IsGoneAndCanBeWrittenAgain()
    {
        var state = await Silo.WriteNewAsync("k", [1]);
        await Silo.ClearAsync("k", state);
        var read = await Silo.ReadAsync("k");
        Assert.False(read.RecordExists);
        Assert.Empty(read.State!.Payload);
        read.State.Payload = [2];
        await Silo.WriteAsync("k", read);
        Assert.Equal([2], (await Silo.ReadAsync("k")).State!.Payload);
    }

    [Fact]
    public async Task Clear_StaleVersion_Conflicts()
    {
        var stale = await Silo.WriteNewAsync("k", [1]);
        var newer = await Silo.ReadAsync("k");
        await Silo.WriteAsync("k", newer);
        await Assert.ThrowsAnyAsync<InconsistentStateException>(() => Silo.ClearAsync("k", stale));
        Assert.True((await Silo.ReadAsync("k")).RecordExists);
    }

    [Fact]
    public async Task Clear_NoRow_DoesNothing()
    {
        await Silo.ClearAsync("k", await Silo.ReadAsync("k"));
        Assert.False((await Silo.ReadAsync("k")).RecordExists);
    }

    [Fact]
    public async Task Keys_ThatLookAlike_AreDifferentRows()
    {
        (string Type, string Key)[] keys =
        [
            ("shard", "abc"),
            ("shard", "ABC"),
            ("shard", "0abc"),
            ("shard", "abc+1"),
            ("shard", "run/0"),
            ("head", "run/0"),
            ("shard", "run/00"),
            ("shard", "00000000000000000000000000000abc"),
            ("shard", "00000000000000000000000000000ABC"),
        ];
        for (var i = 0; i < keys.Length; i++)
            await Silo.WriteNewAsync(keys[i].Key, [(byte)i], keys[i].Type);
        for (var i = 0; i < keys.Length; i++)
            Assert.Equal([(byte)i], (await Silo.ReadAsync(keys[i].Key, keys[i].Type)).State!.Payload);
    }

    [Fact]
    public async Task Write_ManyRowsAtOnce_AllAreKept()
    {
        await Task.WhenAll(Enumerable.Range(0, 130).Select(i => Silo.WriteNewAsync($"run/{i}", Payload(i))));
        var read = await Task.WhenAll(Enumerable.Range(0, 130).Select(i => Silo.ReadAsync($"run/{i}")));
        for (var i = 0; i < 130; i++)
            Assert.Equal(Payload(i), read[i].State!.Payload);
        Assert.Null(Silo.Health.Current);

        static byte[] Payload(int row)
        {
            var payload = new byte[100_000];
            new Random(row).NextBytes(payload);
            return payload;
        }
    }
}
