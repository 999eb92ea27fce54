using CoKe.Grains.Protocol;

namespace CoKe.Grains.Tests.Protocol;

public class AtOnceTests
{
    [Theory]
    [InlineData(1, 5)]
    [InlineData(3, 10)]
    [InlineData(8, 3)]
    [InlineData(4, 0)]
    public async Task EverythingIsDone_AndNeverMoreThanAllowedAtOnce(int most, int count)
    {
        SynchronizationContext.SetSynchronizationContext(null); // whatever ends is seen at once
        var begun = new List<int>();
        var ends = Enumerable.Range(0, count).Select(_ => new TaskCompletionSource<int>()).ToArray();
        var all = AtOnce.RunAsync(most, count, i =>
        {
            begun.Add(i);
            return ends[i].Task;
        });
        for (var done = 0; done < count; done++)
        {
            Assert.Equal(Enumerable.Range(0, Math.Min(count, most + done)), begun);
            ends[done].SetResult(done * done);
        }

        Assert.Equal(Enumerable.Range(0, count).Select(i => i * i), await all);
    }

    [Fact]
    public async Task AfterAFailure_NothingIsBegun_AndWhatIsUnderWayIsWaitedFor()
    {
        SynchronizationContext.SetSynchronizationContext(null); // whatever ends is seen at once
        var begun = new List<int>();
        var ends = Enumerable.Range(0, 2).Select(_ => new TaskCompletionSource<int>()).ToArray();
        var all = AtOnce.RunAsync(2, 10, i =>
        {
            begun.Add(i);
            return ends[i].Task;
        });
        ends[0].SetException(new InvalidOperationException("first"));
        Assert.False(all.IsCompleted);
        ends[1].SetResult(1);
        Assert.Equal("first", (await Assert.ThrowsAsync<InvalidOperationException>(() => all)).Message);
        Assert.Equal([0, 1], begun);
    }
}
