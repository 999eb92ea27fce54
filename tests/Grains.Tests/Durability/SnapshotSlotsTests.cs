using CoKe.Abstractions;
using CoKe.Grains.Durability;
using CoKe.Storage;
using CsCheck;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;
using Orleans.Storage;

namespace CoKe.Grains.Tests.Durability;

/// <summary>Rows as a database keeps them: bytes by the serializer of the storage.</summary>
public sealed class SnapshotSlotsTests
{
    static readonly GrainId Owner = GrainId.Create("block", "run~1/0/2");

    [Fact]
    public Task Load_OfWhatWasSaved_GivesItsBytes() =>
        Gen.Select(Gen.Int[0, 2], Gen.Int[1, int.MaxValue], Gen.Long[0, long.MaxValue], Gen.Byte.Array[0, 60])
            .SampleAsync(
                async (slot, incarnation, step, payload) =>
                {
                    var storage = new ByteStorage();
                    await new SnapshotSlots(storage, Owner).SaveAsync(slot, incarnation, step, payload, _ => { });
                    Assert.Equal(payload, await new SnapshotSlots(storage, Owner).LoadAsync(new SnapshotName(slot, incarnation, step, 0)));
                }
            );

    [Fact]
    public Task Load_AnyFlippedByteOfTheStoredRow_IsRefusedByName() =>
        Gen.Select(Gen.Byte.Array[0, 60], Damage.Flips)
            .SampleAsync(
                async (payload, flip) => await AssertDamagedAsync(payload, row => Damage.Flip(row, flip.At, flip.Mask)),
                iter: 2000
            );

    [Fact]
    public async Task Load_RowCutShortAnywhere_IsRefusedByName()
    {
        byte[] payload = [.. Enumerable.Range(0, 40).Select(i => (byte)i)];
        for (var length = 0; length < 60; length++)
            await AssertDamagedAsync(payload, row => row[..Math.Min(length, row.Length - 1)]);
    }

    [Fact]
    public Task Load_RowOfRandomBytes_IsRefusedByName() =>
        Gen.Byte.Array[0, 200].SampleAsync(async bytes => await AssertDamagedAsync([1, 2, 3], _ => bytes), iter: 2000);

    [Fact]
    public async Task Load_RowOfAnotherPlaceSlotOrStep_IsRefused()
    {
        var storage = new ByteStorage();
        var slots = new SnapshotSlots(storage, Owner);
        await slots.SaveAsync(0, 4, 9, [1, 2], _ => { });
        storage.Rows[("slot1", Owner)] = storage.Rows[("slot0", Owner)];
        var other = GrainId.Create("block", "run~1/0/3");
        storage.Rows[("slot0", other)] = storage.Rows[("slot0", Owner)];
        Assert.Contains("checksum", (await RefusedAsync(slots, new SnapshotName(1, 4, 9, 0))).Message);
        Assert.Contains("checksum", (await RefusedAsync(new SnapshotSlots(storage, other), new SnapshotName(0, 4, 9, 0))).Message);
        Assert.Contains("another one (incarnation 4, step 9)", (await RefusedAsync(slots, new SnapshotName(0, 4, 8, 0))).Message);
        Assert.Contains("is missing", (await RefusedAsync(slots, new SnapshotName(2, 4, 9, 0))).Message);
    }

    [Theory]
    [InlineData(5, 8)]
    [InlineData(4, 9)]
    [InlineData(4, 10)]
    public async Task Save_OverTheSameOrALaterVersion_IsRefused(int incarnation, long step)
    {
        var storage = new ByteStorage();
        await new SnapshotSlots(storage, Owner).SaveAsync(0, incarnation, step, [1], _ => { });
        await Assert.ThrowsAsync<StaleCallException>(() => new SnapshotSlots(storage, Owner).SaveAsync(0, 4, 9, [2], _ => { }));
        Assert.Equal([1], await new SnapshotSlots(storage, Owner).LoadAsync(new SnapshotName(0, incarnation, step, 0)));
    }

    [Fact]
    public async Task Save_ThatWasOvertakenWhileItReadTheRow_WritesNothing()
    {
        var storage = new ByteStorage();
        await new SnapshotSlots(storage, Owner).SaveAsync(0, 5, 9, [1], _ => { });
        storage.Damage(row => Damage.Flip(row, row.Length - 1, 1)); // nobody's, as far as the row can tell
        var before = storage.Rows[("slot0", Owner)];
        var late = new SnapshotSlots(storage, Owner).SaveAsync(0, 4, 9, [2], incarnation =>
            throw new StaleCallException("block 2", "incarnation", incarnation, 5)
        );
        await Assert.ThrowsAsync<StaleCallException>(() => late);
        Assert.Equal(before, storage.Rows[("slot0", Owner)]);
    }

    [Fact]
    public Task Save_OverADamagedRow_ReplacesIt() =>
        Gen.Select(Gen.Byte.Array[0, 60], Damage.Flips)
            .SampleAsync(
                async (payload, flip) =>
                {
                    var storage = new ByteStorage();
                    await new SnapshotSlots(storage, Owner).SaveAsync(0, int.MaxValue, long.MaxValue, payload, _ => { });
                    storage.Damage(row => Damage.Flip(row, flip.At, flip.Mask));
                    if (await IsWholeAsync(storage, new SnapshotName(0, int.MaxValue, long.MaxValue, 0)))
                        return; // the serializer has two ways to write one number
                    await new SnapshotSlots(storage, Owner).SaveAsync(0, 4, 9, [2], _ => { });
                    Assert.Equal([2], await new SnapshotSlots(storage, Owner).LoadAsync(new SnapshotName(0, 4, 9, 0)));
                }
            );

    static async Task AssertDamagedAsync(byte[] payload, Func<byte[], byte[]> damage)
    {
        var storage = new ByteStorage();
        await new SnapshotSlots(storage, Owner).SaveAsync(1, 4, 9, payload, _ => { });
        var whole = storage.Rows[("slot1", Owner)].Bytes;
        storage.Damage(damage);
        if (storage.Rows[("slot1", Owner)].Bytes.SequenceEqual(whole))
            return;
        SnapshotSlots slots = new(storage, Owner);
        try
        {
            // Bytes that stand for the same row are no damage: the serializer may have two ways to write one number.
            Assert.Equal(payload, await slots.LoadAsync(new SnapshotName(1, 4, 9, 0)));
        }
        catch (DamagedSnapshotException e)
        {
            Assert.Contains("block run~1/0/2", e.Message);
            Assert.Contains("slot1", e.Value);
        }
    }

    static async Task<bool> IsWholeAsync(ByteStorage storage, SnapshotName name)
    {
        try
        {
            await new SnapshotSlots(storage, Owner).LoadAsync(name);
            return true;
        }
        catch (DamagedSnapshotException)
        {
            return false;
        }
    }

    static Task<DamagedSnapshotException> RefusedAsync(SnapshotSlots slots, SnapshotName name) =>
        Assert.ThrowsAsync<DamagedSnapshotException>(() => slots.LoadAsync(name));

    /// <summary>Keeps rows as bytes, as a database does.</summary>
    sealed class ByteStorage : IGrainStorage
    {
        static readonly RowSerializer Serializer = new(
            new ServiceCollection().AddSerializer().BuildServiceProvider().GetRequiredService<Serializer>()
        );

        public Dictionary<(string, GrainId), (byte[] Bytes, int Version)> Rows { get; } = [];

        public void Damage(Func<byte[], byte[]> damage)
        {
            foreach (var (key, row) in Rows.ToArray())
                Rows[key] = (damage(row.Bytes), row.Version);
        }

        public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
        {
            if (Rows.TryGetValue((stateName, grainId), out var row))
                (grainState.State, grainState.ETag, grainState.RecordExists) = (
                    Serializer.Deserialize<T>(BinaryData.FromBytes(row.Bytes)),
                    $"{row.Version}",
                    true
                );
            return Task.CompletedTask;
        }

        public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
        {
            var version = Rows.TryGetValue((stateName, grainId), out var row) ? row.Version : 0;
            Assert.Equal(version, int.Parse(grainState.ETag ?? "0"));
            Rows[(stateName, grainId)] = (Serializer.Serialize(grainState.State).ToArray(), version + 1);
            grainState.ETag = $"{version + 1}";
            return Task.CompletedTask;
        }

        public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) => throw new NotSupportedException();
    }

    [Fact]
    public async Task SaveAndLoad_Payload_IsLetGo()
    {
        var slots = new SnapshotSlots(new Nowhere(), GrainId.Create("block", "run~1/0/0"));
        var saved = await SaveAsync(slots);
        GC.Collect();
        Assert.False(saved.IsAlive);
        GC.KeepAlive(slots);
    }

    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
    static async Task<WeakReference> SaveAsync(SnapshotSlots slots)
    {
        var payload = new byte[1000];
        await slots.SaveAsync(0, 1, 1, payload, _ => { });
        return new WeakReference(payload);
    }

    /// <summary>Takes everything, keeps nothing.</summary>
    sealed class Nowhere : IGrainStorage
    {
        public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) => Task.CompletedTask;

        public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) => Task.CompletedTask;

        public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) => Task.CompletedTask;
    }
}
