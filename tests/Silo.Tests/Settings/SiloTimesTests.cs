using CoKe.Grains.Hosting;
using CoKe.Silo.Settings;
using CoKe.Storage.Postgres;

namespace CoKe.Silo.Tests.Settings;

/// <summary>The times of a silo's process agree with those of its grains and its database.</summary>
public sealed class SiloTimesTests
{
    [Fact]
    public void Stop_OutlivesHandingOver_AndLeavesOrleansAThird() => Assert.True(1.5 * new StopOptions().HandOverTime < SiloTimes.Stop);

    [Fact]
    public void HealthPage_OutlivesAPing_AndAnswersWithinFiveSeconds()
    {
        Assert.True(DatabaseTimes.Ping < SiloTimes.Health);
        Assert.True(SiloTimes.Health < TimeSpan.FromSeconds(5));
    }

    [Fact]
    public void Start_WaitsUntilDeadSilosAreForgotten() =>
        Assert.True(3 * new LivenessOptions().TableRefresh < SiloTimes.UntilTheDeadAreForgotten);
}
