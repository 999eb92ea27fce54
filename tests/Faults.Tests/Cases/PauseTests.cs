using CoKe.Faults.Tests.Cluster;
using CoKe.Faults.Tests.Runs;
using Xunit.Abstractions;

namespace CoKe.Faults.Tests.Cases;

/// <summary>A silo that stands still (SIGSTOP) until the others hold it for dead, and then goes on in the belief to be alive: nothing it
/// does counts.</summary>
[Collection(PostgresCollection.Name)]
public sealed class PauseTests(PostgresFixture postgres, ITestOutputHelper output)
{
    const string Run = "run";

    // Short: as long as the others take to hold it for dead and to end an epoch without it.
    static readonly TimeSpan AtLeast = Length.Of(TimeSpan.Zero, TimeSpan.FromSeconds(60));
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    public static TheoryData<bool> Victims => [.. Length.Of<bool[]>([true], [true, false])];

    [Theory]
    [MemberData(nameof(Victims))]
    public async Task Silo_PausedUntilItIsHeldForDead_IsFenced(bool hasSequencer)
    {
        await using var cluster = await SiloCluster.StartAsync(postgres.Server, 2, output);
        var shape = new RunShape();
        await using var feeder = await cluster.FeedAsync(Run, shape);
        await feeder.EpochAsync();
        var home = cluster.SequencerOf(await cluster.UntilAsync(Run, status => status.State == Abstractions.RunState.Live));
        var paused = hasSequencer ? home : cluster.Silos.Single(silo => silo != home);
        await feeder.EpochAsync(step =>
        {
            if (step == RunShape.StepsPerEpoch / 2)
                paused.Pause();
            return Task.CompletedTask;
        });
        await cluster.UntilHeldForDeadAsync(paused);
        await Task.Delay(AtLeast);
        await feeder.EpochAsync(step =>
        {
            if (step == RunShape.StepsPerEpoch / 2)
                paused.Continue();
            return Task.CompletedTask;
        });

        // It learns what the others think of it, and ends.
        await paused.Death.WaitAsync(Patience);
        Assert.Equal(1, paused.ExitCode);
        Assert.Equal(
            "The other silos hold this one for dead, because it did not answer them: start it again; runs went on without it.",
            Assert.Single(paused.ErrorLines)
        );
        await cluster.StartAsync(paused);
        await feeder.EpochAsync();
        await Replay.AssertEqualsAsync(cluster.Coke, Run, shape, feeder.Session.Epoch);
    }
}
