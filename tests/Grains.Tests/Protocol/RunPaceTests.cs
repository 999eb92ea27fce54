using CoKe.Grains.Sequencing;

namespace CoKe.Grains.Tests.Protocol;

/// <summary>How fast a run is said to be.</summary>
public sealed class RunPaceTests
{
    [Fact]
    public void Rate_OfSteadySteps_IsTheirs()
    {
        var pace = new RunPace(scans: false);
        for (var step = 1; step <= 400; step++)
            pace.Add(Seconds(0.1 * step), 64 * step);
        Assert.Equal(640, pace.ImagesPerSecond(Seconds(40)), 1.0);
        Assert.Equal(640, pace.Mean(Seconds(40))!.Value, 1.0);
    }

    [Fact]
    public void Rate_AfterAChange_IsThatOfTheLastTenSeconds_AndTheMeanOfAll()
    {
        var pace = new RunPace(scans: false);
        for (var step = 1; step <= 20; step++)
            pace.Add(Seconds(step), 100 * step);
        for (var step = 1; step <= 11; step++)
            pace.Add(Seconds(20 + step), 2_000 + (10 * step));
        Assert.Equal(10, pace.ImagesPerSecond(Seconds(31)), 1e-9);
        Assert.Equal((2_110 - 100) / 30.0, pace.Mean(Seconds(31))!.Value, 1e-9);
    }

    [Fact]
    public void Rate_WhenStepsCease_FallsToNothing()
    {
        var pace = new RunPace(scans: false);
        pace.Add(Seconds(1), 100);
        pace.Add(Seconds(2), 200);
        Assert.Equal(50, pace.ImagesPerSecond(Seconds(3)), 1e-9);
        Assert.True(pace.IsGoingOn(Seconds(12)));
        Assert.False(pace.IsGoingOn(Seconds(12.1)));
        Assert.Equal(0, pace.ImagesPerSecond(Seconds(12.1)));
    }

    [Fact]
    public void Steps_ThatTakeLongerThanTheWindow_AreNotLateUntilThreeTimesTheirPause()
    {
        var pace = new RunPace(scans: false);
        pace.Add(Seconds(30), 1_000);
        pace.Add(Seconds(60), 2_000);
        Assert.True(pace.IsGoingOn(Seconds(150)));
        Assert.False(pace.IsGoingOn(Seconds(151)));
        Assert.Equal(1_000 / 40.0, pace.ImagesPerSecond(Seconds(70)), 1e-9);
    }

    [Fact]
    public void Mean_LeavesOutTheScan_AndCountsThePauseOfABoundary()
    {
        var pace = new RunPace(scans: true);
        pace.Add(Seconds(1), 500);
        pace.Add(Seconds(2), 1_000);
        Assert.Null(pace.Mean(Seconds(2)));
        pace.OpenEpoch(Seconds(3), 1_000);
        pace.Add(Seconds(13), 2_000);
        Assert.Equal(100, pace.Mean(Seconds(13))!.Value, 1e-9);
        pace.OpenEpoch(Seconds(20), 2_000);
        pace.Add(Seconds(23), 3_000);
        Assert.Equal(100, pace.Mean(Seconds(23))!.Value, 1e-9); // of both epochs, from 3 s on
        pace.OpenEpoch(Seconds(24), 3_000);
        pace.Add(Seconds(28), 5_000);
        Assert.Equal(3_000 / 8.0, pace.Mean(Seconds(28))!.Value, 1e-9); // of the last two
    }

    [Fact]
    public void NothingYet_IsNoPace()
    {
        var pace = new RunPace(scans: false);
        Assert.False(pace.IsGoingOn(Seconds(1)));
        Assert.Equal(0, pace.ImagesPerSecond(Seconds(1)));
        Assert.Null(pace.Mean(Seconds(1)));
    }

    static TimeSpan Seconds(double seconds) => TimeSpan.FromSeconds(seconds);
}
