using CoKe.Grains.Heads;
using Microsoft.Extensions.Time.Testing;

namespace CoKe.Grains.Tests.Heads;

public sealed class PlaceTimesTests
{
    readonly FakeTimeProvider _time = new();

    [Fact]
    public void Wait_IsWhatTheSlowestTakesMoreThanTheNext()
    {
        TimeSpan[] Taken(params int[] ms) => [.. ms.Select(one => TimeSpan.FromMilliseconds(one))];
        Assert.Equal((TimeSpan.Zero, 0), (PlaceTimes.Wait(Taken(7), out var slowest), slowest));
        Assert.Equal((TimeSpan.FromMilliseconds(5), 1), (PlaceTimes.Wait(Taken(2, 9, 4), out slowest), slowest));
        Assert.Equal((TimeSpan.FromMilliseconds(2), 0), (PlaceTimes.Wait(Taken(9, 7, 4), out slowest), slowest));
        Assert.Equal(TimeSpan.Zero, PlaceTimes.Wait(Taken(3, 3), out slowest));
    }

    [Fact]
    public async Task Silence_OfACallWithoutAnAnswer_GrowsUntilThereIsOne()
    {
        var times = new PlaceTimes(_time);
        var answer = new TaskCompletionSource<int>();
        var call = times.MeasureAsync(() => answer.Task);
        _time.Advance(TimeSpan.FromSeconds(7));
        Assert.Equal(TimeSpan.FromSeconds(7), times.Silence);
        answer.SetResult(3);
        Assert.Equal((3, TimeSpan.FromSeconds(7)), await call);
        Assert.Equal(TimeSpan.Zero, times.Silence);
    }

    [Fact]
    public async Task Silence_AfterACallThatFailed_IsNone()
    {
        var times = new PlaceTimes(_time);
        await Assert.ThrowsAsync<IOException>(() => times.MeasureAsync(() => Task.FromException<int>(new IOException())));
        Assert.Equal(TimeSpan.Zero, times.Silence);
    }

    [Fact]
    public void Add_SteadyTimes_MeansThem()
    {
        var times = new PlaceTimes(_time);
        for (var step = 0; step < 200; step++)
            times.Add(TimeSpan.FromMilliseconds(4), TimeSpan.FromMilliseconds(2), TimeSpan.FromMilliseconds(step % 2));
        Assert.Equal(4, times.Score.TotalMilliseconds, 0.01);
        Assert.Equal(2, times.Apply.TotalMilliseconds, 0.01);
        Assert.InRange(times.WaitedFor.TotalMilliseconds, 0.4, 0.6);
    }
}
