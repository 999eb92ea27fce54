using Orleans.Storage;

namespace CoKe.Simulation.Tests;

public sealed class StorageTests
{
    static readonly GrainId Id = GrainId.Create("toy", "a");

    [Fact]
    public void WriteReadClear_FollowTheETag()
    {
        var world = ToyWorld.Create();
        world.Run(async () =>
        {
            GrainState<string> mine = new("one"),
                other = new();
            await world.Storage.WriteStateAsync("s", Id, mine);
            await world.Storage.ReadStateAsync("s", Id, other);
            Assert.Equal(("one", mine.ETag, true), (other.State, other.ETag, other.RecordExists));
            other.State = "two";
            await world.Storage.WriteStateAsync("s", Id, other);
            await Assert.ThrowsAsync<InconsistentStateException>(() => world.Storage.WriteStateAsync("s", Id, mine));
            await Assert.ThrowsAsync<InconsistentStateException>(() =>
                world.Storage.WriteStateAsync("s", Id, new GrainState<string>("new"))
            );
            await world.Storage.ClearStateAsync("s", Id, other);
            Assert.False(other.RecordExists);
            other.State = "three";
            await world.Storage.WriteStateAsync("s", Id, other);
            Assert.Equal("three", world.Storage.Find("s", Id)!.State);
        });
    }

    [Fact]
    public void LateWrite_LandsAfterTheTimeout_UnlessTheETagMoved()
    {
        foreach (var overtaken in new[] { false, true })
        {
            var world = ToyWorld.Create();
            world.Run(async () =>
            {
                GrainState<string> late = new("late"),
                    other = new("other");
                world.Storage.Faults = StorageFaults.Calm with { LandLate = 1 };
                await Assert.ThrowsAsync<TimeoutException>(() => world.Storage.WriteStateAsync("s", Id, late));
                Assert.Null(world.Storage.Find("s", Id));
                world.Storage.Faults = StorageFaults.Calm;
                if (overtaken)
                    await world.Storage.WriteStateAsync("s", Id, other);
                await Task.Delay(TimeSpan.FromMinutes(2), world.Time);
                Assert.Equal(overtaken ? "other" : "late", world.Storage.Find("s", Id)!.State);
            });
        }
    }

    [Fact]
    public void LateWrite_OfADeadCaller_StillLands()
    {
        var world = ToyWorld.Create();
        world.Storage.Faults = StorageFaults.Calm with { LandLate = 1, DieOnTheWay = 0 };
        world.Run(async () =>
        {
            await world.Toy().AddAsync(1);
            world.Core().Activation.Run(() => world.Storage.WriteStateAsync("s", Id, new GrainState<string>("late"))).Forget();
            await Task.Delay(TimeSpan.FromSeconds(1), world.Time);
            world.Kill(world.Silos[0]);
            await Task.Delay(TimeSpan.FromMinutes(2), world.Time);
            Assert.Equal("late", world.Storage.Find("s", Id)!.State);
        });
    }

    [Fact]
    public void LostAnswer_LeavesTheWriteApplied_FailureDoesNot()
    {
        var world = ToyWorld.Create();
        world.Run(async () =>
        {
            world.Storage.Faults = StorageFaults.Calm with { Fail = 1 };
            await Assert.ThrowsAsync<StorageFaultException>(() => world.Storage.WriteStateAsync("s", Id, new GrainState<string>("a")));
            Assert.Null(world.Storage.Find("s", Id));
            world.Storage.Faults = StorageFaults.Calm with { LoseAnswer = 1 };
            await Assert.ThrowsAnyAsync<Exception>(() => world.Storage.WriteStateAsync("s", Id, new GrainState<string>("a")));
            Assert.Equal("a", world.Storage.Find("s", Id)!.State);
        });
    }

    [Fact]
    public void UnavailableOrFull_FailsWhatItShould()
    {
        var world = ToyWorld.Create();
        world.Run(async () =>
        {
            GrainState<string> state = new("a");
            world.Storage.IsFull = true;
            await Assert.ThrowsAsync<StorageFaultException>(() => world.Storage.WriteStateAsync("s", Id, state));
            await world.Storage.ReadStateAsync("s", Id, state);
            world.Storage.IsAvailable = false;
            await Assert.ThrowsAsync<StorageFaultException>(() => world.Storage.ReadStateAsync("s", Id, state));
        });
    }
}
