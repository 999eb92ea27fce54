namespace CoKe.Grains.Tests.Cluster;

/// <summary>
/// Whatever dies, the run comes to what Algorithm 1 gives in one process. A few schedules here; <c>COKE_KILL_SCHEDULES=100</c> runs so
/// many, <c>COKE_KILL_FROM</c> says from which seed.
/// </summary>
public sealed class KillTests
{
    public static TheoryData<int> Seeds
    {
        get
        {
            var count = int.Parse(Environment.GetEnvironmentVariable("COKE_KILL_SCHEDULES") ?? "6");
            var from = int.Parse(Environment.GetEnvironmentVariable("COKE_KILL_FROM") ?? "0");
            return [.. Enumerable.Range(from, count)];
        }
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public async Task Run_SilosAndGrainsDieAndStorageFails_EqualsTheOracleBitForBit(int seed)
    {
        var schedule = new KillSchedule(seed);
        try
        {
            await schedule.RunAsync();
        }
        catch (Exception e)
        {
            throw new InvalidOperationException($"Schedule {seed}: {schedule.Story}", e);
        }
    }
}
