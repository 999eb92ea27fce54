using CoKe.Grains.Heads;
using CoKe.Grains.Sequencing;
using Microsoft.Extensions.Time.Testing;

namespace CoKe.Grains.Tests.Heads;

/// <summary>A silo that keeps a run waiting is named, and no other.</summary>
public sealed class ScorerWatchTests
{
    readonly FakeTimeProvider _time = new();

    [Fact]
    public void Trouble_OfOneThatTakesManyTimesWhatTheOthersTake_NamesIt()
    {
        var watch = Watch((4, 0), (90, 86), (5, 0));
        Assert.StartsWith("Silo b crawls: its part of a step takes 90 ms, that of the others 5 ms;", watch.Trouble);
        Assert.Equal([4, 90, 5], watch.Status.Select(one => (int)Math.Round(one.ScoreMilliseconds + one.ApplyMilliseconds)));
        Assert.Equal(["a", "b", "c"], watch.Status.Select(one => one.Silo));
    }

    [Theory]
    [InlineData(4, 9, 5)] // nobody notices
    [InlineData(60, 90, 30)] // not so much slower
    public void Trouble_OfOrdinaryDifferences_IsNone(int first, int second, int wait) =>
        Assert.Null(Watch((first, 0), (second, wait)).Trouble);

    [Fact]
    public void Trouble_OfOneSilo_IsNone() => Assert.Null(Watch((500, 0)).Trouble);

    [Fact]
    public void Trouble_OfOneThatSaysNothing_NamesItUntilItAnswers()
    {
        PlaceTimes quick = new(_time),
            silent = new(_time);
        var watch = new ScorerWatch([new(0, "a", quick), new(1, "b", silent)]);
        var answer = new TaskCompletionSource<int>();
        var call = silent.MeasureAsync(() => answer.Task);
        Assert.Null(watch.Trouble);
        _time.Advance(TimeSpan.FromSeconds(6));
        Assert.StartsWith("Silo b has not answered for 6 s:", watch.Trouble);
        answer.SetResult(0);
        Assert.True(call.IsCompletedSuccessfully);
        Assert.Null(watch.Trouble);
    }

    ScorerWatch Watch(params (int Taken, int WaitedFor)[] places) =>
        new([
            .. places.Select(
                (place, p) =>
                {
                    var times = new PlaceTimes(_time);
                    var half = TimeSpan.FromMilliseconds(place.Taken / 2.0);
                    for (var step = 0; step < 40; step++)
                        times.Add(half, half, TimeSpan.FromMilliseconds(place.WaitedFor));
                    return new WatchedPlace(p, $"{(char)('a' + p)}", times);
                }
            ),
        ]);
}
