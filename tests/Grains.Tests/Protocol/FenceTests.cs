using CoKe.Abstractions;
using CoKe.Grains.Protocol;

namespace CoKe.Grains.Tests.Protocol;

public sealed class FenceTests
{
    [Fact]
    public void Check_OnlyTheNextCallOfTheCurrentIncarnation_Passes()
    {
        var fence = new Fence("grain");
        Assert.True(fence.BeginRestore(2));
        Assert.Throws<StaleCallException>(() => fence.Check(new CallFence(2, 11, 0)));
        fence.CompleteRestore(2, 10);
        fence.Check(new CallFence(2, 11, 10));
        fence.Advance(11);
        Assert.Throws<StaleCallException>(() => fence.Check(new CallFence(2, 11, 10)));
        Assert.Throws<StaleCallException>(() => fence.Check(new CallFence(1, 12, 11)));
        Assert.Throws<StaleCallException>(() => fence.Check(new CallFence(3, 12, 11)));
        fence.Check(new CallFence(2, 12, 11));
    }

    [Fact]
    public void CheckChange_OfAStepThatIsInAlready_IsRefusedThoughItNamesTheRightVersion()
    {
        var fence = new Fence("grain");
        fence.BeginRestore(2);
        fence.CompleteRestore(2, 10);
        fence.CheckChange(new CallFence(2, 12, 10)); // the grain had no part in step 11
        fence.Advance(12);
        var error = Assert.Throws<StaleCallException>(() => fence.CheckChange(new CallFence(2, 12, 12)));
        Assert.Equal(("step", "12"), (error.Field, error.Value));
        fence.Check(new CallFence(2, 12, 12)); // a copy of that step
        fence.CheckChange(new CallFence(2, 13, 12));
    }

    [Fact]
    public void Restore_RepeatedConfirmsLowerIsRefusedHigherIsTaken()
    {
        var fence = new Fence("grain");
        Assert.True(fence.BeginRestore(2));
        Assert.True(fence.BeginRestore(2)); // it failed half way, and is repeated
        fence.CompleteRestore(2, 10);
        fence.Advance(11);
        Assert.False(fence.BeginRestore(2));
        Assert.Equal(11, fence.Version);
        var error = Assert.Throws<StaleCallException>(() => fence.BeginRestore(1));
        Assert.Equal(("incarnation", "1"), (error.Field, error.Value));
        Assert.True(fence.BeginRestore(3));
        Assert.Throws<StaleCallException>(() => fence.CompleteRestore(2, 11));
        fence.CompleteRestore(3, 5);
        Assert.Equal((3, 5L), (fence.Incarnation, fence.Version));
    }

    [Fact]
    public void CommittedEpoch_OnlyTheCommitItWasToldOf_IsServed()
    {
        var committed = new CommittedEpoch("grain");
        Assert.Throws<EpochNotReadableException>(() => committed.Check(new EpochName(0, 1)));
        Assert.Throws<StaleCallException>(() => committed.Commit(new CommitCall(1, 0)));
        committed.Close(0);
        Assert.True(committed.Commit(new CommitCall(1, 0)));
        Assert.False(committed.Commit(new CommitCall(1, 0)));
        committed.Check(new EpochName(0, 1));
        Assert.Throws<EpochNotReadableException>(() => committed.Check(new EpochName(0, 2)));
        Assert.Throws<EpochNotReadableException>(() => committed.Check(new EpochName(1, 1)));
    }
}
