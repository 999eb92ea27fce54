using CoKe.Abstractions;
using CoKe.Client;
using Microsoft.Extensions.Time.Testing;

namespace CoKe.Grains.Tests.Session;

/// <summary>What a session measures of its trainer, and what that says.</summary>
public sealed class TrainerMeterTests
{
    readonly FakeTimeProvider _time = new();

    [Fact]
    public void Take_OfSteadyPushes_TellsTheirRateOverTheLastTenReports()
    {
        var meter = new TrainerMeter(_time);
        for (var report = 0; report < 20; report++)
            Assert.Equal(50, Second(meter, images: 50).ImagesPerSecond!.Value, 1e-9);
        for (var report = 1; report <= 10; report++)
            Assert.Equal(50 - (4 * report), Second(meter, images: 10).ImagesPerSecond!.Value, 1e-9);
        Assert.Equal(10, Second(meter, images: 10).ImagesPerSecond!.Value, 1e-9);
    }

    [Fact]
    public async Task Take_CountsWaits_AlsoOneThatHasNotEnded()
    {
        var meter = new TrainerMeter(_time);
        var room = new TaskCompletionSource();
        var waiting = meter.WaitAsync(new ValueTask(room.Task));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal((1.0, TimeSpan.Zero), (meter.Take().WaitedShare!.Value, meter.Waited));
        room.SetResult();
        await waiting;
        Assert.Equal(TimeSpan.FromSeconds(1), meter.Waited);
        _time.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal(0.25, meter.Take().WaitedShare!.Value, 1e-9);
    }

    [Fact]
    public void Tell_KeepsWhatIsNotSaidAnew_AndTakesNothingOfWhatIsRefused()
    {
        var meter = new TrainerMeter(_time);
        meter.Tell(2.5, 0.1, 48);
        meter.Tell(1.5, null, null);
        Assert.Throws<InvalidReportException>(() => meter.Tell(1, -1, null));
        Assert.Throws<InvalidReportException>(() => meter.Tell(1, null, -1));
        var told = meter.Take();
        Assert.Equal((1.5, 0.1, 48), (told.Loss, told.LearningRate, told.LastEpoch));
        told.Validate();
    }

    [Fact]
    public void Tell_OfALossThatCeasesToBeANumber_IsUrgentOnce()
    {
        var meter = new TrainerMeter(_time);
        meter.Tell(1, null, null);
        Assert.False(meter.Urgent.IsCancellationRequested);
        meter.Tell(double.NaN, null, null);
        Assert.True(meter.Urgent.IsCancellationRequested);
        Assert.Equal(double.NaN, meter.Take().Loss);
        meter.Tell(double.NaN, null, null);
        Assert.False(meter.Urgent.IsCancellationRequested);
    }

    TrainerReport Second(TrainerMeter meter, int images)
    {
        meter.Count(images);
        _time.Advance(TimeSpan.FromSeconds(1));
        return meter.Take();
    }
}
