using CoKe.Client;
using CoKe.ConstrainedKMeans;
using CoKe.Grains.Protocol;
using Xunit.Abstractions;

namespace CoKe.Silo.Tests;

/// <summary>
/// The single silo process dies by SIGKILL, is started again, and the same session goes on: the run equals Algorithm 1 in one process.
/// One schedule here; <c>COKE_PROCESS_SWEEP=1</c> runs many.
/// </summary>
public sealed class KillTests(ITestOutputHelper output) : IDisposable
{
    const int Interval = 3;

    readonly TemporaryFolder _folder = new();

    public static TheoryData<int> Seeds =>
        [.. Enumerable.Range(0, Environment.GetEnvironmentVariable("COKE_PROCESS_SWEEP") is "1" ? 8 : 1)];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Silo_KilledInMidEpoch_TheSessionGoesOnExactly()
    {
        await using var silo = new SiloProcess(_folder.Path + Path.DirectorySeparatorChar, "--checkpoint-interval", $"{Interval}");
        await using var supervisor = await Supervisor.StartAsync(silo);
        await using var coke = await CokeClient.ConnectAsync([silo.Gateway]);
        await using var run = await DrivenRun.BeginAsync(coke, "run", progressed: supervisor.Progressed);
        await run.EpochAsync();
        await run.EpochAsync(step => step == DrivenRun.StepsPerEpoch / 2 ? silo.KillAsync() : Task.CompletedTask);
        await run.EpochAsync();
        await run.AssertClustersAsync();
        Tell(supervisor, ["mid-epoch"]);
        Assert.Single(supervisor.Deaths);
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public async Task Silo_KilledAtEveryFailpoint_OneSessionGoesOnExactly(int seed)
    {
        var random = new SeededRandom(seed, 7);
        var names = random.Permutation(Failpoints.All.Count).Select(i => Failpoints.All[i]).ToArray();
        string[] failpoints =
        [
            .. names.Select(name => $"{name}:{(name.StartsWith("checkpoint", StringComparison.Ordinal) ? 1 + random.NextInt32(4) : 1)}"),
        ];
        // The first life begins without a run; a recovery to die in comes only with the second.
        if (failpoints[0].StartsWith("recovery", StringComparison.Ordinal))
            failpoints = [.. failpoints[1..], failpoints[0]];
        await using var silo = new SiloProcess(_folder.Path, "--checkpoint-interval", $"{Interval}");
        await using var supervisor = await Supervisor.StartAsync(silo, failpoints);
        await using var coke = await CokeClient.ConnectAsync([silo.Gateway]);
        await using var run = await DrivenRun.BeginAsync(coke, "run", seed, supervisor.Progressed);
        do await run.EpochAsync();
        while (supervisor.Deaths.Count < failpoints.Length);
        await run.EpochAsync();
        await run.AssertClustersAsync();
        Tell(supervisor, failpoints);
        Assert.Equal(failpoints.Length, supervisor.Deaths.Count);
    }

    void Tell(Supervisor supervisor, IReadOnlyList<string> causes)
    {
        foreach (var (death, cause) in supervisor.Deaths.Zip(causes))
            output.WriteLine(
                $"{cause,-24} ready after {death.UntilReady.TotalSeconds:f1} s, "
                    + (
                        death.UntilProgress is { } progress
                            ? $"progress after {progress.TotalSeconds:f1} s"
                            : "died again before any progress"
                    )
            );
    }
}
